"""The located tree: every node knows the characters it was written with.

Offsets count characters of `Source.text`; ends are exclusive. A node begins at its anchor or tag, if it has
one. A block collection ends where its last child does, so that comments behind it belong to nobody.
"""

from __future__ import annotations

from valuelint.light import TYPE_CHECKING, Callable
from valuelint.syntax.scalars import TAG, Value, resolve

if TYPE_CHECKING:
    from valuelint.syntax.paths import Path
    from valuelint.syntax.source import Source

MERGE_TAG = TAG + "merge"


class Node:
    """Anything that stands where a value can: a scalar, a mapping, a sequence or an alias."""

    __slots__ = ("anchor", "end", "start", "tag")

    start: int
    end: int
    anchor: str | None
    tag: str | None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.start}, {self.end})"


class Scalar(Node):
    """A scalar: its content as YAML decodes it, and the style it was written in."""

    __slots__ = ("raw", "style")

    def __init__(self, start: int, end: int, anchor: str | None, tag: str | None, raw: str, style: str) -> None:
        self.start = start
        self.end = end
        self.anchor = anchor
        self.tag = tag
        self.raw = raw
        self.style = style

    @property
    def value(self) -> Value:
        """The value as Helm types it."""
        return resolve(self.raw, self.style, self.tag)

    def __repr__(self) -> str:
        return f"Scalar({self.start}, {self.end}, {self.raw!r})"


class Sequence(Node):
    """A list of nodes."""

    __slots__ = ("flow", "items")

    def __init__(self, start: int, end: int, anchor: str | None, tag: str | None, flow: bool) -> None:
        self.start = start
        self.end = end
        self.anchor = anchor
        self.tag = tag
        self.flow = flow
        self.items: list[Node] = []


class Mapping(Node):
    """Entries in the order they were written, duplicates and merge keys (`<<`) included.

    `keys` holds the entry that decides each key, once the mapping is complete: what stands later wins, as
    in Helm, whether it is a duplicate, or a merge key behind a key of the mapping's own.
    """

    __slots__ = ("entries", "flow", "keys")

    def __init__(self, start: int, end: int, anchor: str | None, tag: str | None, flow: bool) -> None:
        self.start = start
        self.end = end
        self.anchor = anchor
        self.tag = tag
        self.flow = flow
        self.entries: list[Entry] = []
        self.keys: dict[str, Entry] = {}

    def get(self, key: str) -> Entry | None:
        """The entry that decides a key, or None. One that a merge key brought in says so in `merged`."""
        return self.keys.get(key)


class Alias(Node):
    """A place that repeats the node an anchor names; it has a place of its own."""

    __slots__ = ("name", "target")

    def __init__(self, start: int, end: int, name: str, target: Node) -> None:
        self.start = start
        self.end = end
        self.anchor = None
        self.tag = None
        self.name = name
        self.target = target


class Entry:
    """A key and its value. `key_text` is the key as Helm's maps hold it: `on` is "true"."""

    __slots__ = ("key", "key_text", "merged", "value")

    def __init__(self, key: Node, value: Node, key_text: str, merged: bool = False) -> None:
        self.key = key
        self.value = value
        self.key_text = key_text
        self.merged = merged

    @property
    def start(self) -> int:
        return self.key.start

    @property
    def end(self) -> int:
        return max(self.key.end, self.value.end)

    @property
    def is_merge(self) -> bool:
        """Whether this is a merge key, `<<`: unquoted and untagged, or tagged as one."""
        return self.key_text == "<<" and is_merge_key(self.key)

    def __repr__(self) -> str:
        return f"Entry({self.key_text!r}, {self.value!r})"


class Document:
    """One YAML document of a source; `root` is None where there is nothing but comments."""

    __slots__ = ("_comments", "_line_start", "duplicates", "end", "index", "root", "source", "start")

    def __init__(self, source: Source, index: int, start: int) -> None:
        self.source = source
        self.index = index
        self.start = start
        self.end = len(source.text)
        self.root: Node | None = None
        self.duplicates: list[tuple[Path, Entry, Entry]] = []
        self._comments: list[tuple[int, int]] | None = None
        self._line_start: Callable[[int], int] | None = None

    def move(
        self,
        source: Source,
        start: int,
        end: int,
        comments: list[tuple[int, int]],
        line_start: Callable[[int], int],
    ) -> None:
        """Make this a document within another source, whose text holds its own; its nodes are moved already."""
        self.source, self.start, self.end, self._comments = source, start, end, comments
        self._line_start = line_start

    def line_start(self, offset: int) -> int:
        """Where the line of the document begins that an offset of the source lies in.

        A text inside of another document may have lines of its own, all on one line around it.
        """
        if self._line_start is not None:
            return self._line_start(offset)
        text = self.source.text
        return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1

    @property
    def comments(self) -> list[tuple[int, int]]:
        """The spans of all comments, from `#` to the end of the line; found when first asked for."""
        if self._comments is None:
            from valuelint.syntax.comments import comments

            self._comments = comments(self)
        return self._comments

    def __repr__(self) -> str:
        return f"Document({self.source.name!r}, {self.index})"


def is_merge_key(key: Node) -> bool:
    return (
        isinstance(key, Scalar)
        and key.raw == "<<"
        and (key.style == "plain" if key.tag is None else key.tag == MERGE_TAG)
    )


def resolve_alias(node: Node) -> Node:
    """The node itself, or the node its alias repeats."""
    return node.target if isinstance(node, Alias) else node
