"""The order of versions and the language of ranges."""

from __future__ import annotations

import random

import pytest

from valuelint.charts.versions import Range, compare, format_version, is_prerelease, parse_version

IN_ORDER = [
    "0.9.0",
    "1.0.0-0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0-rc0",
    "1.0.0",
    "1.2.0",
    "1.9.0",
    "1.10.0",
    "10.0.0",
]


def test_order_is_that_of_semver() -> None:
    shuffled = IN_ORDER[:]
    random.Random(1).shuffle(shuffled)
    assert sorted(shuffled, key=parse_version) == IN_ORDER


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("v1.2.3", "1.2.3", 0),
        ("V1.2.3", "1.2.3", 0),
        ("1.2.3+build.7", "1.2.3+other", 0),
        ("1.2", "1.2.0", 0),
        ("1", "1.0.0", 0),
        (" 1.2.3 ", "1.2.3", 0),
        ("1.2.3-rc.1", "1.2.3", -1),
        ("1.16.0-pre.3", "1.16.0-rc.0", -1),
        ("1.14.0-snapshot.0", "1.14.0-rc.1", 1),
        ("1.2.3-x-y", "1.2.3-x", 1),
        ("1.2.3--", "1.2.3-0", 1),
    ],
)
def test_compare(left: str, right: str, expected: int) -> None:
    assert compare(left, right) == expected
    assert compare(right, left) == -expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "x",
        "1.x",
        "1..2",
        "1.2.3.4",
        "1.2.3-",
        "1.2.3-a..b",
        "1.2.3-ü",
        "1.02.3",
        "1.2.3-a b",
        "-1.2.3",
        "~1.2",
        "1.٢.3",
    ],
)
def test_what_is_no_version_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version") as caught:
        parse_version(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", IN_ORDER)
def test_format_version_writes_what_was_read(text: str) -> None:
    assert format_version(parse_version(text)) == text


def test_is_prerelease() -> None:
    assert is_prerelease("1.2.3-rc0")
    assert not is_prerelease("v1.2.3+rc0")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (
            ">=1.14.7 <1.17 || 1.15.8",
            ["1.14.7", "1.15.8", "1.17.0-rc.1", "v1.16.0"],
            ["1.14.6", "1.17.0", "1.14.7-rc.1"],
        ),
        (">=1.14.7 <1.15 || 1.15.8", ["1.14.9", "1.15.8"], ["1.15.0", "1.15.7", "1.15.9"]),
        ("1.15.8", ["1.15.8", "1.15.8+x"], ["1.15.7", "1.15.8-rc.1"]),
        ("=1.15.8 || ==1.15.9", ["1.15.8", "1.15.9"], ["1.15.7"]),
        (">1.15.8 !=1.16.0 <=1.17.0", ["1.15.9", "1.17.0"], ["1.15.8", "1.16.0", "1.17.1"]),
        (">= 1.16 < 1.17", ["1.16.0", "1.16.9"], ["1.16.0-rc.1", "1.17.0"]),
        (">=1.16.0-0", ["1.16.0-pre.0", "2.0.0"], ["1.15.9"]),
        ("*", ["1.16.0-pre.0", "0.0.1", "99.0.0"], []),
        ("<1.12 || *", ["1.11.9", "1.18.0"], []),
        ("<1.12||>=1.18", ["1.11.9", "1.18.0"], ["1.12.0", "1.17.9"]),
    ],
)
def test_range(text: str, inside: list[str], outside: list[str]) -> None:
    for _ in "first answer", "remembered answer":
        assert [version for version in inside + outside if Range.parse(text).contains(version)] == inside
    parsed = [parse_version(version) for version in inside + outside]
    assert [Range.parse(text).contains(version) for version in parsed] == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        (">=1.2 ||", "missing"),
        (">=", "missing"),
        (">=1.2 <", "missing"),
        ("~1.2.3", "is not a version"),
        ("1.15", "ambiguous"),
        ("<=1.15", "ambiguous"),
        (">1.15", "ambiguous"),
        ("!=1.15", "ambiguous"),
        (">=1.2, <1.3", "is not a version"),
    ],
)
def test_what_is_no_range_is_refused_and_named(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        Range.parse(text)
    assert repr(text) in str(caught.value)


def test_boundaries_are_the_versions_named_in_order() -> None:
    assert Range.parse(">=1.14.7 <1.17 || 1.9.8 || >=1.17.0").boundaries() == ["1.9.8", "1.14.7", "1.17.0"]


def test_ranges_are_values() -> None:
    assert Range.parse(">=1.2") == Range.parse(">= 1.2.0")
    assert Range.parse(">=1.2") != Range.parse("<1.2")
    assert len({Range.parse(">=1.2  <2.0"), Range.parse(">=1.2 <2.0")}) == 1
