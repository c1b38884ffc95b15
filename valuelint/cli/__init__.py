"""The command line: one module a command, each imported only when it is called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from valuelint.workspace.discover import Assumptions, Extra, Survey
    from valuelint.workspace.release import Problem, Workspace

# What each command does, in the order of `--help`. The command is `command` in the module of its name.
COMMANDS = {
    "check": "Say what in the values will not do what it says.",
    "fix": "Repair what check finds, changing only the bytes that must change.",
    "targets": "Show Prometheus' Targets page before the deploy.",
    "releases": "List the releases that were found, and where their values come from.",
    "why": "Show where a value comes from, layer by layer.",
    "explain": "Explain a rule: what it finds, why it matters, what to do.",
    "rules": "List the rules.",
}

EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_NOTHING, EXIT_INTERNAL = 0, 1, 2, 3, 4


class _Commands(click.Group):
    """A group that knows its commands by name and imports one only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"valuelint.cli.{cmd_name.replace('-', '_')}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"valuelint {version('valuelint')}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def group() -> None:
    """Lints, fixes and predicts Helm values of Cilium and kube-prometheus-stack."""


def main() -> None:
    """Runs the command of the command line and exits: 0 clean, 1 findings, 2 what cannot be used, 3 nothing to do."""
    try:
        code = group.main(prog_name="valuelint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        code = 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not complain while it closes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_CLEAN
    except Exception as error:
        # A mistake of ours: said in one line; VALUELINT_DEBUG shows where it happened.
        if os.environ.get("VALUELINT_DEBUG"):
            raise
        click.echo(f"internal error: {error} ({type(error).__name__})", err=True)
        click.echo("please report it with the output of the same command under VALUELINT_DEBUG=1", err=True)
        code = EXIT_INTERNAL
    sys.exit(code if isinstance(code, int) else EXIT_CLEAN)


# --- what several commands share ------------------------------------------------------------------


def workspace_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options that say what to look at: PATHS, --config, and what the values files do not say."""
    for decorate in (
        click.option(
            "--prometheus-namespace", metavar="NS", help="The namespace of the kube-prometheus-stack release."
        ),
        click.option("--prometheus-release", metavar="NAME", help="The name of the kube-prometheus-stack release."),
        click.option("--prometheus-version", metavar="VERSION", help="The version of kube-prometheus-stack."),
        click.option("--cilium-version", metavar="VERSION", help="The version of Cilium."),
        click.option(
            "--config",
            "config_file",
            metavar="FILE",
            help="The configuration (else .valuelint.yaml, upwards from the files).",
        ),
        click.option("--set-json", multiple=True, metavar="[CHART:]KEY=JSON", help="The same, as JSON."),
        click.option("--set-string", multiple=True, metavar="[CHART:]KEY=TEXT", help="The same, always as text."),
        click.option("--set", "set_values", multiple=True, metavar="[CHART:]KEY=VALUE", help="A value, as for Helm."),
        click.option(
            "-f",
            "--values",
            "values_files",
            multiple=True,
            metavar="FILE",
            help="A values file; several of a chart are layers of one release, in this order.",
        ),
        click.argument("paths", nargs=-1, metavar="[PATH]..."),
    ):
        command = decorate(command)
    return command


def open_workspace(paths: tuple[str, ...], config_file: str | None, **said: Any) -> Workspace:
    """The workspace that the options of `workspace_options` describe."""
    from valuelint.workspace.discover import read_all

    return read_all(open_survey(paths, config_file, **said), bool(paths or said.get("values_files")))


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
    return {chart: assumption for chart, assumption in assumed.items() if any(assumption)}


def report_problems(problems: Sequence[Problem]) -> bool:
    """Says on standard error what could not be used; whether there was anything."""
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    return bool(problems)
