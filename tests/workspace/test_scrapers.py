"""Monitors that stand in the repository beside the charts: metrics that they scrape are no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.places import put
from valuelint.lint import engine
from valuelint.lint.rule import load_rules

RULES = [rule for rule in load_rules() if rule.id == "metrics-not-scraped"]
RELEASES = """\
releases:
- name: cilium
  namespace: kube-system
  chart: cilium/cilium
  version: 1.18.2
  values: [{hubble: {metrics: {enabled: [dns]}}}]
- {name: kps, namespace: monitoring, chart: prometheus-community/kube-prometheus-stack, version: 77.6.0}
"""
OBJECT = "apiVersion: GROUP\nkind: KIND\nmetadata: {name: own}\nspec: SPEC\n"


@pytest.mark.parametrize(
    ("group", "kind", "spec", "severity"),
    [
        ("monitoring.coreos.com/v1", "ServiceMonitor", "{selector: {matchLabels: {k8s-app: hubble}}}", "info"),
        ("monitoring.coreos.com/v1", "ServiceMonitor", "{selector: {}}", "info"),
        (
            "operator.victoriametrics.com/v1beta1",
            "VMServiceScrape",
            "{selector: {matchLabels: {k8s-app: hubble}}}",
            "info",
        ),
        ("monitoring.coreos.com/v1", "PodMonitor", "{selector: {matchLabels: {k8s-app: cilium}}}", "info"),
        ("monitoring.coreos.com/v1alpha1", "ScrapeConfig", "{kubernetesSDConfigs: [{role: Pod}]}", "info"),
        (
            "monitoring.coreos.com/v1alpha1",
            "ScrapeConfig",
            "{staticConfigs: [{targets: ['10.0.0.1:9965']}]}",
            "warning",
        ),
        ("monitoring.coreos.com/v1", "ServiceMonitor", "{selector: {matchLabels: {app: other}}}", "warning"),
        ("monitoring.coreos.com/v1", "PrometheusRule", "{selector: {matchLabels: {k8s-app: hubble}}}", "warning"),
        ("monitoring.coreos.com/v1", "ServiceMonitor", "[", "warning"),
    ],
)
def test_what_stands_beside_the_charts_may_scrape_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, kind: str, spec: str, severity: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = OBJECT.replace("GROUP", group).replace("KIND", kind).replace("SPEC", spec)
    report = engine.run(put(tmp_path, {"helmfile.yaml": RELEASES, "own/monitor.yaml": text}), RULES)
    assert [item.severity for item in report.findings] == [severity]
    notes = [note for item in report.findings for note in item.notes]
    assert any(f"{kind} own in own/monitor.yaml" in note for note in notes) == (severity == "info")
