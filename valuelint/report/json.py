"""For programs: everything that a run found, in the frozen shape `valuelint-findings/1` (schemas/findings.schema.json).

The text is plain ASCII: no character of a values file can do anything to whoever prints it.
"""

from __future__ import annotations

import json

from valuelint.light import Any
from valuelint.lint.diagnostic import Diagnostic, Fix, Report, Suppressed, Undecided
from valuelint.report import Options
from valuelint.report._common import count
from valuelint.syntax import format_path

FORMAT = "valuelint-findings/1"


def render(report: Report, options: Options) -> str:
    content = {
        "format": FORMAT,
        "findings": [_finding(finding) for finding in report.findings],
        "suppressed": [_suppressed(each) for each in report.suppressed],
        "undecided": [_undecided(each) for each in report.undecided],
        "skipped": [{"file": each.file, "reason": each.reason} for each in report.skipped],
        "summary": _summary(report),
    }
    return json.dumps(content, indent=2) + "\n"


def _finding(finding: Diagnostic) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "path": format_path(place.path),
        "cluster": finding.cluster,
        "release": finding.release,
        "related": [
            {"file": other.file, "line": other.line, "column": other.column, "message": other.message}
            for other in finding.related
        ],
        "notes": list(finding.notes),
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "title": fix.title,
        "edits": [{"file": edit.file, "start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits],
        "sides": list(fix.sides),
    }


def _suppressed(suppressed: Suppressed) -> dict[str, Any]:
    said = {"by": suppressed.by, "reason": suppressed.reason, "until": suppressed.until or None}
    return {**_finding(suppressed.finding), "fix": None, "suppression": said}


def _undecided(undecided: Undecided) -> dict[str, Any]:
    return {
        "rule": undecided.rule,
        "message": undecided.message,
        "decided_by": undecided.decided_by,
        "file": undecided.file,
        "cluster": undecided.cluster,
        "release": undecided.release,
    }


def _summary(report: Report) -> dict[str, Any]:
    counts = count(report)
    return {
        "findings": len(report.findings),
        "errors": counts.error,
        "warnings": counts.warning,
        "infos": counts.info,
        "fixable": {"safe": counts.safe, "unsafe": counts.unsafe, "display": counts.display},
        "undecided": len(report.undecided),
        "skipped": len(report.skipped),
        "suppressed": len(report.suppressed),
        "files": report.files,
        "releases": report.releases,
        "clusters": report.clusters,
        "notices": list(report.notices),
    }
