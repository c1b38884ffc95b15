"""Which chart a reference means, and which version a range."""

from __future__ import annotations

import pytest

from valuelint.charts.facts import load_chart
from valuelint.workspace.references import chart_of, exact, newest


@pytest.mark.parametrize(
    ("text", "chart", "version"),
    [
        ("cilium", "cilium", None),
        ("rke2-cilium", "cilium", None),
        ("rancher-monitoring", "kube-prometheus-stack", None),
        ("prometheus-community/kube-prometheus-stack", "kube-prometheus-stack", None),
        ("oci://quay.io/cilium/charts/cilium", "cilium", None),
        ("oci://quay.io/cilium/charts/cilium:1.18.2", "cilium", "1.18.2"),
        ("https://helm.cilium.io/cilium-1.15.1.tgz", "cilium", "1.15.1"),
        ("./charts/cilium", None, None),
        ("cilium-policies", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_reference(text: str | None, chart: str | None, version: str | None) -> None:
    found = chart_of(text)
    assert (None if found is None else (found[0].name, found[1])) == (None if chart is None else (chart, version))


@pytest.mark.parametrize(("text", "yes"), [("1.18.2", True), ("v1.2.3-rc.1", True), ("1.18", False), ("69.x", False)])
def test_one_version(text: str, yes: bool) -> None:
    assert exact(text) is yes


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("69.x", "69."),
        ("~1.15.0", "1.15."),
        ("^69.0.0", "69."),
        (">=1.14.0 <1.15.0", "1.14."),
        (">=1.14.0, <1.15.0", "1.14."),
        ("1.13 - 1.14", "1.14."),
        ("1.16", "1.16."),
        ("69.* || 70.*", "70."),
    ],
)
def test_the_newest_in_a_range(text: str, beginning: str) -> None:
    chart = load_chart("kube-prometheus-stack" if "69" in text else "cilium")
    assert chart is not None
    found = newest(chart, text)
    assert found is not None
    assert found.startswith(beginning)


@pytest.mark.parametrize("text", ["*", "", "latest", "nonsense", "!=1.2.3", ">=99.0.0"])
def test_a_range_that_names_no_version(text: str) -> None:
    chart = load_chart("cilium")
    assert chart is not None
    assert newest(chart, text) is None
