"""What `check` does once its arguments are known."""

from __future__ import annotations

import os
import sys

from valuelint.cli import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_NOTHING,
    EXIT_USAGE,
    complain,
    equipped,
    open_workspace,
    report_problems,
    say,
)
from valuelint.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Report
    from valuelint.workspace.release import Workspace


MACHINES = ("json", "sarif", "rdjson")
"""Formats whose edits programs apply."""


class Settings(NamedTuple):
    """The options of `check`, as they are when nobody says otherwise."""

    output_format: str = "text"
    output: str | None = None
    fail_on: str = ""
    strict: bool = False
    color: str = "auto"
    verbose: bool = False
    quiet: bool = False
    ignores: bool = True
    baseline: str = ""
    since: str | None = None


FAIL_ON = ("error", "warning", "info", "never")

FLAGS: dict[str, dict[str, Any]] = {
    "--strict": {"strict": True},
    "--no-ignores": {"ignores": False},
    "--verbose": {"verbose": True},
    "-v": {"verbose": True},
    "--quiet": {"quiet": True},
    "-q": {"quiet": True},
}
"""Options that need no more than to be named, with their settings."""


def plain(words: list[str]) -> tuple[Settings, tuple[str, ...]] | None:
    """The settings and paths of a command line with nothing but paths, flags and --fail-on; None for all others."""
    settings, paths = Settings(), []
    waiting = iter(words)
    for word in waiting:
        if word == "--fail-on":
            level = next(waiting, "")
            if level not in FAIL_ON:
                return None
            settings = settings._replace(fail_on=level)
        elif word in FLAGS:
            settings = settings._replace(**FLAGS[word])
        elif word.startswith("-"):
            return None
        else:
            paths.append(word)
    return settings, tuple(paths)


def run(settings: Settings, paths: tuple[str, ...], config_file: str | None = None, **said: Any) -> int:
    """Checks what the paths and the other options of the workspace name, says it, and gives the exit code."""
    from valuelint.lint import engine

    workspace, rules = equipped(open_workspace(paths, config_file, **said))
    workspace, settings = judged(workspace, settings)
    failed = report_problems(workspace.problems)
    report = engine.run(workspace, rules, only_shown=settings.output_format not in MACHINES)
    if settings.since is not None:
        from valuelint.cli._narrow import caused

        narrowed = caused(report, settings, paths, config_file, said)
        if narrowed is None:
            return EXIT_USAGE
        report = narrowed
    if settings.baseline:
        from valuelint.cli._narrow import unknown

        compared = unknown(report, settings.baseline, workspace)
        if compared is None:
            return EXIT_USAGE
        report = compared
    if not write(render(report, rules, settings), settings.output) or failed:
        return EXIT_USAGE
    return exit_code(report, settings.fail_on, settings.strict)


def judged(workspace: Workspace, settings: Settings) -> tuple[Workspace, Settings]:
    """The workspace and the options, each with what the other says: the command line wins over the configuration."""
    configured = [cluster.settings for cluster in workspace.clusters if cluster.settings is not None]
    if configured:
        settings = settings._replace(
            fail_on=settings.fail_on or configured[0].threshold,
            strict=settings.strict or any(item.strict for item in configured),
        )
    if not settings.fail_on:
        settings = settings._replace(fail_on="warning")
    if not settings.strict and settings.ignores:
        return workspace, settings
    from valuelint.workspace.settings import DEFAULT

    clusters = []
    for cluster in workspace.clusters:
        own = cluster.settings or DEFAULT
        wanted = own._replace(strict=own.strict or settings.strict, comments=own.comments and settings.ignores)
        clusters.append(cluster._replace(settings=wanted))
    return workspace._replace(clusters=tuple(clusters)), settings


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


def render(report: Report, rules: list[Any], settings: Settings) -> str:
    """The report in a format."""
    from valuelint import report as formats

    name = settings.output_format
    options = formats.Options(
        color=settings.color == "always" or (settings.color == "auto" and settings.output is None and _wants_color()),
        width=_width(),
        verbose=settings.verbose,
        quiet=settings.quiet,
        fail_on=settings.fail_on,
        root=os.getcwd() if name != "text" else "",
    )
    if name == "sarif":
        from importlib.metadata import version

        texts = {
            rule.id: formats.RuleText(rule.summary, None, rule.data.get("why", ""), rule.severity) for rule in rules
        }
        options = options._replace(version=version("valuelint"), rules=texts)
    return formats.render(name, report, options)


def write(text: str, output: str | None) -> bool:
    """To a file, or to standard output; whether that worked."""
    if output is None:
        say(text)
        return True
    try:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        complain(f"error: cannot write {output}: {error.strerror}")
        return False
    return True


def _wants_color() -> bool:
    """Colours are for terminals; NO_COLOR (https://no-color.org) and a dumb terminal decline them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    if not sys.stdout.isatty():
        return 120
    from shutil import get_terminal_size

    return get_terminal_size((120, 24)).columns
