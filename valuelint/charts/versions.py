"""Versions of charts: their order, and the ranges of them that facts are true for."""

from __future__ import annotations

from _operator import eq, ge, gt, le, lt, ne  # `operator` without the half that is written in Python

from valuelint.light import Callable, NamedTuple, remembered

Identifier = tuple[int, int, str]
"""One part of a pre-release: (0, number, "") or (1, 0, text), so that numbers sort before words."""

Version = tuple[int, int, int, tuple[Identifier, ...]]
"""A version as a tuple that compares by semver's precedence."""

_PRERELEASE_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")

_RELEASED: tuple[Identifier, ...] = ((2, 0, ""),)
"""Stands where a pre-release would: sorts after every pre-release of the same version."""

_OPERATORS = (
    (">=", ge),
    ("<=", le),
    ("!=", ne),
    ("==", eq),
    (">", gt),
    ("<", lt),
    ("=", eq),
)
_MAY_BE_SHORT = (ge, lt)
"""`>=1.16` and `<1.16` can only mean 1.16.0; what `1.16` or `<=1.16` means differs from tool to tool."""


@remembered
def parse_version(text: str) -> Version:
    """Reads `1.16.0`, `v1.16.0-rc.1+build`, `1.16`; build metadata does not take part in the order.

    Raises ValueError.
    """
    core, _, _ = text.strip().partition("+")
    core, dash, pre = core.partition("-")
    if core[:1] in ("v", "V"):
        core = core[1:]
    numbers = core.split(".")
    if len(numbers) > 3 or not all(map(_is_number, numbers)):
        raise ValueError(f"{text!r} is not a version: expected numbers such as 1.16.3 or 1.16.3-rc.1")
    padded = [int(number) for number in numbers] + [0, 0]
    released = _RELEASED if not dash else tuple(_identifier(part, text) for part in pre.split("."))
    return padded[0], padded[1], padded[2], released


def compare(left: str, right: str) -> int:
    """-1, 0 or 1 as `left` comes before, together with or after `right`. Raises ValueError."""
    one, other = parse_version(left), parse_version(right)
    return (one > other) - (one < other)


def format_version(version: Version) -> str:
    """The version as it is written, in full."""
    core = f"{version[0]}.{version[1]}.{version[2]}"
    if version[3] == _RELEASED:
        return core
    return f"{core}-{'.'.join(word or str(number) for _, number, word in version[3])}"


def is_prerelease(text: str) -> bool:
    """Whether the version is one before a release, such as 1.16.0-rc.1. Raises ValueError."""
    return parse_version(text)[3] != _RELEASED


def _is_number(text: str) -> bool:
    return text.isdigit() and text.isascii() and (text == "0" or text[0] != "0")


def _identifier(part: str, text: str) -> Identifier:
    if _is_number(part):
        return 0, int(part), ""
    # semver allows no number with a leading zero here, but chart repositories hold such versions
    if part and _PRERELEASE_CHARACTERS.issuperset(part):
        return 1, 0, part
    raise ValueError(f"{text!r} is not a version: {part!r} is no pre-release name")


Comparison = Callable[[Version, Version], bool]


class Bound(NamedTuple):
    """One comparison of a range."""

    holds: Comparison
    version: Version


class Range:
    """Which versions a fact is true for: `>=1.14.7 <1.17 || 1.15.8`.

    A space means and, `||` means or, a bare version means exactly that one. Pre-releases are compared like
    all others, so 1.17.0-rc.1 lies below 1.17.
    """

    __slots__ = ("_answers", "alternatives", "text")

    def __init__(self, text: str, alternatives: tuple[tuple[Bound, ...], ...]) -> None:
        self.text = text
        self.alternatives = alternatives
        self._answers: dict[str | Version, bool] = {}

    @staticmethod
    def parse(text: str) -> Range:
        """Raises ValueError."""
        return _parse_range(text)

    def contains(self, version: str | Version) -> bool:
        """Whether the version, as text or parsed, lies in the range. Raises ValueError."""
        answer = self._answers.get(version)
        if answer is None:
            parsed = parse_version(version) if isinstance(version, str) else version
            answer = self._answers[version] = any(
                all(bound.holds(parsed, bound.version) for bound in bounds) for bounds in self.alternatives
            )
        return answer

    def boundaries(self) -> list[str]:
        """The versions that the range names, in their order: where its answer can change."""
        named = {bound.version for bounds in self.alternatives for bound in bounds}
        return [format_version(version) for version in sorted(named)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Range) and self.alternatives == other.alternatives

    def __hash__(self) -> int:
        return hash(self.alternatives)

    def __repr__(self) -> str:
        return f"Range.parse({self.text!r})"


@remembered
def _parse_range(text: str) -> Range:
    return Range(text, tuple(_parse_bounds(part, text) for part in text.split("||")))


def _parse_bounds(part: str, text: str) -> tuple[Bound, ...]:
    if part.strip() == "*":
        return ()  # nothing is asked of a version
    bounds: list[Bound] = []
    symbol = ""
    for word in part.split():
        symbol += word
        if symbol.strip("<>=!"):
            bounds.append(_parse_bound(symbol, text))
            symbol = ""
    if not bounds or symbol:
        raise ValueError(f"{text!r} is not a range of versions: a version is missing")
    return tuple(bounds)


def _parse_bound(word: str, text: str) -> Bound:
    holds: Comparison = eq
    named = word
    for symbol, comparison in _OPERATORS:
        if word.startswith(symbol):
            holds, named = comparison, word[len(symbol) :]
            break
    try:
        version = parse_version(named)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a range of versions: {error}") from None
    if holds not in _MAY_BE_SHORT and named.partition("-")[0].count(".") < 2:
        raise ValueError(
            f"{text!r} is not a range of versions: {word!r} is ambiguous; name all three numbers, or write "
            f"a range such as >={named} and a `<`"
        )
    return Bound(holds, version)
