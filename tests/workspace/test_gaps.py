"""Layers that nobody can read: what rests on them is undecided, and no rule stumbles over values that are not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.places import only, put
from valuelint.charts.facts import chart_names, load_chart
from valuelint.lint import engine
from valuelint.lint.rule import Rule, load_rules
from valuelint.values import Unknown, Values
from valuelint.workspace.release import Cluster, Gap, Release

RULES = load_rules()
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: kube-system}
spec:
  chart:
    spec: {chart: cilium, version: 1.18.2}
  valuesFrom:
    - {kind: ConfigMap, name: elsewhere}
  values:
"""
RELAY = """\
    hubble:
      relay:
        enabled: true
        prometheus:
          serviceMonitor: {enabled: true}
"""


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_a_missing_layer_may_set_is_undecided(tmp_path: Path) -> None:
    report = engine.run(put(tmp_path, {"r.yaml": RELEASE + RELAY}), RULES)
    assert "monitor-not-rendered" not in {item.rule for item in report.findings}
    found = [item for item in report.undecided if item.rule == "monitor-not-rendered"]
    assert [item.decided_by for item in found] == ["ConfigMap elsewhere is not in the repository"]


def test_what_a_missing_layer_may_say_of_the_prometheus_beside_is_undecided(tmp_path: Path) -> None:
    prometheus = RELEASE.replace("name: cilium,", "name: kps,").replace("kube-system", "monitoring")
    prometheus = prometheus.replace("chart: cilium, version: 1.18.2", "chart: kube-prometheus-stack, version: 77.6.0")
    cilium = RELEASE.replace("  valuesFrom:\n    - {kind: ConfigMap, name: elsewhere}\n", "")
    monitor = "    prometheus: {enabled: true, serviceMonitor: {enabled: true}}\n"
    missing = put(tmp_path, {"p.yaml": prometheus + "    grafana: {enabled: false}\n", "c.yaml": cilium + monitor})
    report = engine.run(missing, RULES)
    assert "monitor-not-selected" not in {item.rule for item in report.findings}
    assert "monitor-not-selected" in {item.rule for item in report.undecided}


def test_what_the_layers_above_say_is_certain(tmp_path: Path) -> None:
    text = RELEASE + RELAY.replace("          serviceMonitor", "          enabled: false\n          serviceMonitor")
    report = engine.run(put(tmp_path, {"r.yaml": text}), RULES)
    assert "monitor-not-rendered" in {item.rule for item in report.findings}


def test_values_below_a_gap_are_unknown_only_where_that_is_asked_for(tmp_path: Path) -> None:
    release = only(put(tmp_path, {"r.yaml": RELEASE + RELAY}))
    defaults = {"hubble": {"enabled": True, "relay": {"enabled": False}}, "list": []}
    plain = Values(list(release.layers), defaults, release.missing)
    shaded = Values(list(release.layers), defaults, release.missing, shade=True)
    assert plain.get(("hubble", "enabled")) is True
    assert isinstance(shaded.get(("hubble", "enabled")), Unknown)
    assert shaded.get(("hubble", "relay", "enabled")) is True
    assert isinstance(shaded.get(("list",)), Unknown)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_rule_stumbles_over_values_that_nobody_knows(rule: Rule) -> None:
    releases = tuple(
        Release(name, version, None, None, (), {}, gaps=(Gap(0, "something"),))
        for name in chart_names()
        if (chart := load_chart(name)) is not None
        for version in (chart.versions[0], chart.versions[-1])
    )
    for release in releases:
        engine.examine(Cluster("one", (release,), True, {}), [rule])
    engine.examine(Cluster("all", releases, True, {}), [rule])
