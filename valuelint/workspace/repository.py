"""The files of a repository: found once, read once, dismissed by their bytes, parsed only when somebody needs them."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from valuelint.charts.facts import chart_names, load_chart
from valuelint.light import Iterable, Iterator, NamedTuple
from valuelint.syntax import (
    Document,
    Mapping,
    Node,
    Path,
    Scalar,
    Source,
    SourceError,
    find,
    parse,
    resolve_alias,
    to_data,
)
from valuelint.values.blanks import TEMPLATE_ENDINGS, marks_of
from valuelint.workspace.release import Origin

_ENDINGS = (".yaml", ".yml", ".j2", ".jinja", ".jinja2", ".gotmpl", ".tpl", ".tmpl")
_OBJECT = b'"apiVersion"'
"""What stands near the beginning of an object in JSON, and seldom in other JSON."""
_NOT_LOOKED_INTO = frozenset(("node_modules", "__pycache__", "vendor"))
_AT_ONCE = 1 << 14
_SHARED = (b"elm", b"toolkit.fluxcd.io")
"""Bytes that several of the longer ones have in common which files are told by."""
_LARGEST = 4_000_000
"""Bytes; nobody writes values of that size, but generated manifests reach it."""


class Unreadable(Exception):  # noqa: N818 - a result, kept with its file
    """Why a file is not read: one sentence, with line and column where there is one."""

    def __init__(self, reason: str, line: int = 0, column: int = 0, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.reason}" if self.line else self.reason


class File:
    """A file of the repository: its bytes at once, its documents when asked for."""

    __slots__ = ("_documents", "_template", "_trouble", "data", "folder", "name", "path")

    def __init__(self, path: str, name: str, data: bytes, folder: str = "") -> None:
        self.path = path
        self.folder = folder or path[: path.rfind(os.sep)] or os.sep
        self.name = name
        self.data = data
        self._documents: list[Document] | None = None
        self._trouble: Unreadable | None = None
        self._template = False

    def take_for_template(self) -> None:
        """Read it as a Go template, whatever its name, in which expressions may stand for values without quotes."""
        if not self._template:
            self._template = True
            self._trouble = None

    @property
    def is_template(self) -> bool:
        """Whether it is filled in by a template engine before anybody reads it as YAML, by its name."""
        return bool(marks_of(self.path))

    def documents(self) -> list[Document]:
        """Its documents. Raises Unreadable, the same one every time."""
        if self._trouble is not None:
            raise self._trouble
        if self._documents is None:
            try:
                self._documents = parse(Source.from_bytes(self.data, self.name, self._template))
            except SourceError as error:
                self._trouble = Unreadable(error.message, error.line, error.column, error.remedy)
                raise self._trouble from None
        return self._documents

    def manifests(self) -> list[Manifest]:
        """Its documents that are maps, and the objects of a List; none where it is no YAML: `documents` says why."""
        try:
            documents = self.documents()
        except Unreadable:
            return []
        found = [Manifest(self, item, item.root) for item in documents if isinstance(item.root, Mapping)]
        if b"List" in self.data:
            for manifest in found[:]:
                found += manifest.items("items") if manifest.kind == "List" else []
        return found

    def __repr__(self) -> str:
        return f"File({self.name!r})"


class Manifest(NamedTuple):
    """A document that is a map, such as a Kubernetes object, or a part of one that is read like it."""

    file: File
    document: Document
    root: Mapping
    prefix: Path = ()

    @property
    def kind(self) -> str:
        return self.text("kind") or ""

    @property
    def api(self) -> str:
        """The API group, without its version."""
        return (self.text("apiVersion") or "").partition("/")[0]

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.text("metadata", "name") or ""

    def node(self, *path: str | int) -> Node | None:
        """What stands at a path, aliases followed."""
        found = find(self.root, path)
        return None if found is None else resolve_alias(found.node)

    def text(self, *path: str | int) -> str | None:
        """The scalar at a path as it is written: `version: 1.10` is the text 1.10; None for null."""
        node = self.node(*path)
        return node.raw if isinstance(node, Scalar) and node.value is not None else None

    def is_true(self, *path: str | int) -> bool:
        """Whether there is a plain true at a path."""
        node = self.node(*path)
        return isinstance(node, Scalar) and node.value is True

    def origin(self, *path: str | int) -> Origin | None:
        """The place of the scalar at a path, as it stands in the file."""
        found = find(self.root, path)
        if found is None:
            return None
        return Origin(self.document.source, found.node.start, found.node.end, (*self.prefix, *path))

    def key(self, *path: str | int) -> Origin | None:
        """The place of the last key of a path."""
        found = find(self.root, path)
        if found is None or found.entry is None:
            return None
        key = found.entry.key
        return Origin(self.document.source, key.start, key.end, (*self.prefix, *path))

    def items(self, *path: str | int) -> list[Manifest]:
        """The maps in the list at a path."""
        node = self.node(*path)
        found = []
        for index, item in enumerate(getattr(node, "items", ())):
            target = resolve_alias(item)
            if isinstance(target, Mapping):
                found.append(Manifest(self.file, self.document, target, (*self.prefix, *path, index)))
        return found

    def part(self, *path: str | int) -> Manifest | None:
        """The map at a path."""
        node = self.node(*path)
        if not isinstance(node, Mapping):
            return None
        return Manifest(self.file, self.document, node, (*self.prefix, *path))

    def texts(self, *path: str | int) -> list[str]:
        """The scalars of the list at a path; a single one counts as a list of it."""
        node = self.node(*path)
        if isinstance(node, Scalar):
            return [] if node.value is None else [node.raw]
        return [target.raw for item in getattr(node, "items", ()) if isinstance(target := resolve_alias(item), Scalar)]

    def strings(self, *path: str | int) -> dict[str, str]:
        """The scalars of the map at a path, by key."""
        node = self.node(*path)
        if not isinstance(node, Mapping):
            return {}
        return {
            key: value.raw
            for key, entry in node.keys.items()
            if isinstance(value := resolve_alias(entry.value), Scalar) and value.value is not None
        }

    def data(self, *path: str | int) -> object:
        """Plain data at a path. Raises SourceError for alias bombs."""
        node = self.node(*path)
        return None if node is None else to_data(node, source=self.document.source)


class Repository:
    """The files below some folders, and what of them speaks of a known chart."""

    def __init__(self, roots: Iterable[str]) -> None:
        self.roots = [os.path.realpath(root) for root in roots]
        self.files: dict[str, File] = {}
        self.folders: set[str] = set()
        self._sorted: list[File] = []
        self._holding: dict[bytes, list[File]] = {}
        self._by_name: dict[str, list[File]] = {}
        self._elsewhere: dict[str, File | None] = {}
        self._mentions: dict[str, bool] = {}
        words = {word for name in chart_names() if (chart := load_chart(name)) for word in (chart.name, *chart.forks)}
        # `rke2-cilium` says no more than `cilium` does.
        self._words = [word.encode() for word in words if not any(other in word for other in words if other != word)]
        for root in self.roots:
            self._walk(root)

    def add(self, root: str) -> None:
        """Take in another folder, if it is not part of the repository yet."""
        real = os.path.realpath(root)
        if real not in self.roots:
            self.roots.append(real)
            self._walk(real)

    def at(self, path: str) -> File | None:
        """The file at a path, whatever its name; None if there is none that can be read."""
        real = os.path.normpath(path)
        found = self.files.get(real)
        if found is not None:
            return found
        if real not in self._elsewhere:
            self._elsewhere[real] = _read(real)
        return self._elsewhere[real]

    def template_of(self, path: str) -> File | None:
        """The template of which the file at a path is made; None without one."""
        real = os.path.normpath(path)
        return next((found for end in TEMPLATE_ENDINGS if (found := self.files.get(real + end)) is not None), None)

    def in_order(self) -> list[File]:
        """All files in the order of their paths."""
        if len(self._sorted) != len(self.files):
            self._sorted = [self.files[path] for path in sorted(self.files)]
            self._holding = {}
            self._by_name = {}
            for file in self._sorted:
                self._by_name.setdefault(file.path[len(file.folder) + 1 :], []).append(file)
        return self._sorted

    def with_bytes(self, first: bytes, *more: bytes) -> Iterator[File]:
        """The files that hold all of some bytes, in the order of their paths; the rarest should come first."""
        files = self.in_order()
        held = self._holding.get(first)
        if held is None:
            for part in _SHARED:
                if part in first and part != first:
                    files = list(self.with_bytes(part))  # looked for once for all that hold it
                    break
            held = self._holding[first] = [file for file in files if first in file.data]
        for file in held:
            data = file.data
            if all(needle in data for needle in more):
                yield file

    def mentions(self, file: File) -> bool:
        """Whether a file names a known chart, in its text or its path."""
        known = self._mentions.get(file.path)
        if known is None:
            data, name = file.data, file.name.encode()
            known = any(word in data or word in name for word in self._words)
            self._mentions[file.path] = known
        return known

    def speaks(self, text: str) -> bool:
        """Whether a text names a known chart."""
        data = text.encode()
        return any(word in data for word in self._words)

    def named(self, *names: str) -> Iterator[File]:
        """The files with one of some base names."""
        self.in_order()
        for name in names:
            yield from self._by_name.get(name, ())

    def manifests(self, first: bytes, *more: bytes) -> Iterator[Manifest]:
        """The documents of the files that hold all of some bytes; files that are no YAML are left out."""
        for file in self.with_bytes(first, *more):
            yield from file.manifests()

    def folder(self, path: str, near: str) -> str | None:
        """The folder that a path from the repository's top means, as a file in `near` says it; None without one."""
        wanted = os.path.normpath(path.lstrip("/") or ".")
        here = near
        while True:
            candidate = os.path.normpath(os.path.join(here, wanted))
            if candidate in self.folders and (wanted != "." or here in self.roots):
                return candidate
            above = os.path.dirname(here)
            if here in self.roots or above == here:
                return None
            here = above

    def matching(self, folder: str, pattern: str) -> list[str]:
        """The paths, as seen from a folder, of the files that a pattern such as `values/*.yaml` matches, sorted."""
        wanted = os.path.normpath(os.path.join(folder, pattern))
        if not is_pattern(pattern):
            return []
        base = os.path.dirname(wanted.partition("*")[0].partition("[")[0].partition("?")[0]) + os.sep
        found = [path for path in sorted(self.files) if path.startswith(base) and _fits(path, wanted)]
        return [os.path.relpath(path, folder) for path in found]

    def _walk(self, root: str) -> None:
        waiting = [root]
        here = os.getcwd()
        while waiting:
            folder = waiting.pop()
            self.folders.add(folder)
            try:
                with os.scandir(folder) as entries:
                    found = list(entries)
            except OSError:
                continue
            for entry in found:
                name = entry.name
                if name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if name not in _NOT_LOOKED_INTO:
                        waiting.append(entry.path)
                elif (name.endswith(_ENDINGS) or name == "Kustomization") and entry.path not in self.files:
                    file = _read(entry.path, here, b"", folder)
                    if file is not None:
                        self.files[entry.path] = file
                elif name.endswith(".json") and entry.path not in self.files:
                    file = _read(entry.path, here, _OBJECT, folder)
                    if file is not None:
                        self.files[entry.path] = file


def is_pattern(path: str) -> bool:
    """Whether a path stands for all that it matches."""
    return any(char in path for char in "*?[") and "{" not in path


def _fits(path: str, pattern: str) -> bool:
    """Whether a path fits a pattern, in which only `**` stands for several folders."""
    if "**" not in pattern and path.count(os.sep) != pattern.count(os.sep):
        return False
    return fnmatchcase(path, pattern.replace("**/", "*").replace("**", "*"))


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
"""A pipe that nobody writes to is empty."""


def _read(path: str, here: str = "", beginning: bytes = b"", folder: str = "") -> File | None:
    """The file at a path; None without one, or where some bytes do not stand in its beginning."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return None
    try:
        data = os.read(descriptor, _AT_ONCE)
        if beginning not in data:
            return None
        while len(data) % _AT_ONCE == 0 and 0 < len(data) <= _LARGEST and (more := os.read(descriptor, _AT_ONCE)):
            data += more
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return File(path, shown(path, here), b"" if len(data) > _LARGEST else data, folder)


def shown(path: str, here: str = "") -> str:
    """A path as the user would write it: relative to the current folder where it lies below."""
    base = here or os.getcwd()
    cut = len(base)
    return path[cut + 1 :] if path.startswith(base) and path[cut : cut + 1] == os.sep else path
