"""Values files that nothing refers to, told by their content and name."""

from __future__ import annotations

import os
import re

from valuelint.charts.facts import Chart, chart_names, load_chart
from valuelint.syntax import SourceError
from valuelint.values import Placement
from valuelint.values.layer import place
from valuelint.workspace.clusters import marked
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground
from valuelint.workspace.recognise import recognise
from valuelint.workspace.repository import File, Unreadable
from valuelint.workspace.umbrellas import dependencies

_MOST_DOCUMENTS = 20
FEW_FILES = 200
"""So many files are read to see whether they are YAML at all, though little in them looks like values."""
_NOT_VALUES = frozenset(("Chart.yaml", "Chart.lock", "fleet.yaml", "kustomization.yaml", "kustomization.yml"))


class Finder:
    """Tells values files of known charts, by their bytes first."""

    def __init__(self) -> None:
        self._charts = [chart for name in chart_names() if (chart := load_chart(name)) is not None]
        keys = sorted({path.partition(".")[0] for chart in self._charts for path in chart.signature})
        self._key = re.compile(b"(?m)^[\"']?(?:" + b"|".join(re.escape(key.encode()) for key in keys) + b")[\"']?[ ]*:")
        names = b"|".join(re.escape(chart.name.encode()) for chart in self._charts)
        self._name = re.compile(b"(?m)^name:[ ]*[\"']?(?:" + names + b")[\"']?[ ]*\r?$")
        self._hints = [hint for chart in self._charts for hint in chart.file_names]

    def may_be_values(self, file: File) -> bool:
        """Whether a file could hold values of a known chart: no object, and a key or a name that speaks for it."""
        data = file.data
        if b"\nkind:" in data or data.startswith(b"kind:") or not data:
            return False
        if os.path.basename(file.path) in _NOT_VALUES:
            return False
        hinted = any(hint in file.name.lower() for hint in self._hints)
        return hinted or self._key.search(data) is not None

    def may_be_known_chart(self, file: File) -> bool:
        """Whether a Chart.yaml could be that of a known chart."""
        return self._name.search(file.data) is not None

    def looks_like_values(self, file: File) -> bool:
        """Whether a file that is no YAML has lines, or a name, that only values of a known chart have."""
        hinted = any(hint in file.name.lower() for hint in self._hints)
        hits = len(self._key.findall(file.data))
        return hits > 1 or (hinted and (hits > 0 or "values" in os.path.basename(file.path)))


def loose(
    ground: Ground, drafts: list[Draft], within: list[str], declared: frozenset[str] = frozenset()
) -> tuple[list[Draft], list[Draft]]:
    """Releases of values files that nothing refers to: whole ones, and parts of a release that is not all there.

    Files in `declared` (real paths) count for what lies beside them: a folder that holds nothing else is passed over.
    """
    finder = Finder()
    claimed = {layer.source.name for draft in drafts for layer in draft.layers} | {draft.file.name for draft in drafts}
    claimed |= ground.idle
    whole: list[Draft] = []
    parts: list[Draft] = []
    folders: dict[tuple[str, str], Draft] = {}
    candidates = [
        file for file in ground.repository.in_order() if file.name not in claimed and finder.may_be_values(file)
    ]
    # What lies beside the Chart.yaml of a known chart are its defaults.
    copies = [
        chart.folder + os.sep
        for chart in ground.repository.named("Chart.yaml")
        if finder.may_be_known_chart(chart) and any(not item.key for item in dependencies(ground, chart.folder))
    ]
    candidates = [file for file in candidates if not file.path.startswith(tuple(copies))]
    small = len(ground.repository.in_order()) <= FEW_FILES
    open_folders = {file.folder for file in candidates if not declared or os.path.realpath(file.path) not in declared}
    candidates = [file for file in candidates if file.folder in open_folders]
    for file in sorted(candidates, key=lambda file: (file.folder, len(file.path))):
        try:
            draft = _draft(ground, file)
        except Unreadable as trouble:
            if finder.looks_like_values(file) or (small and file.is_template):
                ground.aside.append((file, str(trouble), True))
            continue
        if draft is None:
            continue
        incomplete = [other for other in drafts if other.chart is draft.chart and (other.gaps or other.partial)]
        beside = [other for other in drafts if other.chart is draft.chart and other.file.folder == file.folder]
        base = folders.setdefault((file.folder, draft.chart.name), draft)
        if incomplete:
            _belong(draft, max(incomplete, key=lambda other: len(os.path.commonpath([other.file.path, file.path]))))
            parts.append(draft)
        elif len(beside) == 1:
            _belong(draft, beside[0])
            parts.append(draft)
        elif base is not draft:
            draft.gap(f"it seems to be laid over {base.file.name}")
            parts.append(draft)
        else:
            draft.unresolved.append(
                "nothing in the repository refers to these values: version, name and namespace are not said"
            )
            whole.append(draft)
    _say_of_layers(whole)
    return whole, parts


def _say_of_layers(whole: list[Draft]) -> None:
    """Takes down where values of one name stand by environment and by cluster: they are laid over one another."""
    places: dict[tuple[str, ...], list[tuple[str, Draft]]] = {}
    for draft in whole:
        found = marked(draft.file.path, draft.repository.roots)
        if found is not None:
            places.setdefault(found[2], []).append((found[0], draft))
    for those in places.values():
        for marker, draft in those:
            other = next((other for name, other in those if name != marker), None)
            if other is not None:
                draft.gap(f"{other.file.name} may be laid over it, or below")
                draft.gaps.append(draft.gaps[-1]._replace(number=0))


def chart_of_values(file: File) -> Chart | None:
    """The chart that a values file is for; None where it is for none, or cannot be read."""
    try:
        return _chart(file)
    except Unreadable:
        return None


def _chart(file: File) -> Chart | None:
    documents = file.documents()
    if len(documents) > _MOST_DOCUMENTS:
        return None
    try:
        return recognise(file.path, [place(document, Placement()) for document in documents], named=False)
    except SourceError as error:
        raise Unreadable(error.message, error.line, error.column, error.remedy) from None
    except ValueError:
        return None


def _draft(ground: Ground, file: File) -> Draft | None:
    chart = _chart(file)
    if chart is None:
        return None
    draft = Draft(ground.repository, chart, file, False)
    draft.add_file(file)
    return draft


def _belong(draft: Draft, whole: Draft) -> None:
    """Takes a file for a part of a release whose layers are not all to be found."""
    if whole.partial:
        whole.gap(f"{draft.file.name} may be laid over it")
    draft.gap(f"it seems to be a part of the values of {whole.file.name}")
    # What is missing stands before it, as far as anybody can tell.
    draft.gaps = [gap._replace(number=0) for gap in draft.gaps]
    draft.version, draft.version_text, draft.version_source = whole.version, whole.version_text, whole.version_source
    draft.name, draft.namespace = whole.name, whole.namespace
    draft.origins = dict(whole.origins)
