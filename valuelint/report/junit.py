"""For test reports, such as GitLab's and Jenkins': a suite for each file, a test case for each finding."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.lint.diagnostic import Diagnostic, Report
from valuelint.report import Options
from valuelint.report._common import amount, details, fails, relative, visible


def render(report: Report, options: Options) -> str:
    suites: dict[str, list[str]] = {}
    failures = skipped = 0
    for finding in report.findings:
        file = relative(finding.place.file, options.root)
        failed = fails(finding, options.fail_on)
        failures += failed
        skipped += not failed
        suites.setdefault(file, []).append(_finding(finding, file, failed))
    dirty = len(suites)
    for each in report.undecided:
        file = relative(each.file, options.root) or "valuelint"
        told = each.message + (f" (decided by {each.decided_by})" if each.decided_by else "")
        suites.setdefault(file, []).append(_skipped(file, each.rule, f"undecided: {told}"))
        skipped += 1
    for each_file in report.skipped:
        file = relative(each_file.file, options.root)
        suites.setdefault(file, []).append(_skipped(file, "not checked", each_file.reason))
        skipped += 1
    if report.files > dirty or not suites:
        # A report without a single test case counts as broken.
        clean = amount(max(report.files - dirty, 0), "file") + " without findings"
        suites.setdefault("valuelint", []).append(_case("valuelint", clean, []))
    cases = sum(len(suite) for suite in suites.values())
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="valuelint" {_totals(cases, failures, skipped)}>',
    ]
    for name, suite in suites.items():
        lines += _suite(name, suite)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(name: str, cases: list[str]) -> Iterator[str]:
    failures = sum("<failure " in case for case in cases)
    skipped = sum("<skipped " in case for case in cases)
    yield f"  <testsuite name={_quoted(name)} {_totals(len(cases), failures, skipped)}>"
    yield from cases
    yield "  </testsuite>"


def _totals(cases: int, failures: int, skipped: int) -> str:
    return f'tests="{cases}" failures="{failures}" errors="0" skipped="{skipped}"'


def _finding(finding: Diagnostic, file: str, failed: bool) -> str:
    place = finding.place
    name = f"{finding.rule} at {place.line}:{place.column}"
    head = f"{finding.severity}: {finding.message}"
    if not failed:
        return _case(file, name, [f"<skipped message={_quoted(head)}/>", _element("system-out", finding, file)])
    kind = f"message={_quoted(head)} type={_quoted(finding.rule)}"
    return _case(file, name, [_element("failure", finding, file, kind)])


def _element(tag: str, finding: Diagnostic, file: str, attributes: str = "") -> str:
    place = f"{file}:{finding.place.line}:{finding.place.column}"
    text = "\n".join([f"{place}: {finding.message}", *details(finding)])
    return f"<{tag}{attributes and ' ' + attributes}>{_escaped(text)}</{tag}>"


def _skipped(file: str, name: str, message: str) -> str:
    return _case(file, name, [f"<skipped message={_quoted(message)}/>"])


def _case(file: str, name: str, inside: list[str]) -> str:
    start = f"    <testcase classname={_quoted(file)} name={_quoted(name)}"
    return "\n".join([start + ">", *(" " * 6 + line for line in inside), "    </testcase>"]) if inside else start + "/>"


def _escaped(text: str) -> str:
    """Text for anywhere in XML, which has no way to write most control characters: those are made visible instead.

    Line ends are references. A reader would take bare ones in an attribute for spaces, and a runner that shows this
    output would take lines of it that begin with `::` for its commands.
    """
    return visible(text, "\n\t").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "&#10;")


def _quoted(text: str) -> str:
    return '"' + _escaped(text).replace('"', "&quot;").replace("\t", "&#9;") + '"'
