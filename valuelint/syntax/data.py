"""What a tree means: plain data as Helm sees it, and the node a path leads to."""

from __future__ import annotations

from valuelint.light import Any, NamedTuple, cast
from valuelint.syntax.nodes import Alias, Document, Entry, Mapping, Node, Scalar, Sequence
from valuelint.syntax.parse import MAX_DEPTH, parse
from valuelint.syntax.paths import Path
from valuelint.syntax.source import Source

BUDGET = 1_000_000
# Aliases can nest values deeper than the text does; beyond this a walk would run into Python's own limit.
_DEEPEST = MAX_DEPTH + 1


class Found(NamedTuple):
    """What a path leads to. `shared`: other places of the document hold the same text, by an alias or a
    merge key.
    """

    entry: Entry | None
    node: Node
    parent: Mapping | Sequence | None
    shared: bool


def to_data(node: Node | None, *, source: Source | None = None, budget: int = BUDGET) -> Any:
    """Plain data as Helm sees it: aliases expanded, merge keys applied, the last of duplicate keys, nulls
    kept.

    Every call gives new data, whose parts are shared with nothing. Raises SourceError where aliases would
    expand to more than `budget` values.
    """
    if node is None:
        return None
    if source is not None and "*" not in source.text:
        return _data(node)  # without aliases nothing expands
    try:
        _measure(node, 0, {}, budget)
    except _TooMuchError as error:
        raise (source or Source.from_text("")).error(
            node.start if source else 0,
            f"aliases make this {error}",
            "write values out instead of aliases of aliases",
        ) from None
    return _data(node)


class _TooMuchError(Exception):
    """Data that aliases would make too large or too deep."""


def _measure(node: Node, depth: int, known: dict[int, tuple[int, int]], budget: int) -> tuple[int, int]:
    """How many values a node expands to, and how deep they nest.

    What an alias repeats is measured once, so that a bomb costs no more than its text.
    """
    if isinstance(node, Scalar):
        return 1, 1
    if isinstance(node, Alias):
        measured = known.get(id(node.target))
        if measured is None:
            measured = known[id(node.target)] = _measure(node.target, depth, known, budget)
        if depth + measured[1] > _DEEPEST:
            raise _TooMuchError(f"nest deeper than {_DEEPEST} levels")
        return measured
    if depth > _DEEPEST:
        raise _TooMuchError(f"nest deeper than {_DEEPEST} levels")
    size = height = 0
    children = (
        node.items if isinstance(node, Sequence) else [entry.value for entry in cast(Mapping, node).keys.values()]
    )
    for child in children:
        more, levels = _measure(child, depth + 1, known, budget)
        size += more
        height = max(height, levels)
    if size >= budget:
        raise _TooMuchError(f"more than {budget} values")
    return size + 1, height + 1


def _data(node: Node) -> Any:
    kind = node.__class__
    if kind is Scalar:
        return node.value  # type: ignore[attr-defined]
    if kind is Mapping:
        return {key: _data(entry.value) for key, entry in node.keys.items()}  # type: ignore[attr-defined]
    if kind is Sequence:
        return [_data(item) for item in node.items]  # type: ignore[attr-defined]
    return _data(node.target)  # type: ignore[attr-defined]


def find(node: Node | None, path: Path) -> Found | None:
    """The node at a path, or None: keys as Helm names them, list places from 0; aliases and merge keys are
    followed.
    """
    if node is None:
        return None
    entry: Entry | None = None
    parent: Mapping | Sequence | None = None
    shared = False
    for part in path:
        if isinstance(node, Alias):
            node, shared = node.target, True
        if isinstance(node, Mapping) and isinstance(part, str):
            entry = node.keys.get(part)
            if entry is None:
                return None
            parent, node = node, entry.value
            shared = shared or entry.merged
        elif isinstance(node, Sequence) and isinstance(part, int):
            if not 0 <= part < len(node.items):
                return None
            entry = None
            parent, node = node, node.items[part]
        else:
            return None
    return Found(entry, node, parent, shared)


def load_data(source: Source | str) -> Any:
    """The data of a text that holds one document at most; the way our own YAML files are read."""
    if isinstance(source, str):
        source = Source.from_text(source)
    documents: list[Document] = parse(source)
    if len(documents) > 1:
        raise source.error(documents[0].end, "one document is expected here", "remove what follows ---")
    return to_data(documents[0].root, source=source)
