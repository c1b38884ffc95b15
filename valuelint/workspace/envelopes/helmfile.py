"""Helmfile: the releases of helmfile.yaml and its kin, as far as they are plain YAML."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager

from valuelint.light import Iterator, NamedTuple
from valuelint.syntax import Document, Mapping, Node, Path, Scalar, resolve_alias
from valuelint.syntax.patches import CannotPatch, Patch, Set
from valuelint.values.blanks import Fill
from valuelint.workspace import sets
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.helmfiles import Environment, Given
from valuelint.workspace.parameters import Listed, Parameter, scalar_of, span
from valuelint.workspace.references import Reference, chart_of
from valuelint.workspace.repository import File, Manifest, Unreadable
from valuelint.workspace.umbrellas import Dependency, dependencies, draft_dependency, is_off, layers_of_text

_RELEASES = re.compile(rb"(?m)^releases:")
_ONLY_RENDERED = "--include-crds"
"""An argument that `helm upgrade` refuses and `helm template` takes: such helmfiles are there to get at the CRDs."""
_MOST = 50
"""How many environments of a helmfile are looked at."""


class State:
    """What a helmfile says: its parts, of which a later one wins, over the bases that it names."""

    def __init__(self, ground: Ground, file: File) -> None:
        self.file = file
        self.in_order: list[list[Manifest]] = []
        """Each part behind its bases."""
        self.whole = True
        """Whether all bases are there."""
        for part in _parts(file):
            bases = [
                ground.repository.at(os.path.normpath(os.path.join(file.folder, at))) for at in part.texts("bases")
            ]
            found = [_parts(base) if base is not None else [] for base in bases]
            self.whole = self.whole and all(found)
            self.in_order.append([item for base in found for item in base] + [part])
        self.parts = [item for behind in self.in_order for item in behind][::-1]

    def environments(self) -> list[str]:
        """The names of the environments that it declares."""
        every = [item.part("environments") for behind in self.in_order for item in behind]
        return list(dict.fromkeys(key for item in every if item is not None for key in item.root.keys))

    def part(self, *path: str) -> Manifest | None:
        """The first part that says something."""
        return next((part for part in self.parts if part.node(*path) is not None), None)

    def chain(self, item: Manifest, trail: tuple[str, ...] = ()) -> list[Link]:
        """A release behind the templates that it inherits from, and those that they do."""
        found: list[Link] = []
        names = [part.text("template") or "" for part in item.items("inherit")]
        listed = [(part.text("template") or "", part.texts("except")) for part in item.items("inherit")]
        defaults = self.part("defaultInherit") if not trail else None
        for name in defaults.texts("defaultInherit") if defaults is not None else ():
            if name not in names:
                listed.insert(0, (name, []))
        for name, left_out in listed:
            owner = self.part("templates", name)
            template = owner.part("templates", name) if owner is not None else None
            if template is not None and name not in trail:
                chain = self.chain(template, (*trail, name))
                found += [Link(link.manifest, (*link.left_out, *left_out)) for link in chain]
        return [*found, Link(item, ())]


class Link(NamedTuple):
    """What says something of a release, but for some fields."""

    manifest: Manifest
    left_out: tuple[str, ...]


Chain = list[Link]


def _parts(file: File) -> list[Manifest]:
    """The parts of a helmfile, which may be a template by any name."""
    found = file.manifests()
    if not found and b"{{" in file.data:
        file.take_for_template()
        found = file.manifests()
    return found


def releases(ground: Ground) -> Iterator[Draft]:
    """The releases of known charts that helmfiles list.

    Helmfiles with the same environments belong together: where something in one of them differs from environment to
    environment, each of their releases is one in every environment.
    """
    found: dict[frozenset[str], tuple[list[str], list[State]]] = {}
    nested: dict[str, list[Nested]] | None = None
    for file in ground.repository.with_bytes(b"releases:", b"chart"):
        if not _RELEASES.search(file.data) or b"\nkind:" in file.data:
            continue
        nested = _nested(ground) if nested is None else nested
        state = State(ground, file)
        names = state.environments() or [name for item in nested.get(file.path, ()) for name in item.names]
        names = list(dict.fromkeys(names))[:_MOST] or ["default"]
        found.setdefault(frozenset(names), (names, []))[1].append(state)
    for names, states in found.values():
        every = [[_run(ground, state, name, nested or {}) for name in names] for state in states]
        every = [[run for run in runs if not run.broken] or runs for runs in every]
        differ = any(run.seen != runs[0].seen for runs in every for run in runs)
        for run in [run for runs in every for run in (runs if differ else runs[:1])]:
            for draft in run.drafts:
                draft.cluster = run.name if differ else draft.cluster
                yield draft


class Nested(NamedTuple):
    """An entry of a helmfile under `helmfiles` that leads to another one."""

    state: State
    entry: Manifest | None
    """None for a mere path."""
    names: list[str]


def _nested(ground: Ground) -> dict[str, list[Nested]]:
    """What leads to helmfiles, by their paths."""
    found: dict[str, list[Nested]] = {}
    for file in ground.repository.with_bytes(b"helmfiles:"):
        state = State(ground, file)
        names = state.environments()
        for part in state.parts:
            listed = [(item.text("path") or "", item) for item in part.items("helmfiles")]
            for path, entry in [*listed, *((text, None) for text in part.texts("helmfiles"))]:
                for each in ground.repository.matching(file.folder, path) or [path]:
                    place = os.path.normpath(os.path.join(file.folder, each))
                    found.setdefault(place, []).append(Nested(state, entry, names))
    return found


class Run(NamedTuple):
    """What becomes of a helmfile in an environment.

    `seen` is what was asked of the environment, with the answers; it is `broken` where helmfile would stop.
    """

    name: str
    drafts: list[Draft]
    seen: dict[str, str]
    broken: bool


def _run(ground: Ground, state: State, name: str, nested: dict[str, list[Nested]]) -> Run:
    environment = _environment(ground, state, name, nested)
    drafts = list(_of_state(ground, state, environment))
    return Run(name, drafts, environment.seen, environment.broken)


def _environment(
    ground: Ground, state: State, name: str, nested: dict[str, list[Nested]], trail: tuple[str, ...] = ()
) -> Environment:
    """The environment of a name as a helmfile has it."""
    environment = Environment(name)
    path = state.file.path
    leading = [item for item in nested.get(path, ()) if item.state.file.path not in (path, *trail)]
    given = [Given(item.entry, _environment(ground, item.state, name, nested, (path, *trail))) for item in leading]
    environment.read(ground.repository, state.file.folder, state.in_order, state.whole, given)
    return environment


def _of_state(ground: Ground, state: State, environment: Environment) -> Iterator[Draft]:
    """The releases of a helmfile in an environment."""
    file = state.file
    rendered = any(_ONLY_RENDERED in part.texts("helmDefaults", "args") for part in state.parts)
    own = next((part for part in state.parts if part.file is file and part.items("releases")), None)
    for item in own.items("releases") if own is not None else ():
        chain = state.chain(item)
        seen = dict(environment.seen)
        charts = _charts(ground, chain, state, environment)
        if not charts:
            environment.seen = seen
            continue
        switch = _switch(chain, environment)
        if switch.off:
            reason = f"{switch.off} takes the release {item.text('name')} away"
            if (file, reason, False) not in ground.aside:
                ground.aside.append((file, reason, False))
        for draft in _drafts(ground, chain, charts, state, environment):
            if switch.off:
                ground.idle.update(layer.file for layer in draft.layers)
                continue
            if switch.unknown:
                draft.unresolved.append(f"whether it is installed hangs on {switch.unknown}")
            if rendered:
                draft.unjudged = True
                draft.unresolved.append(f"{_ONLY_RENDERED} is for helmfile template alone: it is not judged")
            yield draft


def _first(chain: Chain, name: str) -> Manifest | None:
    """What says something single of a release: the first template that does, else the release itself."""
    return next((link.manifest for link in chain if link.manifest.node(name) is not None), None)


def _all(chain: Chain, name: str) -> list[Manifest]:
    """What says something that is a list: all add to it."""
    return [link.manifest for link in chain if name not in link.left_out and link.manifest.node(name) is not None]


class Switch(NamedTuple):
    """Whether a release is installed: what says that it is not, and what says something that nobody knows."""

    off: str = ""
    unknown: str = ""


def _switch(chain: Chain, environment: Environment) -> Switch:
    """What switches a release on and off: it is off where something says so, and nothing that it is installed."""
    said: dict[object, str] = {}
    for link in chain:
        for key in ("installed", "installedTemplate"):
            node = link.manifest.node(key)
            if isinstance(node, Scalar) and node.value is not None:
                filled = (environment.fill(node.raw) or "").strip()
                value = node.value if isinstance(node.value, bool) else {"true": True, "false": False}.get(filled)
                said[value] = node.raw
    if False in said and True not in said and None not in said:
        return Switch(off="installed: " + said[False])
    unknown = said.get(None, "") if True not in said else ""
    for key in ("condition", "conditionTemplate"):
        owner = _first(chain, key)
        text = None if owner is None else owner.text(key)
        condition = environment.fill(text) if text else None
        switched = environment.is_on(condition.strip()) if condition else None
        if text and switched is None:
            unknown = f"the condition {text}"
        elif text and not switched:
            return Switch(off=f"the condition {text}")
    return Switch(unknown=unknown)


def _charts(ground: Ground, chain: Chain, state: State, environment: Environment) -> list[Reference | Dependency]:
    """The known charts that a release installs: one that it names, or those in a chart of the repository."""
    owner, named = _first(chain, "chart"), _first(chain, "name")
    text = owner.text("chart") if owner is not None else None
    if text is None:
        return []
    text = _itself(text, None if named is None else named.text("name"), None)
    text = environment.fill(text) or text
    found = chart_of(text)
    if found is not None:
        return [found]
    if not text.startswith("."):
        return []
    return [*dependencies(ground, os.path.normpath(os.path.join(state.file.folder, text)))]


def _drafts(
    ground: Ground, chain: Chain, charts: list[Reference | Dependency], state: State, environment: Environment
) -> Iterator[Draft]:
    owner, file = _first(chain, "chart"), state.file
    for chart in charts:
        if isinstance(chart, Dependency):
            draft = draft_dependency(ground, chart, file, False)
            _finish(draft, chain, state, chart.key, environment)
            if is_off(draft, chart):
                ground.aside.append((file, f"{chart.chart.name} is switched off by its condition", False))
                continue
        else:
            draft = Draft(ground.repository, chart.chart, file, False)
            draft.refer(chart, None if owner is None else owner.origin("chart"))
            _finish(draft, chain, state, (), environment)
        yield draft


def _finish(draft: Draft, chain: Chain, state: State, key: Path, environment: Environment) -> None:
    every = state.part("namespace")
    if every is not None:  # it takes the place of what the releases say
        draft.say("namespace", every.text("namespace"), every.origin("namespace"), environment.fill)
    for name in ("version", "name", "namespace"):
        owner = _first(chain, name)
        if owner is not None:
            draft.say(name, owner.text(name), owner.origin(name), environment.fill)
    if draft.namespace is None and not draft.unresolved:
        draft.unresolved.append("no file says the namespace")
    if draft.version_text is None and not draft.unresolved:
        draft.unresolved.append("no version is said: the newest one is installed")
    for missing in _missing(chain, state):
        draft.gap(f"the template {missing} is not in the repository")
    draft.fill_templates = environment.fill_values
    prefix = _first(chain, "valuesPathPrefix")
    for name in ("valuesTemplate", "values", "secrets"):
        for owner in _all(chain, name):
            given = (prefix.text("valuesPathPrefix") or "") if prefix is not None else ""
            _values(draft, owner, name, key, given, environment)
    for name in ("set", "setTemplate", "setString"):
        for owner in _all(chain, name):
            environment.ask(_text_of(owner, name), _is_template(owner))
            with _templated(draft, environment):
                draft.add_parameters(
                    owner, _Set((*owner.prefix, name), key, environment.fill_values, name == "setString")
                )
            for other in owner.items(name):
                if other.node("value") is None and other.node("values") is None:
                    draft.gap(f"{other.text('name')} is set from elsewhere, in {owner.file.name}")


def _is_template(owner: Manifest) -> bool:
    """Whether something stands in a helmfile that is filled in before it is read, as far as one can tell."""
    return owner.file.is_template or owner.document.source.template


def _text_of(owner: Manifest, *path: str | int) -> str:
    """What stands at a path, as it is written."""
    node = owner.node(*path)
    return "" if node is None else owner.document.source.text[node.start : node.end]


def _missing(chain: Chain, state: State) -> Iterator[str]:
    """The templates that a release inherits from and that stand nowhere."""
    for link in chain:
        for item in link.manifest.items("inherit"):
            name = item.text("template") or ""
            if state.part("templates", name) is None:
                yield name


@contextmanager
def _templated(draft: Draft, environment: Environment) -> Iterator[None]:
    """Layers that are added meanwhile stand in a helmfile itself, which its older versions take for a template."""
    fill, draft.fill = draft.fill, environment.fill_values
    yield
    draft.fill = fill


class _Set(Listed):
    """`set` of a release: a `value`, in which nothing is special to Helm, or the `values` of a list."""

    def __init__(self, at: Path, key: Path, fill: Fill, strings: bool) -> None:
        super().__init__(at, key, fill)
        self.strings = strings

    def given(self, document: Document) -> Iterator[Parameter]:
        for where, name, keys in self.named(document):
            value, listed = scalar_of(keys.get("value")), keys.get("values")
            shown: Node
            if value is not None:
                text, shown = self.escaped(self.filled(value)), value
            elif listed is not None:
                shown = resolve_alias(listed.value)
                items = [resolve_alias(part) for part in getattr(shown, "items", ())]
                text = "{" + ",".join(self.escaped(part.raw) for part in items if isinstance(part, Scalar)) + "}"
            else:
                continue
            bare = value is not None and not isinstance(value.value, str)
            yield Parameter(where, name.raw, text, self.strings, span(name), span(shown), bare)

    def escaped(self, text: str) -> str:
        return "".join("\\" + char if char in "{}," else char for char in text)

    def with_text(self, parameter: Parameter, text: str, strings: bool) -> list[Patch]:
        if strings != self.strings:
            raise CannotPatch(f"{self.at[-1]} makes {'no text' if strings else 'a text'} of {text}")
        if parameter.text.startswith("{"):
            raise CannotPatch("it stands in a list under set of the release")
        value = sets.typed(text)
        # Helmfile hands over true as "true": whoever writes it without quotes gets it back without them.
        alike = parameter.bare and isinstance(value, int)
        return [Set((*parameter.where, "value"), value if alike else text)]


def _values(draft: Draft, owner: Manifest, name: str, key: Path, prefix: str, environment: Environment) -> None:
    """The layers of a list of files and maps."""
    for index, given in enumerate(getattr(owner.node(name), "items", ())):
        value = resolve_alias(given)
        if isinstance(value, Mapping):
            environment.ask(_text_of(owner, name, index), _is_template(owner) or name == "valuesTemplate")
            with _templated(draft, environment):
                layers_of_text(draft, owner, (name, index), key)
        elif isinstance(value, Scalar) and value.raw:
            path = _itself(prefix + value.raw, draft.name, draft.namespace)
            if name == "secrets":
                draft.gap(f"{value.raw} is encrypted")
            else:
                _file(draft, environment.fill(path) or path, key, environment)


def _itself(text: str, name: str | None, namespace: str | None) -> str:
    """A text in which `.Release.Name` and `.Release.Namespace` are filled in, in backquotes or not."""
    for field, known in (("Name", name), ("Namespace", namespace)):
        if known is not None:
            text = re.sub(rf"\{{\{{(?:`\{{\{{)?-?\s*\.Release\.{field}\s*-?(?:\}}\}}`)?\}}\}}", known, text)
    return text


def _file(draft: Draft, path: str, key: Path, environment: Environment) -> None:
    near = draft.file.folder
    for each in draft.repository.matching(near, path) or [path]:
        file = draft.repository.at(os.path.normpath(os.path.join(near, each))) if each.endswith(".gotmpl") else None
        if file is not None and b"{{" in file.data:
            # A template may make other values of each release that uses it.
            file.take_for_template()
            try:
                file.documents()
            except Unreadable as trouble:
                draft.gap(f"{file.name}:{trouble}")
                continue
            environment.ask(file.data.decode("utf-8", "replace"), strict=True)
        draft.add_path(each, near, key, umbrella=bool(key))
