"""Umbrella charts: a Chart.yaml that depends on a known chart, whose values stand under the dependency's key."""

from __future__ import annotations

import os

from valuelint.charts.facts import Chart, load_chart
from valuelint.light import TYPE_CHECKING, Iterator, NamedTuple
from valuelint.syntax import Path, Scalar, SourceError, resolve_alias
from valuelint.values import Values
from valuelint.values.layer import DeskKey, Layer, place
from valuelint.workspace.draft import Draft
from valuelint.workspace.kustomize import Way
from valuelint.workspace.references import exact
from valuelint.workspace.release import Beside
from valuelint.workspace.repository import File, Manifest

if TYPE_CHECKING:
    from valuelint.workspace.ground import Ground


class Dependency(NamedTuple):
    """A chart in a chart; `key` is where its values stand. Of a chart that is a known one itself there is no key."""

    chart: Chart
    key: str
    manifest: Manifest
    lock: Manifest | None

    @property
    def folder(self) -> str:
        return self.manifest.file.folder


def dependencies(ground: Ground, folder: str | None) -> list[Dependency]:
    """The known charts that the chart in a folder depends on."""
    file = None if folder is None else ground.repository.files.get(os.path.join(folder, "Chart.yaml"))
    if file is None:
        return []
    found = []
    for manifest in file.manifests()[:1]:
        items = manifest.items("dependencies")
        own = load_chart(manifest.text("name") or "")
        # A chart that depends on one of its own name wraps it.
        if own is not None and all(item.text("name") != manifest.text("name") for item in items):
            return [Dependency(own, "", manifest, None)]
        for item in items:
            chart = load_chart(item.text("name") or "")
            if chart is not None:
                key = item.text("alias") or item.text("name") or ""
                if _wraps(ground, file, item, chart, key):
                    reason = f"{chart.name} of {item.text('repository')} wraps the chart: it does not say which version"
                    if (file, reason, False) not in ground.aside:
                        ground.aside.append((file, reason, False))
                    continue
                found.append(Dependency(chart, key, item, _locked(ground, file, item)))
    return found


def _wraps(ground: Ground, file: File, item: Manifest, chart: Chart, key: str) -> bool:
    """Whether a dependency is somebody's own chart around a known one, told by the values, which lie one key deeper."""
    official = (item.text("repository") or "").rstrip("/") in chart.repositories
    values = None if official else ground.repository.files.get(os.path.join(file.folder, "values.yaml"))
    if values is None or chart.name in chart.table.defaults(chart.versions[-1]):
        return False
    return any(manifest.part(key, chart.name) is not None for manifest in values.manifests())


def _locked(ground: Ground, file: File, item: Manifest) -> Manifest | None:
    """The entry of Chart.lock for a dependency."""
    lock = ground.repository.at(os.path.join(file.folder, "Chart.lock"))
    for manifest in lock.manifests() if lock is not None else ():
        for other in manifest.items("dependencies"):
            if other.text("name") == item.text("name"):
                return other
    return None


def draft_dependency(
    ground: Ground, item: Dependency, file: File, controller: bool, way: Way | None = None, own: bool = True
) -> Draft:
    """The draft of a release of a dependency, with its version and, with `own`, the umbrella's own values."""
    ground.delivered.add(item.folder)
    draft = Draft(ground.repository, item.chart, file, controller, way)
    version = item.manifest.text("version")
    if version and not exact(version) and item.lock is not None:
        draft.say("version", item.lock.text("version"), item.lock.origin("version"), str)
    draft.say("version", version, item.manifest.origin("version"), str)
    if not item.key:
        return draft  # a copy of the chart itself: its values.yaml holds the defaults
    alias = item.manifest.text("alias")
    if alias and alias != item.chart.name:
        draft.unresolved.append(f"the chart is called {alias} here, which changes the names of some objects")
    draft.beside = lambda layers: beside(layers, item.key, _claims(item, layers), item.folder)
    values = ground.repository.files.get(os.path.join(item.folder, "values.yaml")) if own else None
    if values is not None:
        draft.add_path(values.path, item.folder, (item.key,), umbrella=True)
    return draft


def beside(layers: list[Layer], block: str, claims: dict[str, str], folder: str) -> Iterator[Beside]:
    """The keys around the block of an umbrella's values from which layers are taken.

    `claims` has the key of each other chart there, with the chart's name, and those that Helm or a known chart answers
    to, with nothing: these are left out.
    """
    seen: set[tuple[DeskKey, str]] = set()
    for layer in layers:
        around = _around(layer, block)
        for key in around.root.keys if around is not None and around.root is not None else ():
            if around is not None and claims.get(key, key) and (around.desk_key, key) not in seen:
                seen.add((around.desk_key, key))
                yield Beside(around, key, block, folder, claims.get(key, ""))


def _around(layer: Layer, key: str) -> Layer | None:
    """The umbrella's values that a dependency's part is taken from."""
    spot = layer.place
    if spot.mount or spot.recipe is not None or spot.fixed:
        return None
    if spot.embedded is not None:
        around = spot._replace(inner=spot.inner[:-1]) if spot.inner[-1:] == (key,) else None
    else:
        around = spot._replace(prefix=spot.prefix[:-1]) if spot.prefix[-1:] == (key,) else None
    try:
        return None if around is None else place(layer.document, around, layer.blanks)
    except (SourceError, ValueError):
        return None


def _claims(item: Dependency, layers: list[Layer]) -> dict[str, str]:
    """The top keys that mean something to Helm in an umbrella: its charts', their switches, and those of all.

    With each the name of the chart, where that is one that is installed and that nobody described.
    """
    found = {"global": "", "tags": ""}
    for manifest in item.manifest.file.manifests()[:1]:
        others = manifest.items("dependencies")
        conditions = [_paths(other.text("condition")) for other in others]
        found.update((paths[0], "") for condition in conditions for paths in condition)
        for other, condition in zip(others, conditions, strict=True):
            name = other.text("name") or ""
            known = load_chart(name) is not None or _is_off(condition, layers, item.key)
            found[other.text("alias") or name] = "" if known else name
    return found


def _is_off(condition: list[tuple[str, ...]], layers: list[Layer], key: str) -> bool:
    """Whether the first path of a condition that the umbrella's values give a true or false to gives it a false."""
    around = [found for layer in layers if (found := _around(layer, key)) is not None]
    for path in condition:
        for layer in reversed(around):
            spot = layer.find(path)
            node = None if spot is None else resolve_alias(spot.node)
            if isinstance(node, Scalar) and isinstance(node.value, bool):
                return not node.value
    return False


def _paths(condition: str | None) -> list[tuple[str, ...]]:
    paths = [tuple(part for part in text.strip().split(".") if part) for text in (condition or "").split(",")]
    return [path for path in paths if path]


def is_off(draft: Draft, item: Dependency) -> bool:
    """Whether the values switch the dependency off: the first path of its `condition` with a true or false decides."""
    values = Values(draft.layers, {})
    for text in (item.manifest.text("condition") or "").split(","):
        path: Path = tuple(part for part in text.strip().split(".") if part)
        if not path:
            continue
        value = values.get(path[1:]) if path[0] == item.key else _of_umbrella(draft, item, path)
        if isinstance(value, bool):
            return not value
    return False


def _of_umbrella(draft: Draft, item: Dependency, path: Path) -> object:
    """A value of the umbrella's own, beside those of the dependency."""
    for layer in reversed(draft.layers):
        around = _around(layer, item.key)
        found = None if around is None else around.find(path)
        node = None if found is None else resolve_alias(found.node)
        if isinstance(node, Scalar):
            return node.value
    return None


def layers_of_text(draft: Draft, manifest: Manifest, path: Path, key: str, text: bool = False) -> None:
    """The layers of values that stand at a path of a document, as a map or a text: a dependency's part of them."""
    if manifest.node(*path) is None:
        return
    if not key:
        draft.add_at(manifest, *path, text=text)
        return
    draft.add_at(manifest, *path, inner=(key,), text=text)
    draft.add_at(manifest, *path, inner=("global",), mount=("global",), text=text)


def charts(ground: Ground) -> Iterator[tuple[File, list[Dependency]]]:
    """The charts of the repository that depend on a known one."""
    for file in ground.repository.named("Chart.yaml"):
        if b"dependencies" in file.data and ground.repository.mentions(file):
            found = [item for item in dependencies(ground, file.folder) if item.key]
            if found:
                yield file, found
