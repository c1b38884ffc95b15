"""`valuelint config`."""

from __future__ import annotations

import os

import click

from valuelint.cli import EXIT_CLEAN, EXIT_USAGE, report_problems
from valuelint.light import TYPE_CHECKING

if TYPE_CHECKING:
    from valuelint.workspace.config import ClusterConfig, Config


@click.group("config", short_help="Show the configuration in force.")
def command() -> None:
    """What the configuration says, all told."""


@command.command("show")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--config", "config_file", metavar="FILE", help="The configuration (else .valuelint.yaml, upwards).")
def show(path: str, config_file: str | None) -> int:
    """Show every setting in force for PATH, and the place that says it."""
    from valuelint.cli._rules import with_policies
    from valuelint.workspace.config import find_config, read_config
    from valuelint.workspace.release import Problem
    from valuelint.workspace.settings import DEFAULT, Said, describe

    if not os.path.exists(path):
        raise click.UsageError(f"there is no {path}")
    file = config_file or find_config(path)
    if file is None:
        click.echo("no configuration: .valuelint.yaml, or [tool.valuelint] in pyproject.toml, upwards from " + path)
        return EXIT_CLEAN
    try:
        config = read_config(file, os.path.relpath(file))
    except Problem as problem:
        report_problems([problem])
        return EXIT_USAGE
    lines = describe(config.settings or DEFAULT)
    lines += [Said(f"fix.{rule}", level, None) for rule, level in config.fix.items()]
    lines += [Said(f"expect.{key}", value, None) for key, value in config.expect.items()]
    for cluster in config.clusters:
        for release in cluster.releases:
            said = [release.chart, release.version or "(any version)", release.name and f"release {release.name}"]
            said += [release.namespace and f"in {release.namespace}", ", ".join(file for file, _ in release.values)]
            lines.append(Said(f"clusters.{cluster.name}", " ".join(part for part in said if part), release.place))
    shown = [(f"{item.key}: {item.value}", _place(item, config.file)) for item in lines]
    rules, problems = with_policies([config.settings] if config.settings is not None else [])
    shown += [line for cluster in config.clusters for line in _own_environment(cluster, config.file)]
    shown += _assumed(config)
    shown += [
        (f"rules.{rule.id}: in place of another", os.path.relpath(rule.file))
        for rule in rules
        if rule.data.get("replaces", False)
    ]
    wide = min(max(len(text) for text, _ in shown), 80)
    for text, place in shown:
        click.echo(f"{text:{wide}}  # {place}")
    return EXIT_USAGE if report_problems(problems) else EXIT_CLEAN


def _own_environment(cluster: ClusterConfig, file: str) -> list[tuple[str, str]]:
    if not cluster.environment:
        return []
    return [(f"clusters.{cluster.name}.environment: [{', '.join(cluster.environment)}]", file)]


def _assumed(config: Config) -> list[tuple[str, str]]:
    """What the environments mean that the configuration names: what is assumed, and what it changes."""
    from valuelint.workspace.settings import environments

    named = list(config.settings.environment) if config.settings is not None else []
    named += [name for cluster in config.clusters for name in cluster.environment]
    explicit = config.settings.severity if config.settings is not None else {}
    found = []
    for name in dict.fromkeys(named):
        told = environments()[name]
        found += [(f"environment.{name}: {line}", "valuelint") for line in (told["summary"], *told["assumes"])]
        for rule, level in told.get("severity", {}).items():
            if rule not in explicit:
                found.append((f"severity.{rule}: {level}", f"environment {name}"))
    return found


def _place(item: object, file: str) -> str:
    from valuelint.workspace.settings import Said

    assert isinstance(item, Said)
    if item.place is None:
        return file if item.key.startswith(("fix.", "expect.")) else "default"
    line, column = item.place.source.position(item.place.start)
    return f"{item.place.source.name}:{line}:{column}"
