"""docs/fix.md says of every rule what its fixes are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lint.table import RULES
from valuelint.cli.fix import command
from valuelint.lint.diagnostic import APPLICABILITIES
from valuelint.lint.examples import examples, workspace
from valuelint.lint.fix import repair
from valuelint.lint.rule import Rule

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fix.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| ([a-z-]+) \| ([a-z, ]+) \| .* \|$", PAGE.partition("|---|---|---|---|")[2], re.M))


def test_every_rule_that_fixes_has_a_row() -> None:
    assert sorted(ROWS) == sorted(rule.id for rule in RULES if rule.fixable)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.fixable], ids=lambda rule: rule.id)
def test_levels_are_those_of_the_examples(rule: Rule) -> None:
    found = {
        item.fix.applicability
        for example in examples(rule)
        for item in repair(workspace(example), [rule], "safe", frozenset(["none"])).left.findings
        if item.fix is not None
    }
    said = ROWS[rule.id].split(", ")
    assert said == [level for level in APPLICABILITIES if level in said]
    assert found <= set(said)


def test_every_option_is_described() -> None:
    own = {"unsafe", "interactive", "diff", "check", "only", "side", "keep_going", "exit_non_zero_on_fix", "fail_on"}
    options = {option.name: option.opts for option in command.params}
    assert own <= set(options)
    assert all(options[name][-1] in PAGE for name in own)


def test_files_that_are_named_exist() -> None:
    for name in re.findall(r"`(tests/[\w/]+\.py)`", PAGE):
        assert (ROOT / name).exists(), name
