"""Suppressions: comments that say which findings are known and accepted, until when, and why.

    # valuelint: ignore[rule,rule] reason           at the end of a line: for this line
    # valuelint: ignore[rule] reason                on a line of its own: for the key below, with all that is under it
    # valuelint: ignore-file[rule] reason           for the file
    # valuelint: snooze[rule] 2027-01-31 reason     as ignore, up to and with that day

They are looked for among the comments of a document, never inside its scalars.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from valuelint.light import TYPE_CHECKING, Iterable, Iterator, NamedTuple
from valuelint.lint.diagnostic import Place
from valuelint.syntax import Document, Entry, Mapping, Node, Path, Sequence, Source, SourceError, parse
from valuelint.workspace.release import Cluster

if TYPE_CHECKING:
    from valuelint.lint.engine import Finding, Outcome

MARK = "valuelint:"
"""A text without it holds no suppression."""

_DIRECTIVE = re.compile(r"(?:^|(?<=\s))#+[ \t]*valuelint:[ \t]*(.*)")
_FORM = re.compile(r"(ignore-file|ignore|snooze)[ \t]*\[([^\]]*)\][ \t]*(.*)")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?!\S)[ \t]*(.*)")

FORMS = "ignore[rule] reason, ignore-file[rule] reason, snooze[rule] 2027-01-31 reason"


class Named(NamedTuple):
    """The id of a rule in a suppression, and where it stands."""

    rule: str
    start: int
    end: int


class Suppression(NamedTuple):
    """One suppression: it silences findings of `rules` that begin between `first` and `last`.

    `start` to `end` is what would go if it were removed; `path` is the key that it stands at. `wrong` says why it
    cannot be understood: then it silences nothing.
    """

    source: Source
    path: Path
    kind: str
    rules: tuple[Named, ...]
    until: date | None
    reason: str
    start: int
    end: int
    first: int
    last: int
    wrong: str = ""

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and self.until < today

    def covers(self, rule: str, place: Place, today: date) -> bool:
        """Whether it silences a finding of a rule at a place."""
        if self.wrong or place.file != self.source.name or self.expired(today):
            return False
        if not any(named.rule == rule for named in self.rules):
            return False
        if self.kind == "ignore-file":
            return True
        return self.first <= place.start <= self.last or place.start <= self.first < place.end


def suppressions(cluster: Cluster) -> list[Suppression]:
    """All suppressions in the files of a cluster, in order."""
    found: dict[tuple[str, int], Suppression] = {}
    for documents, prefix in _documents(cluster):
        for document in documents:
            if MARK in document.source.text:
                for item in _in_document(document, prefix):
                    found.setdefault((item.source.name, item.start), item)
    return [found[key] for key in sorted(found)]


def set_aside(outcome: Outcome) -> Outcome:
    """The outcome with those findings apart that a suppression covers."""
    from valuelint.lint.engine import Accepted

    marks = suppressions(outcome.cluster)
    today = date.today()
    kept: list[Finding] = []
    aside: list[Accepted] = []
    for finding in outcome.findings:
        diagnostic = finding.diagnostic
        mark = next((mark for mark in marks if mark.covers(diagnostic.rule, diagnostic.place, today)), None)
        if mark is None:
            kept.append(finding)
        else:
            until = "" if mark.until is None else mark.until.isoformat()
            aside.append(Accepted(finding, "comment", mark.reason, until))
    return outcome._replace(findings=tuple(kept), suppressed=(*outcome.suppressed, *aside))


def _documents(cluster: Cluster) -> Iterator[tuple[list[Document], Path]]:
    """The documents of the files, those inside texts first: they know better what stands around a comment."""
    sources: dict[str, Source] = {}
    hosts: dict[str, list[Document]] = {}
    for release in cluster.releases:
        for layer in release.layers:
            if MARK not in layer.source.text:
                continue
            if layer.place.embedded is not None:
                yield layer.place.embedded.located(), layer.place.inner
            else:
                yield [layer.document], layer.place.prefix
            sources[layer.source.name] = layer.source
            hosts.setdefault(layer.source.name, []).append(layer.document)
    for name, source in sources.items():
        try:
            yield parse(source), ()
        except SourceError:  # a template, say, of which only a part is YAML
            yield hosts[name], ()


class _Block(NamedTuple):
    """A key or an item of a list with everything under it."""

    start: int
    end: int
    path: Path


def _in_document(document: Document, prefix: Path) -> Iterator[Suppression]:
    text = document.source.text
    spans = [span for span in document.comments if MARK in text[span[0] : span[1]]]
    if not spans:
        return
    blocks = sorted(_blocks(document.root), key=lambda block: (block.start, -block.end))
    for start, end in spans:
        match = _DIRECTIVE.search(text[start:end])
        if match is None:
            continue
        line = document.line_start(start)
        alone = not text[line:start].strip()
        if alone:
            block = next((block for block in blocks if block.start >= end), None)
            first, last = (block.start, block.end) if block is not None else (end, start)
        else:
            block = next((block for block in reversed(blocks) if block.start < start and block.end >= line), None)
            first, last = line, start
        path = () if block is None else block.path
        path = path[len(prefix) :] if path[: len(prefix)] == prefix else path
        yield _read(document.source, path, match, start, first, last)


def _blocks(root: Node | None) -> Iterator[_Block]:
    todo: list[tuple[Node, Path]] = [] if root is None else [(root, ())]
    while todo:
        node, path = todo.pop()
        parts: Iterable[tuple[int, Node, str | int]] = ()
        if isinstance(node, Mapping):
            parts = [(entry.key.start, entry.value, entry.key_text) for entry in node.entries if _own(entry)]
        elif isinstance(node, Sequence):
            parts = [(item.start, item, index) for index, item in enumerate(node.items)]
        for start, child, key in parts:
            yield _Block(start, max(child.end, start), (*path, key))
            todo.append((child, (*path, key)))


def _own(entry: Entry) -> bool:
    return not entry.merged and entry.key_text != "<<"


def _read(source: Source, path: Path, match: re.Match[str], offset: int, first: int, last: int) -> Suppression:
    start, end = offset + match.start(), offset + match.end()
    form = _FORM.fullmatch(match[1].rstrip())
    if form is None:
        return Suppression(source, path, "", (), None, "", start, end, first, last, f"write one of {FORMS}")
    kind, listed, rest = form.groups()
    at = offset + match.start(1) + form.start(2)
    names = []
    for part in listed.split(","):
        name = part.strip()
        if name:
            names.append(Named(name, at + part.index(name), at + part.index(name) + len(name)))
        at += len(part) + 1
    wrong = "" if names else f"it names no rule: {kind}[rule]"
    until = None
    if kind == "snooze":
        day = _DAY.fullmatch(rest)
        with suppress(ValueError):  # such as the 31st of February
            until = date.fromisoformat(day[1]) if day else None
        wrong = wrong or ("" if until else "it names no day: snooze[rule] 2027-01-31 reason")
        rest = day[2] if day else rest
    return Suppression(source, path, kind, tuple(names), until, rest.lstrip("-: "), start, end, first, last, wrong)


def without(item: Suppression, named: Named | None) -> tuple[int, int]:
    """What to delete so that one rule is not named any more; all of the suppression where it names no other."""
    text = item.source.text
    if named is not None and len(item.rules) > 1:
        number = item.rules.index(named)
        if number:
            return item.rules[number - 1].end, named.end
        return named.start, item.rules[1].start
    line = max(text.rfind("\n", 0, item.start), text.rfind("\r", 0, item.start)) + 1
    before = text[line : item.start]
    if before.strip():
        return line + len(before.rstrip()), item.end
    end = item.end
    for newline in ("\r\n", "\n", "\r"):
        if text.startswith(newline, end):
            return line, end + len(newline)
    return line, end
