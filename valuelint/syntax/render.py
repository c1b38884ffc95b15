"""How new values are written: the text that Helm reads back as exactly the value given."""

from __future__ import annotations

from valuelint.light import Any, NamedTuple
from valuelint.syntax.scalars import NOT_FINITE, resolve

# A plain scalar may begin with none of these, though some are allowed before certain characters.
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW_INDICATORS = frozenset(",[]{}:?")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


class Written(NamedTuple):
    """A value as text: what stands behind its key or dash, and the lines below, indentation included."""

    inline: str
    lines: list[str]


class Layout(NamedTuple):
    """How the surrounding file indents nested maps and the lists under keys; whether literals can be used."""

    step: int = 2
    indented_lists: bool = True
    literals: bool = True


def is_plain(text: str, flow: bool) -> bool:
    """Whether a string can stand without quotes: Helm reads it back, and as a string."""
    return (
        bool(text)
        and text[0] not in _INDICATORS
        and text.isprintable()
        and text[0] != " "
        and text[-1] not in " :"
        and ": " not in text
        and " #" not in text
        and not (flow and not _FLOW_INDICATORS.isdisjoint(text))
        and text not in NOT_FINITE
        and resolve(text, "plain", None) == text
        and text != "<<"
        and not text.startswith("...")
    )


def scalar(value: Any, style: str = "plain", flow: bool = False) -> str:
    """A scalar on one line; `style` is the quoting to keep where a quoted string is replaced by a string."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(value)
    if style == "single" and text.isprintable():
        return _single(text)
    if style == "double":
        return _double(text)
    if is_plain(text, flow):
        return text
    if text.isprintable() and ("\\" in text or '"' in text):
        return _single(text)
    return _double(text)


def key(text: str) -> str:
    """A key on one line, quoted where Helm would read another key. Over a kilobyte YAML has no short form
    for it.
    """
    return scalar(text)


def flow(value: Any, style: str = "plain") -> str:
    """A value in flow style, on one line; in the style "double" every text is in quotes, as in JSON."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{scalar(name, style, True)}: {flow(item, style)}" for name, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(flow(item, style) for item in value) + "]"
    return scalar(value, style, flow=True)


def block(value: Any, column: int, layout: Layout, style: str = "plain") -> Written:
    """A value in block style, as it stands behind a key whose own column is given."""
    if isinstance(value, dict) and value:
        below = column + layout.step
        return Written("", [line for name, item in value.items() for line in entry(name, item, below, layout)])
    if isinstance(value, list) and value:
        below = column + (layout.step if layout.indented_lists else 0)
        return Written("", [line for item in value for line in list_item(item, below, layout)])
    if isinstance(value, (dict, list)):
        return Written(flow(value), [])
    if layout.literals and isinstance(value, str) and style in ("plain", "literal", "folded"):
        literal = _literal(value, column + layout.step)
        if literal is not None:
            return literal
    return Written(scalar(value, style), [])


def text(data: dict[str, Any]) -> str:
    """A map as a text of its own, with a line end behind every line."""
    return "".join(f"{line}\n" for name, item in data.items() for line in entry(name, item, 0, Layout()))


def entry(name: str, value: Any, column: int, layout: Layout) -> list[str]:
    """The lines of a key and its value."""
    written = block(value, column, layout)
    head = f"{' ' * column}{key(name)}:"
    return [f"{head} {written.inline}" if written.inline else head, *written.lines]


def list_item(value: Any, column: int, layout: Layout) -> list[str]:
    """The lines of a list item and its dash."""
    written = behind_dash(value, column, layout)
    return [f"{' ' * column}- {written.inline}", *written.lines]


def behind_dash(value: Any, column: int, layout: Layout, style: str = "plain") -> Written:
    """A value as it stands behind a dash whose column is given: its first line is on the dash's own."""
    below = column + 2
    if isinstance(value, dict) and value:
        lines = [line for name, item in value.items() for line in entry(name, item, below, layout)]
    elif isinstance(value, list) and value:
        lines = [line for item in value for line in list_item(item, below, layout)]
    else:
        return block(value, column, layout._replace(step=2), style)
    return Written(lines[0][below:], lines[1:])


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char) or _escape(char) for char in text) + '"'


def _escape(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _literal(text: str, column: int) -> Written | None:
    """A text of several lines as a literal block, or None where only quotes can hold it."""
    lines = text.split("\n")
    body = text.rstrip("\n")
    if len(lines) < 2 or not body or body[0] == " " or body[0] == "\n":
        return None
    if not all(line.isprintable() and not line.isspace() for line in lines):
        return None
    trailing = len(text) - len(body)
    indicator = "|-" if trailing == 0 else "|" if trailing == 1 else "|+"
    shown = lines if trailing == 0 else lines[:-1]
    return Written(indicator, [f"{' ' * column}{line}" if line else "" for line in shown])
