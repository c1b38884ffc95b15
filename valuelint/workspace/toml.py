"""`[tool.valuelint]` of a pyproject.toml as the tree that a configuration in YAML would be."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from valuelint.syntax import Entry, Mapping, Node, Scalar, Sequence, Source
from valuelint.workspace.release import Problem

FILE_NAME = "pyproject.toml"

_HEADER = re.compile(r"^[ \t]*\[+[ \t]*tool\.valuelint\b", re.MULTILINE)


def holds_configuration(file: str) -> bool:
    """Whether a pyproject.toml has a table for valuelint."""
    try:
        with open(file, encoding="utf-8") as stream:
            return _HEADER.search(stream.read()) is not None
    except (OSError, UnicodeDecodeError):
        return False


def read_toml(source: Source) -> Node | None:
    """The table as a tree; None where there is none. Raises Problem where the file is no TOML.

    TOML's own reader keeps no places: that of a key is the first line in the table that begins with it, else the
    header of the table.
    """
    try:
        data = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (1, 1)
        raise Problem(str(error).partition(" (at")[0], source.name, line, column, "this is no TOML") from None
    table = data.get("tool", {}).get("valuelint")
    header = _HEADER.search(source.text)
    if table is None or header is None:
        return None
    return _node(table, source.text, header.start())


def _node(value: Any, text: str, at: int) -> Node:
    if isinstance(value, dict):
        mapping = Mapping(at, at, None, None, False)
        for key, item in value.items():
            place = _place(key, text, at)
            name = Scalar(place, place + len(key), None, None, key, "double")
            entry = Entry(name, _node(item, text, place), key)
            mapping.entries.append(entry)
            mapping.keys[key] = entry
        return mapping
    if isinstance(value, list):
        sequence = Sequence(at, at, None, None, False)
        sequence.items += [_node(item, text, at) for item in value]
        return sequence
    if isinstance(value, str):
        return Scalar(at, at, None, None, value, "double")
    raw = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return Scalar(at, at, None, None, raw, "plain" if isinstance(value, (bool, int, float)) else "double")


def _place(key: str, text: str, at: int) -> int:
    name = rf"[\"']?{re.escape(key)}[\"']?"
    found = re.compile(rf"^[ \t]*(?:\[+[^\]\n]*?)?({name})[ \t]*(?:=|\.|\])", re.MULTILINE).search(text, at)
    inline = None if found else re.compile(rf"[{{,][ \t]*({name})[ \t]*=").search(text, at)
    match = found or inline
    return match.start(1) if match else at
