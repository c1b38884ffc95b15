"""Values made from the facts themselves: random ones, and ones in which a certain leaf decides."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tests.golden.coverage import Spot, Tree, in_words, leaves, trees
from tests.golden.facts import Case, rendered
from valuelint.charts.expressions import Compiler, Condition, Constant, Group, Leaf, Named, Not, Scope, TextLeaf
from valuelint.charts.facts import Chart, Facts, _compile, load_chart
from valuelint.syntax import Path

Plan = dict[Path, Any]
"""Values by path."""

TEXTS = (
    "",
    "latest",
    "v0.5.0",
    "v0.13.1",
    "1.15",
    "1.16",
    "1.18",
    "prod",
    "x y",
    "UPPER",
    "10.0.0.0/8",
    "-",
    "$__env{X}",
)
"""Strings of which one or the other meets a pattern or a range of versions."""

# Certificates that a chart would generate anew for each render: given, so that renders are quick and repeatable.
QUIET: dict[str, Plan] = {
    "cilium": {
        ("hubble", "tls", "auto", "method"): "cronJob",
        ("clustermesh", "apiserver", "tls", "auto", "method"): "cronJob",
    }
}


class ContradictionError(Exception):
    """A plan would need two values at one path."""


def build(plan: Plan) -> dict[str, Any]:
    """The values of a plan."""
    values: dict[str, Any] = {}
    for path in sorted(plan, key=len):
        node = values
        for key in path[:-1]:
            node = node.setdefault(str(key), {})
            if not isinstance(node, dict):
                break
        else:
            value = plan[path]
            node[str(path[-1])] = dict(value) if isinstance(value, dict) else value
    return values


def both(one: Plan, other: Plan) -> Plan:
    """Two plans as one. Raises ContradictionError."""
    for path, value in other.items():
        for known, given in one.items():
            same = known == path and given != value
            below = len(path) != len(known) and path[: len(known)] == known[: len(path)]
            if same or (below and not isinstance(given if len(known) < len(path) else value, dict)):
                raise ContradictionError
    return {**one, **other}


# --- solving --------------------------------------------------------------------------------------


STEPS = 3000
"""A search that has not found anything after so many takes its time for nothing: what is wanted contradicts itself."""


def plans(
    condition: Condition, want: bool, scope: Scope, fixed: Plan | None = None, steps: Iterator[int] | None = None
) -> Iterator[Plan]:
    """Plans under which a condition is what is wanted, the simplest first; `fixed` are values that are settled."""
    steps = iter(range(STEPS)) if steps is None else steps
    if isinstance(condition, Constant):
        if condition.holds is want:
            yield {}
    elif isinstance(condition, Not):
        yield from plans(condition.child, not want, scope, fixed, steps)
    elif isinstance(condition, Named):
        yield from plans(scope.condition(condition.name), want, scope, fixed, steps)
    elif isinstance(condition, Group):
        if want is condition.every:
            yield from together([(child, want) for child in condition.children], scope, fixed, steps)
        else:
            for child in condition.children:
                yield from plans(child, want, scope, fixed, steps)
    elif isinstance(condition, (Leaf, TextLeaf)):
        yield from _leaf_plans(condition, want, scope, fixed or {})


def together(
    wishes: list[tuple[Condition, bool]],
    scope: Scope,
    fixed: Plan | None = None,
    steps: Iterator[int] | None = None,
) -> Iterator[Plan]:
    """Plans that meet several wishes."""
    steps = iter(range(STEPS)) if steps is None else steps
    if next(steps, None) is None:
        return
    if not wishes:
        yield {}
        return
    (condition, want), *rest = wishes
    for number, first in enumerate(plans(condition, want, scope, fixed, steps)):
        if number == 6:  # enough of them to get around a contradiction
            return
        for others in together(rest, scope, {**(fixed or {}), **first}, steps):
            try:
                yield both(first, others)
            except ContradictionError:
                continue
            break


def _leaf_plans(leaf: Leaf | TextLeaf, want: bool, scope: Scope, fixed: Plan) -> Iterator[Plan]:
    paths = [leaf.path] if isinstance(leaf, Leaf) else leaf.text.paths()
    if any(path[:1] == ("$item",) for path in paths):
        return
    for path in paths:
        if path in fixed:
            if _try(leaf, path, fixed[path], scope) is want:
                yield {}
            return
    yield from _alone(leaf, want, scope)


@lru_cache(maxsize=100_000)
def _alone(leaf: Leaf | TextLeaf, want: bool, scope: Scope) -> tuple[Plan, ...]:
    """The plans for a leaf where nothing is settled: the same wherever a search comes by again."""
    return tuple(_found(leaf, want, scope))


def _found(leaf: Leaf | TextLeaf, want: bool, scope: Scope) -> Iterator[Plan]:
    paths = [leaf.path] if isinstance(leaf, Leaf) else leaf.text.paths()
    if leaf.evaluate(scope) is want:
        yield {path: scope.get(path) for path in paths if _plain(scope.get(path))}
    for path in paths:
        listed = isinstance(path[-1], int)  # a place in a list: the whole list is given
        place = path[:-1] if listed else path
        for value in _LISTS if listed else candidates(leaf, scope.get(path)):
            if _try(leaf, place, value, scope) is want:
                yield {place: value}


_LISTS: tuple[list[str], ...] = (["10.0.0.0/8"], ["10.0.0.0/8", "172.16.0.0/12"], [])


def _plain(value: Any) -> bool:
    return isinstance(value, (bool, str, int)) and value != "…"


def _try(leaf: Leaf | TextLeaf, path: Path, value: Any, scope: Scope) -> Any:
    from valuelint.values.merge import coalesce

    values = coalesce(build({path: value}), scope.defaults)
    other = Scope(values, scope.defaults, scope.name, scope.namespace, scope.facts)
    return leaf.evaluate(other)


def candidates(leaf: Condition, default: Any) -> list[Any]:
    """Values worth trying where a leaf looks."""
    operand = getattr(leaf, "operand", None)
    found: list[Any] = (
        [operand] if isinstance(operand, (str, bool, int)) else list(operand) if isinstance(operand, list) else []
    )
    if isinstance(default, dict):
        found += [{"team": "net"}, None]
    elif isinstance(default, list):
        found += [["x"], []]
    elif isinstance(default, str):
        found += ["prod", ""]
    else:
        found += [True, False]
    return [*found, *TEXTS, True, False, None, ["x"], {"team": "net"}, 1, 2, 200, *_LISTS]


def deciding(tree: Tree, spot: Spot, scope: Scope) -> Iterator[Plan]:
    """Plans in which a leaf of the tree decides it, in a state."""
    for leaf in leaves(tree.condition):
        if in_words(leaf) == spot[1]:
            wishes = [(condition, True) for condition in tree.around]
            wishes += _siblings(tree.condition, leaf)
            yield from together([(leaf, spot[2]), *wishes], scope)


def _siblings(condition: Condition, leaf: Condition) -> list[tuple[Condition, bool]]:
    if isinstance(condition, Not):
        return _siblings(condition.child, leaf)
    if not isinstance(condition, Group):
        return []
    wishes: list[tuple[Condition, bool]] = []
    for child in condition.children:
        if any(one is leaf for one in leaves(child)):
            wishes += _siblings(child, leaf)
        else:
            wishes.append((child, condition.every))
    return wishes


# --- cases ----------------------------------------------------------------------------------------


def scope_of(chart: Chart, version: str, release: str, namespace: str) -> Scope:
    defaults = chart.table.defaults(version)
    return Scope(defaults, defaults, release, namespace, chart.at(version))


def rich(chart: Chart, version: str) -> Plan:
    """A plan with everything switched on that can be, and labels wherever they can be given."""
    scope = scope_of(chart, version, "one", "two")
    facts = chart.at(version)
    plan: Plan = dict(QUIET.get(chart.name, {}))
    for tree in trees(facts):
        if not tree.guard and not tree.around and tree.each is None:
            plan = _with(plan, plans(tree.condition, True, scope))
    for monitor in facts.monitors:
        if monitor.labels_path is not None and monitor.labels_path[:1] != ("$item",):
            plan = _with(plan, iter([{monitor.labels_path: {"release": "one", "team": "net"}}]))
    for dashboard in facts.dashboards:
        if dashboard.label_path is not None:
            plan = _with(plan, iter([{dashboard.label_path: "board"}]))
    return plan


def _with(plan: Plan, more: Iterator[Plan]) -> Plan:
    for _, each in zip(range(4), more, strict=False):
        try:
            return both(plan, each)
        except ContradictionError:
            continue
    return plan


def covering_cases(chart: Chart, version: str, tree: Tree, spot: Spot) -> Iterator[Case]:
    """Cases that may cover a spot: the leaf decides, and nothing else stops the render if that can be helped."""
    scope = scope_of(chart, version, "one", "two")
    for _, plan in zip(range(6), deciding(tree, spot, scope), strict=False):
        for base in (QUIET.get(chart.name, {}), {}):
            try:
                whole = both(dict(base), plan)
            except ContradictionError:
                continue
            yield case(version, whole)
            yield case(version, _calmed(chart, version, whole, tree))


def _calmed(chart: Chart, version: str, plan: Plan, tree: Tree) -> Plan:
    """The plan without what other guards stumble over."""
    for _ in range(6):
        found = rendered(chart.name, case(version, plan))
        others = {stop.id for stop in found.stops if stop.holds and f"guards.{stop.id}" != tree.place}
        guard = next((guard for guard in found.facts.guards if guard.id in others), None)
        if guard is None:
            break
        before = plan
        for _, cure in zip(range(12), plans(guard.when, False, found.scope), strict=False):
            try:
                plan = both(plan, cure)
            except ContradictionError:
                continue
            stops = rendered(chart.name, case(version, plan)).stops
            if guard.id not in {stop.id for stop in stops if stop.holds}:
                break
            plan = before
        if plan == before:
            break
    return plan


def case(version: str, plan: Plan, release: str = "one", namespace: str = "two") -> Case:
    return {"version": version, "release": release, "namespace": namespace, "values": build(plan)}


def random_cases(name: str, count: int, seed: str) -> Iterator[Case]:
    """Random values at the paths that the facts of a random version read."""
    chart = load_chart(name)
    assert chart is not None
    dice = random.Random(f"{name} {seed}")
    for _ in range(count):
        version = dice.choice(chart.versions)
        yield _random_case(chart, chart.at(version), version, dice)


def _random_case(chart: Chart, facts: Facts, version: str, dice: random.Random) -> Case:
    scope = scope_of(chart, version, "one", "two")
    hints: dict[Path, list[Any]] = {}
    for tree in trees(facts):
        for leaf in leaves(tree.condition):
            paths = [leaf.path] if isinstance(leaf, Leaf) else leaf.text.paths() if isinstance(leaf, TextLeaf) else []
            for path in paths:
                operand = getattr(leaf, "operand", None)
                hints.setdefault(path, []).extend(operand if isinstance(operand, list) else [operand])
    compiler = Compiler(eager=True)
    _compile(chart.name, version, chart._specialised(version), compiler)
    paths = sorted(compiler.paths, key=str)
    plan: Plan = dict(QUIET.get(chart.name, {})) if dice.random() < 0.95 else {}
    for path in dice.sample(paths, min(len(paths), dice.choice([3, 8, 15, 30, 60]))):
        default = scope.get(path)
        value = dice.choice(_likely(path, default, hints.get(path, [])))
        try:
            plan = both(plan, {path: value})
        except ContradictionError:
            continue
    return case(version, plan, dice.choice(["one", "prometheus", "cilium-x"]), dice.choice(["two", "monitoring"]))


def _likely(path: Path, default: Any, hints: list[Any]) -> list[Any]:
    labels: list[Any] = [{"team": "net"}, {"release": "one"}, {"app.kubernetes.io/part-of": "x", "tier": "a"}, {}]
    known = [hint for hint in hints if isinstance(hint, (str, bool, int)) and hint != ""]
    if isinstance(default, dict) or (isinstance(path[-1], str) and "abels" in path[-1]):
        return labels * 3 + [None]
    if isinstance(default, bool):
        return [True, True, False] * 3 + [None]
    if isinstance(default, list):
        return [[], ["x"], ["two", "kube-system"]] * 2 + [None]
    if isinstance(default, (int, float)):
        return [default, 1, 0]
    return [*known, *known, "prod", "", "two", "monitoring", *([True, False] if default is None else []), None]
