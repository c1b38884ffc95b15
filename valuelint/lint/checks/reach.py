"""Checks on how far a Prometheus reaches: to the targets of a monitor, and to monitors of charts without facts."""

from __future__ import annotations

from valuelint.light import Any, Iterator, NamedTuple
from valuelint.lint.checks.monitors import said_by_user, subject_of, title_of
from valuelint.lint.rule import Open, Promise, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Monitor, Prometheus
from valuelint.predict.selection import Selection, in_reach, out_of_reach, shown
from valuelint.predict.selectors import NAMESPACE_NAME
from valuelint.syntax import Path, format_path, parse_path
from valuelint.syntax.patches import Append, Remove, Set
from valuelint.values import Layer, Unknown
from valuelint.values.layer import DeskKey
from valuelint.values.merge import merge


def namespace_selector(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Monitors whose targets nobody looks for: the operator ignores where they say these are.

    One finding for each that a user put there; one for all that a chart puts there.
    """
    if all(prometheus.ignores_namespaces is False for _, prometheus in world.prometheuses()):
        return
    for installed in world.installed:
        brought: dict[int, list[tuple[Monitor, Installed, Prometheus]]] = {}
        for monitor in installed.objects.monitors:
            if monitor.rendered is not True:
                continue
            path = monitor.facts.namespace_path
            asked = said_by_user(installed, path)
            verdicts = world.selections(monitor.kind, monitor.labels, monitor.namespace)
            selecting = [verdict for verdict in verdicts if verdict[2].selected is not False]
            if not selecting and asked and installed.values.asks(monitor.facts.asked_by or monitor.facts.for_each):
                # What a user put out of reach is wrong also while a label keeps it from being selected.
                selecting = [verdict for verdict in verdicts if verdict[2].cause in ("labels", "label-type")]
            reached = [
                (owner, prometheus, selection.selected, out_of_reach(prometheus, monitor))
                for owner, prometheus, selection in selecting
            ]
            if not reached or any(missed is False for _, _, _, missed in reached):
                continue
            owner, prometheus, selected, _ = reached[0]
            if any(missed is None or selected is None for _, _, selected, missed in reached):
                if asked:
                    message = f"whether Prometheus finds the targets of {monitor.kind} {shown(monitor.name)}"
                    why = "it ignores namespace selectors, and a namespace or whether it selects this one is not known"
                    yield Open(
                        installed.number, f"{message}: {why}", "the namespaces of the releases in .valuelint.yaml"
                    )
            elif asked and path is not None:
                yield _moved(installed, monitor, path, owner, prometheus, selected is True)
            else:
                brought.setdefault(owner.number, []).append((monitor, owner, prometheus))
        for found in brought.values():
            yield _as_shipped(found)


def _switch(owner: Installed, prometheus: Prometheus) -> Path:
    return prometheus.facts.ignores_namespaces.explain(owner.objects.scope)[0].path


def _moved(
    installed: Installed, monitor: Monitor, path: Path, owner: Installed, prometheus: Prometheus, selected: bool
) -> Violation:
    words = {
        "kind": monitor.kind,
        "name": monitor.name,
        "prometheus": title_of(owner, prometheus),
        "namespace": monitor.namespace,
        "targets": show(monitor.target_namespaces),
    }
    operator = owner.objects.operator
    there = [in_reach(prometheus, monitor.kind, target, operator) for target in monitor.target_namespaces]
    remedy = None
    if all(answer.selected is True for answer in there):
        effect = "selected" if selected else "reached"
        promise = Promise(installed.number, effect, monitor.facts.component)
        remedy = Remedy(installed.number, "unsafe", (Remove(path),), (promise,))
    related = (Related(owner.number, _switch(owner, prometheus), None, "namespace selectors are ignored"),)
    return Violation(installed.number, path, "moved", words, subject_of(monitor), related, (), remedy)


def _as_shipped(found: list[tuple[Monitor, Installed, Prometheus]]) -> Violation:
    _, owner, prometheus = found[0]
    names = sorted(shown(monitor.name) for monitor, _, _ in found)
    words = {"names": names, "prometheus": title_of(owner, prometheus)}
    return Violation(owner.number, _switch(owner, prometheus), "as-shipped", words, " ".join(names))


# --- selectors with fields that they do not have --------------------------------------------------


def selector_fields(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Selectors of namespaces that name them as the `namespaceSelector` of a monitor does."""
    for owner, prometheus in world.prometheuses():
        for field in map(parse_path, rule.data["given"]):
            names = owner.values.get(field)
            if not names or isinstance(names, Unknown):
                continue
            remedy = None
            if isinstance(names, list) and all(isinstance(name, str) for name in names):
                wanted = {"key": NAMESPACE_NAME, "operator": "In", "values": names}
                place = (*field[:-1], "matchExpressions")
                patch = Append(place, wanted) if owner.values.get(place) else Set(place, [wanted])
                kind = _KINDS.get(str(field[-2]).removesuffix("NamespaceSelector"), "")
                level = "display" if _loses(world, prometheus, kind, names) else "unsafe"
                remedy = Remedy(owner.number, level, (patch, Remove(field)))
            yield Violation(owner.number, field, "names", {"path": format_path(field)}, "", (), (), remedy)


def _loses(world: World, prometheus: Prometheus, kind: str, names: list[Any]) -> bool:
    """Whether a selector of these namespaces alone would leave out a monitor that is selected now."""
    for installed in world.installed:
        for monitor in installed.objects.monitors:
            if monitor.kind == kind and monitor.rendered is not False and monitor.namespace not in names:
                verdicts = world.selections(kind, monitor.labels, monitor.namespace)
                if any(verdict.selected is not False for _, other, verdict in verdicts if other is prometheus):
                    return True
    return False


# --- monitors of charts that nobody described -----------------------------------------------------

_KINDS = {"serviceMonitor": "ServiceMonitor", "podMonitor": "PodMonitor"}
"""What charts call the block of a monitor, and what they make of it."""

_MAPS = ("labels", "additionalLabels", "extraLabels", "selector")
"""What charts call the labels of a monitor."""


class _Block(NamedTuple):
    """What values ask for of a chart without facts: a monitor, by the convention of most charts.

    `data` are the values of the block, `labels` those that it gives the monitor, with the paths of the maps they stand
    in. The paths belong to `layer`, where that is none of the release's.
    """

    chart: str
    path: Path
    kind: str
    data: dict[str, Any]
    labels: dict[str, tuple[Path, Any]]
    layer: Layer | None


def others_not_selected(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Monitors that the values ask of other charts, with labels that no Prometheus selects."""
    seen: set[tuple[DeskKey, str]] = set()
    for installed in world.installed:
        for block in _blocks(installed, seen):
            labels = {key: value for key, (_, value) in block.labels.items()}
            namespace = block.data.get("namespace") or installed.release.namespace or Unknown("the release namespace")
            verdicts = world.selections(block.kind, labels, namespace)
            undecided = [verdict.why for _, _, verdict in verdicts if verdict.selected is None]
            if not verdicts or any(verdict.selected for _, _, verdict in verdicts):
                continue
            if undecided:
                message = f"whether Prometheus selects the {block.kind} of {block.chart}: {undecided[0]}"
                yield Open(installed.number, message, "the names and namespaces of the releases in .valuelint.yaml")
            elif all(verdict.cause == "labels" for _, _, verdict in verdicts):
                yield _unlike(installed, block, *verdicts[0])


def _blocks(installed: Installed, seen: set[tuple[DeskKey, str]]) -> Iterator[_Block]:
    """The monitors that a release of a chart without facts asks for, and those of other charts of its umbrella."""
    release = installed.release
    facts = installed.objects.facts
    if not facts.monitors and facts.prometheus is None:
        for path, kind, data in _monitors(installed.values.data, ()):
            if installed.values.asks((*path, "enabled")):
                yield _Block(release.chart, path, kind, data, _labels(path, data), None)
    layers: dict[str, list[Layer]] = {}
    charts: dict[str, str] = {}
    for item in release.beside:
        if item.chart and (item.layer.desk_key, item.key) not in seen:
            seen.add((item.layer.desk_key, item.key))
            layers.setdefault(item.key, []).append(item.layer)
            charts[item.key] = item.chart
    for key, those in layers.items():
        merged: Any = {}
        for layer in those:
            merged = merge(merged, {key: layer.data().get(key)})
        for path, kind, data in _monitors(merged, ()):
            home = next(layer for layer in reversed(those) if layer.find((*path, "enabled")) is not None)
            yield _Block(charts[key], path, kind, data, _labels(path, data), home)


def _monitors(data: Any, path: Path) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """The blocks of values that switch a monitor on."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in _KINDS and isinstance(value, dict) and value.get("enabled") is True:
                yield (*path, key), _KINDS[key], value
            elif isinstance(value, dict) and value.get("enabled") is not False:
                yield from _monitors(value, (*path, key))


def _labels(path: Path, data: dict[str, Any]) -> dict[str, tuple[Path, Any]]:
    return {
        str(key): ((*path, name), value)
        for name in _MAPS
        if isinstance(data.get(name), dict)
        for key, value in data[name].items()
    }


def _unlike(
    installed: Installed, block: _Block, owner: Installed, prometheus: Prometheus, verdict: Selection
) -> Violation:
    failing = verdict.match.failing() if verdict.match is not None else []
    wrong = [requirement for requirement in failing if requirement.key in block.labels]
    words = {
        "kind": block.kind,
        "chart": block.chart,
        "prometheus": title_of(owner, prometheus),
        "wanted": "; ".join(str(requirement) for requirement in failing),
        "carried": "; ".join(f"{item.key}: {show(block.labels[item.key][1])}" for item in wrong),
    }
    path = (*block.labels[wrong[0].key][0], wrong[0].key) if wrong else (*block.path, "enabled")
    patches = []
    place = next(((*block.path, name) for name in _MAPS if isinstance(block.data.get(name), dict)), None)
    for requirement in failing:
        where = block.labels[requirement.key][0] if requirement in wrong else place
        if where is not None and requirement.operator == "In" and isinstance(requirement.values[0], str):
            patches.append(Set((*where, requirement.key), requirement.values[0]))
    whole = len(patches) == len(failing)
    remedy = Remedy(installed.number, "display", tuple(patches), layer=block.layer) if whole else None
    variant = "contradicts" if wrong else "unlabelled"
    subject = f"{block.chart} {block.path!r}"
    return Violation(installed.number, path, variant, words, subject, (), (), remedy, layer=block.layer)
