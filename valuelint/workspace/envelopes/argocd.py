"""Argo CD: Applications that install a chart, written out or made by an ApplicationSet."""

from __future__ import annotations

import os
import re

from valuelint.light import Iterator
from valuelint.syntax import Document, Path
from valuelint.syntax.patches import Patch, Remove, Set
from valuelint.workspace import argo, sets
from valuelint.workspace.argo import App
from valuelint.workspace.draft import Draft, inside
from valuelint.workspace.ground import Ground
from valuelint.workspace.objects import Held
from valuelint.workspace.parameters import Listed, Parameter, scalar_of, span
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import File, Manifest
from valuelint.workspace.umbrellas import dependencies, draft_dependency, is_off, layers_of_text


def releases(ground: Ground) -> Iterator[Draft]:
    """The releases of known charts that Applications install, from a chart repository or from a folder."""
    for file in ground.repository.with_bytes(b"argoproj.io"):
        known = ground.repository.mentions(file)
        if not known and b"path" not in file.data:
            continue
        found: list[Draft] = []
        lost: list[str] = []
        for app in ground.apps(file):
            for source in app.sources():
                found += _of_source(ground, app, source, lost)
        if len(ground.apps(file)) >= argo.MOST:
            for draft in found:
                draft.unresolved.append(f"the file makes more than {argo.MOST} Applications: the rest is not read")
        yield from _unique(found)
        if known and not found:
            _say_why_not(ground, file, lost)


def _unique(found: list[Draft]) -> Iterator[Draft]:
    """Applications that an ApplicationSet makes for clusters that are not known are all the same."""
    seen: set[tuple[object, ...]] = set()
    for draft in found:
        said = (draft.chart.name, draft.version_text, draft.name, draft.namespace, draft.cluster)
        key = (*said, *((layer.file, layer.path, layer.desk_key) for layer in draft.layers), *draft.unresolved)
        if key not in seen:
            seen.add(key)
            yield draft


def _say_why_not(ground: Ground, file: File, lost: list[str]) -> None:
    paths = [
        folder
        for app in ground.apps(file)
        for source in app.sources()
        if (folder := argo.source_folder(ground.repository, app, source)) is not None
    ]
    if paths:
        ground.aside.append((file, "applies folders of this repository, which are read where they stand", False))
    named = [reason for reason in dict.fromkeys(lost) if ground.repository.speaks(reason)]
    for reason in named or ([] if paths else list(dict.fromkeys(lost))[:1]):
        ground.aside.append((file, reason, False))


def _of_source(ground: Ground, app: App, source: Manifest, lost: list[str]) -> Iterator[Draft]:
    reference = source.text("chart")
    address = source.text("repoURL") or ""
    if reference is None and address.startswith("oci://"):
        reference = address
    if reference is not None:
        found = chart_of(app.fill(reference))
        if found is None:
            return
        draft = Draft(ground.repository, found.chart, app.manifest.file, True)
        draft.fork = found.fork
        _finish(ground, draft, app, source, (), app.manifest.file.folder)
        yield draft
        return
    folder = argo.source_folder(ground.repository, app, source)
    if folder is None:
        path = source.text("path")
        filled = None if path is None else app.fill(path)
        if filled is not None:
            lost.append(f"the folder {filled} of its source is not in this repository")
        elif path is not None:
            lost.append(f"the folder {path} of its source hangs on a placeholder")
        return
    for item in dependencies(ground, folder):
        draft = draft_dependency(ground, item, app.manifest.file, True)
        _finish(ground, draft, app, source, item.key, folder)
        if is_off(draft, item):
            ground.aside.append((app.manifest.file, f"{item.chart.name} is switched off by its condition", False))
        else:
            yield draft


def _finish(ground: Ground, draft: Draft, app: App, source: Manifest, key: Path, folder: str) -> None:
    """Version, name, namespace, cluster and layers of a source."""
    draft.fill, draft.fill_values = app.fill, app.fill_values
    ways = ground.ways(app.manifest.file)
    draft.way = ways[0]
    draft.cluster = app.cluster or draft.cluster
    if not any(way.changes for way in ways):
        draft.delivery = app.delivery(source)
    draft.say(
        "version",
        source.text("targetRevision") if source.text("chart") or not key else None,
        source.origin("targetRevision"),
    )
    draft.say("name", source.text("helm", "releaseName"), source.origin("helm", "releaseName"))
    draft.say("name", app.manifest.text("metadata", "name"), app.manifest.origin("metadata", "name"))
    destination = ("spec", "destination", "namespace")
    draft.say("namespace", app.manifest.text(*destination), app.manifest.origin(*destination))
    if draft.namespace is None and not draft.unresolved:
        draft.unresolved.append("no file says the namespace")
    _values_files(ground, draft, app, source, key, folder)
    inline = "valuesObject" if source.node("helm", "valuesObject") is not None else "values"
    if source.node("helm", inline) is not None:
        layers_of_text(draft, source, ("helm", inline), key, text=inline == "values")
    elif not draft.layers and not draft.gaps and not key:
        draft.add_at(source, "helm", "valuesObject")
    if source.items("helm", "parameters"):
        draft.add_parameters(source, _Parameters((*source.prefix, "helm", "parameters"), key, draft.fill))
    for item in source.items("helm", "fileParameters"):
        _file_parameter(ground, draft, app, source, item, key, folder)


def _file_parameter(
    ground: Ground, draft: Draft, app: App, source: Manifest, item: Manifest, key: Path, folder: str
) -> None:
    """The layer of one value, which is all that stands in a file."""
    name = item.text("name") or ""
    try:
        paths = [path for path, _ in sets.parse_set(f"{app.fill(name) or name}=x")]
    except ValueError as error:
        draft.gap(f"the file parameter {name} cannot be read: {error}")
        return
    paths = [part for path in paths for part in inside(path, key) if part]
    place = _place_of(ground, app, source, item.text("path") or "", folder)
    file = None if isinstance(place, str) else ground.repository.at(os.path.join(*place))
    if file is None:
        for path in paths:
            why = place if isinstance(place, str) else f"the file {place[1]} is not in this repository"
            draft.add_unknown_at(item, path, f"the file parameter {name}", f"the file parameter {name}: {why}")
        return
    text = file.data.decode("utf-8", "replace")
    given = Held(None, item, ("path",), text, f"it is the content of {file.name}")
    draft.add_assigned(given, [(path, text) for path in paths])


class _Parameters(Listed):
    """`helm.parameters`. A comma is part of the value, but in a list such as `{a,b}`, and where it is escaped."""

    def given(self, document: Document) -> Iterator[Parameter]:
        # Helm takes all of --set before any of --set-string.
        return iter(sorted(self._given(document), key=lambda parameter: parameter.strings))

    def _given(self, document: Document) -> Iterator[Parameter]:
        for where, name, keys in self.named(document):
            value = scalar_of(keys.get("value"))
            text = "" if value is None else self.escaped(self.filled(value))
            forced = scalar_of(keys.get("forceString"))
            strings = forced is not None and forced.value is True
            yield Parameter(where, name.raw, text, strings, span(name), span(value or name))

    def escaped(self, text: str) -> str:
        if text.startswith("{") and text.endswith("}"):
            return text
        return re.sub(r"(?<!\\),", r"\\,", text)

    def with_text(self, parameter: Parameter, text: str, strings: bool) -> list[Patch]:
        made: list[Patch] = [Set((*parameter.where, "value"), text)]
        if strings and not parameter.strings:
            made.append(Set((*parameter.where, "forceString"), True))
        elif parameter.strings and not strings:
            made.append(Remove((*parameter.where, "forceString")))
        return made


def _values_files(ground: Ground, draft: Draft, app: App, source: Manifest, key: Path, folder: str) -> None:
    """The layers of `valueFiles`; a pattern stands for the files that it matches and that no other entry names."""
    texts = source.texts("helm", "valueFiles")
    optional = source.is_true("helm", "ignoreMissingValueFiles")
    places = [_place_of(ground, app, source, text, folder) for text in texts]
    named = {os.path.normpath(os.path.join(*place)) for place in places if not isinstance(place, str)}
    for text, place in zip(texts, places, strict=True):
        if isinstance(place, str):
            if not optional or not _is_missing_here(ground, app, source, text):
                draft.gap(f"the values file {place}")
            continue
        near, path = place
        matching = ground.repository.matching(near, path)
        for each in matching or [path]:
            real = os.path.normpath(os.path.join(near, each))
            if not matching or real not in named:
                draft.add_path(each, near, key, optional, umbrella=bool(key))
                named.add(real)


def _is_missing_here(ground: Ground, app: App, source: Manifest, text: str) -> bool:
    """Whether a values file of `$ref/...` is missing in this repository, told by another one that is here."""
    reference = text.partition("/")[0]
    others = [other for other in source.texts("helm", "valueFiles") if other.partition("/")[0] == reference]
    return reference.startswith("$") and any(
        (filled := app.fill(other)) is not None
        and _top_with(ground, app.manifest.file, filled.partition("/")[2]) is not None
        for other in others
    )


def _place_of(ground: Ground, app: App, source: Manifest, text: str, folder: str) -> tuple[str, str] | str:
    """The folder and the path in it that a source means by a path; or why there is none, as the end of a sentence."""
    filled = app.fill(text)
    if filled is None:
        return f"{text} hangs on a placeholder"
    if filled.startswith("$"):
        reference, _, path = filled[1:].partition("/")
        near = _top_with(ground, app.manifest.file, path)
        if near is not None:
            return near, path
        origin = next((item for item in app.sources() if item.text("ref") == reference), None)
        where = f" of {origin.text('repoURL')}" if origin is not None else ""
        return f"{path}{where} is not in this repository"
    if source.text("chart"):
        return f"{filled} is one of the chart's own"
    if "://" in filled:
        return f"{filled} is read from the network"
    if filled.startswith("/"):
        path = filled.lstrip("/")
        return _top_with(ground, app.manifest.file, path) or folder, path
    return folder, filled


def _top_with(ground: Ground, file: File, path: str) -> str | None:
    """The top of the repository, told by the file that must stand at a path below it."""
    for top in reversed(list(argo.tops(ground.repository, file))):
        if ground.repository.matching(top, path) or ground.repository.at(f"{top}/{path}") is not None:
            return top
    return None
