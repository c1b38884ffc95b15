"""`valuelint check`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from valuelint.cli import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_NOTHING,
    EXIT_USAGE,
    open_workspace,
    report_problems,
    workspace_options,
)

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Report

FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit", "rdjson")
FAIL_ON = ("error", "warning", "info", "never")


@click.command("check", short_help="Say what in the values will not do what it says.")
@workspace_options
@click.option("--format", "output_format", type=click.Choice(FORMATS), default="text", help="How to say it.")
@click.option("--output", metavar="FILE", help="Write it to a file instead of standard output.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="warning",
    show_default=True,
    help="The mildest finding that fails.",
)
@click.option("--strict", is_flag=True, help="Fail on what cannot be decided, too.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours in the text.")
@click.option("-v", "--verbose", is_flag=True, help="Show what is undecided and what was skipped.")
@click.option("-q", "--quiet", is_flag=True, help="One line a finding.")
def command(
    output_format: str,
    output: str | None,
    fail_on: str,
    strict: bool,
    color: str,
    verbose: bool,
    quiet: bool,
    **where: Any,
) -> int:
    """Say what in the values will not do what it says.

    PATHS are values files of Cilium and kube-prometheus-stack, or folders that hold them. Files that belong together
    are best declared in .valuelint.yaml, with the versions of the charts and the names of the releases.

    Exit codes: 0 clean, 1 findings (--fail-on) or, with --strict, something undecided, 2 input that cannot be used,
    3 nothing was checked at all (--strict).
    """
    from valuelint.lint import engine
    from valuelint.lint.rule import load_rules

    workspace = open_workspace(**where)
    failed = report_problems(workspace.problems)
    rules = load_rules()
    report = engine.run(workspace, rules)
    write(render(report, output_format, rules, color, output, verbose, quiet, fail_on), output)
    if failed:
        return EXIT_USAGE
    return exit_code(report, fail_on, strict)


def exit_code(report: Report, fail_on: str, strict: bool) -> int:
    """The exit code of a run whose input was readable."""
    from valuelint.lint.diagnostic import SEVERITIES

    failing = SEVERITIES[SEVERITIES.index(fail_on) :] if fail_on in SEVERITIES else ()
    if any(finding.severity in failing for finding in report.findings) or (
        strict and (report.undecided or _unread(report))
    ):
        return EXIT_FINDINGS
    if strict and not report.releases:
        return EXIT_NOTHING
    return EXIT_CLEAN


def _unread(report: Report) -> bool:
    return any(item.reason != "holds no values of a known chart" for item in report.skipped)


def render(
    report: Report,
    output_format: str,
    rules: list[Any],
    color: str,
    output: str | None,
    verbose: bool,
    quiet: bool,
    fail_on: str,
) -> str:
    """The report in a format."""
    from valuelint import report as formats

    options = formats.Options(
        color=color == "always" or (color == "auto" and output is None and _wants_color()),
        width=_width(),
        verbose=verbose,
        quiet=quiet,
        fail_on=fail_on,
        root=os.getcwd() if output_format != "text" else "",
    )
    if output_format == "sarif":
        from importlib.metadata import version

        texts = {
            rule.id: formats.RuleText(rule.summary, None, rule.data.get("why", ""), rule.severity) for rule in rules
        }
        options = options._replace(version=version("valuelint"), rules=texts)
    return formats.render(output_format, report, options)


def write(text: str, output: str | None) -> None:
    """To a file, or to standard output."""
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise click.UsageError(f"cannot write {output}: {error.strerror}") from None


def _wants_color() -> bool:
    """Colours are for terminals; NO_COLOR (https://no-color.org) and a dumb terminal decline them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 120
