"""What helmfile fills in: the values of an environment, and the texts in which they are named."""

from __future__ import annotations

import os
import re

from valuelint.light import Any, Iterator, NamedTuple
from valuelint.syntax import Mapping, Scalar, SourceError, resolve_alias
from valuelint.values.blanks import GO, Blanks, Fill, marks_of
from valuelint.values.layer import Layer
from valuelint.values.unknown import Unknown
from valuelint.workspace.repository import File, Manifest, Repository, Unreadable

_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_CONTROL = re.compile(r"\{\{-?\s*(?:if|else|end|range|with|define|block|template|break|continue)\b")
_PATH = re.compile(r"\.(?:Environment\.(?:(Name)|Values((?:\.\w+)+))|(?:State)?Values((?:\.\w+)+))")
_GET = re.compile(r'\.(?:Environment\.|State)?Values\s*\|\s*get\s+"([\w.-]+)"(?:\s+(\S+|"[^"]*"))?')
_COMPARED = re.compile(r'(eq|ne)\s+\.Environment\.Name\s+"([^"]*)"')
_DEFAULT = re.compile(r'default\s+("[^"]*"|[\w.-]+)')
_ALL_VALUES = re.compile(r"\{\{-?\s*toYaml\s+\.Values\s*(?:\|\s*n?indent\s+\d+\s*)?-?\}\}")
_PLAIN = re.compile(r"(?![-?]\s)[^\s'\"{}\[\],#&*!|>%@`\\](?:[^\n'\"{}\[\],#&*!|>%@`\\:]|:(?=[^\s]))*(?<!\s)")
_LONGEST_NUMBER = 10**6
"""From here on, Go may write a number with an exponent."""


class Given(NamedTuple):
    """How a helmfile leads to a nested one: the entry, which may hand over values, and its own environment."""

    entry: Manifest | None
    """None for a mere path."""
    around: Environment


class Environment:
    """An environment: its name and values, as far as they are known.

    `seen` is what was asked of it, with the answers. It is `broken` where helmfile would stop, because a value is
    named that it does not have; what stands in values may be meant for the chart.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, Any] = {}
        self.complete = True
        self.seen: dict[str, str] = {}
        self.broken = False
        self.fill = Fill(lambda text: self._find(text, strict=True))
        self.fill_values = Fill(self._find)
        self._waiting: tuple[Repository, str, list[list[Manifest]], bool, list[Given]] | None = None

    def value(self, path: list[str]) -> Any:
        """The value at a path; Unknown where it cannot be known. Raises KeyError where there is none."""
        value: Any = self.known().values
        for key in path:
            if isinstance(value, Unknown) or (isinstance(value, dict) and key not in value and not self.complete):
                return Unknown(".".join(path))
            if not isinstance(value, dict):
                raise KeyError(key)
            value = value[key]
        return value

    def is_on(self, condition: str) -> bool | None:
        """Whether a release with a condition is installed; None where that is not known."""
        if condition.lower() in ("true", "false"):
            return condition.lower() == "true"
        *path, last = condition.split(".")
        try:
            around = self.value(path)
        except KeyError:
            self.broken = True
            return None
        missing = False if self.complete else Unknown(last)
        value = around.get(last, missing) if isinstance(around, dict) else Unknown(condition)
        found = None if isinstance(value, Unknown) else value is True
        self.seen[condition] = str(found)
        return found

    def ask(self, text: str, strict: bool) -> None:
        """Takes down what a text asks of the environment; `strict` if helmfile fills it in for sure."""
        strict = strict and _CONTROL.search(text) is None  # else who knows whether it comes to what is missing
        for match in _EXPRESSION.finditer(text):
            self._written(match[1], strict)

    def _find(self, text: str, strict: bool = False) -> Iterator[tuple[int, int, str | None]]:
        at = text.find("{{")
        steered = at >= 0 and _CONTROL.search(text) is not None
        while at >= 0:
            match = _EXPRESSION.match(text, at)
            end = len(text) if match is None else match.end()
            new = None if match is None or steered else self._written(match[1], strict)
            yield at, end, new
            at = text.find("{{", end)

    def _written(self, expression: str, strict: bool) -> str | None:
        """What helmfile writes for an expression; None where that is not known."""
        try:
            value = self._evaluated(expression)
        except KeyError:
            self.broken = self.broken or strict
            return None
        text = None if isinstance(value, Unknown) else _written(value)
        if text is not None:
            self.seen[expression] = text
        return text

    def _evaluated(self, expression: str) -> Any:
        """The value of an expression. Raises KeyError where helmfile would stop."""
        get = _GET.fullmatch(expression)
        if get is not None:
            try:
                return self.value(get[1].split("."))
            except KeyError:
                if get[2] is None:
                    raise
                return _literal(get[2])
        first, *pipes = (part.strip() for part in expression.split("|"))
        compared, path = _COMPARED.fullmatch(first), _PATH.fullmatch(first)
        value: Any
        if compared is not None:
            value = (self.name == compared[2]) == (compared[1] == "eq")
        elif path is None:
            return Unknown(expression)
        elif path[1] is not None:
            value = self.name
        else:
            value = self.value((path[2] or path[3])[1:].split("."))
        for pipe in pipes:
            default = _DEFAULT.fullmatch(pipe)
            if isinstance(value, Unknown) or (default is None and (pipe != "toYaml" or not isinstance(value, bool))):
                return Unknown(expression)
            if default is not None and not value:
                value = _literal(default[1])
        return value

    # Where its values come from

    def read(
        self, repository: Repository, folder: str, parts: list[list[Manifest]], whole: bool, given: list[Given]
    ) -> None:
        """Says where its values are: in the parts of a helmfile, each with its bases, and on top what the one around
        hands over. They are read when one is asked for. `whole` if no base is missing.
        """
        self._waiting = (repository, folder, parts, whole, given)

    def known(self) -> Environment:
        """Itself, with its values read."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            seen, broken, self.seen = self.seen, self.broken, {}
            self._read(*waiting)
            self.seen, self.broken = seen, broken
        return self

    def _read(
        self, repository: Repository, folder: str, parts: list[list[Manifest]], whole: bool, given: list[Given]
    ) -> None:
        for manifest in [manifest for part in parts for manifest in part]:
            self._add(repository, folder, manifest, ("values",))
        defaults, self.values = self.values, {}
        for part in parts:
            where = "environments", self.name
            for kind in ("values", "secrets"):
                for manifest in part:
                    self._add(repository, folder, manifest, (*where, kind))
            odd = any((item.text(*where, "mergeStrategy") or "override") != "override" for item in part)
            if odd or any(item.node(*where, "defaults") is not None for item in part):
                self._lose()
        self.values = _merged(defaults, self.values)
        if not whole:
            self._lose()
        handed = [(item.entry, item.around) for item in given if item.entry is not None and item.entry.node("values")]
        for entry, around in handed:
            self._add(repository, entry.file.folder, entry, ("values",), around)
        if handed and len(given) > 1:
            self._lose()  # it is run several times, with other values each

    def _lose(self) -> None:
        """Something may set any value here."""
        self.values = {}
        self.complete = False

    def _add(
        self,
        repository: Repository,
        folder: str,
        manifest: Manifest,
        path: tuple[str, ...],
        around: Environment | None = None,
    ) -> None:
        """The values of a list of files and maps."""
        node = manifest.node(*path)
        for listed in getattr(node, "items", ()):
            item = resolve_alias(listed)
            if isinstance(item, Mapping):
                self._take(manifest.file, Layer(manifest.document.source, manifest.document, item))
            elif isinstance(item, Scalar) and around is not None and _ALL_VALUES.fullmatch(item.raw.strip()):
                self.complete = self.complete and around.known().complete
                self.values = _merged(self.values, around.values)
            elif isinstance(item, Scalar):
                self._add_files(repository, folder, (around or self).fill(item.raw))
        if node is not None and not hasattr(node, "items") and not (isinstance(node, Scalar) and node.value is None):
            self._lose()

    def _add_files(self, repository: Repository, folder: str, path: str | None) -> None:
        near = [] if path is None else repository.matching(folder, path) or [path]
        files = [repository.at(os.path.normpath(os.path.join(folder, each))) for each in near]
        if not files or path is None or path.endswith(".hcl"):
            self._lose()
        for file in files:
            if file is not None and file.path.endswith(".gotmpl"):
                file.take_for_template()
            try:
                documents = [] if file is None else file.documents()
            except Unreadable:
                documents = []
            roots = [document.root for document in documents]
            if file is None or not all(root is None or isinstance(root, Mapping) for root in roots) or not roots:
                self._lose()
                continue
            for document in documents:
                if isinstance(document.root, Mapping):
                    self._take(file, Layer(document.source, document, document.root))

    def _take(self, file: File, layer: Layer) -> None:
        marks = marks_of(file.path) or GO
        try:
            data = layer._replace(blanks=Blanks(layer.source, None, marks)).data()
        except SourceError:
            self._lose()
        else:
            self.values = _merged(self.values, data)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Values over others, as helmfile merges them; what null, or a map over a single value, comes to is left open."""
    made = dict(below)
    for key, value in above.items():
        old = made.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            made[key] = _merged(old, value)
        elif old is not None and (value is None or isinstance(value, dict)):
            made[key] = Unknown(key)
        else:
            made[key] = value
    return made


def _literal(text: str) -> Any:
    """What stands behind `default`: a text in quotes, a truth value or a number."""
    if text.startswith('"'):
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch("0|[1-9][0-9]*", text) else Unknown(text)


def _written(value: Any) -> str | None:
    """A value as Go writes it, where it means the same in any YAML around it; None where that is not sure."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < _LONGEST_NUMBER else None
    if isinstance(value, float):
        short = 0.001 <= abs(value) < _LONGEST_NUMBER and not value.is_integer()
        return repr(value) if short else None
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else None
