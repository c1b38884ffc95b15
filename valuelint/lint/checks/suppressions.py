"""What is wrong with suppressions, once all other findings are known."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches

from valuelint.light import Collection, Iterator, NamedTuple
from valuelint.lint.diagnostic import Diagnostic, FileEdit, Fix, Place
from valuelint.lint.engine import Finding, Outcome
from valuelint.lint.rule import Rule, Violation, fill
from valuelint.lint.suppress import Named, Suppression, suppressions, without
from valuelint.syntax import Source, SourceError, parse
from valuelint.syntax.drafts import touching
from valuelint.syntax.edits import Edit, edit
from valuelint.syntax.patches import CannotPatch, Remove
from valuelint.workspace.release import Origin
from valuelint.workspace.settings import Accepted


class _Flaw(NamedTuple):
    """One thing that is wrong with a suppression, and the edits that would put it right, with how far they may go."""

    variant: str
    item: Suppression | None
    named: Named | None
    words: dict[str, str]
    level: str = "unsafe"
    edits: tuple[tuple[int, int, str], ...] = ()


def review(outcomes: list[Outcome], rule: Rule, whole: Collection[str] | None) -> Iterator[Finding]:
    """The flaws of all that accepts findings: comments in the files of some clusters, and the configuration."""
    today = date.today()
    own: dict[tuple[str, int], tuple[int, Suppression]] = {}
    for number, outcome in enumerate(outcomes):
        if outcome.cluster.settings is None or outcome.cluster.settings.comments:
            for item in suppressions(outcome.cluster):
                own.setdefault((item.source.name, item.start), (number, item))
    for number, item in own.values():
        for flaw in _flaws(item, outcomes, today):
            place = _place(item, flaw)
            if not any(other.covers(rule.id, place, today) for _, other in own.values()):
                yield _finding(rule, flaw, place, outcomes[number], _release(item, outcomes[number]))
    yield from _in_configurations(outcomes, rule, whole)


def _in_configurations(outcomes: list[Outcome], rule: Rule, whole: Collection[str] | None) -> Iterator[Finding]:
    """The flaws of what configurations accept. What is not used is only known once everything was looked at."""
    today = date.today().isoformat()
    seen: set[Origin] = set()
    for outcome in outcomes:
        settings = outcome.cluster.settings
        if settings is None or not outcome.cluster.releases:
            continue
        for item in settings.accepted:
            if item.place in seen:
                continue
            seen.add(item.place)
            words = {"rule": item.rule, "day": item.until}
            variant = ""
            if item.until and item.until < today:
                variant = "expired"
            elif (whole is None or item.place.source.name in whole) and _unused_entry(item, outcomes):
                variant = "unused"
            elif settings.strict and not item.reason:
                variant = "no-reason"
            if variant:
                edits = () if variant == "no-reason" else _without_entry(item.place)
                flaw = _Flaw(variant, None, None, words, "display", edits)
                yield _finding(rule, flaw, Place(*item.place[:3], item.place.path), outcome, 0)


def _without_entry(place: Origin) -> tuple[tuple[int, int, str], ...]:
    """The edits that take an entry out of a configuration; none where it is no YAML, or cannot be done."""
    if place.source.name.endswith(".toml"):
        return ()
    try:
        return tuple(edit(parse(place.source)[0], [Remove(place.path)]))
    except (CannotPatch, SourceError):
        return ()


def _unused_entry(item: Accepted, outcomes: list[Outcome]) -> bool:
    for outcome in outcomes:
        if not outcome.cluster.complete or any(each.rule == item.rule for each in outcome.undecided):
            return False
        for finding, *_ in outcome.suppressed:
            place = finding.diagnostic.place
            if item.covers(finding.rule.id, place.file, place.path):
                return False
    return True


def _flaws(item: Suppression, outcomes: list[Outcome], today: date) -> Iterator[_Flaw]:
    if item.wrong:
        yield _Flaw("malformed", item, None, {"wrong": item.wrong})
        return
    if item.expired(today) and item.until is not None:
        yield _Flaw("expired", item, None, {"day": item.until.isoformat()}, "safe", ((*without(item, None), ""),))
        return
    known = {rule.id for outcome in outcomes for rule in outcome.rules}
    for named in item.rules:
        words = {"rule": named.rule}
        if named.rule not in known:
            close = get_close_matches(named.rule, sorted(known), 1)
            change = (named.start, named.end, close[0]) if close else (*without(item, named), "")
            remedy = f"write {close[0]} instead" if close else f"take {named.rule} away"
            yield _Flaw("unknown", item, named, {**words, "remedy": remedy}, edits=(change,))
        elif _unused(item, named, outcomes, today):
            yield _Flaw("unused", item, named, words, "safe", ((*without(item, named), ""),))
    if not item.reason and any(_reasons_wanted(outcome) for outcome in outcomes):
        yield _Flaw("no-reason", item, None, {})


def _reasons_wanted(outcome: Outcome) -> bool:
    settings = outcome.cluster.settings
    return settings is not None and settings.strict


def _unused(item: Suppression, named: Named, outcomes: list[Outcome], today: date) -> bool:
    """Whether it silences nothing, and everything that it could silence was looked for and decided."""
    mine = [outcome for outcome in outcomes if item.source.name in _files(outcome)]
    for outcome in mine:
        rules = [rule for rule in outcome.applied if rule.id == named.rule]
        if not outcome.cluster.complete or any(rule.data["scope"] == "workspace" for rule in rules) or not rules:
            return False
        if any(each.rule == named.rule and each.file in ("", item.source.name) for each in outcome.undecided):
            return False
        for finding, *_ in outcome.suppressed:
            if item.covers(named.rule, finding.diagnostic.place, today) and finding.rule.id == named.rule:
                return False
    return bool(mine)


def _files(outcome: Outcome) -> set[str]:
    return {layer.source.name for release in outcome.cluster.releases for layer in release.layers}


def _place(item: Suppression, flaw: _Flaw) -> Place:
    start, end = (flaw.named.start, flaw.named.end) if flaw.named is not None else (item.start, item.end)
    return Place(item.source, start, end, item.path)


def _release(item: Suppression, outcome: Outcome) -> int:
    """The number of the first release that has values in the file of a suppression."""
    return next(
        number
        for number, release in enumerate(outcome.cluster.releases)
        if any(layer.source.name == item.source.name for layer in release.layers)
    )


def _finding(rule: Rule, flaw: _Flaw, place: Place, outcome: Outcome, number: int) -> Finding:
    wording = rule.wordings[flaw.variant]
    fix = None
    if flaw.edits:
        offset = place.source.byte_offset
        edits = tuple(FileEdit(place.file, offset(start), offset(end), text) for start, end, text in flaw.edits)
        fix = Fix(flaw.level, fill(wording.fix, flaw.words), edits)
    elif wording.fix:
        fix = Fix("display", fill(wording.fix, flaw.words), ())
    diagnostic = Diagnostic(
        rule.id,
        wording.severity,
        fill(wording.message, flaw.words),
        place._replace(message=fill(wording.label, flaw.words)),
        (),
        tuple(fill(note, flaw.words) for note in wording.notes),
        fix,
        outcome.cluster.name,
        outcome.cluster.releases[number].title,
    )
    subject = f"{place.file}:{place.start}:{flaw.named.rule if flaw.named is not None else ''}"
    violation = Violation(number, place.path, flaw.variant, dict(flaw.words), subject)
    return Finding(rule, violation, outcome.worlds[-1], diagnostic, None)


def tidied(source: Source, fixes: list[Fix]) -> tuple[list[int], str]:
    """The numbers of those fixes that do not touch each other, and the text after them."""
    chosen: list[Edit] = []
    done = []
    for number, fix in enumerate(fixes):
        changes = [Edit(*each[1:]) for each in fix.edits]
        if not touching([*chosen, *changes]):
            chosen += changes
            done.append(number)
    data, at = source.data, 0
    parts = []
    for start, end, text in sorted(chosen):
        parts += [data[at:start], text.encode()]
        at = end
    return done, Source.from_bytes(b"".join([*parts, data[at:]]), source.name).text
