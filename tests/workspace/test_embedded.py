"""YAML inside a block scalar: places and edits carried over to the text around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuelint.syntax import Mapping, Scalar, Source, SourceError, find, parse, to_data
from valuelint.syntax.comments import nodes
from valuelint.syntax.edits import apply_edits, edit
from valuelint.syntax.embedded import Embedded
from valuelint.syntax.patches import Remove, Set
from valuelint.syntax.writer import Edit

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
    found = find(parse(Source.from_text(text, "host.yaml"))[0].root, ("spec", "content"))
    assert found is not None
    assert isinstance(found.node, Scalar)
    return Embedded(Source.from_text(text, "host.yaml"), found.node)


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
        outward = embedded.outward([(one.start, one.end, one.text) for one in changes])
        text = apply_edits(embedded.host.text, [Edit(*one) for one in outward])
        found = find(parse(Source.from_text(text))[0].root, ("spec", "content"))
        assert found is not None
        assert isinstance(found.node, Scalar)
        assert found.node.raw.rstrip("\n") == wanted.rstrip("\n").replace("\r\n", "\n")
        assert text.endswith(after.replace("\n", newline))
        assert newline == "\n" or "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize("style", [">-", '"a: 1"', "'a: 1'"])
def test_a_text_that_is_no_literal_block_is_read_but_not_edited(style: str) -> None:
    text = f"content: {style}\n" + ("  a: 1\n" if style == ">-" else "")
    source = Source.from_text(text, "host.yaml")
    found = find(parse(source)[0].root, ("content",))
    assert found is not None
    assert isinstance(found.node, Scalar)
    embedded = Embedded(source, found.node)
    assert to_data(embedded.located()[0].root) == {"a": 1}
    assert "literal block" in embedded.why_not


def test_a_mistake_is_told_where_it_stands_in_the_host() -> None:
    embedded = embed("a: 1\nb: [\n")
    with pytest.raises(SourceError) as caught:
        embedded.located()
    assert caught.value.file == "host.yaml"
    assert caught.value.line in (5, 6)


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
