"""The policies in examples/policies/: each is read, tested, and names where it comes from if it is a translation."""

from __future__ import annotations

from pathlib import Path

import pytest

from valuelint.lint.policies import load_policies
from valuelint.lint.rule import load_rules
from valuelint.lint.trials import Trial, collect, hold

FOLDER = Path(__file__).parents[2] / "examples" / "policies"
COLLECTION = collect([str(FOLDER)])
OURS = load_rules()


def test_all_of_them_are_read() -> None:
    assert COLLECTION.problems == []
    assert COLLECTION.untested == []
    rules, problems = load_policies([str(FOLDER)], [rule.id for rule in OURS])
    assert (len(rules), problems) == (15, [])
    assert sum(bool(rule.data["sources"]) for rule in rules) == 10


@pytest.mark.parametrize("trial", COLLECTION.trials, ids=lambda trial: f"{trial.rule.id}-{trial.example.title}")
def test_it_is_as_its_example_says(trial: Trial) -> None:
    assert hold(trial, OURS).wrong == ()


def test_each_is_shown_both_ways() -> None:
    for rule in {trial.rule.id: trial.rule for trial in COLLECTION.trials}.values():
        examples = [trial.example for trial in COLLECTION.trials if trial.rule.id == rule.id]
        assert {example.bad for example in examples} == {True, False}, rule.id


def test_the_readme_lists_them() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"({file.name})" in text for file in FOLDER.glob("*.yaml"))
