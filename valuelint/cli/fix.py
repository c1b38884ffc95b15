"""`valuelint fix`."""

from __future__ import annotations

import sys

import click

from valuelint.cli import equipped, open_workspace
from valuelint.cli._fix import Settings, diff_of, run
from valuelint.cli._options import workspace_options
from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Diagnostic
    from valuelint.syntax import Source


@click.command("fix", short_help="Repair what check finds, changing only the bytes that must change.")
@workspace_options
@click.option("--unsafe", is_flag=True, help="Apply the fixes that change the release, too.")
@click.option("-i", "--interactive", is_flag=True, help="Ask about each fix, with the lines it would change.")
@click.option("--diff", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--check", is_flag=True, help="Name the files that would change, and write nothing.")
@click.option("--only", "only", multiple=True, metavar="RULE", help="Fix what this rule finds, and nothing else.")
@click.option(
    "--side",
    type=click.Choice(("monitor", "common", "prometheus")),
    help="Where to cure a label that a selector misses: at each monitor, for the release at once, or at Prometheus.",
)
@click.option("--keep-going", is_flag=True, help="Write what can be written, though other files cannot.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Fail when something was fixed, as hooks want it.")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "info", "never")),
    help="The mildest finding that counts as left: warning, unless the configuration says otherwise.",
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours in the text.")
def command(
    unsafe: bool,
    interactive: bool,
    diff: bool,
    check: bool,
    only: tuple[str, ...],
    side: str | None,
    keep_going: bool,
    exit_non_zero_on_fix: bool,
    fail_on: str | None,
    color: str,
    **where: Any,
) -> int:
    """Repair what check finds, changing only the bytes that must change.

    Only files named by PATHS are changed. Every fix is proven before anything is written: the new text parses, only
    the declared values change, nothing outside the edited spans differs, comments stay, the finding is gone, nothing as
    bad is new, and what the fix claims is true.

    Exit codes: 0 nothing is left, 1 findings are left (or, with --diff and --check, something would change), 2 input
    that cannot be used.
    """
    settings = Settings(
        unsafe, interactive, diff, check, only, side, keep_going, exit_non_zero_on_fix, fail_on or "", color
    )
    if diff + check + interactive > 1:
        raise click.UsageError("--diff, --check and --interactive exclude each other")
    if interactive and not _at_terminal():
        raise click.UsageError(
            "there is no terminal to ask at; --diff shows the fixes, --only RULE applies those of a rule"
        )
    workspace, rules = equipped(open_workspace(**where))
    known = {rule.id for rule in rules}
    for name in only:
        if name not in known:
            raise click.UsageError(f"unknown rule {name}; valuelint rules lists them")
    return run(workspace, rules, settings)


# --- one by one -----------------------------------------------------------------------------------


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def ask(findings: tuple[Diagnostic, ...], before: dict[str, Source], texts: dict[str, str]) -> str:
    """Asks about one fix, and shows the lines that it would change."""
    found, *caused = findings
    click.echo(f"{found.severity}[{found.rule}]: {found.message}")
    click.echo(f"  --> {found.place.file}:{found.place.line}:{found.place.column}")
    if found.fix is not None:
        click.echo(f"   = fix ({found.fix.applicability}): {found.fix.title}")
    for other in caused:
        title = "" if other.fix is None else f": {other.fix.title}"
        click.echo(f"   = along with it, because of {other.rule}{title}")
    for name in sorted(texts):
        click.echo(diff_of(before[name], texts[name]), nl=False)
    answer: str = click.prompt(
        "apply it? (y: yes, n: no, a: this and the rest, s: skip the rule, q: quit)",
        type=click.Choice(("y", "n", "a", "s", "q"), case_sensitive=False),
        default="n",
        show_choices=False,
    )
    click.echo()
    return answer.lower()
