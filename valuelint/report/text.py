"""For people: every finding with the lines it speaks of, why it is so, and what would repair it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from valuelint.light import Callable, Iterator, NamedTuple, Sequence
from valuelint.lint.diagnostic import Diagnostic, Place, Report, Skipped, Suppressed, Undecided
from valuelint.report import Options
from valuelint.report._common import (
    Hunk,
    amount,
    count,
    explain,
    fix_line,
    hunks,
    sources,
    visible,
    visible_char,
)
from valuelint.syntax import Source

Paint = Callable[[str, str], str]

_SEVERITY = {"error": "1;31", "warning": "1;33", "info": "1;36"}
_GUTTER = "1;34"
_BOLD = "1"
_REMOVED = "31"
_ADDED = "32"

_TAB = " " * 4
_BY = {"comment": "a comment", "configuration": "the configuration", "baseline": "the baseline"}
_CUT = "..."
_FILL = 2
"""So many lines between two others are shown rather than left out."""
_NEAR = 200
"""So far up the key that a line stands under is looked for."""


def render(report: Report, options: Options) -> str:
    paint = _color if options.color else _plain
    if options.quiet:
        return "".join(_one_line(finding, paint) + "\n" for finding in report.findings)
    blocks = [_finding(finding, report, options, paint) for finding in report.findings]
    if options.verbose:
        if report.suppressed:
            blocks.append("\n".join(_suppressed(each, paint) for each in report.suppressed))
        blocks += [_undecided(each, paint) for each in report.undecided]
        if report.skipped:
            blocks.append("\n".join(_skipped(each, paint) for each in report.skipped))
    if report.notices:
        blocks.append("\n".join(paint("note", _BOLD) + ": " + visible(notice) for notice in report.notices))
    blocks.append(_summary(report, options.verbose))
    return "\n\n".join(blocks) + "\n"


def _plain(text: str, code: str) -> str:
    return text


def _color(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if code and text else text


def _one_line(finding: Diagnostic, paint: Paint) -> str:
    place = finding.place
    head = paint(f"{finding.severity}[{finding.rule}]", _SEVERITY[finding.severity])
    return f"{visible(place.file)}:{place.line}:{place.column}: {head} {visible(finding.message)}"


def _suppressed(each: Suppressed, paint: Paint) -> str:
    finding, place = each.finding, each.finding.place
    head = paint(f"suppressed[{finding.rule}]", _BOLD)
    until = f" until {each.until}" if each.until else ""
    reason = f": {visible(each.reason)}" if each.reason else ""
    where = f"{visible(place.file)}:{place.line}:{place.column}"
    return f"{where}: {head} {visible(finding.message)}\n   = by {_BY[each.by]}{until}{reason}"


def _undecided(each: Undecided, paint: Paint) -> str:
    lines = [f"{paint(f'undecided[{each.rule}]', _BOLD)}: {visible(each.message)}"]
    where = [each.file, each.release and f"release {each.release}", each.cluster and f"cluster {each.cluster}"]
    lines.append("   = in " + visible(", ".join(part for part in where if part)))
    if each.decided_by:
        lines.append(f"   = decided by {visible(each.decided_by)}")
    return "\n".join(lines)


def _skipped(each: Skipped, paint: Paint) -> str:
    return f"{paint('skipped', _BOLD)}: {visible(each.file)}: {visible(each.reason)}"


# --- the last line --------------------------------------------------------------------------------


def _summary(report: Report, verbose: bool) -> str:
    counts = count(report)
    rest = []
    if report.suppressed:
        rest.append(f"{len(report.suppressed)} suppressed")
    if report.undecided:
        rest.append(f"{len(report.undecided)} undecided")
    if report.skipped:
        rest.append(f"{amount(len(report.skipped), 'file')} skipped")
    more = "" if verbose or not (report.undecided or report.skipped) else " (--verbose)"
    tail = "; " + ", ".join(rest) + more if rest else ""
    if not report.findings:
        if not report.files:
            return "nothing to check: no file holds the values of a known chart" + tail
        clusters, releases = amount(report.clusters, "cluster"), amount(report.releases, "release")
        return f"no findings in {amount(report.files, 'file')} ({clusters}, {releases})" + tail
    parts = [
        words
        for number, words in (
            (counts.error, amount(counts.error, "error")),
            (counts.warning, amount(counts.warning, "warning")),
            (counts.info, f"{counts.info} info"),
        )
        if number
    ]
    fixable = counts.safe + counts.unsafe
    kinds = ", ".join(parts)
    if fixable:
        safe = {0: "none", fixable: "all"}.get(counts.safe, f"{counts.safe} of them")
        kinds += f"; {fixable} fixable, {safe} safe"
    releases, clusters = amount(report.releases, "release"), amount(report.clusters, "cluster")
    return f"{amount(len(report.findings), 'finding')} ({kinds}) in {releases} of {clusters}" + tail


# --- one finding ----------------------------------------------------------------------------------


class Mark(NamedTuple):
    """A span on one line, in characters from 0; `end` may be `start`, which still gets one caret."""

    line: int
    start: int
    end: int
    primary: bool
    message: str


class Excerpt(NamedTuple):
    """The places of one file that are drawn together."""

    first: Place
    """Named in the arrow above."""
    marks: list[Mark]


class Canvas(NamedTuple):
    """What lines are drawn with."""

    paint: Paint
    digits: int
    """Characters of the longest line number."""
    room: int
    """Cells for a source line."""
    severity: str
    """The color of the primary place."""

    def gutter(self, number: int | None, sign: str = "|", color: str = _GUTTER) -> str:
        name = "" if number is None else str(number)
        if sign == "|":
            return self.paint(f"{name:>{self.digits}} |", _GUTTER)
        return self.paint(f"{name:>{self.digits}} ", _GUTTER) + self.paint(sign, color)

    def arrow(self, arrow: str, place: str) -> str:
        return " " * self.digits + self.paint(arrow, _GUTTER) + " " + place

    def note(self, text: str) -> Iterator[str]:
        """A line under the excerpt. More lines keep behind the gutter, so that none can look like anything else."""
        first, *rest = text.splitlines() or [""]
        yield " " * (self.digits + 1) + self.paint("=", _GUTTER) + " " + visible(first)
        for line in rest:
            yield self.gutter(None) + "   " + visible(line)


def _finding(finding: Diagnostic, report: Report, options: Options, paint: Paint) -> str:
    patches = _patches(finding) if options.show_fixes else []
    numbers = [place.line for place in (finding.place, *finding.related)]
    for _, hunk in patches:
        numbers += (hunk.line + len(hunk.removed) - 1, hunk.new_line + len(hunk.added) - 1)
    digits = len(str(max(numbers)))
    color = _SEVERITY[finding.severity]
    canvas = Canvas(paint, digits, max(options.width - digits - 3, 20), color)
    head = paint(f"{finding.severity}[{finding.rule}]", color)
    lines = [head + paint(f": {visible(finding.message)}", _BOLD)]
    for number, excerpt in enumerate(_excerpts(finding, canvas)):
        place = excerpt.first
        name = f"{visible(place.file)}:{place.line}:{place.column}"
        lines.append(canvas.arrow(":::" if number else "-->", name))
        lines += _draw(excerpt, canvas)
    if report.clusters > 1:
        lines += canvas.note(f"in release {finding.release} of cluster {finding.cluster}")
    for note in finding.notes:
        lines += canvas.note(note)
    if finding.fix:
        lines += canvas.note(fix_line(finding.fix))
        lines += _draw_patches(finding, patches, canvas)
    lines += canvas.note(explain(finding.rule))
    return "\n".join(lines)


def _excerpts(finding: Diagnostic, canvas: Canvas) -> list[Excerpt]:
    found: list[Excerpt] = []
    for place in (finding.place, *finding.related):
        mark = _mark(place, primary=not found)
        for excerpt in found:
            if excerpt.first.file == place.file and _fits(mark, excerpt, canvas.room):
                excerpt.marks.append(mark)
                break
        else:
            found.append(Excerpt(place, [mark]))
    return found


def _mark(place: Place, primary: bool) -> Mark:
    text = place.source.line_text(place.line)
    start = min(place.column - 1, len(text))
    end = place.end_column - 1 if place.end_line == place.line else len(text.rstrip())
    return Mark(place.line, start, min(max(start, end), len(text)), primary, place.message)


def _fits(mark: Mark, excerpt: Excerpt, room: int) -> bool:
    """Whether a mark can be drawn together with others: on a line that must be cut it has to stand close by."""
    others = [other for other in excerpt.marks if other.line == mark.line]
    if not others:
        return True
    _, offsets = _cells(excerpt.first.source.line_text(mark.line))
    near = room // 2 - 2 * len(_CUT)
    return offsets[-1] <= room or all(abs(offsets[mark.start] - offsets[other.start]) <= near for other in others)


# --- source lines ---------------------------------------------------------------------------------


def _draw(excerpt: Excerpt, canvas: Canvas) -> Iterator[str]:
    source = excerpt.first.source
    yield canvas.gutter(None)
    previous = None
    for line in _shown(source, sorted({mark.line for mark in excerpt.marks})):
        if previous is not None and line > previous + 1:
            yield canvas.paint(_CUT, _GUTTER)
        previous = line
        text = source.line_text(line)
        marks = [mark for mark in excerpt.marks if mark.line == line]
        start, end = min((m.start for m in marks), default=0), max((m.end for m in marks), default=0)
        shown, column = _cut(text, start, end, canvas.room)
        yield (canvas.gutter(line) + " " + shown).rstrip()
        if marks:
            drawn = [mark._replace(start=column(mark.start), end=column(mark.end)) for mark in marks]
            for row in _underlines(drawn, canvas):
                yield canvas.gutter(None) + " " + row
    yield canvas.gutter(None)


def _shown(source: Source, lines: list[int]) -> list[int]:
    """The lines to show: the marked ones, the keys that they stand under, and what would be a small hole."""
    wanted = sorted({*lines, *(parent for line in lines if (parent := _parent(source, line)))})
    shown = wanted[:1]
    for line in wanted[1:]:
        if line - shown[-1] <= _FILL + 1:
            shown += range(shown[-1] + 1, line)
        shown.append(line)
    return shown


def _parent(source: Source, line: int) -> int | None:
    """The nearest line above that is indented less: in YAML the key that a line belongs to."""
    text = source.line_text(line)
    depth = len(text) - len(text.lstrip(" "))
    for above in range(line - 1, max(line - _NEAR, 0) if depth else line, -1):
        text = source.line_text(above).rstrip()
        inner = text.lstrip(" ")
        if inner and inner[0] != "#" and len(text) - len(inner) < depth:
            return above
    return None


def _cells(text: str) -> tuple[Sequence[str], Sequence[int]]:
    """What is printed for each character, and the cell of the terminal where each begins (one more: the end)."""
    if text.isascii() and text.isprintable():
        return text, range(len(text) + 1)
    from unicodedata import category, east_asian_width

    cells, offsets = [], [0]
    for char in text:
        cell = _TAB if char == "\t" else visible_char(char)
        if cell != char:
            width = len(cell)
        elif category(char) in ("Mn", "Me", "Cf"):
            width = 0
        else:
            width = 2 if east_asian_width(char) in "WF" else 1
        cells.append(cell)
        offsets.append(offsets[-1] + width)
    return cells, offsets


def _cut(text: str, start: int, end: int, room: int) -> tuple[str, Callable[[int], int]]:
    """As much of a line as there is room for, around a span; and the way from a character to its cell there."""
    cells, offsets = _cells(text)
    low, high, indent = 0, len(text), 0
    if offsets[-1] > room:
        if offsets[end] > room - len(_CUT):
            low = bisect_left(offsets, max(offsets[start] - room // 3, 0))
            indent = len(_CUT) if low else 0
        limit = offsets[low] + room - indent
        if offsets[-1] > limit:
            high = bisect_right(offsets, limit - len(_CUT)) - 1
    shown = _CUT * (low > 0) + "".join(cells[low:high]) + _CUT * (high < len(text))

    def column(character: int) -> int:
        return indent + offsets[min(max(character, low), high)] - offsets[low]

    return shown, column


def _underlines(marks: list[Mark], canvas: Canvas) -> Iterator[str]:
    """The rows under a line: all spans in the first, the label of the last one beside it, the others below.

    The marks are measured in cells here.
    """
    marks = sorted(marks, key=lambda mark: mark.primary)
    row: list[tuple[str, str]] = []
    for mark in marks:
        end = max(mark.end, mark.start + 1)
        row += [(" ", "")] * (end - len(row))
        sign = ("^", canvas.severity) if mark.primary else ("-", _GUTTER)
        row[mark.start : end] = [sign] * (end - mark.start)
    beside = max(marks, key=lambda mark: (mark.end, mark.primary))
    label = " " + _label(beside, canvas) if beside.message else ""
    yield _run(row, canvas.paint) + label
    below = [mark for mark in marks if mark is not beside and mark.message]
    below.sort(key=lambda mark: mark.start, reverse=True)
    if below:
        yield _connectors(below, canvas)
    for number, mark in enumerate(below):
        left = [other for other in below[number + 1 :] if other.start < mark.start]
        stems = _connectors(left, canvas)
        gap = mark.start - (max(other.start for other in left) + 1 if left else 0)
        yield stems + " " * gap + _label(mark, canvas)


def _label(mark: Mark, canvas: Canvas) -> str:
    return canvas.paint(visible(mark.message), canvas.severity if mark.primary else _GUTTER)


def _connectors(marks: list[Mark], canvas: Canvas) -> str:
    row: list[tuple[str, str]] = []
    for start, primary in sorted((mark.start, mark.primary) for mark in marks):
        row += [(" ", "")] * (start + 1 - len(row))
        row[start] = ("|", canvas.severity if primary else _GUTTER)
    return _run(row, canvas.paint)


def _run(row: list[tuple[str, str]], paint: Paint) -> str:
    """Cells as a text, neighbours of one color painted at once."""
    text, at = "", 0
    while at < len(row):
        end = at
        while end < len(row) and row[end][1] == row[at][1]:
            end += 1
        text += paint("".join(char for char, _ in row[at:end]), row[at][1])
        at = end
    return text


# --- fixes ----------------------------------------------------------------------------------------


def _patches(finding: Diagnostic) -> list[tuple[Source, Hunk]]:
    """What the fix changes in the files that the finding speaks of."""
    if not finding.fix:
        return []
    texts = sources(finding)
    edits: dict[str, list[tuple[int, int, str]]] = {}
    for edit in finding.fix.edits:
        edits.setdefault(edit.file, []).append((edit.start, edit.end, edit.text))
    return [
        (texts[file], hunk)
        for file, changes in edits.items()
        if file in texts
        for hunk in hunks(texts[file].data, changes)
    ]


def _draw_patches(finding: Diagnostic, patches: list[tuple[Source, Hunk]], canvas: Canvas) -> Iterator[str]:
    file, drawn = finding.place.file, 0
    for source, hunk in patches:
        if source.name != file:
            file, drawn = source.name, 0
            yield canvas.arrow(":::", f"{visible(file)}:{hunk.new_line}")
        above = source.line_text(hunk.line - 1)
        if not hunk.removed and hunk.line > drawn and above.strip():
            # New lines alone do not show where they go.
            yield canvas.gutter(hunk.new_line - 1) + " " + _cut(above, 0, 0, canvas.room)[0]
        paired = len(hunk.removed) == len(hunk.added)
        for sign, color, first, lines, others in (
            ("-", _REMOVED, hunk.line, hunk.removed, hunk.added),
            ("+", _ADDED, hunk.new_line, hunk.added, hunk.removed),
        ):
            for number, line in enumerate(lines):
                span = _difference(line, others[number]) if paired else (0, 0)
                shown, _ = _cut(line, *span, canvas.room)
                yield canvas.gutter(first + number, sign, color) + canvas.paint((" " + shown).rstrip(), color)
        drawn = hunk.line + len(hunk.removed)
    missing = sorted({edit.file for edit in finding.fix.edits} - set(sources(finding))) if finding.fix else []
    for name in missing:
        yield from canvas.note(f"it changes {visible(name)}")


def _difference(line: str, other: str) -> tuple[int, int]:
    """The part of a line that another one has not."""
    start = 0
    while start < min(len(line), len(other)) and line[start] == other[start]:
        start += 1
    end, other_end = len(line), len(other)
    while end > start and other_end > start and line[end - 1] == other[other_end - 1]:
        end, other_end = end - 1, other_end - 1
    return start, end
