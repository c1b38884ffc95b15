"""The lint loop: every rule over every world of every cluster, and what its violations become."""

from __future__ import annotations

from valuelint.charts.versions import Range
from valuelint.light import Collection, Iterable, NamedTuple
from valuelint.lint import locate
from valuelint.lint.diagnostic import SEVERITIES, Diagnostic, Fix, Place, Report, Skipped, Suppressed, Undecided
from valuelint.lint.patching import NO_WISHES, Plan, Wanted, Wishes, choose, work_out
from valuelint.lint.rule import BrokenRule, Open, Rule, Violation, Wording, fill, find_check, find_review, is_given
from valuelint.predict.cluster import World, worlds
from valuelint.workspace.release import Cluster, Release, Workspace

Key = tuple[int, str, int]


class Finding(NamedTuple):
    """A violation that holds, in the world in which it was found, with what is needed to repair it."""

    rule: Rule
    violation: Violation
    world: World
    diagnostic: Diagnostic
    plan: Plan | None


class Accepted(NamedTuple):
    """A finding that a comment or the configuration accepts, up to and with a day, if one is named."""

    finding: Finding
    by: str
    reason: str
    until: str


class Outcome(NamedTuple):
    """What the rules make of a cluster."""

    cluster: Cluster
    findings: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]
    notices: tuple[str, ...]
    worlds: tuple[World, ...]
    rules: tuple[Rule, ...] = ()
    """All that there are."""
    applied: tuple[Rule, ...] = ()
    """Those that were applied, as the configuration wants them."""
    suppressed: tuple[Accepted, ...] = ()
    """Findings that a comment or the configuration accepts."""
    unplaced: tuple[tuple[Rule, Violation], ...] = ()
    """What is wrong with a release that has no value to point to, and so is not told."""


def run(workspace: Workspace, rules: list[Rule], only_shown: bool = False) -> Report:
    """Lints a workspace. Only findings in the files that were asked for are reported.

    `only_shown`: nobody applies the edits of this report, so they are not proven.
    """
    wishes = Wishes("", workspace.shown, only_shown=only_shown)
    outcomes = [examine(cluster, rules, wishes) for cluster in workspace.clusters]
    return report(workspace, outcomes)


def report(workspace: Workspace, outcomes: list[Outcome]) -> Report:
    """What a run over a workspace has to say, of its clusters' outcomes."""
    found = [finding for outcome in outcomes for finding in outcome.findings] + review(outcomes, workspace.shown)
    aside = [item for outcome in outcomes for item in outcome.suppressed]
    if workspace.shown is not None:
        found = [finding for finding in found if finding.diagnostic.place.file in workspace.shown]
        aside = [item for item in aside if item.finding.diagnostic.place.file in workspace.shown]
    findings = sorted(_once([finding.diagnostic for finding in found]), key=_order)
    accepted = {id(item.finding.diagnostic): item for item in aside}
    suppressed = [
        Suppressed(diagnostic, *accepted[id(diagnostic)][1:])
        for diagnostic in sorted(_once([item.finding.diagnostic for item in aside]), key=_order)
    ]
    undecided = [
        item
        for outcome in outcomes
        for item in outcome.undecided
        if workspace.shown is None or not item.file or item.file in workspace.shown
    ]
    skipped = [Skipped(file, reason) for file, reason in workspace.skipped]
    skipped += [Skipped(file, "holds no values of a known chart") for file in workspace.passed_over]
    files = {
        layer.source.name for cluster in workspace.clusters for release in cluster.releases for layer in release.layers
    }
    return Report(
        tuple(findings),
        tuple(dict.fromkeys(undecided)),
        tuple(skipped),
        len(files),
        sum(len(cluster.releases) for cluster in workspace.clusters),
        len(workspace.clusters),
        tuple(dict.fromkeys([*workspace.notices, *(notice for outcome in outcomes for notice in outcome.notices)])),
        tuple(suppressed),
    )


def _order(item: Diagnostic) -> tuple[str, int, int, str]:
    return item.place.file, item.place.start, -SEVERITIES.index(item.severity), item.rule


def review(outcomes: list[Outcome], whole: Collection[str] | None = ()) -> list[Finding]:
    """What the rules about other rules' findings say, once these are known.

    `whole` names the configurations of which nothing was left out; None are all.
    """
    marked = [outcome for outcome in outcomes if _has_suppressions(outcome.cluster) or _accepts(outcome.cluster)]
    rules = {rule.id: rule for outcome in marked for rule in outcome.applied if rule.data["scope"] == "workspace"}
    found: list[Finding] = []
    for rule in rules.values():
        try:
            found += find_review(rule)(marked, rule, whole)
        except Exception as error:
            raise BrokenRule(rule.id, error, rule.file) from error
    return found


def _accepts(cluster: Cluster) -> bool:
    """Whether the configuration accepts findings."""
    return cluster.settings is not None and bool(cluster.settings.accepted) and cluster.settings.comments


def _has_suppressions(cluster: Cluster) -> bool:
    """Whether a file may hold one; a look at the text is enough to say no."""
    if cluster.settings is not None and not cluster.settings.comments:
        return False
    return any("valuelint:" in layer.source.text for release in cluster.releases for layer in release.layers)


def _once(findings: list[Diagnostic]) -> list[Diagnostic]:
    """Findings in a file that several clusters share are said once."""
    seen: dict[tuple[object, ...], Diagnostic] = {}
    for item in findings:
        seen.setdefault((item.rule, item.place.file, item.place.start, item.place.end, item.message), item)
    return list(seen.values())


class _Held(NamedTuple):
    """A violation that holds in every world; `alike` if the same remedy does."""

    rule: Rule
    violation: Violation
    world: World
    alike: bool


def examine(cluster: Cluster, rules: list[Rule], wishes: Wishes = NO_WISHES) -> Outcome:
    """All rules over one cluster. What holds in every world is a finding, what holds in some is undecided."""
    given = rules
    if cluster.settings is None:
        rules = [rule for rule in rules if _usual(rule)]
    else:
        from valuelint.lint import tuning

        rules = tuning.chosen(rules, cluster.settings)
    possible = worlds(cluster)
    gaps = any(release.gaps for release in cluster.releases)
    doubtful: list[World] = []
    held: list[_Held] = []
    undecided: list[Undecided] = []
    for rule in rules:
        if rule.data["scope"] == "workspace":
            continue  # it waits for what the others find
        if "given" in rule.data and not any(is_given(rule, item) for world in possible[:1] for item in world.installed):
            continue  # asked before its check is loaded
        witnesses: dict[Key, list[tuple[World, Violation]]] = {}
        for world in possible:
            for key, found in _identified(_found(rule, world)):
                if isinstance(found, Open):
                    undecided.append(_undecided(rule, cluster, found.release, found.message, found.decided_by))
                else:
                    witnesses.setdefault(key, []).append((world, found))
        if witnesses and gaps and not doubtful:
            doubtful = worlds(cluster, shaded=True)
        certain = _in_all(rule, doubtful) if witnesses else None
        for key, seen in witnesses.items():
            world, violation = seen[-1]  # the newest versions come last
            sure = violation.in_every_version or all(each.of(violation.release).complete for each, _ in seen)
            if len(seen) < len(possible) or not sure:
                undecided.append(_by_version(rule, cluster, violation, seen))
            elif not cluster.complete and rule.data["scope"] == "cluster":
                message = f"{_headline(rule, violation)}: a file of the cluster could not be read"
                undecided.append(_undecided(rule, cluster, violation.release, message, "the file that cannot be read"))
            elif certain is not None and key not in certain:
                undecided.append(_by_gap(rule, cluster, violation))
            else:
                chosen = [choose(each, other, wishes) for each, other in seen]
                alike = all(other.remedy == chosen[-1].remedy for other in chosen)
                held.append(_Held(rule, chosen[-1], world, alike))
    repairable = [item for item in held if item.alike and item.violation.remedy is not None]
    plans = work_out([_wanted(item) for item in repairable], wishes.only_shown)
    by_item = {
        id(item): _levelled(plan, cluster.levels.get(item.rule.id, item.rule.level))
        for item, plan in zip(repairable, plans, strict=True)
    }
    told = [(item, _finding(item, by_item.get(id(item)))) for item in held]
    outcome = Outcome(
        cluster,
        tuple(finding for _, finding in told if finding is not None),
        tuple(dict.fromkeys(undecided)),
        tuple(_notices(possible)),
        tuple(possible),
        tuple(given),
        tuple(rules),
        unplaced=tuple((item.rule, item.violation) for item, finding in told if finding is None),
    )
    if cluster.settings is not None:
        from valuelint.lint import tuning

        outcome = tuning.adjusted(outcome, cluster.settings)
    if not _has_suppressions(cluster):
        return outcome
    from valuelint.lint.suppress import set_aside

    return set_aside(outcome)


def _usual(rule: Rule) -> bool:
    """Whether a rule applies where no configuration says anything."""
    return not rule.file and "profile" not in rule.data and "environments" not in rule.data


def _about(rule: Rule, world: World, release: int) -> bool:
    """Whether a rule that somebody declared anew still speaks of the chart of a release."""
    if "for" in rule.data:
        return True  # it only looks at what it speaks of
    installed = world.of(release)
    versions = rule.data["charts"].get(installed.chart.name)
    return installed.chart.name not in rule.left_out and (
        versions is None or Range.parse(versions).contains(installed.version)
    )


def _identified(found: list[Violation | Open]) -> Iterable[tuple[Key, Violation | Open]]:
    """What is found in one world, each with what identifies it over all worlds.

    That is what a violation is about, and the how manieth of its kind it is; its path may differ between versions, and
    so may the wording.
    """
    seen: dict[tuple[int, str], int] = {}
    for item in found:
        if isinstance(item, Open):
            yield (item.release, "", 0), item
            continue
        about = item.release, item.subject or f"{item.variant} {item.path!r}"
        seen[about] = seen.get(about, -1) + 1
        yield (*about, seen[about]), item


def _in_all(rule: Rule, doubtful: list[World]) -> set[Key] | None:
    """What holds whatever the layers set that nobody can read; None where there are no such layers."""
    if not doubtful:
        return None
    each = [
        {key for key, found in _identified(_found(rule, world)) if isinstance(found, Violation)} for world in doubtful
    ]
    return set.intersection(*each)


def _by_gap(rule: Rule, cluster: Cluster, violation: Violation) -> Undecided:
    """What holds only if the layers that nobody can read leave it alone."""
    own = cluster.releases[violation.release].gaps
    gaps = own or [gap for release in cluster.releases for gap in release.gaps]
    message = f"{_headline(rule, violation)} (as far as the layers show)"
    return _undecided(rule, cluster, violation.release, message, "; ".join(dict.fromkeys(gap.what for gap in gaps)))


def _found(rule: Rule, world: World) -> list[Violation | Open]:
    """What a rule's check finds. Raises BrokenRule, so that the mistake is known by the rule's name."""
    try:
        found = list(find_check(rule)(world, rule))
        return found if not rule.file else [item for item in found if _about(rule, world, item.release)]
    except Exception as error:
        raise BrokenRule(rule.id, error, rule.file) from error


def _wanted(item: _Held) -> Wanted:
    violation = item.violation
    if violation.remedy is None:
        raise ValueError(f"{item.rule.id} has no remedy here")
    title = item.rule.wordings[violation.variant].title(violation.remedy.side)
    return Wanted(item.world, violation.remedy, fill(title, violation.words))


def _levelled(plan: Plan | None, level: str) -> Plan | None:
    """A plan at the level that somebody wants for its rule. What is only shown stays so: it is no one fix."""
    if plan is None or not level:
        return plan
    if level == "off":
        return None
    return plan if plan.applicability == "display" else plan._replace(applicability=level)


def _finding(item: _Held, plan: Plan | None) -> Finding | None:
    rule, violation, world, _ = item
    try:
        return _told(rule, violation, world, plan)
    except (KeyError, IndexError, ValueError) as error:
        raise BrokenRule(rule.id, error, rule.file) from error


def _told(rule: Rule, violation: Violation, world: World, plan: Plan | None) -> Finding | None:
    installed = world.of(violation.release)
    wording = rule.wordings[violation.variant]
    label = fill(wording.label, violation.words)
    place = (
        locate.of_origin(violation.origin, label)
        if violation.origin is not None
        else locate.locate(installed, violation.path, label, violation.within, violation.at_key, violation.layer)
    )
    if place is None:
        return None
    notes = [fill(note, violation.words) for note in wording.notes]
    notes = [note for note in notes if note] + list(violation.notes)
    diagnostic = Diagnostic(
        rule.id,
        wording.severity,
        fill(wording.message, violation.words),
        place,
        tuple(_related(violation, world, place, notes)),
        tuple(notes),
        None if plan is None else Fix(plan.applicability, plan.title, plan.edits, _sides(violation, plan)),
        world.cluster.name,
        installed.release.title,
    )
    return Finding(rule, violation, world, diagnostic, plan)


def _sides(violation: Violation, plan: Plan) -> tuple[str, ...]:
    """The other ends of the wire at which somebody may want it put right."""
    found = dict.fromkeys(other.side for other in violation.others if other.asked_for)
    return tuple(side for side in found if side != plan.remedy.side)


def _related(violation: Violation, world: World, primary: Place, notes: list[str]) -> Iterable[Place]:
    """The related places; what has no place of its own, such as a name given on the command line, becomes a note."""
    for related in violation.related:
        place = None
        if related.origin is not None:
            place = locate.of_origin(related.origin, related.message)
        elif related.path is not None:
            installed = world.of(related.release)
            if installed.values.nearest(related.path) is not None:
                place = locate.locate(installed, related.path, related.message)
        if place is None:
            notes.append(related.message)
        elif (place.file, place.start) != (primary.file, primary.start):
            yield place


def _headline(rule: Rule, violation: Violation) -> str:
    wording: Wording = rule.wordings[violation.variant]
    return fill(wording.message, violation.words)


def _undecided(rule: Rule, cluster: Cluster, index: int, message: str, decided_by: str) -> Undecided:
    release: Release = cluster.releases[index]
    file = release.layers[-1].source.name if release.layers else ""
    return Undecided(rule.id, message, decided_by, file, cluster.name, release.title)


def _by_version(
    rule: Rule, cluster: Cluster, violation: Violation, witnesses: list[tuple[World, Violation]]
) -> Undecided:
    """What holds in some versions only: says in which, of the first release that has none."""
    open_ones = [index for index, release in enumerate(cluster.releases) if release.version is None]
    index = violation.release if violation.release in open_ones or not open_ones else open_ones[0]
    seen = sorted(
        {world.of(index).version for world, _ in witnesses},
        key=lambda text: [int(n) if n.isdigit() else 0 for n in text.split(".")],
    )
    chart = cluster.releases[index].chart
    example = f"{chart} {seen[-1]}" if seen else chart
    message = f"{_headline(rule, violation)} (so with {example}, not with every supported version)"
    option = "--cilium-version" if chart == "cilium" else "--prometheus-version"
    return _undecided(
        rule, cluster, violation.release, message, f"{option}, or the release's version in .valuelint.yaml"
    )


def _notices(possible: list[World]) -> Iterable[str]:
    for world in possible[:1]:
        for installed in world.installed:
            if not installed.exact:
                yield (
                    f"{installed.chart.name} {installed.release.version} is newer than any version known here: "
                    f"judged by the facts of {installed.version}"
                )
