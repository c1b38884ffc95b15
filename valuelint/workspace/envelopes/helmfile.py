"""Helmfile: the releases of helmfile.yaml and its kin, as far as they are plain YAML."""

from __future__ import annotations

import os
import re

from valuelint.light import Iterator
from valuelint.syntax import Document, Mapping, Node, Scalar, resolve_alias
from valuelint.syntax.patches import CannotPatch, Patch, Set
from valuelint.workspace import sets
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.parameters import Listed, Parameter, scalar_of, span
from valuelint.workspace.references import chart_of
from valuelint.workspace.repository import Manifest, Unreadable
from valuelint.workspace.umbrellas import dependencies, draft_dependency, is_off, layers_of_text

_RELEASES = re.compile(rb"(?m)^releases:")
_ONLY_RENDERED = "--include-crds"
"""An argument that `helm upgrade` refuses and `helm template` takes: such helmfiles are there to get at the CRDs."""


def releases(ground: Ground) -> Iterator[Draft]:
    """The releases of known charts that helmfiles list."""
    for file in ground.repository.with_bytes(b"releases:", b"chart"):
        if not _RELEASES.search(file.data) or b"\nkind:" in file.data:
            continue
        manifests = file.manifests()
        rendered = any(_ONLY_RENDERED in manifest.texts("helmDefaults", "args") for manifest in manifests)
        for manifest in manifests:
            for item in manifest.items("releases"):
                if _is_off(item, manifest):
                    reason = f"installed: false takes the release {item.text('name')} away"
                    if ground.repository.mentions(file):
                        ground.aside.append((file, reason, False))
                    continue
                for draft in _of_release(ground, item, manifest):
                    if rendered:
                        draft.rendered_only = True
                        draft.unresolved.append(f"{_ONLY_RENDERED} is for helmfile template alone: it is not judged")
                    yield draft


def _is_off(item: Manifest, helmfile: Manifest) -> bool:
    place = _field(item, helmfile, "installed")
    node = None if place is None else place[0].node(*place[1])
    return isinstance(node, Scalar) and node.value is False


def _of_release(ground: Ground, item: Manifest, helmfile: Manifest) -> Iterator[Draft]:
    reference = _field(item, helmfile, "chart")
    text = reference[0].text(*reference[1]) if reference is not None else None
    if text is None:
        return
    found = chart_of(text)
    folder = os.path.normpath(os.path.join(item.file.folder, text))
    if found is not None:
        draft = Draft(ground.repository, found[0], item.file, False)
        if found[1] is not None:
            draft.say("version", found[1], item.origin("chart"))
        _finish(draft, item, helmfile, "")
        yield draft
    elif text.startswith("."):
        for part in dependencies(ground, folder):
            draft = draft_dependency(ground, part, item.file, False)
            _finish(draft, item, helmfile, part.key)
            if is_off(draft, part):
                ground.aside.append((item.file, f"{part.chart.name} is switched off by its condition", False))
            else:
                yield draft


def _field(item: Manifest, helmfile: Manifest, name: str) -> tuple[Manifest, tuple[str, ...]] | None:
    """Where a release says something: itself, or the template that it inherits from."""
    if item.node(name) is not None:
        return item, (name,)
    for parent in item.items("inherit"):
        template = parent.text("template")
        if template and helmfile.node("templates", template, name) is not None:
            return helmfile, ("templates", template, name)
    return None


def _finish(draft: Draft, item: Manifest, helmfile: Manifest, key: str) -> None:
    for name in ("version", "name", "namespace"):
        place = _field(item, helmfile, name)
        if place is not None:
            draft.say(name, place[0].text(*place[1]), place[0].origin(*place[1]))
    if draft.namespace is None and item.node("namespace") is None:
        draft.say("namespace", helmfile.text("namespace"), helmfile.origin("namespace"))
    if draft.namespace is None and not draft.unresolved:
        draft.unresolved.append("no file says the namespace")
    if draft.version_text is None and not draft.unresolved:
        draft.unresolved.append("no version is said: the newest one is installed")
    for name in ("values", "secrets"):
        place = _field(item, helmfile, name)
        if place is not None:
            _values(draft, place[0], place[1], key, name == "secrets")
    if item.items("set"):
        draft.add_parameters(item, _Set((*item.prefix, "set"), key, draft.fill))
    for other in item.items("set"):
        if other.node("value") is None and other.node("values") is None:
            draft.gap(f"{other.text('name')} is set from elsewhere, in {item.file.name}")


class _Set(Listed):
    """`set` of a release: a `value`, in which nothing is special to Helm, or the `values` of a list."""

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
            yield Parameter(where, name.raw, text, False, span(name), span(shown), bare)

    def escaped(self, text: str) -> str:
        return "".join("\\" + char if char in "{}," else char for char in text)

    def with_text(self, parameter: Parameter, text: str, strings: bool) -> list[Patch]:
        if strings:
            raise CannotPatch(f"set makes no text of {text}")
        if parameter.text.startswith("{"):
            raise CannotPatch("it stands in a list under set of the release")
        value = sets.typed(text)
        # Helmfile hands over true as "true": whoever writes it without quotes gets it back without them.
        alike = parameter.bare and isinstance(value, int)
        return [Set((*parameter.where, "value"), value if alike else text)]


def _values(draft: Draft, manifest: Manifest, path: tuple[str, ...], key: str, secret: bool) -> None:
    """The layers of a list of files and maps."""
    node = manifest.node(*path)
    for index, given in enumerate(getattr(node, "items", ())):
        value = resolve_alias(given)
        if isinstance(value, Mapping):
            layers_of_text(draft, manifest, (*path, index), key)
        elif isinstance(value, Scalar) and value.raw:
            if secret:
                draft.gap(f"{value.raw} is encrypted")
            else:
                _file(draft, value.raw, key)


def _file(draft: Draft, path: str, key: str) -> None:
    inner = (key,) if key else ()
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
    draft.add_path(path, near, inner, umbrella=bool(key))
