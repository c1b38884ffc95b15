"""The prediction against what the real Helm rendered; and that the cases put every condition of the facts to the test."""

from __future__ import annotations

from functools import cache

import pytest

from tests.golden.coverage import Spot, covered, wanted
from tests.golden.facts import CHARTS, differences, predicted, read, rendered
from valuelint.charts.facts import Chart, _ranges, chart_names, load_chart
from valuelint.charts.versions import Range, parse_version

# Leaves that cannot decide in a state, or only in cases that nobody can write: "place: leaf" and why.
UNDECIDING: dict[str, dict[str, str]] = {}


@cache
def chart_of(name: str) -> Chart:
    chart = load_chart(name)
    assert chart is not None
    return chart


def test_every_chart_has_golden_cases() -> None:
    assert sorted(chart_names()) == CHARTS


@pytest.mark.parametrize("name", CHARTS)
def test_prediction(name: str) -> None:
    wrong = [
        f"{name} {case['version']} {case['values']}: {difference}"
        for case in read(name)
        for difference in differences(case["expect"], predicted(rendered(name, case)))
    ]
    assert not wrong, "\n".join(wrong[:10])
