"""Which characters of one text stand for which of another: a text inside a scalar and the document around it, a text
whose placeholders are filled in and the text as it was written.
"""

from __future__ import annotations

from bisect import bisect_right

from valuelint.light import TYPE_CHECKING, Iterable

if TYPE_CHECKING:
    from valuelint.syntax.nodes import Scalar

_ESCAPED = {
    **{"0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"},
    **{"e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"},
}
_HEX = {"x": 2, "u": 4, "U": 8}


class Offsets:
    """A map from the offsets of an inner text to those of an outer one.

    The inner text is a row of runs. A run stands in the outer text character by character; or as a `whole`, where
    other characters stand for it: an escape, a folded line end, a placeholder.
    """

    __slots__ = ("_begins", "_starts", "_stops", "_wholes", "length")

    def __init__(self) -> None:
        self.length = 0
        self._starts: list[int] = []
        self._begins: list[int] = []
        self._stops: list[int] = []
        self._wholes: set[int] = set()

    def add(self, length: int, begin: int, stop: int, whole: bool = False) -> None:
        """The next characters of the inner text, and where they stand."""
        if whole:
            self._wholes.add(len(self._starts))
        self._starts.append(self.length)
        self._begins.append(begin)
        self._stops.append(stop)
        self.length += length

    def outward(self, offset: int, end: bool = False) -> int:
        """Where an inner offset stands; `end`: that of the end of something, which belongs behind a whole."""
        number = bisect_right(self._starts, offset) - 1
        begin, stop = self._begins[number], self._stops[number]
        if number in self._wholes:
            inside = offset - self._starts[number]
            return begin if not inside else stop if end or inside >= self._length(number) else begin
        return min(begin + offset - self._starts[number], stop)

    def inward(self, offset: int) -> int:
        """The inner offset of what stands at an outer one; of a whole, its beginning."""
        number = max(bisect_right(self._begins, offset) - 1, 0)
        return self._starts[number] + (0 if number in self._wholes else max(offset - self._begins[number], 0))

    def wholes(self, start: int, end: int) -> list[tuple[int, int]]:
        """Where the wholes stand that a stretch of the inner text touches, or lies in."""
        found = []
        for number in range(max(bisect_right(self._starts, start) - 1, 0), len(self._starts)):
            first = self._starts[number]
            if first >= max(end, start + 1):
                break
            last = first + self._length(number)
            if number in self._wholes and ((first < end and start < last) or first < start < last):
                found.append((self._begins[number], self._stops[number]))
        return found

    @property
    def begin(self) -> int:
        """Where the inner text begins."""
        return self._begins[0]

    def _length(self, number: int) -> int:
        return (self._starts[number + 1] if number + 1 < len(self._starts) else self.length) - self._starts[number]


def of_scalar(text: str, start: int, scalar: Scalar) -> Offsets | None:
    """Where the characters of a scalar stand whose content begins at `start`; None where that cannot be said."""
    if scalar.style == "literal":
        return _of_literal(text, start, scalar.raw)
    if scalar.style == "folded":
        return _of_folded(text, start, scalar.end, scalar.raw)
    if scalar.style == "plain":
        return None
    return _of_quoted(text, start + 1, scalar.end - 1, scalar.raw, scalar.style == "double")


def filled(text: str, pieces: Iterable[tuple[int, int, str]]) -> tuple[str, Offsets]:
    """A text with some stretches of it, in order, replaced; and where the characters of the new one stood."""
    offsets = Offsets()
    made = []
    at = 0
    for start, end, new in pieces:
        if start > at:
            offsets.add(start - at, at, start)
        offsets.add(len(new), start, end, True)
        made += [text[at:start], new]
        at = end
    offsets.add(len(text) - at, at, len(text))
    return "".join([*made, text[at:]]), offsets


def _of_literal(text: str, start: int, raw: str) -> Offsets | None:
    """Line by line; a line end belongs to its line."""
    at = text.find("\n", start) + 1
    body = raw.rstrip("\n")
    if not at or not body:
        return None
    offsets = Offsets()
    for line in body.split("\n"):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        end = stop - 1 if stop > at and text[stop - 1] == "\r" else stop
        begin = max(end - len(line), at)
        if text[begin:end] != line or text[at:begin].strip(" "):
            return None
        offsets.add(len(line) + 1, begin, end)
        at = stop + 1
    offsets.length = len(raw)
    return offsets


def _of_folded(text: str, start: int, end: int, raw: str) -> Offsets | None:
    """Line by line; between two lines stands a space, or as many line ends as there are blank lines.

    Beside a line that is indented further, line ends are kept as they are.
    """
    at = text.find("\n", start) + 1
    body = raw.rstrip("\n")
    if not at or not body:
        return None
    offsets = Offsets()
    made: list[str] = []
    column: int | None = None
    behind = at
    blank = 0
    spaced = False
    while at <= end:
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        close = stop - 1 if stop > at and text[stop - 1] == "\r" else stop
        line = text[at:close]
        if column is None and line.strip(" "):
            inner = body.lstrip("\n")
            column = max(_leading(line) - _leading(inner), 0)
        content = "" if column is None else line[column:]
        if not content:
            blank += 1
        else:
            further = content[0] in " \t"
            gap = "\n" * blank if not made else "\n" * (blank + 1) if spaced or further else "\n" * blank or " "
            begin = at + (column or 0)
            if gap:
                offsets.add(len(gap), behind, begin, True)
            offsets.add(len(content), begin, close)
            made += [gap, content]
            blank, spaced, behind = 0, further, close
        at = stop + 1
    offsets.length = len(raw)
    return offsets if "".join(made) == body else None


def _leading(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _of_quoted(text: str, at: int, end: int, raw: str, double: bool) -> Offsets | None:
    """What stands between quotes: characters, escapes, and line ends, which are folded with the blanks around them."""
    offsets = Offsets()
    made: list[str] = []
    marks = "\\\r\n" if double else "'\r\n"
    while True:
        begin = stop = at
        while stop < end and text[stop] not in marks:
            stop += 1
        escape = stop < end and text[stop] == "\\"
        broken = stop < end and text[stop + escape] in "\r\n"
        close = stop
        while broken and not escape and close > begin and text[close - 1] in " \t":
            close -= 1
        if close > begin:
            offsets.add(close - begin, begin, close)
            made.append(text[begin:close])
        if stop >= end:
            break
        if broken:
            new, at = _folded_end(text, stop + escape, end, escape)
        elif escape:
            new, at = _unescaped(text, stop)
        else:
            new, at = "'", stop + 2
        offsets.add(len(new), close, at, True)
        made.append(new)
    if not offsets.length:
        return None
    return offsets if "".join(made) == raw else None


def _folded_end(text: str, at: int, end: int, escaped: bool) -> tuple[str, int]:
    """What line ends and the blanks around them come to: a space, or a line end for each blank line."""
    count = 0
    while at < end and text[at] in " \t\r\n":
        if text[at] in "\r\n":
            count += 1
            at += text.startswith("\r\n", at)
        at += 1
    return "\n" * (count - 1) or ("" if escaped else " "), at


def _unescaped(text: str, at: int) -> tuple[str, int]:
    """What an escape stands for, and where it ends."""
    mark = text[at + 1]
    if mark in _HEX:
        stop = at + 2 + _HEX[mark]
        return chr(int(text[at + 2 : stop], 16)), stop
    return _ESCAPED[mark], at + 2
