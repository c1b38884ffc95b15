"""`valuelint explain RULE`."""

from __future__ import annotations

import click


@click.command("explain", short_help="Explain a rule.")
@click.argument("rule_id", metavar="RULE")
@click.option(
    "--format", "output_format", type=click.Choice(("text", "json", "markdown")), default="text", help="How to show it."
)
def command(rule_id: str, output_format: str) -> int:
    """Explain a rule: what it finds, why it matters, what to do, how safe its fix is."""
    from valuelint.cli import report_problems
    from valuelint.cli._rules import rules_nearby
    from valuelint.lint.catalogue import render_rule

    found, problems = rules_nearby()
    rules = {rule.id: rule for rule in found}
    if rule_id not in rules:
        report_problems(problems)
    if rule_id not in rules:
        from difflib import get_close_matches

        close = get_close_matches(rule_id, rules, 1)
        raise click.UsageError(
            f"unknown rule {rule_id}; " + (f"did you mean {close[0]}?" if close else "valuelint rules lists them")
        )
    click.echo(render_rule(rules[rule_id], output_format), nl=False)
    return 0
