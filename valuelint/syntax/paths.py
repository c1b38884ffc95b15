"""Paths to values, such as `hubble.relay.enabled`, and their written form."""

from __future__ import annotations

Path = tuple[str | int, ...]

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def format_path(path: Path) -> str:
    """The written form of a path: `a.b[0].c`, `labels["x.y/z"]`; `parse_path` reads it back."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part and _BARE.issuperset(part):
            text += f".{part}" if text else part
        else:
            escaped = part.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def parse_path(text: str) -> Path:
    """The path a text stands for; raises ValueError with the column of what is wrong."""
    if "[" not in text:
        keys = text.split(".")
        if "" not in keys and _BARE.issuperset("".join(keys)):
            return tuple(keys)
    path: list[str | int] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            if text.startswith('["', at):
                key, at = _quoted(text, at + 2)
                path.append(key)
            else:
                end = text.find("]", at)
                number = text[at + 1 : end] if end > 0 else ""
                if not (number.isascii() and number.isdigit()):
                    raise _error(text, at, 'expected an index like [0] or a quoted key like ["x.y"]')
                path.append(int(number))
                at = end + 1
            continue
        if path:
            if text[at] != ".":
                raise _error(text, at, "expected . or [")
            at += 1
        end = at
        while end < len(text) and text[end] in _BARE:
            end += 1
        if end == at:
            raise _error(text, at, 'expected a key; quote keys with other characters like ["x.y"]')
        path.append(text[at:end])
        at = end
    return tuple(path)


def _quoted(text: str, at: int) -> tuple[str, int]:
    begin = at
    key = ""
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            key += text[at + 1]
            at += 2
        elif text[at] == '"':
            if not text.startswith('"]', at):
                raise _error(text, at + 1, "expected ] after the quoted key")
            return key, at + 2
        else:
            key += text[at]
            at += 1
    raise _error(text, begin, "the quoted key is never closed")


def _error(text: str, at: int, message: str) -> ValueError:
    return ValueError(f"{text!r}, column {at + 1}: {message}")
