"""Checks on dashboards: ConfigMaps that Grafana's sidecar will not see, or whose folder it will not see."""

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
            if dashboard.rendered is True and asked_by is not None and installed.values.asks(asked_by):
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
    unsaid = not installed.values.get(facts.namespace_path)
    for other in installed.objects.dashboards if unsaid else ():
        place, there = other.facts.namespace_path, other.namespace
        if place is None or installed.values.resolve(place).layer is None or isinstance(there, Unknown):
            continue
        if pick_up(sidecar, dashboard._replace(namespace=there)).picked_up:
            # The file says already where its dashboards go, at one of the places for that.
            return Remedy(installed.number, "safe", (Set(facts.namespace_path, there),), (promise,))
    return Remedy(installed.number, "unsafe", (Set(facts.namespace_path, sidecar.namespace),), (promise,))


# --- metrics --------------------------------------------------------------------------------------


def not_served(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Dashboards that the values ask for, of metrics that nothing serves."""
    for installed in world.installed:
        seen = set()
        for dashboard in installed.objects.dashboards:
            facts, scope = dashboard.facts, dashboard.scope
            if facts.served is None or dashboard.rendered is not True or not installed.values.asks(facts.asked_by):
                continue
            if facts.group in seen or facts.served.evaluate(scope) is not False or facts.asked_by is None:
                continue
            seen.add(facts.group)
            switch = facts.served.explain(scope)[0].path
            words = {"name": dashboard.name or facts.group, "metrics": format_path(switch)}
            written = installed.values.resolve(switch).layer is not None
            related = (Related(installed.number, switch, None, "the metrics are off"),) if written else ()
            remedy = Remedy(installed.number, "display", (Set(switch, True),))
            yield Violation(installed.number, facts.asked_by, "unserved", words, facts.group, related, (), remedy)


# --- folders --------------------------------------------------------------------------------------


def folder_ignored(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Dashboards that name a folder which no sidecar makes. Those that no sidecar loads have a rule of their own."""
    for installed in world.installed:
        groups: dict[str, list[Dashboard]] = {}
        for dashboard in installed.objects.dashboards:
            if dashboard.rendered is True and isinstance(dashboard.annotations, dict) and dashboard.annotations:
                groups.setdefault(dashboard.facts.group, []).append(dashboard)
        for group in groups.values():
            found = _folder_ignored(world, installed, group)
            if found is not None:
                yield found


def _folder_ignored(world: World, installed: Installed, group: list[Dashboard]) -> Violation | Open | None:
    names = ", ".join(shown(each.name) for each in group if each.name is not None) or "the dashboards of the chart"
    answers = []
    for owner, sidecar in world.sidecars():
        loaded = pick_up(sidecar, group[0]).picked_up
        annotation = _folder_annotation(group[0], sidecar)
        if loaded is not False and annotation is not None:
            answers.append((owner, sidecar, annotation, _makes_folder(sidecar, annotation) if loaded else None))
    made = [answer for _, _, _, answer in answers]
    if not answers or True in made:
        return None
    if None in made:
        message = f"whether Grafana puts {names} into a folder: what its sidecar loads and reads is not known"
        return Open(installed.number, message, "the values of the kube-prometheus-stack release")
    owner, sidecar, annotation, _ = answers[0]
    return _in_no_folder(installed, group[0], names, owner, sidecar, annotation)


def _folder_annotation(dashboard: Dashboard, sidecar: Sidecar) -> str | None:
    """The annotation in which a dashboard names its folder: the one that the sidecar reads, else one that means it."""
    wanted = sidecar.folder_annotation
    known = (*([] if isinstance(wanted, Unknown) else [wanted]), *sidecar.facts.folder_annotations)
    annotations = dashboard.annotations
    return next((name for name in known if isinstance(annotations, dict) and annotations.get(name, "") != ""), None)


def _makes_folder(sidecar: Sidecar, annotation: str) -> bool | None:
    if isinstance(sidecar.folder_annotation, Unknown):
        return None if sidecar.folders is not False else False
    return sidecar.folders if sidecar.folder_annotation == annotation else False


def _in_no_folder(
    installed: Installed, dashboard: Dashboard, names: str, owner: Installed, sidecar: Sidecar, annotation: str
) -> Violation | None:
    facts = sidecar.facts
    origins = {} if dashboard.facts.annotations is None else dashboard.facts.annotations.trace(dashboard.scope)[1]
    if annotation not in origins or isinstance(dashboard.annotations, Unknown):
        return None
    unread = sidecar.folder_annotation != annotation
    words = {
        "names": names,
        "annotation": annotation,
        "folder": dashboard.annotations[annotation],
        "read": sidecar.folder_annotation,
    }
    at_sidecar = facts.folder_annotation_path, facts.folders_path
    wanted: list[tuple[Path | None, Any]] = [(at_sidecar[0], annotation)] if unread else []
    wanted += [(at_sidecar[1], True)] if sidecar.folders is False else []
    patches = tuple(Set(path, value) for path, value in wanted if path is not None)
    given = [path for path in at_sidecar if path is not None and owner.values.resolve(path).layer is not None]
    # Where the sidecar is told to read another annotation, either end may be the wrong one.
    level = "display" if unread and at_sidecar[0] in given else "unsafe"
    related = tuple(Related(owner.number, path, None, "Grafana is told so here") for path in given)
    return Violation(
        installed.number,
        (*origins[annotation], annotation),
        "unread" if unread else "no-folders",
        words,
        dashboard.facts.group,
        related,
        (),
        Remedy(owner.number, level, patches) if patches else None,
    )
