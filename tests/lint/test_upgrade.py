"""What another version makes of values that were wrong before."""

from __future__ import annotations

import pytest

from tests.lint.table import RULES, cilium, cluster
from valuelint.lint.upgrade import compare


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ("1.14.19", "1.15.5", []),  # read by the one, ignored by the other
        ("1.15.5", "1.17.0", ["renamed-option"]),  # ignored by the one, refused by the other
        ("1.17.0", "1.18.2", []),  # refused by both: nothing new
    ],
)
def test_what_was_only_lost_may_stop_the_deploy(before: str, after: str, breaks: list[str]) -> None:
    (given,) = cluster(cilium("tunnel: disabled\n")).clusters
    found = compare(given, 0, before, after, RULES)
    assert [item.rule for item in found.breaks] == breaks
    assert found.clean is (before == "1.17.0")
