"""`valuelint baseline`."""

from __future__ import annotations

import os

import click

from valuelint.cli import EXIT_CLEAN, EXIT_USAGE, equipped, open_workspace, report_problems
from valuelint.cli._options import workspace_options
from valuelint.light import Any

FILE_NAME = ".valuelint-baseline.json"


@click.command("baseline", short_help="Write down today's findings, for check --baseline.")
@workspace_options
@click.option("--output", default=FILE_NAME, show_default=True, metavar="FILE", help="Where to write them.")
def command(output: str, **where: Any) -> int:
    """Write down today's findings, so that `check --baseline FILE` reports only new ones and those that are gone.

    A finding is known again by its rule, file and path of the values, not by its line. What comments and the
    configuration accept is not among them.

    Exit codes: 0 written, 2 input that cannot be used: then nothing is written.
    """
    from valuelint.lint import engine
    from valuelint.lint.baseline import write

    workspace, rules = equipped(open_workspace(**where))
    if report_problems(workspace.problems):
        return EXIT_USAGE
    report = engine.run(workspace, rules)
    try:
        with open(output, "w", encoding="utf-8") as stream:
            stream.write(write(report, os.path.dirname(output) or os.curdir))
    except OSError as error:
        click.echo(f"error: cannot write {output}: {error.strerror}", err=True)
        return EXIT_USAGE
    count = len(report.findings)
    click.echo(f"wrote {output}: {count} finding{'' if count == 1 else 's'}")
    return EXIT_CLEAN
