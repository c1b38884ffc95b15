"""Checks on dashboards: ConfigMaps that Grafana's sidecar will not see."""

from __future__ import annotations

from valuelint.light import Any, Iterator
from valuelint.lint.rule import Open, Promise, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Dashboard, Sidecar
from valuelint.predict.selection import PickUp, pick_up, shown
from valuelint.syntax import Path, format_path
from valuelint.syntax.patches import Set
from valuelint.values import Unknown

_NARROWED = ".namespaced is "
"""In words, the option with which the chart itself makes the sidecar's role end at its namespace."""


def not_loaded(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Dashboards that no sidecar of the cluster loads. Where no sidecar runs, Grafana is somebody else's: silence."""
    sidecars = world.sidecars()
    if not sidecars:
        return
    for installed in world.installed:
        groups: dict[str, list[Dashboard]] = {}
        for dashboard in installed.objects.dashboards:
            asked_by = dashboard.facts.asked_by
            if (
                dashboard.rendered is True
                and asked_by is not None
                and installed.values.resolve(asked_by).layer is not None
            ):
                groups.setdefault(dashboard.facts.group, []).append(dashboard)
        for group in groups.values():
            verdicts = [(item, sidecar, pick_up(sidecar, group[0])) for item, sidecar in sidecars]
            if any(verdict.picked_up for _, _, verdict in verdicts):
                continue
            names = ", ".join(shown(dashboard.name) for dashboard in group if dashboard.name is not None)
            undecided = [verdict for _, _, verdict in verdicts if verdict.picked_up is None]
            if undecided:
                message = f"whether Grafana loads {names}: {undecided[0].why}"
                yield Open(installed.number, message, "the namespaces and labels of the releases in .valuelint.yaml")
                continue
            elsewhere = [
                item for item, sidecar, verdict in verdicts if verdict.cause == "rbac" and not _own(item, sidecar)
            ]
            if elsewhere:
                message = f"whether Grafana loads {names}: it runs with a role that is made elsewhere"
                yield Open(installed.number, message, "nothing that a values file could hold")
                continue
            yield _not_loaded(installed, group[0], names, *verdicts[0])


def _narrowing(owner: Installed, sidecar: Sidecar) -> list[str]:
    """What keeps the sidecar's role to its own namespace."""
    reasons = sidecar.facts.cluster_wide.explain(owner.objects.scope)
    words = [f"{format_path(reason.path)} is {show(reason.value)}" for reason in reasons if reason.holds is not None]
    return [reason for reason in words if _NARROWED in reason] or words


def _own(owner: Installed, sidecar: Sidecar) -> bool:
    """Whether that role is made by the chart itself: what one that is made elsewhere may read, nobody says."""
    return any(_NARROWED in reason for reason in _narrowing(owner, sidecar))


def _not_loaded(
    installed: Installed, dashboard: Dashboard, names: str, owner: Installed, sidecar: Sidecar, verdict: PickUp
) -> Violation:
    facts = dashboard.facts
    words: dict[str, Any] = {
        "names": names,
        "why": verdict.why,
        "namespace": dashboard.namespace,
        "grafana": sidecar.namespace,
        "label": sidecar.label,
        "label_value": sidecar.label_value or "any value",
        "reason": "; ".join(_narrowing(owner, sidecar)) if verdict.cause == "rbac" else "",
    }
    where = {
        "label": facts.label_path,
        "label-value": facts.label_value_path,
        "namespace": facts.namespace_path,
        "rbac": facts.namespace_path,
    }
    path = where.get(verdict.cause) or facts.asked_by or ()
    if installed.values.resolve(path).layer is None and facts.asked_by is not None:
        path = facts.asked_by
    other = {
        "label": sidecar.facts.label_path,
        "label-value": sidecar.facts.label_value_path,
        "namespace": sidecar.facts.search_namespace_path,
    }
    there = other.get(verdict.cause)
    related: tuple[Related, ...] = ()
    if there is not None and owner.values.resolve(there).layer is not None:
        related = (Related(owner.number, there, None, "the sidecar is told to look here"),)
    return Violation(
        installed.number,
        path,
        verdict.cause,
        words,
        facts.group,
        related,
        (),
        _remedy(installed, dashboard, sidecar, verdict),
    )


def _remedy(installed: Installed, dashboard: Dashboard, sidecar: Sidecar, verdict: PickUp) -> Remedy | None:
    facts = dashboard.facts
    promise = Promise(installed.number, "picked-up", facts.group)
    if verdict.cause in ("label", "label-value"):
        if isinstance(sidecar.label, Unknown) or isinstance(sidecar.label_value, Unknown):
            return None
        wanted: list[tuple[Path | None, str]] = []
        if verdict.cause == "label":
            wanted.append((facts.label_path, sidecar.label))
        if sidecar.label_value and installed.values.get(facts.label_value_path or ()) != sidecar.label_value:
            wanted.append((facts.label_value_path, sidecar.label_value))
        patches = tuple(Set(path, value) for path, value in wanted if path is not None)
        return Remedy(installed.number, "safe", patches, (promise,)) if patches else None
    if facts.namespace_path is None or isinstance(sidecar.namespace, Unknown):
        return None
    return Remedy(installed.number, "display", (Set(facts.namespace_path, sidecar.namespace),), (promise,))
