"""Flux: HelmRelease, with its chart, valuesFrom and patches wherever in the repository they stand."""

from __future__ import annotations

import os

from valuelint.light import Iterator
from valuelint.syntax import Document, Path, Scalar
from valuelint.syntax.patches import CannotPatch, Patch, Set
from valuelint.values.blanks import Fill
from valuelint.workspace.draft import Draft, globals_of, shared_by
from valuelint.workspace.ground import Ground
from valuelint.workspace.kustomize import NAMES, Way
from valuelint.workspace.loose import Finder, chart_of_values
from valuelint.workspace.objects import Held, generated, generator_of, held, nearest
from valuelint.workspace.parameters import Parameter, Parameters, node_at, span
from valuelint.workspace.patches import Change, changes, replaced
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import File, Manifest
from valuelint.workspace.umbrellas import Dependency, dependencies, draft_dependency, is_off

_GROUP = "helm.toolkit.fluxcd.io"
_SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"


def releases(ground: Ground) -> Iterator[Draft]:
    """The HelmReleases that install a known chart, once for each way in which they are applied."""
    named = _source_names(ground)
    for file in ground.repository.with_bytes(b"HelmRelease", _GROUP.encode()):
        data = file.data
        local = b"GitRepository" in data or b"Bucket" in data
        if not (local or ground.repository.mentions(file) or any(name in data for name in named)):
            continue
        for manifest in file.manifests():
            if manifest.kind == "HelmRelease" and manifest.api == _GROUP:
                yield from _of_manifest(ground, manifest)
    _say_of_remote_bases(ground)


def _say_of_remote_bases(ground: Ground) -> None:
    """Takes down the kustomizations that change a HelmRelease which stands elsewhere."""
    for file in ground.repository.named(*NAMES):
        if b"HelmRelease" in file.data and b"://" in file.data and ground.repository.mentions(file):
            kustomization = ground.reach.kustomization(file.folder)
            remote = None if kustomization is None else ground.reach.remote(kustomization)
            if remote is not None:
                ground.aside.append((file, f"may change what {remote} has, which is not in the repository", False))


def _source_names(ground: Ground) -> set[bytes]:
    """The names of sources of known charts, by which a HelmRelease may call them."""
    found = set()
    for file in ground.candidates(b"source.toolkit.fluxcd.io"):
        found |= {item.name.encode() for item in file.manifests() if item.kind in ("OCIRepository", "HelmChart")}
    return found - {b""}


def _of_manifest(ground: Ground, manifest: Manifest) -> Iterator[Draft]:
    if manifest.node("spec", "chart") is None and manifest.node("spec", "chartRef") is None:
        if ground.repository.mentions(manifest.file) and not _is_patch(ground, manifest):
            ground.aside.append(
                (manifest.file, f"HelmRelease {manifest.name} names no chart: it is a part of one", False)
            )
        return
    owners = [] if ground.reach.is_resource(manifest.file.path) else ground.reach.patched_by(manifest.file.path)
    remote = next((text for owner in owners if (text := ground.reach.remote(owner))), None)
    if owners and remote is None:
        return  # a patch of an object that is read where it stands
    left_alone = any(manifest.text("metadata", field, _SUBSTITUTE) == "disabled" for field in ("annotations", "labels"))
    for way in ground.ways(manifest.file):
        for draft in _by_way(ground, manifest, way.without_variables() if left_alone else way):
            if remote is not None:
                draft.gap(f"it is laid over what {remote} has, which is not in the repository")
                draft.gaps[-1] = draft.gaps[-1]._replace(number=0)
            yield draft


def _is_patch(ground: Ground, manifest: Manifest) -> bool:
    """Whether some kustomization applies it as a patch."""
    base = os.path.basename(manifest.file.path).encode()
    return any(base in file.data for file in ground.repository.named("kustomization.yaml", "kustomization.yml"))


def _by_way(ground: Ground, manifest: Manifest, way: Way) -> Iterator[Draft]:
    patches = changes(ground, manifest, way)
    if any(change.removes and change.target == () for change in patches):
        return  # a patch takes the object away
    chart = manifest.part("spec", "chart", "spec")
    reference = manifest.part("spec", "chartRef")
    if chart is not None:
        text = _text(replaced(manifest, patches, ("spec", "chart", "spec", "chart")))
        version = replaced(manifest, patches, ("spec", "chart", "spec", "version"))
        kind = chart.text("sourceRef", "kind")
        if kind in ("GitRepository", "Bucket") and text:
            folder = ground.repository.folder(text, manifest.file.folder)
            files = chart.texts("valuesFiles")
            for item in dependencies(ground, folder):
                draft = draft_dependency(ground, item, manifest.file, True, way, own=not files)
                for path in files:
                    near = ground.repository.folder(os.path.dirname(path), manifest.file.folder) or folder or ""
                    draft.add_path(os.path.basename(path), near, item.key, umbrella=bool(item.key))
                _complete(ground, draft, manifest, way, patches, item)
                if is_off(draft, item):
                    reason = f"{item.chart.name} is switched off by its condition"
                    ground.aside.append((manifest.file, reason, False))
                else:
                    yield draft
            return
    elif reference is not None:
        source = _source(ground, manifest, reference, way)
        if source is None:
            name = reference.text("name") or ""
            meant = chart_of(name)
            if meant is None:
                return
            # Its name alone says what it is meant to be; nothing says which version.
            draft = Draft(ground.repository, meant.chart, manifest.file, True, way)
            draft.fork = meant.fork
            kind = reference.text("kind") or "OCIRepository"
            draft.unresolved.append(f"{kind} {name}, which says chart and version, is not in the repository")
            _complete(ground, draft, manifest, way, patches, None)
            yield draft
            return
        if source.kind == "OCIRepository":
            text = source.text("spec", "url")
            there = changes(ground, source, way)
            said = {key: replaced(source, there, ("spec", "ref", key)) for key in ("digest", "semver", "tag")}
            # A digest names no version; the tag beside it does.
            keys = ("tag", "digest") if said["digest"] else ("semver", "tag")
            version = next((said[key] for key in keys if _text(said[key])), None)
        else:
            text = source.text("spec", "chart")
            version = replaced(source, changes(ground, source, way), ("spec", "version"))
    else:
        return
    found = chart_of(way.fill(text) if text else None)
    if found is None:
        return
    draft = Draft(ground.repository, found.chart, manifest.file, True, way)
    draft.fork = found.fork
    _say(draft, "version", version)
    if draft.version_text is None and _text(version) is None:
        lost = [change for change in patches if change.unknown and change.target[:2] == ("spec", "chart")]
        what = f"the version is filled in by {lost[0].holder.file.name}" if lost else ""
        draft.unresolved.append(what or "no version is said: the newest one is installed")
    for path in chart.texts("valuesFiles") if chart is not None else ():
        if path != "values.yaml":
            draft.gap(f"the values file {path} is one of the chart's own")
    _complete(ground, draft, manifest, way, patches, None)
    yield draft


def _text(place: tuple[Manifest, Path] | None) -> str | None:
    return None if place is None else place[0].text(*place[1])


def _say(draft: Draft, key: str, place: tuple[Manifest, Path] | None) -> None:
    if place is not None:
        draft.say(key, place[0].text(*place[1]), place[0].origin(*place[1]))


def _complete(
    ground: Ground, draft: Draft, manifest: Manifest, way: Way, patches: list[Change], dependency: Dependency | None
) -> None:
    """Name, namespace and layers."""
    _say_namespace(draft, manifest, way, patches)
    _say_name(draft, manifest, way, patches)
    inner = () if dependency is None else dependency.key
    references = manifest.items("spec", "valuesFrom")
    for change in patches:
        if change.target == ("spec", "valuesFrom"):
            references = change.holder.items(*change.path)
        elif change.target[:2] == ("spec", "valuesFrom"):
            part = change.holder.part(*change.path)
            references = [*references, *([part] if part is not None else [])]
    for reference in references:
        _values_from(ground, draft, reference, manifest, way, inner)
    own = len(draft.layers)
    _layers(draft, manifest, ("spec", "values"), inner)
    of_values = [change for change in patches if change.target[:2] == ("spec", "values")]
    for change in of_values:
        _patch_values(draft, change, own, inner)
    if of_values:
        draft.layers[own:] = [item._replace(place=item.place._replace(patched=True)) for item in draft.layers[own:]]


def _patch_values(draft: Draft, change: Change, own: int, inner: Path) -> None:
    """What a patch makes of `spec.values`, whose layers begin with the one of number `own`."""
    mount = change.target[2:]
    shared = min(len(mount), len(inner))
    if mount[:shared] != inner[:shared]:
        return
    mount, within = mount[shared:], inner[shared:]
    item = next((number for number, key in enumerate(mount) if key == "-" or str(key).isdigit()), None)
    if change.unknown or item is not None:
        what = f"a patch in {change.holder.file.name}"
        draft.add_unknown_at(change.holder, mount[:item], what, f"{what} changes what nobody can follow")
    elif not change.removes:
        draft.add_placed(change.holder.document, change.placement(mount, within), retyped=True)
    elif not mount:
        del draft.layers[own:]
    elif any(layer.find(mount) is not None for layer in draft.layers[own:]):
        draft.add_placed(change.holder.document, change.placement(mount, within), retyped=True)


def _layers(draft: Draft, manifest: Manifest, path: Path, inner: Path) -> None:
    draft.add_at(manifest, *path, *inner)
    for where in globals_of(inner):
        if manifest.node(*path, *where) is not None:
            draft.add_at(manifest, *path, *where, mount=("global",))


def _say_namespace(draft: Draft, manifest: Manifest, way: Way, patches: list[Change]) -> None:
    _say(draft, "namespace", replaced(manifest, patches, ("spec", "targetNamespace")))
    if draft.namespace is not None:
        return
    given = way.namespace()
    if given is not None:
        draft.say("namespace", *given)
    draft.say("namespace", manifest.text("metadata", "namespace"), manifest.origin("metadata", "namespace"))
    if draft.namespace is None:
        draft.unresolved.append("no file says the namespace")


def _say_name(draft: Draft, manifest: Manifest, way: Way, patches: list[Change]) -> None:
    _say(draft, "name", replaced(manifest, patches, ("spec", "releaseName")))
    name = manifest.text("metadata", "name")
    if draft.name is None and name:
        target = _text(replaced(manifest, patches, ("spec", "targetNamespace")))
        text = way.renamed(name)
        draft.say("name", f"{target}-{text}" if target else text, manifest.origin("metadata", "name"))


def _source(ground: Ground, manifest: Manifest, reference: Manifest, way: Way) -> Manifest | None:
    """The OCIRepository or HelmChart of a chartRef: the nearest one of that name."""
    kind, name = reference.text("kind") or "OCIRepository", reference.text("name") or ""
    if not name:
        return None
    found = [
        item
        for item in ground.repository.manifests(kind.encode(), name.encode())
        if item.kind == kind and item.name == name
    ]
    return nearest(found, manifest.file)


# --- valuesFrom -----------------------------------------------------------------------------------


def _values_from(ground: Ground, draft: Draft, reference: Manifest, manifest: Manifest, way: Way, inner: Path) -> None:
    """The layer that a ConfigMap or Secret gives, or the gap where it should be."""
    kind, name = reference.text("kind") or "ConfigMap", reference.text("name") or ""
    given = reference.text("valuesKey")
    target = reference.text("targetPath")
    title = f"{kind} {name}" + (f" ({given})" if given else "")
    filled, key = way.fill(name), way.fill(given or "values.yaml")
    if filled is None or key is None:
        if target:
            draft.add_unknown(reference, target, title, inner)
        else:
            draft.gap(f"{title} hangs on a placeholder")
        return
    objects, patches = _objects(ground, kind, filled, way)
    item = nearest(objects, manifest.file)
    made = _generated(ground, kind, filled, key, _kustomizations(ground, manifest.file, way))
    if made is None and item is None:
        made = _generated(ground, kind, filled, key, _neighbours(ground, kind, filled, manifest.file))
    item = next((patch for patch in reversed(patches) if key in held(patch)), item if made is None else None)
    if item is not None:
        made = held(item).get(key) or Held(why=f"{item.file.name} holds no key {key}")
    if target:
        _at_target(draft, made, reference, target, title, inner)
        return
    beside = _beside(ground, draft, manifest.file) if made is None and kind == "ConfigMap" else None
    if beside is not None:
        draft.unresolved.append(f"{title} is not in the repository: {beside.name} beside it is taken for it")
        draft.partial = True
        made = Held(beside)
    if made is None:
        draft.gap(f"{title} is not in the repository")
    else:
        draft.add_held(made, title, inner)


def _at_target(draft: Draft, given: Held | None, reference: Manifest, target: str, title: str, inner: Path) -> None:
    """The layer of one value, which stands under a key and is set at `targetPath`."""
    if given is None or given.holder is None:
        draft.add_unknown(reference, target, title, inner)
        return
    parameters = _Target((*given.holder.prefix, *given.path), inner, target, draft.way.fill)
    if not given.coded:
        draft.add_parameters(given.holder, parameters)
        return
    try:
        for each in (parameters, *shared_by(parameters)):
            draft.add_assigned(given, each.assigned(parameters.parameter(given.text, (0, 0))))
    except ValueError as error:
        draft.gap(f"{title} cannot be read: {error}")


def _objects(ground: Ground, kind: str, name: str, way: Way) -> tuple[list[Manifest], list[Manifest]]:
    """The ConfigMaps or Secrets of a name: those that are objects, and those that are patches on the way."""
    objects, patches = [], []
    applied = [part.file for item in way.kustomizations for part in ground.reach.with_components(item)]
    for item in ground.repository.manifests(kind.encode(), name.encode()):
        if item.kind != kind or item.name != name:
            continue
        owners = [owner.file for owner in ground.reach.patched_by(item.file.path)]
        if not owners:
            objects.append(item)
        elif any(owner in applied for owner in owners):
            patches.append(item)
    return objects, patches


class _Target(Parameters):
    """A key of a ConfigMap that is one value, set at `targetPath`; in quotes of its own it is a text."""

    def __init__(self, at: Path, key: Path, target: str, fill: Fill) -> None:
        super().__init__(at, key)
        self.target = target
        self.fill = fill

    def given(self, document: Document) -> Iterator[Parameter]:
        node = node_at(document, self.at)
        if isinstance(node, Scalar):
            yield self.parameter(node.raw, span(node))

    def parameter(self, raw: str, place: tuple[int, int]) -> Parameter:
        """The parameter of a text."""
        text = self.fill(raw) or raw
        quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
        return Parameter(self.at, self.target, text[1:-1] if quoted else text, quoted, place, place)

    def escaped(self, text: str) -> str:
        return text if text.startswith("{") else text.replace(",", "\\,")

    def with_text(self, parameter: Parameter, text: str, strings: bool) -> list[Patch]:
        written = self.escaped(text)
        return [Set(parameter.where, f'"{written}"' if strings else written)]

    def with_name(self, parameter: Parameter, name: str) -> Patch:
        raise CannotPatch("targetPath of the HelmRelease says where it belongs")


def _kustomizations(ground: Ground, file: File, way: Way) -> list[Manifest]:
    """The kustomizations that make a HelmRelease what it is, from the outermost in: what they generate overrides."""
    found = [part for item in way.kustomizations for part in ground.reach.with_components(item)]
    near = ground.reach.kustomization(file.folder)
    found.reverse()
    return [*found, near] if near is not None and near not in found else found


def _neighbours(ground: Ground, kind: str, name: str, file: File) -> list[Manifest]:
    """Other kustomizations not far from a HelmRelease that generate what it takes its values from."""
    found = []
    for other in ground.repository.named("kustomization.yaml", "kustomization.yml"):
        if name.encode() in other.data and generator_of(kind).encode() in other.data:
            kustomization = ground.reach.kustomization(other.folder)
            if kustomization is not None and _related(kustomization.file.folder, file.folder):
                found.append(kustomization)
    return found


def _generated(ground: Ground, kind: str, name: str, key: str, candidates: list[Manifest]) -> Held | None:
    """What the generators of some kustomizations, the outermost first, make of a key; None where there are none."""
    missing = None
    for kustomization in candidates:
        for generator in kustomization.items(generator_of(kind)):
            if generator.text("name") != name:
                continue
            given = generated(ground.repository, generator).get(key)
            if given is not None and not given.why:
                return given
            missing = missing or given or Held(why=f"{kustomization.file.name} makes it without the key {key}")
            if generator.text("behavior") == "replace":
                return missing
    return missing


def _beside(ground: Ground, draft: Draft, file: File) -> File | None:
    """The only values file of the chart beside a HelmRelease whose kustomization is missing, if there is one."""
    if ground.reach.kustomization(file.folder) is not None:
        return None
    finder = Finder()
    found = []
    for other in ground.repository.in_order():
        if other.folder != file.folder and not other.path.startswith(file.folder + os.sep):
            continue
        if "values" not in os.path.basename(other.path) and not finder.may_be_values(other):
            continue
        chart = chart_of_values(other)
        if chart is not None and chart.name == draft.chart.name:
            found.append(other)
    return found[0] if len(found) == 1 and not any(layer.file == found[0].name for layer in draft.layers) else None


def _related(folder: str, other: str) -> bool:
    """Whether one of two folders lies in the other, or both in one that is not far above."""
    common = os.path.commonpath([folder, other])
    return folder == common or other == common or os.path.dirname(folder) == common or os.path.dirname(other) == common
