"""The list of releases that were found: the format `valuelint-releases/1`, and a table of it."""

from __future__ import annotations

from valuelint.light import Any
from valuelint.syntax import format_path
from valuelint.workspace.release import Cluster, Release

FORMAT = "valuelint-releases/1"

Row = dict[str, Any]


def data(clusters: list[Cluster], skipped: list[tuple[str, str]]) -> Row:
    """Everything as plain data; `schemas/releases.schema.json` describes it."""
    rows = [_row(cluster, release) for cluster in clusters for release in (*cluster.releases, *cluster.others)]
    return {
        "format": FORMAT,
        "releases": rows,
        "skipped": [{"file": file, "reason": reason} for file, reason in dict.fromkeys(skipped)],
    }


def _row(cluster: Cluster, release: Release) -> Row:
    unresolved = list(release.unresolved)
    if release in cluster.others and not any("not judged" in text for text in unresolved):
        unresolved.append("it only bootstraps a release that a controller keeps applying: it is not judged by itself")
    return {
        "cluster": cluster.name,
        "chart": release.chart,
        "version": release.version_text or release.version,
        "version_source": release.version_source,
        "name": release.name,
        "namespace": release.namespace,
        "file": release.file,
        "layers": [{"file": layer.file, "path": format_path(layer.path)} for layer in release.layers if layer.root],
        "unresolved": unresolved,
    }
