"""Umbrella charts that nothing in the repository installs: who does, and under which name, is not said."""

from __future__ import annotations

import os

from valuelint.light import Iterator
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.repository import File
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
            for outer in _around(ground, file.folder):
                draft.gap(f"{outer.name} wraps this chart again, and its values are not read through two charts")
            draft.unresolved.append("nothing in the repository installs this chart: name and namespace are not said")
            yield draft


def _around(ground: Ground, folder: str) -> Iterator[File]:
    """The charts of the repository that depend on the one in a folder, beside them or in their own `charts`."""
    for file in ground.repository.named("Chart.yaml"):
        if file.folder == os.path.dirname(os.path.dirname(folder)):
            yield file
        elif b"file:" in file.data:
            for manifest in file.manifests():
                for item in manifest.items("dependencies"):
                    place, _, path = (item.text("repository") or "").partition("://")
                    if place == "file" and os.path.normpath(os.path.join(file.folder, path)) == folder:
                        yield file
