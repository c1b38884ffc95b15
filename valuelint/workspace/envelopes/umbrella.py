"""Umbrella charts that nothing in the repository installs: who does, and under which name, is not said."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.umbrellas import charts, draft_dependency, is_off


def releases(ground: Ground) -> Iterator[Draft]:
    """A release for each dependency on a known chart, unless another form has installed the chart."""
    for file, found in charts(ground):
        if file.folder in ground.delivered:
            continue
        for item in found:
            draft = draft_dependency(ground, item, file, False)
            if is_off(draft, item):
                ground.aside.append((file, f"{item.chart.name} is switched off by its condition", False))
                continue
            draft.unresolved.append("nothing in the repository installs this chart: name and namespace are not said")
            yield draft
