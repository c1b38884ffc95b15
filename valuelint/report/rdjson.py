"""For reviewdog, which comments on pull requests and suggests the fixes there. Its columns count bytes of UTF-8."""

from __future__ import annotations

import json

from valuelint.light import Any
from valuelint.lint.diagnostic import Diagnostic, Place, Report
from valuelint.report import Options
from valuelint.report._common import details, offsets, relative
from valuelint.syntax import Source

_SEVERITY = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}

Object = dict[str, Any]


def render(report: Report, options: Options) -> str:
    content = {
        "source": {"name": "valuelint"},
        "diagnostics": [_diagnostic(finding, options) for finding in report.findings],
    }
    return json.dumps(content, indent=2) + "\n"


def _diagnostic(finding: Diagnostic, options: Options) -> Object:
    code: Object = {"value": finding.rule}
    text = options.rules.get(finding.rule)
    if text and text.help_uri:
        code["url"] = text.help_uri
    found: Object = {
        "message": "\n".join([finding.message, *details(finding)]),
        "location": _location(finding.place, options),
        "severity": _SEVERITY[finding.severity],
        "code": code,
    }
    if finding.related:
        found["relatedLocations"] = [
            {"message": place.message, "location": _location(place, options)} for place in finding.related
        ]
    suggestion = _suggestion(finding)
    if suggestion:
        found["suggestions"] = [suggestion]
    return found


def _location(place: Place, options: Options) -> Object:
    return {
        "path": relative(place.file, options.root),
        "range": _range(place.source, place.start, place.end),
    }


def _range(source: Source, start: int, end: int) -> Object:
    return {"start": _position(source, start), "end": _position(source, end)}


def _position(source: Source, offset: int) -> Object:
    line, column = source.position(offset)
    before = source.text[offset - column + 1 : offset]
    return {"line": line, "column": len(before.encode("utf-8")) + 1}


def _suggestion(finding: Diagnostic) -> Object | None:
    """All edits as one: several suggestions would be alternatives. None where a fix reaches into another file."""
    fix, source = finding.fix, finding.place.source
    if fix is None or not fix.edits or fix.applicability == "display":
        return None
    if any(edit.file != source.name for edit in fix.edits):
        return None
    edits = sorted(fix.edits, key=lambda edit: (edit.start, edit.end))
    spans = [offsets(source, edit.start, edit.end) for edit in edits]
    text, at = "", -1
    for edit, span in zip(edits, spans, strict=True):
        if span is None or span[0] < at:
            return None
        text += (source.text[at : span[0]] if at >= 0 else "") + edit.text
        at = span[1]
    start = spans[0]
    return {"range": _range(source, start[0], at), "text": text} if start else None
