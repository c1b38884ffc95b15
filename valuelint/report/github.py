"""For GitHub Actions: workflow commands that annotate the lines of a pull request."""

from __future__ import annotations

from valuelint.lint.diagnostic import Diagnostic, Report
from valuelint.report import Options
from valuelint.report._common import amount, details, relative, undecided_line, visible

_COMMAND = {"error": "error", "warning": "warning", "info": "notice"}
_LISTED = 20
"""So many undecided matters are told in full; GitHub cuts long annotations."""


def render(report: Report, options: Options) -> str:
    lines = [_finding(finding, options) for finding in report.findings]
    # One annotation for each of these groups: GitHub shows ten notices of a step, and findings need them more.
    if report.undecided:
        told = [undecided_line(each.rule, each.message, each.decided_by) for each in report.undecided[:_LISTED]]
        more = len(report.undecided) - len(told)
        text = "\n".join(told + ([f"and {more} more"] if more else []))
        lines.append(_command("notice", {"title": f"{len(report.undecided)} undecided"}, text))
    if report.skipped:
        text = "\n".join(f"{each.file}: {each.reason}" for each in report.skipped[:_LISTED])
        more = len(report.skipped) - _LISTED
        if more > 0:
            text += f"\nand {more} more"
        lines.append(_command("notice", {"title": f"{amount(len(report.skipped), 'file')} skipped"}, text))
    lines += [_command("notice", {"title": "valuelint"}, notice) for notice in report.notices]
    return "".join(line + "\n" for line in lines)


def _finding(finding: Diagnostic, options: Options) -> str:
    place = finding.place
    properties = {
        "file": relative(place.file, options.root),
        "line": str(place.line),
        "endLine": str(place.end_line),
    }
    if place.line == place.end_line:
        # GitHub refuses columns for a span of several lines.
        properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    properties["title"] = finding.rule
    return _command(_COMMAND[finding.severity], properties, "\n".join([finding.message, *details(finding)]))


def _command(name: str, properties: dict[str, str], message: str) -> str:
    """A command on one line.

    The runner takes every line that begins with `::` for a command, so nothing from a file may begin a line or end the
    list of properties.
    """
    pairs = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {pairs}::{_data(message)}"


def _data(text: str) -> str:
    return visible(text, "\r\n\t").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
