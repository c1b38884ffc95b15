"""Values that a file gives one by one, as `--set` does: read as a layer, and patched where they stand.

Each form says how it writes a parameter; what a patch comes to is the same for all. A patch changes the text of the
one parameter that holds the value. It is refused where several make the value up, or where no text makes it.
"""

from __future__ import annotations

from abc import abstractmethod
from copy import copy

from valuelint.light import Any, Iterator, NamedTuple
from valuelint.syntax import Document, Entry, Mapping, Node, Path, Scalar, find, resolve_alias
from valuelint.syntax.patches import CannotPatch, Patch, Remove, Rename, Set, apply_patch
from valuelint.values.blanks import Fill
from valuelint.values.layer import Recipe
from valuelint.workspace import sets

_SPECIAL = "\\.,=[]"
"""Characters of a key that the grammar of `--set` reads as something else."""

Assigned = list[tuple[Path, Any]]


class Parameter(NamedTuple):
    """One value that is given: where in the document, its name, its value as `--set` gets it, and their places.

    `strings`: whatever it looks like, it is a text, as with `--set-string`. `bare`: the document holds it as a number
    or a boolean, without quotes.
    """

    where: Path
    name: str
    text: str
    strings: bool
    name_place: tuple[int, int]
    place: tuple[int, int]
    bare: bool = False


class Parameters(Recipe):
    """A layer of parameters at a path of a document.

    With `key`, only what stands below that key is part of it, and is the value at `mount`.
    """

    def __init__(self, at: Path, key: Path = ()) -> None:
        self.at = at
        self.key = key
        self.mount: Path = ()

    def below(self, key: Path, mount: Path) -> Parameters:
        """What the same parameters set below another key, as the value at a path."""
        other = copy(self)
        other.key, other.mount = key, mount
        return other

    def around(self, key: Path) -> Parameters | None:
        """The same parameters for the chart that has `key` as the way to this one; None where it has not."""
        if self.mount or self.key[-len(key) :] != key:
            return None
        return self.below(self.key[: -len(key)], ())

    @abstractmethod
    def given(self, document: Document) -> Iterator[Parameter]:
        """The parameters in a document, in the order in which they are set."""

    @abstractmethod
    def escaped(self, text: str) -> str:
        """A text of the document as the tool that reads it hands it to `--set`."""

    @abstractmethod
    def with_text(self, parameter: Parameter, text: str, strings: bool) -> list[Patch]:
        """The patches of the document that give a parameter another text. Raises CannotPatch."""

    @abstractmethod
    def with_name(self, parameter: Parameter, name: str) -> Patch:
        """The patch of the document that gives a parameter another name."""

    def read(self, document: Document) -> Mapping | None:
        """The map that the parameters make; its nodes stand where they do. Raises ValueError."""
        return sets.tree(
            [
                sets.Assignment(path, value, parameter.name_place, parameter.place)
                for parameter in self.given(document)
                for path, value in self.assigned(parameter)
            ]
        )

    def write(self, document: Document, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
        """Patches on values as patches of the document. Raises CannotPatch."""
        given = [(parameter, self.assigned(parameter)) for parameter in self.given(document)]
        made: list[Patch] = []
        gone: set[Path] = set()
        for patch in patches:
            below = [item for item in given if any(path[: len(patch.path)] == patch.path for path, _ in item[1])]
            if isinstance(patch, Remove) and below:
                gone |= {_alone(item).where for item in below}
            elif isinstance(patch, Rename) and below:
                made += [self._renamed(item, patch) for item in below]
            else:
                made += self._changed(given, patch)
        # From the end on, so that what is still to go stays where it is.
        return (*made, *(Remove(where) for where in sorted(gone, reverse=True)))

    def assigned(self, parameter: Parameter) -> Assigned:
        """The paths that a parameter sets, and the values. Raises ValueError."""
        pairs = sets.parse_set(f"{parameter.name}={parameter.text}", strings=parameter.strings)
        length = len(self.key)
        below = ((path[length:], value) for path, value in pairs if path[:length] == self.key and len(path) > length)
        return [((*self.mount, *path), value) for path, value in below]

    def _renamed(self, item: tuple[Parameter, Assigned], patch: Rename) -> Patch:
        ((path, _),) = item[1]
        new = (*patch.path[:-1], patch.key, *path[len(patch.path) :])
        return self.with_name(_alone(item), name_of((*self.key, *new[len(self.mount) :])))

    def _changed(self, given: list[tuple[Parameter, Assigned]], patch: Patch) -> list[Patch]:
        """The patches for a value that one parameter holds, alone or as a part of it."""
        for item in reversed(given):
            if not any(patch.path[: len(path)] == path for path, _ in item[1]):
                continue
            parameter = _alone(item)
            ((path, value),) = item[1]
            new = apply_patch(value, patch._replace(path=patch.path[len(path) :]))
            text = text_of(new)
            for strings in (parameter.strings, not parameter.strings):
                changed = parameter._replace(text=self.escaped(text), strings=strings)
                if _same(self.assigned(changed), [(path, new)]):
                    return self.with_text(parameter, text, strings)
            raise CannotPatch(f"the parameter {parameter.name} cannot hold that value")
        raise CannotPatch("no single parameter holds that value")


class Listed(Parameters):
    """Parameters that are a list of maps with a `name`; `fill` puts in what placeholders stand for."""

    def __init__(self, at: Path, key: Path, fill: Fill) -> None:
        super().__init__(at, key)
        self.fill = fill

    def named(self, document: Document) -> Iterator[tuple[Path, Scalar, dict[str, Entry]]]:
        """The items that have a name: where they stand, the name, and all that they say."""
        for index, item in enumerate(getattr(node_at(document, self.at), "items", ())):
            keys = getattr(resolve_alias(item), "keys", {})
            name = scalar_of(keys.get("name"))
            if name is not None:
                yield (*self.at, index), name, keys

    def filled(self, value: Scalar) -> str:
        """The text of a value, its placeholders filled in where they are known."""
        return self.fill(value.raw) or value.raw

    def with_name(self, parameter: Parameter, name: str) -> Patch:
        """The patch of the document that gives a parameter another name."""
        return Set((*parameter.where, "name"), name)


def _alone(item: tuple[Parameter, Assigned]) -> Parameter:
    parameter, assigned = item
    if len(assigned) > 1:
        raise CannotPatch(f"the parameter {parameter.name} sets several values")
    return parameter


def _same(found: Assigned, wanted: Assigned) -> bool:
    """Equality in which `true` is not 1."""
    return repr(found) == repr(wanted)


def name_of(path: Path) -> str:
    """A path as the name of a parameter, as `--set` reads it."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += "." if text else ""
            text += "".join("\\" + char if char in _SPECIAL else char for char in part)
    return text


def text_of(value: Any) -> str:
    """A value as people write it into a parameter, without what the grammar wants escaped but backslashes.

    Raises CannotPatch for what no single text holds.
    """
    if value is None or isinstance(value, (bool, int)):
        return "null" if value is None else str(value).lower()
    if isinstance(value, str):
        return value.replace("\\", "\\\\")
    if isinstance(value, list) and value and all(isinstance(item, (str, int)) for item in value):
        items = [text_of(item).replace(",", "\\,").replace("}", "\\}") for item in value]
        return "{" + ",".join(items) + "}"
    raise CannotPatch("no single text holds that value")


def node_at(document: Document, path: Path) -> Node | None:
    """What stands at a path of a document, aliases followed."""
    found = find(document.root, path)
    return None if found is None else resolve_alias(found.node)


def scalar_of(entry: Entry | None) -> Scalar | None:
    """The scalar of an entry; None where it is something else, or null."""
    node = None if entry is None else resolve_alias(entry.value)
    return node if isinstance(node, Scalar) and node.value is not None else None


def span(node: Node) -> tuple[int, int]:
    """Where a node stands."""
    return node.start, node.end
