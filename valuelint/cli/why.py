"""`valuelint why PATH.TO.VALUE`."""

from __future__ import annotations

import os

import click

from valuelint.cli import EXIT_CLEAN, EXIT_NOTHING, EXIT_USAGE, open_survey, report_problems
from valuelint.cli._options import workspace_options
from valuelint.light import Any


@click.command("why", short_help="Show where a value comes from, layer by layer.")
@click.argument("value_path", metavar="PATH.TO.VALUE")
@workspace_options
@click.option("--chart", "charts", multiple=True, metavar="CHART", help="Only releases of this chart.")
@click.option("--cluster", "only", multiple=True, metavar="NAME", help="Only this cluster.")
def command(
    value_path: str,
    paths: tuple[str, ...],
    config_file: str | None,
    charts: tuple[str, ...],
    only: tuple[str, ...],
    values_files: tuple[str, ...],
    **said: Any,
) -> int:
    """Show where a value comes from: each layer that sets it, from the chart's default to the one that wins.

    A path is written hubble.relay.enabled, with [0] for a place in a list and ["a.b"] for a key with dots. Values files
    that are named are layers of one release, in their order; in folders, every release is looked at that knows the
    value.

    Exit codes: 0, 2 for input that cannot be used, 3 where no release knows the value.
    """
    from valuelint.report.why import chain, render
    from valuelint.syntax import parse_path

    try:
        path = parse_path(value_path)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="PATH.TO.VALUE") from None
    folders = tuple(name for name in paths if os.path.isdir(name) or _is_manifest(name))
    files = (*(name for name in paths if name not in folders), *values_files)
    found = open_survey(folders if files or folders else (".",), config_file, values_files=files, **said)
    chains = []
    for part in found.parts:
        cluster = found.read(part)
        if cluster is None or (only and cluster.name not in only):
            continue
        chains += [
            found_chain
            for release in cluster.releases
            if (not charts or release.chart in charts) and (found_chain := chain(cluster.name, release, path))
        ]
    click.echo(render(value_path, chains), nl=False)
    if report_problems(found.problems):
        return EXIT_USAGE
    return EXIT_CLEAN if chains else EXIT_NOTHING


def _is_manifest(name: str) -> bool:
    """Whether a file is an envelope, and no values file."""
    try:
        with open(name, "rb") as stream:
            data = stream.read()
    except OSError:
        return False
    return b"kind:" in data and b"apiVersion:" in data
