"""`valuelint rules`."""

from __future__ import annotations

import click


@click.command("rules", short_help="List the rules.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    help="How to show them.",
)
def command(output_format: str) -> int:
    """List the rules: their severity, whether they come with a fix, and what they find.

    With the policies that the configuration of this folder names.
    """
    from valuelint.cli import EXIT_CLEAN, EXIT_USAGE, report_problems
    from valuelint.cli._rules import rules_nearby
    from valuelint.lint.catalogue import render_list

    rules, problems = rules_nearby()
    click.echo(render_list(rules, output_format), nl=False)
    return EXIT_USAGE if report_problems(problems) else EXIT_CLEAN
