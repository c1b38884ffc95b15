"""YAML inside a text of another YAML document: `valuesContent: |-` and the like, with the way back to the host.

Nodes of the inner tree carry offsets of the host's text, so that whoever points at them needs to know nothing. Edits
are made in the inner text alone, where they are proven, and carried over with the indentation of the block.
"""

from __future__ import annotations

from bisect import bisect_right

from valuelint.syntax.nodes import Alias, Document, Mapping, Node, Scalar, Sequence
from valuelint.syntax.parse import parse
from valuelint.syntax.source import Source, SourceError


class Embedded:
    """The text of a scalar as a source of its own.

    `why_not` says why its text cannot be edited; empty where it can.
    """

    __slots__ = ("_documents", "_lines", "_starts", "host", "indent", "scalar", "source", "why_not")

    def __init__(self, host: Source, scalar: Scalar) -> None:
        self.host = host
        self.scalar = scalar
        # Without its line end, so that no edit ever stands on a line that the host does not have.
        self.source = Source.from_text(scalar.raw.rstrip("\n"), host.name)
        self.indent = ""
        self.why_not = ""
        self._starts = [0]
        self._lines: list[tuple[int, int]] = []
        self._documents: list[Document] | None = None
        if scalar.style != "literal" or not self._match_lines():
            self.why_not = "the values stand in a text that is not written as a literal block (|)"
            self._lines = []

    @property
    def documents(self) -> list[Document]:
        """The inner documents with offsets of the inner text, for editing. Raises SourceError."""
        if self._documents is None:
            self._documents = parse(self.source)
        return self._documents

    def located(self) -> list[Document]:
        """The inner documents, their nodes and comments with offsets of the host. Raises SourceError in the host."""
        try:
            documents = parse(self.source)
        except SourceError as error:
            offset = self.source.offset(error.line, error.column)
            raise self.host.error(self.at(offset), error.message, error.remedy) from None
        moved: set[int] = set()
        for document in documents:
            comments = [(self.at(start), self.at(end, True)) for start, end in document.comments]
            if document.root is not None:
                self._move(document.root, moved)
            document.move(self.host, self.at(document.start), self.at(document.end, True), comments)
        return documents

    def at(self, offset: int, end: bool = False) -> int:
        """Where an inner offset stands in the host; of a text that is no literal block, its beginning or end."""
        if not self._lines:
            return self.scalar.end if end else self.scalar.start
        number = bisect_right(self._starts, offset) - 1
        begin, stop = self._lines[number]
        return min(begin + offset - self._starts[number], stop)

    def outward(self, edits: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
        """Edits of the inner text as edits of the host."""
        newline = self.host.newline
        made = []
        for start, end, text in edits:
            lines = text.replace("\r\n", "\n").split("\n")
            # A blank line needs no indentation, unless the edit ends there: what follows stands on it.
            padded = lines[:1] + [
                self.indent + line if line or number == len(lines) - 1 else line
                for number, line in enumerate(lines[1:], 1)
            ]
            if padded[0] and self._is_blank(start):
                padded[0] = self.indent + padded[0]
            made.append((self.at(start), self.at(end), newline.join(padded)))
        return made

    def _is_blank(self, offset: int) -> bool:
        """Whether an offset stands on an empty line, which the host has no indentation for."""
        begin, stop = self._lines[bisect_right(self._starts, offset) - 1]
        return begin == stop and self.host.position(begin)[1] <= len(self.indent)

    def _match_lines(self) -> bool:
        """Finds the host's line of each inner line; false where they do not correspond."""
        text = self.host.text
        at = text.find("\n", self.scalar.start)
        if at < 0 or not self.source.text:
            return False
        at += 1
        start = 0
        starts = []
        for line in self.source.text.split("\n"):
            stop = text.find("\n", at)
            stop = len(text) if stop < 0 else stop
            end = stop - 1 if stop > at and text[stop - 1] == "\r" else stop
            begin = max(end - len(line), at)
            if text[begin:end] != line or text[at:begin].strip(" "):
                return False
            if line.strip() and not self.indent:
                self.indent = text[at:begin]
            starts.append(start)
            self._lines.append((begin, end))
            start += len(line) + 1
            at = stop + 1
        self._starts = starts
        return bool(self.indent)

    def _move(self, node: Node, moved: set[int]) -> None:
        if id(node) in moved:
            return
        moved.add(id(node))
        node.start, node.end = self.at(node.start), self.at(node.end, True)
        if isinstance(node, Mapping):
            for entry in node.entries:
                self._move(entry.key, moved)
                self._move(entry.value, moved)
        elif isinstance(node, Sequence):
            for item in node.items:
                self._move(item, moved)
        elif isinstance(node, Alias):
            self._move(node.target, moved)
