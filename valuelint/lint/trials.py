"""Tests of policies: the examples in their files, and those in files of their own beside them."""

from __future__ import annotations

import os

from valuelint.light import Any, NamedTuple
from valuelint.lint.examples import Example, Finds, examples, read_example, run
from valuelint.lint.policies import at, check_example, read_policy, refuse_several
from valuelint.lint.rule import BrokenRule, Rule
from valuelint.lint.shape import first_flaw
from valuelint.syntax import Source, SourceError, parse, to_data
from valuelint.workspace.release import Problem
from valuelint.workspace.sources import ENDINGS, TESTS, policy_files, trial_files


class Trial(NamedTuple):
    """One test: an example, the rule that it is about, and the file that holds it."""

    file: str
    rule: Rule
    example: Example


class Ruling(NamedTuple):
    """How a test ended: what is wrong, a line each; nothing if it passed."""

    trial: Trial
    wrong: tuple[str, ...]


class Collection(NamedTuple):
    """The tests of some files; the rules that have none; and what is wrong with the files."""

    trials: list[Trial]
    untested: list[Rule]
    problems: list[Problem]


def collect(paths: list[str]) -> Collection:
    """The tests of rule files, test files, and folders of both."""
    rules: dict[str, Rule] = {}
    own: dict[str, list[Trial]] = {}
    tests: list[str] = []
    problems: list[Problem] = []
    wanted: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            wanted += policy_files(path)
            tests += trial_files(path)
        elif path.endswith(TESTS):
            tests.append(path)
        else:
            wanted.append(path)
    for file in dict.fromkeys(wanted):
        try:
            rule = read_policy(file, file)
            rules[rule.id] = rule
            own[file] = [Trial(file, rule, example) for example in examples(rule)]
        except Problem as problem:
            problems.append(problem)
    tested: set[str] = set()
    for file in dict.fromkeys(tests):
        try:
            own[file] = _in_test_file(file, rules)
            tested |= {trial.rule.id for trial in own[file]}
        except Problem as problem:
            problems.append(problem)
    trials = [trial for file in own for trial in own[file]]
    untested = [rule for rule in rules.values() if rule.file in own and not own[rule.file] and rule.id not in tested]
    return Collection(trials, untested, problems)


def _in_test_file(file: str, rules: dict[str, Rule]) -> list[Trial]:
    """The tests of a file that holds nothing else. Raises Problem."""
    try:
        source = Source.read(file, file)
        documents = parse(source)
        refuse_several(documents, "a file of tests")
        document = documents[0]
        data = {} if document.root is None else to_data(document.root, source=source)
    except SourceError as error:
        raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None
    except OSError as error:
        raise Problem(f"cannot read it: {error.strerror}", file) from None
    flaw = first_flaw(data, _schema())
    if flaw is not None:
        raise at(document, *flaw)
    for number, example in enumerate(data["tests"]):
        check_example(document, ("tests", number), example)
    base = os.path.basename(file)
    name = data.get("rule") or next(base.removesuffix(end) for end in TESTS if base.endswith(end))
    rule = rules.get(name) or _beside(file, name)
    return [Trial(file, rule, read_example(item)) for item in data["tests"]]


def _schema() -> dict[str, Any]:
    from valuelint import resources

    definitions = resources.load("schemas/rule.schema.json")["$defs"]
    return {
        "type": "object",
        "required": ["tests"],
        "additionalProperties": False,
        "properties": {
            "rule": definitions["id"],
            "tests": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "if": {"required": ["finds"]},
                    "then": {"$ref": "#/$defs/bad"},
                    "else": {"$ref": "#/$defs/good"},
                },
            },
        },
        "$defs": definitions,
    }


def _beside(file: str, name: str) -> Rule:
    """The rule of a name in the folder of a file of tests. Raises Problem."""
    for ending in ENDINGS:
        path = os.path.join(os.path.dirname(file), name + ending)
        if os.path.isfile(path):
            return read_policy(path, path)
    raise Problem(f"there is no rule {name} beside it", file, 1, 1, "say which with rule: NAME")


def hold(trial: Trial, others: list[Rule]) -> Ruling:
    """Runs a test, with other rules watching what a fix does."""
    rule = trial.rule._replace(file="")
    watching = [other for other in others if other.id != rule.id] + [rule]
    try:
        result = run(trial.example, rule, watching)
    except SourceError as error:
        return Ruling(
            trial, (f"the values of {error.file} cannot be read: {error.line}:{error.column}: {error.message}",)
        )
    except BrokenRule as error:
        return Ruling(trial, (str(error),))
    example = trial.example
    wrong = []
    if result.finds != tuple(sorted(example.finds)):
        wrong += [f"expected: {line}" for line in _told(example.finds)]
        wrong += [f"found:    {line}" for line in _told(result.finds)]
    if bool(result.outcome.undecided) is not example.undecided:
        left = "; ".join(f"{item.message} ({item.decided_by})" for item in result.outcome.undecided)
        wrong.append(f"left open: {left}" if left else "expected something undecided, all is decided")
    if (result.fixed or None) != (example.fixed or None):
        wrong += _different(example.fixed or {}, result.fixed or {})
    if example.fixed and result.left:
        wrong += [f"left after the fix: {line}" for line in _told(result.left)]
    return Ruling(trial, tuple(wrong))


def _told(finds: tuple[Finds, ...]) -> list[str]:
    return [f"{severity} at {path} of {chart}" for chart, path, severity in sorted(finds)] or ["nothing"]


def _different(expected: dict[str, tuple[str, ...]], found: dict[str, tuple[str, ...]]) -> list[str]:
    from difflib import unified_diff

    lines = []
    for chart in sorted({*expected, *found}):
        wanted, got = "".join(expected.get(chart, ())), "".join(found.get(chart, ()))
        if not got:
            lines.append(f"the fix changes nothing of {chart}")
            continue
        if not wanted:
            lines.append(f"the fix changes {chart}:")
        difference = unified_diff(wanted.splitlines(), got.splitlines(), "expected", "fixed", lineterm="", n=2)
        lines += [line for line in difference if wanted != got]
    return lines
