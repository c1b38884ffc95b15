"""How Helm types what is written: each row was read by Helm's own engine (4.2, a chart's values.yaml)."""

from __future__ import annotations

from typing import Any

import pytest

from valuelint.syntax import SourceError, load_data
from valuelint.syntax.scalars import resolve

# (value, everything that is written to mean it)
READ_AS: list[tuple[Any, tuple[str, ...]]] = [
    (
        True,
        ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "!!bool yes", '!!bool "y"'),
    ),
    (False, ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")),
    (None, ("", "~", "null", "Null", "NULL", '!!null ""', "!!null null", "!!null")),
    (0, ("0", "00", "-0", "0x0", "1e-400")),
    (1, ("1", "+1", "1.0", "1.", "1_", "0b1", "0B1", "0b_1", "!!float 1", '!!float "1"')),
    (3, ("0b11", "+0b11")),
    (-3, ("-0b11", "0b-11")),
    (7, ("0o7", "0O7", "0o_7", "07", '!!int "7"')),
    (12, ("0o14", "014", "12", "1_2")),
    (-12, ("-014",)),
    (8, ("08", "8")),
    (31, ("0x1F", "0X1F", "0x_1F", "+0x1f", "!!int 0x1F", '!!int "0x1F"')),
    (1000, ("1e3", "1E3", "1e+3", "1.e3", "1_000", "1e_3", "1__000")),
    (12000, ("12e03",)),
    (4095, ("0777_7",)),
    (10_000_000_000, ("10000000000", "1e1_0")),
    (0.5, (".5", "0.5", "+.5", ".5_0")),
    (1.5, ("1_.5", "1.5")),
    (8.5, ("08.5",)),
    (0.01, ("1e-2",)),
    (9007199254740992, ("9007199254740992", "9007199254740993")),
    (1.2345678901234567e19, ("12345678901234567890",)),
    (18446744073709551616.0, ("18446744073709551615", "18446744073709551616", "01777777777777777777777")),
    (7.777777777777778e24, ("07777777777777777777777777",)),
    ("hi", ("hi", "!!binary aGk=", "!!str hi", "!custom hi", "! hi", '"hi"', "'hi'")),
    ("12", ('"12"', "!!str 12", "!foo 12", "! 12", "'12'")),
    ("on", ('"on"', "'on'", "!!str on")),
    ("", ('""', "''", "!!str")),
    ("~", ('"~"', "!!str ~")),
]
# Written without quotes, and text all the same.
TEXT = (
    *("tRue", "yES", "oFF", "nULL", "~x", "1:30", "190:20:30", "12:30:45", "2001-01-01", "2001-1-1", "="),
    *(
        "2001-01-01T00:00:00Z",
        "_1",
        ".",
        "..",
        ".e3",
        "1e",
        "0x",
        "0b",
        "0o8",
        "0b2",
        "0o-7",
        "0B-1",
        "-0b-1",
    ),
    *(
        "0x1.8p1",
        "1p3",
        "inf",
        "nan",
        "infinity",
        "1e400",
        "-1e400",
        "0xFFFFFFFFFFFFFFFFF",
        "1,000",
        "<<",
        "1.2.3",
    ),
    *("\u0661", "1\u0661", "100Mi", "http://x", "-x", "a#b", "a:b"),
)
REFUSED = (
    *(
        "!!int x",
        '!!float "x"',
        "!!bool 3",
        "!!null x",
        "!!int 1.5",
        "!!int",
        "!!int on",
        "!!int 1e3",
        '!!binary "a"',
    ),
    *("!!float 18446744073709551615", "!!int 18446744073709551616", "!!int .inf"),
    *(".inf", "-.inf", "+.Inf", ".INF", ".nan", ".NaN", "!!float .inf"),
)


@pytest.mark.parametrize(("written", "value"), [(text, value) for value, texts in READ_AS for text in texts])
def test_a_scalar_is_read_as_helm_reads_it(written: str, value: Any) -> None:
    found = load_data(f"a: {written}\n")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("written", TEXT)
def test_what_helm_reads_as_text_is_text(written: str) -> None:
    assert load_data(f"a: {written}\n") == {"a": written}


@pytest.mark.parametrize("written", REFUSED)
def test_what_helm_refuses_is_refused(written: str) -> None:
    with pytest.raises(SourceError) as caught:
        load_data(f"a: {written}\n")
    assert (caught.value.line, caught.value.column) == (1, 4)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("on", "true"),
        ("y", "true"),
        ("n", "false"),
        ('"y"', "y"),
        ('""', ""),
        ("1", "1"),
        ("+1", "1"),
        ("0x1F", "31"),
        ("014", "12"),
        ("1_000", "1000"),
        ("0b-11", "-3"),
        ("1.5", "1.5"),
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.0", "-0"),
        ("1e3", "1000"),
        ("1e5", "100000"),
        ("1e6", "1e+06"),
        ("1000000", "1000000"),
        ("1000000.0", "1e+06"),
        ("1234567.891", "1.2345679e+06"),
        ("123456.75", "123456.75"),
        ("16777217.5", "1.6777218e+07"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("1e20", "1e+20"),
        ("1e39", ".inf"),
        ("-1e39", "-.inf"),
        ("1e-50", "0"),
        (".inf", ".inf"),
        ("-.INF", "-.inf"),
        (".NaN", ".nan"),
        ("!!float .inf", ".inf"),
        ("!!float 1000000", "1e+06"),
        ("9007199254740993", "9007199254740993"),
        ("18446744073709551616", "1.8446744e+19"),
        ("2001-01-01", "2001-01-01"),
        ("!!str 1", "1"),
        ("!foo 1", "1"),
        ('!!int "1"', "1"),
        ('!!bool "yes"', "true"),
        ("!!binary aGk=", "hi"),
        ("a b", "a b"),
        ('"<<"', "<<"),
        ("!!str <<", "<<"),
    ],
)
def test_a_key_is_the_text_helm_makes_of_it(written: str, key: str) -> None:
    assert load_data(f"{written}: {{}}\n") == {key: {}}


@pytest.mark.parametrize("written", ["~", "null", "!!null ''", "!!int x", "9223372036854775808", "[a]", "{a: b}"])
def test_a_key_that_helm_refuses_is_refused(written: str) -> None:
    with pytest.raises(SourceError) as caught:
        load_data(f"{written}: v\n")
    assert (caught.value.line, caught.value.column) == (1, 1)


def test_resolve_needs_no_document() -> None:
    assert resolve("on", "plain", None) is True
    assert resolve("on", "double", None) == "on"
