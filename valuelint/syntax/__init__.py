"""Owns YAML text: the located tree, how Helm types scalars, and the smallest edits that make a patch true."""

from __future__ import annotations

from valuelint.light import TYPE_CHECKING, Any
from valuelint.syntax.data import Found, find, load_data, to_data
from valuelint.syntax.nodes import Alias, Document, Entry, Mapping, Node, Scalar, Sequence, resolve_alias
from valuelint.syntax.parse import parse
from valuelint.syntax.paths import Path, format_path, parse_path
from valuelint.syntax.source import Source, SourceError

if TYPE_CHECKING:
    from valuelint.syntax.edits import Edit, apply_edits, edit
    from valuelint.syntax.patches import Append, CannotPatch, Patch, Remove, Rename, Set, Unique, apply_patch

__all__ = [
    "Alias",
    "Append",
    "CannotPatch",
    "Document",
    "Edit",
    "Entry",
    "Found",
    "Mapping",
    "Node",
    "Patch",
    "Path",
    "Remove",
    "Rename",
    "Scalar",
    "Sequence",
    "Set",
    "Source",
    "SourceError",
    "Unique",
    "apply_edits",
    "apply_patch",
    "edit",
    "find",
    "format_path",
    "load_data",
    "parse",
    "parse_path",
    "resolve_alias",
    "to_data",
]


def __getattr__(name: str) -> Any:
    """Load what changes files only when a file is to be changed; reading pays nothing for it."""
    if name in __all__:
        from valuelint.syntax import edits, patches

        for module in (patches, edits):
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
