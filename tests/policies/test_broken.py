"""Rule files that are broken in any way: an error with a place and a remedy, or a rule that can be tested; no crash."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lint.table import RULES
from valuelint import resources
from valuelint.lint.policies import load_policies
from valuelint.lint.trials import collect, hold

LIBRARY = Path(__file__).parents[2] / "examples" / "policies"
FILES = {file.name: file.read_text("utf-8") for file in sorted(LIBRARY.glob("*.yaml")) if "_test" not in file.name}
FILES |= {f"{rule.id}.yaml": "replaces: true\n" + resources.text(f"rules/{rule.id}.yaml") for rule in RULES}

JUNK: list[Any] = [
    *(None, True, -1, 1e400, 10**40, "", "x", "{", "}", "{0}", "{a!r}", "{params.nope}", "a[", "..", "*", "$x.y", ">="),
    *([], [[]], {}, {"a": 1}, {"$ref": "http://x/"}, {"pattern": "("}, {"version": "!!"}, {"duration": "soon"}),
    *({"type": "strang"}, {"minLenght": 2}, {"enum": []}, {"not": 5}, {"properties": []}, "\0x", "a" * 5000),
]
MARKS: list[str] = [*"\"'{[:\t\0\a#|>%", "- ", "&a ", "*a", "!!x ", "---\n", "<<: "]


def walk(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in parts:
        yield from walk(value, (*path, key))


def within(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


def broken(text: str, luck: random.Random) -> str:
    """The file with one thing about it changed: its text, or its data."""
    kind = luck.randrange(8)
    at = luck.randrange(len(text))
    lines = text.split("\n")
    line = luck.randrange(len(lines))
    if kind == 0:
        return text[:at]
    if kind == 1:
        return f"{text[:at]}{luck.choice(MARKS)}{text[at:]}"
    if kind == 2:
        return "\n".join([*lines[:line], lines[luck.randrange(len(lines))], *lines[line:]])
    if kind == 3:
        return "\n".join([*lines[:line], luck.choice(("  ", "\t", "")) + lines[line].lstrip(), *lines[line + 1 :]])
    data = yaml.safe_load(text)
    paths = list(walk(data))
    path = luck.choice([path for path in paths if len(path) < 3 and path[0] != "examples"] if at % 2 else paths)
    parent, key = within(data, path[:-1]), path[-1]
    if kind == 4:
        del parent[key]
    elif kind == 5 or not isinstance(parent, dict):
        parent[key] = luck.choice(JUNK)
    elif kind == 6:
        parent[f"{key}{luck.choice('xs_.{')}"] = parent.pop(key)
    else:
        parent[luck.choice(("x", "when", "cel", "for", "check", "", 1, None))] = copy.deepcopy(within(data, path))
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


@pytest.mark.parametrize("name", FILES)
def test_whatever_is_wrong_is_said_with_a_place(name: str, tmp_path: Path) -> None:
    luck = random.Random(name)
    file = tmp_path / name
    for _ in range(8):
        text = broken(FILES[name], luck)
        file.write_text(text, encoding="utf-8")
        rules, problems = load_policies([str(tmp_path)], [rule.id for rule in RULES])
        assert len(rules) + len(problems) == 1, text
        for problem in problems:
            assert problem.line is not None, problem
            assert 1 <= problem.line <= text.count("\n") + 1, problem
            assert problem.remedy, problem
            assert len(str(problem)) < 500, problem
        for trial in collect([str(file)]).trials[:1] if rules else ():
            hold(trial, RULES)
