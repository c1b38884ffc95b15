"""One layer of values: where it stands in which document, what it holds, and how it is edited.

Values are the whole of a file, or stand under a path of a document (a HelmRelease's `spec.values`), in a text of it
(a HelmChartConfig's `valuesContent`), under a key of an umbrella chart's values, or are a single value that is set.
Whoever asks for a value by its path, or for the edits of a patch, needs not know which.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from valuelint.light import TYPE_CHECKING, Any, NamedTuple
from valuelint.syntax import Document, Entry, Found, Mapping, Node, Path, Scalar, Source, find, resolve_alias, to_data
from valuelint.values.unknown import mark_unknown, may_hold_placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuelint.syntax.edits import Edit
    from valuelint.syntax.embedded import Embedded
    from valuelint.syntax.patches import Patch
    from valuelint.values.blanks import Blanks


class Recipe(ABC):
    """How a document makes a map of values that does not stand in it as such, and how patches find their way back."""

    @abstractmethod
    def read(self, document: Document) -> Mapping | None:
        """The map, its nodes where what makes them stands. Raises ValueError where it cannot be made."""

    @abstractmethod
    def write(self, document: Document, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
        """Patches on the values as patches of the document. Raises CannotPatch."""


class Made(Recipe):
    """A map that no text of a file makes, whatever becomes of the file."""

    def __init__(self, root: Mapping | None) -> None:
        self.root = root

    def read(self, document: Document) -> Mapping | None:
        """The map."""
        return self.root

    def write(self, document: Document, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
        """Raises CannotPatch."""
        from valuelint.syntax.patches import CannotPatch

        raise CannotPatch("no text of a file makes it")


class Placement(NamedTuple):
    """Where in a document the values stand.

    `prefix` leads to them, or to the text that holds them (`embedded`), within which `inner` leads to them. They are
    the value at `mount`, the empty path for all of it; or a `recipe` makes them of the document. `fixed` says why
    they cannot be edited; empty where they can. `patched` layers that follow each other are one object by the time Helm
    gets its values: values, and the patches on them. With `deletes`, null removes what that object says so far, and is
    not handed to Helm. With `text`, what stands at `prefix` must be a text, also if nothing stands there yet.
    """

    prefix: Path = ()
    embedded: Embedded | None = None
    inner: Path = ()
    mount: Path = ()
    fixed: str = ""
    deletes: bool = False
    recipe: Recipe | None = None
    text: bool = False
    patched: bool = False


DeskKey = tuple[int, Path, str]

WHOLE = Placement()
"""The values are all of the document."""


class Layer(NamedTuple):
    """One layer of a user's values: the map `root` in a document of a source; None where there is none yet.

    Offsets in `root` are those of `source`, however deep the values stand in it.
    """

    source: Source
    document: Document
    root: Mapping | None
    place: Placement = WHOLE
    blanks: Blanks | None = None

    @property
    def file(self) -> str:
        """The file, as messages call it."""
        return self.source.name

    @property
    def path(self) -> Path:
        """Where in its document the layer stands."""
        return (*self.place.prefix, *self.place.inner)

    def data(self) -> dict[str, Any]:
        """The layer as plain data, with an Unknown for each placeholder. Raises SourceError on alias bombs."""
        if self.root is None:
            return {}
        data = to_data(self.root, source=self.source)
        if self.blanks is not None:
            return self.blanks.fill(self.root, data, self.place.embedded is not None and self.place.embedded.fills)
        return mark_unknown(data) if may_hold_placeholders(self.source.text) else data  # type: ignore[no-any-return]

    def refuse_bombs(self) -> None:
        """Raises SourceError where aliases make more of the values than anybody can look at."""
        if self.root is not None and "&" in self.source.text and "*" in self.source.text:
            to_data(self.root, source=self.source)

    def find(self, path: Path) -> Found | None:
        """What stands at a path in this layer."""
        return None if self.root is None else find(self.root, path)

    def part(self, node: Scalar, within: tuple[int, int]) -> tuple[int, int]:
        """Where a part of the characters of a plain scalar stands; all of it, where that cannot be said."""
        if self.source.text[node.start : node.end] == node.raw:
            return node.start + within[0], node.start + within[1]
        return (node.start, node.end) if self.place.embedded is None else self.place.embedded.part(node, within)

    def hides(self, path: Path) -> bool:
        """Whether a value that is no map stands here above a path, so that what lower layers say of it is lost."""
        found = None
        for length in range(1, len(path)):
            below = self.find(path[:length])
            if below is None:
                break
            found = below
        return found is not None and not isinstance(resolve_alias(found.node), Mapping)

    def removes(self, path: Path) -> bool:
        """Whether null stands here at a path or above it, and takes away what the object says so far."""
        if not self.place.deletes:
            return False
        for length in range(1, len(path) + 1):
            found = self.find(path[:length])
            if found is None:
                return False
            node = resolve_alias(found.node)
            if isinstance(node, Scalar) and node.value is None:
                return True
        return False

    def renewed(self, document: Document) -> Layer:
        """The same layer in a newer text of its document."""
        return place(document, self.place, self.blanks)

    @property
    def comments(self) -> list[tuple[int, int]]:
        """The spans of the comments among the values, in the source."""
        if self.place.embedded is None:
            return self.document.comments
        return [span for document in self.place.embedded.located() for span in document.comments]

    def duplicates(self) -> Iterator[tuple[Path, Entry, Entry]]:
        """Keys that a map holds twice: the path, the entry that is lost and the one that wins.

        What stands under a condition of a template is no duplicate: only one of the two may be there in the end.
        """
        prefix, embedded, inner, mount, *_ = self.place
        if self.place.recipe is not None:
            return
        document = self.document if embedded is None else embedded.located()[0]
        start = prefix if embedded is None else inner
        for path, lost, wins in document.duplicates:
            if path[: len(start)] != start or len(path) == len(start):
                continue
            if self.blanks is None or not (self.blanks.conditional(lost.start) or self.blanks.conditional(wins.start)):
                yield (*mount, *path[len(start) :]), lost, wins

    @property
    def desk(self) -> Document:
        """The document in which the layer is edited: its own, or the one inside the text that holds the values."""
        embedded = self.place.embedded
        return self.document if embedded is None else embedded.documents[0]

    @property
    def desk_key(self) -> DeskKey:
        """The same for all layers that are edited in one document."""
        embedded = self.place.embedded
        return (id(self.document), (), "") if embedded is None else (id(self.document), self.place.prefix, embedded.key)

    def at_desk(self, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
        """Patches on values as patches of `desk`. Raises CannotPatch where the layer cannot carry them."""
        from valuelint.syntax.patches import CannotPatch, Rename, Set

        prefix, embedded, inner, mount, fixed, *_ = self.place
        if fixed:
            raise CannotPatch(fixed)
        if embedded is not None and embedded.why_not:
            raise CannotPatch(embedded.why_not)
        if any(patch.path[: len(mount)] != mount for patch in patches):
            raise CannotPatch("this layer sets one value only")
        if self.blanks is not None and self.root is not None and self.blanks.has_conditions(self.root):
            for patch in patches:
                found = self.find(patch.path)
                known = found is not None and not self.blanks.conditional(found.node.start)
                if not (known and isinstance(patch, (Set, Rename))):
                    raise CannotPatch("the template around it sets values under conditions")
        # In a text that was filled in before it was read, the way back into it knows.
        by_value = embedded is None or not embedded.fills
        if by_value and any(isinstance(patch, Set) and self._is_filled(patch.path) for patch in patches):
            raise CannotPatch("a placeholder stands there, and what fills it in is to be changed")
        if self.place.recipe is not None:
            return self.place.recipe.write(self.document, patches)
        if self.place.text and embedded is None:
            return (Set(prefix, _new_text(_moved(patches, inner, mount))),)
        return _moved(patches, inner if embedded is not None else prefix, mount)

    def _is_filled(self, path: Path) -> bool:
        """Whether a placeholder stands at a path."""
        found = None if self.blanks is None else self.find(path)
        text = "" if found is None else self.source.text[found.node.start : found.node.end]
        return self.blanks is not None and self.blanks.stand_in(text)

    def in_source(self, edits: list[Edit]) -> list[Edit]:
        """Edits of `desk` as edits of the source. Raises CannotPatch where the text around cannot hold them."""
        return edits if self.place.embedded is None else self.place.embedded.outward(edits)


def _moved(patches: tuple[Patch, ...], to: Path, mount: Path) -> tuple[Patch, ...]:
    return tuple(patch._replace(path=(*to, *patch.path[len(mount) :])) for patch in patches)


def _new_text(patches: tuple[Patch, ...]) -> str:
    """The values of a text that does not exist yet."""
    from valuelint.syntax import render
    from valuelint.syntax.patches import apply_patch

    data: dict[str, Any] = {}
    for patch in patches:
        data = apply_patch(data, patch)
    return render.text(data)


def place(document: Document, placement: Placement, blanks: Blanks | None = None) -> Layer:
    """The layer that stands at a placement of a document; its text is read anew.

    Raises SourceError where a text that holds values is no YAML, and ValueError where they are no map of options.
    """
    source = document.source
    if placement.recipe is not None:
        return Layer(source, document, placement.recipe.read(document), placement, blanks)
    found = find(document.root, placement.prefix)
    node = None if found is None else resolve_alias(found.node)
    if isinstance(node, Scalar) and (placement.embedded is not None or (placement.text and holds_text(node))):
        if placement.embedded is not None:
            embedded = placement.embedded.renewed(source, node)
        else:
            embedded = embed(source, node, blanks)
        placement = placement._replace(embedded=embedded)
        inside = find(embedded.located()[0].root, placement.inner)
        node = None if inside is None else resolve_alias(inside.node)
    if node is None or (isinstance(node, Scalar) and not holds_text(node) and not placement.mount):
        return Layer(source, document, None, placement, blanks)
    root = mounted(node, placement.mount) if placement.mount else node
    if not isinstance(root, Mapping):
        raise ValueError("values are a map of options")
    layer = Layer(source, document, root, placement, blanks)
    layer.refuse_bombs()
    return layer


def embed(source: Source, node: Scalar, blanks: Blanks | None) -> Embedded:
    """The text of a scalar, its placeholders filled in where that is known."""
    from valuelint.syntax.embedded import Embedded

    return Embedded(source, node, None if blanks is None else blanks.known)


def holds_text(node: Node | None) -> bool:
    """Whether a node is a text in which something stands."""
    return isinstance(node, Scalar) and node.value is not None and bool(node.raw.strip())


def mounted(node: Node, mount: Path) -> Node:
    """Maps around a node so that it stands at a path; their keys stand where the node does."""
    for key in reversed(mount):
        around = Mapping(node.start, node.end, None, None, False)
        name = Scalar(node.start, node.end, None, None, str(key), "double")
        entry = Entry(name, node, str(key))
        around.entries.append(entry)
        around.keys[entry.key_text] = entry
        node = around
    return node
