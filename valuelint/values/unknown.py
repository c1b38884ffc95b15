"""What a text does not hold: placeholders that another program fills in before Helm reads the file."""

from __future__ import annotations

from valuelint.light import Any, Final, pattern

# Flux and envsubst (`${VAR}`, `${VAR:=default}`), SOPS (`ENC[AES256_GCM,...]`), and the path and
# reference forms of the vault plug-ins (`<path:secret/data#key>`, `ref+vault://...`).
_PLACEHOLDER: Final = pattern(r"\$\{[^}]*\}|\bENC\[[A-Z0-9_]+,|<path:[^>]+>|\bref\+[a-z0-9]+://")
_MARKS: Final = ("${", "ENC[", "<path:", "ref+")


class Unknown:
    """A value that cannot be known from the text; `text` is what stands in its place.

    An Unknown is neither true nor false: code that decides must ask `isinstance(value, Unknown)`.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Unknown({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __bool__(self) -> bool:
        raise TypeError(f"an unknown value is neither true nor false: {self.text}")


def may_hold_placeholders(text: str) -> bool:
    """Whether `mark_unknown` could find anything in data read from this text (a cheap test on the bytes)."""
    return any(mark in text for mark in _MARKS)


def mark_unknown(data: Any) -> Any:
    """The same plain data with an Unknown in the place of every string that holds a placeholder."""
    if isinstance(data, str):
        return Unknown(data) if _PLACEHOLDER.search(data) else data
    if isinstance(data, dict):
        return {key: mark_unknown(value) for key, value in data.items()}
    if isinstance(data, list):
        return [mark_unknown(item) for item in data]
    return data


def holds_unknown(data: Any) -> bool:
    """Whether an Unknown stands anywhere in the data."""
    if isinstance(data, Unknown):
        return True
    if isinstance(data, dict):
        return any(holds_unknown(value) for value in data.values())
    return isinstance(data, list) and any(holds_unknown(item) for item in data)
