"""`valuelint chart`: the options that are known, and how to teach more."""

from __future__ import annotations

import os

import click

from valuelint.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE
from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valuelint.charts.compiler import Change
    from valuelint.charts.options import Options, OptionTable
    from valuelint.syntax import Path

MOST_CHANGES = 20
"""Changes of each kind that `add` lists for a version."""


@click.group("chart", short_help="Look up the options of a chart, or teach another version or chart.")
def command() -> None:
    """Look up the options of a chart, or teach another version or chart."""


# --- add ------------------------------------------------------------------------------------------


@command.command("add", short_help="Learn the options of a chart from its archive or folder.")
@click.argument("charts", nargs=-1, required=True, metavar="ARCHIVE|FOLDER...")
@click.option("--into", metavar="FOLDER", help="Where to keep them (else .valuelint/charts, upwards from here).")
def add(charts: tuple[str, ...], into: str | None) -> int:
    """Learn the options of a chart from its archive or folder.

    A newer release of a chart that is known already joins its versions; a chart of your own becomes known by its name.
    What is kept are names, types, defaults and versions, no texts; commit the folder, and everybody has them.
    """
    from valuelint import resources
    from valuelint.charts.compiler import CompileError, compile_charts

    folder = into or resources.find_added(os.getcwd()) or resources.ADDED
    try:
        written = compile_charts(charts, folder, _say, shipped=True)
    except CompileError as error:
        click.echo(f"error: {error}", err=True)
        return EXIT_USAGE
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        with open(ignore, "w", encoding="utf-8") as file:
            file.write("__pycache__/\n")
    for name in written:
        click.echo(name)
    return EXIT_CLEAN


def _say(found: Change) -> None:
    from valuelint.syntax import format_path

    click.echo(f"{found.chart} {found.version}" + (f" (after {found.before})" if found.before else ""))
    for mark, paths in (("+", found.added), ("-", found.removed)):
        for path in paths[:MOST_CHANGES]:
            click.echo(f"  {mark} {format_path(path)}")
        if len(paths) > MOST_CHANGES:
            click.echo(f"  {mark} and {len(paths) - MOST_CHANGES} more")
    for path, before, after in found.moved[:MOST_CHANGES]:
        click.echo(f"  ~ {format_path(path)}: {_value(before)} -> {_value(after)}")
    if len(found.moved) > MOST_CHANGES:
        click.echo(f"  ~ and {len(found.moved) - MOST_CHANGES} more")


# --- list and show --------------------------------------------------------------------------------


@command.command("list", short_help="List the charts and versions whose options are known.")
@click.argument("chart", required=False)
def list_charts(chart: str | None) -> int:
    """List the charts whose options are known; of one CHART, its versions."""
    from valuelint.charts.facts import chart_names

    if chart is not None:
        table = _table(chart)
        for version in table.table.versions:
            click.echo(version)
        return EXIT_CLEAN
    for name in chart_names():
        versions = _versions(name)
        if versions:
            click.echo(f"{name}  {len(versions)} versions, {versions[0]} to {versions[-1]}")
    return EXIT_CLEAN


@command.command("show", short_help="Show an option of a chart, or a block of them.")
@click.argument("chart")
@click.argument("version")
@click.argument("path", required=False, default="")
def show(chart: str, version: str, path: str) -> int:
    """Show the option at PATH of a CHART's VERSION, or the options below it.

    Exit codes: 0, 1 if there is no such option, 2 for a chart, version or path that cannot be used.
    """
    from valuelint.charts import options
    from valuelint.charts.versions import parse_version
    from valuelint.syntax import format_path, parse_path

    table = _table(chart)
    try:
        parse_version(version)
        names = parse_path(path) if path else ()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    used, exact = table.table.nearest(version)
    if not exact:
        click.echo(f"info: {chart} {version} is not known here: these are the options of {used}", err=True)
    known = table.at(used)
    if names and not known.knows(names):
        click.echo(f"{format_path(names)} is no option of {chart} {used}")
        span = table.span(names, used)
        if span.last is not None:
            click.echo(f"  was one up to {span.last}")
        if span.added is not None:
            click.echo(f"  is one from {span.added} on")
        entry = table.corrections.find("renamed", names, used)
        if entry is not None:
            places = [place for change in entry.get("by_value", {}).values() for place in change]
            places += [entry["to"]] if "to" in entry else entry.get("to_all", [])
            click.echo(f"  now {', '.join(dict.fromkeys(places))}")
        for suggestion in options.suggest(known, names, None):
            click.echo(f"  did you mean {format_path(suggestion.path)}?")
        return EXIT_FINDINGS
    for line in _described(table, known, names, used):
        click.echo(line)
    return EXIT_CLEAN


def _described(table: OptionTable, known: Options, path: Path, version: str) -> list[str]:
    from valuelint.syntax import format_path

    below = known.children(path)
    if below:
        lines = []
        for key in sorted(below):
            here = (*path, key)
            inner = len(known.children(here))
            what = f"{{…}} {inner} options" if inner else _value(known.default(here))
            lines.append(
                f"{format_path(here)}: {what}" + (" (takes anything below)" if known.free(here) and inner else "")
            )
        return lines
    if path and any(known.free(path[:length]) for length in range(1, len(path))):
        return [f"{format_path(path)}: anything may stand here; the block is used whole"]
    accepted = table.table.accepted(version).get(tuple(str(key) for key in path))
    lines = [f"{format_path(path)}: {_value(known.default(path))}"]
    if isinstance(accepted, list):
        lines.append(f"  one of {', '.join(_value(one) for one in accepted)}")
    elif accepted:
        lines.append(f"  takes {accepted.replace(' ', ' or ')}")
    first, last = table.stretch(path, version)
    lines.append(f"  there from {first} to {last}")
    for first, last, value in table.table.history(path):
        lines.append(f"  {first} to {last}: {_value(value)}")
    for section, word in (("allowed", "takes"), ("deprecated", "deprecated")):
        entry = table.corrections.find(section, path, version)
        if entry is not None:
            said = entry.get("note") or entry["reason"]
            values = ", ".join(_value(one) for one in entry.get("values", ()))
            lines.append(f"  {word} {values}" if values else f"  {word}: {said}")
    return lines


def _table(chart: str) -> OptionTable:
    from valuelint.charts import options
    from valuelint.charts.facts import load_chart

    found = load_chart(chart)
    table = options.load(found.name) if found is not None else None
    if table is None:
        raise click.UsageError(f"no options of the chart {chart} are known; valuelint chart list names those that are")
    return table


def _versions(chart: str) -> list[str]:
    from valuelint.charts import options

    table = options.load(chart)
    return table.table.versions if table is not None else []


def _value(value: Any) -> str:
    import json

    from valuelint.charts.tables import ABSENT, OPAQUE

    if isinstance(value, str) and value == ABSENT:
        return "(no default)"
    if isinstance(value, str) and value == OPAQUE:
        return "(a text)"
    return json.dumps(value, ensure_ascii=False)
