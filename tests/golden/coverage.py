"""What the golden cases put to the test: which leaf of which condition decides something, in which state.

A leaf counts as covered in a state where flipping it would flip its whole tree, in a case that shows it: the release
renders, or the guard in question is the only thing that stops it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from valuelint.charts.expressions import (
    Condition,
    Constant,
    FirstOf,
    Group,
    Labels,
    Leaf,
    Named,
    Not,
    Scope,
    Template,
    TextLeaf,
    Truth,
    Value,
)
from valuelint.charts.facts import Facts
from valuelint.predict.objects import Objects, Stop, items
from valuelint.syntax import format_path


class Tree(NamedTuple):
    """A condition somewhere in the facts. `around` has to hold for it to matter; `each` is the list it is asked for."""

    place: str
    condition: Condition
    around: tuple[Condition, ...]
    each: Any
    guard: bool


Spot = tuple[str, str, bool]
"""A place, a leaf in words, and the state of the leaf."""


def trees(facts: Facts) -> Iterator[Tree]:
    """Every condition of a version."""
    for name, condition in facts.conditions.items():
        yield Tree(f"conditions.{name}", condition, (), None, False)
    for name, text in facts.names.items():
        yield from _of_text(f"names.{name}", text, (), None)
    for name, labels in facts.labels.items():
        yield from _of_labels(f"labels.{name}", labels, (), None)
    for monitor in facts.monitors:
        place, here = f"monitors.{monitor.component}", (monitor.when,)
        yield Tree(place, monitor.when, (), monitor.for_each, False)
        yield from _of_labels(f"{place}.labels", monitor.labels, here, monitor.for_each)
        yield from _of_labels(f"{place}.selector", monitor.selector, here, monitor.for_each)
        yield from _of_ports(f"{place}.endpoints", monitor.endpoints, here, monitor.for_each)
        yield from _of_text(f"{place}.name", monitor.name, here, monitor.for_each)
        yield from _of_text(f"{place}.namespace", monitor.namespace, here, monitor.for_each)
    for service in facts.services:
        place, here = f"services.{service.component}", (service.when,)
        yield Tree(place, service.when, (), None, False)
        yield from _of_labels(f"{place}.labels", service.labels, here, None)
        yield from _of_ports(f"{place}.ports", service.ports, here, None)
    for dashboard in facts.dashboards:
        place, here = f"dashboards.{dashboard.group}", (dashboard.when,)
        yield Tree(place, dashboard.when, (), None, False)
        yield from _of_labels(f"{place}.labels", dashboard.labels, here, None)
        yield from _of_text(f"{place}.namespace", dashboard.namespace, here, None)
        yield from _of_ports(f"{place}.names", dashboard.names or (), here, None)
    for rule in facts.rules:
        place, here = f"rules.{rule.group}", (rule.when,)
        yield Tree(place, rule.when, (), rule.for_each, False)
        yield from _of_labels(f"{place}.labels", rule.labels, here, rule.for_each)
    if facts.prometheus is not None:
        here = (facts.prometheus.when,)
        yield Tree("prometheus", facts.prometheus.when, (), None, False)
        yield from _of_text("prometheus.name", facts.prometheus.name, here, None)
        yield from _of_text("prometheus.kind", facts.prometheus.kind, here, None)
        for name, value in facts.prometheus.selectors.items():
            yield from _of_value(f"prometheus.{name}", value, here)
    if facts.operator is not None:
        here = (facts.operator.when,)
        yield Tree("operator", facts.operator.when, (), None, False)
        for key in ("namespaces", "deny_namespaces", "prometheus_instance_namespaces"):
            for number, source in enumerate(getattr(facts.operator, key)):
                if source.when is not None:
                    yield Tree(f"operator.{key}[{number}]", source.when, here, None, False)
    if facts.sidecar is not None:
        here = (facts.sidecar.when,)
        yield Tree("sidecar", facts.sidecar.when, (), None, False)
        yield Tree("sidecar.cluster_wide", facts.sidecar.cluster_wide, here, None, False)
        for key in ("label", "label_value", "search_namespace", "namespace"):
            yield from _of_text(f"sidecar.{key}", getattr(facts.sidecar, key), here, None)
    for guard in facts.guards:
        yield Tree(f"guards.{guard.id}", guard.when, (), guard.for_each, True)


def _of_text(place: str, text: Any, around: tuple[Condition, ...], each: Any) -> Iterator[Tree]:
    if isinstance(text, FirstOf):
        for number, alternative in enumerate(text.alternatives):
            yield from _of_text(f"{place}[{number}]", alternative, around, each)
    elif isinstance(text, Template) and text.condition is not None:
        yield Tree(place, text.condition, around, each, False)


def _of_labels(place: str, labels: Labels, around: tuple[Condition, ...], each: Any) -> Iterator[Tree]:
    for number, source in enumerate(labels.sources):
        if source.when is not None:
            yield Tree(f"{place}[{number}]", source.when, around, each, False)
        here = around if source.when is None else (*around, source.when)
        for _, value in source.given:
            yield from _of_text(f"{place}[{number}]", value, here, each)


def _of_ports(place: str, ports: Any, around: tuple[Condition, ...], each: Any) -> Iterator[Tree]:
    for number, port in enumerate(ports):
        if port.when is not None:
            yield Tree(f"{place}[{number}]", port.when, around, each, False)


def _of_value(place: str, value: Value, around: tuple[Condition, ...]) -> Iterator[Tree]:
    before: tuple[Condition, ...] = ()
    for number, alternative in enumerate(value.alternatives):
        if alternative.when is not None:
            yield Tree(f"{place}[{number}]", alternative.when, (*around, *before), None, False)
            before = (*before, Not(alternative.when))


# --- leaves ---------------------------------------------------------------------------------------


def leaves(condition: Condition) -> Iterator[Condition]:
    """What a tree is made of; a condition with a name is a leaf here, and a tree of its own elsewhere."""
    if isinstance(condition, Group):
        for child in condition.children:
            yield from leaves(child)
    elif isinstance(condition, Not):
        yield from leaves(condition.child)
    elif not isinstance(condition, Constant):
        yield condition


def in_words(leaf: Condition) -> str:
    if isinstance(leaf, Leaf):
        return " ".join(
            [format_path(leaf.path), leaf.test, *([] if leaf.operand is None else [_operand(leaf.operand)])]
        )
    if isinstance(leaf, Named):
        return f"@{leaf.name}"
    assert isinstance(leaf, TextLeaf)
    return " ".join(["text of", *map(format_path, leaf.text.paths()), leaf.test, _operand(leaf.operand)])


def _operand(operand: Any) -> str:
    return str(getattr(operand, "pattern", None) or getattr(operand, "text", None) or operand)


def answer(condition: Condition, truths: dict[int, Truth]) -> Truth:
    """What a tree says where its leaves (by their `id`) are true or not."""
    if isinstance(condition, Constant):
        return condition.holds
    if isinstance(condition, Not):
        inner = answer(condition.child, truths)
        return None if inner is None else not inner
    if isinstance(condition, Group):
        answers = [answer(child, truths) for child in condition.children]
        if (not condition.every) in answers:
            return not condition.every
        return None if None in answers else condition.every
    return truths[id(condition)]


# --- covering -------------------------------------------------------------------------------------


def decided(tree: Tree, scope: Scope) -> Iterator[Spot]:
    """The leaves of a tree that decide it, and their states."""
    found = list(leaves(tree.condition))
    truths = {id(leaf): leaf.evaluate(scope) for leaf in found}
    now = answer(tree.condition, truths)
    for leaf in found:
        state = truths[id(leaf)]
        if state is not None and answer(tree.condition, {**truths, id(leaf): not state}) is not now:
            yield tree.place, in_words(leaf), state


_known: dict[tuple[str, str], list[Tree]] = {}


def known_trees(facts: Facts) -> list[Tree]:
    """The conditions of a version, walked once."""
    if (facts.chart, facts.version) not in _known:
        _known[facts.chart, facts.version] = list(trees(facts))
    return _known[facts.chart, facts.version]


def covered(found: Objects) -> set[Spot]:
    """What one case covers."""
    # Where the CRDs are missing is rendered apart: that guard hides nothing of the rest.
    stops = [stop for stop in found.stops if stop.holds and stop.kind != "capability"]
    spots: set[Spot] = set()
    for tree in known_trees(found.facts):
        if tree.guard:
            if any(not _same_cause(stop, tree) for stop in stops):
                continue
        elif stops and not tree.place.startswith("conditions."):
            continue
        for scope in _scopes(tree, found):
            if all(condition.evaluate(scope) is True for condition in tree.around):
                spots.update(decided(tree, scope))
    return spots


def _same_cause(stop: Stop, tree: Tree) -> bool:
    """Whether a stop is the guard itself, or stumbles over the very value that the guard looks at.

    A map that was taken away is found missing by everything that looks into it.
    """
    if f"guards.{stop.id}" == tree.place:
        return True
    looked = [leaf.path for leaf in leaves(tree.condition) if isinstance(leaf, Leaf)]
    return all(any(reason.path[: len(path)] == path[: len(reason.path)] for path in looked) for reason in stop.reasons)


def _scopes(tree: Tree, found: Objects) -> list[Scope]:
    return items(tree.each, found.scope, strict=not tree.guard)


def wanted(facts: Facts) -> set[Spot]:
    """Every leaf of a version, in both states."""
    return {
        (tree.place, in_words(leaf), state)
        for tree in known_trees(facts)
        for leaf in leaves(tree.condition)
        for state in (True, False)
    }
