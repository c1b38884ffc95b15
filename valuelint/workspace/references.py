"""What a reference to a chart means: which chart, which version."""

from __future__ import annotations

import re

from valuelint.charts import versions
from valuelint.charts.facts import Chart, load_chart
from valuelint.light import NamedTuple

_ARCHIVE = re.compile(r"(.+?)-v?(\d+\.\d+\.\d+[^/]*)\.tgz$")
_PACKED = re.compile(r"\+up(\d+\.\d+\.\d+)")
_BUILT = re.compile(r"v?(\d+\.\d+)\.(\d+)\d\d")
_PLAIN = re.compile(r"v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$")
_PART = re.compile(r"(>=|<=|!=|=|>|<|~>|~|\^)?\s*v?([0-9xX*]+(?:\.[0-9xX*]+){0,2}(?:-[0-9A-Za-z.-]+)?)")


class Reference(NamedTuple):
    """A known chart, and its version where that is said; `fork` is what a distribution calls a chart made of it."""

    chart: Chart
    version: str | None
    fork: str


def chart_of(reference: str | None) -> Reference | None:
    """The known chart that `cilium`, `repo/cilium`, an OCI address or an archive's address names."""
    if not reference:
        return None
    text = reference.strip().rstrip("/")
    if text.startswith((".", "/")) and not text.endswith(".tgz"):
        return None  # a folder: what it holds is looked at, not what it is called
    last = text.rpartition("/")[2]
    version = None
    archive = _ARCHIVE.match(last)
    if archive is not None:
        last, version = archive[1], archive[2]
    elif ":" in last:
        last, _, version = last.partition(":")
    chart = load_chart(last) if last and last not in (".", "..") else None
    return None if chart is None else Reference(chart, version, fork_of(chart, last))


def fork_of(chart: Chart, name: str) -> str:
    """The name, where it is that of a chart made of a known one; empty where it is that one's own."""
    return name if name in chart.forks else ""


def upstream(version: str) -> str:
    """The version that a distribution made one of: 69.8.2 of `106.1.2+up69.8.2-rancher.7`, 1.18.1 of `1.18.103`."""
    packed = _PACKED.search(version)
    if packed is not None:
        return packed[1]
    built = _BUILT.fullmatch(version)
    return version if built is None else f"{built[1]}.{int(built[2])}"


def exact(text: str) -> bool:
    """Whether a version is one version, not a range of them."""
    return _PLAIN.match(text) is not None and text.partition("-")[0].count(".") == 2


def newest(chart: Chart, wanted: str) -> str | None:
    """The newest known version in a range such as `69.x`, `>=1.15 <1.17`, `~1.15.0`; None if it names none, or any."""
    if wanted.strip() in ("", "*", "x", "latest"):
        return None
    try:
        alternatives = [_bounds(part) for part in wanted.split("||")]
    except ValueError:
        return None
    for version in reversed(chart.versions):
        parsed = versions.parse_version(version)
        if any(all(low <= parsed[:3] < high for low, high in bounds) for bounds in alternatives) and (
            not versions.is_prerelease(version) or "-" in wanted
        ):
            return version
    return None


Number = tuple[int, int, int]
_NO_END: Number = (10**9, 0, 0)


def _bounds(text: str) -> list[tuple[Number, Number]]:
    """What all has to hold, each as a first version and the first one beyond."""
    span = re.fullmatch(r"\s*(\S+)\s+-\s+(\S+)\s*", text)
    if span is not None:
        return [(_first(span[1]), _NO_END), ((0, 0, 0), _beyond(span[2]))]
    found = []
    rest = text
    while rest.strip(" ,"):
        rest = rest.lstrip(" ,")
        match = _PART.match(rest)
        if match is None:
            raise ValueError(f"{text!r} is no range of versions")
        found.append(_bound(match[1] or "", match[2]))
        rest = rest[match.end() :]
    return found


def _bound(operator: str, version: str) -> tuple[Number, Number]:
    first, beyond = _first(version), _beyond(version)
    if operator == ">=":
        return first, _NO_END
    if operator == ">":
        return beyond, _NO_END
    if operator == "<=":
        return (0, 0, 0), beyond
    if operator == "<":
        return (0, 0, 0), first
    if operator == "^":
        return first, (first[0] + 1, 0, 0) if first[0] else (0, first[1] + 1, 0)
    if operator in ("~", "~>"):
        return first, (first[0], first[1] + 1, 0) if "." in version else (first[0] + 1, 0, 0)
    if operator == "!=":
        raise ValueError("a version left out")
    return first, beyond


def _numbers(version: str) -> list[int]:
    found: list[int] = []
    for part in version.partition("-")[0].split("."):
        if part in ("x", "X", "*"):
            break
        found.append(int(part))
    return found


def _first(version: str) -> Number:
    major, minor, patch, *_ = [*_numbers(version.lstrip("v")), 0, 0, 0]
    return major, minor, patch


def _beyond(version: str) -> Number:
    numbers = _numbers(version.lstrip("v"))
    if not numbers:
        return _NO_END
    numbers[-1] += 1
    major, minor, patch, *_ = [*numbers, 0, 0, 0]
    return major, minor, patch
