"""`valuelint policies`."""

from __future__ import annotations

import os

import click

from valuelint.cli import EXIT_CLEAN, EXIT_USAGE, report_problems
from valuelint.light import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from valuelint.workspace.release import Problem
    from valuelint.workspace.sources import PolicySource

_CONFIG = click.option(
    "--config", "config_file", metavar="FILE", help="The configuration (else .valuelint.yaml, upwards)."
)


@click.group("policies", short_help="Where policies come from; fetch those of other repositories.")
def command() -> None:
    """Where policies come from; fetch those of other repositories."""


@command.command("list", short_help="List where the policies of a configuration come from.")
@_CONFIG
def listed(config_file: str | None) -> int:
    """List where the policies of a configuration come from, and how many rules each place holds.

    Exit codes: 0 all are there, 2 some are not.
    """
    from valuelint.workspace.release import Problem
    from valuelint.workspace.sources import located, policy_files

    def show(source: PolicySource) -> Problem | None:
        try:
            for folder in located(source):
                count = len(policy_files(folder))
                shown = os.path.relpath(folder) if source.kind == "folder" else folder
                click.echo(f"{source.title}: {count} rule{'' if count == 1 else 's'} in {shown}")
        except Problem as problem:
            return problem
        return None

    return _each(config_file, show)


@command.command("fetch", short_help="Fetch the commits that the configuration names.")
@_CONFIG
def fetch(config_file: str | None) -> int:
    """Fetch the commits of git repositories that the configuration names as policies.

    Nothing else of valuelint uses the network. What is there already is not fetched again: a commit does not change.

    Exit codes: 0 all are there, 2 some are not.
    """
    from valuelint.cli._fetch import fetched
    from valuelint.cli._git import GitError
    from valuelint.workspace.release import Problem
    from valuelint.workspace.sources import located

    def get(source: PolicySource) -> Problem | None:
        if source.kind != "git":
            return None
        try:
            located(source)
            click.echo(f"{source.title}: here already")
        except Problem:
            try:
                count = fetched(source)
            except GitError as error:
                return source.problem(f"cannot fetch {source.title}: {error}", "")
            click.echo(f"{source.title}: fetched, {count} file{'' if count == 1 else 's'}")
        return None

    return _each(config_file, get)


def _each(config_file: str | None, act: Callable[[PolicySource], Problem | None]) -> int:
    """Does something with each source that the configuration names; the exit code."""
    from valuelint.workspace.config import find_config, sources_named
    from valuelint.workspace.release import Problem

    file = config_file or find_config(".")
    if file is None:
        click.echo("no configuration: .valuelint.yaml, or [tool.valuelint] in pyproject.toml, upwards from here")
        return EXIT_CLEAN
    try:
        sources = sources_named(file, os.path.relpath(file))
    except Problem as problem:
        report_problems([problem])
        return EXIT_USAGE
    if not sources:
        click.echo(f"{os.path.relpath(file)} names no policies")
    problems = [act(source) for source in sources]
    return EXIT_USAGE if report_problems([item for item in problems if item is not None]) else EXIT_CLEAN
