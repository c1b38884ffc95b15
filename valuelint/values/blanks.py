"""What stands in a layer for something else: placeholders that are filled in before Helm reads the values.

Where the repository says what comes in, the value is known; where it does not, it is Unknown. What a template sets
under a condition is Unknown as well.
"""

from __future__ import annotations

import re

from valuelint.light import Any, Callable, Final
from valuelint.syntax import Mapping, Node, Scalar, Sequence, Source, resolve_alias
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


def substitute(text: str, variables: dict[str, str], complete: bool) -> str | None:
    """A text with Flux's `${VAR}` filled in; None where one is not known.

    `complete`: there are no more variables than these, so that a default counts.
    """
    known = True

    def fill(match: re.Match[str]) -> str:
        nonlocal known
        name, operator, default = match.groups()
        if match.start() and text[match.start() - 1] == "$":
            known = False  # `$${VAR}` becomes `${VAR}`, for another program to fill in
        elif name in variables and (variables[name] or operator not in (":=", ":-")):
            return variables[name]
        elif complete and operator is not None:
            return default or ""
        known = False
        return ""

    filled = _VARIABLE.sub(fill, text)
    return filled if known and "${" not in filled else None


class Blanks:
    """How the placeholders of a layer are filled in.

    `fill_text` gives a text with its placeholders filled in, or None. `marks` begin expressions that nobody here can
    evaluate. With `retyped`, a text that was filled in counts as written without quotes: Flux substitutes in YAML that
    was written anew, in which quotes that are not needed are gone.
    """

    __slots__ = ("_conditional", "_inside", "_source", "fill_text", "marks", "retyped")

    def __init__(
        self,
        source: Source,
        fill_text: Callable[[str], str | None] | None = None,
        marks: tuple[str, ...] = (),
        retyped: bool = False,
    ) -> None:
        self._source = source
        self.fill_text = fill_text
        self.marks = marks
        self.retyped = retyped
        self._conditional = conditions(source.text) if "#%" in marks else []
        self._inside = self._conditional

    def fill(self, root: Node, data: dict[str, Any]) -> dict[str, Any]:
        """The data of a tree with its placeholders filled in, or Unknown."""
        text = self._source.text
        if not self._conditional and "${" not in text and not any(mark in text for mark in self.marks):
            return mark_unknown(data)  # type: ignore[no-any-return]
        # A condition around all of the values says whether there is such a release, not what it holds.
        self._inside = [span for span in self._conditional if span[0] >= root.start]
        return self._data(root)  # type: ignore[no-any-return]

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
        if any(mark in raw for mark in self.marks):
            return Unknown(raw)
        if self.fill_text is not None and ("${" in raw or "{{" in raw):
            filled = self.fill_text(raw)
            if filled is None:
                return Unknown(raw)
            if filled != raw:
                try:
                    return resolve(filled, "plain" if self.retyped and "\n" not in raw else node.style, node.tag)
                except TagError:
                    return Unknown(raw)
        return mark_unknown(value)

    def has_conditions(self, root: Node) -> bool:
        """Whether a condition stands among the values."""
        return any(start >= root.start for start, _ in self._conditional)

    def conditional(self, offset: int, spans: list[tuple[int, int]] | None = None) -> bool:
        """Whether something stands under a condition of the template."""
        return any(start <= offset < end for start, end in (self._conditional if spans is None else spans))


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
