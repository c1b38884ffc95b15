"""Single values: the grammar of Helm's `--set`, `--set-string` and `--set-json`, and layers made of such values."""

from __future__ import annotations

from valuelint.light import Any, NamedTuple
from valuelint.syntax import Document, Entry, Mapping, Node, Path, Scalar, Sequence, Source
from valuelint.values import Layer, Placement
from valuelint.values.layer import Made

_LONGEST_LIST = 1024


class Assignment(NamedTuple):
    """A value that is set at a path, and the places of its name and of the value."""

    path: Path
    value: Any
    name: tuple[int, int]
    place: tuple[int, int]


def parse_set(text: str, strings: bool = False) -> list[tuple[Path, Any]]:
    """The values of a `--set` (or `--set-string`) argument such as `a.b=1,c={x,y},d[0].e=f`. Raises ValueError."""
    return _Grammar(text, strings).assignments()


def parse_set_json(text: str) -> list[tuple[Path, Any]]:
    """The values of a `--set-json` argument: `a.b={"c": 1},d=[2]`, or one JSON object. Raises ValueError."""
    import json

    stripped = text.strip()
    if stripped.startswith("{"):
        whole = json.loads(stripped)
        return [((key,), value) for key, value in whole.items()]
    found: list[tuple[Path, Any]] = []
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        grammar = _Grammar(text, False, at)
        path = grammar.path()
        if not text.startswith("=", grammar.at):
            raise ValueError(f"{text!r}: {text[at:]!r} has no value")
        start = grammar.at + 1
        while text[start : start + 1] in (" ", "\t"):
            start += 1
        value, at = decoder.raw_decode(text, start)
        found.append((path, value))
        if at < len(text) and text[at] != ",":
            raise ValueError(f"{text!r}: expected a comma before {text[at:]!r}")
        at += 1
    return found


class _Grammar:
    """One argument, read from left to right."""

    def __init__(self, text: str, strings: bool, at: int = 0) -> None:
        self.text = text
        self.strings = strings
        self.at = at

    def assignments(self) -> list[tuple[Path, Any]]:
        found = []
        while self.at < len(self.text):
            path = self.path()
            if not self.text.startswith("=", self.at):
                raise ValueError(f"{self.text!r}: {self.text[self.at - 1 :]!r} has no value: write KEY=VALUE")
            self.at += 1
            found.append((path, self._value()))
        if not found:
            raise ValueError("there is nothing to set: write KEY=VALUE")
        return found

    def path(self) -> Path:
        found: list[str | int] = []
        while True:
            key, stop = self._until(".[=,")
            if key:
                found.append(key)
            elif stop != "[" or not found:
                raise ValueError(f"{self.text!r}: a key is missing in front of {self.text[self.at :]!r}")
            while stop == "[":
                end = self.text.find("]", self.at)
                number = self.text[self.at + 1 : end] if end > 0 else ""
                if not number.isdigit() or int(number) > _LONGEST_LIST:
                    raise ValueError(f"{self.text!r}: {number!r} is no place in a list")
                found.append(int(number))
                self.at = end + 1
                stop = self.text[self.at : self.at + 1]
            if stop != ".":
                return tuple(found)
            self.at += 1

    def _value(self) -> Any:
        if self.text.startswith("{", self.at):
            self.at += 1
            items = []
            while True:
                item, stop = self._until(",}")
                if not stop:
                    raise ValueError(f"{self.text!r}: the list is never closed with }}")
                self.at += 1
                if item or stop == ",":
                    items.append(self._typed(item))
                if stop == "}":
                    break
            if self.text.startswith(",", self.at):
                self.at += 1
            return items
        item, _ = self._until(",")
        self.at += 1
        return self._typed(item)

    def _until(self, stops: str) -> tuple[str, str]:
        """The text up to one of some characters, which is not taken; a backslash takes what follows as it is."""
        text = ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\" and self.at + 1 < len(self.text):
                text += self.text[self.at + 1]
                self.at += 2
                continue
            if char in stops:
                return text, char
            text += char
            self.at += 1
        return text, ""

    def _typed(self, text: str) -> Any:
        return text if self.strings else typed(text)


def typed(text: str) -> Any:
    """The value that Helm makes of what stands behind `=`."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.lower() == "null":
        return None
    if text == "0":
        return 0
    digits = text[1:] if text[:1] in ("-", "+") else text
    if digits.isdigit() and digits.isascii() and not digits.startswith("0") and len(digits) < 19:
        return int(text)
    return text


def tree(assignments: list[Assignment]) -> Mapping | None:
    """The map that some assignments make; its nodes stand where the assignments do."""
    data: Node | None = None
    for assignment in assignments:
        data = _put(data, assignment.path, assignment)
    return data if isinstance(data, Mapping) else None


def _put(node: Node | None, path: Path, assignment: Assignment) -> Node:
    if not path:
        return _leaf(assignment.value, assignment.place)
    key, rest = path[0], path[1:]
    start, end = assignment.place
    if isinstance(key, int):
        listed = node if isinstance(node, Sequence) else Sequence(start, end, None, None, True)
        while len(listed.items) <= key:
            listed.items.append(_leaf(None, assignment.place))
        listed.items[key] = _put(listed.items[key], rest, assignment)
        return listed
    mapping = node if isinstance(node, Mapping) else Mapping(start, end, None, None, True)
    known = mapping.keys.get(key)
    value = _put(known.value if known is not None else None, rest, assignment)
    entry = Entry(Scalar(*assignment.name, None, None, key, "double"), value, key)
    mapping.entries = [other for other in mapping.entries if other is not known] + [entry]
    mapping.keys[key] = entry
    return mapping


def _leaf(value: Any, place: tuple[int, int]) -> Node:
    if isinstance(value, dict):
        mapping = Mapping(*place, None, None, True)
        for key, item in value.items():
            entry = Entry(Scalar(*place, None, None, key, "double"), _leaf(item, place), key)
            mapping.entries.append(entry)
            mapping.keys[key] = entry
        return mapping
    if isinstance(value, list):
        listed = Sequence(*place, None, None, True)
        listed.items = [_leaf(item, place) for item in value]
        return listed
    if isinstance(value, str):
        return Scalar(*place, None, None, value, "double")
    text = "null" if value is None else str(value).lower()
    return Scalar(*place, None, None, text, "plain")


def from_command_line(option: str, text: str, pairs: list[tuple[Path, Any]]) -> Layer:
    """The layer of a `--set` and its kin: its text is its own source."""
    source = Source.from_text(text, option)
    document = Document(source, 0, 0)
    whole = (0, len(text))
    root = tree([Assignment(path, value, whole, whole) for path, value in pairs])
    document.root = root
    fixed = f"it is set on the command line, with {option}"
    return Layer(source, document, root, Placement(fixed=fixed, recipe=Made(root)))
