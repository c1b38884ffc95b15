"""YAML inside a text of another YAML document: `valuesContent: |-` and the like, with the way back to the host.

Nodes of the inner tree carry offsets of the host's text, so that whoever points at them needs to know nothing. Edits
are made in the inner text alone, where they are proven, and carried over in the style in which the text is written.
"""

from __future__ import annotations

from bisect import bisect_right

from valuelint.light import TYPE_CHECKING, Callable
from valuelint.syntax.comments import content_start
from valuelint.syntax.data import to_data
from valuelint.syntax.nodes import Alias, Document, Mapping, Node, Scalar, Sequence
from valuelint.syntax.offsets import Offsets, filled, of_scalar
from valuelint.syntax.parse import parse, scalar_at
from valuelint.syntax.source import Source, SourceError

if TYPE_CHECKING:
    from valuelint.syntax.edits import Edit

Known = Callable[[str], "list[tuple[int, int, str]]"]
"""Finds the placeholders in a text of which is known what comes in, in order."""


class Embedded:
    """The text of a scalar as a source of its own, in which placeholders are filled in that are `known`.

    `why_not` says why its text cannot be edited; empty where it can.
    """

    __slots__ = (
        *("_documents", "_filled", "_known", "_lines", "_located", "_offsets"),
        *("host", "scalar", "source", "why_not"),
    )

    def __init__(self, host: Source, scalar: Scalar, known: Known | None = None) -> None:
        self.host = host
        self.scalar = scalar
        self._known = known
        self._offsets = of_scalar(host.text, content_start(host.text, scalar), scalar)
        text, self._filled = _read(scalar, known)
        # As it is: the parser says where something stands in it that no YAML may hold.
        bom = text.startswith("\ufeff")
        self.source = Source(host.name, text.encode("utf-8", "surrogatepass"), text[bom:], bom)
        self.why_not = "" if self._offsets is not None else "nobody can say where in the text these values stand"
        self._documents: list[Document] | None = None
        self._located: list[Document] | None = None
        self._lines: list[int] | None = None

    def renewed(self, host: Source, scalar: Scalar) -> Embedded:
        """The same for a newer text of the host."""
        return self if host is self.host and scalar is self.scalar else Embedded(host, scalar, self._known)

    @property
    def fills(self) -> bool:
        """Whether placeholders in it are filled in before it is read, not value by value."""
        return self._known is not None

    @property
    def key(self) -> str:
        """The same for all readings of a scalar that fill in the same."""
        return "" if self._filled is None else self.source.text

    @property
    def documents(self) -> list[Document]:
        """The inner documents with offsets of the inner text, for editing. Raises SourceError."""
        if self._documents is None:
            self._documents = parse(self.source)
        return self._documents

    def located(self) -> list[Document]:
        """The inner documents, their nodes and comments with offsets of the host. Raises SourceError in the host."""
        if self._located is not None:
            return self._located
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
            start, end = self.at(document.start), self.at(document.end, True)
            document.move(self.host, start, end, comments, self._line_start)
        self._located = documents
        return documents

    def at(self, offset: int, end: bool = False) -> int:
        """Where an inner offset stands in the host; the text's beginning or end where nobody can say."""
        if self._offsets is None:
            return self.scalar.end if end else self.scalar.start
        offset += self.source.bom
        if self._filled is not None:
            offset = self._filled.outward(offset, end)
        return self._offsets.outward(offset, end)

    def part(self, node: Scalar, within: tuple[int, int]) -> tuple[int, int]:
        """Where a part of the characters of a located scalar stands in the host; all of it, if nobody can say."""
        if self._offsets is not None:
            start = self._offsets.inward(node.start)
            start = (start if self._filled is None else self._filled.inward(start)) - self.source.bom
            if self.source.text.startswith(node.raw, start):
                return self.at(start + within[0]), self.at(start + within[1], True)
        return node.start, node.end

    def _line_start(self, offset: int) -> int:
        """Where in the host the line of the text begins that an offset of the host lies in."""
        if self._lines is None:
            text = self.source.text
            self._lines = [self.at(0), *(self.at(at + 1) for at, char in enumerate(text) if char == "\n")]
        return self._lines[max(bisect_right(self._lines, offset) - 1, 0)]

    def outward(self, edits: list[Edit]) -> list[Edit]:
        """Edits of the inner text as edits of the host, after which it holds the edited text and nothing else differs.

        Raises CannotPatch where there are none.
        """
        from valuelint.syntax.edits import apply_edits
        from valuelint.syntax.patches import CannotPatch
        from valuelint.syntax.spelling import Text, ways

        if self._offsets is None:
            raise CannotPatch(self.why_not)
        wanted = apply_edits(self.source.text, edits)
        for made in ways(Text(self.host, self.scalar, self.scalar.raw, self._offsets), self._unfilled(edits)):
            if self._holds(apply_edits(self.host.text, made), wanted):
                return made
        raise CannotPatch(f"the text that holds the values, written {_STYLES[self.scalar.style]}, cannot hold that")

    def _unfilled(self, edits: list[Edit]) -> list[Edit]:
        """Edits of the text in which the placeholders stand. Raises CannotPatch where one would be touched."""
        if self._filled is None:
            return edits
        from valuelint.syntax.patches import CannotPatch

        made = []
        for change in edits:
            for start, end in self._filled.wholes(change.start, change.end):
                raise CannotPatch(f"it comes from {self.scalar.raw[start:end].strip()}, which is filled in")
            start, end = self._filled.outward(change.start), self._filled.outward(change.end, True)
            made.append(change._replace(start=start, end=end))
        return made

    def _holds(self, text: str, wanted: str) -> bool:
        """Whether the scalar reads as wanted in a new text of the host, and ends where it should."""
        found = scalar_at(text, self.scalar.start)
        if found is None or found.end != self.scalar.end + len(text) - len(self.host.text):
            return False
        return self._means(_read(found, self._known)[0], wanted)

    def _means(self, text: str, wanted: str) -> bool:
        """Whether a text is the wanted one, but for line ends at its end, which no block can hold as it likes."""
        if text == wanted or text.rstrip("\n") != wanted.rstrip("\n"):
            return text == wanted
        from valuelint.syntax.edits import same

        found, meant = (parse(Source.from_text(each, self.host.name)) for each in (text, wanted))
        return same([to_data(each.root) for each in found], [to_data(each.root) for each in meant])

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


def _read(scalar: Scalar, known: Known | None) -> tuple[str, Offsets | None]:
    """The text of a scalar as YAML is read from it, and which characters of it were filled in, if any were."""
    pieces = known(scalar.raw) if known is not None else []
    return filled(scalar.raw, pieces) if pieces else (scalar.raw, None)


_STYLES = {"literal": "as a literal block (|)", "folded": "as a folded block (>)"}
_STYLES.update({"single": "in single quotes", "double": "in double quotes"})
