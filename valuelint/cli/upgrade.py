"""`valuelint upgrade`."""

from __future__ import annotations

import click

from valuelint.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_NOTHING, EXIT_USAGE, open_workspace, report_problems
from valuelint.cli._options import workspace_options
from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Diagnostic
    from valuelint.lint.rule import Rule
    from valuelint.lint.upgrade import Upgrade
    from valuelint.workspace.release import Cluster, Workspace

MOST_DEFAULTS = 25
"""Moved defaults that are listed without --verbose."""


@click.command("upgrade", short_help="Say what another version of a chart makes of the values.")
@workspace_options
@click.option("--to", "after", metavar="VERSION", required=True, help="The version to go to.")
@click.option("--from", "before", metavar="VERSION", help="The version now (else what the files say).")
@click.option("--chart", metavar="CHART", help="The chart, where there are several.")
@click.option("--fix", "mend", is_flag=True, help="Write the safe fixes for the new version into the files.")
@click.option("--unsafe", is_flag=True, help="With --fix: the unsafe ones as well.")
@click.option("--diff", is_flag=True, help="Show what --fix would change.")
@click.option("--format", "output_format", type=click.Choice(("text", "json")), default="text", help="How to say it.")
@click.option("-v", "--verbose", is_flag=True, help="Every default that moved.")
def command(
    after: str,
    before: str | None,
    chart: str | None,
    mend: bool,
    unsafe: bool,
    diff: bool,
    output_format: str,
    verbose: bool,
    **where: Any,
) -> int:
    """Say what another version of a chart makes of the values.

    Four questions: what stops the deploy, what is silently lost, which defaults move under these values, and which
    monitors appear, vanish or are no longer selected. Only what the version changes is said; `check` says the rest.

    Exit codes: 0 nothing stops and nothing is lost, 1 something does, 2 input that cannot be used, 3 no release to
    upgrade.
    """
    from valuelint.charts.facts import load_chart
    from valuelint.charts.versions import parse_version
    from valuelint.lint.rule import load_rules
    from valuelint.lint.upgrade import candidates, chart_of, compare

    for option, version in (("--to", after), ("--from", before)):
        try:
            parse_version(version or "0.0.0")
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=option) from None
    if chart is not None and load_chart(chart) is None:
        raise click.BadParameter(f"nothing is known of the chart {chart}", param_hint="--chart")
    workspace = open_workspace(**where)
    failed = report_problems(workspace.problems)
    charts = sorted({release.chart for cluster in workspace.clusters for release in cluster.releases})
    wanted = chart or chart_of(after, charts)
    if wanted is None:
        if not charts:
            click.echo("no values of a known chart were found", err=True)
            return EXIT_USAGE if failed else EXIT_NOTHING
        raise click.UsageError(f"there are releases of several charts; name one with --chart ({', '.join(charts)})")
    rules = load_rules()
    found: list[Upgrade] = []
    for cluster in workspace.clusters:
        for number in candidates(cluster, wanted):
            now = before or cluster.releases[number].version
            if now is None:
                file = cluster.releases[number].file or cluster.releases[number].title
                raise click.UsageError(f"nothing says which version {file} is of; say it with --from")
            found.append(compare(cluster, number, now, after, rules))
    if not found:
        click.echo(f"there is no release of {wanted}", err=True)
        return EXIT_USAGE if failed else EXIT_NOTHING
    _warn_of_unknown(wanted, after)
    if output_format == "json":
        click.echo(_json(found))
    else:
        for upgrade in found:
            click.echo(_text(upgrade, verbose), nl=False)
    if mend or diff:
        return _mend(_upgraded(workspace, wanted, after), rules, unsafe, diff)
    clean = all(upgrade.clean for upgrade in found)
    return EXIT_USAGE if failed else EXIT_CLEAN if clean else EXIT_FINDINGS


def _warn_of_unknown(chart: str, version: str) -> None:
    from valuelint.charts.facts import load_chart

    known = load_chart(chart)
    used, exact = known.table.nearest(version) if known is not None else (version, True)
    if not exact:
        click.echo(f"info: {chart} {version} is not known here: judged by the facts of {used}", err=True)


def _upgraded(workspace: Workspace, chart: str, version: str) -> Workspace:
    from valuelint.lint.upgrade import candidates, with_version

    def renewed(cluster: Cluster) -> Cluster:
        for number in candidates(cluster, chart):
            cluster = with_version(cluster, number, version)
        return cluster

    return workspace._replace(clusters=tuple(renewed(cluster) for cluster in workspace.clusters))


def _mend(workspace: Workspace, rules: list[Rule], unsafe: bool, diff: bool) -> int:
    """Applies the fixes for options, as the new version wants them."""
    from valuelint.cli._fix import Settings, run

    only = ("renamed-option", "removed-option", "not-allowed-value", "wrong-type", "unknown-option")
    settings = Settings(unsafe, False, diff, False, only, None, False, False, "error", "auto")
    return run(workspace, rules, settings)


# --- words ----------------------------------------------------------------------------------------


def _text(upgrade: Upgrade, verbose: bool) -> str:
    lines = [f"{upgrade.release.title}: {upgrade.release.chart} {upgrade.before} -> {upgrade.after}"]
    for title, findings in (
        ("stops the deploy", upgrade.breaks),
        ("is lost without a word", upgrade.lost),
        ("is found by other rules", upgrade.other),
    ):
        if findings:
            lines += ["", f"  {title}: {len(findings)}"]
            for finding in findings:
                lines += _finding(finding)
    if upgrade.idle:
        lines += ["", f"  no longer counts, because of something else: {len(upgrade.idle)}"]
        for item in upgrade.idle:
            place = "" if item.file is None else f"{item.file}:{item.line}: "
            lines.append(
                f"    {place}{_path(item.path)} is read only where {_path(item.needs)} is on, and that is off here"
            )
    if upgrade.monitors:
        lines += ["", f"  monitors: {len(upgrade.monitors)}"]
        for sight in upgrade.monitors:
            why = f" ({sight.why})" if sight.why else ""
            name = f"{sight.namespace}/{sight.name}" if sight.namespace else sight.name
            lines.append(f"    {sight.kind} {name} {sight.change}{why}")
    if upgrade.moved:
        lines += ["", f"  defaults that move: {len(upgrade.moved)}"]
        shown = upgrade.moved if verbose else upgrade.moved[:MOST_DEFAULTS]
        for path, before, after in shown:
            lines.append(f"    {_path(path)}: {_value(before)} -> {_value(after)}")
        if len(shown) < len(upgrade.moved):
            lines.append(f"    and {len(upgrade.moved) - len(shown)} more (--verbose)")
    if upgrade.gone:
        lines += ["", f"  no longer a finding: {len(upgrade.gone)}"]
        lines += [f"    {finding.place.file}:{finding.place.line}: {finding.message}" for finding in upgrade.gone]
    if len(lines) == 1:
        lines += ["", "  nothing changes for these values"]
    return "\n".join(lines) + "\n\n"


def _finding(finding: Diagnostic) -> list[str]:
    place = finding.place
    lines = [f"    {place.file}:{place.line}:{place.column}: {finding.severity}[{finding.rule}] {finding.message}"]
    lines += [f"      = {note}" for note in finding.notes[:2]]
    if finding.fix is not None:
        lines.append(f"      = fix ({finding.fix.applicability}): {finding.fix.title}")
    return lines


def _path(path: Any) -> str:
    from valuelint.syntax import format_path

    return format_path(path)


def _value(value: Any) -> str:
    import json

    from valuelint.charts.tables import ABSENT

    return "none" if value == ABSENT else json.dumps(value)


def _json(found: list[Upgrade]) -> str:
    import json

    from valuelint.charts.tables import ABSENT

    def finding(item: Diagnostic) -> dict[str, Any]:
        return {
            "rule": item.rule,
            "severity": item.severity,
            "message": item.message,
            "file": item.place.file,
            "line": item.place.line,
            "column": item.place.column,
            "path": _path(item.place.path),
            "fix": None if item.fix is None else {"applicability": item.fix.applicability, "title": item.fix.title},
        }

    def plain(value: Any) -> Any:
        return None if value == ABSENT else value

    data = [
        {
            "release": upgrade.release.title,
            "chart": upgrade.release.chart,
            "from": upgrade.before,
            "to": upgrade.after,
            "breaks": [finding(item) for item in upgrade.breaks],
            "lost": [finding(item) for item in upgrade.lost],
            "idle": [
                {"path": _path(item.path), "needs": _path(item.needs), "file": item.file, "line": item.line}
                for item in upgrade.idle
            ],
            "other": [finding(item) for item in upgrade.other],
            "gone": [finding(item) for item in upgrade.gone],
            "defaults": [
                {"path": _path(item.path), "from": plain(item.before), "to": plain(item.after)}
                for item in upgrade.moved
            ],
            "monitors": [
                {"change": item.change, "kind": item.kind, "name": item.name, "namespace": item.namespace}
                for item in upgrade.monitors
            ],
        }
        for upgrade in found
    ]
    return json.dumps({"upgrades": data}, indent=2, ensure_ascii=False)
