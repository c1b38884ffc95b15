"""Rancher Fleet: the `helm` part of fleet.yaml, once for each of its target customizations, and without them."""

from __future__ import annotations

import os

from valuelint.light import Iterator, NamedTuple
from valuelint.syntax import Path
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.objects import Held, held
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import File, Manifest
from valuelint.workspace.umbrellas import dependencies, draft_dependency, is_off, layers_of_text

_CRITERIA = ("clusterName", "clusterGroup", "clusterSelector", "clusterGroupSelector")


class Deployed(NamedTuple):
    """What a bundle becomes in some clusters: which, and the customization that they match first, if any."""

    cluster: str | None
    target: Manifest | None
    why_not: str = ""
    """Why it is not judged; empty where it is."""


def releases(ground: Ground) -> Iterator[Draft]:
    """The releases of known charts that the bundles of the repository install."""
    for file in ground.repository.named("fleet.yaml", "fleet.yml"):
        if b"helm" not in file.data:
            continue
        for manifest in file.manifests():
            if manifest.node("kind") is None:
                for deployed in _deployed(ground, manifest):
                    yield from _of_bundle(ground, file, manifest, deployed)


def _deployed(ground: Ground, manifest: Manifest) -> Iterator[Deployed]:
    """Where a bundle is deployed: a cluster takes the first customization that it matches, or the bundle as it is."""
    customized: list[Manifest] = []
    for item in (*manifest.items("targets"), *manifest.items("targetCustomizations")):
        if any(item.node(key) is not None for key in _CRITERIA):
            customized.append(item)
        if _is_for_all(item):
            break  # no cluster comes as far as the next one
    used = [item for item in customized if not item.is_true("doNotDeploy")]
    for item in used:
        yield Deployed(_title(item), item)
    if not used and not any(map(_is_for_all, customized)):
        yield Deployed(None, None)
    elif not any(map(_is_for_all, customized)):
        others = [item for item in _targets(ground, manifest) if all(_disjoint(item, other) for other in customized)]
        for item in others:
            yield Deployed(_title(item), None)
        if not others:
            reason = "no file says whether a cluster is left that matches no customization: it is not judged"
            yield Deployed(None, None, reason)


def _title(item: Manifest) -> str:
    """What the clusters are called that match; without any name, Fleet itself counts."""
    labels = ",".join(f"{key}={value}" for key, value in item.strings("clusterSelector", "matchLabels").items())
    named = item.text("name") or item.text("clusterName") or item.text("clusterGroup") or labels
    return named or f"target{item.prefix[-1]:03}"


def _is_for_all(item: Manifest) -> bool:
    """Whether all clusters match: an empty selector selects everything."""
    given = [item.part(key) for key in _CRITERIA if item.node(key) is not None]
    return len(given) == 1 and item.part("clusterSelector") is not None and not item.data("clusterSelector")


def _disjoint(one: Manifest, other: Manifest) -> bool:
    """Whether no cluster can match both, by its name or by a label."""
    names = one.text("clusterName"), other.text("clusterName")
    if None not in names:
        return names[0] != names[1]
    labels = [item.strings("clusterSelector", "matchLabels") for item in (one, other)]
    return any(labels[1].get(key, value) != value for key, value in labels[0].items())


def _targets(ground: Ground, manifest: Manifest) -> Iterator[Manifest]:
    """Where a bundle may go, as it says itself, or the GitRepo that lists its folder."""
    if manifest.node("overrideTargets") is not None:
        yield from manifest.items("overrideTargets")
        return
    for item in ground.repository.manifests(b"fleet.cattle.io", b"GitRepo"):
        if item.kind == "GitRepo" and item.api == "fleet.cattle.io":
            folders = [ground.repository.folder(path, item.file.folder) for path in item.texts("spec", "paths")]
            if any(folder and f"{manifest.file.folder}{os.sep}".startswith(folder + os.sep) for folder in folders):
                yield from item.items("spec", "targets")


def _of_bundle(ground: Ground, file: File, manifest: Manifest, deployed: Deployed) -> Iterator[Draft]:
    target = deployed.target
    reference = (target.text("helm", "chart") if target is not None else None) or manifest.text("helm", "chart")
    parts = [manifest] if target is None else [manifest, target]
    folder = os.path.normpath(os.path.join(file.folder, reference or "."))
    local = os.path.join(folder, "Chart.yaml") in ground.repository.files and all(
        part.node("helm", "repo") is None for part in parts
    )
    found = None if local else chart_of(reference)
    drafts: list[tuple[Draft, Path]] = []
    if found is not None:
        draft = Draft(ground.repository, found.chart, file, True).refer(found, manifest.origin("helm", "chart"))
        _finish(draft, parts, ())
        drafts.append((draft, ()))
    elif local:
        for item in dependencies(ground, folder):
            draft = draft_dependency(ground, item, file, True)
            for name in (name for part in parts for name in part.texts("yaml", "overlays")):
                draft.gap(f"the overlay {name} may change the files of the chart")
            _finish(draft, parts, item.key)
            if is_off(draft, item):
                ground.aside.append((file, f"{item.chart.name} is switched off by its condition", False))
            else:
                drafts.append((draft, item.key))
    for draft, key in drafts:
        draft.cluster = deployed.cluster
        draft.manager = "" if deployed.why_not else "Fleet"
        if deployed.why_not:
            draft.unjudged = True
            draft.unresolved.append(deployed.why_not)
        if not draft.layers and not draft.gaps and not key:
            draft.add_at(manifest, "helm", "values")
        yield draft


def _finish(draft: Draft, parts: list[Manifest], key: Path) -> None:
    """What the bundle says of a release, and over it what a customization does."""
    for part in reversed(parts):
        draft.say("version", part.text("helm", "version"), part.origin("helm", "version"))
        draft.say("name", part.text("helm", "releaseName"), part.origin("helm", "releaseName"))
        draft.say("namespace", part.text("namespace"), part.origin("namespace"))
    for part in reversed(parts):
        draft.say("namespace", part.text("defaultNamespace"), part.origin("defaultNamespace"))
    if draft.name is None:
        draft.unresolved.append("no releaseName is said: Fleet makes one of the repository's name and the path")
    if draft.namespace is None:
        draft.unresolved.append("no file says the namespace")
    if any(part.node("kustomize", "dir") is not None for part in parts):
        draft.unresolved.append("kustomize changes what the chart renders")
    for part in parts:
        if part is not parts[0] and parts[0].text("targetCustomizationMode") == "AllMatches":
            draft.gap("other customizations may match the cluster as well")
        layers_of_text(draft, part, ("helm", "values"), key)
        for path in part.texts("helm", "valuesFiles"):
            draft.add_path(path, draft.file.folder, key, umbrella=bool(key))
    # What is filled in and looked up for a cluster comes on top of all that stands in the repository.
    for part in parts:
        _template_values(draft, part, key)
    for part in parts:
        for item in part.items("helm", "valuesFrom"):
            for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                reference = item.part(field)
                if reference is not None:
                    _values_from(draft, kind, reference, key)


def _values_from(draft: Draft, kind: str, reference: Manifest, inner: Path) -> None:
    """The layer of a ConfigMap or Secret, where only one of that name stands in the repository."""
    name, namespace = reference.text("name") or "", reference.text("namespace")
    found = [
        item
        for item in draft.repository.manifests(kind.encode(), name.encode())
        if (item.kind, item.name) == (kind, name)
        and (namespace is None or item.text("metadata", "namespace") in (None, namespace))
    ]
    if len(found) == 1:
        key = reference.text("key") or "values.yaml"
        given = held(found[0]).get(key) or Held(why=f"{found[0].file.name} holds no key {key}")
        draft.add_held(given, f"{kind} {name}", inner)
    else:
        draft.gap(f"{kind} {name} is read in the cluster")


def _template_values(draft: Draft, part: Manifest, key: Path) -> None:
    """The keys whose values are templates: each is unknown as a whole."""
    for name in part.strings("helm", "templateValues"):
        if not key:
            draft.add_unknown(part, name.replace(".", "\\."), "templateValues")
        elif name in (key[0], "global"):
            draft.gap(f"templateValues sets {name}")
