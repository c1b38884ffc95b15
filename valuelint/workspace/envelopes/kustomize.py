"""Kustomize: charts that a kustomization inflates, with `helmCharts` or a HelmChartInflationGenerator."""

from __future__ import annotations

import os

from valuelint.light import Iterator
from valuelint.syntax import Path
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.kustomize import NAMES, Way
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import Manifest
from valuelint.workspace.umbrellas import Dependency, dependencies, draft_dependency, is_off, layers_of_text


def releases(ground: Ground) -> Iterator[Draft]:
    """The known charts that kustomizations inflate, once for each way in which they are applied."""
    for file in ground.repository.named(*NAMES):
        if b"helmChart" not in file.data:
            continue
        for manifest in file.manifests():
            for item in manifest.items("helmCharts"):
                yield from _of_chart(ground, item, manifest, "name", "version", "namespace", "valuesFile")
            for item in manifest.items("helmChartInflationGenerator"):
                yield from _of_chart(ground, item, manifest, "chartName", "chartVersion", "releaseNamespace", "values")
    for file in ground.candidates(b"HelmChartInflationGenerator"):
        for manifest in file.manifests():
            if manifest.kind == "HelmChartInflationGenerator":
                fields = ("chartName", "chartVersion", "releaseNamespace", "values")
                old = manifest.node("chartName") is not None
                yield from _of_chart(
                    ground, manifest, None, *(fields if old else ("name", "version", "namespace", "valuesFile"))
                )


def _of_chart(
    ground: Ground, item: Manifest, owner: Manifest | None, name: str, version: str, namespace: str, values: str
) -> Iterator[Draft]:
    """The releases of one entry; the fields have other names in the older form."""
    parts = _local(ground, item, owner, name, version)
    found = None if parts else chart_of(item.text(name)) or chart_of(f"{item.text('repo')}/{item.text(name) or ''}")
    if found is None and not parts:
        return
    choices: list[Dependency | None] = [*parts] or [None]
    seen: set[tuple[object, ...]] = set()
    ways = ground.reach.folder_ways(item.file.folder) if owner is not None else ground.ways(item.file)
    for way, part in [(way, part) for way in ways for part in choices]:
        inner = Way((owner, *way.kustomizations), way.syncs) if owner is not None else way
        led = way.sync is not None
        if part is not None:
            draft = draft_dependency(ground, part, item.file, led, inner)
        elif found is not None:
            draft = Draft(ground.repository, found.chart, item.file, led, inner)
            draft.fork = found.fork
        draft.say("version", item.text(version), item.origin(version))
        draft.say("name", item.text("releaseName"), item.origin("releaseName"))
        # What the chart's templates are given; a namespace transformer moves the objects afterwards.
        moved = inner.namespace()
        if moved is not None:
            draft.say("namespace", *moved)
        draft.say("namespace", item.text(namespace), item.origin(namespace))
        if draft.namespace is None and way.sync is not None and way.sync.namespace is not None:
            draft.say("namespace", way.sync.namespace, way.sync.origin)
        if draft.name is None:
            draft.unresolved.append("no releaseName is said: kustomize makes one up")
        if draft.namespace is None:
            draft.unresolved.append("no file says the namespace")
        if draft.version_text is None and not draft.unresolved:
            draft.unresolved.append("no version is said: the newest one is installed")
        block = part.key if part is not None else ()
        _layers(draft, item, values, block)
        if part is not None and is_off(draft, part):
            ground.aside.append((item.file, f"{part.chart.name} is switched off by its condition", False))
            continue
        key = (
            draft.chart.name,
            block,
            draft.version_text,
            draft.name,
            draft.namespace,
            draft.cluster,
            way.syncs[-1:] and way.syncs[-1].file.path,
        )
        if key not in seen:
            seen.add(key)
            yield draft


def _local(ground: Ground, item: Manifest, owner: Manifest | None, name: str, version: str) -> list[Dependency]:
    """The known charts in one that lies in the folder where kustomize looks for charts before it pulls them."""
    home = (item.text("chartHome") if owner is None else owner.text("helmGlobals", "chartHome")) or "charts"
    chart = item.text(name) or ""
    found = (
        dependencies(ground, os.path.normpath(os.path.join(item.file.folder, home, folder, chart)))
        for folder in (f"{chart}-{item.text(version)}", ".")
    )
    return next((parts for parts in found if parts), []) if chart else []


def _layers(draft: Draft, item: Manifest, values: str, key: Path) -> None:
    """The values file and the inline values in the order that valuesMerge says, then the additional files."""
    merge = item.text("valuesMerge") or "override"
    path = item.text(values)
    inline = item.node("valuesInline") is not None
    if inline and merge == "merge":
        layers_of_text(draft, item, ("valuesInline",), key)
    if path and not (inline and merge == "replace"):
        draft.add_path(path, item.file.folder, key, umbrella=bool(key))
    if inline and merge != "merge":
        layers_of_text(draft, item, ("valuesInline",), key)
    for more in item.texts("additionalValuesFiles"):
        draft.add_path(more, item.file.folder, key, umbrella=bool(key))
    if not draft.layers and not draft.gaps:
        draft.add_at(item, "valuesInline")
