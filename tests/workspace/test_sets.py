"""The grammar of --set, as Helm reads it."""

from __future__ import annotations

from typing import Any

import pytest

from valuelint.workspace.sets import parse_set, parse_set_json

SETS: list[tuple[str, list[tuple[tuple[str | int, ...], Any]]]] = [
    ("a=1", [(("a",), 1)]),
    ("a.b=true,c=null", [(("a", "b"), True), (("c",), None)]),
    ("a=0", [(("a",), 0)]),
    ("a=007", [(("a",), "007")]),
    ("a=1.5", [(("a",), "1.5")]),
    ("a=-3", [(("a",), -3)]),
    ("a=", [(("a",), "")]),
    ("a={x,y}", [(("a",), ["x", "y"])]),
    ("a={}", [(("a",), [])]),
    ("a={1,true},b=2", [(("a",), [1, True]), (("b",), 2)]),
    ("a[0].b=c", [(("a", 0, "b"), "c")]),
    ("a[1][2]=c", [(("a", 1, 2), "c")]),
    ("a=x\\,y", [(("a",), "x,y")]),
    ("nodeSelector.kubernetes\\.io/role=master", [(("nodeSelector", "kubernetes.io/role"), "master")]),
    ("a=b=c", [(("a",), "b=c")]),
]


@pytest.mark.parametrize(("text", "expected"), SETS)
def test_set(text: str, expected: list[tuple[tuple[str | int, ...], Any]]) -> None:
    assert parse_set(text) == expected


def test_set_string_takes_everything_as_text() -> None:
    assert parse_set("a=1,b=true,c={1}", strings=True) == [(("a",), "1"), (("b",), "true"), (("c",), ["1"])]


def test_set_json() -> None:
    assert parse_set_json('a.b={"c": [1]},d="x"') == [(("a", "b"), {"c": [1]}), (("d",), "x")]
    assert parse_set_json('{"a": {"b": 1}}') == [(("a",), {"b": 1})]


@pytest.mark.parametrize("text", ["", "a", "=b", "a.=b", "a[x]=b", "a={b", "a[99999]=b", "[0]=a"])
def test_what_is_no_assignment(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_set(text)


@pytest.mark.parametrize("text", ["a", "a=", "a={", "a=1 b=2"])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_set_json(text)
