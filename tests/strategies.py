"""YAML as people write it, for property tests: texts with every style, and patches for what they hold.

Texts are written here character by character, not by a dumper, so that what the parser and the editor meet
is not limited to what a dumper would choose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from valuelint.syntax import Append, Patch, Path, Remove, Rename, Set, Unique

PLAIN_KEYS = (
    "a",
    "b",
    "c",
    "enabled",
    "service-monitor",
    "x.y/z",
    "k8s_app",
    "é",
    "with space",
    "a:b",
    "#no"[1:],
)
ODD_KEYS = ("on", "1", "null-ish", "0x1F", "1.5", "2001-01-01", "~x", "true")
SCALARS = (
    *(
        "1",
        "0",
        "true",
        "false",
        "on",
        "no",
        "~",
        "null",
        "text",
        "two words",
        "1:30",
        "2001-01-01",
        "1e3",
        "0o14",
    ),
    *(
        ".5",
        "-x",
        "a#b",
        "a:b",
        "http://x/y?z",
        "ünï",
        '"quoted"',
        "'single'",
        '"a # b: {"',
        "'it''s'",
        '""',
        "''",
    ),
    *('"\\u00e9\\n"', "!!str 12", '!!int "7"', "!custom x", "x,y", "a]b", "100Mi", "v1.2.3", "-1", "x-"),
)
FLOW_SCALARS = tuple(text for text in SCALARS if text not in ("x,y", "a]b", "http://x/y?z"))
COMMENT_TEXTS = (
    "# plain",
    "# a: b",
    "#",
    "# {[ \"' ]}",
    "#: &x *y",
    "# - item",
    "## é ##",
    "# <<: *a",
    "# trailing  ",
)
WORDS = (
    "one",
    "two words",
    "three: not",
    "- four",
    "# five",
    "{six}",
    "  seven",
    "ei\u00e7ht",
    '"nine"',
    "'ten",
)


@cache
def _integers(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


class _Block(NamedTuple):
    """What stands behind a key or dash, and the lines below."""

    inline: str
    lines: list[str]
    comment_fits: bool = True


@dataclass
class _Writer:
    """Draws a document; `strict` leaves out what other readers of YAML read otherwise than Helm."""

    draw: Any
    strict: bool = False
    anchors: list[str] = field(default_factory=list)
    map_anchors: list[str] = field(default_factory=list)
    names: int = 0
    size: int = 0

    def chance(self, per_cent: int) -> bool:
        # Hypothesis shrinks towards zero, so that the simple thing must be the small number.
        return self.number(0, 99) >= 100 - per_cent

    def number(self, least: int, most: int) -> int:
        return int(self.draw(_integers(least, most)))

    def pick(self, choices: Any) -> Any:
        return choices[self.number(0, len(choices) - 1)]

    def comment(self) -> str:
        return str(self.pick(COMMENT_TEXTS))

    def gap(self) -> list[str]:
        """Blank lines and comments between two entries, anywhere on their lines."""
        lines = []
        while self.chance(12):
            lines.append(" " * self.number(0, 8) + self.comment() if self.chance(70) else "")
        return lines

    def anchor(self, names: list[str]) -> tuple[str, str | None]:
        if not self.chance(10):
            return "", None
        if names and not self.strict and self.chance(20):
            # The same name once more, which counts from here on; it must not be repeated inside itself.
            name = names[0]
            self.anchors = [each for each in self.anchors if each != name]
            self.map_anchors = [each for each in self.map_anchors if each != name]
            return f"&{name} ", name
        self.names += 1
        name = f"n{self.names}"
        return f"&{name} ", name

    def scalar(self, flow: bool) -> str:
        if self.strict:
            word = self.pick(("x", "on", "1", "a b", "", "é", "# no", "{", "a: b", "-"))
            return f"'{word}'" if self.chance(50) else f'"{word}"'
        return str(self.pick(FLOW_SCALARS if flow else SCALARS))

    def key(self, used: list[str], flow: bool) -> str:
        if used and self.chance(4):
            return str(self.pick(used))
        choices = [key for key in PLAIN_KEYS if not (flow and ":" in key)]
        if not self.strict:
            choices += ODD_KEYS
        text = str(self.pick(choices))
        if self.strict or self.chance(12):
            text = f'"{text}"' if self.chance(50) else f"'{text}'"
        return text

    def flow_value(self, depth: int, column: int) -> str:
        self.size += 1
        if self.anchors and self.chance(8):
            return f"*{self.pick(self.anchors)} "
        if depth > 2 or self.chance(55) or self.size > 40:
            return self.scalar(True)
        broken = self.chance(25)
        comma = self.chance(15)
        children = self.number(0, 3)
        mapping = self.chance(50)
        used: list[str] = []
        parts = []
        for _ in range(children):
            if not mapping:
                parts.append(self.flow_value(depth + 1, column))
                continue
            key = self.key(used, True)
            used.append(key)
            if self.chance(10) and not self.strict:
                parts.append(key if self.chance(50) else f"{key}: ")
            else:
                parts.append(f"{key}: {self.flow_value(depth + 1, column)}")
        begin, end = "{}" if mapping else "[]"
        if not parts:
            return begin + " " * self.number(0, 1) + end
        if not broken:
            inner = ", ".join(parts) + ("," if comma else "")
            return f"{begin} {inner} {end}" if self.chance(30) else begin + inner + end
        line = "\n" + " " * (column + self.number(1, 4))
        text = begin + (" " + self.comment() if self.chance(30) else "") + line
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            text += part + ("," if not last or comma else "")
            text += " " + self.comment() if self.chance(25) else ""
            text += line if not last else "\n" + " " * (column + 1)
        return text + end

    def multi_line_scalar(self, column: int) -> _Block:
        indent = " " * (column + self.number(1, 4))
        kind = self.pick(("literal", "folded", "double", "single", "plain"))
        if kind in ("literal", "folded"):
            head = ("|" if kind == "literal" else ">") + self.pick(("", "-", "+"))
            words = self.draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
            lines = [indent + words[0].lstrip()]
            for word in words[1:]:
                lines += [""] * self.number(0, 1) + [indent + word]
            lines += [""] * self.number(0, 2)
            if self.chance(15):
                head += " " + self.comment()
            return _Block(head, lines, False)
        if kind == "plain" and not self.strict:
            return _Block("first", [f"{indent}second word", "", f"{indent}third"])
        quote = '"' if kind == "double" else "'"
        return _Block(f"{quote}first", [f"{indent}se#cond: word", "", f"{indent}third{quote}"])

    def value(self, column: int, depth: int) -> _Block:
        """A value behind a key at a column."""
        self.size += 1
        kind = self.number(0, 99)
        if depth > 4 or self.size > 40:
            kind = 0
        if kind < 45:
            prefix, name = self.anchor(self.anchors)
            block = _Block(prefix + self.scalar(False), [])
            if prefix and "!" in block.inline:
                block = _Block(prefix + "tagged", [])
            if name:
                self.anchors.append(name)
            return block
        if kind < 52 and not self.strict:
            return _Block("", [])
        if kind < 57 and self.anchors:
            return _Block(f"*{self.pick(self.anchors)}", [])
        if kind < 65:
            prefix, name = self.anchor(self.anchors)
            flow = self.flow_value(0, column)
            if flow.startswith("*"):
                prefix, name = "", None
            first, *rest = (prefix + flow).split("\n")
            if name:
                self.anchors.append(name)
            return _Block(first, rest)
        if kind < 72:
            return self.multi_line_scalar(column)
        if kind < 75:
            below = [" " * (column + 2) + self.comment()] if self.chance(40) else []
            return _Block("", [*below, " " * (column + self.number(1, 3)) + self.scalar(False)])
        if kind < 90:
            prefix, name = self.anchor(self.map_anchors)
            lines = self.mapping(column + self.pick((2, 2, 2, 4, 1, 3)), depth + 1)
            if name:
                self.anchors.append(name)
                self.map_anchors.append(name)
            return _Block(prefix.rstrip(), [*self.gap(), *lines])
        prefix, name = self.anchor(self.anchors)
        lines = self.sequence(column + self.pick((0, 2, 2, 1, 3)), depth + 1)
        if name:
            self.anchors.append(name)
        return _Block(prefix.rstrip(), [*self.gap(), *lines])

    def closed(self, block: _Block, head: str) -> list[str]:
        """The lines of a block behind its key or dash, perhaps with a comment at the end of the first or
        the last.
        """
        first = head + (" " + block.inline if block.inline else "")
        comment = "  " + self.comment() if block.comment_fits and self.chance(15) else ""
        if not block.lines:
            return [first + comment + (" " if self.chance(3) else "")]
        opened = not block.inline or block.inline.startswith("&")
        if opened and " " not in block.inline:
            return [first + comment, *block.lines]
        return [first, *block.lines[:-1], block.lines[-1] + comment]

    def mapping(self, column: int, depth: int) -> list[str]:
        indent = " " * column
        lines: list[str] = []
        used: list[str] = []
        merged = False
        for _ in range(self.number(1, 4)):
            if lines:
                lines += self.gap()
            # Readers disagree on merge keys behind others, and on more than one.
            may_merge = self.map_anchors and not (self.strict and (used or merged))
            if may_merge and self.chance(20):
                merged = True
                names = self.draw(st.lists(st.sampled_from(self.map_anchors), min_size=1, max_size=2))
                alone = len(names) == 1 and self.chance(70)
                value = f"*{names[0]}" if alone else "[" + ", ".join(f"*{name} " for name in names) + "]"
                lines += self.closed(_Block(value, []), f"{indent}<<:")
                continue
            key = self.key(used, False)
            used.append(key)
            if self.chance(5) and not self.strict:
                lines.append(f"{indent}? {key}" + (" " + self.comment() if self.chance(20) else ""))
                if self.chance(75):
                    lines += self.gap()
                    lines += self.closed(self.value(column, depth), f"{indent}:")
                continue
            space = " " if self.chance(5) else ""
            lines += self.closed(self.value(column, depth), f"{indent}{key}{space}:")
        if not used and not self.strict:
            lines.append(f"{indent}own: 1")
        return lines

    def sequence(self, column: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.number(1, 3)):
            if lines:
                lines += self.gap()
            kind = self.number(0, 9)
            if kind < 6 or depth > 4 or self.size > 40:
                known = list(self.anchors), list(self.map_anchors)
                block = self.value(column, depth)
                if block.inline.startswith("&") and block.lines:
                    block = _Block(block.inline, block.lines, False)
                if not block.inline and block.lines and not block.lines[0].startswith(" " * (column + 1)):
                    block = _Block(self.scalar(False), [])
                    self.anchors, self.map_anchors = known
                lines += self.closed(block, " " * column + "-")
                continue
            below = column + 2
            inner = self.mapping(below, depth + 1) if kind < 8 else self.sequence(below, depth + 1)
            lines += [" " * column + "- " + inner[0][below:], *inner[1:]]
        return lines

    def document(self) -> str:
        lines = self.gap()
        if self.chance(10):
            lines += ["---" + (" " + self.comment() if self.chance(20) else ""), *self.gap()]
        if self.chance(4):
            lines += self.flow_root()
        else:
            lines += self.mapping(self.pick((0, 0, 0, 2)), 0)
        return "\n".join([*lines, *self.gap()])

    def flow_root(self) -> list[str]:
        return ["{" + f'"r": {self.flow_value(0, 0)}' + "}"]


@st.composite
def texts(draw: Any, strict: bool = False) -> str:
    """A YAML text with one map; `strict` texts mean the same to every reader of YAML."""
    writer = _Writer(draw, strict)
    text = writer.document()
    if writer.chance(85):
        text += "\n"
    if writer.chance(15):
        text = text.replace("\n", "\r\n")
    return "\ufeff" + text if writer.chance(10) else text


KEYS = st.sampled_from(("new", "a", "b", "on", "1", "x.y/z", "with space", "enabled", "é", "- x", "#k", "k: v", ""))
STRINGS = st.one_of(
    st.sampled_from(("x", "on", "1", "", "a: b", "a #b", "{{ x }}", "two\nlines\n", "a\n\nb", "null", "0x1F", "- y")),
    st.sampled_from(("<<", "---", "...", "'", '"', "\\", "%", "@", "x\n", " lead", "trail ", "\t", "a,b", "[", "a:")),
    st.text(max_size=8).filter(lambda text: "\ufeff" not in text and text.encode("utf-8", "replace").decode() == text),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    STRINGS,
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=5,
)


def paths_of(data: Any) -> list[Path]:
    """The paths of everything that plain data holds."""
    found: list[Path] = []
    todo: list[tuple[Path, Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for part, item in items:
            found.append((*path, part))
            todo.append(((*path, part), item))
    return sorted(found, key=str)


@st.composite
def patches_for(draw: Any, data: Any) -> Patch:
    """A patch that concerns something the data holds, or nearly holds."""
    paths = paths_of(data)
    path = draw(st.sampled_from([*paths, ()]))
    kind = draw(st.integers(0, 9))
    if kind < 3 and path:
        return Set(path, draw(VALUES))
    if kind < 5 and path:
        return Unique(path) if isinstance(path[-1], str) and draw(st.integers(0, 5)) == 5 else Remove(path)
    if kind < 6 and path and isinstance(path[-1], str):
        return Rename(path, draw(KEYS))
    if kind < 8:
        return Append(path if path else ("new",), draw(VALUES))
    return Set((*path, *draw(st.lists(KEYS, min_size=1, max_size=2))), draw(VALUES))
