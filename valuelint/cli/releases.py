"""`valuelint releases`."""

from __future__ import annotations

from importlib import import_module

import click

from valuelint.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, open_survey, report_problems
from valuelint.cli._options import workspace_options
from valuelint.light import Any


@click.command("releases", short_help="List the releases that were found, and where their values come from.")
@workspace_options
@click.option(
    "--format", "output_format", type=click.Choice(("text", "json")), default="text", help="How to show them."
)
@click.option("--strict", is_flag=True, help="Fail on files that could not be read.")
def command(paths: tuple[str, ...], config_file: str | None, output_format: str, strict: bool, **said: Any) -> int:
    """List the releases that were found, and where their values come from.

    PATHS are values files or folders; a folder is read as a GitOps repository: HelmReleases, Applications, HelmCharts,
    umbrella charts, kustomizations, helmfiles and bundles, with the files that give version, namespace and values.

    Exit codes: 0, 1 where a file was skipped (--strict), 2 for input that cannot be used.
    """
    from valuelint.report.releases import data

    found = open_survey(paths or (".",), config_file, **said)
    clusters = [cluster for part in found.parts if (cluster := found.read(part)) is not None]
    form = import_module(f"valuelint.report.releases.{output_format}")
    named = [(file, "holds no values of a known chart") for file in found.passed_over]
    click.echo(form.render(data(clusters, [*found.skipped, *found.aside, *named]), 100), nl=False)
    if report_problems(found.problems):
        return EXIT_USAGE
    return EXIT_FINDINGS if strict and found.skipped else EXIT_CLEAN
