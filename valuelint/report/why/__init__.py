"""Where a value comes from: the chain of layers that set it, for people."""

from __future__ import annotations

import json

from valuelint.charts.facts import load_chart
from valuelint.light import Any, NamedTuple
from valuelint.syntax import Node, Path, Scalar, format_path
from valuelint.values import Layer, Unknown, Values
from valuelint.workspace.release import Release

_ABSENT = object()
_LONGEST = 100


class Link(NamedTuple):
    """A layer that sets the value, or a map around it."""

    place: str
    value: str
    path: Path
    seen: bool = True
    """False for a layer that nobody can read, which may set the value."""


class Chain(NamedTuple):
    """The links of a release, from the chart's default to the winner."""

    title: str
    links: tuple[Link, ...]
    result: str


def chain(cluster: str, release: Release, path: Path) -> Chain | None:
    """What sets a path in a release; None where neither the chart nor a layer knows it."""
    chart = load_chart(release.chart)
    if chart is None:
        return None
    version, _ = chart.table.nearest(release.version or chart.versions[-1])
    defaults = chart.defaults(version, release.fork)
    values = Values(list(release.layers), defaults, release.missing)
    default = _at(defaults, path)
    links = [Link(f"default of {release.fork or chart.name} {version}", _shown(default), path)]
    for number, layer in enumerate(release.layers):
        links += [Link(gap.what, "unknown", path, False) for gap in release.gaps if gap.number == number]
        data = layer.data()
        for length in range(len(path), 0, -1):
            found = layer.find(path[:length])
            value = _at(data, path[:length])
            if found is None or (length < len(path) and isinstance(value, dict)):
                continue
            start = found.entry.key.start if found.entry is not None else found.node.start
            node = found.node
            line, column = layer.source.position(node.start if node.end > node.start else start)
            shown = _shown(value) + _filled_in(layer, node, value)
            links.append(Link(f"{layer.file}:{line}:{column}", shown, path[:length]))
            break
    links += [Link(gap.what, "unknown", path, False) for gap in release.gaps if gap.number == len(release.layers)]
    if default is _ABSENT and not any(link.seen for link in links[1:]):
        return None
    name = f"{release.name} in {release.namespace}" if release.name and release.namespace else release.title
    said = release.version_text or release.version
    title = f"{chart.name} {said or '(version not known)'}, {name}, cluster {cluster}"
    return Chain(title, tuple(links), _shown(_at(values.data, path)))


def render(path: str, chains: list[Chain]) -> str:
    """The chains, the winner of each marked."""
    if not chains:
        return f"no release knows {path}\n"
    lines = []
    for item in chains:
        lines.append(f"{path} = {item.result}  ({item.title})")
        width = max(len(link.place) for link in item.links)
        winner = [link for link in item.links if link.seen][-1]
        for link in item.links:
            mark = ">" if link is winner else " " if link.seen else "?"
            around = f"  (sets {format_path(link.path)})" if format_path(link.path) != path else ""
            lines.append(f"  {mark} {link.place.ljust(width)}  {link.value}{around}")
    return "\n".join(lines) + "\n"


def _at(data: Any, path: Path) -> Any:
    for key in path:
        if isinstance(data, Unknown):
            return data
        known = key in data if isinstance(data, dict) else isinstance(data, list) and key in range(len(data))
        if not known:
            return _ABSENT
        data = data[key]
    return data


def _filled_in(layer: Layer, node: Node, value: Any) -> str:
    """What stands in the file for a value that is filled in."""
    written = layer.source.text[node.start : node.end]
    marks = [mark for mark in ("{{", "${") if mark in written and mark not in str(value)]
    known = isinstance(node, Scalar) and not isinstance(value, Unknown)
    return f" (filled in for {written})" if known and marks and "\n" not in written else ""


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "(not set)"
    if isinstance(value, Unknown):
        return f"unknown: {value.text}"
    text = json.dumps(value, ensure_ascii=False, default=lambda item: f"unknown: {item.text}")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
