"""Checks on what a selected monitor finds: a Prometheus that looks for its targets in the wrong namespace."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.lint.checks.monitors import said_by_user, subject_of, title_of
from valuelint.lint.rule import Open, Promise, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Monitor, Prometheus
from valuelint.predict.selection import in_reach, out_of_reach, shown
from valuelint.syntax import Path
from valuelint.syntax.patches import Remove


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
