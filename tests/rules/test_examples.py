"""The examples of the rules: bad ones give exactly their findings, fixed ones exactly their text, good ones nothing."""

from __future__ import annotations

import pytest

from valuelint.lint.diagnostic import APPLICABILITIES
from valuelint.lint.examples import Example, Result, examples, run
from valuelint.lint.rule import Rule, load_rules

RULES = load_rules()
ALL = [(rule, example) for rule in RULES for example in examples(rule)]


def name(value: object) -> str:
    return value.id if isinstance(value, Rule) else value.title if isinstance(value, Example) else ""


_results: dict[tuple[str, str], Result] = {}


def result_of(rule: Rule, example: Example) -> Result:
    """The result of an example, worked out once for all tests."""
    key = (rule.id, example.title)
    if key not in _results:
        _results[key] = run(example, rule, RULES)
    return _results[key]


def found(rule: Rule, example: Example) -> str:
    """What was found instead, for whoever has to put it right."""
    findings = result_of(rule, example).findings
    return "\n".join(f"{item.diagnostic.place.file}: {item.diagnostic.message}" for item in findings) or "nothing"


@pytest.mark.parametrize(("rule", "example"), ALL, ids=name)
def test_it_finds_what_it_says(rule: Rule, example: Example) -> None:
    assert result_of(rule, example).finds == tuple(sorted(example.finds)), found(rule, example)


@pytest.mark.parametrize(("rule", "example"), ALL, ids=name)
def test_it_leaves_open_what_it_says(rule: Rule, example: Example) -> None:
    undecided = result_of(rule, example).outcome.undecided
    assert bool(undecided) is example.undecided, undecided
    assert all(item.decided_by for item in undecided)


@pytest.mark.parametrize(("rule", "example"), [(rule, example) for rule, example in ALL if example.bad], ids=name)
def test_it_is_fixed_as_it_says(rule: Rule, example: Example) -> None:
    result = result_of(rule, example)
    assert result.fixed == example.fixed
    if example.fixed is not None:
        assert result.left == ()
        assert result.again == {}


@pytest.mark.parametrize(("rule", "example"), [(rule, example) for rule, example in ALL if example.bad], ids=name)
def test_every_word_is_filled_in(rule: Rule, example: Example) -> None:
    for item in result_of(rule, example).findings:
        diagnostic = item.diagnostic
        title = diagnostic.fix.title if diagnostic.fix is not None else "-"
        for text in (diagnostic.message, diagnostic.place.message, title, *diagnostic.notes):
            assert text.strip() == text != ""
            assert "  " not in text


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_every_variant_has_an_example(rule: Rule) -> None:
    variants = {item.violation.variant for example in examples(rule) for item in result_of(rule, example).findings}
    assert variants == set(rule.wordings)


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_its_fixes_are_as_safe_as_it_says(rule: Rule) -> None:
    fixes = [item.diagnostic.fix for example in examples(rule) for item in result_of(rule, example).findings]
    levels = {fix.applicability for fix in fixes if fix is not None}
    applied = levels - {"display"} or levels
    assert rule.data["fix_safety"]["level"] == (max(applied, key=APPLICABILITIES.index) if applied else "none")


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_its_severities_are_those_of_its_findings(rule: Rule) -> None:
    seen = {item.diagnostic.severity for example in examples(rule) for item in result_of(rule, example).findings}
    assert seen == {wording.severity for wording in rule.wordings.values()}
