"""Rancher's Helm controller, of RKE2 and K3s: HelmChart and HelmChartConfig."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.syntax import Document, Mapping, Scalar, resolve_alias
from valuelint.values import Placement
from valuelint.workspace import sets
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import Manifest

_GROUP = "helm.cattle.io"


def releases(ground: Ground) -> Iterator[Draft]:
    """The HelmCharts of known charts, and the HelmChartConfigs of charts that the distribution brings along."""
    charts: list[tuple[Draft, Manifest]] = []
    configs: list[Manifest] = []
    for file in ground.repository.with_bytes(_GROUP.encode(), b"HelmChart"):
        for manifest in file.manifests():
            if manifest.api != _GROUP:
                continue
            if manifest.kind == "HelmChart":
                charts += [(draft, manifest) for draft in _chart(ground, manifest)]
            elif manifest.kind == "HelmChartConfig":
                configs.append(manifest)
    for draft, manifest in charts:
        for config in configs:
            if config.name == manifest.name and _near(config, manifest):
                _values(draft, config)
        yield draft
    for config in configs:
        if any(config.name == manifest.name and _near(config, manifest) for _, manifest in charts):
            continue
        found = chart_of(config.name)
        if found is not None:
            way = ground.ways(config.file)[0]
            draft = Draft(ground.repository, found[0], config.file, True, way)
            draft.unresolved.append("the distribution brings the chart along: its version is not said")
            draft.say("name", config.name, config.origin("metadata", "name"))
            namespace = config.origin("metadata", "namespace")
            draft.say("namespace", config.text("metadata", "namespace") or "kube-system", namespace)
            _values(draft, config)
            yield draft


def _near(config: Manifest, manifest: Manifest) -> bool:
    """Whether a configuration can be meant for a chart: no other folder of the same depth stands between."""
    return config.file.folder == manifest.file.folder or config.file is manifest.file


def _chart(ground: Ground, manifest: Manifest) -> Iterator[Draft]:
    found = chart_of(manifest.text("spec", "chart"))
    if found is None:
        return
    chart, version = found
    for way in ground.ways(manifest.file)[:1]:
        draft = Draft(ground.repository, chart, manifest.file, True, way)
        if version is not None:
            draft.say("version", version, manifest.origin("spec", "chart"))
        draft.say("version", manifest.text("spec", "version"), manifest.origin("spec", "version"))
        draft.say("name", manifest.text("metadata", "name"), manifest.origin("metadata", "name"))
        target = ("spec", "targetNamespace")
        draft.say("namespace", manifest.text(*target), manifest.origin(*target))
        draft.say("namespace", manifest.text("metadata", "namespace"), manifest.origin("metadata", "namespace"))
        if draft.namespace is None:
            draft.unresolved.append("no file says the namespace")
        _values(draft, manifest)
        if manifest.node("spec", "set") is not None:
            _sets(draft, manifest)
        for item in manifest.items("spec", "valuesSecrets"):
            draft.gap(f"Secret {item.text('name')} is not read")
        yield draft


def _values(draft: Draft, manifest: Manifest) -> None:
    draft.add_at(manifest, "spec", "valuesContent")


def _sets(draft: Draft, manifest: Manifest) -> None:
    """The layer of `set`, whose values are given with --set where they are numbers or words of YAML."""
    path = (*manifest.prefix, "spec", "set")

    def read(document: Document) -> Mapping | None:
        made: list[sets.Assignment] = []
        whole = Manifest(manifest.file, document, document.root) if isinstance(document.root, Mapping) else None
        node = whole.node(*path) if whole is not None else None
        for name, entry in node.keys.items() if isinstance(node, Mapping) else ():
            value = resolve_alias(entry.value)
            if not isinstance(value, Scalar):
                continue
            number = not isinstance(value.value, str)
            strings = not number and value.raw.lower() not in ("true", "false", "null")
            text = value.raw.replace(",", "\\,") if strings else value.raw
            for where, data in sets.parse_set(f"{name}={text}", strings=strings):
                made.append(
                    sets.Assignment(where, data, (entry.key.start, entry.key.end), (entry.value.start, entry.value.end))
                )
        return sets.tree(made)

    try:
        draft.add_placed(manifest.document, Placement(path, fixed="it stands under spec.set", recipe=read))
    except ValueError as error:
        draft.gap(f"a value under spec.set cannot be read: {error}")
