"""`valuelint check`."""

from __future__ import annotations

import click

from valuelint.cli._check import FAIL_ON, Settings, run
from valuelint.cli._options import workspace_options
from valuelint.light import Any

FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit", "rdjson")


@click.command("check", short_help="Say what in the values will not do what it says.")
@workspace_options
@click.option("--format", "output_format", type=click.Choice(FORMATS), default="text", help="How to say it.")
@click.option("--output", metavar="FILE", help="Write it to a file instead of standard output.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="The mildest finding that fails: warning, unless the configuration says otherwise.",
)
@click.option("--strict", is_flag=True, help="Fail on what cannot be decided, too.")
@click.option("--no-ignores", is_flag=True, help="Disregard all suppressions, as an audit wants it.")
@click.option("--baseline", metavar="FILE", help="Report only what this file of `valuelint baseline` does not hold.")
@click.option("--changed-since", metavar="REV", help="Report only what changes since a git revision touch or cause.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours in the text.")
@click.option("-v", "--verbose", is_flag=True, help="Show what is undecided and what was skipped.")
@click.option("-q", "--quiet", is_flag=True, help="One line a finding.")
def command(
    output_format: str,
    output: str | None,
    fail_on: str | None,
    strict: bool,
    no_ignores: bool,
    baseline: str | None,
    changed_since: str | None,
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
    settings = Settings(output_format, output, fail_on or "", strict, color, verbose, quiet, not no_ignores)
    return run(settings._replace(baseline=baseline or "", since=changed_since), **where)
