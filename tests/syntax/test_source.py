"""Text, bytes and positions of one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from valuelint.syntax import Source, SourceError


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("a: 1\nb: 2", 0, (1, 1)),
        ("a: 1\nb: 2", 4, (1, 5)),
        ("a: 1\nb: 2", 5, (2, 1)),
        ("a: 1\nb: 2", 9, (2, 5)),
        ("a\r\nb", 1, (1, 2)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (2, 1)),
        ("é: ü\nx", 5, (2, 1)),
        ("\ufeffa: 1", 0, (1, 1)),
        ("", 0, (1, 1)),
        ("a\n", 2, (2, 1)),
    ],
)
def test_position(text: str, offset: int, expected: tuple[int, int]) -> None:
    assert Source.from_text(text).position(offset) == expected


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a\nb\r\nc", 1, "a"),
        ("a\nb\r\nc", 2, "b"),
        ("a\nb\r\nc", 3, "c"),
        ("a\rb", 2, "b"),
        ("a", 2, ""),
        ("a", 0, ""),
    ],
)
def test_line_text(text: str, line: int, expected: str) -> None:
    assert Source.from_text(text).line_text(line) == expected


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [("abc", 2, 2), ("äöü", 2, 4), ("\ufeffabc", 0, 3), ("\ufeffä😀x", 2, 9)],
)
def test_byte_offset_counts_what_the_file_holds(text: str, offset: int, expected: int) -> None:
    source = Source.from_text(text)
    assert source.byte_offset(offset) == expected
    assert source.data[expected:].decode() == source.text[offset:]


@pytest.mark.parametrize(("text", "expected"), [("a\r\nb\n", "\r\n"), ("a\nb\r\n", "\n"), ("a", "\n"), ("\n", "\n")])
def test_newline_is_that_of_the_first_line(text: str, expected: str) -> None:
    assert Source.from_text(text).newline == expected


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        ("a: é".encode("utf-16"), (1, 1), "UTF-16"),
        ("a: é".encode("utf-32"), (1, 1), "UTF-32"),
        (b"\xfe\xff\0a", (1, 1), "UTF-16"),
        (b"ok: 1\nb: caf\xe9\n", (2, 7), "0xE9"),
        ("ü: ".encode() + b"\xff", (1, 4), "0xFF"),
        (b"\xef\xbb\xbfa\nb\xc0\x80", (2, 2), "0xC0"),
        (b"\xed\xa0\x80", (1, 1), "0xED"),
        (b"a: 1\n\0", (2, 1), "binary"),
        ("a: 1".encode("utf-16-le"), (1, 2), "binary"),
    ],
)
def test_what_is_no_utf8_text_is_refused_with_its_place(data: bytes, place: tuple[int, int], words: str) -> None:
    with pytest.raises(SourceError) as caught:
        Source.from_bytes(data, "values.yaml")
    error = caught.value
    assert (error.line, error.column) == place
    assert words in error.message
    assert error.remedy
    assert str(error) == f"values.yaml:{place[0]}:{place[1]}: {error.message}; {error.remedy}"


def test_read_keeps_the_bytes_and_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    source = Source.read(file, "shown.yaml")
    assert (source.name, source.text, source.bom) == ("shown.yaml", "a: 1\r\n", True)
    assert source.data == file.read_bytes()
    assert Source.read(str(file)).name == str(file)
    with pytest.raises(FileNotFoundError):
        Source.read(tmp_path / "absent.yaml")
