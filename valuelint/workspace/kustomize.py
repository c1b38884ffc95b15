"""Who applies a file: kustomizations, Flux Kustomizations and Argo CD Applications, and what they change on the way.

A manifest is reached by kustomization files that list it, which others list in turn, up to something that a controller
applies. Each such way is a `Way`; a base that two overlays use is reached by two.
"""

from __future__ import annotations

import os
import re
from itertools import islice

from valuelint.light import Callable, Iterable, Iterator, NamedTuple
from valuelint.values.blanks import Fill, substitutions
from valuelint.workspace.objects import variables
from valuelint.workspace.release import Origin
from valuelint.workspace.repository import File, Manifest, Repository

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = ("resources", "bases", "components", "generators", "transformers", "helmCharts", "patchesStrategicMerge")
_CHANGES = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers", "components")
_MOST_WAYS = 32
_DEEPEST = 40

Maker = Callable[[Repository, File], "list[Sync]"]
"""Finds the syncs in a file."""


class Sync(NamedTuple):
    """What a controller applies: the folder of a Flux Kustomization, or of a source of an Argo CD Application.

    `namespace` is where the objects go, `variables` is what is filled in for `${VAR}`; `complete` if nothing else is.
    """

    file: File
    name: str
    folder: str
    namespace: str | None
    origin: Origin | None
    forced: bool
    """Whether the namespace takes the place of one that an object has."""
    variables: dict[str, str]
    complete: bool
    patches: tuple[Manifest, ...]
    cluster: str | None
    """Where it applies to, if it says so."""
    by: str
    manifest: Manifest


class Way(NamedTuple):
    """One way in which a file is applied: the kustomizations from the innermost out, and the syncs from there on."""

    kustomizations: tuple[Manifest, ...] = ()
    syncs: tuple[Sync, ...] = ()

    @property
    def sync(self) -> Sync | None:
        """What applies it directly."""
        return self.syncs[0] if self.syncs else None

    @property
    def changes(self) -> bool:
        """Whether something on this way may change any part of an object."""
        return any(sync.patches for sync in self.syncs) or any(
            kustomization.node(key) is not None for kustomization in self.kustomizations for key in _CHANGES
        )

    def namespace(self) -> tuple[str, Origin | None] | None:
        """The namespace that this way gives an object, and the place that says so; None if it leaves it as it is."""
        sync = self.sync
        if sync is not None and sync.namespace is not None and sync.forced:
            return sync.namespace, sync.origin
        for kustomization in reversed(self.kustomizations):
            text = kustomization.text("namespace")
            if text:
                return text, kustomization.origin("namespace")
        return None

    def renamed(self, name: str) -> str:
        """An object's name after all prefixes and suffixes."""
        around = [item.part() for item in self.kustomizations]
        if self.sync is not None and self.sync.by == "Flux":
            around.append(self.sync.manifest.part("spec"))
        for item in around:
            if item is not None:
                name = f"{item.text('namePrefix') or ''}{name}{item.text('nameSuffix') or ''}"
        return name

    def without_variables(self) -> Way:
        """The same way, on which nothing is filled in."""
        return self._replace(syncs=tuple(sync._replace(variables={}, complete=False) for sync in self.syncs))

    @property
    def fill(self) -> Fill:
        """Flux's substitution in texts."""
        sync = self.sync
        variables, complete = ({}, False) if sync is None else (sync.variables, sync.complete)
        return Fill(lambda text: substitutions(text, variables, complete))


class Reach:
    """Finds the ways to files of a repository."""

    def __init__(self, repository: Repository, syncs: Syncs) -> None:
        self.repository = repository
        self.syncs = syncs
        self._kustomizations: dict[str, Manifest | None] = {}
        self._words: dict[str, list[File]] | None = None
        self._patching: list[File] | None = None
        self._ways: dict[str, list[Way]] = {}

    def ways(self, file: File) -> list[Way]:
        """The ways to a file, at least one, which may be empty."""
        known = self._ways.get(file.path)
        if known is None:
            known = self._ways[file.path] = list(islice(self._find_ways(file.path, ()), _MOST_WAYS)) or [Way()]
        return known

    def folder_ways(self, folder: str) -> list[Way]:
        """The ways to a folder that holds a kustomization."""
        return list(islice(self._ways_up(folder, ()), _MOST_WAYS)) or [Way()]

    def kustomization(self, folder: str) -> Manifest | None:
        """The kustomization file of a folder."""
        if folder not in self._kustomizations:
            found = None
            for name in NAMES:
                file = self.repository.files.get(os.path.join(folder, name))
                if file is not None:
                    found = next(iter(file.manifests()), None)
                    break
            self._kustomizations[folder] = found
        return self._kustomizations[folder]

    def with_components(self, kustomization: Manifest, trail: tuple[str, ...] = ()) -> list[Manifest]:
        """A kustomization with the components that it takes in, in the order in which they change its resources."""
        folder = kustomization.file.folder
        if folder in trail:
            return []
        found: list[Manifest] = []
        for text in kustomization.texts("components"):
            if "://" not in text:
                part = self.kustomization(os.path.normpath(os.path.join(folder, text)))
                found += self.with_components(part, (*trail, folder)) if part is not None else []
        return [*found, kustomization]

    def remote(self, kustomization: Manifest, trail: tuple[str, ...] = ()) -> str | None:
        """The first resource of a kustomization, or of those that it lists, that is not in the repository."""
        folder = kustomization.file.folder
        if folder in trail:
            return None
        for key in ("resources", "bases", "components"):
            for text in kustomization.texts(key):
                path = os.path.normpath(os.path.join(folder, text))
                if path in self.repository.folders:
                    listed = self.kustomization(path)
                    found = None if listed is None else self.remote(listed, (*trail, folder))
                    if found is not None:
                        return found
                elif path not in self.repository.files and self.repository.at(path) is None:
                    return text
        return None

    def is_resource(self, path: str) -> bool:
        """Whether some kustomization applies a file, and not only as a patch."""
        return any(
            _same(owner.file.folder, text, path)
            for owner in self._listing(path)
            for key in ("resources", "bases", "components")
            for text in owner.texts(key)
        )

    def patched_by(self, path: str) -> list[Manifest]:
        """The kustomizations that apply a file as a patch."""
        word = os.path.basename(path).encode()
        found = []
        if self._patching is None:
            self._patching = [file for file in self.repository.named(*NAMES) if b"patches" in file.data]
        for file in self._patching:
            manifest = self.kustomization(file.folder) if word in file.data else None
            if manifest is not None and manifest.file is file:
                texts = manifest.texts("patchesStrategicMerge")
                texts += [text for item in manifest.items("patches") if (text := item.text("path"))]
                if any(_same(file.folder, text, path) for text in texts):
                    found.append(manifest)
        return found

    # There may be more ways than anybody could follow, in a net of kustomizations: each is found when it is asked for.

    def _find_ways(self, path: str, trail: tuple[str, ...]) -> Iterator[Way]:
        if path in trail or len(trail) > _DEEPEST:
            return
        trail = (*trail, path)
        found = False
        for kustomization in self._listing(path):
            for way in self._ways_up(kustomization.file.folder, trail):
                found = True
                yield way._replace(kustomizations=(kustomization, *way.kustomizations))
        if not found:
            yield from self._synced(os.path.dirname(path), trail, generated=True)

    def _ways_up(self, folder: str, trail: tuple[str, ...]) -> Iterator[Way]:
        """The ways to a kustomization's folder, without itself; one that ends here if nobody uses it."""
        if folder in trail or len(trail) > _DEEPEST:
            return
        found = False
        for way in self._synced(folder, trail, generated=False):
            found = True
            yield way
        for kustomization in self._listing(folder):
            for way in self._ways_up(kustomization.file.folder, (*trail, folder)):
                found = True
                yield way._replace(kustomizations=(kustomization, *way.kustomizations))
        if not found:
            yield Way()

    def _listing(self, path: str) -> list[Manifest]:
        """The kustomizations that list a file or folder."""
        if self._words is None:
            self._words = {}
            for file in self.repository.named(*NAMES):
                for word in {match.decode("utf-8", "replace") for match in _WORD.findall(file.data)}:
                    self._words.setdefault(word, []).append(file)
        inside = [file for file in self._words.get("..", ()) if file.folder.startswith(path + os.sep)]
        found = []
        for file in (*self._words.get(os.path.basename(path), ()), *inside):
            manifest = self.kustomization(file.folder)
            if manifest is None or manifest.file is not file:
                continue
            for key in _LISTS:
                if any(_same(file.folder, text, path) for text in manifest.texts(key)):
                    found.append(manifest)
                    break
        return found

    def _synced(self, folder: str, trail: tuple[str, ...], generated: bool) -> Iterator[Way]:
        """The ways that begin with a sync of this folder, or of one above it whose kustomization Flux generates."""
        here = folder
        while True:
            if (here != folder or generated) and self.kustomization(here) is not None:
                break
            for sync in self.syncs.of(here):
                if sync.file.path not in trail:
                    for above in self._above(sync, trail):
                        yield Way((), (sync, *above.syncs))
            upper = os.path.dirname(here)
            if here in self.repository.roots or upper == here:
                break
            here = upper

    def _above(self, sync: Sync, trail: tuple[str, ...]) -> Iterator[Way]:
        """The ways to a sync's own file, one that is empty at least."""
        seen: set[tuple[str, ...]] = set()
        for way in islice(self._find_ways(sync.file.path, trail), _MOST_WAYS):
            names = tuple(up.file.path + up.name for up in way.syncs)
            if names not in seen and all(up is not sync for up in way.syncs):
                seen.add(names)
                yield Way((), way.syncs)
        if not seen:
            yield Way()


def _same(folder: str, reference: str, path: str) -> bool:
    if "://" in reference or "\n" in reference:
        return False
    return os.path.normpath(os.path.join(folder, reference)) == path


class Syncs:
    """What controllers apply, found by the folder that it names; a file is parsed only when its path fits."""

    def __init__(self, repository: Repository, makers: Iterable[Maker]) -> None:
        self.repository = repository
        self._makers = tuple(makers)
        self._made: dict[str, list[Sync]] = {}
        self._by_path: dict[str, list[File]] | None = None

    def of(self, folder: str) -> list[Sync]:
        """The syncs that apply a folder."""
        if self._by_path is None:
            self._by_path = self._index()
        candidates: dict[str, File] = {}
        for text in (*_endings(folder), _ANY):
            for file in self._by_path.get(text, ()):
                candidates[file.path] = file
        return [sync for file in candidates.values() for sync in self.in_file(file) if sync.folder == folder]

    def in_file(self, file: File) -> list[Sync]:
        """The syncs that stand in a file."""
        if file.path not in self._made:
            self._made[file.path] = [sync for make in self._makers for sync in make(self.repository, file)]
        return self._made[file.path]

    def _index(self) -> dict[str, list[File]]:
        found: dict[str, list[File]] = {}
        holding = self.repository.with_bytes
        for file in (*holding(b"kustomize.toolkit.fluxcd.io"), *holding(b"argoproj.io")):
            for match in _PATH.finditer(file.data):
                text = match[1].decode("utf-8", "replace")
                text = _ANY if "{" in text else os.path.normpath(text.strip("/") or ".")
                listed = found.setdefault(_ANY if text == "." else text, [])
                if file not in listed:
                    listed.append(file)
        return found


_PATH = re.compile(rb"""(?m)(?:^[ \t]*(?:-[ \t]+)?|[{,][ \t]*)["']?path["']?:[ \t]*["']?([^"'#\r\n,]*[^"'#\s,}])""")
_ANY = "*"
_WORD = re.compile(rb"""[^\s/"',\[\]{}]+""")


def _endings(folder: str) -> Iterator[str]:
    """`c`, `b/c` and `a/b/c` of `/a/b/c`."""
    parts = folder.strip(os.sep).split(os.sep)
    for number in range(len(parts)):
        yield "/".join(parts[number:])


def flux_syncs(repository: Repository, file: File) -> list[Sync]:
    """The Flux Kustomizations in a file whose folder is in the repository."""
    if b"kustomize.toolkit.fluxcd.io" not in file.data:
        return []
    found = []
    for manifest in file.manifests():
        if manifest.kind != "Kustomization" or manifest.api != "kustomize.toolkit.fluxcd.io":
            continue
        path = manifest.text("spec", "path") or "."
        folder = repository.folder(path, file.folder)
        if folder is None:
            continue
        if not path.strip("./") and manifest.text("spec", "sourceRef", "kind") in ("OCIRepository", "Bucket"):
            continue  # the top of an artifact is not that of this repository
        given: dict[str, str | None] = {}
        # Without a postBuild of its own, a Kustomization above may patch one in.
        complete = manifest.node("spec", "postBuild") is not None
        for reference in manifest.items("spec", "postBuild", "substituteFrom"):
            name, kind = reference.text("name") or "", reference.text("kind") or ""
            more, whole = ({}, False) if "$" in name else variables(repository, kind, name, file)
            complete = complete and whole and None not in more.values()
            given.update(more)
        given.update(manifest.strings("spec", "postBuild", "substitute"))
        namespace = manifest.text("spec", "targetNamespace")
        if namespace is not None and "${" in namespace:
            namespace = None
        found.append(
            Sync(
                file,
                manifest.name,
                folder,
                namespace,
                manifest.origin("spec", "targetNamespace"),
                True,
                {key: text for key, text in given.items() if text is not None},
                complete,
                tuple(manifest.items("spec", "patches")),
                None,
                "Flux",
                manifest,
            )
        )
    return found
