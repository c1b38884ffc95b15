"""Patches: what they mean for data, and the edits they become, as tables of before and after."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from valuelint.syntax import (
    Append,
    CannotPatch,
    Edit,
    Patch,
    Remove,
    Rename,
    Set,
    Source,
    apply_edits,
    apply_patch,
    edit,
    parse,
)
from valuelint.syntax.drafts import draft
from valuelint.syntax.writer import Writer


@pytest.mark.parametrize(
    ("data", "patch", "expected"),
    [
        ({"a": 1}, Set(("a",), 2), {"a": 2}),
        (None, Set(("a", "b"), 1), {"a": {"b": 1}}),
        ({"a": None}, Set(("a", "b"), 1), {"a": {"b": 1}}),
        ({"a": [1, {"b": 2}]}, Set(("a", 1, "c"), 3), {"a": [1, {"b": 2, "c": 3}]}),
        ({"a": 1}, Set(("a",), 2.0), {"a": 2}),
        ({"a": 1, "b": 2}, Remove(("a",)), {"b": 2}),
        ({"a": [1, 2, 3]}, Remove(("a", 1)), {"a": [1, 3]}),
        ({"a": 1}, Remove(("b", "c")), {"a": 1}),
        ({"a": [1]}, Remove(("a", 5)), {"a": [1]}),
        ({"a": 1, "b": 2}, Rename(("a",), "c"), {"c": 1, "b": 2}),
        ({"a": [1]}, Append(("a",), {"b": 1}), {"a": [1, {"b": 1}]}),
        ({"a": None}, Append(("a",), 1), {"a": [1]}),
        ({}, Append(("a", "b"), 1), {"a": {"b": [1]}}),
    ],
)
def test_what_a_patch_means(data: Any, patch: Patch, expected: Any) -> None:
    before = repr(data)
    changed = apply_patch(data, patch)
    assert changed == expected
    assert list(changed) == list(expected)
    assert repr(data) == before


@pytest.mark.parametrize(
    ("data", "patch", "words"),
    [
        ({"a": 1}, Set(("a", "b"), 1), "a is not a map"),
        ({"a": []}, Set(("a", 0), 1), "no list item a[0]"),
        ({"a": 1}, Append(("a",), 1), "a is not a list"),
        ({"a": 1}, Rename(("b",), "c"), "no key b"),
        ({"a": [1]}, Rename(("a", 0), "c"), "no key a[0]"),
        ({"a": 1, "b": 2}, Rename(("a",), "b"), "a key b already"),
        ({"a": 1}, Remove(()), "whole file"),
        ({"a": 1}, Set(("a",), float("nan")), "number"),
        ({"a": 1}, Set(("a",), {1: 2}), "keys"),
        ({"a": 1}, Set(("a",), object()), "object"),
    ],
)
def test_patches_without_a_meaning_are_refused(data: Any, patch: Patch, words: str) -> None:
    with pytest.raises(CannotPatch) as caught:
        apply_patch(data, patch)
    assert words in str(caught.value)


def changed(text: str, *patches: Patch) -> str:
    source = Source.from_text(text)
    edits = edit(parse(source)[0], patches)
    assert edits == sorted(edits)
    return apply_edits(source.text, edits)


EDITS: list[tuple[str, Patch, str]] = [
    # Scalars: quotes stay in kind, and come only where Helm would read something else.
    ("a: 1 # c\nb: 2\n", Set(("a",), 2), "a: 2 # c\nb: 2\n"),
    ("a: 1\n", Set(("a",), "x y"), "a: x y\n"),
    ("a: 1\n", Set(("a",), "on"), 'a: "on"\n'),
    ("a: 1\n", Set(("a",), "0x1F"), 'a: "0x1F"\n'),
    ("a: 1\n", Set(("a",), "1:30"), "a: 1:30\n"),
    ("a: 1\n", Set(("a",), "2001-01-01"), "a: 2001-01-01\n"),
    ("a: 1\n", Set(("a",), "x: y"), 'a: "x: y"\n'),
    ("a: 1\n", Set(("a",), "x #y"), 'a: "x #y"\n'),
    ("a: 1\n", Set(("a",), "{{ .x }}"), 'a: "{{ .x }}"\n'),
    ("a: 1\n", Set(("a",), 'say "hi" {'), 'a: say "hi" {\n'),
    ("a: 1\n", Set(("a",), '"hi"'), "a: '\"hi\"'\n"),
    ("a: 1\n", Set(("a",), ""), 'a: ""\n'),
    ("a: 1\n", Set(("a",), "\x01é"), 'a: "\\x01é"\n'),
    ("a: 'x' # c\n", Set(("a",), "it's on"), "a: 'it''s on' # c\n"),
    ('a: "x"\n', Set(("a",), 'b"c'), 'a: "b\\"c"\n'),
    ('a: "x"\n', Set(("a",), True), "a: true\n"),
    ("a: 'x'\n", Set(("a",), "b\nc"), 'a: "b\\nc"\n'),
    ("a: 1\n", Set(("a",), None), "a: null\n"),
    ("a: 1\n", Set(("a",), 1.5), "a: 1.5\n"),
    ("a: !!str 12\n", Set(("a",), 13), "a: 13\n"),
    ("a: first\n  second # c\nb: 1\n", Set(("a",), "x"), "a: x # c\nb: 1\n"),
    ('a: "first\n  second" # c\n', Set(("a",), "x"), 'a: "x" # c\n'),
    ("a:\n  # c\n  b # d\n", Set(("a",), "x"), "a:\n  # c\n  x # d\n"),
    ("a: 1\r\nb: 2", Set(("b",), 3), "a: 1\r\nb: 3"),
    ("\ufeffa: 1\n", Set(("a",), 2), "a: 2\n"),
    # Nothing to do.
    ("a: 0x1F\n", Set(("a",), 31), "a: 0x1F\n"),
    ("a: yes\n", Set(("a",), True), "a: yes\n"),
    ("a: {b: [1, 2]}\n", Set(("a",), {"b": [1, 2]}), "a: {b: [1, 2]}\n"),
    ("a: 1\n", Remove(("b",)), "a: 1\n"),
    # Empty values.
    ("a:\nb: 1\n", Set(("a",), 1), "a: 1\nb: 1\n"),
    ("a:   # c\n", Set(("a",), 1), "a: 1   # c\n"),
    ("a: # c\nb: 1\n", Set(("a", "b"), 1), "a: # c\n  b: 1\nb: 1\n"),
    ("a: ~ # c\n", Set(("a", "b"), 1), "a: # c\n  b: 1\n"),
    ("a:", Set(("a",), [1]), "a:\n  - 1"),
    ("a:\n  -\n  - 1\n", Set(("a", 0), "x"), "a:\n  - x\n  - 1\n"),
    ("a: &x\nb: 1\n", Set(("a",), 1), "a: &x 1\nb: 1\n"),
    ("{a, b: }\n", Set(("a",), 1), "{a: 1, b: }\n"),
    ("{a, b: }\n", Set(("b",), 1), "{a, b: 1 }\n"),
    ("? a\n? b\n", Set(("a",), 1), "? a\n: 1\n? b\n"),
    ("? a\n:\n", Set(("a",), {"b": 1}), "? a\n:\n  b: 1\n"),
    # New keys: at the end of their map, indented like its other keys.
    ("a:\n    b: 1 # c\nd: 2\n", Set(("a", "x"), 1), "a:\n    b: 1 # c\n    x: 1\nd: 2\n"),
    ("a:\n    b: 1\n", Set(("x", "y"), 1), 'a:\n    b: 1\nx:\n    "y": 1\n'),
    ("a:\n  b: 1\n\n# d\nd: 2\n", Set(("a", "x"), 1), "a:\n  b: 1\n  x: 1\n\n# d\nd: 2\n"),
    ("a: 1", Set(("b", "c"), {"d": [], "e": {}}), "a: 1\nb:\n  c:\n    d: []\n    e: {}"),
    ("a: 1\r\n", Set(("b", "c"), 1), "a: 1\r\nb:\r\n  c: 1\r\n"),
    ("a: {}\n", Set(("a", "b", "c"), 1), "a: {b: {c: 1}}\n"),
    ("a: {b: 1}\n", Set(("a", "x.y/z"), "d,e"), 'a: {b: 1, x.y/z: "d,e"}\n'),
    ("a: {b: 1,}\n", Set(("a", "c"), 1), "a: {b: 1, c: 1,}\n"),
    ("a: {b: }\n", Set(("a", "c"), 1), "a: {b: , c: 1 }\n"),
    ("a: {\n  b: 1 # d\n}\n", Set(("a", "c"), 1), "a: {\n  b: 1, # d\n  c: 1\n}\n"),
    ("a: {\n  b: 1, # d\n}\n", Set(("a", "c"), 1), "a: {\n  b: 1, # d\n  c: 1,\n}\n"),
    ("a: |\n  x\n\nb: |+\n  y\n\n", Set(("c",), 1), "a: |\n  x\n\nb: |+\n  y\n\nc: 1\n"),
    ("a: |\n  x", Set(("c",), 1), "a: |-\n  x\nc: 1"),
    ("- x: 1\n- y: 2\n", Set((0, "z"), 3), "- x: 1\n  z: 3\n- y: 2\n"),
    ("b: &b {x: 1}\na:\n  <<: *b\n", Set(("a", "c"), 1), "b: &b {x: 1}\na:\n  <<: *b\n  c: 1\n"),
    ("a: 1\n", Set(("on",), 1), 'a: 1\n"on": 1\n'),
    ("a: 1\n", Set(("true",), 1), 'a: 1\n"true": 1\n'),
    ("", Set(("a", "b"), 1), "a:\n  b: 1\n"),
    ("# c\n", Set(("a",), 1), "# c\na: 1\n"),
    ("# c", Set(("a",), 1), "# c\na: 1"),
    ("---\n", Set(("a",), 1), "---\na: 1\n"),
    ("---\n# c\n---\nb: 1\n", Set(("a",), 1), "---\n# c\na: 1\n---\nb: 1\n"),
    # Maps and lists as values.
    (
        "a: 1 # c\n",
        Set(("a",), {"b": [1, {"c": 2, "d": 3}]}),
        "a: # c\n  b:\n    - 1\n    - c: 2\n      d: 3\n",
    ),
    ("a: 1\nl:\n- 1\n", Set(("a",), [[1, 2], []]), "a:\n- - 1\n  - 2\n- []\nl:\n- 1\n"),
    ("a: 1\n", Set(("a",), "x\ny\n"), "a: |\n  x\n  y\n"),
    ("a: 1 # c\n", Set(("a",), "x\n\ny"), "a: |- # c\n  x\n\n  y\n"),
    ("a: 1\n", Set(("a",), " x\n"), 'a: " x\\n"\n'),
    ("a: 1", Set(("a",), "x\ny\n"), 'a: "x\\ny\\n"'),
    ("a: | # c\n  x\n  y\n\nb: 1\n", Set(("a",), "z"), "a: z # c\n\nb: 1\n"),
    ("a: |\n    x\nb:\n    c: 1\n", Set(("a",), "y\nz\n"), "a: |\n    y\n    z\nb:\n    c: 1\n"),
    ("a:\n  b: 1 # c\n  # d\n  e: 2\nf: 3\n", Set(("a",), 5), "a: 5\n  # c\n  # d\nf: 3\n"),
    ("a:\n- 1\n- 2\nb: 1\n", Set(("a",), {"c": 1}), "a:\n  c: 1\nb: 1\n"),
    ("a: [1, # c\n  2]\nb: 1\n", Set(("a",), "x"), "a: x # c\nb: 1\n"),
    ("a: {b: 1, c: 2, d: 3}\n", Set(("a",), {"b": 1, "d": 4, "e": 5}), "a: {b: 1, d: 4, e: 5}\n"),
    ("a:\n  b: 1 # b\n  c: 2 # c\n", Set(("a",), {"c": 3, "d": 4}), "a:\n  # b\n  c: 3 # c\n  d: 4\n"),
    ("a:\n  - 1 # x\n  - 2\n", Set(("a",), [1, 3, 4]), "a:\n  - 1 # x\n  - 3\n  - 4\n"),
    ("a:\n  - 1 # x\n  - 2\n", Set(("a",), [1]), "a:\n  - 1 # x\n"),
    ("a:\n  - b: 1\n    c: 2 # d\n", Set(("a", 0), "x"), "a:\n  - x # d\n"),
    ("a: &x {b: 1}\nc: *x\n", Set(("c",), 1), "a: &x {b: 1}\nc: 1\n"),
    ("a: &x\n  b: 1\n", Set(("a",), 1), "a: &x 1\n"),
    # Removals: their own lines, no comment.
    ("a: 1\nb: 2\nc: 3\n", Remove(("b",)), "a: 1\nc: 3\n"),
    ("a: 1\nb: 2", Remove(("b",)), "a: 1"),
    ("a: |\n  x\nb: 2", Remove(("b",)), "a: |\n  x\n"),
    ("# a\na: 1 # b\n# c\nd: 1\n", Remove(("a",)), "# a\n# b\n# c\nd: 1\n"),
    ("a:\n  b: 1\n  # c\n  d:\n    e: 1\n\nf: 2\n", Remove(("a", "d")), "a:\n  b: 1\n  # c\n\nf: 2\n"),
    ("a: # c\n  b: 1\nd: 2\n", Remove(("a", "b")), "a: {} # c\nd: 2\n"),
    ("a:\n  - b: 1\n  - 2\n", Remove(("a", 0, "b")), "a:\n  - {}\n  - 2\n"),
    ("a:\n  - b: 1\n    c: 2\n", Remove(("a", 0, "b")), "a:\n  - c: 2\n"),
    ("a:\n  - 1\n  # c\n  - 2\n", Remove(("a", 0)), "a:\n  # c\n  - 2\n"),
    ("a:\n  - 1\nb: 1\n", Remove(("a", 0)), "a: []\nb: 1\n"),
    ("a: 1\n", Remove(("a",)), "{}\n"),
    ("a: {b: 1, c: 2, d: 3}\n", Remove(("a", "b")), "a: {c: 2, d: 3}\n"),
    ("a: {b: 1, c: 2, d: 3}\n", Remove(("a", "c")), "a: {b: 1, d: 3}\n"),
    ("a: {b: 1, c: 2, d: 3}\n", Remove(("a", "d")), "a: {b: 1, c: 2}\n"),
    ("a: {b: 1,}\n", Remove(("a", "b")), "a: {}\n"),
    ("a: [1, 2]\n", Remove(("a", 1)), "a: [1]\n"),
    ("a: 1\na: 2\nb: 3\n", Remove(("a",)), "b: 3\n"),
    ("a: 1\na: 2\n", Set(("a",), 3), "a: 1\na: 3\n"),
    ("? a\n: 1\nb: 2\n", Remove(("a",)), "b: 2\n"),
    ("a: &x 1\nb: 2\n", Remove(("a",)), "b: 2\n"),
    # Names.
    ("a: 1 # c\n", Rename(("a",), "b"), "b: 1 # c\n"),
    ("'a' : 1\n", Rename(("a",), "it's"), "'it''s' : 1\n"),
    ("x:\n  a: {b: 1}\n", Rename(("x", "a", "b"), "c,d"), 'x:\n  a: {"c,d": 1}\n'),
    ("a: 1\na: 2\n", Rename(("a",), "b"), "b: 1\nb: 2\n"),
    ("on: 1\n", Rename(("true",), "on"), '"on": 1\n'),
    # List items.
    ("a:\n- 1 # c\nb: 1\n", Append(("a",), {"k": 1, "l": [2]}), "a:\n- 1 # c\n- k: 1\n  l:\n  - 2\nb: 1\n"),
    ("a:\n  - 1\n", Append(("a",), "x"), "a:\n  - 1\n  - x\n"),
    ("a: [1, 2]\n", Append(("a",), {"k": "v"}), "a: [1, 2, {k: v}]\n"),
    ("a: []\n", Append(("a",), "b?c"), 'a: ["b?c"]\n'),
    ("a: []\n", Append(("a",), "on"), 'a: ["on"]\n'),
    ("a: [\n  1, # c\n  2\n]\n", Append(("a",), 3), "a: [\n  1, # c\n  2,\n  3\n]\n"),
    ("a: # c\n", Append(("a",), 1), "a: # c\n  - 1\n"),
    ("b: 1\n", Append(("a", "c"), 1), "b: 1\na:\n  c:\n    - 1\n"),
]


@pytest.mark.parametrize(("before", "patch", "after"), EDITS)
def test_the_text_after_a_patch(before: str, patch: Patch, after: str) -> None:
    assert changed(before, patch) == after


@pytest.mark.parametrize(
    ("text", "patch", "words"),
    [
        (
            "a: &x {b: 1}\nc: *x\n",
            Set(("a", "b"), 2),
            "a.b belongs to the anchor &x in line 1, which line 2 repeats",
        ),
        ("a: &x {b: 1}\nc: *x\n", Set(("a",), 2), "the anchor &x in line 1 is repeated in line 2"),
        ("a: &x {b: 1}\nc: *x\n", Remove(("a",)), "the anchor &x in line 1 is repeated in line 2"),
        (
            "a: &x {b: 1}\nc: *x\n",
            Set(("c", "b"), 2),
            "c.b is reached through the alias *x in line 2, which repeats line 1",
        ),
        ("a: &x {b: 1}\nc: *x\n", Set(("c", "d"), 2), "reached through the alias *x"),
        ("a: &x [1]\nc: *x\n", Append(("c",), 2), "reached through the alias *x"),
        ("a: &x [1]\nc: *x\n", Append(("a",), 2), "belongs to the anchor &x"),
        (
            "a: &x {b: 1}\nc: {<<: *x}\n",
            Set(("c", "b"), 2),
            "c.b comes in through a merge key (<<), from line 1",
        ),
        ("a: &x {b: 1}\nc: {<<: *x}\n", Remove(("c", "b")), "merge key"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", Rename(("c", "b"), "d"), "merge key"),
        ("a: &x {b: 1}\nc: {b: 2, <<: *x}\n", Set(("c", "b"), 3), "merge key"),
        ("&k a: 1\nb: *k\n", Rename(("a",), "c"), "the anchor &k in line 1 is repeated in line 2"),
        ("a: {b: &x 1}\nc: *x\n", Remove(("a", "b")), "the anchor &x in line 1"),
        ("a: [b: 1]\n", Set(("a", 0, "c"), 2), "without braces"),
        ("a: [b: 1]\n", Remove(("a", 0, "b")), "without braces"),
        ("text\n", Set(("a",), 1), "not a map"),
        ("b: |\n one\na: 1\n # c\na: 1\nd: 1\n", Remove(("a",)), "a comment near a"),
        ("a: 1\n", Set((), 5), "anew"),
    ],
)
def test_what_cannot_be_edited_safely_is_refused_with_the_reason(text: str, patch: Patch, words: str) -> None:
    with pytest.raises(CannotPatch) as caught:
        changed(text, patch)
    assert words in str(caught.value)


def test_several_patches_become_edits_of_the_text_as_it_was() -> None:
    text = "a: 1\nb: {}\nc: [1]\n"
    source = Source.from_text(text)
    patches: list[Patch] = [
        Set(("b", "x"), 1),
        Set(("b", "y"), 2),
        Set(("b", "x"), 3),
        Append(("c",), 2),
        Remove(("a",)),
        Rename(("c",), "d"),
    ]
    edits = edit(parse(source)[0], patches)
    assert apply_edits(text, edits) == 'b: {x: 3, "y": 2}\nd: [1, 2]\n'
    assert all(before.end <= after.start for before, after in pairwise(edits))


def test_only_the_given_document_changes() -> None:
    source = Source.from_text("a: 1\n---\na: 1\nb: 2\n---\na: 1\n")
    edits = edit(parse(source)[1], [Set(("a",), 2), Remove(("b",))])
    assert apply_edits(source.text, edits) == "a: 1\n---\na: 2\n---\na: 1\n"


def test_edits_are_as_small_as_they_can_be() -> None:
    source = Source.from_text("tag: v1.2.3 # c\n")
    assert edit(parse(source)[0], [Set(("tag",), "v1.3.3")]) == [Edit(8, 9, "3")]


def test_apply_edits_wants_them_in_order_and_apart() -> None:
    assert apply_edits("abc", [Edit(0, 1, "x"), Edit(1, 1, "y"), Edit(3, 3, "z")]) == "xybcz"
    for wrong in ([Edit(1, 2, ""), Edit(0, 1, "")], [Edit(0, 2, ""), Edit(1, 3, "")], [Edit(2, 9, "")]):
        with pytest.raises(ValueError, match="overlap"):
            apply_edits("abc", wrong)


def test_what_is_taken_away_beside_what_is_added() -> None:
    """One look at the text is not enough: the comma that the new key counts on goes with the old one."""
    document = parse(Source.from_text("{a: {old: [x]}}\n", "f.yaml"))[0]
    patches: list[Patch] = [Set(("a", "new"), 1), Remove(("a", "old"))]
    assert draft(Writer(document), patches) is None
    lines = parse(Source.from_text("a:\n  one: 1\nb:\n  two: 2\n", "f.yaml"))[0]
    assert draft(Writer(lines), [Set(("a", "more"), 1), Set(("b", "more"), 2)]) is not None


@pytest.mark.parametrize("patch", [Remove(("a", "x")), Rename(("a", "x"), "y")])
@pytest.mark.parametrize("merge", ["<<: *base", "<<: [*base]"])
def test_what_a_merge_key_would_bring_back_stays(patch: Patch, merge: str) -> None:
    text = f"base: &base\n  x: 1\na:\n  {merge}\n  x: 2\n"
    with pytest.raises(CannotPatch, match="would come back through a merge key"):
        edit(parse(Source.from_text(text))[0], [patch])


@pytest.mark.parametrize("written", ["!!str 12", "&n 12", "12"])
def test_a_value_below_its_dash_becomes_a_list(written: str) -> None:
    text = f"a:\n-\n {written}\n- 1\n"
    changes = edit(parse(Source.from_text(text))[0], [Set(("a", 0), [None, None])])
    assert apply_edits(text, changes) == "a:\n- - null\n  - null\n- 1\n"
