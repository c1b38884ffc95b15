"""A release in the making: what an envelope finds out about it, and what it cannot."""

from __future__ import annotations

import os

from valuelint.charts.facts import Chart
from valuelint.light import Any, Callable, Iterator
from valuelint.syntax import Document, Mapping, Path, Scalar, Source, SourceError, find, load_data, resolve_alias
from valuelint.values import Layer, Placement
from valuelint.values.blanks import Blanks, Fill, inserts, marks_of
from valuelint.values.layer import Made, embed, holds_text, place
from valuelint.workspace import sets
from valuelint.workspace.kustomize import Way
from valuelint.workspace.objects import Held
from valuelint.workspace.parameters import Parameters
from valuelint.workspace.references import Reference, exact, newest, upstream
from valuelint.workspace.release import Beside, Delivery, Gap, Origin, Release
from valuelint.workspace.repository import File, Manifest, Repository, Unreadable


def globals_of(key: Path) -> list[Path]:
    """Where the charts around the one at a key have what is global for all in them, the innermost first."""
    return [(*key[:depth], "global") for depth in reversed(range(len(key)))]


def inside(path: Path, key: Path) -> Iterator[Path]:
    """Where something at a path of the outermost chart's values lies in those of the chart at a key, and below it.

    The empty path where it takes the place of all of them.
    """
    for where, mount in ((key, ()), *((where, ("global",)) for where in globals_of(key))):
        if path[: len(where)] == where:
            yield (*mount, *path[len(where) :])
        elif not mount and where[: len(path)] == path:
            yield ()


def shared_by(parameters: Parameters) -> list[Parameters]:
    """What the same parameters set for the chart at their key and all others."""
    return [parameters.below(key, ("global",)) for key in globals_of(parameters.key)]


def _not_edited(source: Source) -> str:
    """Why nothing in a file is edited; empty where it may be."""
    return "it stands in a file in JSON" if source.name.endswith(".json") else ""


class Draft:
    """A release as far as it is known.

    `controller` says that something in the cluster keeps applying it; what a person or a script applies by hand comes
    before that. `cluster` is the cluster where the envelope names one, `ways` how its file is applied.
    """

    def __init__(self, repository: Repository, chart: Chart, file: File, controller: bool, way: Way | None = None):
        self.repository = repository
        self.chart = chart
        self.file = file
        self.controller = controller
        self.way = way or Way()
        self.cluster: str | None = self.way.sync.cluster if self.way.sync is not None else None
        self.version: str | None = None
        self.version_text: str | None = None
        self.name: str | None = None
        self.namespace: str | None = None
        self.origins: dict[str, Origin] = {}
        self.version_source: str | None = None
        self.layers: list[Layer] = []
        self.gaps: list[Gap] = []
        self.unresolved: list[str] = []
        self.manager = ""
        """What applies it, where that goes to all clusters unless it says which."""
        self.fork = ""
        """What the chart is called, where a distribution made it of the one that it is taken for."""
        self.delivery: Delivery | None = None
        self.unjudged = False
        """Whether nobody installs it, as far as anybody can tell: a part of what it renders is taken, say."""
        self.partial = False
        """Whether a file was taken for one of its layers because nothing better is there."""
        self.fill = self._own_fill = self.way.fill
        self.fill_values: Fill | None = None
        """How placeholders in its values are filled in, where that differs."""
        self.fill_templates: Fill | None = None
        """How placeholders in templates of values files are filled in, where that differs."""
        self.beside: Callable[[list[Layer]], Iterator[Beside]] | None = None
        """What stands around its values, where they are part of an umbrella's."""

    # What the release is called

    def say(
        self, key: str, text: str | None, origin: Origin | None, fill: Callable[[str], str | None] | None = None
    ) -> None:
        """Takes down the version, name or namespace, unless it is known already or hangs on a placeholder."""
        if not text or getattr(self, key) is not None:
            return
        filled = (fill or self.fill)(text)
        if filled is None or "{{" in filled or "${" in filled or "#{" in filled:
            self.unresolved.append(f"the {key} is {text}")
            return
        if origin is not None:
            self.origins[key] = origin
        if key == "version":
            self._say_version(filled, origin)
        else:
            setattr(self, key, filled)

    def refer(self, reference: Reference, origin: Origin | None) -> Draft:
        """Takes down what a reference to the chart says: its name, perhaps its version."""
        self.fork = reference.fork
        self.say("version", reference.version, origin)
        return self

    def _say_version(self, text: str, origin: Origin | None) -> None:
        self.version_text = text
        self.version_source = origin.source.name if origin is not None else self.file.name
        if self.fork:
            text = upstream(text)
        if exact(text):
            self.version = text.removeprefix("v")
        else:
            self.version = newest(self.chart, text)
            if self.version is None:
                self.unresolved.append(f"the version is {text}, which is no single one")

    # Its values

    def gap(self, what: str) -> None:
        """Takes down that something may set values at this point which cannot be seen."""
        self.gaps.append(Gap(len(self.layers), what))
        self.unresolved.append(what)

    def add_at(
        self,
        manifest: Manifest,
        *path: str | int,
        inner: Path = (),
        mount: Path = (),
        deletes: bool = False,
        text: bool = False,
    ) -> None:
        """The layer at a path of a document: a map, a text that holds YAML, or nothing, which is a place for one.

        With `text`, that place is one for a text.
        """
        where = (*manifest.prefix, *path)
        placement = Placement(where, None, inner, mount, "", deletes, text=text)
        self.add_placed(manifest.document, placement, retyped=True)

    def add_placed(self, document: Document, placement: Placement, retyped: bool = False) -> None:
        """The layer at a placement of a document."""
        source = document.source
        placement = placement._replace(fixed=placement.fixed or _not_edited(source))
        found = find(document.root, placement.prefix)
        node = None if found is None else resolve_alias(found.node)
        text = placement.recipe is None and holds_text(node)
        as_text = text and placement.embedded is None
        style = "" if as_text or not retyped else "double" if self.fill_values else "plain" if self.way.sync else ""
        blanks = self._blanks(source, self.fill_values or self.fill, style)
        if as_text and not placement.mount and isinstance(node, Scalar):
            placement = placement._replace(embedded=embed(source, node, blanks))
        elif placement.inner and placement.embedded is None and not placement.text:
            placement = placement._replace(prefix=(*placement.prefix, *placement.inner), inner=())
        try:
            layer = place(document, placement, blanks)
        except SourceError as error:
            self.gap(f"{source.name}:{error.line}:{error.column}: {error.message}")
            return
        except ValueError as error:
            line, column = source.position(node.start if node is not None else 0)
            self.gap(f"{source.name}:{line}:{column}: {error}")
            return
        start, end = (node.start, node.end) if node is not None else (0, 0)
        if marks_of(source.name) and inserts(source.text[start : end + 200 if end else None]):
            self.gap(f"{source.name}: the template takes in other texts here")
        if layer.root is None and text and (not placement.inner or placement.mount):
            return  # nothing in it; an umbrella's text may hold what belongs there all the same
        self.layers.append(layer)

    def add_unknown(self, manifest: Manifest, target: str, what: str, inner: Path = ()) -> None:
        """A layer of one value that comes from elsewhere, at a path as --set has it."""
        try:
            pairs = sets.parse_set(f"{target}=x")
        except ValueError:
            self.gap(f"{what} sets {target}")
            return
        for path, _ in pairs:
            for part in inside(path, inner):
                self.add_unknown_at(manifest, part, what, f"{what} sets {target}")

    def add_unknown_at(self, manifest: Manifest, path: Path, what: str, sentence: str) -> None:
        """A layer of one value that comes from elsewhere; of no path, all values may."""
        if not path:
            self.gap(sentence)
            return
        span = manifest.root.start, manifest.root.end
        root = sets.tree([sets.Assignment(path, "${" + what + "}", span, span)])
        placement = Placement(manifest.prefix, fixed=f"it comes from {what}", recipe=Made(root))
        source = manifest.document.source
        self.layers.append(Layer(source, manifest.document, root, placement, Blanks(source)))
        self.unresolved.append(sentence)

    def add_parameters(self, manifest: Manifest, parameters: Parameters) -> None:
        """The layer of parameters that stand in a manifest, and those of what they set for all charts around."""
        try:
            self.add_placed(manifest.document, Placement(parameters.at, recipe=parameters))
            for shared in shared_by(parameters):
                if shared.read(manifest.document) is not None:
                    self.add_placed(manifest.document, Placement(shared.at, recipe=shared))
        except ValueError as error:
            self.gap(f"{manifest.file.name}: a value that is set cannot be read: {error}")

    def add_held(self, given: Held, title: str, inner: Path = ()) -> None:
        """The layers of what a ConfigMap or Secret holds under a key."""
        if given.why:
            self.gap(f"{title}: {given.why}")
        elif given.file is not None:
            try:
                self.add_umbrella(given.file, inner)
            except Unreadable as trouble:
                self.gap(f"{given.file.name}:{trouble}")
        elif given.holder is not None and not given.coded:
            self.add_at(given.holder, *given.path, inner=inner)
            for where in globals_of(inner):
                self.add_at(given.holder, *given.path, inner=where, mount=("global",), text=True)
        elif given.holder is not None:
            self._add_coded(given, title, inner)

    def _add_coded(self, given: Held, title: str, inner: Path) -> None:
        try:
            data = load_data(given.text)
        except SourceError as error:
            self.gap(f"{title}: {error.message}")
            return
        for where, mount in ((inner, ()), *((where, ("global",)) for where in globals_of(inner))):
            part = data
            for key in where:
                part = part.get(key) if isinstance(part, dict) else None
            if isinstance(part, dict):
                self.add_assigned(given, [((*mount, key), value) for key, value in part.items()])
            elif part is not None and not mount:
                self.gap(f"{title}: values are a map of options")

    def add_assigned(self, given: Held, pairs: list[tuple[Path, Any]]) -> None:
        """The layer of values that are set at paths, of a text that does not hold them as they are."""
        if given.holder is None or not pairs:
            return
        found = find(given.holder.root, given.path)
        span = (found.node.start, found.node.end) if found is not None else (0, 0)
        root = sets.tree([sets.Assignment(path, value, span, span) for path, value in pairs])
        placement = Placement((*given.holder.prefix, *given.path), fixed=given.coded, recipe=Made(root))
        source, document = given.holder.document.source, given.holder.document
        self.layers.append(Layer(source, document, root, placement, Blanks(source, self.fill)))

    def add_file(self, file: File, inner: Path = (), mount: Path = (), deletes: bool = False) -> None:
        """The layers of a values file, one a document. Raises Unreadable where it is no YAML."""
        documents = file.documents()
        for document in documents:
            if document.root is not None and not isinstance(document.root, Mapping):
                line, column = document.source.position(document.root.start)
                raise Unreadable("values are a map of options", line, column)
            source = document.source
            if marks_of(source.name) and inserts(source.text):
                self.gap(f"{source.name}: the template takes in other texts here")
            found = find(document.root, inner) if inner else None
            if inner and found is None and mount:
                continue
            placement = Placement(inner, None, (), mount, _not_edited(source), deletes)
            try:
                fill = self.fill_templates if self.fill_templates and marks_of(source.name) else self._own_fill
                self.layers.append(place(document, placement, self._blanks(source, fill)))
            except SourceError as error:
                raise Unreadable(error.message, error.line, error.column, error.remedy) from None
            except ValueError as error:
                line, column = source.position(found.node.start if found is not None else 0)
                raise Unreadable(str(error), line, column) from None

    def add_path(self, path: str, near: str, inner: Path = (), optional: bool = False, umbrella: bool = False) -> bool:
        """The layers of a values file, by its path as `near` says it; a gap where it cannot be read."""
        shown = os.path.relpath(os.path.join(near, path)) if not path.startswith("/") else path
        if "{{" in path or "${" in path or "#{" in path:
            self.gap(f"the values file {path} hangs on a placeholder")
            return False
        place = os.path.normpath(os.path.join(near, path))
        file = self.repository.at(place)
        if file is None and self.file.is_template:
            file = self.repository.template_of(place)
        if file is None:
            if not optional:
                self.gap(f"the values file {shown} is not in the repository")
            return False
        try:
            if umbrella:
                self.add_umbrella(file, inner)
            else:
                self.add_file(file, inner)
        except Unreadable as trouble:
            self.gap(f"{file.name}:{trouble}")
            return False
        return True

    def add_umbrella(self, file: File, inner: Path, deletes: bool = False) -> None:
        """The layers of an umbrella chart's values file for one of its charts: its own part, and what is global."""
        self.add_file(file, inner, (), deletes)
        for where in globals_of(inner):
            self.add_file(file, where, ("global",), deletes)

    def _blanks(self, source: Source, fill: Fill, style: str = "") -> Blanks | None:
        marks = marks_of(source.name)
        if not marks and self.way.sync is None and fill is self._own_fill:
            return None
        return Blanks(source, fill, marks, style)

    def release(self) -> Release:
        """The release as it is known now."""
        return Release(
            self.chart.name,
            self.version,
            self.name,
            self.namespace,
            tuple(self.layers),
            self.origins,
            self.file.name,
            self.version_text,
            self.version_source,
            tuple(dict.fromkeys(self.unresolved)),
            tuple(self.gaps),
            () if self.beside is None else tuple(self.beside(self.layers)),
            self.delivery,
            self.fork,
        )
