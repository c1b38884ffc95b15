"""Kustomize's patches on an object: strategic merge patches and JSON 6902 operations, as layers of their own.

A merge patch merges maps, an operation replaces what stands at its path. What cannot be followed (`$patch`, move and
copy) changes something all the same: its place is told, and what comes of it is not known.
"""

from __future__ import annotations

import os
import re

from valuelint.light import TYPE_CHECKING, Iterator, NamedTuple
from valuelint.syntax import Document, Mapping, Node, Path, Scalar, Sequence, SourceError, resolve_alias
from valuelint.syntax.embedded import Embedded
from valuelint.values import Placement
from valuelint.values.layer import Made, mounted
from valuelint.workspace.kustomize import Sync, Way
from valuelint.workspace.repository import File, Manifest, Unreadable

if TYPE_CHECKING:
    from valuelint.workspace.ground import Ground

_FIELDS = (
    ("spec", "chart", "spec", "version"),
    ("spec", "releaseName"),
    ("spec", "targetNamespace"),
    ("spec", "ref"),
    ("spec", "valuesFrom"),
    ("spec", "values"),
)
"""What a merge patch may say of a release, or of the source of its chart."""
_DIRECTIVE = "$patch"


class Change(NamedTuple):
    """What a patch sets: the place in the object (`target`), and where the new value stands: at `path` of `holder`.

    `base` leads from the top of the patch to the holder. A patch that is a text stands at `prefix` of its document, as
    `embedded`. With `deletes`, null takes away; with `removes`, the change does nothing else.
    """

    target: Path
    holder: Manifest
    base: Path
    path: Path
    embedded: Embedded | None
    prefix: Path
    deletes: bool
    removes: bool = False
    unknown: bool = False
    """Whether it cannot be said what stands at `target` after it."""

    def placement(self, mount: Path, within: Path) -> Placement:
        """Where the values of this change stand."""
        path = (*self.base, *self.path, *within)
        if self.removes:
            offsets = self.holder.root.start, self.holder.root.end
            nothing = mounted(Scalar(*offsets, None, None, "null", "plain"), mount)
            root = nothing if isinstance(nothing, Mapping) else None
            return Placement((*self.prefix, *path), None, (), mount, "a patch removes it", True, Made(root))
        if self.embedded is not None:
            return Placement(self.prefix, self.embedded, path, mount, "", self.deletes)
        return Placement(path, None, (), mount, "", self.deletes)


def changes(ground: Ground, manifest: Manifest, way: Way) -> list[Change]:
    """What the kustomizations of a way change in an object, in the order in which they do."""
    found: list[Change] = []
    applied = [part for kustomization in way.kustomizations for part in ground.reach.with_components(kustomization)]
    if way.sync is not None:
        applied += _components_of_sync(ground, way.sync)
    for kustomization in applied:
        for index, text in enumerate(kustomization.texts("patchesStrategicMerge")):
            found += _merge_patch(ground, kustomization, ("patchesStrategicMerge", index), text, manifest, False)
        for key in ("patches", "patchesJson6902"):
            for item in kustomization.items(key):
                found += _of_patch(ground, kustomization, item, manifest, way)
        for item in _replacements(ground, kustomization):
            found += _of_replacement(item, manifest, way)
    if way.sync is not None:
        for item in way.sync.patches:
            found += _of_patch(ground, way.sync.manifest, item, manifest, way)
    return found


def _components_of_sync(ground: Ground, sync: Sync) -> list[Manifest]:
    """The components that a Flux Kustomization adds to its folder."""
    found = []
    for text in sync.manifest.texts("spec", "components"):
        part = ground.reach.kustomization(os.path.normpath(os.path.join(sync.folder, text)))
        found += ground.reach.with_components(part) if part is not None else []
    return found


def _replacements(ground: Ground, kustomization: Manifest) -> Iterator[Manifest]:
    """The replacements of a kustomization, those in files of their own included."""
    for item in kustomization.items("replacements"):
        path = item.text("path")
        if path is None:
            yield item
            continue
        file = ground.repository.at(os.path.join(kustomization.file.folder, path))
        try:
            documents = file.documents() if file is not None else []
        except Unreadable:
            continue
        for document in documents:
            nodes = document.root.items if isinstance(document.root, Sequence) else [document.root]
            for node in map(resolve_alias, filter(None, nodes)):
                if file is not None and isinstance(node, Mapping):
                    yield Manifest(file, document, node)


def _of_replacement(item: Manifest, manifest: Manifest, way: Way) -> Iterator[Change]:
    """The fields that a replacement fills with something of another object."""
    for target in item.items("targets"):
        select = target.part("select")
        if select is not None and _selects(select, manifest, way):
            for text in target.texts("fieldPaths"):
                parts = tuple(text.partition("[")[0].rstrip(".").split("."))
                yield Change(parts, target, (), ("fieldPaths",), None, (), False, unknown=True)


def _of_patch(ground: Ground, owner: Manifest, item: Manifest, manifest: Manifest, way: Way) -> Iterator[Change]:
    target = item.part("target")
    if target is not None and not _selects(target, manifest, way):
        return
    text = item.text("patch")
    path = item.text("path")
    local = item.prefix[len(owner.prefix) :]
    if text is not None:
        yield from _merge_patch(ground, owner, (*local, "patch"), text, manifest, target is not None, True)
    elif path is not None:
        yield from _merge_patch(ground, owner, (*local, "path"), path, manifest, target is not None)


def _selects(target: Manifest, manifest: Manifest, way: Way) -> bool:
    """Whether a patch is meant for an object, by what it was called at first or is called in the end."""
    version = (manifest.text("apiVersion") or "").rpartition("/")[2]
    spaces = [manifest.text("metadata", "namespace") or "default", *(given[:1] if (given := way.namespace()) else ())]
    for key, values in (
        ("kind", [manifest.kind]),
        ("name", [manifest.name, way.renamed(manifest.name)]),
        ("group", [manifest.api]),
        ("version", [version]),
        ("namespace", spaces),
    ):
        wanted = target.text(key)
        if wanted is None or any("${" in value for value in values):
            continue
        try:
            if all(re.fullmatch(wanted, value) is None for value in values):
                return False
        except re.error:
            return False
    return all(
        _matches(target.text(f"{name}Selector") or "", manifest.strings("metadata", f"{name}s"))
        for name in ("label", "annotation")
    )


def _matches(selector: str, marks: dict[str, str]) -> bool:
    for part in selector.split(",") if selector else ():
        key, operator, value = re.match(r"\s*([^=!\s]*)\s*(==?|!=)?\s*(\S*)", part).groups()  # type: ignore[union-attr]
        if (marks.get(key) == value) != (operator != "!=") if operator else key not in marks:
            return False
    return True


def replaced(manifest: Manifest, patches: list[Change], path: Path) -> tuple[Manifest, Path] | None:
    """Where a field of an object is said after all patches: at which path of which manifest; None where nothing is."""
    said = (manifest, path) if manifest.node(*path) is not None else None
    for change in patches:
        target = change.target
        if target != path[: len(target)]:
            continue
        inner = (*change.path, *path[len(target) :])
        if change.removes or change.unknown:
            said = None
        elif change.holder.node(*inner) is not None:
            said = change.holder, inner
    return said


def _merge_patch(
    ground: Ground, owner: Manifest, place: Path, text: str, manifest: Manifest, targeted: bool, inline: bool = False
) -> Iterator[Change]:
    """The changes of one patch: a text in the kustomization, or a file that it names."""
    if not inline and "\n" not in text and not text.lstrip().startswith(("{", "[")):
        file = ground.repository.at(os.path.join(owner.file.folder, text))
        if file is None:
            return
        try:
            documents = file.documents()
        except Unreadable:
            return
        for document in documents:
            yield from _document(file, document, None, (), document, manifest, targeted)
        return
    node = owner.node(*place)
    if not isinstance(node, Scalar):
        return
    embedded = Embedded(owner.document.source, node)
    try:
        inner = embedded.located()
    except SourceError:
        return
    prefix = (*owner.prefix, *place)
    for document in inner[:1]:
        yield from _document(owner.file, owner.document, embedded, prefix, document, manifest, targeted)


def _document(
    file: File,
    host: Document,
    embedded: Embedded | None,
    prefix: Path,
    document: Document,
    manifest: Manifest,
    targeted: bool,
) -> Iterator[Change]:
    root = document.root
    if isinstance(root, Mapping):
        patch = Manifest(file, host, root)
        if (patch.kind and patch.kind != manifest.kind) or (not targeted and patch.name != manifest.name):
            return
        if patch.text(_DIRECTIVE) == "delete":
            yield Change((), patch, (), (_DIRECTIVE,), embedded, prefix, True, removes=True)
            return
        for target in _FIELDS:
            node = patch.node(*target)
            if node is not None:
                strange = any(entry == _DIRECTIVE for entry in _keys(node))
                yield Change(target, patch, (), target, embedded, prefix, True, unknown=strange)
    elif isinstance(root, Sequence):
        for index, item in enumerate(root.items):
            node = resolve_alias(item)
            if isinstance(node, Mapping):
                yield from _operation(Manifest(file, host, node), index, embedded, prefix)


def _keys(node: Node) -> Iterator[str]:
    """The keys of a map and of the maps in it; lists are replaced as they are."""
    if isinstance(node, Mapping):
        for key, entry in node.keys.items():
            yield key
            yield from _keys(entry.value)


def _operation(item: Manifest, index: int, embedded: Embedded | None, prefix: Path) -> Iterator[Change]:
    """A JSON 6902 operation: a value takes the place of all that stood there."""
    operation = item.text("op")
    target = _pointer(item.text("path") or "")
    gone = Change(target, item, (index,), ("path",), embedded, prefix, True, removes=True)
    if operation in ("add", "replace") and item.node("value") is not None:
        if isinstance(item.node("value"), Mapping):
            yield gone
        yield Change(target, item, (index,), ("value",), embedded, prefix, False)
    elif operation == "remove":
        yield gone
    elif operation in ("move", "copy"):
        yield gone._replace(unknown=True)
        if operation == "move":
            yield gone._replace(target=_pointer(item.text("from") or ""), path=("from",))


def _pointer(text: str) -> Path:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])
