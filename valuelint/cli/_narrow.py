"""`check --baseline` and `check --changed-since`: less of a report."""

from __future__ import annotations

import os

from valuelint.cli import complain, equipped, open_workspace
from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valuelint.cli._check import Settings
    from valuelint.lint.diagnostic import Report
    from valuelint.workspace.release import Workspace


def caused(
    report: Report,
    settings: Settings,
    paths: tuple[str, ...],
    config_file: str | None,
    said: dict[str, Any],
) -> Report | None:
    """What changes since a revision touch or cause; None, after saying why, where git cannot tell."""
    from valuelint.cli._check import judged
    from valuelint.cli._git import GitError
    from valuelint.cli._since import narrowed, of_base, repository
    from valuelint.lint import engine

    # The base is looked at elsewhere, where a path from the root would lead back to here.
    def here(path: str) -> str:
        return os.path.relpath(path)

    names = [here(path) for path in paths]
    config = None if config_file is None else here(config_file)
    layers = [here(path) for path in said.get("values_files", ())]

    try:
        where = repository(settings.since or "", (*names, *layers))
        names, layers = [where.old(path) for path in names], [where.old(path) for path in layers]

        def look() -> Report:
            there = tuple(path for path in names if os.path.exists(path))
            values = tuple(path for path in layers if os.path.exists(path))
            if (names and not there) or (layers and not values and not there):
                return report._replace(findings=(), suppressed=())
            known = config if config is None or os.path.exists(config) else None
            # The base has policies of its own: what a new one finds, the change has caused.
            workspace, theirs = equipped(open_workspace(there, known, **{**said, "values_files": values}))
            return engine.run(judged(workspace, settings)[0], theirs)

        shorter = narrowed(report, where, of_base(where, look))
    except GitError as error:
        complain(f"error: --changed-since {settings.since}: {error}")
        return None
    left_out = len(report.findings) - len(shorter.findings)
    if not left_out:
        return shorter
    many = "finding that" if left_out == 1 else "findings that"
    words = f"{left_out} {many} the changes since {settings.since} neither "
    return shorter._replace(notices=(*shorter.notices, f"{words}touch nor cause left out"))


def unknown(report: Report, file: str, workspace: Workspace) -> Report | None:
    """What a baseline does not hold; None, after saying why, where it cannot be read."""
    from valuelint.lint.baseline import BadBaseline, compare, files_seen, read

    folder = os.path.dirname(file) or os.curdir
    try:
        with open(file, encoding="utf-8") as stream:
            known = read(stream.read())
    except (OSError, UnicodeDecodeError, BadBaseline) as error:
        complain(f"error: cannot use the baseline {file}: {getattr(error, 'strerror', None) or error}")
        return None
    files = [
        layer.source.name for cluster in workspace.clusters for release in cluster.releases for layer in release.layers
    ]
    compared = compare(report, known, folder, files_seen(workspace.shown, files, folder))
    gone = tuple(
        f"gone since the baseline: {rule} at {path or 'the top'} in {name}" for name, rule, path in compared.gone
    )
    return compared.report._replace(notices=(*compared.report.notices, *gone))
