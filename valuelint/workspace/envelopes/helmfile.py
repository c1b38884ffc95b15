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
from valuelint.workspace.parameters import Listed, Parameter, scalar_of, span
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import File, Manifest, Unreadable
from valuelint.workspace.umbrellas import dependencies, draft_dependency, is_off, layers_of_text

_RELEASES = re.compile(rb"(?m)^releases:")
_ONLY_RENDERED = "--include-crds"
"""An argument that `helm upgrade` refuses and `helm template` takes: such helmfiles are there to get at the CRDs."""


class State:
    """What a helmfile says: its parts, of which a later one wins, over the bases that it names."""

    def __init__(self, ground: Ground, file: File) -> None:
        self.parts = file.manifests()[::-1]
        for path in [path for part in self.parts for path in part.texts("bases")][::-1]:
            base = ground.repository.at(os.path.normpath(os.path.join(file.folder, path)))
            self.parts += base.manifests()[::-1] if base is not None else []

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


def releases(ground: Ground) -> Iterator[Draft]:
    """The releases of known charts that helmfiles list."""
    for file in ground.repository.with_bytes(b"releases:", b"chart"):
        if not _RELEASES.search(file.data) or b"\nkind:" in file.data:
            continue
        state = State(ground, file)
        rendered = any(_ONLY_RENDERED in part.texts("helmDefaults", "args") for part in state.parts)
        own = next((part for part in state.parts if part.file is file and part.items("releases")), None)
        for item in own.items("releases") if own is not None else ():
            chain = state.chain(item)
            if _is_off(chain):
                reason = f"installed: false takes the release {item.text('name')} away"
                if ground.repository.mentions(file):
                    ground.aside.append((file, reason, False))
                continue
            for draft in _of_release(ground, file, chain, state):
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


def _is_off(chain: Chain) -> bool:
    """Whether something says that it is not installed, and nothing that it is."""
    nodes = [link.manifest.node("installed") for link in chain]
    said = [node.value for node in nodes if isinstance(node, Scalar)]
    return False in said and True not in said


def _of_release(ground: Ground, file: File, chain: Chain, state: State) -> Iterator[Draft]:
    owner = _first(chain, "chart")
    text = owner.text("chart") if owner is not None else None
    if owner is None or text is None:
        return
    named = _first(chain, "name")
    text = _itself(text, None if named is None else named.text("name"), None)
    found = chart_of(text)
    if found is not None:
        draft = Draft(ground.repository, found.chart, file, False).refer(found, owner.origin("chart"))
        _finish(draft, chain, state, ())
        yield draft
    elif text.startswith("."):
        for part in dependencies(ground, os.path.normpath(os.path.join(file.folder, text))):
            draft = draft_dependency(ground, part, file, False)
            _finish(draft, chain, state, part.key)
            if is_off(draft, part):
                ground.aside.append((file, f"{part.chart.name} is switched off by its condition", False))
            else:
                yield draft


def _finish(draft: Draft, chain: Chain, state: State, key: Path) -> None:
    every = state.part("namespace")
    if every is not None:  # it takes the place of what the releases say
        draft.say("namespace", every.text("namespace"), every.origin("namespace"))
    for name in ("version", "name", "namespace"):
        owner = _first(chain, name)
        if owner is not None:
            draft.say(name, owner.text(name), owner.origin(name))
    if draft.namespace is None and not draft.unresolved:
        draft.unresolved.append("no file says the namespace")
    if draft.version_text is None and not draft.unresolved:
        draft.unresolved.append("no version is said: the newest one is installed")
    for missing in _missing(chain, state):
        draft.gap(f"the template {missing} is not in the repository")
    prefix = _first(chain, "valuesPathPrefix")
    for name in ("valuesTemplate", "values", "secrets"):
        for owner in _all(chain, name):
            _values(draft, owner, name, key, (prefix.text("valuesPathPrefix") or "") if prefix is not None else "")
    for name in ("set", "setTemplate", "setString"):
        for owner in _all(chain, name):
            with _templated(draft):
                draft.add_parameters(owner, _Set((*owner.prefix, name), key, _unfilled, name == "setString"))
            for other in owner.items(name):
                if other.node("value") is None and other.node("values") is None:
                    draft.gap(f"{other.text('name')} is set from elsewhere, in {owner.file.name}")


def _missing(chain: Chain, state: State) -> Iterator[str]:
    """The templates that a release inherits from and that stand nowhere."""
    for link in chain:
        for item in link.manifest.items("inherit"):
            name = item.text("template") or ""
            if state.part("templates", name) is None:
                yield name


@contextmanager
def _templated(draft: Draft) -> Iterator[None]:
    """Layers that are added meanwhile stand in a helmfile itself."""
    fill, draft.fill = draft.fill, _unfilled
    yield
    draft.fill = fill


_unfilled = Fill(lambda text: [(text.find("{{"), len(text), None)] if "{{" in text else [])
"""Texts of a helmfile, which its older versions take for templates."""


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


def _values(draft: Draft, owner: Manifest, name: str, key: Path, prefix: str) -> None:
    """The layers of a list of files and maps."""
    for index, given in enumerate(getattr(owner.node(name), "items", ())):
        value = resolve_alias(given)
        if isinstance(value, Mapping):
            with _templated(draft):
                layers_of_text(draft, owner, (name, index), key)
        elif isinstance(value, Scalar) and value.raw:
            if name == "secrets":
                draft.gap(f"{value.raw} is encrypted")
            else:
                _file(draft, _itself(prefix + value.raw, draft.name, draft.namespace), key)


def _itself(text: str, name: str | None, namespace: str | None) -> str:
    """A text in which `.Release.Name` and `.Release.Namespace` are filled in, in backquotes or not."""
    for field, known in (("Name", name), ("Namespace", namespace)):
        if known is not None:
            text = re.sub(rf"\{{\{{(?:`\{{\{{)?-?\s*\.Release\.{field}\s*-?(?:\}}\}}`)?\}}\}}", known, text)
    return text


def _file(draft: Draft, path: str, key: Path) -> None:
    near = draft.file.folder
    if path.endswith(".gotmpl"):
        file = draft.repository.at(os.path.normpath(os.path.join(near, path)))
        if file is not None and b"{{" in file.data:
            # A template may make other values of each release that uses it.
            try:
                file.documents()
            except Unreadable as trouble:
                draft.gap(f"{file.name}:{trouble}")
                return
    for each in draft.repository.matching(near, path) or [path]:
        draft.add_path(each, near, key, umbrella=bool(key))
