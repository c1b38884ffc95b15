"""For code scanning: SARIF 2.1.0, with the documentation of the rules and the fixes."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

from valuelint.light import Any
from valuelint.lint.diagnostic import Diagnostic, Fix, Place, Report, Suppressed
from valuelint.report import Options, RuleText
from valuelint.report._common import explain, fingerprints, fix_line, offsets, relative, sources, visible
from valuelint.syntax import Source

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVEL = {"error": "error", "warning": "warning", "info": "note"}

Object = dict[str, Any]


def render(report: Report, options: Options) -> str:
    accepted = {id(each.finding): each for each in report.suppressed}
    findings = [*report.findings, *(each.finding for each in report.suppressed)]
    said = [finding.rule for finding in findings] + [each.rule for each in report.undecided]
    ids = sorted({*options.rules, *said})
    index = {rule: number for number, rule in enumerate(ids)}
    driver: Object = {"name": "valuelint"}
    if options.version:
        driver["version"] = options.version
    driver["rules"] = [_rule(rule, options.rules.get(rule, RuleText(rule))) for rule in ids]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        # Helm ends a line at a lone carriage return too.
        "newlineSequences": ["\r\n", "\n", "\r"],
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": _notifications(report, options, index)}
        ],
        "results": [
            _result(finding, fingerprint, options, index, accepted.get(id(finding)))
            for finding, fingerprint in fingerprints(findings, options.root)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: str, text: RuleText) -> Object:
    described: Object = {
        "id": rule,
        "shortDescription": {"text": text.summary or rule},
        "help": {"text": text.description or explain(rule), "markdown": text.description or f"`{explain(rule)}`"},
        "defaultConfiguration": {"level": _LEVEL[text.severity]},
    }
    if text.help_uri:
        described["helpUri"] = text.help_uri
    return described


def _result(
    finding: Diagnostic, fingerprint: str, options: Options, index: dict[str, int], accepted: Suppressed | None
) -> Object:
    lines = [finding.message, *([finding.place.message] if finding.place.message else []), *finding.notes]
    if finding.fix and accepted is None:
        lines.append(fix_line(finding.fix))
    result: Object = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVEL[finding.severity],
        "message": _message("\n".join(lines)),
        "locations": [_location(finding.place, options)],
        "partialFingerprints": {"ruleFileAndPath/v1": fingerprint},
        # Where a run knows of suppressions, what is not suppressed says so as well.
        "suppressions": [] if accepted is None else [_suppression(accepted)],
        "properties": {"cluster": finding.cluster, "release": finding.release},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(place, options), "message": _message(place.message or "see also")}
            for number, place in enumerate(finding.related, 1)
        ]
    if accepted is None and finding.fix and finding.fix.edits and finding.fix.applicability != "display":
        result["fixes"] = [_fix(finding.fix, sources(finding), options)]
    return result


def _suppression(accepted: Suppressed) -> Object:
    said: Object = {"kind": "inSource" if accepted.by == "comment" else "external", "status": "accepted"}
    until = f"until {accepted.until}" if accepted.until else ""
    reason = accepted.reason or ("known from the baseline" if accepted.by == "baseline" else "")
    justification = ", ".join(filter(None, (visible(reason), until)))
    return {**said, "justification": justification} if justification else said


def _message(text: str) -> Object:
    """Braces are doubled: single ones stand for arguments of the message."""
    return {"text": visible(text, "\n\t").replace("{", "{{").replace("}", "}}")}


def _location(place: Place, options: Options) -> Object:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {"physicalLocation": {"artifactLocation": _artifact(place.file, options), "region": region}}


def _artifact(file: str, options: Options) -> Object:
    name = relative(file, options.root)
    if os.path.isabs(name) or name.startswith("../"):
        # What lies outside of the repository cannot be named from its root.
        return {"uri": "file:///" + _quoted(os.path.abspath(file).replace(os.sep, "/").lstrip("/"))}
    return {"uri": _quoted(name), "uriBaseId": "%SRCROOT%"}


def _quoted(path: str) -> str:
    """A path as part of a URI; bytes that are no text come back as they are on disk."""
    return quote(path.encode("utf-8", "surrogateescape"))


def _fix(fix: Fix, texts: dict[str, Source], options: Options) -> Object:
    changes: dict[str, list[Object]] = {}
    for edit in fix.edits:
        region = _region(texts.get(edit.file), edit.start, edit.end)
        replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.file, []).append(replacement)
    return {
        "description": _message(fix.title),
        "artifactChanges": [
            {"artifactLocation": _artifact(file, options), "replacements": replacements}
            for file, replacements in changes.items()
        ],
        "properties": {"applicability": fix.applicability},
    }


def _region(source: Source | None, start: int, end: int) -> Object:
    span = offsets(source, start, end) if source else None
    if source is None or span is None:
        return {"byteOffset": start, "byteLength": end - start}
    (line, column), (end_line, end_column) = source.position(span[0]), source.position(span[1])
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _notifications(report: Report, options: Options, index: dict[str, int]) -> list[Object]:
    found: list[Object] = []
    for each in report.undecided:
        decided = f"; decided by {each.decided_by}" if each.decided_by else ""
        notification: Object = {
            "level": "note",
            "message": _message(f"undecided: {each.message}{decided}"),
            "associatedRule": {"id": each.rule, "index": index[each.rule]},
        }
        if each.file:
            location = {"physicalLocation": {"artifactLocation": _artifact(each.file, options)}}
            notification["locations"] = [location]
        found.append(notification)
    for skipped in report.skipped:
        location = {"physicalLocation": {"artifactLocation": _artifact(skipped.file, options)}}
        message = _message(f"skipped: {skipped.reason}")
        found.append({"level": "note", "message": message, "locations": [location]})
    return found + [{"level": "note", "message": _message(notice)} for notice in report.notices]
