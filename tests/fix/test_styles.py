"""The harness of benchmarks/fixes.py on a few values: every style of YAML, nothing beside the declared bytes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from benchmarks.fixes import LEVELS, Tally, look_closely, of_case, put_right, renewed, values_of
from tests.golden.facts import read
from tests.lint.table import RULES
from valuelint.lint.fix import repair
from valuelint.syntax.edits import same

CILIUM = random.Random("styles").sample(read("cilium"), 30)
PARTNERS: list[dict[str, Any]] = [
    {"version": "65.1.0", "release": "kps", "namespace": "monitoring", "values": values}
    for values in (
        {},
        {"prometheus": {"prometheusSpec": {"serviceMonitorSelector": {"matchLabels": {"team": "a"}}}}},
        {"prometheus": {"prometheusSpec": {"serviceMonitorSelectorNilUsesHelmValues": "false"}}},
    )
]
CASES: list[dict[str, Any]] = [
    {"id": number, "cilium": case, "kps": PARTNERS[number % 3]} for number, case in enumerate(CILIUM)
]


def test_styles_differ_and_mean_the_same() -> None:
    case = CASES[0]
    texts = set()
    for seed in range(20):
        workspace = of_case(case, random.Random(seed))
        assert same(values_of(workspace, 0), case["cilium"]["values"])
        texts.add(workspace.clusters[0].releases[0].layers[0].source.data)
    assert len(texts) > 10


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_in_any_style(case: dict[str, Any], level: str) -> None:
    tally = Tally()
    workspace = of_case(case, random.Random(f"{case['id']} {level}"))
    done = put_right(workspace, RULES, level, "here", tally)
    assert repair(renewed(workspace, done.texts), RULES, level).texts == {}
    look_closely(workspace, RULES, level, "here", tally)
    assert tally.wrong == []
