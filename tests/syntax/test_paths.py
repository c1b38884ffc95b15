"""Paths and their written form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuelint.syntax import Path, format_path, parse_path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("hubble", "relay", "enabled"), "hubble.relay.enabled"),
        (("a", "b", 0, "c"), "a.b[0].c"),
        ((0, 1), "[0][1]"),
        (("labels", "x.y/z"), 'labels["x.y/z"]'),
        (("", "a"), '[""].a'),
        (('q"', "b\\"), '["q\\""]["b\\\\"]'),
        (("0",), "0"),
        (("ü",), '["ü"]'),
    ],
)
def test_written_and_read_back(path: Path, text: str) -> None:
    assert format_path(path) == text
    assert parse_path(text) == path


@given(st.lists(st.one_of(st.text(), st.integers(0, 10**6))).map(tuple))
def test_every_path_reads_back(path: Path) -> None:
    assert parse_path(format_path(path)) == path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a..b", "column 3: expected a key"),
        (".a", "column 1: expected a key"),
        ("a.", "column 3: expected a key"),
        ("a[", "column 2: expected an index"),
        ("a[x]", "column 2: expected an index"),
        ("a[-1]", "column 2: expected an index"),
        ("a[0]b", "column 5: expected . or ["),
        ('a["b', "never closed"),
        ('a["b"c', "column 6: expected ]"),
        ("a b", "column 2: expected . or ["),
        ("a/b", "column 2: expected . or ["),
    ],
)
def test_what_is_no_path_is_refused_with_its_column(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="column") as caught:
        parse_path(text)
    assert words in str(caught.value)
