"""Every file in rules/ is a whole rule: it has the declared shape, and its references lead somewhere."""

from __future__ import annotations

import string
from typing import Any

import jsonschema
import pytest

from valuelint import resources
from valuelint.charts.facts import chart_names
from valuelint.charts.versions import Range
from valuelint.lint.policies import policy_of
from valuelint.lint.rule import Rule, find_check, load_rules
from valuelint.syntax import Source, parse

RULES = load_rules()
by_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)

SCHEMA: dict[str, Any] = resources.load("schemas/rule.schema.json")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@by_rule
def test_it_has_the_shape_of_a_rule(rule: Rule) -> None:
    data = resources.load(f"rules/{rule.id}.yaml")
    problems = [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(data)]
    assert not problems


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"summary": "no capital, no full stop"}, "does not match"),
        ({"severity": "fatal"}, "is not one of"),
        ({"surprise": True}, "Additional properties"),
        ({"sources": [{"thread": "cilium 1234", "says": "x"}]}, "does not match"),
        ({"sources": [{"says": "where from?"}]}, "is not valid under any"),
        ({"sources": [{"url": "https://a.example", "rendered": "b", "says": "both"}]}, "is valid under each"),
        ({"fix_safety": {"level": "perhaps", "reason": "nobody knows, really"}}, "is not one of"),
        ({"examples": {"bad": [], "good": []}}, "non-empty"),
        ({"see": ["Not An Id"]}, "does not match"),
        ({"since": "soon"}, "does not match"),
        ({"scope": "world"}, "is not one of"),
        ({"messages": {"x": {"message": "m"}}}, "'label' is a required property"),
    ],
)
def test_the_schema_refuses(change: dict[str, Any], complaint: str) -> None:
    messages = [error.message for error in VALIDATOR.iter_errors({**RULES[0].data, **change})]
    assert any(complaint in message for message in messages), messages


def test_the_schema_asks_for_everything() -> None:
    for key in (*SCHEMA["required"], *SCHEMA["then"]["required"]):
        without = {name: value for name, value in RULES[0].data.items() if name != key}
        assert not VALIDATOR.is_valid(without), key


@by_rule
def test_it_says_all_that_rules_of_ours_say(rule: Rule) -> None:
    """A rule without a check of its own may leave out more, if it is a policy of somebody else."""
    data = resources.load(f"rules/{rule.id}.yaml")
    assert {"severity", "since", "charts", "why", "remedy", "sources", "see", "examples"} <= set(data)
    assert "check" in data or ("reason" in data["fix"] if "fix" in data else True)
    assert "replaces" not in data


@by_rule
def test_it_means_something(rule: Rule) -> None:
    """Rules in the language of policies are read as strictly as policies."""
    text = resources.text(f"rules/{rule.id}.yaml")
    if "check" not in resources.load(f"rules/{rule.id}.yaml"):
        assert policy_of(parse(Source.from_text(text, rule.id))[0], rule.id, "").data == rule.data


@by_rule
def test_its_check_exists(rule: Rule) -> None:
    assert callable(find_check(rule))


@by_rule
def test_its_charts_and_versions_are_known(rule: Rule) -> None:
    assert set(rule.data["charts"]) <= set(chart_names())
    ranges = {chart: Range.parse(versions) for chart, versions in rule.data["charts"].items()}
    for example in [*rule.data["examples"]["bad"], *rule.data["examples"]["good"]]:
        for chart, release in example["releases"].items():
            assert chart in chart_names()
            if chart in ranges and "version" in release:
                assert ranges[chart].contains(release["version"]), example["title"]


@by_rule
def test_its_references_lead_to_rules(rule: Rule) -> None:
    assert set(rule.data["see"]) <= {other.id for other in RULES} - {rule.id}


@by_rule
def test_its_titles_are_told_apart(rule: Rule) -> None:
    titles = [item["title"] for kind in ("bad", "good") for item in rule.data["examples"][kind]]
    assert len(titles) == len(set(titles))


@by_rule
def test_its_placeholders_are_names(rule: Rule) -> None:
    """That the check fills them in is shown by the examples, which reach every variant."""
    for wording in rule.wordings.values():
        for text in (wording.message, wording.label, wording.fix, *wording.notes):
            for _, name, spec, conversion in string.Formatter().parse(text):
                assert name is None or (name.isidentifier() and not spec and conversion is None), text


@by_rule
def test_it_offers_a_fix_if_it_says_so(rule: Rule) -> None:
    assert rule.fixable is (rule.data["fix_safety"]["level"] != "none")
