"""What several formats need: countings, harmless characters, paths for forges, and what a fix does to lines."""

from __future__ import annotations

import os

from valuelint.light import Iterable, Iterator, NamedTuple
from valuelint.lint.diagnostic import SEVERITIES, Diagnostic, Fix, Report
from valuelint.syntax import Source

_BOM = b"\xef\xbb\xbf"

_JOINERS = "\u200c\u200d"
"""Invisible, but letters of some scripts need them."""


class Counts(NamedTuple):
    """How many findings there are of each kind."""

    error: int
    warning: int
    info: int
    safe: int
    unsafe: int
    display: int


def count(report: Report) -> Counts:
    severities = [finding.severity for finding in report.findings]
    fixes = [finding.fix.applicability for finding in report.findings if finding.fix]
    return Counts(
        *(severities.count(name) for name in ("error", "warning", "info")),
        *(fixes.count(name) for name in ("safe", "unsafe", "display")),
    )


def fails(finding: Diagnostic, fail_on: str) -> bool:
    """Whether a finding is at or above a threshold."""
    return fail_on in SEVERITIES and SEVERITIES.index(finding.severity) >= SEVERITIES.index(fail_on)


def amount(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# --- characters -----------------------------------------------------------------------------------


def visible(text: str, keep: str = "") -> str:
    """The text with every character that commands a terminal or hides itself written as an escape.

    Values files and their names are made by others: an escape sequence in one must not recolour, overwrite or reorder
    what is said about it. Characters in `keep` stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep else visible_char(char) for char in text)


def visible_char(char: str) -> str:
    from unicodedata import category

    kind = category(char)
    code = ord(char)
    # Noncharacters are in no category of their own, and XML refuses them.
    if kind not in ("Cc", "Cf", "Cs", "Zl", "Zp") and code & 0xFFFE != 0xFFFE and not 0xFDD0 <= code <= 0xFDEF:
        return char
    if char in _JOINERS:
        return char
    return char.encode("ascii", "backslashreplace").decode() if code > 0x7F else _ascii_escape(char)


def _ascii_escape(char: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\x{ord(char):02x}")


# --- paths and places -----------------------------------------------------------------------------


def relative(file: str, root: str) -> str:
    """The path as a forge names it: with slashes, and relative to the root of the repository if it lies inside.

    Symbolic links are followed only where the path as written does not lead inside.
    """
    if root and file:
        for resolve in (os.path.abspath, os.path.realpath):
            inside = os.path.relpath(resolve(file), resolve(root))
            if inside != os.pardir and not inside.startswith(os.pardir + os.sep):
                file = inside
                break
    return file.replace(os.sep, "/").removeprefix("./")


def sources(finding: Diagnostic) -> dict[str, Source]:
    """The texts that a finding speaks of, by name."""
    return {place.file: place.source for place in (*finding.related, finding.place)}


def fingerprints(findings: Iterable[Diagnostic], root: str) -> Iterator[tuple[Diagnostic, str]]:
    """Findings, each with what identifies it from one commit to the next: its rule, file and path, never its line."""
    from hashlib import sha256

    from valuelint.syntax import format_path

    seen: dict[str, int] = {}
    for finding in findings:
        name = relative(finding.place.file, root)
        key = "\0".join((finding.rule, name, format_path(finding.place.path)))
        seen[key] = seen.get(key, 0) + 1
        # One place may be wrong twice, for example in two clusters; forges drop what they take for the same.
        text = key if seen[key] == 1 else f"{key}\0{seen[key]}"
        yield finding, sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


# --- words ----------------------------------------------------------------------------------------


def fix_line(fix: Fix) -> str:
    sides = ", ".join(f"--side {side}" for side in fix.sides)
    return f"fix ({fix.applicability}): {fix.title}" + (f" (or {sides})" if sides else "")


def details(finding: Diagnostic) -> list[str]:
    """Everything about a finding but its headline and its place, a line each, for formats without excerpts."""
    lines = [finding.place.message] if finding.place.message else []
    for place in finding.related:
        lines.append(f"{place.file}:{place.line}:{place.column}: {place.message or 'see also'}")
    lines += finding.notes
    if finding.fix:
        lines.append(fix_line(finding.fix))
    lines.append(explain(finding.rule))
    return lines


def explain(rule: str) -> str:
    return f"valuelint explain {rule}"


def undecided_line(rule: str, message: str, decided_by: str) -> str:
    return f"{rule}: {message}" + (f" (decided by {decided_by})" if decided_by else "")


# --- edits ----------------------------------------------------------------------------------------


def offsets(source: Source, start: int, end: int) -> tuple[int, int] | None:
    """Bytes of a file as characters of its text; None if they lie outside or cut a character in two."""
    data = source.data
    if not 0 <= start <= end <= len(data):
        return None
    mark = len(_BOM) if source.bom else 0
    start, end = max(start, mark), max(end, mark)
    if data.isascii():
        return start, end
    try:
        first = len(data[mark:start].decode("utf-8"))
        return first, first + len(data[start:end].decode("utf-8"))
    except UnicodeDecodeError:
        return None


class Hunk(NamedTuple):
    """Lines that a fix takes away and lines that stand there afterwards."""

    line: int
    """Number of the first line taken away, or of the line that the new ones come before."""
    removed: list[str]
    added: list[str]
    new_line: int
    """Number of the first new line, once everything is applied."""


def hunks(data: bytes, edits: list[tuple[int, int, str]]) -> list[Hunk]:
    """What edits change, by lines; nothing if they do not fit the text."""
    edits = sorted(edits)
    ends = [0, *(end for _, end, _ in edits)]
    starts = [*(start for start, _, _ in edits), len(data)]
    if any(start < end for start, end in zip(starts, ends, strict=True)) or any(a > b for a, b, _ in edits):
        return []
    groups: list[tuple[int, int, list[tuple[int, int, str]]]] = []
    for edit in edits:
        start, end = _whole_lines(data, *edit)
        if groups and (start < groups[-1][1] or start == groups[-1][0]):
            groups[-1] = (groups[-1][0], max(end, groups[-1][1]), [*groups[-1][2], edit])
        else:
            groups.append((start, end, [edit]))
    found: list[Hunk] = []
    shift = 0
    for start, end, inside in groups:
        pieces, at = [], start
        for edit_start, edit_end, text in inside:
            pieces += [data[at:edit_start], text.encode("utf-8", "replace")]
            at = edit_end
        removed = _lines(data[start:end])
        added = _lines(b"".join(pieces) + data[at:end])
        skip = 0
        while skip < min(len(removed), len(added)) and removed[skip] == added[skip]:
            skip += 1
        tail = 0
        while tail < min(len(removed), len(added)) - skip and removed[-1 - tail] == added[-1 - tail]:
            tail += 1
        line = data.count(b"\n", 0, start) + 1 + skip
        hunk = Hunk(line, removed[skip : len(removed) - tail], added[skip : len(added) - tail], line + shift)
        if hunk.removed or hunk.added:
            found.append(hunk)
        shift += len(added) - len(removed)
    return found


def _whole_lines(data: bytes, start: int, end: int, text: str) -> tuple[int, int]:
    """The lines that an edit changes; none where it puts whole lines between two others."""
    first = data.rfind(b"\n", 0, start) + 1
    if first == 0 and start >= len(_BOM) and data.startswith(_BOM):
        first = len(_BOM)
    ends_lines = end == first or data[end - 1 : end] == b"\n"
    if start == first and ends_lines and (not text or text.endswith("\n")):
        return start, end
    return first, data.find(b"\n", end) + 1 or len(data)


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "replace").split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
