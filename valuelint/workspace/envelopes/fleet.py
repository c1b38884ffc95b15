"""Rancher Fleet: the `helm` part of fleet.yaml, once for each of its target customizations."""

from __future__ import annotations

import os

from valuelint.light import Iterator
from valuelint.syntax import Path
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import File, Manifest
from valuelint.workspace.umbrellas import dependencies, draft_dependency, layers_of_text


def releases(ground: Ground) -> Iterator[Draft]:
    """The releases of known charts that the bundles of the repository install."""
    for file in ground.repository.named("fleet.yaml", "fleet.yml"):
        if b"helm" not in file.data:
            continue
        for manifest in file.manifests():
            if manifest.node("kind") is None:
                yield from _of_bundle(ground, file, manifest)


def _of_bundle(ground: Ground, file: File, manifest: Manifest) -> Iterator[Draft]:
    targets: list[Manifest | None] = [
        item for item in manifest.items("targetCustomizations") if not item.is_true("doNotDeploy")
    ]
    for target in targets or [None]:
        reference = (target.text("helm", "chart") if target is not None else None) or manifest.text("helm", "chart")
        found = chart_of(reference)
        drafts: list[tuple[Draft, Path]] = []
        if found is not None:
            draft = Draft(ground.repository, found[0], file, True)
            if found[1] is not None:
                draft.say("version", found[1], manifest.origin("helm", "chart"))
            drafts.append((draft, ()))
        elif reference is None or reference.startswith("."):
            folder = os.path.normpath(os.path.join(file.folder, reference or "."))
            drafts = [(draft_dependency(ground, item, file, True), item.key) for item in dependencies(ground, folder)]
        for draft, key in drafts:
            _finish(draft, manifest, target, key)
            yield draft


def _finish(draft: Draft, manifest: Manifest, target: Manifest | None, key: Path) -> None:
    parts = [target, manifest] if target is not None else [manifest]
    for part in parts:
        draft.say("version", part.text("helm", "version"), part.origin("helm", "version"))
        draft.say("name", part.text("helm", "releaseName"), part.origin("helm", "releaseName"))
        draft.say("namespace", part.text("namespace"), part.origin("namespace"))
    for part in parts:
        draft.say("namespace", part.text("defaultNamespace"), part.origin("defaultNamespace"))
    if draft.name is None:
        draft.unresolved.append("no releaseName is said: Fleet makes one of the repository's name and the path")
    if draft.namespace is None:
        draft.unresolved.append("no file says the namespace")
    if target is not None:
        draft.cluster = target.text("name") or target.text("clusterName") or target.text("clusterGroup")
    parts.reverse()
    for part in parts:
        layers_of_text(draft, part, ("helm", "values"), key)
        for path in part.texts("helm", "valuesFiles"):
            draft.add_path(path, draft.file.folder, key, umbrella=bool(key))
    # What is filled in and looked up for a cluster comes on top of all that stands in the repository.
    for part in parts:
        _template_values(draft, part, key)
    for part in parts:
        for item in part.items("helm", "valuesFrom"):
            for kind in ("configMapKeyRef", "secretKeyRef"):
                if item.node(kind) is not None:
                    draft.gap(f"{kind.removesuffix('KeyRef')} {item.text(kind, 'name')} is read in the cluster")
    if not draft.layers and not draft.gaps and not key:
        draft.add_at(manifest, "helm", "values")


def _template_values(draft: Draft, part: Manifest, key: Path) -> None:
    """The keys whose values are templates: each is unknown as a whole."""
    for name in part.strings("helm", "templateValues"):
        if not key:
            draft.add_unknown(part, name.replace(".", "\\."), "templateValues")
        elif name in (key[0], "global"):
            draft.gap(f"templateValues sets {name}")
