"""`valuelint fix`."""

from __future__ import annotations

import sys

import click

from valuelint.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, open_workspace, report_problems
from valuelint.cli._options import workspace_options
from valuelint.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Diagnostic
    from valuelint.lint.fix import Ask, Repair
    from valuelint.lint.rule import Rule
    from valuelint.syntax import Source
    from valuelint.workspace.release import Workspace


class Settings(NamedTuple):
    """The options of `fix`."""

    unsafe: bool
    interactive: bool
    diff: bool
    check: bool
    only: tuple[str, ...]
    side: str | None
    keep_going: bool
    exit_non_zero_on_fix: bool
    fail_on: str
    color: str


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
    default="warning",
    show_default=True,
    help="The mildest finding that counts as left.",
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
    fail_on: str,
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
    from valuelint.lint.rule import load_rules

    settings = Settings(unsafe, interactive, diff, check, only, side, keep_going, exit_non_zero_on_fix, fail_on, color)
    if diff + check + interactive > 1:
        raise click.UsageError("--diff, --check and --interactive exclude each other")
    if interactive and not _at_terminal():
        raise click.UsageError(
            "there is no terminal to ask at; --diff shows the fixes, --only RULE applies those of a rule"
        )
    rules = load_rules()
    known = {rule.id for rule in rules}
    for name in only:
        if name not in known:
            raise click.UsageError(f"unknown rule {name}; valuelint rules lists them")
    workspace = open_workspace(**where)
    return run(workspace, rules, settings)


def run(workspace: Workspace, rules: list[Rule], settings: Settings) -> int:
    """Fixes a workspace, writes or shows the result, and gives the exit code."""
    from valuelint.lint.fix import repair

    failed = report_problems(workspace.problems)
    sources = _sources(workspace)
    level = "unsafe" if settings.unsafe or settings.interactive else "safe"
    ask = _questions(settings) if settings.interactive else None
    result = repair(workspace, rules, level, frozenset(settings.only), settings.side or "", ask)
    for item in result.failed:
        place = item.diagnostic.place
        click.echo(f"not fixed: {place.file}:{place.line}: {item.diagnostic.rule}: {item.reason}", err=True)
    if settings.diff or settings.check:
        for name in sorted(result.texts):
            click.echo(name if settings.check else _diff(sources[name], result.texts[name]), nl=settings.check)
        if settings.diff:
            click.echo(_summary(result, level, "would be applied"), err=True)
        return EXIT_USAGE if failed else EXIT_FINDINGS if result.texts else EXIT_CLEAN
    if not _write(result, sources, settings.keep_going):
        return EXIT_USAGE
    return EXIT_USAGE if failed else _said(result, rules, settings, level)


def _said(result: Repair, rules: list[Rule], settings: Settings, level: str) -> int:
    """Says what was fixed and what is left; gives the exit code."""
    from valuelint.cli._check import Settings as Shown
    from valuelint.cli._check import exit_code, render

    for fixed in result.fixed:
        click.echo(_line(fixed))
    for gone in result.along:
        click.echo(f"gone  {gone.place.file}:{gone.place.line}: {gone.rule}: {gone.message}")
    if result.fixed:
        click.echo()
    click.echo(render(result.left, rules, Shown(fail_on=settings.fail_on, color=settings.color)), nl=False)
    click.echo(_summary(result, level, "applied"), err=True)
    if settings.exit_non_zero_on_fix and result.texts:
        return EXIT_FINDINGS
    return exit_code(result.left, settings.fail_on, strict=False)


def _sources(workspace: Workspace) -> dict[str, Source]:
    return {
        layer.source.name: layer.source
        for cluster in workspace.clusters
        for release in cluster.releases
        for layer in release.layers
    }


def _write(result: Repair, sources: dict[str, Source], keep_going: bool) -> bool:
    """Writes the files of a cluster together or not at all; with `keep_going` each by itself. Whether all went well."""
    from valuelint.cli._files import Change, WriteError, replace_all

    groups = [sorted(names) for names in result.together]
    if keep_going:
        groups = [[name] for names in groups for name in names]
    written: list[str] = []
    trouble = False
    for names in groups:
        changes = [Change(name, sources[name].data, sources[name].with_text(result.texts[name]).data) for name in names]
        try:
            replace_all(changes)
            written += names
        except WriteError as error:
            click.echo(f"error: {error}", err=True)
            trouble = True
            if not keep_going:
                break
    if trouble:
        said = ", ".join(written) if written else "nothing"
        hint = "" if keep_going else " (--keep-going writes what can be written)"
        click.echo(f"written: {said}{hint}", err=True)
    return not trouble


# --- one by one -----------------------------------------------------------------------------------


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _questions(settings: Settings) -> Ask:
    """The function that asks about one fix."""

    def ask(found: Diagnostic, before: dict[str, Source], texts: dict[str, str]) -> str:
        fix = found.fix
        click.echo(f"{found.severity}[{found.rule}]: {found.message}")
        click.echo(f"  --> {found.place.file}:{found.place.line}:{found.place.column}")
        if fix is not None:
            click.echo(f"   = fix ({fix.applicability}): {fix.title}")
        for name in sorted(texts):
            click.echo(_diff(before[name], texts[name]), nl=False)
        answer: str = click.prompt(
            "apply it? (y: yes, n: no, a: this and the rest, s: skip the rule, q: quit)",
            type=click.Choice(("y", "n", "a", "s", "q"), case_sensitive=False),
            default="n",
            show_choices=False,
        )
        click.echo()
        return answer.lower()

    return ask


# --- words ----------------------------------------------------------------------------------------


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


_EFFECTS = {
    "rendered": ("monitor is now rendered", "monitors are now rendered"),
    "selected": ("monitor is now selected by Prometheus", "monitors are now selected by Prometheus"),
    "reached": ("monitor is now where Prometheus looks", "monitors are now where Prometheus looks"),
    "picked-up": ("group of dashboards is now loaded by Grafana", "groups of dashboards are now loaded by Grafana"),
}


def _summary(result: Repair, level: str, verb: str) -> str:
    count = len(result.fixed)
    said = f"{count} fix{'' if count == 1 else 'es'} {verb}"
    if count:
        effects = []
        for effect, (one, many) in _EFFECTS.items():
            number = len({(name, promise) for name, promise in result.kept if promise.effect == effect})
            if number:
                effects.append(f"{number} {one if number == 1 else many}")
        said += f" (proven: {', '.join(['parsed', 'only the named values change', 'the findings are gone', *effects])})"
    if level == "safe":
        left = [item.fix for item in result.left.findings]
        more = sum(1 for fix in left if fix is not None and fix.applicability == "unsafe")
        said += f"; {more} more with --unsafe" if more else ""
    return said
