"""The commands as click knows them."""

from __future__ import annotations

from importlib import import_module

import click

from valuelint.cli import COMMANDS, EXIT_CLEAN, EXIT_USAGE


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


def run_command() -> int:
    """Runs the command that the command line names; gives its exit code. Raises KeyboardInterrupt."""
    try:
        code = group.main(prog_name="valuelint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else EXIT_CLEAN
