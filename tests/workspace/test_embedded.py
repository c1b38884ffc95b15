"""YAML inside a block scalar: places and edits carried over to the text around it."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.strategies import patches_for, texts
from tests.workspace.spelled import STYLES, spelled
from valuelint.syntax import Mapping, Path, Scalar, Source, SourceError, find, parse, to_data
from valuelint.syntax.comments import nodes
from valuelint.syntax.edits import apply_edits, edit
from valuelint.syntax.embedded import Embedded
from valuelint.syntax.patches import CannotPatch, Remove, Set

INNER = """\
# first
a:
  b: 1   # one
  é: [x, 'y']

c: "two"
"""


def embed(inner: str, style: str = "|-", indent: int = 4, newline: str = "\n", after: str = "z: 1\n") -> Embedded:
    block = "".join(" " * indent + line + "\n" if line else "\n" for line in inner.split("\n")[:-1])
    text = f"x: 0\nspec:\n  content: {style}\n{block}{after}".replace("\n", newline)
    return embedded_at(text, ("spec", "content"))


def embedded_at(text: str, path: Path) -> Embedded:
    source = Source.from_text(text, "host.yaml")
    found = find(parse(source)[0].root, path)
    assert found is not None
    assert isinstance(found.node, Scalar)
    return Embedded(source, found.node)


@pytest.mark.parametrize("style", ["|", "|-", "|+"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", [3, 4, 9])
def test_nodes_stand_where_they_are_in_the_host(style: str, newline: str, indent: int) -> None:
    embedded = embed(INNER, style, indent, newline)
    assert not embedded.why_not
    inside, outside = embedded.documents[0], embedded.located()[0]
    assert to_data(inside.root) == to_data(outside.root)
    for one, other in zip(nodes(inside.root), nodes(outside.root), strict=True):
        if isinstance(one, Scalar) or (isinstance(one, Mapping) and one.flow):
            written = embedded.host.text[other.start : other.end]
            assert written == embedded.source.text[one.start : one.end]
    host = embedded.host.text
    assert [host[start:end] for start, end in outside.comments] == ["# first", "# one"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "patch",
    [
        Set(("a", "b"), 2),
        Set(("a", "new"), {"deep": [1, {"x": "y"}]}),
        Set(("d", "e"), "f"),
        Set(("c",), "three"),
        Set(("c",), {"now": "a map"}),
        Remove(("a",)),
        Remove(("c",)),
        Remove(("a", "b")),
        Remove(("a", "é", 0)),
    ],
)
def test_edits_are_carried_over(patch: Set | Remove, newline: str) -> None:
    for after in ("z: 1\n", "", "# end\n"):
        embedded = embed(INNER, "|-", 6, newline, after)
        changes = edit(embedded.documents[0], [patch])
        wanted = apply_edits(embedded.source.text, changes)
        text = apply_edits(embedded.host.text, embedded.outward(changes))
        found = find(parse(Source.from_text(text))[0].root, ("spec", "content"))
        assert found is not None
        assert isinstance(found.node, Scalar)
        assert found.node.raw.rstrip("\n") == wanted.rstrip("\n").replace("\r\n", "\n")
        assert text.endswith(after.replace("\n", newline))
        assert newline == "\n" or "\n" not in text.replace("\r\n", "")


def test_a_mistake_is_told_where_it_stands_in_the_host() -> None:
    embedded = embed("a: 1\nb: [\n")
    with pytest.raises(SourceError) as caught:
        embedded.located()
    assert caught.value.file == "host.yaml"
    assert caught.value.line in (5, 6)


@pytest.mark.parametrize(
    ("written", "shown"), [('"a: fl\\x6fw:xy"', "xy"), ('"a: flow:x\\x79"', "x\\x79"), ("'a: flow:xy'", "xy")]
)
def test_a_part_of_a_value_is_found_behind_escapes(written: str, shown: str) -> None:
    embedded = embedded_at(f"content: {written}\n", ("content",))
    found = find(embedded.located()[0].root, ("a",))
    assert found is not None
    assert isinstance(found.node, Scalar)
    start, end = embedded.part(found.node, (5, 7))
    assert embedded.host.text[start:end] == shown


def test_what_no_yaml_may_hold_is_a_mistake_of_the_host() -> None:
    embedded = embedded_at('content: "a: \\0 1"\n', ("content",))
    with pytest.raises(SourceError, match=r"host.yaml:1:14: the character U\+0000"):
        embedded.located()


def test_a_byte_order_mark_in_a_text_moves_nothing() -> None:
    embedded = embedded_at('content: "\\uFEFFa: 1"\n', ("content",))
    found = find(embedded.located()[0].root, ("a",))
    assert found is not None
    assert embedded.host.text[found.node.start : found.node.end] == "1"


@given(st.lists(st.sampled_from(["a: 1", "b:", "  c: é", "", "  # x", "d: [1, 2]", "e: |", "    text"]), max_size=8))
def test_every_line_is_found_again(lines: list[str]) -> None:
    first = next((line for line in lines if line), " ")
    if first.startswith(" "):
        return
    embedded = embed("\n".join(lines) + "\n", "|", 5)
    if embedded.why_not:
        return
    for offset, char in enumerate(embedded.source.text):
        if char != "\n":
            assert embedded.host.text[embedded.at(offset)] == char


HEAD = "# what stands before\nx: 0\nspec:\n  content: "
TAIL = "z: 1 # what stands behind\n"

FLAT = st.lists(
    st.sampled_from(
        ["a: {b: 1, c: [x, 'y']}", "d: it's", "e: two words here", "f: [1, 2]", "# a comment", "", "g: 'é \"q\" \\n'"]
    ),
    min_size=1,
    max_size=5,
    unique=True,
).map(lambda lines: "\n".join(lines) + "\n")
"""Documents without an indented line: what single quotes can hold."""


@pytest.mark.parametrize("style", STYLES)
@given(data=st.data(), random=st.randoms(use_true_random=False), newline=st.sampled_from(["\n", "\r\n"]))
def test_a_text_is_edited_in_every_style(style: str, data: st.DataObject, random: Random, newline: str) -> None:
    text = data.draw(FLAT if style == "single" else st.one_of(texts(), FLAT))
    text = text.rstrip("\n") + "\n" * data.draw(st.integers(0, 3))
    made = spelled(text, style, random, HEAD, TAIL, data.draw(st.sampled_from([3, 4, 7])), newline)
    assume(made is not None and text.strip() and not text.startswith("\ufeff"))
    assert made is not None
    embedded = embedded_at(made.host, ("spec", "content"))
    assert embedded.source.text == text, embedded.host.text
    assert not embedded.why_not
    # Every character is found where it stands.
    visible = [offset for offset, char in enumerate(text) if char != "\n" or style == "double"]
    assert [embedded.at(offset) for offset in visible] == [made.places[offset] for offset in visible]
    for one, other in zip(nodes(embedded.documents[0].root), nodes(embedded.located()[0].root), strict=True):
        if one.end > one.start:
            assert other.start == made.places[one.start]
            assert text[one.end - 1] == "\n" or other.end > made.places[one.end - 1]
    # What a patch makes of it is what it makes of a file of its own.
    desk = embedded.documents[0]
    patch = data.draw(patches_for(to_data(desk.root)))
    try:
        changes = edit(desk, [patch])
    except CannotPatch:
        return
    wanted = apply_edits(text, changes)
    try:
        host = apply_edits(made.host, embedded.outward(changes))
    except CannotPatch:
        # By its first line, a block says where its lines begin, and by its head how many line ends it ends with.
        begins = wanted.lstrip("\n")[:1]
        ends = wanted[len(wanted.rstrip("\n")) :] == text[len(text.rstrip("\n")) :]
        if style in ("literal", "folded") and (begins in (" ", "\t", "") or not ends):
            return
        raise
    after = embedded_at(host, ("spec", "content"))
    assert after.source.text.rstrip("\n") == wanted.rstrip("\n")
    assert to_data(after.documents[0].root) == to_data(parse(Source.from_text(wanted))[0].root)
    tail, head = TAIL.replace("\n", newline), HEAD.replace("\n", newline)
    assert host.startswith(head)
    assert host.endswith(tail)


PLACEHOLDER = re.compile(r"\{\{ \.p(\d+) \}\}")


@pytest.mark.parametrize("style", ["literal", "double"])
@given(data=st.data(), random=st.randoms(use_true_random=False))
def test_a_text_that_is_filled_in_is_edited_beside_its_placeholders(
    style: str, data: st.DataObject, random: Random
) -> None:
    text = data.draw(st.one_of(texts(), FLAT))
    assume(text.strip() and "{{" not in text and not text.startswith("\ufeff"))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text.rstrip("\n"))), max_size=6, unique=True)))
    filled = list(zip(cuts[::2], cuts[1::2], strict=False))
    template, at = "", 0
    origins: list[int] = []
    for number, (start, end) in enumerate(filled):
        origins += range(len(template), len(template) + start - at)
        template += text[at:start] + f"{{{{ .p{number} }}}}"
        origins += [-1] * (end - start)
        at = end
    origins += range(len(template), len(template) + len(text) - at)
    template += text[at:]
    made = spelled(template, style, random, HEAD, TAIL)
    assume(made is not None)
    assert made is not None

    def known(given: str) -> list[tuple[int, int, str]]:
        return [(*each.span(), text[slice(*filled[int(each[1])])]) for each in PLACEHOLDER.finditer(given)]

    plain = embedded_at(made.host, ("spec", "content"))
    embedded = Embedded(plain.host, plain.scalar, known)
    assert embedded.source.text == text
    for offset, origin in enumerate(origins):
        if origin >= 0 and (text[offset] != "\n" or style == "double"):
            assert embedded.at(offset) == made.places[origin]
    for start, end in filled:
        place = template.index(f"{{{{ .p{filled.index((start, end))} }}}}")
        assert {embedded.at(offset) for offset in range(start, end)} == {made.places[place]}
    desk = embedded.documents[0]
    patch = data.draw(patches_for(to_data(desk.root)))
    try:
        changes = edit(desk, [patch])
    except CannotPatch:
        return
    wanted = apply_edits(text, changes)
    touched = any(one.start < end and start < one.end for one in changes for start, end in filled)
    try:
        host = apply_edits(made.host, embedded.outward(changes))
    except CannotPatch as refusal:
        inside = any(start < one.start < end for one in changes for start, end in filled)
        if touched or inside or style == "literal":
            return
        raise AssertionError(str(refusal)) from refusal
    assert not touched
    after = embedded_at(host, ("spec", "content"))
    again = Embedded(after.host, after.scalar, known)
    assert PLACEHOLDER.findall(after.source.text) == PLACEHOLDER.findall(template)
    assert to_data(again.documents[0].root) == to_data(parse(Source.from_text(wanted))[0].root)
