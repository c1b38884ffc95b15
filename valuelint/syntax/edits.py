"""From patches to the smallest edits of a text, each proven before it is handed out.

A patch is applied to the text of one document, the result is read again, and it must hold exactly the data
that `apply_patch` says and every comment that was there. What cannot be proven so is refused with a reason.
"""

from __future__ import annotations

from valuelint.light import Any, Iterable
from valuelint.syntax.data import find, to_data
from valuelint.syntax.nodes import Document, Mapping, Node, Sequence
from valuelint.syntax.parse import parse
from valuelint.syntax.patches import (
    Append,
    CannotPatch,
    Patch,
    Remove,
    Set,
    Unique,
    apply_patch,
    plain_copy,
)
from valuelint.syntax.paths import Path, format_path
from valuelint.syntax.source import Source, SourceError
from valuelint.syntax.writer import Edit as Edit
from valuelint.syntax.writer import Writer


def edit(document: Document, patches: Iterable[Patch]) -> list[Edit]:
    """The edits that make the patches true, in order and not overlapping; none where nothing is to do.

    Offsets are characters of the document's source. Raises CannotPatch with a reason for people.
    """
    work = _Work(document)
    for patch in patches:
        work.apply(patch)
    return work.pieces.edits()


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, which must be in order and must not overlap."""
    parts = []
    at = 0
    for start, end, new in edits:
        if start < at or end < start or end > len(text):
            raise ValueError(f"edits overlap or lie outside the text at {start}")
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


class _Work:
    """A document under edit: its text so far, read anew after every step."""

    def __init__(self, document: Document) -> None:
        self.index = document.index
        self.source = document.source
        self.documents = parse(document.source)
        self.pieces = Pieces([(0, len(document.source.text))], document.source.text)

    def apply(self, patch: Patch) -> None:
        before = self._data(self.documents)
        wanted = apply_patch(before[self.index], patch)
        if same(wanted, before[self.index]) and not isinstance(patch, Unique):
            return
        start = (self.source, self.documents, self.pieces)
        try:
            for step in self._steps(patch, before[self.index]):
                self._prove(step)
        except CannotPatch:
            # Smaller steps keep more of the text, but the whole may be possible where a part is not.
            self.source, self.documents, self.pieces = start
            self._prove(patch)
        if not same(self._data(self.documents)[self.index], wanted):
            raise _no_way(patch)

    def _steps(self, patch: Patch, data: Any) -> list[Patch]:
        if not isinstance(patch, Set):
            return [patch]
        found = find(self.documents[self.index].root, patch.path)
        return _differences(found.node, patch.path, plain_copy(patch.value)) if found else [patch]

    def _prove(self, patch: Patch) -> None:
        """Take one step; raises CannotPatch unless its edits do what the patch means and nothing else."""
        # At the end of a file without a final newline, a literal block would lose its own: hence a second way.
        if not any(self._proven(patch, careful) for careful in (False, True)):
            raise _no_way(patch)

    def _proven(self, patch: Patch, careful: bool) -> bool:
        made = Writer(self.documents[self.index], careful).edits_for(patch)
        text = self.source.text
        marked = ("\ufeff" if self.source.bom else "") + apply_edits(text, made)
        changed = Source.from_text(marked, self.source.name, self.source.template)
        try:
            wanted = self._data(self.documents)
            wanted[self.index] = apply_patch(wanted[self.index], patch)
            documents = parse(changed)
            if _comment_texts(documents) != _comment_texts(self.documents):
                raise CannotPatch(f"a comment near {_name(patch.path)} would become part of a text")
            proven = same(self._data(documents), wanted)
        except SourceError:
            return False
        if proven:
            self.source, self.documents = changed, documents
            self.pieces = self.pieces.after(made)
        return proven

    def _data(self, documents: list[Document]) -> list[Any]:
        return [to_data(document.root, source=document.source) for document in documents]


def _comment_texts(documents: list[Document]) -> list[list[str]]:
    return [[each.source.text[start:end] for start, end in each.comments] for each in documents]


def _differences(node: Node, path: Path, value: Any) -> list[Patch]:
    """The smaller patches that a new value comes to where map replaces map and list replaces list."""
    if isinstance(node, Mapping) and node.entries and isinstance(value, dict) and value:
        found: list[Patch] = []
        for key, item in value.items():
            entry = node.keys.get(key)
            there = (*path, key)
            found += _differences(entry.value, there, item) if entry else [Set(there, item)]
        # Last, so that the map is never empty on the way.
        return found + [Remove((*path, key)) for key in node.keys if key not in value]
    if isinstance(node, Sequence) and node.items and isinstance(value, list) and value:
        count = min(len(node.items), len(value))
        found = []
        for index in range(count):
            found += _differences(node.items[index], (*path, index), value[index])
        found += [Append(path, item) for item in value[count:]]
        return found + [Remove((*path, index)) for index in range(len(node.items) - 1, count - 1, -1)]
    return [] if same(to_data(node), value) else [Set(path, value)]


def same(left: Any, right: Any) -> bool:
    """Equality of plain data in which `true` is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _no_way(patch: Patch) -> CannotPatch:
    return CannotPatch(f"no safe edit of {_name(patch.path)} is known for the way it is written")


def _name(path: Path) -> str:
    return format_path(path) or "the whole file"


class Pieces:
    """A text as pieces of the original and of inserted text, so that edits of edits become edits of the
    original.
    """

    def __init__(self, pieces: list[tuple[int, int] | str], original: str) -> None:
        self.pieces = pieces
        self.original = original

    def after(self, edits: list[Edit]) -> Pieces:
        """The pieces of the text after edits of the text that these pieces make."""
        pieces: list[tuple[int, int] | str] = []
        rest = self.pieces[::-1]
        at = 0
        for start, end, new in edits:
            pieces += _take(rest, start - at)
            _take(rest, end - start)
            if new:
                pieces.append(new)
            at = end
        return Pieces(pieces + rest[::-1], self.original)

    def edits(self) -> list[Edit]:
        """The edits of the original text, as small as a common beginning and end let them be."""
        found = []
        at = 0
        inserted = ""
        for piece in [*self.pieces, (len(self.original), len(self.original))]:
            if isinstance(piece, str):
                inserted += piece
                continue
            if piece[0] > at or inserted:
                found.append(_trimmed(self.original, at, piece[0], inserted))
            inserted = ""
            at = piece[1]
        return [each for each in found if each.text != self.original[each.start : each.end]]


def _trimmed(text: str, start: int, end: int, new: str) -> Edit:
    while start < end and new and text[start] == new[0]:
        start, new = start + 1, new[1:]
    while start < end and new and text[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    return Edit(start, end, new)


def _take(rest: list[tuple[int, int] | str], length: int) -> list[tuple[int, int] | str]:
    """Take pieces of some length off a reversed list, the last one cut where it is longer."""
    taken: list[tuple[int, int] | str] = []
    while length:
        piece = rest.pop()
        if isinstance(piece, str):
            size = len(piece)
            head: tuple[int, int] | str = piece[:length]
            tail: tuple[int, int] | str = piece[length:]
        else:
            size = piece[1] - piece[0]
            head, tail = (piece[0], piece[0] + length), (piece[0] + length, piece[1])
        if size > length:
            rest.append(tail)
            taken.append(head)
            return taken
        length -= size
        taken.append(piece)
    return taken
