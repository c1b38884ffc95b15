"""The located tree: where everything is, and what is refused with which words."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import texts
from valuelint.syntax import (
    Alias,
    Document,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Source,
    SourceError,
    find,
    parse,
)
from valuelint.syntax.comments import content_start, nodes


def document(text: str) -> Document:
    (only,) = parse(Source.from_text(text))
    return only


def mapping(text: str) -> Mapping:
    root = document(text).root
    assert isinstance(root, Mapping)
    return root


def written(text: str, node: Node) -> str:
    return text[node.start : node.end]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1 # c\n", "1"),
        ("a:   x y   # c\n", "x y"),
        ("a: 'it''s'\n", "'it''s'"),
        ('a: "x\n  y" # c\n', '"x\n  y"'),
        ("a: x\n  y\n\n  z\nb: 1\n", "x\n  y\n\n  z"),
        ("a: &x !!str b\n", "&x !!str b"),
        ("a: *x\n", None),
        ("a:\n  # c\n  b\n", "b"),
        ("a: [1, 2] # c\n", "[1, 2]"),
        ("a: {b: 1,\n  c: 2}\n", "{b: 1,\n  c: 2}"),
        ("a:\n  b: 1\n  c: 2 # c\n# d\ne: 3\n", "b: 1\n  c: 2"),
        ("a:\n- 1\n- 2\n\n# t\nb: 1\n", "- 1\n- 2"),
        ("a: # c\nb: 1\n", ""),
        ("a: ü\r\nb: 1\r\n", "ü"),
        ("a: |\n  x\n  y\n\n\nb: 1\n", "|\n  x\n  y"),
        ("a: |-\n  x\n\nb: 1\n", "|-\n  x"),
        ("a: >+\n  x\n\n\nb: 1\n", ">+\n  x\n\n"),
        ("a: |+\n\n\nb: 1\n", "|+\n\n"),
        ("a: |  # c\n  x # no comment\n # c\nb: 1\n", "|  # c\n  x # no comment"),
        ("a: |\r\n  x\r\n\r\nb: 1\r\n", "|\r\n  x"),
        ("a: |\n  x", "|\n  x"),
        ("a: |\n  x\n    \nb: 1\n", "|\n  x\n    "),
        ("a: |\n  x\n \n\nb: 1\n", "|\n  x"),
    ],
)
def test_a_value_spans_what_was_written_for_it(text: str, expected: str | None) -> None:
    if expected is None:
        text = "x: &x 1\n" + text
        expected = "*x"
    source = Source.from_text(text)
    root = parse(source)[0].root
    assert isinstance(root, Mapping)
    entry = root.get("a")
    assert entry is not None
    assert written(source.text, entry.value) == expected


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a:\nb: 1\n", 2),
        ("a:   # c\n", 2),
        ("{a:   , b}", 3),
        ("{b: 1, a}", 8),
        ("? a\n? b\n", 3),
        ("? a\n:\n", 5),
        ("b:\n  a:", 7),
    ],
)
def test_an_empty_value_stands_behind_its_colon_or_key(text: str, at: int) -> None:
    found = find(document(text).root, ("b", "a") if text.startswith("b:") else ("a",))
    assert found is not None
    assert (found.node.start, found.node.end) == (at, at)


def test_keys_values_anchors_and_aliases_have_places_of_their_own() -> None:
    text = "base: &b {x: 1}\nuse:\n  <<: *b\n  'q': &s \"v\"\n  again: *s\n"
    root = mapping(text)
    base, use = root.entries[0].value, root.entries[1].value
    assert isinstance(use, Mapping)
    merge, quoted, again = use.entries
    assert base.anchor == "b"
    assert merge.is_merge
    assert isinstance(merge.value, Alias)
    assert merge.value.target is base
    assert written(text, merge.value) == "*b"
    assert written(text, quoted.key) == "'q'"
    assert quoted.value.anchor == "s"
    assert text[content_start(text, quoted.value) :].startswith('"v"')
    assert isinstance(again.value, Alias)
    assert again.value.target is quoted.value
    assert (again.start, again.end) == (text.index("again"), text.index("\n", text.index("again")))


def test_merged_entries_say_so_and_what_stands_later_wins() -> None:
    root = mapping("b: &b {x: 1, z: 1}\nd: {z: 2, <<: *b, x: 3}\n")
    inner = root.entries[1].value
    assert isinstance(inner, Mapping)
    own, merged = inner.get("x"), inner.get("z")
    assert own is not None
    assert merged is not None
    assert isinstance(own.value, Scalar)
    assert isinstance(merged.value, Scalar)
    assert (own.value.raw, own.merged) == ("3", False)
    assert (merged.value.raw, merged.merged) == ("1", True)
    assert inner.get("absent") is None
    assert [entry.key_text for entry in inner.entries] == ["z", "<<", "x"]


def test_an_alias_means_the_anchor_written_last_before_it() -> None:
    root = mapping("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")
    targets = [entry.value.target for entry in root.entries if isinstance(entry.value, Alias)]
    assert [target.raw for target in targets if isinstance(target, Scalar)] == ["1", "2"]


def test_duplicate_keys_are_listed_with_the_one_that_wins() -> None:
    only = document("a:\n- on: 1\n  true: 2\n  yes: 3\nb: 1\nb: 2\n")
    listed = [(path, lost.value, wins.value) for path, lost, wins in only.duplicates]
    texts_of = [
        (path, lost.raw, wins.raw)
        for path, lost, wins in listed
        if isinstance(lost, Scalar) and isinstance(wins, Scalar)
    ]
    assert texts_of == [(("a", 0, "true"), "1", "3"), (("a", 0, "true"), "2", "3"), (("b",), "1", "2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# a\nb: 1 # c\n# d", ["# a", "# c", "# d"]),
        ("a: x#y\nb: 'q # r'\nc: \"s # t\"\n", []),
        ("a: 'x'# c\nb: [1]# d\n", ["# c", "# d"]),
        ("a: | # head\n  # body\n# tail\n", ["# head", "# tail"]),
        ("a: >-\n  x # y\n\n # z\n", ["# z"]),
        ("a: &x # c\n  b: 1\n", ["# c"]),
        ("a: !x # c\n  b\n", ["# c"]),
        ("a: [1, # c\n  2 # d\n  # e\n  ]\n", ["# c", "# d", "# e"]),
        ("a: first\n  second # c\n", ["# c"]),
        ("a:#b\r\nc: 1 # d\r\n".replace("a:#b", "a: 1 #b"), ["#b", "# d"]),
        ("\ufeff# a\nb: ü # é\n", ["# a", "# é"]),
        ("- # a\n  x\n-\n  # b\n", ["# a", "# b"]),
        ("# only", ["# only"]),
        ("? a # k\n: b # v\n", ["# k", "# v"]),
        ("", []),
    ],
)
def test_comments_are_found_exactly(text: str, expected: list[str]) -> None:
    only = document(text)
    assert [only.source.text[start:end] for start, end in only.comments] == expected


def test_documents_share_out_the_text() -> None:
    source = Source.from_text("# a\nx: 1\n--- # b\ny: &n 2 # c\n...\n# d\n---\n# e\n")
    documents = parse(source)
    assert [each.index for each in documents] == [0, 1, 2]
    assert [isinstance(each.root, Mapping) for each in documents] == [True, True, False]
    assert all(before.end == after.start for before, after in pairwise(documents))
    found = [[source.text[start:end] for start, end in each.comments] for each in documents]
    assert found == [["# a"], ["# b", "# c"], ["# d", "# e"]]


@pytest.mark.parametrize("text", ["", "\n", "# c\n", "---\n", "--- # c\n...\n"])
def test_a_text_without_values_is_one_document_without_a_root(text: str) -> None:
    assert document(text).root is None


@pytest.mark.parametrize(("text", "kind"), [("- a\n", Sequence), ("a\n", Scalar), ("[a]", Sequence), ("{}", Mapping)])
def test_any_root_is_accepted(text: str, kind: type[Node]) -> None:
    assert isinstance(document(text).root, kind)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: {{ .Values.x }}\n", (1, 5), "template"),
        ("a:\n  - {{ x }}\n", (2, 6), "template"),
        ("{{- if .x }}\na: 1\n{{- end }}\n", (1, 2), "template"),
        ("a: 1\n{{ include . }}: 2\n", (2, 1), "template"),
        ("a: 1\n{{ include . }}\n", (2, 1), "template"),
        ("a: {% x %}\n", (1, 5), "template"),
        ("a: @x\n", (1, 4), "cannot begin with @"),
        ("a: `x`\n", (1, 4), "cannot begin with `"),
        ("a: %x\n", (1, 4), "cannot begin with %"),
        ("a:\n\tb: 1\n", (2, 1), "tabs"),
        ("\ta: 1\n", (1, 1), "tabs"),
        ("a: b: c\n", (1, 5), "colon"),
        ("a: - b\n", (1, 4), "list item"),
        ("a: 'x\n", (2, 1), "quote"),
        ('a: "x\n', (2, 1), "quote"),
        ("a: [1, 2\nb: 1\n", (2, 2), "bracket"),
        ("a: [\n", (2, 1), "expected"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "fit the lines"),
        ("a: *x\n", (1, 4), "no anchor"),
        ("a: &x 1\n---\nb: *x\n", (3, 4), "no anchor"),
        ("a: &x [*x]\n", (1, 8), "contains itself"),
        ("a: &x {<<: *x}\n", (1, 12), "contains itself"),
        ("? [a]\n: 1\n", (1, 3), "cannot be a key"),
        ("{a: b}: c\n", (1, 1), "cannot be a key"),
        ("x: &x [1]\n*x : 2\n", (2, 1), "cannot be a key"),
        ("a: {<<: 1}\n", (1, 9), "needs a map"),
        ("a: {<<: ~}\n", (1, 9), "needs a map"),
        ("a: {<<: [1]}\n", (1, 9), "needs a map"),
        ("b: &b [{x: 1}]\na: {<<: *b}\n", (2, 9), "needs a map"),
        ("%YAML 1.1\n---\na: 1\n", (1, 1), "directives"),
        ("%FOO\n---\na: 1\n", (1, 5), "YAML"),
        ("a: \x01\n", (1, 4), "U+0001"),
        ('ok: 1\na: "x\x7f"\n', (2, 6), "U+007F"),
        ("a: x\x85y\n", (1, 6), "colon"),
        ("a: !x!y 1\n", (1, 4), "tag"),
        ('a: "\\q"\n', (1, 5), "escape"),
        ('a: "\\ud800"\n', (1, 7), "escape"),
        ("a: &\n", (1, 5), "name"),
        ("a: [b?c]\n", (1, 5), "unquoted ?"),
        ("a: {b?: 1}\n", (1, 5), "unquoted ?"),
        ("a: {b:}\n", (1, 6), "a colon before a bracket"),
        ("a" * 1100 + ": 1\n", (1, 1101), "colon"),
        ("just text\nb: 1\n", (2, 2), "colon"),
    ],
)
def test_what_helm_cannot_read_is_refused_with_its_place_and_a_remedy(
    text: str, place: tuple[int, int], words: str
) -> None:
    with pytest.raises(SourceError) as caught:
        parse(Source.from_text(text, "v.yaml"))
    error = caught.value
    assert words in error.message
    assert (error.line, error.column) == place
    assert error.remedy
    assert "\n" not in str(error)


DEEP = {
    "brackets": "a: " + "[" * 100_000,
    "brackets on lines": "a: " + "[\n" * 100_000,
    "closed brackets": "a: " + "[" * 50_000 + "]" * 50_000,
    "braces": "{a: " * 50_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "block maps": "".join(" " * depth + "a:\n" for depth in range(1500)),
    "pairs": "[a: " * 50_000,
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_is_refused_at_once(name: str) -> None:
    source = Source.from_text(DEEP[name])
    start = time.process_time()
    with pytest.raises(SourceError) as caught:
        parse(source)
    # Far more than it takes, and far less than one more power of the size would.
    assert time.process_time() - start < 1.0
    assert "deeper" in caught.value.message or "key" in caught.value.message


def test_depth_and_number_of_values_have_limits_of_the_callers_choice() -> None:
    source = Source.from_text("a: [[1]]\n")
    assert len(parse(source, max_depth=3, max_nodes=5)) == 1
    with pytest.raises(SourceError, match="deeper than 2"):
        parse(source, max_depth=2)
    with pytest.raises(SourceError, match="more than 4 values"):
        parse(source, max_nodes=4)


def test_merge_keys_cannot_multiply_without_limit() -> None:
    lines = ["m0: &m0 {k0: 1}"]
    lines += [f"m{n}: &m{n} {{<<: *m{n - 1}, k{n}: 1}}" for n in range(1, 400)]
    source = Source.from_text("\n".join(lines))
    assert len(parse(source)) == 1
    with pytest.raises(SourceError, match="merge keys"):
        parse(source, max_nodes=20_000)


def test_a_chain_of_merge_bombs_costs_nothing() -> None:
    text = "m0: &m0 {a: 1, b: 2}\n" + "".join(f"m{n + 1}: &m{n + 1} {{<<: [*m{n}, *m{n}]}}\n" for n in range(60))
    root = mapping(text)
    last = root.entries[-1].value
    assert isinstance(last, Mapping)
    assert sorted(last.keys) == ["a", "b"]


@given(texts())
def test_scalars_stand_where_their_nodes_say(text: str) -> None:
    source = Source.from_text(text)
    for each in parse(source):
        for node in nodes(each.root):
            assert 0 <= node.start <= node.end <= len(source.text)
            if isinstance(node, Scalar):
                shown = source.text[content_start(source.text, node) : node.end]
                if node.style == "plain":
                    assert " ".join(shown.split()) == " ".join(node.raw.split())
                elif node.style in ("single", "double"):
                    assert shown[0] == shown[-1] == {"single": "'", "double": '"'}[node.style]
                else:
                    assert shown[0] == {"literal": "|", "folded": ">"}[node.style]
            elif isinstance(node, Alias):
                assert source.text[node.start : node.end] == f"*{node.name}"


@given(st.one_of(st.text(alphabet="ab:-?{}[]*&!|>'\"#%@,\\~<. \n\t\r\x85\u2028", max_size=40), st.text(max_size=20)))
def test_any_text_is_read_or_refused_with_words(text: str) -> None:
    assert_read_or_refused(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_words(data: bytes) -> None:
    assert_read_or_refused(data)


def assert_read_or_refused(data: bytes) -> None:
    refused: SourceError | None = None
    try:
        source = Source.from_bytes(data)
        documents = parse(source)
    except SourceError as error:
        refused = error
    if refused is None:
        assert documents
        assert all(source.text[start] == "#" for each in documents for start, _ in each.comments)
    else:
        assert refused.line >= 1
        assert refused.column >= 1
        assert refused.message
        assert refused.remedy
