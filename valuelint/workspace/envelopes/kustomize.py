"""Kustomize: charts that a kustomization inflates, with `helmCharts` or a HelmChartInflationGenerator."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.kustomize import NAMES, Way
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import Manifest


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
    found = chart_of(item.text(name)) or chart_of(f"{item.text('repo') or ''}/{item.text(name) or ''}")
    if found is None:
        return
    seen: set[tuple[object, ...]] = set()
    ways = ground.reach.folder_ways(item.file.folder) if owner is not None else ground.ways(item.file)
    for way in ways:
        inner = Way((owner, *way.kustomizations), way.syncs) if owner is not None else way
        draft = Draft(ground.repository, found.chart, item.file, way.sync is not None, inner)
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
        _layers(draft, item, values)
        key = (
            draft.version_text,
            draft.name,
            draft.namespace,
            draft.cluster,
            way.syncs[-1:] and way.syncs[-1].file.path,
        )
        if key not in seen:
            seen.add(key)
            yield draft


def _layers(draft: Draft, item: Manifest, values: str) -> None:
    """The values file and the inline values in the order that valuesMerge says, then the additional files."""
    merge = item.text("valuesMerge") or "override"
    path = item.text(values)
    inline = item.node("valuesInline") is not None
    if inline and merge == "merge":
        draft.add_at(item, "valuesInline")
    if path and not (inline and merge == "replace"):
        draft.add_path(path, item.file.folder)
    if inline and merge != "merge":
        draft.add_at(item, "valuesInline")
    for more in item.texts("additionalValuesFiles"):
        draft.add_path(more, item.file.folder)
    if not draft.layers and not draft.gaps:
        draft.add_at(item, "valuesInline")
