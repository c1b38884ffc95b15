"""The text of one file: its bytes, its characters, and the way from an offset to a line and a column."""

from __future__ import annotations

import errno
import os
import stat
from bisect import bisect_right

_BOM = b"\xef\xbb\xbf"
_NOT_UTF8 = "save the file as UTF-8"

# The order counts: a UTF-32 mark begins like a UTF-16 one.
_FOREIGN_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


class SourceError(Exception):
    """A text that Helm could not read: where, why, and what to do about it.

    Lines and columns count from 1, columns in characters. `str()` gives the whole message on one line.
    """

    def __init__(self, file: str, line: int, column: int, message: str, remedy: str = "") -> None:
        super().__init__(file, line, column, message, remedy)
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{place}; {self.remedy}" if self.remedy else place


class Source:
    """One file's text, decoded once, with every offset traceable to a line, a column and a byte.

    `text` never holds the byte order mark; `data` holds the file exactly as it is. A `template` is a Go template,
    in which expressions may stand for values without quotes.
    """

    __slots__ = ("_lines", "bom", "data", "name", "newline", "template", "text")

    def __init__(self, name: str, data: bytes, text: str, bom: bool, template: bool = False) -> None:
        self.name = name
        self.data = data
        self.text = text
        self.bom = bom
        self.newline = _first_line_end(text)
        self.template = template
        self._lines: list[int] | None = None

    @classmethod
    def read(cls, path: str | os.PathLike[str], name: str | None = None) -> Source:
        """Read a file; raises OSError where it cannot be opened, SourceError where it is no UTF-8 text."""
        # A pipe that nobody writes to would never end; one of the shell's own, such as <(...), does.
        if stat.S_ISFIFO(os.stat(path).st_mode) and not os.fspath(path).startswith("/dev/"):
            raise OSError(errno.EINVAL, "it is a pipe, not a file")
        with open(path, "rb") as file:
            data = file.read()
        return cls.from_bytes(data, os.fspath(path) if name is None else name)

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "<text>", template: bool = False) -> Source:
        """Decode bytes, raising SourceError for anything but UTF-8 without NUL characters."""
        for mark, encoding in _FOREIGN_MARKS:
            if data.startswith(mark):
                raise SourceError(name, 1, 1, f"the file is {encoding}, which Helm does not read", _NOT_UTF8)
        bom = data.startswith(_BOM)
        try:
            text = (data[len(_BOM) :] if bom else data).decode("utf-8")
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode("utf-8")
            line, column = cls(name, b"", good, False).position(len(good))
            message = f"byte 0x{error.object[error.start]:02X} is not UTF-8"
            raise SourceError(name, line, column, message, _NOT_UTF8) from None
        source = cls(name, data, text, bom, template)
        nul = text.find("\0")
        if nul >= 0:
            line, column = source.position(nul)
            remedy = "values are UTF-8 text; leave binary files out"
            raise SourceError(name, line, column, "the file holds NUL characters: it is binary or UTF-16", remedy)
        return source

    @classmethod
    def from_text(cls, text: str, name: str = "<text>", template: bool = False) -> Source:
        """A source made of characters; a leading byte order mark counts as one."""
        return cls.from_bytes(text.encode("utf-8", "surrogatepass"), name, template)

    def with_text(self, text: str) -> Source:
        """The same source with another text; a byte order mark stays."""
        data = text.encode("utf-8")
        return Source(self.name, b"\xef\xbb\xbf" + data if self.bom else data, text, self.bom, self.template)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        lines = self._line_starts()
        line = bisect_right(lines, offset)
        return line, offset - lines[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column; the nearest one there is."""
        lines = self._line_starts()
        return min(lines[min(max(line, 1), len(lines)) - 1] + max(column, 1) - 1, len(self.text))

    def line_text(self, line: int) -> str:
        """A line's characters without its end; empty for a line that does not exist."""
        lines = self._line_starts()
        if not 1 <= line <= len(lines):
            return ""
        end = lines[line] if line < len(lines) else len(self.text)
        return self.text[lines[line - 1] : end].rstrip("\r\n")

    def byte_offset(self, offset: int) -> int:
        """Where a character offset lies in `data`, the byte order mark counted."""
        text = self.text
        length = offset if text.isascii() else len(text[:offset].encode("utf-8"))
        return length + len(_BOM) if self.bom else length

    def error(self, offset: int, message: str, remedy: str = "") -> SourceError:
        """A SourceError that points at an offset of this text."""
        line, column = self.position(offset)
        return SourceError(self.name, line, column, message, remedy)

    def _line_starts(self) -> list[int]:
        lines = self._lines
        if lines is None:
            text = self.text
            lines = [0]
            if "\r" in text:
                lines += [
                    at + 1
                    for at, char in enumerate(text)
                    if char == "\n" or (char == "\r" and not text.startswith("\n", at + 1))
                ]
            else:
                at = text.find("\n") + 1
                while at:
                    lines.append(at)
                    at = text.find("\n", at) + 1
            self._lines = lines
        return lines

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"


def _first_line_end(text: str) -> str:
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
