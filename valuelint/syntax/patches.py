"""Patches: changes on paths, and what each of them means for plain data."""

from __future__ import annotations

from valuelint.light import Any, NamedTuple
from valuelint.syntax.paths import Path, format_path
from valuelint.syntax.scalars import as_helm_number


class CannotPatch(Exception):  # noqa: N818 - a refusal with a reason, no fault of anyone
    """A patch that cannot be applied; `str()` is the reason, written for people."""


class Set(NamedTuple):
    """Give the value at a path a new value; keys and maps that are missing on the way are made."""

    path: Path
    value: Any


class Remove(NamedTuple):
    """Take a key or a list item away; nothing happens where it is absent."""

    path: Path


class Rename(NamedTuple):
    """Give the last key of a path another name; its value and its place stay."""

    path: Path
    key: str


class Append(NamedTuple):
    """Add a value to the end of a list; an absent or null list is made."""

    path: Path
    value: Any


class Unique(NamedTuple):
    """Take away what stands under a key of the same name and is lost, because the last one counts; data stay."""

    path: Path


Patch = Set | Remove | Rename | Append | Unique


def apply_patch(data: Any, patch: Patch) -> Any:
    """The data after a patch: the definition of what the patch means. The data given stays as it is; what the patch
    does not touch is shared with the result.

    Raises CannotPatch where the patch has no meaning for this data.
    """
    if isinstance(patch, Append):
        found = _get(data, patch.path)
        if found is not None and not isinstance(found, list):
            raise CannotPatch(f"{_name(patch.path)} is not a list")
        return _graft(data, patch.path, [*(found or ()), plain_copy(patch.value)], patch.path)
    if isinstance(patch, Set):
        return _graft(data, patch.path, plain_copy(patch.value), patch.path)
    if isinstance(patch, Unique):
        if not _has(_get(data, patch.path[:-1]), patch.path[-1]):
            raise CannotPatch(f"there is no key {_name(patch.path)}")
        return data
    if not patch.path:
        raise CannotPatch("the whole file can neither be removed nor renamed")
    *above, last = patch.path
    parent = _get(data, tuple(above))
    present = _has(parent, last)
    if isinstance(patch, Remove):
        if not present:
            return data
        if isinstance(parent, dict):
            changed: Any = {key: value for key, value in parent.items() if key != last}
        else:
            changed = [value for index, value in enumerate(parent) if index != last]
        return _graft(data, tuple(above), changed, patch.path)
    if not present or not isinstance(parent, dict):
        raise CannotPatch(f"there is no key {_name(patch.path)}")
    if patch.key != last and patch.key in parent:
        raise CannotPatch(f"there is a key {_name((*above, patch.key))} already")
    renamed = {patch.key if key == last else key: value for key, value in parent.items()}
    return _graft(data, tuple(above), renamed, patch.path)


def plain_copy(value: Any) -> Any:
    """A deep copy of plain data, numbers as Helm holds them; raises CannotPatch for what YAML has no plain
    form.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        number = as_helm_number(value)
        if number - number != 0:
            raise CannotPatch(f"Helm cannot use the number {value}")
        return number
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise CannotPatch("the keys of a map must be texts")
        return {key: plain_copy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_copy(item) for item in value]
    raise CannotPatch(f"a value of type {type(value).__name__} has no place in YAML")


def _has(parent: Any, part: str | int) -> bool:
    if isinstance(part, str):
        return isinstance(parent, dict) and part in parent
    return isinstance(parent, list) and 0 <= part < len(parent)


def _get(data: Any, path: Path) -> Any:
    for part in path:
        if not _has(data, part):
            return None
        data = data[part]
    return data


def _graft(data: Any, path: Path, value: Any, whole: Path) -> Any:
    """The data with one place changed: new along the path, shared everywhere else."""
    if not path:
        return value
    part, rest = path[0], path[1:]
    if isinstance(part, str):
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise CannotPatch(f"{_name(whole[: len(whole) - len(path)])} is not a map")
        return {
            **data,
            part: _graft(data.get(part), rest, value, whole),
        }  # a key that is there keeps its place
    if not _has(data, part):
        raise CannotPatch(f"there is no list item {_name(whole[: len(whole) - len(rest)])}")
    return [_graft(item, rest, value, whole) if index == part else item for index, item in enumerate(data)]


def _name(path: Path) -> str:
    return format_path(path) or "the whole file"
