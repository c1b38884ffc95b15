"""What `valuelint rules` and `valuelint explain` say, and that docs/rules.md says the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from valuelint.lint.catalogue import WIDTH, as_data, render_list, render_rule
from valuelint.lint.examples import examples
from valuelint.lint.rule import Rule, load_rules

ROOT = Path(__file__).parents[2]
RULES = load_rules()
by_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)

HEADINGS = ["What it finds", "Why it matters", "What to do", "Fix safety", "Examples", "Since", "Sources", "See"]


def test_the_page_is_fresh() -> None:
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == render_list(RULES, "markdown"), "run `make docs`"


def test_the_list_has_a_line_for_each_rule() -> None:
    text = render_list(RULES, "text")
    assert [line.split()[0] for line in text.splitlines()[1:-2] if line[0] != " "] == [rule.id for rule in RULES]
    assert all(len(line) <= WIDTH for line in text.splitlines())


def test_the_list_as_json() -> None:
    data = json.loads(render_list(RULES, "json"))
    assert data["format"] == "valuelint-rules/1"
    assert [item["id"] for item in data["rules"]] == [rule.id for rule in RULES]


def test_an_empty_catalogue() -> None:
    assert render_list([], "text").startswith("rule")
    assert json.loads(render_list([], "json"))["rules"] == []


@by_rule
def test_the_headings_are_the_same_for_all(rule: Rule) -> None:
    text, markdown = render_rule(rule, "text"), render_rule(rule, "markdown")
    assert [line for line in text.splitlines()[1:] if line and line[0].isupper()] == HEADINGS
    assert re.findall(r"^## (.*)$", markdown, re.MULTILINE) == HEADINGS
    assert markdown.startswith(f"# {rule.id}\n")
    assert text.startswith(f"{rule.id}\n")


@by_rule
def test_prose_fits_a_terminal(rule: Rule) -> None:
    shown = render_rule(rule, "text").splitlines()
    values = {
        line
        for example in examples(rule)
        for given in example.releases
        for text in given.texts
        for line in text.splitlines()
    }
    values |= {
        line
        for item in examples(rule)
        for texts in (item.fixed or {}).values()
        for text in texts
        for line in text.splitlines()
    }
    assert all(len(line) <= WIDTH or line.strip() in {value.strip() for value in values} for line in shown)


@by_rule
def test_examples_are_shown_as_they_are(rule: Rule) -> None:
    first = examples(rule)[0]
    markdown = render_rule(rule, "markdown")
    for given in first.releases:
        assert all(f"```yaml\n{text.rstrip()}\n```" in markdown for text in given.texts)
    for texts in (first.fixed or {}).values():
        assert all(f"```yaml\n{text.rstrip()}\n```" in markdown for text in texts)
    for _, path, severity in first.finds:
        assert f"{severity} at {path}" in markdown


@by_rule
def test_a_rule_as_json(rule: Rule) -> None:
    data = json.loads(render_rule(rule, "json"))
    assert data.pop("format") == "valuelint-rule/1"
    assert data == as_data(rule)
    assert data["id"] == rule.id
    assert data["examples"] == rule.data["examples"]
    assert {message["severity"] for message in data["messages"]} == {item.severity for item in rule.wordings.values()}


@by_rule
def test_threads_become_links(rule: Rule) -> None:
    markdown = render_rule(rule, "markdown")
    for source in rule.data["sources"]:
        if "thread" in source:
            repository, number = source["thread"].split("#")
            assert f"[{source['thread']}](https://github.com/{repository}/issues/{number})" in markdown
