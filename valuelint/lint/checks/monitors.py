"""Checks on monitors: asked for but not rendered, rendered but not selected, in the wrong namespace, missing."""

from __future__ import annotations

from valuelint.charts.expressions import Labels, Reason, go_text, go_truth
from valuelint.light import Any, Iterator
from valuelint.lint.rule import Open, Promise, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Monitor, Prometheus
from valuelint.predict.selection import Selection, camel, in_reach, out_of_reach, shown
from valuelint.predict.selectors import NAMESPACE_NAME, Requirement, match
from valuelint.syntax import Path, format_path, parse_path
from valuelint.syntax.patches import Patch, Remove, Set
from valuelint.values import Unknown

Found = Iterator[Violation | Open]


def monitors(world: World) -> Iterator[tuple[Installed, Monitor]]:
    """Every monitor of every release in the world."""
    for installed in world.installed:
        for monitor in installed.objects.monitors:
            yield installed, monitor


def said_by_user(installed: Installed, path: Path | None) -> bool:
    """Whether one of the user's layers sets a path."""
    return path is not None and installed.values.resolve(path).layer is not None


def place_of(monitor: Monitor, path: Path | None) -> Path:
    """The path to point at for a monitor: the one given, else its switch."""
    found = path or monitor.facts.asked_by or monitor.facts.for_each or ()
    return monitor.scope.absolute(found) if found and found[0] == "$item" else found


def title_of(owner: Installed, prometheus: Prometheus) -> str:
    """A Prometheus object as kubectl names it, as far as its name is known."""
    if isinstance(prometheus.name, Unknown):
        return f"of {owner.release.title}"
    return prometheus.name if isinstance(prometheus.namespace, Unknown) else f"{prometheus.namespace}/{prometheus.name}"


def subject_of(monitor: Monitor) -> str:
    """What tells one monitor of a release from another."""
    where = format_path(monitor.scope.item_path) if monitor.facts.for_each is not None else ""
    return f"{monitor.kind} {monitor.facts.component} {where or shown(monitor.name)}"


# --- rendered, but not selected -------------------------------------------------------------------


def not_selected(world: World, rule: Rule) -> Found:
    """Monitors that exist and that no Prometheus of the cluster selects.

    One finding for each monitor that the user asked for; one for all that a chart brings by default.
    """
    for installed in world.installed:
        unasked = []
        for monitor in installed.objects.monitors:
            if monitor.rendered is not True:
                continue
            asked = installed.values.asks(monitor.facts.asked_by or monitor.facts.for_each)
            verdicts = world.selections(monitor.kind, monitor.labels, monitor.namespace)
            undecided = [(item, verdict) for item, _, verdict in verdicts if verdict.selected is None]
            if any(verdict.selected for _, _, verdict in verdicts) or (not asked and (undecided or not verdicts)):
                continue
            if not verdicts:
                message = (
                    f"whether any Prometheus selects {monitor.kind} {shown(monitor.name)}: none is among the releases"
                )
                yield Open(installed.number, message, "the values of the kube-prometheus-stack release beside it")
            elif undecided:
                owner, verdict = undecided[0]
                message = f"whether Prometheus selects {monitor.kind} {shown(monitor.name)}: {verdict.why}"
                yield Open(installed.number, message, _decider(owner, monitor))
            else:
                owner, prometheus, verdict = min(verdicts, key=_distance)
                found = _not_selected(world, installed, monitor, owner, prometheus, verdict)
                if asked:
                    yield found
                else:
                    unasked.append((monitor, found))
        for unlike in (True, False):
            those = [item for item in unasked if bool(item[1].words["wanted"]) is unlike]
            if those:
                yield _by_default(installed, those)


def _by_default(installed: Installed, unasked: list[tuple[Monitor, Violation]]) -> Violation:
    """All monitors that a chart brings along and that are left out, as one: because of their labels, or otherwise."""
    first = unasked[0][1]
    names = [shown(other.name) for other, _ in unasked]
    words = {**first.words, "names": names, "count": len(names)}
    own = [item for item in first.related if item.path is not None and installed.values.asks(item.path)]
    touched = any(installed.values.changes(origin) for other, _ in unasked for origin in other.label_origins.values())
    variant = "by-default" if words["wanted"] else "by-default-unreached"
    if words["wanted"] and not own and not touched:
        variant = "as-shipped"
    path = own[0].path if own and own[0].path is not None and own[0].release == installed.number else first.path
    subject = " ".join(sorted(names))
    remedies = [remedy for remedy in (first.remedy, *first.others) if remedy is not None]
    if len(unasked) > 1:
        remedies = [remedy for remedy in remedies if remedy.side == "prometheus"]
        remedies = [*_together(installed, [monitor for monitor, _ in unasked], unasked, words), *remedies]
    # Nobody asked for these: what is safe elsewhere is for the user to decide here.
    milder = {"safe": "unsafe", "unsafe": "unsafe" if len(unasked) > 1 else "display"}
    remedies = [
        remedy if remedy.asked_for else remedy._replace(applicability=milder.get(remedy.applicability, "display"))
        for remedy in remedies
    ]
    remedies.sort(key=lambda item: item.asked_for)
    remedy = remedies[0] if remedies else None
    related = tuple(item for item in first.related if item.path != path)
    return Violation(installed.number, path, variant, words, subject, related, (), remedy, others=tuple(remedies[1:]))


def _together(
    installed: Installed, those: list[Monitor], found: list[tuple[Monitor, Violation]], words: dict[str, Any]
) -> list[Remedy]:
    """One remedy for all that a chart brings along: what they have in common at its place, the rest one by one."""
    place, reached = _common_place(installed, those)
    if place is None:
        return []
    wanted: dict[str, Any] = {}
    patches: list[Patch] = []
    side, asked_for = "common", True
    for monitor, violation in found:
        own = next((item for item in (violation.remedy, *violation.others) if item and item.side == "monitor"), None)
        if own is None or own.applicability == "display":
            return []
        if monitor not in reached:
            patches += own.patches
            continue
        for patch in own.patches:
            key = str(patch.path[-1])
            if monitor.label_origins.get(key) == place:
                # The chart would set it right, were it not for this label.
                side, asked_for = "own", False
                wanted[key] = Remove((*place, key))
            else:
                wanted[key] = Set((*place, key), patch.value)
    words["common"] = ", ".join(
        format_path(patch.path) + (f": {show(patch.value)}" if isinstance(patch, Set) else "")
        for patch in wanted.values()
    )
    promises = tuple(Promise(installed.number, "selected", monitor.facts.component) for monitor in those)
    patches = [*wanted.values(), *dict.fromkeys(patches)]
    return [Remedy(installed.number, "unsafe", tuple(patches), promises, side, asked_for)]


def _decider(owner: Installed, monitor: Monitor) -> str:
    if owner.release.name is None:
        return "--prometheus-release, or the release's name in .valuelint.yaml"
    if isinstance(monitor.namespace, Unknown) or owner.release.namespace is None:
        return "the release's namespace in .valuelint.yaml, or --prometheus-namespace"
    return "values that the text does not hold"


def _distance(verdict: tuple[Installed, Prometheus, Selection]) -> int:
    """How far a Prometheus is from selecting: the one that misses least is the one that was meant."""
    found = verdict[2].match
    return len(found.failing()) if found is not None else 99


def _not_selected(
    world: World, installed: Installed, monitor: Monitor, owner: Installed, prometheus: Prometheus, verdict: Selection
) -> Violation:
    words: dict[str, Any] = {
        "kind": monitor.kind,
        "name": monitor.name,
        "namespace": monitor.namespace,
        "prometheus": title_of(owner, prometheus),
        "why": verdict.why,
        "selector": camel(verdict.selector),
        "wanted": "",
        "label": "",
        "there": "",
        "common": "",
    }
    subject = subject_of(monitor)
    origin = (_selector_origin(owner, prometheus, verdict, words),) if verdict.selector else ()
    if verdict.cause == "namespace" or verdict.cause == "operator":
        path = place_of(monitor, monitor.facts.namespace_path)
        return Violation(installed.number, path, "namespace", words, subject, origin)
    if verdict.cause == "label-type":
        labels = monitor.labels if isinstance(monitor.labels, dict) else {}
        wrong = [key for key, value in labels.items() if not isinstance(value, (str, Unknown))]
        key = wrong[0]
        where = (*monitor.label_origins.get(key, place_of(monitor, monitor.facts.labels_path)), key)
        remedy = None
        if all(each in monitor.label_origins for each in wrong):
            # Null over a label asks for its removal; any other value was meant as a text.
            gone = any(labels[each] is None for each in wrong)
            places = [((*monitor.label_origins[each], each), labels[each]) for each in wrong]
            patches: tuple[Patch, ...] = tuple(
                Remove(place) if value is None else Set(place, go_text(value)) for place, value in places
            )
            promise = Promise(installed.number, "selected", monitor.facts.component)
            remedy = Remedy(installed.number, "unsafe" if gone else "safe", patches, (promise,))
        return Violation(installed.number, where, "label-type", {**words, "label": key}, subject, (), (), remedy)
    if verdict.cause == "selector":
        return Violation(installed.number, place_of(monitor, monitor.facts.asked_by), "nothing", words, subject, origin)
    failing = verdict.match.failing() if verdict.match is not None else []
    words["wanted"] = "; ".join(str(requirement) for requirement in failing)
    words["label"] = ", ".join(requirement.key for requirement in failing)
    path = _label_place(monitor, failing)
    notes = () if len(world.prometheuses()) == 1 else ("no other Prometheus of the cluster selects it either",)
    remedies = _remedies(world, installed, monitor, owner, prometheus, verdict, words)
    first = remedies[0] if remedies else None
    return Violation(installed.number, path, "labels", words, subject, origin, notes, first, others=tuple(remedies[1:]))


def _remedies(
    world: World,
    installed: Installed,
    monitor: Monitor,
    owner: Installed,
    prometheus: Prometheus,
    verdict: Selection,
    words: dict[str, Any],
) -> list[Remedy]:
    """A label that is missed can be put right at both ends of the wire; what is to be preferred comes first."""
    failing = verdict.match.failing() if verdict.match is not None else []
    own = _label_remedy(installed, monitor, failing)
    there = _selector_remedy(installed, monitor, owner, prometheus, verdict, failing, words)
    both = [remedy for remedy in (own, _common_remedy(world, installed, monitor, failing, words), there) if remedy]
    if there is not None and there.applicability == "safe":
        both.sort(key=lambda remedy: remedy is not there)  # the file says it already, only in the wrong form
    return both


def _selector_remedy(
    installed: Installed,
    monitor: Monitor,
    owner: Installed,
    prometheus: Prometheus,
    verdict: Selection,
    failing: list[Requirement],
    words: dict[str, Any],
) -> Remedy | None:
    """What can be done at Prometheus: want what the monitor carries, or let an empty selector select all."""
    path = prometheus.facts.selector_paths.get(verdict.selector)
    switch = prometheus.facts.nil_uses_paths.get(verdict.selector)
    promises = (Promise(installed.number, "selected", monitor.facts.component),)
    if path is not None and owner.number == installed.number and go_truth(owner.values.get(path)):
        return None  # what the chart brings along carries what it carries
    if path is not None and go_truth(owner.values.get(path)):
        labels = monitor.labels if isinstance(monitor.labels, dict) else {}
        patches: list[Patch] = []
        for requirement in failing:
            where, value = (*path, "matchLabels", requirement.key), labels.get(requirement.key)
            if not said_by_user(owner, where) or not isinstance(value, str):
                return None
            patches.append(Set(where, value))
        words["there"] = "; ".join(f"{patch.path[-1]}: {labels[str(patch.path[-1])]}" for patch in patches)
        return Remedy(owner.number, "unsafe", tuple(patches), promises, "prometheus", True) if patches else None
    if switch is None or not go_truth(owner.values.get(switch)):
        return None
    # `"false"` in quotes says what is meant, and YAML hears a text.
    given = owner.values.get(switch)
    quoted = isinstance(given, str) and given.strip().lower() in ("false", "no", "off", "0")
    words["there"] = f"{format_path(switch)}: false"
    return Remedy(
        owner.number, "safe" if quoted else "unsafe", (Set(switch, False),), promises, "prometheus", not quoted
    )


def _common_remedy(
    world: World, installed: Installed, monitor: Monitor, failing: list[Requirement], words: dict[str, Any]
) -> Remedy | None:
    """One label for all monitors of the release, where two or more miss it and the chart has a place for that."""
    wanted = {
        requirement.key: requirement.values[0]
        for requirement in failing
        if requirement.operator == "In" and len(requirement.values) == 1 and isinstance(requirement.values[0], str)
    }
    if not wanted or len(wanted) < len(failing):
        return None
    missing = []
    for other in installed.objects.monitors:
        if other.rendered is not True or not isinstance(other.labels, dict) or other.facts.for_each is not None:
            continue
        verdicts = world.selections(other.kind, other.labels, other.namespace)
        if verdicts and all(verdict.cause == "labels" and verdict.selected is False for _, _, verdict in verdicts):
            missing.append(other)
    if len(missing) < 2 or monitor not in missing:
        return None
    place, reached = _common_place(installed, missing)
    if place is None or monitor not in reached or any(_carries(other, key) for other in reached for key in wanted):
        return None  # its own label would win, or is the wrong one
    words["common"] = "; ".join(f"{format_path((*place, key))}: {value}" for key, value in wanted.items())
    patches = tuple(Set((*place, key), value) for key, value in wanted.items())
    promises = tuple(Promise(installed.number, "selected", other.facts.component) for other in reached)
    return Remedy(installed.number, "unsafe", patches, promises, "common", True)


def _carries(monitor: Monitor, label: str) -> bool:
    return isinstance(monitor.labels, dict) and label in monitor.labels


def _common_place(installed: Installed, those: list[Monitor]) -> tuple[Path | None, list[Monitor]]:
    """The map whose labels most of these monitors get in this version, two at least, and those that get them."""
    reached: dict[Path, list[Monitor]] = {}
    for monitor in those:
        for path in dict.fromkeys(_label_paths(installed, monitor.facts.labels)):
            if path != monitor.facts.labels_path:
                reached.setdefault(path, []).append(monitor)
    place = max(reached, key=lambda path: len(reached[path]), default=None)
    return (place, reached[place]) if place is not None and len(reached[place]) > 1 else (None, [])


def _label_paths(installed: Installed, labels: Labels) -> Iterator[Path]:
    for source in labels.sources:
        if source.path is not None and source.path[0] != "$item":
            yield source.path
        elif source.name is not None:
            yield from _label_paths(installed, installed.objects.facts.labels[source.name])


def _label_place(monitor: Monitor, failing: list[Requirement]) -> Path:
    """The label that is wrong where the user wrote it, else the map of labels that lacks it."""
    for requirement in failing:
        if requirement.key in monitor.label_origins:
            return (*monitor.label_origins[requirement.key], requirement.key)
    return place_of(monitor, monitor.facts.labels_path)


def _label_remedy(installed: Installed, monitor: Monitor, failing: list[Requirement]) -> Remedy | None:
    """The labels that the selector wants, put where this monitor's own labels stand."""
    if monitor.facts.labels_path is None:
        return None
    own = monitor.scope.absolute(monitor.facts.labels_path)
    patches: list[Patch] = []
    applicability = "safe"
    for requirement in failing:
        where = (*monitor.label_origins.get(requirement.key, own), requirement.key)
        if requirement.operator == "In" and requirement.values and isinstance(requirement.values[0], str):
            patches.append(Set(where if where[:-1] == own else (*own, requirement.key), requirement.values[0]))
            if len(requirement.values) > 1:
                applicability = "display"  # which of them is meant, nobody but the user knows
        elif requirement.operator in ("NotIn", "DoesNotExist") and requirement.key in monitor.label_origins:
            patches.append(Remove(where))
            applicability = "unsafe" if applicability == "safe" else applicability
        else:
            return None
    promise = Promise(installed.number, "selected", monitor.facts.component)
    return Remedy(installed.number, applicability, tuple(patches), (promise,), "monitor")


def _selector_origin(owner: Installed, prometheus: Prometheus, verdict: Selection, words: dict[str, Any]) -> Related:
    """Where the selector comes from: the user's own, the switch beside it, or the name of the release."""
    facts, selector = prometheus.facts, camel(verdict.selector)
    path, switch = facts.selector_paths.get(verdict.selector), facts.nil_uses_paths.get(verdict.selector)
    written = said_by_user(owner, path)
    if path is not None and written and go_truth(owner.values.get(path)):
        return Related(owner.number, path, None, f"{selector} is set here")
    if verdict.selector.endswith("_namespace_selector") or (switch is None and written):
        state = "null" if path is not None and written and owner.values.get(path) is None else "not set"
        return Related(owner.number, path, None, f"{selector} is {state}")
    words["derived"] = True
    label = f"release: {owner.release.name}, the name of this release" if owner.release.name else "the release's name"
    wants = f"{selector} wants {label}"
    if switch is not None and isinstance(owner.values.get(switch), str) and said_by_user(owner, switch):
        return Related(owner.number, switch, None, f"a text in quotes is true, whatever it says: {wants}")
    if written:
        return Related(owner.number, path, None, f"empty counts as not set: {wants}")
    name = owner.release.origins.get("name")
    if name is not None:
        return Related(owner.number, None, name, f"so {wants}")
    return Related(owner.number, switch if said_by_user(owner, switch) else None, None, wants)


# --- asked for, but not rendered ------------------------------------------------------------------


def not_rendered(world: World, rule: Rule) -> Found:
    """Monitors that the values ask for and that will not exist."""
    for installed, monitor in monitors(world):
        asked_by = monitor.facts.asked_by
        if asked_by is None or monitor.asked is not True or not installed.values.asks(asked_by):
            continue
        if monitor.rendered is None:
            reasons = [reason for reason in monitor.why() if reason.holds is None]
            message = f"whether {monitor.kind} {shown(monitor.name)} is rendered: it depends on {_paths(reasons)}"
            yield Open(installed.number, message, "values that the text does not hold")
        elif monitor.rendered is False:
            yield _not_rendered(world, installed, monitor, asked_by)


def _not_rendered(world: World, installed: Installed, monitor: Monitor, asked_by: Path) -> Violation:
    if monitor.facts.absent:
        asked = {
            "kind": monitor.kind,
            "component": monitor.facts.component,
            "chart": installed.chart.title,
            "since": _since(monitor.facts.absent),
        }
        return Violation(installed.number, asked_by, "absent", asked, subject_of(monitor))
    why = monitor.facts.needs.explain(monitor.scope)
    metrics = monitor.facts.metrics
    reasons = list({reason.path: reason for reason in why}.values())
    component = [reason for reason in reasons if reason.path != metrics]
    metrics_off = metrics is not None and go_truth(monitor.scope.get(metrics)) is False
    words = {
        "kind": monitor.kind,
        "name": monitor.name,
        "component": monitor.facts.component if monitor.facts.for_each is None else monitor.name,
        "reasons": "; ".join(_said(installed, reason) for reason in reasons),
        "metrics": format_path(metrics) if metrics else "",
    }
    here = {reason.path: _here(reason) for reason in reasons}
    if metrics is not None and metrics_off:
        here[metrics] = "metrics are off"  # worth showing, and mending, even where the chart does not ask for them
    related = tuple(
        Related(installed.number, path, None, label) for path, label in here.items() if said_by_user(installed, path)
    )
    patches, usual = _switched_on(installed, monitor)
    if metrics is not None and metrics_off and patches and metrics not in [patch.path for patch in patches]:
        patches = [*patches, Set(metrics, True)]
    only_metrics = [patch.path for patch in patches] == [metrics]
    remedy = None
    if patches:
        promises = [Promise(installed.number, "rendered", monitor.facts.component)]
        refused = any(said_by_user(installed, patch.path) for patch in patches)
        level = "display" if not only_metrics else "unsafe" if refused or usual else "safe"
        extra = selected_too(world, installed, monitor)
        if extra is None:
            level = "display"  # a monitor that nobody selects is no better
        else:
            patches = [*patches, *extra.patches]
            promises += extra.promises
        remedy = Remedy(installed.number, level, tuple(patches), tuple(promises))
    words["usual"] = show(usual)
    variant = "component" if component and not only_metrics else "list" if usual else "metrics"
    if any(_switches_off(installed, reason, asked_by) for reason in component):
        variant = "inert"
    return Violation(installed.number, asked_by, variant, words, subject_of(monitor), related, (), remedy)


def _switches_off(installed: Installed, reason: Reason, asked_by: Path) -> bool:
    """Whether the values themselves say `enabled: false` for the component around a monitor: then nobody expects it.

    That is the map around it, or the subchart that it belongs to.
    """
    if reason.value is not False or not said_by_user(installed, reason.path):
        return False
    block = reason.path[:-1]
    around = reason.path[-1:] == ("enabled",) and block and asked_by[: len(block)] == block
    switches = installed.chart.table.subcharts(installed.version)
    return bool(around) or switches.get(str(asked_by[0])) == format_path(reason.path)


def _switched_on(installed: Installed, monitor: Monitor) -> tuple[list[Patch], list[str]]:
    """The patches after which a monitor is rendered; and the metrics to begin with, where these are a list."""
    patches = monitor.facts.needs.invert(monitor.scope, True) or []
    facts = installed.objects.facts.raw.get("hubble_metrics")
    if facts is None or parse_path(facts["list"]) != monitor.facts.metrics or monitor.scope.get(monitor.facts.metrics):
        return patches, []
    metrics, usual = monitor.facts.metrics, list(facts["usual"])
    dynamic = parse_path(facts["dynamic_switch"]) if "dynamic_switch" in facts else None
    if dynamic is not None and go_truth(installed.values.get(dynamic)) is not False:
        return [], []  # a list beside the metrics that are read at run time is one too many
    return [patch for patch in patches if patch.path not in (metrics, dynamic)] + [Set(metrics, usual)], usual


def _since(versions: str) -> str:
    """`>=1.14.0-rc.0 <1.14.0-snapshot.0 || …` for people: 1.14."""
    first = versions.split()[0].lstrip(">=").partition("-")[0]
    return first.removesuffix(".0")


def _said(installed: Installed, reason: Reason) -> str:
    """`envoy.enabled is false (chart default)`."""
    value = "not set" if reason.value is None else show(reason.value)
    if isinstance(reason.value, (list, dict)) and not reason.value:
        value = "empty"
    origin = "" if said_by_user(installed, reason.path) else " (chart default)"
    return f"{format_path(reason.path)} is {value}{origin}"


def _here(reason: Reason) -> str:
    return f"{format_path(reason.path)} is {'not set' if reason.value is None else show(reason.value)}"


def _paths(reasons: list[Reason]) -> str:
    return ", ".join(dict.fromkeys(format_path(reason.path) for reason in reasons)) or "values that are not known"


# --- metrics off, monitor on ----------------------------------------------------------------------


def metrics_off(world: World, rule: Rule) -> Found:
    """Monitors that exist although the metrics of their block are off: they scrape other ports, or nothing."""
    for installed, monitor in monitors(world):
        metrics, asked_by = monitor.facts.metrics, monitor.facts.asked_by
        if metrics is None or asked_by is None or monitor.rendered is not True:
            continue
        # An empty list is no switch: metrics may then come from elsewhere.
        if monitor.scope.get(metrics) is not False or not installed.values.asks(asked_by):
            continue
        words = {
            "kind": monitor.kind,
            "name": monitor.name,
            "component": monitor.facts.component,
            "metrics": format_path(metrics),
            "ports": [shown(port) for port in monitor.endpoints],
        }
        related = Related(installed.number, metrics, None, "metrics are off")
        remedy = Remedy(installed.number, "unsafe", (Set(metrics, True),))
        yield Violation(installed.number, asked_by, "stays", words, subject_of(monitor), (related,), (), remedy)


# --- namespaces -----------------------------------------------------------------------------------


def namespace_not_read(world: World, rule: Rule) -> Found:
    """A namespace written where the chart does not look for it, while the monitor goes somewhere else."""
    for installed, monitor in monitors(world):
        ignored = monitor.facts.ignored_namespace_path
        if ignored is None or monitor.rendered is False or not said_by_user(installed, ignored):
            continue
        wanted = installed.values.get(ignored)
        if isinstance(wanted, Unknown) or not wanted or wanted == monitor.namespace:
            continue
        if isinstance(monitor.namespace, Unknown) and installed.release.namespace is not None:
            continue
        read = monitor.facts.namespace_path
        words = {
            "kind": monitor.kind,
            "name": monitor.name,
            "wanted": wanted,
            "namespace": monitor.namespace,
            "ignored": format_path(ignored),
            "read": format_path(read) if read else "",
        }
        patches: tuple[Patch, ...] = (Set(read, wanted),) if read else ()
        # Where the agent's namespace is said as well, the file says two things, and only one of them can be had.
        there = monitor._replace(namespace=wanted)
        reached = [
            not out_of_reach(prometheus, there)
            and in_reach(prometheus, monitor.kind, wanted, item.objects.operator).selected is not False
            for item, prometheus in world.prometheuses()
        ]
        lost = bool(reached) and not any(reached)
        level = "display" if lost or said_by_user(installed, read) else "unsafe"
        remedy = Remedy(installed.number, level, (*patches, Remove(ignored)))
        yield Violation(installed.number, ignored, "ignored", words, subject_of(monitor), (), (), remedy)


def namespace(world: World, rule: Rule) -> Found:
    """Monitors in a namespace that is excluded; scattered ones; ones beside the namespace that is expected."""
    for installed in world.installed:
        placed = [
            monitor
            for monitor in installed.objects.monitors
            if monitor.rendered is True and said_by_user(installed, monitor.facts.asked_by)
        ]
        excluded: dict[str, list[Monitor]] = {}
        verdicts: dict[str, tuple[Installed, Prometheus, Selection]] = {}
        for monitor in placed:
            found = world.selections(monitor.kind, monitor.labels, monitor.namespace)
            if found and all(verdict.selected is False for _, _, verdict in found):
                out = _excluding(world, monitor)
                if out is not None and isinstance(monitor.namespace, str):
                    excluded.setdefault(monitor.namespace, []).append(monitor)
                    verdicts[monitor.namespace] = out
        for where, those in excluded.items():
            owner, prometheus, verdict = verdicts[where]
            yield _excluded(installed, where, those, owner, prometheus, verdict)
        if not excluded and placed:
            yield from _elsewhere(world, installed, placed)


def _excluding(world: World, monitor: Monitor) -> tuple[Installed, Prometheus, Selection] | None:
    """The Prometheus that leaves out the monitor's namespace, if none takes it, whatever the labels are."""
    found = [
        (item, prometheus, in_reach(prometheus, monitor.kind, monitor.namespace, item.objects.operator))
        for item, prometheus in world.prometheuses()
    ]
    if found and all(verdict.selected is False for _, _, verdict in found):
        return found[0]
    return None


def _excluded(
    installed: Installed, where: str, those: list[Monitor], owner: Installed, prometheus: Prometheus, verdict: Selection
) -> Violation:
    words = {
        "names": [shown(monitor.name) for monitor in those],
        "namespace": where,
        "prometheus": title_of(owner, prometheus),
        "why": verdict.why,
    }
    path = place_of(those[0], those[0].facts.namespace_path)
    related = []
    selector = prometheus.facts.selector_paths.get(verdict.selector) if verdict.selector else None
    if selector is not None and said_by_user(owner, selector):
        related.append(Related(owner.number, selector, None, f"{camel(verdict.selector)} is set here"))
    for monitor in those[1:]:
        place = monitor.facts.namespace_path
        if place is not None and place != path and said_by_user(installed, place):
            related.append(Related(installed.number, place, None, f"{shown(monitor.name)} too"))
    target = _reachable(owner, prometheus, verdict)
    if target is not None and any(out_of_reach(prometheus, monitor._replace(namespace=target)) for monitor in those):
        target = None  # selected there, and without a target
    words["target"] = target or ""
    remedy = None
    if target is not None:
        patches = _moved(installed, those, target)
        promises = tuple(Promise(installed.number, "reached", monitor.facts.component) for monitor in those)
        remedy = Remedy(installed.number, "unsafe", patches, promises) if patches else None
    return Violation(installed.number, path, "excluded", words, where, tuple(related), (), remedy)


def _moved(installed: Installed, those: list[Monitor], target: str) -> tuple[Patch, ...]:
    """The patches that move monitors to a namespace, also where it is written in vain: that would now say another."""
    places = dict.fromkeys(monitor.facts.namespace_path for monitor in those)
    patches: list[Patch] = [Set(place, target) for place in places if place is not None]
    for monitor in installed.objects.monitors:
        ignored = monitor.facts.ignored_namespace_path
        if monitor.facts.namespace_path in places and ignored is not None and said_by_user(installed, ignored):
            patches.append(Set(ignored, target))
    return tuple(patches)


def _reachable(owner: Installed, prometheus: Prometheus, verdict: Selection) -> str | None:
    """A namespace that this Prometheus searches: its own if it may, else the first that its selector names."""
    candidates = [prometheus.namespace]
    if verdict.match is not None:
        candidates += [
            value
            for requirement in verdict.match.requirements
            if requirement.key == NAMESPACE_NAME and requirement.operator == "In"
            for value in requirement.values
        ]
    for candidate in candidates:
        if (
            isinstance(candidate, str)
            and in_reach(prometheus, "ServiceMonitor", candidate, owner.objects.operator).selected
        ):
            return candidate
    return None


def _elsewhere(world: World, installed: Installed, placed: list[Monitor]) -> Found:
    expected = world.cluster.expected.get("monitor_namespace")
    known = [monitor for monitor in placed if isinstance(monitor.namespace, str)]
    spaces = sorted({str(monitor.namespace) for monitor in known})
    if expected is not None:
        for monitor in known:
            if monitor.namespace != expected:
                yield _info(installed, [monitor], "unexpected", expected)
        return
    homes = {
        prometheus.namespace
        for item, prometheus in world.prometheuses()
        if isinstance(prometheus.namespace, str)
        and in_reach(prometheus, "ServiceMonitor", prometheus.namespace, item.objects.operator).selected is not False
    }
    scattered = "; ".join(
        f"{space}: {', '.join(shown(m.name) for m in known if m.namespace == space)}" for space in spaces
    )
    home = homes.pop() if len(homes) == 1 else None
    if any(prometheus.ignores_namespaces is not False for _, prometheus in world.prometheuses()):
        home = None  # each monitor belongs beside its targets then
    away = [
        m for m in known if home is not None and m.namespace != home and said_by_user(installed, m.facts.namespace_path)
    ]
    if away:
        notes = (f"the monitors of this release are scattered over {len(spaces)} namespaces ({scattered})",)
        for space in sorted({str(monitor.namespace) for monitor in away}):
            those = [monitor for monitor in away if monitor.namespace == space]
            found = _info(installed, those, "apart", str(home), [m for m in known if m.namespace != home])
            yield found._replace(notes=notes if len(spaces) > 1 else ())
    elif len(spaces) > 1:
        words = {"count": len(spaces), "namespaces": scattered}
        said = [m for m in known if said_by_user(installed, m.facts.namespace_path)]
        alike = {space: [m.namespace for m in known].count(space) for space in spaces}
        odd, *others = sorted(said, key=lambda m: alike[str(m.namespace)]) or known
        related = tuple(
            Related(installed.number, m.facts.namespace_path, None, f"{shown(m.name)} goes to {shown(m.namespace)}")
            for m in others
            if m.facts.namespace_path != odd.facts.namespace_path
        )
        place = place_of(odd, _written(installed, odd))
        meant = {str(m.namespace) for m in said}
        words["meant"] = ", ".join(sorted(meant))
        remedy = _gathered(world, installed, known, meant.pop()) if len(meant) == 1 else None
        yield Violation(installed.number, place, "scattered", words, "", related, (), remedy)


def _gathered(world: World, installed: Installed, known: list[Monitor], target: str) -> Remedy | None:
    """The monitors of a release where the values put some of them; None where a Prometheus would lose one by that."""
    movers = [monitor for monitor in known if monitor.namespace != target]
    if any(monitor.facts.namespace_path is None for monitor in movers):
        return None
    for item, prometheus in world.prometheuses():
        for monitor in movers:
            there = in_reach(prometheus, monitor.kind, target, item.objects.operator).selected
            if there is not True or out_of_reach(prometheus, monitor._replace(namespace=target)) is not False:
                return None
    return Remedy(installed.number, "unsafe", _moved(installed, movers, target))


def _written(installed: Installed, monitor: Monitor) -> Path | None:
    path = monitor.facts.namespace_path
    return path if said_by_user(installed, path) else monitor.facts.asked_by


def _info(
    installed: Installed, those: list[Monitor], variant: str, expected: str, movers: list[Monitor] | None = None
) -> Violation:
    """Monitors that are elsewhere; the fix moves `movers`, so that one that was moved leaves no other behind."""
    monitor = those[0]
    words = {
        "kind": monitor.kind,
        "name": monitor.name,
        "names": [shown(other.name) for other in those],
        "namespace": monitor.namespace,
        "expected": expected,
    }
    path = place_of(monitor, _written(installed, monitor))
    places = dict.fromkeys(other.facts.namespace_path for other in those)
    patches = _moved(installed, movers or those, expected)
    remedy = Remedy(installed.number, "unsafe", patches) if patches else None
    related = tuple(
        Related(installed.number, place, None, "this one too")
        for place in places
        if place is not None and place != path and said_by_user(installed, place)
    )
    subject = subject_of(monitor) if variant == "unexpected" else str(monitor.namespace)
    return Violation(installed.number, path, variant, words, subject, related, (), remedy)


# --- metrics that nobody scrapes ------------------------------------------------------------------


def not_scraped(world: World, rule: Rule) -> Found:
    """Metrics that the values switch on and that nothing in the cluster's values scrapes."""
    for installed, monitor in monitors(world):
        facts = monitor.facts
        if facts.metrics is None or facts.asked_by is None or monitor.asked is not False:
            continue
        if facts.needs.evaluate(monitor.scope) is not True or not installed.values.asks(facts.metrics):
            continue
        if not go_truth(monitor.scope.get(facts.metrics)):
            continue
        scraper = _other_scraper(world, installed, monitor)
        if scraper == "yes":
            continue
        words = {
            "component": facts.component,
            "metrics": format_path(facts.metrics),
            "asked_by": format_path(facts.asked_by),
            "scraper": scraper,
        }
        variant = "nothing" if scraper == "no" else "unknown"
        related: tuple[Related, ...] = ()
        if said_by_user(installed, facts.asked_by):
            related = (Related(installed.number, facts.asked_by, None, "its monitor is off"),)
        remedy = _monitor_remedy(world, installed, monitor)
        if remedy is not None and variant == "unknown":
            remedy = remedy._replace(applicability="display")
        yield Violation(installed.number, facts.metrics, variant, words, subject_of(monitor), related, (), remedy)


def _monitor_remedy(world: World, installed: Installed, monitor: Monitor) -> Remedy | None:
    """Switch the monitor on, with the labels that the Prometheus of the cluster wants."""
    asked_by = monitor.facts.asked_by
    if asked_by is None:
        return None
    extra = selected_too(world, installed, monitor)
    if extra is None:
        return None  # nobody would scrape the monitor either
    promise = Promise(installed.number, "rendered", monitor.facts.component)
    patches: tuple[Patch, ...] = (Set(asked_by, True),)
    return Remedy(installed.number, "unsafe", patches + extra.patches, (promise, *extra.promises))


def selected_too(world: World, installed: Installed, monitor: Monitor) -> Remedy | None:
    """What else a monitor that comes into being needs to be scraped; None where labels are not enough."""
    verdicts = world.selections(monitor.kind, monitor.labels, monitor.namespace)
    if any(out_of_reach(prometheus, monitor) for _, prometheus, _ in verdicts):
        return None
    if not verdicts or any(verdict.selected is not False for _, _, verdict in verdicts):
        return Remedy(installed.number, "safe", ())
    found = min(verdicts, key=_distance)[2].match
    extra = _label_remedy(installed, monitor, found.failing()) if found is not None and found.failing() else None
    return extra if extra is not None and extra.applicability == "safe" else None


def _other_scraper(world: World, installed: Installed, monitor: Monitor) -> str:
    """Whether something else scrapes these metrics: "yes", "no", or what might (in words)."""
    if not world.prometheuses():
        return "no Prometheus is among the releases"
    services = [service.labels for service in installed.objects.services if isinstance(service.labels, dict)]
    pods = [dict(monitor.facts.pod_labels)]
    label_sets = [labels for labels in services if _belongs(labels, monitor)] + pods
    for item in world.installed:
        for other in item.objects.monitors:
            if other is monitor or other.facts.for_each is None or other.rendered is False:
                continue
            given = other.scope.get(("$item", "selector"))
            if isinstance(given, Unknown):
                return "an additional monitor whose selector is not known"
            # A ServiceMonitor finds what a Service stands before, a PodMonitor the pods themselves.
            reached = pods if other.kind == "PodMonitor" else label_sets[:-1]
            if not isinstance(given, dict) or not any(match(given, labels).matches is not False for labels in reached):
                continue
            verdicts = world.selections(other.kind, other.labels, other.namespace)
            if _looks_into(other, monitor) and any(verdict.selected is not False for _, _, verdict in verdicts):
                return "yes"
        facts = item.objects.prometheus.facts if item.objects.prometheus is not None else None
        if facts is None:
            continue
        for path in facts.scrape_paths:
            jobs = item.values.get(path)
            if isinstance(jobs, Unknown):
                return f"{format_path(path)} of {item.release.title}, which is not known"
            if jobs and not isinstance(jobs, bool):
                if _could_scrape(jobs, monitor, label_sets):
                    return "yes"
            elif jobs is True:
                return f"the scrape configuration in the Secret of {format_path(path)}"
    return _beside(world, monitor, label_sets[:-1], pods) or "no"


def _beside(world: World, monitor: Monitor, services: list[dict[str, Any]], pods: list[dict[str, Any]]) -> str | None:
    """An object of the repository's own that may scrape a component, in words."""
    for scraper in world.cluster.scrapers():
        if scraper.kind.endswith("ScrapeConfig"):
            reached = _could_scrape([scraper.spec], monitor, [*services, *pods])
        else:
            labels = pods if "Pod" in scraper.kind else services
            selector = scraper.spec.get("selector")
            reached = any(match(selector, one).matches is not False for one in labels)
        if reached:
            return f"{scraper.kind} {scraper.name} in {scraper.file}"
    return None


def _looks_into(other: Monitor, monitor: Monitor) -> bool:
    """Whether an additional monitor may look for targets in the namespace in which this component runs."""
    given = other.scope.get(("$item", "namespaceSelector"))
    if isinstance(given, Unknown):
        return True
    named = given.get("matchNames") if isinstance(given, dict) else None
    if isinstance(given, dict) and (given.get("any") or (given and not isinstance(named, list))):
        return True
    searched = named or [other.namespace]
    return _may_name(searched, monitor)


def _may_name(namespaces: list[Any], monitor: Monitor) -> bool:
    targets = monitor.target_namespaces or (monitor.namespace,)
    if any(isinstance(name, Unknown) for name in (*namespaces, *targets)):
        return True
    return any(target in namespaces for target in targets)


def discovers(config: dict[str, Any], monitor: Monitor) -> bool:
    """Whether a kubernetes_sd_config may find the component: everywhere, unless it names namespaces."""
    spaces = config.get("namespaces")
    names = spaces.get("names") if isinstance(spaces, dict) else None
    return not isinstance(names, list) or not names or _may_name(names, monitor)


def _belongs(labels: dict[str, Any], monitor: Monitor) -> bool:
    return isinstance(monitor.selector, dict) and bool(match({"matchLabels": monitor.selector}, labels).matches)


def _could_scrape(jobs: Any, monitor: Monitor, label_sets: list[dict[str, Any]]) -> bool:
    """Whether scrape jobs may reach the component: any that discovers in Kubernetes, or that names it."""
    text = repr(jobs)
    if isinstance(jobs, list) and all(isinstance(job, dict) for job in jobs):
        found = [
            config for job in jobs for config in job.get("kubernetes_sd_configs") or () if isinstance(config, dict)
        ]
        if any(discovers(config, monitor) for config in found):
            return True
        if found and "kubernetesSDConfigs" not in text:
            text = repr([{key: value for key, value in job.items() if key != "kubernetes_sd_configs"} for job in jobs])
    if "kubernetes_sd_configs" in text or "kubernetesSDConfigs" in text:
        return True
    words = {monitor.facts.component, *(str(value) for labels in label_sets for value in labels.values())}
    return any(word in text for word in words if len(word) > 3)
