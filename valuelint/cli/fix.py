"""`valuelint fix`."""

from __future__ import annotations

import click

from valuelint.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, open_workspace, report_problems
from valuelint.cli._options import workspace_options
from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Diagnostic
    from valuelint.lint.fix import Repair
    from valuelint.syntax import Source
    from valuelint.workspace.release import Workspace


@click.command("fix", short_help="Repair what check finds, changing only the bytes that must change.")
@workspace_options
@click.option("--unsafe", is_flag=True, help="Apply the fixes that change the release, too.")
@click.option("--diff", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--only", "only", multiple=True, metavar="RULE", help="Fix what this rule finds, and nothing else.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Fail when something was fixed, as hooks want it.")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "info", "never")),
    default="warning",
    show_default=True,
    help="The mildest finding that counts as left.",
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours in the text.")
def command(
    unsafe: bool,
    diff: bool,
    only: tuple[str, ...],
    exit_non_zero_on_fix: bool,
    fail_on: str,
    color: str,
    **where: Any,
) -> int:
    """Repair what check finds, changing only the bytes that must change.

    Only files named by PATHS are changed. Every fix is proven before anything is written: the new text parses, only
    the declared values change, comments stay, the finding is gone, and what the fix claims is true.

    Exit codes: 0 nothing is left, 1 findings are left (or, with --diff, something would change), 2 input that cannot be
    used.
    """
    from valuelint.cli._check import Settings, exit_code, render
    from valuelint.lint.fix import repair
    from valuelint.lint.rule import load_rules

    rules = load_rules()
    known = {rule.id for rule in rules}
    for name in only:
        if name not in known:
            raise click.UsageError(f"unknown rule {name}; valuelint rules lists them")
    workspace = open_workspace(**where)
    failed = report_problems(workspace.problems)
    result = repair(workspace, rules, "unsafe" if unsafe else "safe", frozenset(only))
    sources = _sources(workspace)
    for item in result.failed:
        place = item.diagnostic.place
        click.echo(f"not fixed: {place.file}:{place.line}: {item.diagnostic.rule}: {item.reason}", err=True)
    if diff:
        for name in sorted(result.texts):
            click.echo(_diff(sources[name], result.texts[name]), nl=False)
        click.echo(_summary(result, unsafe, "would be applied"), err=True)
        return EXIT_USAGE if failed else EXIT_FINDINGS if result.texts else EXIT_CLEAN
    if not _write(result, sources):
        return EXIT_USAGE
    for fixed in result.fixed:
        click.echo(_line(fixed))
    if result.fixed:
        click.echo()
    click.echo(render(result.left, rules, Settings(color=color, fail_on=fail_on)), nl=False)
    click.echo(_summary(result, unsafe, "applied"), err=True)
    if failed:
        return EXIT_USAGE
    if exit_non_zero_on_fix and result.texts:
        return EXIT_FINDINGS
    return exit_code(result.left, fail_on, strict=False)


def _sources(workspace: Workspace) -> dict[str, Source]:
    return {
        layer.source.name: layer.source
        for cluster in workspace.clusters
        for release in cluster.releases
        for layer in release.layers
    }


def _write(result: Repair, sources: dict[str, Source]) -> bool:
    from valuelint.cli._files import WriteError, replace

    for name, text in sorted(result.texts.items()):
        source = sources[name]
        try:
            replace(name, source.data, source.with_text(text).data)
        except WriteError as error:
            click.echo(f"error: {error}", err=True)
            return False
    return True


def _diff(source: Source, text: str) -> str:
    """A unified diff; carriage returns and a missing newline at the end are kept visible as diff does."""
    from difflib import unified_diff

    old, new = source.text.split("\n"), text.split("\n")
    lines = []
    for line in unified_diff(_ended(old), _ended(new), source.name, source.name):
        lines.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(lines)


def _ended(lines: list[str]) -> list[str]:
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _line(fixed: Diagnostic) -> str:
    place, fix = fixed.place, fixed.fix
    return f"fixed {place.file}:{place.line}: {fixed.rule}: {fix.title if fix is not None else fixed.message}"


def _summary(result: Repair, unsafe: bool, verb: str) -> str:
    count = len(result.fixed)
    fixes = f"{count} fix{'' if count == 1 else 'es'} {verb}"
    proof = " (proven: parsed, only the named values change, the findings are gone)" if count else ""
    more = (
        0
        if unsafe
        else sum(1 for item in result.left.findings if item.fix is not None and item.fix.applicability == "unsafe")
    )
    return fixes + proof + (f"; {more} more with --unsafe" if more else "")
