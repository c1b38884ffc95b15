"""GitLab's Code Quality and reviewdog's rdjson."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.report.samples import (
    PROXY,
    SMALL,
    WEB,
    edit,
    edits_of,
    finding,
    insert,
    many,
    place,
    report,
    reports,
    sources,
)
from valuelint.lint.diagnostic import FileEdit, Fix, Report
from valuelint.report import Options, RuleText, render
from valuelint.syntax import Source


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name, schema in properties.items() if not schema.pop("optional", False)],
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 1}

# What GitLab documents as required, plus `content`.
GITLAB = closed(
    check_name=TEXT,
    description=TEXT,
    content=closed(body=TEXT),
    severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
    fingerprint={"type": "string", "pattern": "^[0-9a-f]{32}$"},
    location=closed(path=TEXT, lines=closed(begin=NUMBER, end=NUMBER)),
)

# The parts of reviewdog's DiagnosticResult that are used here.
POSITION = closed(line=NUMBER, column=NUMBER)
RANGE = closed(start=POSITION, end=POSITION)
LOCATION = closed(path=TEXT, range=RANGE)
RDJSON = closed(
    message=TEXT,
    location=LOCATION,
    severity={"enum": ["ERROR", "WARNING", "INFO"]},
    code=closed(value=TEXT, url={"type": "string", "optional": True}),
    relatedLocations={
        "type": "array",
        "items": closed(message=TEXT, location=LOCATION),
        "optional": True,
    },
    suggestions={"type": "array", "items": closed(range=RANGE, text=TEXT), "optional": True},
)


def gitlab(made: Report) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads(render("gitlab", made, Options()))
    for each in content:
        Draft202012Validator(GITLAB).validate(each)
    return content


def rdjson(made: Report, options: Options | None = None) -> list[dict[str, Any]]:
    content = json.loads(render("rdjson", made, options or Options()))
    assert (sorted(content), content["source"]) == (["diagnostics", "source"], {"name": "valuelint"})
    for each in content["diagnostics"]:
        Draft202012Validator(RDJSON).validate(each)
    diagnostics: list[dict[str, Any]] = content["diagnostics"]
    return diagnostics


def test_gitlab() -> None:
    first, *rest = gitlab(SMALL)
    fingerprint = first.pop("fingerprint")
    assert first == {
        "check_name": "wrong-port",
        "description": "wrong-port: the proxy will never reach web",
        "content": {
            "body": "nobody listens here\n\nhome/proxy.yaml:1:18: the proxy asks for 80\n\n"
            "home/web.yaml:2:3: asked for here\n\nthe proxy speaks to one port only\n\n"
            "fix (safe): set web.service.port to 80\n\nvaluelint explain wrong-port"
        },
        "severity": "major",
        "location": {"path": "home/web.yaml", "lines": {"begin": 5, "end": 5}},
    }
    assert [each["severity"] for each in rest] == ["minor", "info"]
    assert gitlab(SMALL)[0]["fingerprint"] == fingerprint
    assert gitlab(report()) == []


def test_rdjson() -> None:
    rules = {"wrong-port": RuleText("Ports agree.", "https://example.org/wrong-port")}
    first, second, third = rdjson(SMALL, Options(rules=rules))
    assert first["code"] == {"value": "wrong-port", "url": "https://example.org/wrong-port"}
    assert first["location"] == {
        "path": "home/web.yaml",
        "range": {"start": {"line": 5, "column": 11}, "end": {"line": 5, "column": 15}},
    }
    assert first["suggestions"] == [{"range": first["location"]["range"], "text": "80"}]
    assert [each["message"] for each in first["relatedLocations"]] == ["the proxy asks for 80", "asked for here"]
    assert second["severity"] == "WARNING"
    assert second["suggestions"][0]["text"] == "red\n      on-call: red\n"
    assert (third["severity"], "suggestions" in third) == ("INFO", False)
    assert rdjson(report()) == []


def test_columns_of_rdjson_count_bytes() -> None:
    source = Source.from_text("# é\n名前: {x: 1}\n", "f.yaml")
    (found,) = rdjson(report(finding(place(source, "x"))))
    assert found["location"]["range"] == {"start": {"line": 2, "column": 10}, "end": {"line": 2, "column": 11}}


@pytest.mark.parametrize(
    "edits",
    [
        (),
        (edit(PROXY, "80", "8080"),),
        (edit(WEB, "8080", "80"), insert(PROXY, "", "x: 1\n")),
        (FileEdit(WEB.name, 80, 9999, "x"),),
        (FileEdit(WEB.name, 80, 84, "x"), FileEdit(WEB.name, 82, 86, "y")),
    ],
)
def test_what_is_no_edit_of_this_file_is_not_suggested(edits: tuple[FileEdit, ...]) -> None:
    (found,) = rdjson(report(finding(place(WEB, "8080"), fix=Fix("safe", "fix it", edits))))
    assert "suggestions" not in found


@many
@given(reports())
def test_every_output_is_valid(made: Report) -> None:
    assert len(gitlab(made)) == len(rdjson(made)) == len(made.findings)
    fingerprints = [each["fingerprint"] for each in gitlab(made)]
    assert len(set(fingerprints)) == len(fingerprints)


def byte_offset(text: str, position: dict[str, int]) -> int:
    lines = text.encode().splitlines(keepends=True)
    return sum(map(len, lines[: position["line"] - 1])) + position["column"] - 1


@many
@given(st.data())
def test_a_suggestion_means_what_the_edits_mean(data: st.DataObject) -> None:
    source = data.draw(sources())
    edits = data.draw(edits_of(source))
    assume(edits)
    (found,) = rdjson(report(finding(place(source, ""), fix=Fix("safe", "fix it", tuple(edits)))))
    (suggestion,) = found["suggestions"]
    text = source.text.encode()
    start, end = (byte_offset(source.text, suggestion["range"][key]) for key in ("start", "end"))
    expected = source.data
    for each in reversed(edits):
        expected = expected[: each.start] + each.text.encode() + expected[each.end :]
    mark = b"\xef\xbb\xbf" if source.bom else b""
    assert mark + text[:start] + suggestion["text"].encode() + text[end:] == expected
