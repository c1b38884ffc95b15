"""The prediction against what the real Helm rendered; and that the cases put every condition to the test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from tests.golden.coverage import Spot, covered, wanted
from tests.golden.facts import CHARTS, Case, differences, predicted, read, rendered
from tests.golden.undeciding import UNDECIDING
from valuelint.charts.facts import Chart, _ranges, chart_names, load_chart
from valuelint.charts.versions import Range, parse_version


@cache
def chart_of(name: str) -> Chart:
    chart = load_chart(name)
    assert chart is not None
    return chart


@cache
def cases_of(name: str) -> list[Case]:
    return read(name)


def test_every_chart_has_golden_cases() -> None:
    assert sorted(chart_names()) == CHARTS


@pytest.mark.parametrize("name", CHARTS)
def test_prediction(name: str) -> None:
    wrong = [
        f"{name} {case['version']} {case['values']}: {difference}"
        for case in cases_of(name)
        for difference in differences(case["expect"], predicted(rendered(name, case)))
    ]
    assert not wrong, "\n".join(wrong[:10])


@pytest.mark.parametrize("name", CHARTS)
def test_every_leaf_decides_in_both_states(name: str) -> None:
    asked: set[Spot] = set()
    shown: set[Spot] = set()
    for version in {case["version"] for case in cases_of(name)}:
        asked |= wanted(chart_of(name).at(version))
    for case in cases_of(name):
        shown |= covered(rendered(name, case))
    excused = {(place, leaf, state) for place, leaf, state, _ in UNDECIDING.get(name, ())}
    missing = asked - shown - excused
    assert not missing, "\n".join(f"{place}: {leaf} is never {state}" for place, leaf, state in sorted(missing))
    needless = excused & shown
    assert not needless, "\n".join(f"{place}: {leaf} is {state} in a case" for place, leaf, state in sorted(needless))


@pytest.mark.parametrize("name", CHARTS)
def test_both_sides_of_every_boundary(name: str) -> None:
    versions = {case["version"] for case in cases_of(name)}
    missing = [version for version in boundaries(chart_of(name)) if version not in versions]
    assert not missing


def boundaries(chart: Chart) -> Iterator[str]:
    """The released versions on both sides of each change in the facts."""
    for text in _ranges(chart._raw):
        within = Range.parse(text)
        answers = [within.contains(parse_version(version)) for version in chart.versions]
        for number in range(1, len(answers)):
            if answers[number] != answers[number - 1]:
                yield from chart.versions[number - 1 : number + 1]
