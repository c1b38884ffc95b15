"""Small repositories, written out in tests."""

from __future__ import annotations

from pathlib import Path

from valuelint.syntax import format_path
from valuelint.workspace.discover import discover
from valuelint.workspace.release import Release, Workspace


def put(folder: Path, files: dict[str, str]) -> Workspace:
    """The workspace of some files in a folder, which is the current one."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return discover(["."], None, {})


def only(workspace: Workspace) -> Release:
    """The only release."""
    found = [release for cluster in workspace.clusters for release in cluster.releases]
    assert len(found) == 1, [(release.file, release.name) for release in found]
    return found[0]


def layers(release: Release) -> list[tuple[str, str]]:
    """Where its layers stand."""
    return [(layer.file, format_path(layer.path)) for layer in release.layers if layer.root is not None]


def merged(release: Release) -> dict[str, object]:
    """What the user's layers come to."""
    from valuelint.values import Values

    return Values(list(release.layers), {}, release.missing).user
