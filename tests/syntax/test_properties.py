"""For all texts and all patches: an edited text means the patched data, and nothing else of it changes."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, note
from hypothesis import strategies as st

from tests.strategies import patches_for, texts
from valuelint.syntax import (
    CannotPatch,
    Document,
    Edit,
    Patch,
    Set,
    Source,
    apply_edits,
    apply_patch,
    edit,
    parse,
    to_data,
)
from valuelint.syntax.edits import same

# The reasons why a patch may be refused; a text that the editor is merely not up to is none of them.
REASONS = ("merge key", "alias", "anchor", "without braces", "written anew", "more than once", "comment near")


def read(text: str) -> Document:
    return parse(Source.from_text(text))[0]


def with_bom(source: Source, text: str) -> str:
    return "\ufeff" + text if source.bom else text


def comments(document: Document) -> list[str]:
    return [document.source.text[start:end] for start, end in document.comments]


def meaning(data: Any, patches: list[Patch]) -> Any:
    for patch in patches:
        data = apply_patch(data, patch)
    return data


def tried(document: Document, patches: list[Patch]) -> tuple[list[Edit], str | None]:
    """The edits of patches, or the reason why there are none."""
    try:
        return edit(document, patches), None
    except CannotPatch as reason:
        return [], str(reason)


@given(st.data())
def test_an_edited_text_means_the_patched_data(data: st.DataObject) -> None:
    text = data.draw(texts())
    document = read(text)
    source = document.source
    before = to_data(document.root)
    patches = [data.draw(patches_for(before)) for _ in range(data.draw(st.integers(1, 3)))]
    try:
        wanted = meaning(before, patches)
    except CannotPatch:
        assume(False)
    edits, refusal = tried(document, patches)
    if refusal is not None:
        # A block that keeps its trailing blank lines would take those of a neighbour that goes.
        keeps_blank_lines = "|+" in text or ">+" in text
        assert keeps_blank_lines or any(words in refusal for words in REASONS), refusal
        return
    after = apply_edits(source.text, edits)
    note(after)
    new = read(with_bom(source, after))
    assert same(to_data(new.root), wanted)
    assert comments(new) == comments(document)
    # What stands between the edits stands in the new text too, in the same order.
    at = shift = 0
    for start, end, put in edits:
        assert at <= start <= end
        assert after[at + shift : start + shift] == source.text[at:start]
        shift += len(put) - (end - start)
        at = end
    assert after[at + shift :] == source.text[at:]


@given(st.data())
def test_an_edit_made_twice_is_an_edit_made_once(data: st.DataObject) -> None:
    document = read(data.draw(texts()))
    patch = data.draw(patches_for(to_data(document.root)))
    assume(isinstance(patch, Set))
    try:
        after = apply_edits(document.source.text, edit(document, [patch]))
    except CannotPatch:
        assume(False)
    assert edit(read(with_bom(document.source, after)), [patch]) == []


@given(st.data())
def test_line_ends_stay_in_kind(data: st.DataObject) -> None:
    text = data.draw(texts()).replace("\r\n", "\n").replace("\n", "\r\n")
    document = read(text)
    assume("\r\n" in text)
    patch = data.draw(patches_for(to_data(document.root)))
    try:
        after = apply_edits(document.source.text, edit(document, [patch]))
    except CannotPatch:
        assume(False)
    assert "\n" not in after.replace("\r\n", "")
    assert "\r" not in after.replace("\r\n", "")
