"""Checks on the list of Hubble metrics: what is missing, and what the agent would not take."""

from __future__ import annotations

from valuelint.charts import hubble
from valuelint.charts.expressions import go_truth
from valuelint.light import Any, Iterator
from valuelint.lint.checks.monitors import selected_too
from valuelint.lint.rule import Open, Promise, Related, Remedy, Rule, Violation
from valuelint.predict.cluster import Installed, World
from valuelint.syntax import Path, format_path, parse_path
from valuelint.syntax.patches import Append, Patch, Remove, Set
from valuelint.values import Unknown, holds_unknown

Found = Iterator[Violation | Open]

_FATAL = ("hubble", "agent", "manifest")
"""Effects that cost more than the one metric: Hubble or the agent does not start, or the manifest is broken."""


def _charts(world: World) -> Iterator[tuple[Installed, dict[str, Any], Path, Any]]:
    """The releases whose chart takes Hubble metrics, with the facts and the list; none where Hubble itself is off."""
    for installed in world.installed:
        facts = installed.objects.facts.raw.get("hubble_metrics")
        if facts is None:
            continue
        path = parse_path(facts["list"])
        if go_truth(installed.values.get(parse_path(facts["switch"]))) is not False:
            yield installed, facts, path, installed.values.get(path)


def missing(world: World, rule: Rule) -> Found:
    """No metrics although a monitor or dashboards ask for them; and metrics that enabled dashboards draw."""
    for installed, facts, path, given in _charts(world):
        if isinstance(given, Unknown):
            yield Open(
                installed.number, f"which Hubble metrics there are: {format_path(path)} is not known", given.text
            )
            continue
        if go_truth(_dynamic(installed, facts)) is not False:
            continue  # the list is read from a ConfigMap at run time
        asking = _asking(installed, path)
        if not given:
            if asking:
                yield _no_list(world, installed, path, asking, facts["usual"])
            continue
        if not isinstance(given, list) or holds_unknown(given) or not all(isinstance(item, str) for item in given):
            continue
        shown = {
            name
            for dashboard in installed.objects.dashboards
            if dashboard.rendered and isinstance(name := dashboard.name, str)
        }
        metrics = [metric for item in given for metric in hubble.parse_metrics(item)]
        gaps: dict[str, list[hubble.Missing]] = {}
        for gap in hubble.missing(metrics, facts, shown) if shown else ():
            gaps.setdefault(gap.any_of[0], []).append(gap)
        for metric, those in gaps.items():
            gap, *others = sorted(those, key=lambda item: -item.panels / item.total)
            words = {
                "message": gap.message,
                "metric": metric,
                "dashboard": gap.title,
                "panels": gap.panels,
                "total": gap.total,
            }
            notes = tuple(f"so does `{other.title}`: {other.panels} of {other.total} panels" for other in others)
            related = tuple(
                Related(installed.number, switch, None, "the dashboards are on")
                for switch in asking
                if "dashboards" in switch
            )
            patch: Patch = Append(path, metric)
            remedy = Remedy(installed.number, "unsafe", (patch,))
            # A panel or two without data is how most people use these dashboards; half of one is a mistake.
            variant = "drawn" if gap.panels * 2 >= gap.total else "some"
            yield Violation(installed.number, path, variant, words, metric, related, notes, remedy)


def _dynamic(installed: Installed, facts: dict[str, Any]) -> Any:
    return installed.values.get(parse_path(facts["dynamic_switch"])) if "dynamic_switch" in facts else None


def _asking(installed: Installed, path: Path) -> list[Path]:
    """The switches, set by the user, of what needs the list: the monitor that reads it and the dashboards."""
    found = [
        monitor.facts.asked_by
        for monitor in installed.objects.monitors
        if monitor.facts.metrics == path and monitor.asked is True and monitor.facts.asked_by is not None
    ]
    found += [
        dashboard.facts.asked_by
        for dashboard in installed.objects.dashboards
        if dashboard.rendered is True
        and dashboard.facts.asked_by is not None
        and dashboard.facts.asked_by[: len(path) - 1] == path[:-1]
    ]
    return [switch for switch in dict.fromkeys(found) if installed.values.asks(switch)]


def _no_list(world: World, installed: Installed, path: Path, asking: list[Path], usual: list[str]) -> Violation:
    resolved = installed.values.resolve(path)
    written = resolved.layer is not None
    words = {"path": format_path(path), "state": "is empty" if written else "is not set", "usual": ", ".join(usual)}
    words["asked"] = " and ".join(format_path(switch) for switch in asking)
    related = tuple(Related(installed.number, switch, None, "asks for them") for switch in asking)
    patches: list[Patch] = [Set(path, list(usual))]
    promises: list[Promise] = []
    level = "unsafe"
    for monitor in installed.objects.monitors:
        if monitor.facts.metrics != path or monitor.facts.asked_by not in asking:
            continue
        promises.append(Promise(installed.number, "rendered", monitor.facts.component))
        extra = selected_too(world, installed, monitor)
        if extra is None:
            level = "display"  # a monitor that nobody selects is no better
        else:
            patches += extra.patches
            promises += extra.promises
    remedy = Remedy(installed.number, level, tuple(patches), tuple(promises))
    return Violation(installed.number, path if written else asking[0], "none", words, "", related, (), remedy)


def invalid(world: World, rule: Rule) -> Found:
    """Metrics, options and contexts that do not exist in the version, or that exclude each other."""
    for installed, facts, path, given in _charts(world):
        if not isinstance(given, list):
            continue
        for index, item in enumerate(given):
            if not isinstance(item, str):
                continue
            for problem in hubble.check(item, facts):
                where = (*path, index)
                words = {"message": problem.message, "item": item, "fixed": ""}
                remedy = None
                if problem.suggestion is not None:
                    fixed = item[: problem.start] + problem.suggestion + item[problem.end :]
                    level = "safe" if problem.kind == "separator" else "unsafe"
                    if fixed:
                        remedy = Remedy(installed.number, level, (Set(where, fixed),))
                        words["fixed"] = fixed
                variant = "refused" if problem.effect in _FATAL else "ignored"
                subject = f"{index} {problem.kind} {problem.start}"
                span = (problem.start, problem.end)
                yield Violation(installed.number, where, variant, words, subject, (), (), remedy, span)
        texts = [item if isinstance(item, str) else "" for item in given]
        if holds_unknown(given):
            continue
        for clash in hubble.clashes(texts, facts):
            where, other = (*path, clash.second), (*path, clash.first)
            words = {"message": clash.message, "item": texts[clash.second], "fixed": ""}
            related = (Related(installed.number, other, None, "the other one"),)
            variant = "refused" if clash.effect in _FATAL else "ignored"
            older = _superseded(texts, clash, facts)
            remedy = None
            if older is not None:
                words["older"] = texts[older]
                remedy = Remedy(installed.number, "unsafe", (Remove((*path, older)),), side="own")
            yield Violation(
                installed.number,
                where,
                variant,
                words,
                f"{clash.kind} {clash.first} {clash.second}",
                related,
                (),
                remedy,
            )


def both(world: World, rule: Rule) -> Found:
    """A list read at run time that does not get along with a fixed one: beside it, or without it."""
    for installed, facts, path, given in _charts(world):
        known = facts.get("both")
        if known is None or isinstance(given, Unknown) or go_truth(_dynamic(installed, facts)) is not True:
            continue
        switch = parse_path(facts["dynamic_switch"])
        if given:
            words = {"path": format_path(path), "follows": hubble.consequence(facts, known["says"])}
            twice = known.get("key_twice")
            notes = () if twice is None else (f"the agent's ConfigMap holds {twice['key']} twice as well",)
            related = (Related(installed.number, path, None, "the fixed list"),)
            yield Violation(installed.number, switch, "both", words, "", related, notes)
        elif "dynamic_needs_list" in known:
            yield Violation(installed.number, switch, "unread", {"version": installed.version})


def leftovers(world: World, rule: Rule) -> Found:
    """Labels by pod without the namespace that belongs to it: the series of pods that are gone stay."""
    for installed, facts, path, given in _charts(world):
        forgets: dict[str, str] = facts.get("forgets", {})
        for index, item in enumerate(given if isinstance(given, list) and forgets else ()):
            for metric in hubble.parse_metrics(item) if isinstance(item, str) else ():
                for option in metric.options:
                    labels = (option.value or "").split(",") if option.key == "labelsContext" else []
                    lacking = [pod for pod in forgets if pod in labels and forgets[pod] not in labels]
                    if not lacking:
                        continue
                    whole = ",".join(f"{label},{forgets[label]}" if label in lacking else label for label in labels)
                    fixed = item[: option.value_start] + whole + item[option.end :]
                    words = {
                        "pod": " and ".join(lacking),
                        "namespace": " and ".join(forgets[pod] for pod in lacking),
                        "fixed": fixed,
                    }
                    where = (*path, index)
                    remedy = Remedy(installed.number, "safe", (Set(where, fixed),))
                    span = (option.start, option.end)
                    yield Violation(
                        installed.number, where, "leftovers", words, f"{index} {option.start}", (), (), remedy, span
                    )


def _superseded(texts: list[str], clash: hubble.Clash, facts: dict[str, Any]) -> int | None:
    """The item of a clash that the other one replaces, if it holds nothing else."""
    names = {index: [metric.name for metric in hubble.parse_metrics(texts[index])] for index in clash[1:3]}
    for old, new in ((clash.first, clash.second), (clash.second, clash.first)):
        data = facts["names"].get(names[old][0], {}) if len(names[old]) == 1 else {}
        if any(item["by"] in names[new] for item in data.get("superseded", ())):
            return old
    return None
