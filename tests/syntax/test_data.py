"""What trees mean: plain data, and the way along a path."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given

from tests.strategies import paths_of, texts
from valuelint.syntax import Mapping, Path, Scalar, Source, SourceError, find, load_data, parse, to_data


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("# c\n", None),
        ("a:\n", {"a": None}),
        ("a: &x [1, {b: on}]\nc: *x\n", {"a": [1, {"b": True}], "c": [1, {"b": True}]}),
        ("a: 1\na: 2\n", {"a": 2}),
        ("on: 1\ntrue: 2\n", {"true": 2}),
        ("a: {x: 1}\na: {z: 2}\n", {"a": {"z": 2}}),
        ("b: &b {x: 1, z: 2}\nd: {<<: *b, z: 3}\n", {"b": {"x": 1, "z": 2}, "d": {"x": 1, "z": 3}}),
        ("b: &b {x: 1, z: 2}\nd: {z: 3, <<: *b}\n", {"b": {"x": 1, "z": 2}, "d": {"x": 1, "z": 2}}),
        ("d: {<<: [{x: 1}, {x: 2, z: 3}]}\n", {"d": {"x": 1, "z": 3}}),
        ("d: {<<: {x: 1}, <<: {x: 2}}\n", {"d": {"x": 2}}),
        ("d: {<<: {<<: {x: 1}, z: 2}}\n", {"d": {"x": 1, "z": 2}}),
        ("d: {<<: []}\n", {"d": {}}),
        ('d: {"<<": {x: 1}}\n', {"d": {"<<": {"x": 1}}}),
        ("d: {!!merge <<: {x: 1}}\n", {"d": {"x": 1}}),
        ("d: {!!str <<: {x: 1}}\n", {"d": {"<<": {"x": 1}}}),
        ("b: &b {x: 1}\nd: {<<: *b, x: null}\n", {"b": {"x": 1}, "d": {"x": None}}),
        ("x: {a:1}\n", {"x": {"a:1": None}}),
        ("x: [a: 1, b]\n", {"x": [{"a": 1}, "b"]}),
        ("&k a: 1\nb: *k\n", {"a": 1, "b": "a"}),
        ("k: &k on\n*k : 1\n", {"k": True, "true": 1}),
        (
            "a: !!set {x}\nb: !!omap [x: 1]\nc: !t {x: 1}\n",
            {"a": {"x": None}, "b": [{"x": 1}], "c": {"x": 1}},
        ),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("\ufeffa: 1\r\nb: |\r\n  x\r\n", {"a": 1, "b": "x\n"}),
        ("a: 1\rb: 2", {"a": 1, "b": 2}),
        ("a: 1\n...\n", {"a": 1}),
        ('a: "x\x85y"\n', {"a": "x y"}),
        ("a: x\ufeffy\n", {"a": "x\ufeffy"}),
        ("- 1\n", [1]),
        ("text\n", "text"),
    ],
)
def test_data_is_what_helm_sees(text: str, data: Any) -> None:
    assert load_data(text) == data


def test_data_is_new_every_time_and_shares_nothing() -> None:
    root = parse(Source.from_text("a: &x [1]\nb: *x\n"))[0].root
    first, second = to_data(root), to_data(root)
    first["a"].append(2)
    assert first == {"a": [1, 2], "b": [1]}
    assert second == {"a": [1], "b": [1]}


@given(texts(strict=True))
def test_another_reader_of_yaml_sees_the_same_structure(text: str) -> None:
    theirs = yaml.load(text, Loader=yaml.CSafeLoader)
    assert load_data(text) == theirs


@given(texts())
def test_every_path_of_the_data_is_found_with_its_value(text: str) -> None:
    root = parse(Source.from_text(text))[0].root
    data = to_data(root)
    for path in paths_of(data):
        found = find(root, path)
        assert found is not None
        expected = data
        for part in path:
            expected = expected[part]
        assert to_data(found.node) == expected


@pytest.mark.parametrize(
    ("path", "raw", "shared"),
    [
        (("a", "x"), "1", False),
        (("b", "x"), "1", True),
        (("c", "x"), "1", True),
        (("c", "own"), "2", False),
        (("d", 1, "x"), "1", True),
        (("d", 0), "on", False),
        (("e", "x"), "4", False),
        (("c", "absent"), None, False),
        (("d", 2), None, False),
        (("d", "x"), None, False),
        (("a", 0), None, False),
        (("d", 0, "x"), None, False),
    ],
)
def test_find(path: Path, raw: str | None, shared: bool) -> None:
    text = "a: &a {x: 1}\nb: *a\nc: {<<: *a, own: 2}\nd: [on, *a]\ne: {x: 3, x: 4}\n"
    found = find(parse(Source.from_text(text))[0].root, path)
    if raw is None:
        assert found is None
        return
    assert found is not None
    assert isinstance(found.node, Scalar)
    assert (found.node.raw, found.shared) == (raw, shared)
    assert (found.entry is not None) == isinstance(path[-1], str)


def test_the_empty_path_finds_the_root() -> None:
    root = parse(Source.from_text("a: 1\n"))[0].root
    found = find(root, ())
    assert found is not None
    assert (found.node, found.parent, found.entry) == (root, None, None)
    assert isinstance(root, Mapping)
    assert find(None, ("a",)) is None


BOMBS = {
    "aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(8)),
    "many aliases of aliases": "a0: &a0 [x, x]\n"
    + "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(150)),
    "deep through aliases": "a0: &a0 {x: 1}\n" + "".join(f"a{n + 1}: &a{n + 1} {{x: *a{n}}}\n" for n in range(5000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_once_and_cost_nothing(name: str) -> None:
    source = Source.from_text(BOMBS[name])
    documents = parse(source)
    start = time.process_time()
    with pytest.raises(SourceError, match="aliases make this") as caught:
        to_data(documents[0].root, source=source)
    assert time.process_time() - start < 1.0
    assert caught.value.remedy


def test_the_budget_counts_what_aliases_expand_to() -> None:
    root = parse(Source.from_text("a: &a [1, 2]\nb: [*a, *a]\n"))[0].root
    assert to_data(root, budget=20) == {"a": [1, 2], "b": [[1, 2], [1, 2]]}
    with pytest.raises(SourceError, match="more than 8 values"):
        to_data(root, budget=8)


def test_load_data_reads_one_document() -> None:
    with pytest.raises(SourceError, match="one document"):
        load_data("a: 1\n---\nb: 2\n")
