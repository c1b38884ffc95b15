"""Owns YAML text: the located tree of keys, values and comments, Helm's typing of scalars, and the smallest
edits.
"""

from __future__ import annotations

from valuelint.syntax.data import Found, find, load_data, to_data
from valuelint.syntax.nodes import Alias, Document, Entry, Mapping, Node, Scalar, Sequence, resolve_alias
from valuelint.syntax.parse import parse
from valuelint.syntax.paths import Path, format_path, parse_path
from valuelint.syntax.source import Source, SourceError

__all__ = [
    "Alias",
    "Document",
    "Entry",
    "Found",
    "Mapping",
    "Node",
    "Path",
    "Scalar",
    "Sequence",
    "Source",
    "SourceError",
    "find",
    "format_path",
    "load_data",
    "parse",
    "parse_path",
    "resolve_alias",
    "to_data",
]
