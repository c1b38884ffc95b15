"""The command line: one module a command, each imported only when it is called.

Arguments are click's. Only `check` with nothing but paths, and `fix` with paths and flags, do without, as hooks call
them at every commit: importing click would take longer than the check.
"""

from __future__ import annotations

import gc
import os
import sys

from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuelint.lint.rule import Rule
    from valuelint.workspace.discover import Assumptions, Extra, Survey
    from valuelint.workspace.release import Problem, Workspace

# What each command does, in the order of `--help`. The command is `command` in the module of its name.
COMMANDS = {
    "check": "Say what in the values will not do what it says.",
    "fix": "Repair what check finds, changing only the bytes that must change.",
    "targets": "Show Prometheus' Targets page before the deploy.",
    "upgrade": "Say what another version of a chart makes of the values.",
    "chart": "Look up the options of a chart, or teach another version or chart.",
    "releases": "List the releases that were found, and where their values come from.",
    "why": "Show where a value comes from, layer by layer.",
    "explain": "Explain a rule: what it finds, why it matters, what to do.",
    "rules": "List the rules.",
    "baseline": "Write down today's findings, so that check reports only new ones.",
    "test": "Run the examples and tests of policies.",
    "policies": "List where policies come from, and fetch those of other repositories.",
    "new-rule": "Write a rule of your own that passes its tests at once.",
    "config": "Show the configuration in force, and where each setting comes from.",
    "init": "Write a commented configuration from what is found.",
}

EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_NOTHING, EXIT_INTERNAL = 0, 1, 2, 3, 4


def main() -> None:
    """Runs the command of the command line and exits: 0 clean, 1 findings, 2 what cannot be used, 3 nothing to do."""
    gc.set_threshold(50_000, 20, 50)  # a run makes much and drops little: looking for garbage finds next to none
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        complain("interrupted")
        code = 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not complain while it closes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_CLEAN
    except Unwritable as error:
        complain(f"error: {error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_USAGE
    except Exception as error:
        # A mistake of ours: said in one line; VALUELINT_DEBUG shows where it happened.
        if os.environ.get("VALUELINT_DEBUG"):
            raise
        if type(error).__name__ == "BrokenRule" and (policy := getattr(error, "file", "")):
            complain(f"error: {os.path.relpath(policy)}: {error}")
            sys.exit(EXIT_USAGE)
        complain(f"internal error: {error} ({type(error).__name__})")
        complain("please report it with the output of the same command under VALUELINT_DEBUG=1")
        code = EXIT_INTERNAL
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    completing = "_VALUELINT_COMPLETE" in os.environ
    if arguments[:1] == ["check"] and not completing:
        from valuelint.cli import _check

        asked = _check.plain(arguments[1:])
        if asked is not None:
            return _check.run(*asked)
    if arguments[:1] == ["fix"] and not completing:
        from valuelint.cli import _fix

        settings = _fix.plain(arguments[1:])
        if settings is not None:
            paths = tuple(word for word in arguments[1:] if not word.startswith("-"))
            return _fix.run(*equipped(open_workspace(paths, None)), settings)
    from valuelint.cli._group import run_command

    return run_command()


class Unwritable(Exception):  # noqa: N818 - says what it is
    """Standard output takes nothing any more."""


def say(text: str) -> None:
    """Writes to standard output; what its encoding does not know is escaped. Raises Unwritable, BrokenPipeError."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritable(f"cannot write the output: {error.strerror}") from None


def complain(text: str) -> None:
    """Writes a line to standard error."""
    print(text, file=sys.stderr)


# --- what several commands share ------------------------------------------------------------------


def open_workspace(paths: tuple[str, ...], config_file: str | None, **said: Any) -> Workspace:
    """The workspace that the options of `workspace_options` describe."""
    from valuelint.workspace.discover import read_all

    return read_all(open_survey(paths, config_file, **said), bool(paths or said.get("values_files")))


def equipped(workspace: Workspace) -> tuple[Workspace, list[Rule]]:
    """The workspace, with what is wrong with the policies that its configurations name; and the rules of a run."""
    from valuelint.lint.rule import load_rules

    configured = [cluster.settings for cluster in workspace.clusters if cluster.settings is not None]
    if not any(settings.policies or settings.parameters for settings in configured):
        return workspace, load_rules(examples=False)
    from valuelint.cli._rules import with_policies

    rules, problems = with_policies(configured)
    return workspace._replace(problems=tuple(dict.fromkeys((*workspace.problems, *problems)))), rules


def open_survey(
    paths: tuple[str, ...],
    config_file: str | None,
    values_files: tuple[str, ...] = (),
    set_values: tuple[str, ...] = (),
    set_string: tuple[str, ...] = (),
    set_json: tuple[str, ...] = (),
    **said: str | None,
) -> Survey:
    """What is to be looked at, by the options of `workspace_options`, with nothing read yet."""
    from valuelint.workspace.discover import survey

    options = (("--set-json", set_json), ("--set", set_values), ("--set-string", set_string))
    extra = [_extra(option, text) for option, texts in options for text in texts]
    return survey(list(paths), config_file, assumptions(**said), extra, list(values_files))


def _extra(option: str, text: str) -> Extra:
    """The layer of a --set and its kin; a chart's name and a colon in front say whose values it belongs to."""
    from valuelint.charts.facts import load_chart
    from valuelint.workspace.discover import Extra
    from valuelint.workspace.sets import from_command_line, parse_set, parse_set_json

    chart, colon, rest = text.partition(":")
    known = load_chart(chart) if colon and "=" not in chart else None
    pairs = rest if known is not None else text
    try:
        parsed = parse_set_json(pairs) if option == "--set-json" else parse_set(pairs, option == "--set-string")
    except ValueError as error:
        import click

        raise click.BadParameter(str(error), param_hint=option) from None
    return Extra(None if known is None else known.name, from_command_line(option, pairs, parsed))


def assumptions(
    cilium_version: str | None = None,
    prometheus_version: str | None = None,
    prometheus_release: str | None = None,
    prometheus_namespace: str | None = None,
) -> dict[str, Assumptions]:
    """What the options of `workspace_options` say of a chart's releases, by chart."""
    from valuelint.workspace.discover import Assumptions

    assumed = {
        "cilium": Assumptions(version=cilium_version),
        "kube-prometheus-stack": Assumptions(prometheus_version, prometheus_release, prometheus_namespace),
    }
    return {chart: assumption for chart, assumption in assumed.items() if any(said is not None for said in assumption)}


def report_problems(problems: Sequence[Problem]) -> bool:
    """Says on standard error what could not be used; whether there was anything."""
    for problem in problems:
        complain(f"error: {problem}")
    return bool(problems)
