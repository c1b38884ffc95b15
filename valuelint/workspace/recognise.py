"""The chart that a values file is for, told by its keys and its name."""

from __future__ import annotations

import os

from valuelint.charts.facts import Chart, chart_names, load_chart
from valuelint.light import Any
from valuelint.syntax import Mapping, resolve_alias
from valuelint.values import Layer

_MOST = 0.6
"""The share of its keys that a chart must know of a file that nobody named, where name and keys speak for the chart."""

_NEARLY_ALL = 0.8
"""The share where only the keys, or only the name, speak for it: other charts have some of the keys too."""


def recognise(file: str, layers: list[Layer], named: bool = True) -> Chart | None:
    """The chart that a values file is for, by its keys and its name; None where neither is clear.

    One key that betrays the chart is enough, or a name that speaks for it and a key that the chart knows; of two charts
    the one that knows more of the keys is taken, and none if both know the same. Of a file that nobody named, the chart
    must know most of the keys, or nearly all.
    """
    keys = [entry.key_text for layer in layers if layer.root is not None for entry in layer.root.entries]
    if not keys or {"apiVersion", "kind"} <= set(keys):
        return None
    scores: list[tuple[int, Chart]] = []
    where = os.path.abspath(file).lower()
    for name in chart_names():
        chart = load_chart(name)
        if chart is None:
            continue
        betraying = sum(_present(layers, path) for path in chart.signature)
        hinted = any(hint in where for hint in chart.file_names)
        known = chart.table.defaults(chart.versions[-1])
        familiar = sum(key in known for key in keys)
        share = _MOST if hinted and betraying else _NEARLY_ALL
        if not named and not _mostly_known(layers, (known, chart.table.defaults(chart.versions[0])), share):
            continue
        if betraying or (hinted and familiar):
            scores.append((betraying * 3 + familiar + (2 if hinted else 0), chart))
    scores.sort(key=lambda item: -item[0])
    if not scores or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _mostly_known(layers: list[Layer], defaults: tuple[dict[str, Any], ...], share: float) -> bool:
    """Whether so many of the keys, and of the keys below them, are the chart's, in a version with these defaults."""
    above, below = [], []
    for layer in layers:
        for entry in layer.root.entries if layer.root is not None else ():
            options = [tree[entry.key_text] for tree in defaults if entry.key_text in tree]
            above.append(bool(options))
            inner = resolve_alias(entry.value)
            maps = [option for option in options if option and isinstance(option, dict)]
            if maps and isinstance(inner, Mapping):
                below += [any(key in option for option in maps) for key in inner.keys]
    return sum(above) >= share * len(above) and sum(above + below) >= share * len(above + below)


def _present(layers: list[Layer], path: str) -> bool:
    keys = tuple(path.split("."))
    return any(layer.find(keys) is not None for layer in layers)
