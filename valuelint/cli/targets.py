"""`valuelint targets`: what Prometheus will scrape, before anything is deployed."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import click

from valuelint.cli import EXIT_CLEAN, EXIT_USAGE, open_survey, report_problems
from valuelint.cli._halves import in_halves
from valuelint.cli._options import workspace_options
from valuelint.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from valuelint.workspace.discover import Part
    from valuelint.workspace.release import Problem

WIDTH = 100
"""Of the tables, where the output is no terminal."""


class Said(NamedTuple):
    """What there is to say about one part of the workspace; no text where it holds no values."""

    text: str | None
    problems: list[Problem]
    skipped: list[tuple[str, str]]
    notices: tuple[str, ...]


@click.command("targets", short_help="Show Prometheus' Targets page before the deploy.")
@workspace_options
@click.option("--cluster", "only", metavar="NAME", multiple=True, help="Only this cluster; may be given several times.")
@click.option(
    "--format", "output_format", type=click.Choice(("text", "markdown", "json")), default="text", help="How to say it."
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours in the text.")
@click.option("-v", "--verbose", is_flag=True, help="Every row, with all reasons, labels and endpoints.")
def command(
    paths: tuple[str, ...],
    config_file: str | None,
    only: tuple[str, ...],
    output_format: str,
    color: str,
    verbose: bool,
    **said: Any,
) -> int:
    """Show Prometheus' Targets page before the deploy.

    One row a monitor, a dashboard, a group of rules: whether the chart renders it, where, and whether a Prometheus or
    Grafana of the same cluster picks it up; and if not, the value that decides and the line that set it. Then the
    Prometheus objects with their selectors.

    Exit codes: 0, and 2 for input that cannot be used; everything else is still shown.
    """
    from valuelint.predict.targets import describe
    from valuelint.report import Options

    found = open_survey(paths, config_file, **said)
    parts = [part for part in found.parts if not only or part.name in only]
    for missing in set(only).difference(part.name for part in parts):
        raise click.BadParameter(f"no cluster is named {missing}", param_hint="--cluster")
    form = import_module(f"valuelint.report.targets.{output_format}")
    options = Options(color=_wants_color(color), width=_width(), verbose=verbose)

    def say(part: Part) -> Said:
        problems, skipped = len(found.problems), len(found.skipped)
        cluster = found.read(part)
        targets = None if cluster is None else describe(cluster)
        return Said(
            None if targets is None else form.cluster(targets.data, options),
            found.problems[problems:],
            found.skipped[skipped:],
            () if targets is None else targets.notices,
        )

    wrong, skipped, notices = list(found.problems), list(found.skipped), dict[str, None]()
    lead = form.HEAD
    gc.disable()  # a cluster leaves no cycles behind, and to look for some would take a fifth of the time
    try:
        for part in in_halves(parts, say):
            wrong += part.problems
            skipped += part.skipped
            notices.update(dict.fromkeys(part.notices))
            if part.text is not None:
                sys.stdout.write(lead + part.text)
                lead = form.SEPARATOR
    finally:
        gc.enable()
    if lead == form.HEAD:
        sys.stdout.write(form.HEAD)
        click.echo("no values of a known chart were found", err=True)
    sys.stdout.write(form.TAIL)
    sys.stdout.flush()
    for notice in notices:
        click.echo(f"info: {notice}", err=True)
    for file, reason in skipped if verbose else ():
        click.echo(f"skipped: {file}: {reason}", err=True)
    return EXIT_USAGE if report_problems(wrong) else EXIT_CLEAN


def _wants_color(color: str) -> bool:
    """Colours are for terminals; NO_COLOR (https://no-color.org) and a dumb terminal decline them."""
    if color != "auto":
        return color == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    from shutil import get_terminal_size

    return max(get_terminal_size((WIDTH, 24)).columns, 60) if sys.stdout.isatty() else WIDTH
