"""The data that valuelint ships: finds the folders rules/ and schemas/, and loads their files fast.

Parsed files are remembered beside them in `__pycache__`, as Python remembers compiled modules, and under the
same settings: PYTHONDONTWRITEBYTECODE and PYTHONPYCACHEPREFIX are honoured, a folder that cannot be written to is
left alone, and what is remembered counts only as long as the file's size and time of change stay what they were.
"""

from __future__ import annotations

import marshal
import os
import sys
from zlib import crc32

from valuelint.light import Any, Callable, Iterable

ROOTS = ("rules", "schemas")

_MAGIC = b"valuelint\0\1"
"""Starts every remembered file. The last byte is raised when the same text would be read differently."""

_SUFFIX = f".{sys.implementation.cache_tag}.data"

PARTS_REMEMBERED = 100
"""Of each file: a run asks for the few versions that its repository holds, or for each that differs in its facts."""

Stamp = tuple[str, int, int]
"""A file's name, time of change and size: what tells whether it is still the one that was parsed."""


def load(name: str) -> Any:
    """The content of a YAML or JSON file, such as `schemas/cilium/monitors.yaml`, as new plain data.

    Raises OSError, and ValueError or SourceError if the file is not what its name says.
    """
    path = _path(name)
    return _remembered(path, [_stamp(path)], lambda: _parse(path))


def load_folder(name: str) -> dict[str, Any]:
    """The contents of all YAML and JSON files that lie in a folder itself, by file name.

    For folders of many small files: they are remembered as one. Raises what `load` raises.
    """
    path = _path(name)
    files = [os.path.join(path, file) for file in names(name) if file.endswith((".yaml", ".json"))]
    contents: dict[str, Any] = _remembered(
        os.path.join(path, "folder"),
        [_stamp(file) for file in files],
        lambda: {os.path.basename(file): _parse(file) for file in files},
    )
    return contents


def derived(name: str, part: str, make: Callable[[], Any], others: Iterable[str] = ()) -> Any:
    """What `make` makes of a file (and of `others`), plain data again, remembered under the name of the part.

    Only the parts made last stay remembered. Raises OSError, and what `make` raises.
    """
    path = _path(name)
    return _remembered(path, [_stamp(path), *(_stamp(_path(other)) for other in others)], make, part)


def text(name: str) -> str:
    """A file as it stands. Raises OSError, and UnicodeDecodeError if it is no UTF-8."""
    with open(_path(name), encoding="utf-8", newline="") as file:
        return file.read()


def names(folder: str) -> list[str]:
    """The names of the files that lie in a folder itself, sorted; none if there is no such folder."""
    return [entry.name for entry in _entries(folder) if entry.is_file()]


def folders(folder: str) -> list[str]:
    """The names of the folders that lie in a folder, sorted; none if there is no such folder."""
    return [entry.name for entry in _entries(folder) if entry.is_dir() and entry.name != "__pycache__"]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    found: dict[str, os.DirEntry[str]] = {}
    for path in (_shipped(folder), _added(folder)):
        try:
            if not path:
                continue
            with os.scandir(path) as entries:
                found.update((entry.name, entry) for entry in entries if entry.name[0] != ".")
        except FileNotFoundError:
            continue
    return [found[name] for name in sorted(found)]


_roots: dict[str, str] = {}

ADDED = os.path.join(".valuelint", "charts")
"""Where `chart add` puts what it learns of charts, upwards from where valuelint is called."""


def _path(name: str) -> str:
    added = _added(name)
    return added if added and os.path.exists(added) else _shipped(name)


def _added(name: str) -> str:
    """The place of a resource among those that were added here; empty if there can be none."""
    root, _, rest = name.partition("/")
    if root != "schemas":
        return ""
    if ADDED not in _roots:
        _roots[ADDED] = find_added(os.getcwd()) or ""
    return os.path.join(_roots[ADDED], *rest.split("/")) if _roots[ADDED] else ""


def find_added(folder: str) -> str | None:
    """The nearest folder of added charts, not beyond the repository that the folder is in."""
    while True:
        found = os.path.join(folder, ADDED)
        if os.path.isdir(found):
            return found
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return None
        folder = above


def _shipped(name: str) -> str:
    root, _, rest = name.partition("/")
    if root not in _roots:
        if root not in ROOTS:
            raise ValueError(f"{name!r} is no resource: it does not start with {' or '.join(ROOTS)}")
        _roots[root] = _find(root)
    return os.path.join(_roots[root], *rest.split("/")) if rest else _roots[root]


def _find(root: str) -> str:
    """An installed package holds its data inside; a checkout has it beside the package.

    Inside is asked first: what lies beside an installed package belongs to others.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, root)
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), root)


def _parse(path: str) -> Any:
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".json"):
        import json

        return json.loads(data)
    from valuelint import syntax

    return syntax.load_data(syntax.Source.from_bytes(data, path))


# --- what is remembered ---------------------------------------------------------------------------


def _stamp(path: str) -> Stamp:
    found = os.stat(path)
    return os.path.basename(path), found.st_mtime_ns, found.st_size


def _remembered(path: str, stamps: list[Stamp], make: Callable[[], Any], part: str = "") -> Any:
    cache = _cache_path(f"{path}-{part}" if part else path)
    key = _MAGIC + marshal.dumps(stamps, 2)
    try:
        with open(cache, "rb") as file:
            stored = file.read()
    except OSError:
        stored = b""
    start = len(key) + 4
    if stored.startswith(key) and crc32(stored[start:]) == int.from_bytes(stored[len(key) : start], "little"):
        return marshal.loads(memoryview(stored)[start:])
    content = make()
    if not sys.dont_write_bytecode:
        _remember(cache, key, content)
        if part:
            _forget_oldest(_cache_path(path).removesuffix(_SUFFIX) + "-")
    return content


def _cache_path(path: str) -> str:
    folder, name = os.path.split(path)
    if sys.pycache_prefix is None:
        return os.path.join(folder, "__pycache__", name + _SUFFIX)
    # A drive such as C: cannot stand in the middle of a path.
    inside = os.path.splitdrive(folder)[1].lstrip(os.sep)
    return os.path.join(sys.pycache_prefix, inside, name + _SUFFIX)


def _remember(cache: str, key: bytes, content: Any) -> None:
    """Writes aside and renames, so that whoever reads at the same time sees the old file or the new one."""
    payload = marshal.dumps(content)
    aside = f"{cache}.{os.getpid()}.{id(payload)}"
    try:
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            with open(descriptor, "wb") as file:
                file.write(key + crc32(payload).to_bytes(4, "little") + payload)
            os.replace(aside, cache)
        except OSError:
            os.unlink(aside)
    except OSError:
        pass


def _forget_oldest(prefix: str) -> None:
    folder, start = os.path.split(prefix)
    try:
        with os.scandir(folder) as entries:
            parts = sorted((entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.startswith(start))
        for _, path in parts[:-PARTS_REMEMBERED]:
            os.unlink(path)
    except OSError:
        pass
