"""How a text that was edited is written back into the scalar that holds it: every style by its own rules.

What stays keeps its characters; what is new is spelled as the style asks for. Nothing here is believed: `embedded`
reads the scalar again, and it must hold exactly the edited text.
"""

from __future__ import annotations

from valuelint.light import Callable, Iterator, NamedTuple
from valuelint.syntax import render
from valuelint.syntax.comments import content_start, line_end
from valuelint.syntax.edits import Edit, Pieces
from valuelint.syntax.nodes import Scalar
from valuelint.syntax.offsets import Offsets
from valuelint.syntax.source import Source


class Style(NamedTuple):
    """How a style spells characters within a line, and a number of line ends.

    `ends` is told whether one of the lines beside them is indented, and what a line of the scalar begins with.
    """

    spell: Callable[[str], str]
    ends: Callable[[int, bool, str], str]
    block: bool


class Text(NamedTuple):
    """The text of a scalar, and where its characters stand in the document."""

    host: Source
    scalar: Scalar
    text: str
    offsets: Offsets


def ways(text: Text, edits: list[Edit]) -> Iterator[list[Edit]]:
    """Edits of a text as edits of its document, in the ways in which that may be possible, the nearest first."""
    styles = _styles(text)
    style = styles[text.scalar.style]
    made = [_Spelling(text, style)]
    if text.scalar.style == "folded":
        made.append(_Spelling(text, style, unfolded=True))
    elif text.scalar.style != "literal":
        # No line in single quotes begins with a blank. In double quotes it may, and the rest reads as before.
        safe = styles["double"]._replace(spell=_with_safe_ends)
        made.append(_Spelling(text, safe, unfolded=True, requoted=text.scalar.style == "single"))
    return (way.edits(edits) for way in made)


def _styles(text: Text) -> dict[str, Style]:
    newline = text.host.newline
    return {
        "literal": Style(str, lambda count, _, indent: newline * count + indent, True),
        "folded": Style(str, lambda count, beside, indent: newline * (count + (not beside)) + indent, True),
        "single": Style(_single, lambda count, _, indent: newline * (count + 1) + indent, False),
        "double": Style(_double, lambda count, _, indent: "\\n" * count, False),
    }


def _single(text: str) -> str:
    return text.replace("'", "''")


def _double(text: str) -> str:
    return render.scalar(text, "double")[1:-1]


def _with_safe_ends(text: str) -> str:
    """With the blanks at both ends escaped, so that they may stand beside a line end."""
    body = text.strip(" ")
    before = len(text) - len(text.lstrip(" "))
    return "\\x20" * before + _double(body) + "\\x20" * (len(text) - before - len(body))


class _Spelling:
    """Writes a text from its beginning to its end: what stays as stretches of the document, what is new as text.

    With `unfolded`, a folded line end beside an edit becomes the blank that it stands for; with `requoted`, double
    quotes take the place of single ones.
    """

    def __init__(self, text: Text, style: Style, unfolded: bool = False, requoted: bool = False) -> None:
        self.host, self.scalar, self.old, self.offsets = text
        self.style = style
        self.unfolded = unfolded
        self.requoted = requoted
        self.indent = _indent(text)
        self.pieces: list[tuple[int, int] | str] = []
        # The line ends that wait to be written, and the stretch of the old text that they are, if they are all of one.
        self.count = 0
        self.whence: tuple[int, int] | None = None
        self.indented = False
        self.started = False

    def edits(self, edits: list[Edit]) -> list[Edit]:
        """The edits of the document."""
        begin, end = self.offsets.begin, self.scalar.end if self.style.block else self.scalar.end - 1
        self.pieces = [(0, begin - 1), '"'] if self.requoted else [(0, begin)]
        at = 0
        for start, stop, new in edits:
            self._keep(at, start)
            self._write(new)
            at = stop
        self._keep(at, len(self.old))
        self._finish(end)
        self.pieces += ['"', (end + 1, len(self.host.text))] if self.requoted else [(end, len(self.host.text))]
        return Pieces(self.pieces, self.host.text).edits()

    def _keep(self, start: int, end: int) -> None:
        """A stretch of the old text."""
        kept = self.old[start:end]
        body = kept.strip("\n")
        if not body:
            self._line_ends(len(kept), (start, end))
            return
        first = start + len(kept) - len(kept.lstrip("\n"))
        last = first + len(body)
        self._line_ends(first - start, (start, first))
        self._flush(body[0])
        ends = self.old.find("\n", first, last)
        if ends >= 0 and self.indented != self._was_indented(first):
            # The line began otherwise before: what follows its end is looked at anew.
            self._stay_line(first, ends)
            self._keep(ends, end)
            return
        self._stay_line(first, last)
        if ends >= 0:
            self.indented = self._was_indented(last)
        self._line_ends(end - last, (last, end))

    def _was_indented(self, offset: int) -> bool:
        """Whether the line that an offset of the old text lies in is indented."""
        at = self.old.rfind("\n", 0, offset) + 1
        return self.old[at : at + 1] in (" ", "\t")

    def _write(self, new: str) -> None:
        """A text that is new."""
        for number, line in enumerate(new.split("\n")):
            if number:
                self._line_ends(1, None)
            if line:
                self._flush(line[0])
                self.pieces.append(self.style.spell(line))

    def _line_ends(self, count: int, whence: tuple[int, int] | None) -> None:
        if count:
            self.whence = whence if not self.count else None
            self.count += count

    def _flush(self, first: str) -> None:
        """Writes the line ends that wait, now that a line comes behind them that begins with some character."""
        if self.count or not self.started:
            indented = first in " \t"
            if self.count:
                beside = indented or self.indented or not self.started
                if not self._same_ends(beside):
                    self.pieces.append(self.style.ends(self.count, beside, self.indent))
            self.indented = indented
        self.count, self.whence, self.started = 0, None, True

    def _same_ends(self, beside: bool) -> bool:
        """Keeps line ends that were all there, between lines that are as they were, and behind which a line stood."""
        if self.whence is None:
            return False
        start, end = self.whence
        old = self.old
        if old[start - 1 : start] == "\n" or old[end : end + 1] == "\n" or (self.style.block and end == len(old)):
            return False
        was = not start or self._was_indented(start) or self._was_indented(end)
        if was != beside:
            return False
        self._stay(self._stop_of(start), self.offsets.outward(end))
        return True

    def _stop_of(self, offset: int) -> int:
        """Where the line ends in the document that ends at an offset of the text."""
        return self.offsets.outward(offset, True) if offset else self.offsets.begin

    def _finish(self, end: int) -> None:
        """What stands behind the last line; a block has line ends there that are no part of its text."""
        tail = len(self.old) - len(self.old.rstrip("\n"))
        if self.whence == (len(self.old) - tail, len(self.old)) or (self.style.block and not self._counts_ends()):
            self._stay(self._stop_of(len(self.old) - tail), end)
        elif self.count:
            count = self.count - 1 if self.style.block else self.count
            self.pieces.append(self.style.ends(count, True, "" if self.style.block else self.indent))

    def _counts_ends(self) -> bool:
        """Whether a block keeps all line ends behind its last line (`+`)."""
        text = self.host.text
        start = content_start(text, self.scalar)
        return "+" in text[start : line_end(text, start)].partition(" ")[0]

    def _stay_line(self, first: int, last: int) -> None:
        """Characters of the old text that stay, no line ends at either end."""
        at = first
        for offset in range(first, last) if self.unfolded else ():
            # An indented line of a block is not folded.
            if (offset in (first, last - 1) or (self.style.block and self.indented)) and self._is_fold(offset):
                self._stay_between(at, offset)
                self.pieces.append(self.style.spell(" "))
                at = offset + 1
        self._stay_between(at, last)

    def _stay_between(self, first: int, last: int) -> None:
        if first < last:
            self._stay(self.offsets.outward(first), self.offsets.outward(last, True))

    def _is_fold(self, offset: int) -> bool:
        """Whether a blank is a line end in the document."""
        if self.old[offset] != " ":
            return False
        return "\n" in self.host.text[self.offsets.outward(offset) : self.offsets.outward(offset + 1)]

    def _stay(self, start: int, end: int) -> None:
        """Characters of the document that stay, but for those that mean something else in other quotes."""
        if not self.requoted:
            self.pieces.append((start, end))
            return
        text = self.host.text
        at = start
        for number in range(start, end):
            if number < at or text[number] not in "'\"\\":
                continue
            self.pieces.append((at, number))
            at = number + 1 + (text[number] == "'")
            self.pieces.append("'" if text[number] == "'" else "\\" + text[number])
        self.pieces.append((at, end))


def _indent(text: Text) -> str:
    """What the lines of a scalar begin with that is no part of its text."""
    host, scalar, inner, offsets = text
    if scalar.style in ("literal", "folded"):
        return " " * (host.position(offsets.outward(len(inner) - len(inner.lstrip("\n"))))[1] - 1)
    last = host.text.rfind("\n", scalar.start, scalar.end) + 1
    line = host.text[last:] if last else host.text[host.text.rfind("\n", 0, scalar.start) + 1 :]
    return " " * (len(line) - len(line.lstrip(" ")) + (0 if last else 2))
