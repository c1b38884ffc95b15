"""What stands in a layer for something else: placeholders that are filled in before Helm reads the values.

Where the repository says what comes in, the value is known; where it does not, it is Unknown. What a template sets
under a condition is Unknown as well.
"""

from __future__ import annotations

import re

from valuelint.light import Any, Callable, Final, Iterable, Iterator
from valuelint.syntax import Mapping, Node, Scalar, Sequence, Source, SourceError, parse, resolve_alias
from valuelint.syntax.scalars import TagError, resolve
from valuelint.values.unknown import Unknown, mark_unknown

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_]\w*)(?:(:=|:-|=|-)([^}]*))?\}")
_BLOCK: Final = re.compile(r"[#{]%[-+]?\s*(if|for|endif|endfor)\b")
_INSERTED: Final = re.compile(r"[#{]%[-+]?\s*(?:include|import|extends|block|call|macro)\b|\{\{-?\s*include\b")

JINJA: Final = ("{{", "{%", "{#", "#{", "#%")
GO: Final = ("{{",)

_TEMPLATES: Final = {".j2": JINJA, ".jinja": JINJA, ".jinja2": JINJA, ".gotmpl": GO, ".tpl": GO, ".tmpl": GO}


TEMPLATE_ENDINGS: Final = tuple(_TEMPLATES)
"""How the names of templates end; without it, they are those of the files that are made of them."""


def marks_of(file: str) -> tuple[str, ...]:
    """What begins an expression in a template, by the file's name; nothing where the file is none."""
    for ending, marks in _TEMPLATES.items():
        if file.endswith(ending):
            return marks
    return ()


def inserts(text: str) -> bool:
    """Whether a template takes in text from elsewhere, which may hold any values."""
    return _INSERTED.search(text) is not None


Found = tuple[int, int, "str | None"]
"""A placeholder: where in a text it stands, and what comes in; None where nobody knows."""


class Fill:
    """Fills in the placeholders of texts, which `find` finds in order."""

    __slots__ = ("_find",)

    def __init__(self, find: Callable[[str], Iterable[Found]]) -> None:
        self._find = find

    def __call__(self, text: str) -> str | None:
        """A text with all of them filled in; None where one is not known."""
        parts = []
        at = 0
        for start, end, new in self._find(text):
            if new is None:
                return None
            parts += [text[at:start], new]
            at = end
        return "".join([*parts, text[at:]]) if parts else text

    def finds(self, text: str) -> bool:
        """Whether a text holds one."""
        return any(True for _ in self._find(text))

    def known(self, text: str) -> list[tuple[int, int, str]]:
        """Those of which is known what comes in."""
        return [(start, end, new) for start, end, new in self._find(text) if new is not None]


def substitutions(text: str, variables: dict[str, str], complete: bool) -> Iterator[Found]:
    """Flux's `${VAR}` in a text.

    `complete`: there are no more variables than these, so that a default counts.
    """
    at = text.find("${")
    while at >= 0:
        match = _VARIABLE.match(text, at)
        end = at + 2 if match is None else match.end()
        new = None
        if match is not None and text[at - 1 : at] != "$":
            # `$${VAR}` becomes `${VAR}`, for another program to fill in.
            name, operator, default = match.groups()
            if name in variables and (variables[name] or operator not in (":=", ":-")):
                new = variables[name]
            elif complete and operator is not None:
                new = default or ""
        # A line end would break up the document that Flux fills in.
        yield at, end, None if new is not None and ("${" in new or "\n" in new) else new
        at = text.find("${", end)


class Blanks:
    """How the placeholders of a layer are filled in.

    `fill_text` fills in those of which may be known what they stand for. `marks` begin expressions that nobody here can
    evaluate. `style` is the one in which a value that was filled in counts as written; without it, its own. Flux
    substitutes in YAML that was written anew, in which quotes that are not needed are gone; what Argo CD fills in was
    a text before and is one after.
    """

    __slots__ = ("_conditional", "_inside", "_source", "_was_filled", "fill_text", "marks", "style")

    def __init__(
        self,
        source: Source,
        fill_text: Fill | None = None,
        marks: tuple[str, ...] = (),
        style: str = "",
    ) -> None:
        self._source = source
        self.fill_text = fill_text
        self.marks = marks
        self.style = style
        self._conditional = conditions(source.text) if "#%" in marks else []
        self._inside = self._conditional
        self._was_filled = False

    def fill(self, root: Node, data: dict[str, Any], was_filled: bool = False) -> dict[str, Any]:
        """The data of a tree with its placeholders filled in, or Unknown.

        `was_filled`: its text was filled in before it was read, so that nothing is known of those that are left.
        """
        self._was_filled = was_filled
        text = self._source.text
        if not self._conditional and not self.stand_in(text):
            return mark_unknown(data)  # type: ignore[no-any-return]
        # A condition around all of the values says whether there is such a release, not what it holds.
        self._inside = [span for span in self._conditional if span[0] >= root.start]
        return self._data(root)  # type: ignore[no-any-return]

    def known(self, text: str) -> list[tuple[int, int, str]]:
        """The placeholders in a text of values that are filled in before it is read; none of a template's."""
        return [] if self.fill_text is None or self.marks else self.fill_text.known(text)

    def _data(self, node: Node) -> Any:
        node = resolve_alias(node)
        if isinstance(node, Mapping):
            return {
                key: _MAYBE if self._inside and self.conditional(entry.start, self._inside) else self._data(entry.value)
                for key, entry in node.keys.items()
            }
        if isinstance(node, Sequence):
            return [
                _MAYBE if self._inside and self.conditional(item.start, self._inside) else self._data(item)
                for item in node.items
            ]
        return self._scalar(node) if isinstance(node, Scalar) else None

    def _scalar(self, node: Scalar) -> Any:
        value = node.value
        if value is None and self.marks:
            line = self._source.text[node.end :].partition("\n")[0].strip()
            return Unknown(line) if line.startswith(self.marks) else None
        raw = node.raw
        filled: str | None = raw
        if self.fill_text is not None and ("${" in raw or "{{" in raw):
            filled = None if self._was_filled and self.fill_text.finds(raw) else self.fill_text(raw)
        if filled is None or any(mark in filled for mark in self.marks):
            return Unknown(raw)
        if filled != raw:
            style = self.style if self.style and "\n" not in raw else node.style
            if style == "plain" and node.tag is None:
                return _read(filled, raw)
            try:
                return resolve(filled, style, node.tag)
            except TagError:
                return Unknown(raw)
        return mark_unknown(value)

    def stand_in(self, text: str) -> bool:
        """Whether a placeholder may stand in a text."""
        return any(mark in text for mark in self.marks) or "${" in text or (self.fill_text is not None and "{{" in text)

    def has_conditions(self, root: Node) -> bool:
        """Whether a condition stands among the values."""
        return any(start >= root.start for start, _ in self._conditional)

    def conditional(self, offset: int, spans: list[tuple[int, int]] | None = None) -> bool:
        """Whether something stands under a condition of the template."""
        return any(start <= offset < end for start, end in (self._conditional if spans is None else spans))


def _read(filled: str, raw: str) -> Any:
    """The value of a text that stands without quotes; what was filled in may bring quotes along, or a whole map."""
    try:
        roots = [document.root for document in parse(Source.from_text(filled))]
    except SourceError:
        return Unknown(raw)
    if len(roots) == 1 and (roots[0] is None or isinstance(roots[0], Scalar)):
        return None if roots[0] is None else roots[0].value
    return Unknown(raw)


_MAYBE: Final = Unknown("set under a condition of the template")


def conditions(text: str) -> list[tuple[int, int]]:
    """The stretches of a template that stand between an if or for and its end."""
    spans = []
    depth = start = 0
    for match in _BLOCK.finditer(text):
        if match[1] in ("if", "for"):
            start = match.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                spans.append((start, match.end()))
    return spans
