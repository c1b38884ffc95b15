"""What another version makes of values that were wrong before."""

from __future__ import annotations

import pytest

from tests.lint.table import RULES, cilium, cluster
from valuelint.lint.upgrade import compare
from valuelint.syntax import format_path


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


AZURE = "azure: {clientSecret: a}\n"


@pytest.mark.parametrize(
    ("values", "before", "after", "idle"),
    [
        (AZURE, "1.10.1", "1.15.3", ["azure.enabled"]),  # by itself once, only with the switch beside it since
        (AZURE, "1.15.3", "1.18.2", []),  # neither version reads it without the switch
        ("azure: {clientSecret: a, enabled: true}\n", "1.10.1", "1.15.3", []),
    ],
)
def test_what_counted_by_itself_may_need_something_else(values: str, before: str, after: str, idle: list[str]) -> None:
    (given,) = cluster(cilium(values)).clusters
    found = compare(given, 0, before, after, RULES)
    assert [format_path(item.needs) for item in found.idle] == idle
    assert all((item.file, item.line) == ("cilium.yaml", 1) for item in found.idle)
    assert found.clean is not bool(idle)
