"""Rancher's Helm controller, of RKE2 and K3s: HelmChart and HelmChartConfig."""

from __future__ import annotations

import re

from valuelint.light import Iterator
from valuelint.syntax import Document, Mapping
from valuelint.syntax.patches import CannotPatch, Patch, Rename, Set
from valuelint.workspace import sets
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.objects import Held, held, nearest
from valuelint.workspace.parameters import Parameter, Parameters, node_at, scalar_of, span
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import Manifest

_GROUP = "helm.cattle.io"
_WORDS = ("true", "false", "null")


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
        if manifest.node("spec", "set") is not None:
            # --set wins over all --values, those of a HelmChartConfig included.
            draft.add_parameters(manifest, _Set((*manifest.prefix, "spec", "set")))
        yield draft
    for config in configs:
        if any(config.name == manifest.name and _near(config, manifest) for _, manifest in charts):
            continue
        found = chart_of(config.name)
        if found is not None:
            way = ground.ways(config.file)[0]
            draft = Draft(ground.repository, found.chart, config.file, True, way).refer(found, None)
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
    for way in ground.ways(manifest.file)[:1]:
        draft = Draft(ground.repository, found.chart, manifest.file, True, way)
        draft.refer(found, manifest.origin("spec", "chart"))
        draft.say("version", manifest.text("spec", "version"), manifest.origin("spec", "version"))
        draft.say("name", manifest.text("metadata", "name"), manifest.origin("metadata", "name"))
        target = ("spec", "targetNamespace")
        draft.say("namespace", manifest.text(*target), manifest.origin(*target))
        draft.say("namespace", manifest.text("metadata", "namespace"), manifest.origin("metadata", "namespace"))
        if draft.namespace is None:
            draft.unresolved.append("no file says the namespace")
        _values(draft, manifest)
        yield draft


def _values(draft: Draft, manifest: Manifest) -> None:
    """The layers of a HelmChart or a HelmChartConfig, but for `set`."""
    structured = manifest.node("spec", "values") is not None
    if not structured or manifest.node("spec", "valuesContent") is not None:
        draft.add_at(manifest, "spec", "valuesContent", text=True)
    if structured:
        draft.add_at(manifest, "spec", "values")
    for item in manifest.items("spec", "valuesSecrets"):
        name = item.text("name") or ""
        found = [other for other in draft.repository.manifests(b"Secret", name.encode()) if other.name == name]
        secret = nearest([other for other in found if other.kind == "Secret"], manifest.file)
        # Without keys, nothing of it is taken.
        for key in item.texts("keys"):
            if secret is None:
                draft.gap(f"Secret {name} is not in the repository")
            else:
                missing = Held(why=f"{secret.file.name} holds no key {key}")
                draft.add_held(held(secret).get(key, missing), f"Secret {name}")


class _Set(Parameters):
    """`spec.set`: numbers, and words that YAML knows, are set as such, everything else as a text."""

    def given(self, document: Document) -> Iterator[Parameter]:
        # In the order of their names, and all of --set before any of --set-string.
        return iter(sorted(self._given(document), key=lambda parameter: (parameter.strings, parameter.name)))

    def _given(self, document: Document) -> Iterator[Parameter]:
        node = node_at(document, self.at)
        for name, entry in node.keys.items() if isinstance(node, Mapping) else ():
            value = scalar_of(entry)
            if value is None:
                continue
            strings = isinstance(value.value, str) and value.raw.lower() not in _WORDS
            text = self.escaped(value.raw) if strings else value.raw
            yield Parameter((*self.at, name), name, text, strings, span(entry.key), span(entry.value))

    def escaped(self, text: str) -> str:
        # A comma that is escaped already, by an odd number of backslashes, stays so.
        return re.sub(r"\\*,", lambda found: found[0] if len(found[0]) % 2 == 0 else "\\" + found[0], text)

    def with_text(self, parameter: Parameter, text: str, strings: bool) -> list[Patch]:
        if strings and text.lower() in _WORDS:
            raise CannotPatch(f"spec.set makes no text of {text}")
        number = None if strings or text.lower() in _WORDS else sets.typed(text)
        return [Set(parameter.where, number if isinstance(number, int) else text)]

    def with_name(self, parameter: Parameter, name: str) -> Patch:
        return Rename(parameter.where, name)
