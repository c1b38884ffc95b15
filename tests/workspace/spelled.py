"""A text written as a scalar of a document in every style, with the place of each of its characters."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

STYLES = ("literal", "folded", "single", "double")


class Spelled(NamedTuple):
    """The text of a document, and where in it each character of the inner text stands."""

    host: str
    places: list[int]


def spelled(
    text: str,
    style: str,
    random: Random,
    head: str,
    tail: str,
    column: int = 4,
    newline: str = "\n",
    above: int = 2,
) -> Spelled | None:
    """A text as the scalar between the beginning and the end of a document; None where the style cannot hold it.

    Its lines begin at a column, the key that it stands behind at the one `above`.
    """
    pen = _Pen(head, random, " " * column, newline)
    holds = pen.quoted(text, style) if style in ("single", "double") else pen.block(text, style, column - above)
    return Spelled(pen.made + tail.replace("\n", newline), pen.places) if holds else None


class _Pen:
    def __init__(self, head: str, random: Random, indent: str, newline: str) -> None:
        self.made = head.replace("\n", newline)
        self.random = random
        self.indent = indent
        self.newline = newline
        self.places: list[int] = []

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def put(self, char: str, written: str) -> None:
        self.places += [len(self.made)] * len(char)
        self.made += written

    def block(self, text: str, style: str, deeper: int) -> bool:
        body = text.rstrip("\n")
        tail = len(text) - len(body)
        leading = body.lstrip("\n")
        if not body or "\r" in text or "\ufeff" in text:
            return False
        hint = str(deeper) if leading[0] in " \t" or self.chance(30) else ""
        chomp = "-" if not tail else "+" if tail > 1 or self.chance(30) else ""
        marks = chomp + hint if self.chance(50) else hint + chomp
        self.made += ("|" if style == "literal" else ">") + marks + (" # a comment" if self.chance(20) else "")
        self.made += self.newline
        before = ""
        blank = 0
        for line in body.split("\n"):
            if not line:
                blank += 1
                continue
            beside = not before or before[0] in " \t" or line[0] in " \t"
            self.ends(blank + bool(before), style == "folded" and not beside)
            self.line(line, style == "folded" and line[0] not in " \t")
            before, blank = line, 0
        self.places += [len(self.made)] * tail
        self.made += self.newline * max(tail, 1)
        return True

    def ends(self, count: int, folded: bool) -> None:
        """Line ends, one more where one is folded away."""
        self.places += [len(self.made)] * count
        self.made += self.newline * (count + folded)

    def line(self, line: str, folds: bool) -> None:
        self.made += self.indent
        for number, char in enumerate(line):
            around = line[number - 1 : number + 2]
            alone = char == " " and number > 0 and len(around.replace(" ", "").replace("\t", "")) == 2
            self.put(char, self.newline + self.indent if folds and alone and self.chance(15) else char)

    def quoted(self, text: str, style: str) -> bool:
        quote = "'" if style == "single" else '"'
        if style == "single" and not all(char.isprintable() or char == "\n" for char in text):
            return False
        lines = text.split("\n")
        if style == "single" and any(line.strip(" ") != line for line in lines):
            return False
        self.made += quote
        count = 0
        for number, char in enumerate(text):
            near = text[number - 1 : number] + text[number + 1 : number + 2]
            if char == "\n" and style == "single":
                count += 1
                self.places.append(-1)
                continue
            if count:
                stood = len(self.made)
                self.places = [stood if place < 0 else place for place in self.places]
                self.made += self.newline * (count + 1) + self.indent + " " * self.random.randrange(3)
                count = 0
            if char == " " and number and len(near.strip(" \t\n\r")) == 2 and self.chance(15):
                trailing = " " * self.random.randrange(3)
                self.put(char, trailing + self.newline + self.indent + " " * self.random.randrange(3))
            elif style == "single":
                self.put(char, "''" if char == "'" else char)
            else:
                self.double(char, near)
        if count:
            stood = len(self.made)
            self.places = [stood if place < 0 else place for place in self.places]
            self.made += self.newline * (count + 1) + self.indent
        self.made += quote + self.newline
        return True

    def double(self, char: str, near: str) -> None:
        fixed = {"\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\", "\t": "\\t"}
        if len(near.strip(" \t\n\r")) == 2 and char.isalnum() and self.chance(5):
            self.made += "\\" + self.newline + self.indent + " " * self.random.randrange(3)
        if char in fixed:
            self.put(char, fixed[char])
        elif not char.isprintable() or (char != " " and self.chance(3)):
            code = ord(char)
            self.put(char, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
        else:
            self.put(char, char)
