"""Edits first, proof later: what many patches come to, proven all at once.

`edits.edit` proves every step by reading the whole text again. Where many independent patches of one document are
only to be shown, drafting each and proving all of them together costs one reading instead of dozens.
"""

from __future__ import annotations

from valuelint.light import Any, Iterable, Sequence
from valuelint.syntax.data import to_data
from valuelint.syntax.edits import apply_edits, same
from valuelint.syntax.nodes import Document
from valuelint.syntax.parse import parse
from valuelint.syntax.patches import CannotPatch, Patch, apply_patch
from valuelint.syntax.source import SourceError
from valuelint.syntax.writer import Edit, Writer


def draft(writer: Writer, patches: Sequence[Patch]) -> list[Edit] | None:
    """The edits that the patches seem to need, in order; None where that takes more than one look at the text.

    They are not proven. A writer serves for all drafts of its document. Raises CannotPatch as `edit` does.
    """
    made = [writer.edits_for(patch) for patch in patches]
    edits = [change for each in made for change in each]
    return None if touching(edits) or (len(made) > 1 and _beside(made)) else sorted(edits)


def _beside(made: list[list[Edit]]) -> bool:
    """Whether what one patch writes stands right beside what another takes away, and counts on it."""
    gone = [(number, change) for number, each in enumerate(made) for change in each if not change.text]
    return any(
        one.end == other.start or other.end == one.start
        for number, one in gone
        for place, theirs in enumerate(made)
        for other in theirs
        if place != number
    )


def touching(edits: Iterable[Edit]) -> bool:
    """Whether two of the edits overlap, or insert at the same place so that their order would matter."""
    before: Edit | None = None
    for change in sorted(edits):
        if before is not None:
            both_insert = before.start == before.end == change.start == change.end
            if change.start < before.end or both_insert:
                return True
        before = change
    return False


def proven(document: Document, data: Any, edits: Iterable[Edit], patches: Iterable[Patch]) -> bool:
    """Whether the text after the edits holds the `data` of the document after the patches, and every comment."""
    source = document.source
    try:
        documents = parse(source.with_text(apply_edits(source.text, sorted(edits))))
        wanted = data
        for patch in patches:
            wanted = apply_patch(wanted, patch)
        new = documents[document.index]
        found = to_data(new.root, source=new.source)
    except (SourceError, CannotPatch, IndexError):
        return False
    return same(found, wanted) and _comments(new) == _comments(document)


def _comments(document: Document) -> list[str]:
    return [document.source.text[start:end] for start, end in document.comments]
