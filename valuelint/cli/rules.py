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
    """List the rules: their severity, whether they come with a fix, and what they find."""
    from valuelint.lint.catalogue import render_list
    from valuelint.lint.rule import load_rules

    click.echo(render_list(load_rules(), output_format), nl=False)
    return 0
