"""valuelint-findings/1 is frozen: its schema is strict, and every output is valid under it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from tests.report.samples import SMALL, WEB, finding, many, place, reports
from tests.report.samples import report as make
from valuelint.lint.diagnostic import Report
from valuelint.report import Options, render
from valuelint.syntax import Path as ValuePath
from valuelint.syntax import Source

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "findings.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def rendered(report: Report) -> dict[str, Any]:
    text = render("json", report, Options())
    content: dict[str, Any] = json.loads(text)
    assert text.isascii()
    return content


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_small_report() -> None:
    content = rendered(SMALL)
    VALIDATOR.validate(content)
    assert list(content) == ["format", "findings", "suppressed", "undecided", "skipped", "summary"]
    assert content["format"] == "valuelint-findings/1"
    assert content["findings"][0] == {
        "rule": "wrong-port",
        "severity": "error",
        "message": "the proxy will never reach web",
        "file": "home/web.yaml",
        "line": 5,
        "column": 11,
        "end_line": 5,
        "end_column": 15,
        "path": "web.service.port",
        "cluster": "home",
        "release": "web",
        "related": [
            {"file": "home/proxy.yaml", "line": 1, "column": 18, "message": "the proxy asks for 80"},
            {"file": "home/web.yaml", "line": 2, "column": 3, "message": "asked for here"},
        ],
        "notes": ["the proxy speaks to one port only"],
        "fix": {
            "applicability": "safe",
            "title": "set web.service.port to 80",
            "edits": [{"file": "home/web.yaml", "start": 80, "end": 84, "text": "80"}],
            "sides": [],
        },
    }
    assert content["findings"][2]["fix"] == {
        "applicability": "display",
        "title": "choose one",
        "edits": [],
        "sides": [],
    }
    (suppressed,) = content["suppressed"]
    assert suppressed["suppression"] == {"by": "comment", "reason": "blue is new", "until": "2027-01-31"}
    assert (suppressed["rule"], suppressed["line"], suppressed["fix"]) == ("no-owner", 7, None)
    assert content["undecided"] == [
        {
            "rule": "wrong-host",
            "message": "the host is not known",
            "decided_by": "--host",
            "file": "home/web.yaml",
            "cluster": "home",
            "release": "web",
        }
    ]
    assert content["skipped"] == [{"file": "home/notes.yaml", "reason": "holds no values of a known chart"}]
    assert content["summary"] == {
        "findings": 3,
        "errors": 1,
        "warnings": 1,
        "infos": 1,
        "fixable": {"safe": 1, "unsafe": 1, "display": 1},
        "undecided": 1,
        "skipped": 1,
        "suppressed": 1,
        "files": 2,
        "releases": 2,
        "clusters": 1,
        "notices": ["web 9 is new"],
    }


def test_nothing_found() -> None:
    content = rendered(make())
    VALIDATOR.validate(content)
    assert (content["findings"], content["undecided"], content["skipped"]) == ([], [], [])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a", "b", 0, "c"), "a.b[0].c"),
        (("labels", "x.y/z"), 'labels["x.y/z"]'),
        (("::error",), '["::error"]'),
    ],
)
def test_paths(path: ValuePath, text: str) -> None:
    (found,) = rendered(make(finding(place(WEB, "8080", path=path))))["findings"]
    assert found["path"] == text


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a: 1\r\nb: x\r\n", (2, 4, 2, 5)),
        ("\ufeffa: x\n", (1, 4, 1, 5)),
        ("名前: x\n", (1, 5, 1, 6)),
        ("\t: x", (1, 4, 1, 5)),
    ],
)
def test_positions_count_characters(text: str, position: tuple[int, ...]) -> None:
    (found,) = rendered(make(finding(place(Source.from_text(text, "f.yaml"), "x"))))["findings"]
    assert tuple(found[key] for key in ("line", "column", "end_line", "end_column")) == position


@many
@given(reports())
def test_every_output_is_valid(report: Report) -> None:
    VALIDATOR.validate(rendered(report))


def objects(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for each in schema for found in objects(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + objects(list(schema.values()))


def test_every_object_of_the_schema_is_closed_and_complete() -> None:
    closed = objects(SCHEMA)
    assert len(closed) >= 8
    for schema in closed:
        assert schema["additionalProperties"] is False
        assert sorted(schema["required"]) == sorted(schema["properties"])
