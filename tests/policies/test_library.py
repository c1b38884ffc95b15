"""The policies in examples/policies/: each is read, tested, and names where it comes from if it is a translation."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from valuelint import resources
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
    assert all(f"({file.name})" in text for file in FOLDER.glob("*.yaml") if "_test" not in file.name)


def parts() -> Iterator[Any]:
    """Each policy without one of its conditions or expectations; rules of ours in the same language, too."""
    files = [(file.stem, file.read_text("utf-8")) for file in sorted(FOLDER.glob("*.yaml")) if "_test" not in file.name]
    files += [(rule.id, resources.text(f"rules/{rule.id}.yaml")) for rule in OURS if rule.check == "policies.judge"]
    for name, text in files:
        data = yaml.safe_load(text)
        for key in ("when", "expect"):
            for path in data.get(key, {}):
                less = copy.deepcopy(data)
                del less[key][path]
                if not less[key]:
                    less.pop(key)
                if key in less or key == "when":
                    yield pytest.param(name, less, id=f"{name} without {key} {path}")


@pytest.mark.parametrize(("name", "less"), list(parts()))
def test_each_part_is_told_by_a_test(name: str, less: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({**less, "replaces": True}, sort_keys=False))
    tests = FOLDER / f"{name}_test.yaml"
    if tests.exists():
        (tmp_path / tests.name).write_text(tests.read_text("utf-8"))
    collection = collect([str(tmp_path)])
    assert collection.problems == []
    assert any(hold(trial, OURS).wrong for trial in collection.trials)
