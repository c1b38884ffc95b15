"""Umbrella charts: a Chart.yaml that depends on a known chart, whose values stand under the dependency's key."""

from __future__ import annotations

import os

from valuelint.charts.facts import Chart, load_chart
from valuelint.light import TYPE_CHECKING, Iterator, NamedTuple
from valuelint.syntax import Path, Scalar, SourceError, resolve_alias
from valuelint.values import Values
from valuelint.values.layer import DeskKey, Layer, place
from valuelint.workspace.draft import Draft, globals_of
from valuelint.workspace.kustomize import Way
from valuelint.workspace.parameters import Parameters
from valuelint.workspace.references import exact, fork_of
from valuelint.workspace.release import Beside
from valuelint.workspace.repository import File, Manifest, Unreadable

if TYPE_CHECKING:
    from valuelint.workspace.ground import Ground


class Link(NamedTuple):
    """A chart in a chart: the key of its values in those of the chart around it, and the entry that lists it.

    `owner` is the Chart.yaml of the chart around it. A chart that only lies in its `charts` has no entry.
    """

    key: str
    owner: File
    entry: Manifest | None

    @property
    def folder(self) -> str:
        """The folder of the chart around it."""
        return self.owner.folder


class Dependency(NamedTuple):
    """A known chart in a chart, by the links that lead to it, the outermost first; none where it is that chart itself.

    `manifest` says its version, `lock` the one that it was locked to.
    """

    chart: Chart
    links: tuple[Link, ...]
    manifest: Manifest
    lock: Manifest | None

    @property
    def key(self) -> Path:
        """Where its values stand in those of the outermost chart."""
        return tuple(link.key for link in self.links)


def dependencies(ground: Ground, folder: str | None, trail: tuple[str, ...] = ()) -> list[Dependency]:
    """The known charts that the chart in a folder depends on, through others in the repository as well."""
    if folder is None or folder in trail:
        return []
    file = ground.repository.files.get(os.path.join(folder, "Chart.yaml"))
    head = next(iter(file.manifests()), None) if file is not None and _may_lead_to_one(ground, file) else None
    if file is None or head is None:
        return []
    items = _entries(ground, file)
    own = load_chart(head.text("name") or "")
    # A chart that depends on one of its own name wraps it.
    if own is not None and all(item.text("name") != head.text("name") for item in items):
        return [Dependency(own, (), head, None)]
    found = []
    inside = _names([chart for chart in ground.subcharts(folder) if _may_lead_to_one(ground, chart)])
    for item in items:
        name = item.text("name") or ""
        link = Link(item.text("alias") or name, file, item)
        local = _local(ground, file, item) or inside.get(name)
        through = dependencies(ground, local, (*trail, folder))
        found += [part._replace(links=(link, *part.links)) for part in through]
        chart = load_chart(name)
        if through or chart is None:
            continue
        if _wraps(ground, file, item, chart, link.key):
            reason = f"{chart.name} of {item.text('repository')} wraps the chart: it does not say which version"
            if (file, reason, False) not in ground.aside:
                ground.aside.append((file, reason, False))
            continue
        found.append(Dependency(chart, (link,), item, _locked(ground, file, item)))
    for name in inside.keys() - {item.text("name") for item in items}:
        through = dependencies(ground, inside[name], (*trail, folder))
        found += [part._replace(links=(Link(name, file, None), *part.links)) for part in through]
    return found


def _may_lead_to_one(ground: Ground, file: File) -> bool:
    """Whether a chart could be a known one, or depend on one, by its bytes and by what lies beside it."""
    if ground.repository.mentions(file) or b"file:" in file.data:
        return True
    if os.path.join(file.folder, "requirements.yaml") in ground.repository.files:
        return True
    return any(_may_lead_to_one(ground, chart) for chart in ground.subcharts(file.folder))


def _entries(ground: Ground, file: File) -> list[Manifest]:
    """What a chart says it depends on; requirements.yaml, of older charts, takes the place of what Chart.yaml says."""
    for name in ("requirements.yaml", "Chart.yaml"):
        listed = ground.repository.files.get(os.path.join(file.folder, name))
        head = next(iter(listed.manifests()), None) if listed is not None else None
        if head is not None and head.node("dependencies") is not None:
            return head.items("dependencies")
    return []


def _names(charts: list[File]) -> dict[str, str]:
    """The folders of some charts by their names."""
    found = {}
    for chart in charts:
        name = next((item.text("name") for item in chart.manifests()), None)
        found[name or os.path.basename(chart.folder)] = chart.folder
    return found


def _local(ground: Ground, file: File, item: Manifest) -> str | None:
    """The folder of the repository that an entry takes its chart from."""
    scheme, _, path = (item.text("repository") or "").partition("://")
    folder = os.path.normpath(os.path.join(file.folder, path))
    return folder if scheme == "file" and folder in ground.repository.folders else None


def _wraps(ground: Ground, file: File, item: Manifest, chart: Chart, key: str) -> bool:
    """Whether a dependency is somebody's own chart around a known one, told by the values, which lie one key deeper."""
    official = (item.text("repository") or "").rstrip("/") in chart.repositories
    values = None if official else ground.repository.files.get(os.path.join(file.folder, "values.yaml"))
    if values is None or chart.name in chart.table.defaults(chart.versions[-1]):
        return False
    return any(manifest.part(key, chart.name) is not None for manifest in values.manifests())


def _locked(ground: Ground, file: File, item: Manifest) -> Manifest | None:
    """The entry of the lock file for a dependency."""
    name = "Chart.lock" if item.file is file else "requirements.lock"
    lock = ground.repository.at(os.path.join(file.folder, name))
    for manifest in lock.manifests() if lock is not None else ():
        for other in manifest.items("dependencies"):
            if other.text("name") == item.text("name"):
                return other
    return None


def draft_dependency(
    ground: Ground, item: Dependency, file: File, controller: bool, way: Way | None = None, own: bool = True
) -> Draft:
    """The draft of a release of a dependency, with its version and the values of the charts around it.

    Without `own`, the values of the outermost one are left out.
    """
    ground.delivered.update(link.folder for link in item.links)
    ground.delivered.add(item.manifest.file.folder)
    draft = Draft(ground.repository, item.chart, file, controller, way)
    draft.fork = fork_of(item.chart, item.manifest.text("name") or "")
    version = item.manifest.text("version")
    if version and not exact(version) and item.lock is not None:
        draft.say("version", item.lock.text("version"), item.lock.origin("version"), str)
    draft.say("version", version, item.manifest.origin("version"), str)
    if not item.links:
        return draft  # a copy of the chart itself: its values.yaml holds the defaults
    *_, last = item.links
    if last.key != item.chart.name and last.entry is not None and last.entry.text("alias"):
        draft.unresolved.append(f"the chart is called {last.key} here, which changes the names of some objects")
    draft.beside = lambda layers: beside(layers, last.key, _claims(ground, item, layers), last.folder)
    for depth in reversed(range(len(item.links))):
        folder = item.links[depth].folder
        values = ground.repository.files.get(os.path.join(folder, "values.yaml")) if own or depth else None
        if values is not None:
            # What is null here is gone before Helm looks at the defaults of the chart.
            try:
                draft.add_umbrella(values, item.key[depth:], deletes=True)
            except Unreadable as trouble:
                draft.gap(f"{values.name}:{trouble}")
    return draft


def beside(layers: list[Layer], block: str, claims: dict[str, str], folder: str) -> Iterator[Beside]:
    """The keys around the block of an umbrella's values from which layers are taken.

    `claims` has the key of each other chart there, with the chart's name, and those that Helm or a known chart answers
    to, with nothing: these are left out.
    """
    seen: set[tuple[DeskKey, str]] = set()
    for layer in layers:
        around = _around(layer, (block,)) if layer.place.recipe is None else None
        for key in around.root.keys if around is not None and around.root is not None else ():
            if around is not None and claims.get(key, key) and (around.desk_key, key) not in seen:
                seen.add((around.desk_key, key))
                yield Beside(around, key, block, folder, claims.get(key, ""))


def _around(layer: Layer, key: Path) -> Layer | None:
    """The values of a chart around, that what stands at a key of them is taken from as a layer."""
    spot = layer.place
    if spot.mount or spot.fixed:
        return None
    if spot.recipe is not None:
        around = spot._replace(recipe=spot.recipe.around(key)) if isinstance(spot.recipe, Parameters) else None
    elif spot.embedded is not None or spot.text:
        around = spot._replace(inner=spot.inner[: -len(key)]) if spot.inner[-len(key) :] == key else None
    else:
        around = spot._replace(prefix=spot.prefix[: -len(key)]) if spot.prefix[-len(key) :] == key else None
    try:
        return None if around is None else place(layer.document, around, layer.blanks)
    except (SourceError, ValueError):
        return None


def _claims(ground: Ground, item: Dependency, layers: list[Layer]) -> dict[str, str]:
    """The top keys that mean something to Helm in the innermost umbrella: of its charts, their switches, and of all.

    With each the name of the chart, where that is one that is installed and that nobody described.
    """
    depth, owner = len(item.links) - 1, item.links[-1].owner
    found = {name: "" if load_chart(name) is not None else name for name in _names(ground.subcharts(owner.folder))}
    found.update({"global": "", "tags": ""})
    others = _entries(ground, owner)
    found.update((path[0], "") for other in others for path in _paths(other))
    for other in others:
        name = other.text("name") or ""
        known = load_chart(name) is not None or _is_off(layers, item.key, depth, other)
        found[other.text("alias") or name] = "" if known else name
    return found


def is_off(draft: Draft, item: Dependency) -> bool:
    """Whether the values switch the dependency off, or a chart around it.

    The first path of a `condition` with a true or false decides, else the `tags`, of which one that is true is enough.
    """
    entries = [(depth, link.entry) for depth, link in enumerate(item.links) if link.entry is not None]
    return any(_is_off(draft.layers, item.key, depth, entry) for depth, entry in entries)


def _is_off(layers: list[Layer], key: Path, depth: int, entry: Manifest) -> bool:
    """Whether an entry of the chart at some depth on the way to a key is switched off."""
    for path in _paths(entry):
        value = _value(layers, (*key[:depth], *path), key)
        if isinstance(value, bool):
            return not value
    tags = [_tag(layers, name, depth, key) for name in entry.texts("tags")]
    return False in tags and True not in tags


def _paths(entry: Manifest) -> list[tuple[str, ...]]:
    """The paths of a condition."""
    paths = [
        tuple(part for part in text.strip().split(".") if part) for text in (entry.text("condition") or "").split(",")
    ]
    return [path for path in paths if path]


def _value(layers: list[Layer], path: Path, key: Path) -> object:
    """A value of the outermost chart's, beside or among those of the dependency at a key of them."""
    if path[: len(key)] == key:
        return Values(layers, {}).get(path[len(key) :])
    said = (_scalar(values, path[depth:]) for depth, values in _all_around(layers, key) if path[:depth] == key[:depth])
    return next((value for value in said if value is not None), None)


def _tag(layers: list[Layer], name: str, depth: int, key: Path) -> object:
    """A tag of the outermost chart's; where that says nothing, of the next one's own, down to some depth."""
    around = list(_all_around(layers, key))
    said = (_scalar(values, ("tags", name)) for at in range(depth + 1) for number, values in around if number == at)
    return next((value for value in said if value is not None), None)


def _all_around(layers: list[Layer], key: Path) -> Iterator[tuple[int, Layer]]:
    """All values of charts around a dependency, the last layer first, each with the depth of its chart."""
    for layer in reversed(layers):
        found = ((depth, _around(layer, key[depth:])) for depth in range(len(key)))
        yield from [(depth, values) for depth, values in found if values is not None][:1]


def _scalar(layer: Layer, path: Path) -> object:
    found = layer.find(path)
    node = None if found is None else resolve_alias(found.node)
    return node.value if isinstance(node, Scalar) else None


def layers_of_text(draft: Draft, manifest: Manifest, path: Path, key: Path, text: bool = False) -> None:
    """The layers of values that stand at a path of a document, as a map or a text: a dependency's part of them."""
    if manifest.node(*path) is None:
        return
    draft.add_at(manifest, *path, inner=key, text=text)
    for where in globals_of(key):
        draft.add_at(manifest, *path, inner=where, mount=("global",), text=text)


def charts(ground: Ground) -> Iterator[tuple[File, list[Dependency]]]:
    """The charts of the repository that depend on a known one, but for those that lie in such a chart."""
    every: list[tuple[File, list[Dependency]]] = []
    if any(map(ground.repository.mentions, ground.repository.named("Chart.yaml", "requirements.yaml"))):
        for file in ground.repository.named("Chart.yaml"):
            found = [item for item in dependencies(ground, file.folder) if item.links]
            if found:
                every.append((file, found))
    inner = {link.folder for _, found in every for item in found for link in item.links[1:]}
    yield from ((file, found) for file, found in every if file.folder not in inner)
