"""ConfigMaps and Secrets that stand in the repository, or that kustomize makes: what they hold, key by key."""

from __future__ import annotations

import os

from valuelint.light import Iterator, NamedTuple
from valuelint.syntax import Path
from valuelint.workspace.repository import File, Manifest, Repository

_ENCRYPTED = "ENC["
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Held(NamedTuple):
    """What stands under a key: in a file of its own, or as `text`, at `path` of a document.

    `coded` says why that cannot be edited there; empty where it stands there as it is. With `why` it cannot be read.
    """

    file: File | None = None
    holder: Manifest | None = None
    path: Path = ()
    text: str = ""
    coded: str = ""
    why: str = ""

    def content(self) -> str | None:
        """The text, wherever it stands; None where it cannot be read."""
        return None if self.why else self.text if self.file is None else self.file.data.decode("utf-8", "replace")


def held(item: Manifest) -> dict[str, Held]:
    """What a ConfigMap or a Secret holds."""
    found = {}
    fields = ("data", "stringData") if item.kind == "Secret" else ("data",)
    for field in fields:
        for key, text in item.strings(field).items():
            if text.startswith(_ENCRYPTED):
                found[key] = Held(why=f"it is encrypted, in {item.file.name}")
            elif (item.kind, field) == ("Secret", "data"):
                found[key] = _decoded(item, key, text)
            else:
                found[key] = Held(None, item, (field, key), text)
    return found


def _decoded(item: Manifest, key: str, text: str) -> Held:
    from base64 import b64decode
    from binascii import Error

    try:
        decoded = b64decode("".join(text.split()), validate=True).decode("utf-8")
    except (Error, ValueError):
        return Held(why=f"{item.file.name} does not hold it as a text in base64")
    return Held(None, item, ("data", key), decoded, "it is encoded in base64")


def generator_of(kind: str) -> str:
    """The field of a kustomization that makes objects of a kind."""
    return "configMapGenerator" if kind == "ConfigMap" else "secretGenerator"


def generated(repository: Repository, generator: Manifest) -> dict[str, Held]:
    """What a generator of a kustomization makes."""
    owner = generator.file
    found = {}
    for entry in generator.texts("files"):
        key, _, path = entry.rpartition("=")
        file = repository.at(os.path.join(owner.folder, path))
        why = "" if file is not None else f"{path}, which {owner.name} takes it from, is not in the repository"
        found[key or os.path.basename(path)] = Held(file, why=why)
    for name in ("env", "envs"):
        for entry in generator.texts(name):
            file = repository.at(os.path.join(owner.folder, entry))
            lines = "" if file is None else file.data.decode("utf-8", "replace")
            for key, text in _of_lines(lines):
                found[key] = _said(generator, name, text, f"it comes from {entry}")
    for literal in generator.texts("literals"):
        key, _, text = literal.partition("=")
        found[key.strip()] = _said(generator, "literals", text.strip("\"'"), "it is a literal of the kustomization")
    return found


def _of_lines(text: str) -> Iterator[tuple[str, str | None]]:
    """The assignments of an env file; one without a value takes that of whoever runs kustomize."""
    for line in text.splitlines():
        key, equals, value = line.lstrip().partition("=")
        if key and not key.startswith("#"):
            yield key.strip(), value if equals else None


def _said(generator: Manifest, field: str, text: str | None, coded: str) -> Held:
    if text is None or text.startswith(_ENCRYPTED):
        return Held(why=f"{coded}, where it is {'not said' if text is None else 'encrypted'}")
    return Held(None, generator, (field,), text, coded)


def nearest(found: list[Manifest], file: File) -> Manifest | None:
    """The manifest whose file shares the most of the path with another one; templates are for templates."""
    return max(found, key=lambda item: _nearness(item, file), default=None)


def _nearness(item: Manifest, file: File) -> tuple[bool, bool, int, int]:
    common = len(os.path.commonpath([item.file.folder, file.folder]))
    return item.file is file, item.file.is_template == file.is_template, common, -len(item.file.path)


def variables(repository: Repository, kind: str, name: str, file: File) -> tuple[dict[str, str | None], bool]:
    """What the ConfigMap or Secret of a name holds that is the nearest to a file, and whether that is all of it.

    Nothing where there is none, or where several are as near and differ; None stands for what cannot be read.
    """
    found = []
    for item in repository.manifests(kind.encode(), name.encode()):
        if item.kind == kind and item.name == name:
            found.append((item, held(item), True))
    for owner in repository.named(*_KUSTOMIZATIONS):
        if name.encode() in owner.data and generator_of(kind).encode() in owner.data:
            for generator in (part for manifest in owner.manifests() for part in manifest.items(generator_of(kind))):
                if generator.text("name") == name:
                    whole = (generator.text("behavior") or "create") == "create"
                    whole = whole and all(_is_there(repository, generator, key) for key in ("env", "envs"))
                    found.append((generator, generated(repository, generator), whole))
    best = max((_nearness(item, file)[:3] for item, *_ in found), default=None)
    results = []
    for item, entries, whole in found:
        if _nearness(item, file)[:3] == best:
            results.append(({key: entry.content() for key, entry in entries.items()}, whole))
    return results[0] if results and all(result == results[0] for result in results) else ({}, False)


def _is_there(repository: Repository, generator: Manifest, key: str) -> bool:
    return all(repository.at(os.path.join(generator.file.folder, path)) for path in generator.texts(key))
