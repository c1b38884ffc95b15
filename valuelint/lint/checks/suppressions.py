"""What is wrong with suppressions, once all other findings are known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from valuelint.light import NamedTuple
from valuelint.lint.diagnostic import Diagnostic, FileEdit, Fix, Place
from valuelint.lint.engine import Finding, Outcome
from valuelint.lint.rule import Rule, Violation, fill
from valuelint.lint.suppress import Named, Suppression, suppressions, without
from valuelint.syntax import Source
from valuelint.syntax.drafts import touching
from valuelint.syntax.edits import Edit


class _Flaw(NamedTuple):
    """One thing that is wrong with a suppression, and the edit that would put it right."""

    variant: str
    item: Suppression
    named: Named | None
    words: dict[str, str]
    safe: bool = False
    edit: tuple[int, int, str] | None = None


def review(outcomes: list[Outcome], rule: Rule) -> Iterator[Finding]:
    """The flaws of all suppressions in the files of some clusters."""
    today = date.today()
    own: dict[tuple[str, int], tuple[int, Suppression]] = {}
    for number, outcome in enumerate(outcomes):
        for item in suppressions(outcome.cluster):
            own.setdefault((item.source.name, item.start), (number, item))
    for number, item in own.values():
        for flaw in _flaws(item, outcomes, today):
            place = _place(item, flaw)
            if not any(other.covers(rule.id, place, today) for _, other in own.values()):
                yield _finding(rule, flaw, place, outcomes[number])


def _flaws(item: Suppression, outcomes: list[Outcome], today: date) -> Iterator[_Flaw]:
    if item.wrong:
        yield _Flaw("malformed", item, None, {"wrong": item.wrong})
        return
    if item.expired(today) and item.until is not None:
        yield _Flaw("expired", item, None, {"day": item.until.isoformat()}, safe=True, edit=(*without(item, None), ""))
        return
    known = {rule.id for outcome in outcomes for rule in outcome.rules}
    for named in item.rules:
        words = {"rule": named.rule}
        if named.rule not in known:
            close = get_close_matches(named.rule, sorted(known), 1)
            edit = (named.start, named.end, close[0]) if close else (*without(item, named), "")
            remedy = f"write {close[0]} instead" if close else f"take {named.rule} away"
            yield _Flaw("unknown", item, named, {**words, "remedy": remedy}, edit=edit)
        elif _unused(item, named, outcomes, today):
            yield _Flaw("unused", item, named, words, safe=True, edit=(*without(item, named), ""))
    if not item.reason and any(_reasons_wanted(outcome) for outcome in outcomes):
        yield _Flaw("no-reason", item, None, {})


def _reasons_wanted(outcome: Outcome) -> bool:
    settings = outcome.cluster.settings
    return settings is not None and settings.strict


def _unused(item: Suppression, named: Named, outcomes: list[Outcome], today: date) -> bool:
    """Whether it silences nothing, and everything that it could silence was looked for and decided."""
    mine = [outcome for outcome in outcomes if item.source.name in _files(outcome)]
    for outcome in mine:
        rules = [rule for rule in outcome.rules if rule.id == named.rule]
        if not outcome.cluster.complete or any(rule.data["scope"] == "workspace" for rule in rules) or not rules:
            return False
        if any(each.rule == named.rule and each.file in ("", item.source.name) for each in outcome.undecided):
            return False
        for finding in outcome.suppressed:
            if item.covers(named.rule, finding.diagnostic.place, today) and finding.rule.id == named.rule:
                return False
    return bool(mine)


def _files(outcome: Outcome) -> set[str]:
    return {layer.source.name for release in outcome.cluster.releases for layer in release.layers}


def _place(item: Suppression, flaw: _Flaw) -> Place:
    start, end = (flaw.named.start, flaw.named.end) if flaw.named is not None else (item.start, item.end)
    return Place(item.source, start, end, item.path)


def _finding(rule: Rule, flaw: _Flaw, place: Place, outcome: Outcome) -> Finding:
    item = flaw.item
    wording = rule.wordings[flaw.variant]
    fix = None
    if flaw.edit is not None:
        start, end, text = flaw.edit
        edit = FileEdit(item.source.name, item.source.byte_offset(start), item.source.byte_offset(end), text)
        fix = Fix("safe" if flaw.safe else "unsafe", fill(wording.fix, flaw.words), (edit,))
    number = next(
        number
        for number, release in enumerate(outcome.cluster.releases)
        if any(layer.source.name == item.source.name for layer in release.layers)
    )
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
    subject = f"{item.source.name}:{item.start}:{flaw.named.rule if flaw.named is not None else ''}"
    violation = Violation(number, item.path, flaw.variant, dict(flaw.words), subject)
    return Finding(rule, violation, outcome.worlds[-1], diagnostic, None)


def tidied(source: Source, fixes: list[Fix]) -> tuple[list[int], str]:
    """The numbers of those fixes that do not touch each other, and the text after them."""
    chosen: list[Edit] = []
    done = []
    for number, fix in enumerate(fixes):
        changes = [Edit(edit.start, edit.end, edit.text) for edit in fix.edits]
        if not touching([*chosen, *changes]):
            chosen += changes
            done.append(number)
    data, at = source.data, 0
    parts = []
    for start, end, text in sorted(chosen):
        parts += [data[at:start], text.encode()]
        at = end
    return done, Source.from_bytes(b"".join([*parts, data[at:]]), source.name).text
