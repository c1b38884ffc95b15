"""Argo CD Applications, those that an ApplicationSet generates included."""

from __future__ import annotations

import fnmatch
import os
import re
from contextlib import suppress
from itertools import product

from valuelint.light import TYPE_CHECKING, Any, Iterator, NamedTuple
from valuelint.syntax import load_data
from valuelint.values.blanks import Fill
from valuelint.values.layer import Placement, place
from valuelint.workspace.kustomize import Sync
from valuelint.workspace.release import Delivery
from valuelint.workspace.repository import File, Manifest, Repository

if TYPE_CHECKING:
    from valuelint.workspace.ground import Ground

_HERE = ("https://kubernetes.default.svc", "in-cluster")
MOST = 500
"""How many Applications of an ApplicationSet are read."""
_PLACEHOLDERS = ("{{", "${", "#{", "<path:")
_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_TRIMMING = re.compile(r"(?:\s*\{\{-(?=\s)|\{\{)\s*(.*?)\s*(?:(?<=\s)-\}\}\s*|\}\})")
_CONTROL = re.compile(r"\{\{-?\s*(?:if|else|end|range|with|define|block|template|break|continue)\b")
_FIELD = re.compile(r"\.\w[\w.]*")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`|([|()])|([^\s|()"`]+)')

Parameters = dict[str, Any]


class App(NamedTuple):
    """An Application: its manifest (or the template that makes it) and how the texts of that are filled in."""

    manifest: Manifest
    fill: Fill
    generated: bool
    patched: bool = False
    """Whether an ApplicationSet says more of it than its template."""
    fill_values: Fill | None = None
    """How texts of values are filled in, where that differs: with parameters as they are, and nothing else."""

    @property
    def name(self) -> str | None:
        text = self.manifest.text("metadata", "name")
        return None if text is None else self.fill(text)

    @property
    def namespace(self) -> str | None:
        text = self.manifest.text("spec", "destination", "namespace")
        return None if text is None else self.fill(text)

    @property
    def cluster(self) -> str | None:
        """The cluster that it goes to; None where it is Argo CD's own, or unknown."""
        for key in ("name", "server"):
            text = self.manifest.text("spec", "destination", key)
            filled = None if text is None else self.fill(text)
            if filled and filled not in _HERE:
                return filled.removeprefix("https://")
        return None

    def delivery(self, source: Manifest) -> Delivery | None:
        """How it applies what a source renders; None where that hangs on something that is not known."""
        policy = "spec", "syncPolicy"
        texts = [*self.manifest.texts(*policy, "syncOptions"), source.text("helm", "skipCrds") or "false"]
        filled = [self.fill(text) for text in (*texts, self.manifest.text(*policy) or "")]
        known = [text for text in filled if text is not None and not any(mark in text for mark in _PLACEHOLDERS)]
        if self.patched or self.manifest.file.is_template or len(known) < len(filled):
            return None
        *options, skipped, _ = known
        origin = (
            self.manifest.key(*policy, "syncOptions")
            or self.manifest.key(*policy)
            or self.manifest.origin("metadata", "name")
        )
        layer = place(self.manifest.document, Placement((*self.manifest.prefix, "spec")))
        return Delivery("Argo CD", tuple(options), skipped != "true", origin, layer, self.generated)

    def sources(self) -> list[Manifest]:
        """Its source, or its sources."""
        single = self.manifest.part("spec", "source")
        return self.manifest.items("spec", "sources") or ([single] if single is not None else [])


def applications(repository: Repository, file: File) -> Iterator[App]:
    """The Applications of a file. Raises SourceError for alias bombs."""
    if b"argoproj.io" not in file.data:
        return
    for manifest in file.manifests():
        if manifest.api != "argoproj.io":
            continue
        if manifest.kind == "Application":
            yield App(manifest, _NOTHING, False)
        elif manifest.kind == "ApplicationSet":
            template = manifest.part("spec", "template")
            if template is None:
                continue
            go = manifest.is_true("spec", "goTemplate")
            generators = manifest.items("spec", "generators")
            more = manifest.node("spec", "templatePatch") is not None or any(_has_template(item) for item in generators)
            made = [parameters for item in generators for parameters in _generate(repository, item, go)] or [{}]
            for parameters in made[:MOST]:
                yield App(template, _filler(parameters, go), True, more, _filler(parameters, go, plain=True))


def argo_syncs(ground: Ground, file: File) -> list[Sync]:
    """The folders that the Applications of a file apply."""
    found = []
    for app in ground.apps(file):
        for source in app.sources():
            folder = source_folder(ground.repository, app, source)
            if folder is not None:
                found.append(
                    Sync(
                        file,
                        app.name or "",
                        folder,
                        app.namespace,
                        app.manifest.origin("spec", "destination", "namespace"),
                        False,
                        {},
                        False,
                        (),
                        app.cluster,
                        "Argo CD",
                        app.manifest,
                    )
                )
    return found


def source_folder(repository: Repository, app: App, source: Manifest) -> str | None:
    """The folder of the repository that a source takes its manifests or its chart from."""
    text = source.text("path")
    path = None if text is None or source.text("chart") else app.fill(text)
    return None if path is None else repository.folder(path, app.manifest.file.folder)


# --- generators -----------------------------------------------------------------------------------


def _has_template(generator: Manifest) -> bool:
    """Whether a generator, or one in it, has a template of its own."""
    parts = [part for key in generator.root.keys if (part := generator.part(key)) is not None]
    return any(part.part("template") or any(map(_has_template, part.items("generators"))) for part in parts)


def _generate(repository: Repository, generator: Manifest, go: bool) -> list[Parameters]:
    """The parameters that a generator makes; what hangs on a live cluster makes one set without parameters."""
    found: list[Parameters] = []
    values = generator.strings("git", "values") or generator.strings("clusters", "values")

    def more(parameters: Parameters) -> Parameters:
        """With the generator's own values, which may be made of what it found."""
        fill = _filler(parameters, go)
        known = {key: fill(text) for key, text in values.items()}
        return {**parameters, "values": {key: text for key, text in known.items() if text is not None}}

    for index in range(len(generator.items("list", "elements"))):
        element = generator.data("list", "elements", index)
        found.append({**element} if isinstance(element, dict) else {})
    for entry in generator.items("git", "directories"):
        pattern = entry.text("path") or ""
        if entry.is_true("exclude"):
            found = [item for item in found if not fnmatch.fnmatchcase(item["path"]["path"], pattern)]
            continue
        found += [more(_path_parameters(path)) for path in _matching(repository, generator.file, pattern)]
    for entry in generator.items("git", "files"):
        for file, path in _matching_files(repository, generator.file, entry.text("path") or ""):
            data = load_data(file.data.decode("utf-8", "replace"))
            listed = data if isinstance(data, list) else [data]
            found += [more({**item, **_path_parameters(path)}) for item in listed if isinstance(item, dict)]
    for key in ("matrix", "merge"):
        parts = [_generate(repository, item, go) for item in generator.items(key, "generators")]
        if key == "matrix" and parts:
            found += [{**one, **other} for one, other in product(parts[0], parts[1] if len(parts) > 1 else [{}])]
        elif parts:
            names = [name.split(".") for name in generator.texts(key, "mergeKeys")]
            found += [_merged(base, parts[1:], names) for base in parts[0]]
    if not found and any(generator.node(key) is not None for key in ("clusters", "scmProvider", "pullRequest")):
        found.append(more({}))
    return found[:MOST]


def _merged(base: Parameters, others: list[list[Parameters]], names: list[list[str]]) -> Parameters:
    result = base
    for listed in others:
        for item in listed:
            if all(_get(item, name) == _get(base, name) for name in names):
                result = {**result, **item}
    return result


def _path_parameters(path: str) -> Parameters:
    parts = path.split("/")
    return {"path": {"path": path, "basename": parts[-1], "segments": parts, "basenameNormalized": parts[-1]}}


def _matching(repository: Repository, file: File, pattern: str) -> list[str]:
    """The folders that a pattern such as `apps/*` matches, as seen from the repository's top."""
    for root in tops(repository, file):
        found = [
            relative
            for folder in sorted(repository.folders)
            if folder.startswith(root + os.sep)
            and (relative := folder[len(root) + 1 :]).count("/") == pattern.count("/")
            and fnmatch.fnmatchcase(relative, pattern)
        ]
        if found:
            return found
    return []


def _matching_files(repository: Repository, file: File, pattern: str) -> list[tuple[File, str]]:
    files = {**repository.files, **(_json(repository) if pattern.endswith(".json") else {})}
    for root in tops(repository, file):
        found = []
        for path in sorted(files):
            if path.startswith(root + os.sep) and fnmatch.fnmatchcase(
                path[len(root) + 1 :], pattern.replace("**", "*")
            ):
                found.append((files[path], os.path.dirname(path[len(root) + 1 :])))
        if found:
            return found
    return []


def _json(repository: Repository) -> dict[str, File]:
    """The files in JSON, which hold no values but may hold what a generator reads."""
    found = {}
    for folder in repository.folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for path in [entry.path for entry in entries if entry.name.endswith(".json")]:
                file = repository.at(path)
                if file is not None:
                    found[path] = file
    return found


def tops(repository: Repository, file: File) -> Iterator[str]:
    """The folders that may be the top of the repository that a file belongs to, the outermost first."""
    for root in repository.roots:
        if file.path.startswith(root + os.sep):
            yield root
            rest = file.path[len(root) + 1 :].split(os.sep)[:-1]
            for number in range(1, len(rest) + 1):
                yield os.path.join(root, *rest[:number])


# --- templates ------------------------------------------------------------------------------------


_NOTHING = Fill(lambda text: ())
_LONGEST_NUMBER = 10**6
"""From here on, Go writes a number with an exponent."""


def _filler(parameters: Parameters, go: bool, plain: bool = False) -> Fill:
    """Fills in the parameters; with `plain`, what a template computes of them counts as not known."""

    def find(text: str) -> Iterator[tuple[int, int, str | None]]:
        if "{{" not in text:
            return
        steered = go and _CONTROL.search(text) is not None
        for match in (_TRIMMING if go else _EXPRESSION).finditer(text):
            lost = steered or (plain and go and _FIELD.fullmatch(match[1]) is None)
            yield *match.span(), None if lost else _written(_value(match[1], parameters, go), go)

    return Fill(find)


def _value(expression: str, parameters: Parameters, go: bool) -> Any:
    return _evaluate(expression, parameters) if go else _plain(expression, parameters)


def _written(value: Any, go: bool) -> str | None:
    """A value as a template writes it; None where that is not sure."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)) and go and abs(value) >= _LONGEST_NUMBER:
        return None
    return str(value) if isinstance(value, (str, int, float)) else None


def _plain(expression: str, parameters: Parameters) -> Any:
    """`name`, `metadata.labels.x`, `path`, `path.basename`, `path[0]`."""
    if expression == "path":
        return _get(parameters, ["path", "path"]) or parameters.get("path")
    if expression in parameters:
        return parameters[expression]
    place = re.fullmatch(r"path\[(\d+)\]", expression)
    if place is not None:
        segments = _get(parameters, ["path", "segments"]) or []
        return segments[int(place[1])] if int(place[1]) < len(segments) else None
    return _get(parameters, expression.split("."))


def _evaluate(expression: str, parameters: Parameters) -> Any:
    """A small part of Go's templates: fields, texts, pipes, parentheses, a few functions; None for everything else."""
    tokens = list(_TOKEN.finditer(expression))
    tokens.reverse()
    value = _pipeline(tokens, parameters)
    return None if tokens else value


def _pipeline(tokens: list[re.Match[str]], parameters: Parameters) -> Any:
    """The value of what stands before the next closing parenthesis, which is left where it is."""
    value: Any = None
    piped: list[Any] = []
    while True:
        function = _FUNCTIONS.get(tokens[-1][4]) if tokens else None
        if function is not None:
            tokens.pop()
        arguments = []
        while tokens and tokens[-1][3] not in ("|", ")"):
            arguments.append(_operand(tokens, parameters))
        value = _called(function, [*arguments, *piped])
        if not tokens or tokens[-1][3] == ")":
            return value
        tokens.pop()
        piped = [value]


def _operand(tokens: list[re.Match[str]], parameters: Parameters) -> Any:
    token = tokens.pop()
    if token[3] is not None:
        value = _pipeline(tokens, parameters)
        if tokens:
            tokens.pop()
        return value
    if token[4] is None:
        return token[1] if token[1] is not None else token[2]
    if token[4] == ".":
        return parameters
    if token[4].startswith("."):
        return _get(parameters, token[4][1:].split("."))
    return int(token[4]) if token[4].isdigit() else None


def _called(function: Any, arguments: list[Any]) -> Any:
    """What a function makes of its arguments; without one, the only argument."""
    if function is None:
        return arguments[0] if len(arguments) == 1 else None
    try:
        return function(*arguments)
    except (TypeError, IndexError, KeyError, AttributeError):
        return None


def _get(data: Any, keys: list[str]) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _dig(*arguments: Any) -> Any:
    *keys, default, data = arguments
    found = _get(data, list(keys))
    return default if found is None else found


_FUNCTIONS: dict[str, Any] = {
    "dig": _dig,
    "default": lambda default, value=None: value if value not in (None, "", 0, False) else default,
    "quote": lambda value: f'"{value}"',
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "trim": lambda value: value.strip(),
    "trimPrefix": lambda prefix, value: value.removeprefix(prefix),
    "trimSuffix": lambda suffix, value: value.removesuffix(suffix),
    "replace": lambda old, new, value: value.replace(old, new),
    "index": lambda data, *keys: _index(data, keys),
    "normalize": lambda value: re.sub(r"[^a-z0-9.-]+", "-", value.lower()).strip("-."),
}


def _index(data: Any, keys: tuple[Any, ...]) -> Any:
    for key in keys:
        data = data[key]
    return data
