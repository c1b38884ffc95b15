"""Where the comments of a document are."""

from __future__ import annotations

from valuelint.light import TYPE_CHECKING
from valuelint.syntax.nodes import Alias, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from valuelint.syntax.nodes import Document


def comments(document: Document) -> list[tuple[int, int]]:
    """The spans of all comments, in order.

    A `#` between the scalars of a document always begins a comment; one inside them never does, but for the
    first line of a block scalar.
    """
    text = document.source.text
    found: list[tuple[int, int]] = []
    at = document.start
    for node in nodes(document.root):
        if node.anchor is not None or node.tag is not None:
            # A tag may hold a `#`, and a comment may stand between it and its value.
            at = scan(text, at, node.start, found)
            at = _properties(text, node, found)[1]
        if isinstance(node, (Scalar, Alias)):
            begin = max(at, node.start)
            scan(text, at, begin, found)
            if isinstance(node, Scalar) and node.style in ("literal", "folded"):
                scan(text, begin, line_end(text, begin), found)
            at = node.end
    scan(text, at, document.end, found)
    return found


def nodes(root: Node | None) -> list[Node]:
    """All nodes of a tree in the order of their text, keys included, aliases not followed."""
    found: list[Node] = []
    todo = [root] if root is not None else []
    while todo:
        node = todo.pop()
        found.append(node)
        if isinstance(node, Mapping):
            for entry in reversed(node.entries):
                todo += (entry.value, entry.key)
        elif isinstance(node, Sequence):
            todo += reversed(node.items)
    return found


def scan(text: str, at: int, end: int, found: list[tuple[int, int]]) -> int:
    """Add the comments between two offsets, of which neither lies in a scalar; gives the second."""
    while True:
        at = text.find("#", at, end)
        if at < 0:
            return end
        stop = line_end(text, at)
        found.append((at, stop))
        at = stop


def line_end(text: str, at: int) -> int:
    """Where the line ends that an offset lies in, its line end left out."""
    ends = [end for end in (text.find("\n", at), text.find("\r", at)) if end >= 0]
    return min(ends, default=len(text))


def content_start(text: str, node: Node) -> int:
    """Where a node begins behind its anchor and tag, and the comments behind those."""
    return node.start if node.anchor is None and node.tag is None else _properties(text, node, [])[1]


def properties_end(text: str, node: Node) -> int:
    """Where a node's anchor and tag end."""
    return _properties(text, node, [])[0]


def _properties(text: str, node: Node, found: list[tuple[int, int]]) -> tuple[int, int]:
    """The end of a node's anchor and tag, and the place behind the blanks and comments that follow."""
    end = at = node.start
    for _ in range((node.anchor is not None) + (node.tag is not None)):
        if text.startswith("!<", at):
            at = text.find(">", at)
        while at < node.end and text[at] not in " \t\r\n,]}":
            at += 1
        end = at
        while at < node.end and text[at] in " \t\r\n#":
            at = scan(text, at, line_end(text, at), found) if text[at] == "#" else at + 1
    return end, at
