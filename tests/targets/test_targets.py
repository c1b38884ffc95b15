"""`valuelint targets` for programs: its shape, what is undecided, twins, and that two processes say what one says."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.golden.facts import read
from valuelint.cli import _halves
from valuelint.predict.targets import describe
from valuelint.report.targets import scraped
from valuelint.workspace.discover import Assumptions, survey

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "targets.schema.json").read_text(encoding="utf-8"))

Row = dict[str, Any]


def described(folder: Path, files: dict[str, Any], assumed: dict[str, Assumptions] | None = None) -> list[Row]:
    """The clusters of some files (values as data), checked against the schema."""
    for name, content in files.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    found = survey([str(folder)], None, assumed or {})
    clusters = [describe(cluster).data for part in found.parts if (cluster := found.read(part)) is not None]
    jsonschema.validate({"format": "valuelint-targets/1", "clusters": clusters}, SCHEMA)
    return clusters


def declared(*releases: tuple[str, str | None, str | None, str | None, str]) -> str:
    """A configuration with one cluster of (chart, version, name, namespace, file)."""
    keys = ("chart", "version", "name", "namespace")
    rows = [
        {**{key: value for key, value in zip(keys, release[:4], strict=True) if value}, "values": [release[4]]}
        for release in releases
    ]
    return json.dumps({"clusters": [{"name": "home", "releases": rows}]})


CILIUM = ("cilium", "1.14.3", "cilium", "kube-system", "cilium.yaml")
KPS = ("kube-prometheus-stack", "52.1.0", "prometheus", "monitoring", "kps.yaml")
AGENT = {"prometheus": {"enabled": True, "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}}}


def monitor(cluster: Row, component: str) -> Row:
    rows = [row for row in cluster["monitors"] if row["component"] == component]
    assert len(rows) == 1
    row: Row = rows[0]
    return row


def test_a_monitor_that_is_scraped(tmp_path: Path) -> None:
    files = {".valuelint.yaml": declared(CILIUM, KPS), "cilium.yaml": AGENT, "kps.yaml": {}}
    (cluster,) = described(tmp_path, files)
    row = monitor(cluster, "cilium-agent")
    assert row["rendered"] is True
    assert row["targets"] == ["cilium-agent:metrics"]
    assert row["selected_by"] == [
        {
            "prometheus": "prometheus-kube-prometheus-prometheus",
            "namespace": "monitoring",
            "selected": True,
            "why": "selected",
        }
    ]
    assert row["why"][0] == {
        "path": "prometheus.serviceMonitor.enabled",
        "value": True,
        "file": os.path.relpath(tmp_path / "cilium.yaml")
        if tmp_path.is_relative_to(Path.cwd())
        else row["why"][0]["file"],
        "line": 1,
        "text": row["why"][0]["text"],
    }
    assert row["why"][0]["text"].startswith("prometheus.serviceMonitor.enabled is true (")


def test_a_prometheus_that_ignores_namespace_selectors(tmp_path: Path) -> None:
    moved = {"enabled": True, "serviceMonitor": {"enabled": True, "namespace": "monitoring"}}
    there = {"prometheus": {"prometheusSpec": {"ignoreNamespaceSelectors": True, "serviceMonitorSelector": {}}}}
    there["prometheus"]["prometheusSpec"]["serviceMonitorSelectorNilUsesHelmValues"] = False
    files = {".valuelint.yaml": declared(CILIUM, KPS), "cilium.yaml": {"prometheus": moved}, "kps.yaml": there}
    (cluster,) = described(tmp_path, files)
    (verdict,) = monitor(cluster, "cilium-agent")["selected_by"]
    assert verdict["selected"] is True
    assert scraped(monitor(cluster, "cilium-agent")).holds is False
    assert scraped(monitor(cluster, "coredns")).why.endswith("in monitoring, not in kube-system")
    assert scraped(monitor(cluster, "prometheus")).holds is True
    (cluster,) = described(tmp_path, {**files, ".valuelint.yaml": declared((*CILIUM[:3], None, CILIUM[4]), KPS)})
    (verdict,) = monitor(cluster, "cilium-agent")["selected_by"]
    assert verdict["selected"] is None


def test_the_release_and_its_monitors_where_it_does_not_render(tmp_path: Path) -> None:
    values = {**AGENT, "hubble": {"enabled": False, "relay": {"enabled": True}}}
    (cluster,) = described(tmp_path, {".valuelint.yaml": declared(CILIUM), "cilium.yaml": values})
    (release,) = cluster["releases"]
    assert release["renders"] is False
    assert release["error"].startswith("Hubble Relay needs Hubble (hubble.relay.enabled, ")
    assert {row["rendered"] for row in cluster["monitors"]} == {False}
    assert all("does not render" in row["why"][0]["text"] for row in cluster["monitors"])


def test_without_a_version_only_what_holds_in_all_of_them(tmp_path: Path) -> None:
    files = {
        ".valuelint.yaml": declared(("cilium", None, "cilium", "kube-system", "cilium.yaml")),
        "cilium.yaml": AGENT,
    }
    (cluster,) = described(tmp_path, files)
    assert monitor(cluster, "cilium-agent")["rendered"] is True
    assert monitor(cluster, "cilium-agent")["labels"]["app.kubernetes.io/name"] is None  # since 1.18.2
    assert monitor(cluster, "cilium-agent")["labels"]["release"] is None  # the first versions had no labels
    assert monitor(cluster, "hubble-relay")["rendered"] is False
    on = {"envoy": {"enabled": True, "prometheus": {"enabled": True, "serviceMonitor": {"enabled": True}}}}
    (cluster,) = described(tmp_path, {**files, "cilium.yaml": {**on, "proxy": None}})
    envoy = monitor(cluster, "cilium-envoy")  # came with 1.14
    assert envoy["rendered"] is None
    assert envoy["why"][0]["text"] == "depends on the version of cilium"


def test_a_placeholder_is_undecided(tmp_path: Path) -> None:
    values = {"prometheus": {"enabled": "${METRICS}", "serviceMonitor": {"enabled": True}}}
    (cluster,) = described(tmp_path, {".valuelint.yaml": declared(CILIUM), "cilium.yaml": values})
    row = monitor(cluster, "cilium-agent")
    assert row["rendered"] is None
    assert [(why["path"], why["value"]) for why in row["why"]] == [("prometheus.enabled", "${METRICS}")]


def test_a_selector_that_is_not_known_is_not_null(tmp_path: Path) -> None:
    values = {"prometheus": {"prometheusSpec": {"serviceMonitorSelector": "${SELECTOR}"}}}
    (cluster,) = described(tmp_path, {".valuelint.yaml": declared(KPS), "kps.yaml": values})
    (prometheus,) = cluster["prometheus"]
    assert prometheus["service_monitor_selector"] == "not known"
    assert prometheus["service_monitor_namespace_selector"] == {}


def test_twins_are_one_object(tmp_path: Path) -> None:
    more = [{"name": "cilium-agent", "selector": {"matchLabels": {"app": "x"}}, "endpoints": [{"port": "metrics"}]}]
    agent = {"prometheus": {"enabled": True, "serviceMonitor": {"enabled": True, "namespace": "monitoring"}}}
    files = {
        ".valuelint.yaml": declared(CILIUM, KPS),
        "cilium.yaml": agent,
        "kps.yaml": {"prometheus": {"additionalServiceMonitors": more}},
    }
    (cluster,) = described(tmp_path, files)
    twins = [row for row in cluster["monitors"] if row["name"] == "cilium-agent"]
    assert [row["chart"] for row in twins] == ["cilium", "kube-prometheus-stack"]
    for one, other in (twins, reversed(twins)):
        text = f"{other['release']} renders a ServiceMonitor of this name here too: only one of them can be installed"
        assert one["why"][-1]["text"] == text


def test_rules_with_equal_labels_share_a_row(tmp_path: Path) -> None:
    groups = [{"name": "g", "rules": []}]
    values = {"additionalPrometheusRulesMap": {"a": {"groups": groups}, "b": {"groups": groups}}}
    (cluster,) = described(tmp_path, {".valuelint.yaml": declared(KPS), "kps.yaml": values})
    assert len(cluster["rules"]) == 1
    assert cluster["rules"][0]["names"] is None  # the chart's own rules are among them


@pytest.mark.parametrize("chart", ["cilium", "kube-prometheus-stack", "tetragon"])
def test_every_golden_case_has_the_shape(tmp_path: Path, chart: str) -> None:
    for case in read(chart)[::25]:
        release = (chart, case["version"], case["release"], case["namespace"], "values.yaml")
        (cluster,) = described(tmp_path, {".valuelint.yaml": declared(release), "values.yaml": case["values"]})
        assert cluster["releases"][0]["renders"] is case["expect"]["renders"]


def test_a_cluster_leaves_no_cycles_behind(tmp_path: Path) -> None:
    """The command does without the garbage collector: memory must come back without it."""
    files = {".valuelint.yaml": declared(CILIUM, KPS), "cilium.yaml": AGENT, "kps.yaml": {}}
    described(tmp_path, files)  # facts stay
    found = survey([str(tmp_path)], None, {})
    gc.collect()
    gc.disable()
    try:
        for part in found.parts * 3:
            cluster = found.read(part)
            assert cluster is not None
            describe(cluster)
            del cluster
        assert gc.collect() == 0
    finally:
        gc.enable()


# --- two processes --------------------------------------------------------------------------------


def work(item: int) -> tuple[int, bool]:
    return item * item, os.getpid() == PARENT


PARENT = os.getpid()


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 1000])
def test_halves_are_in_order(count: int) -> None:
    results = list(_halves.in_halves(range(count), work))
    assert [square for square, _ in results] == [item * item for item in range(count)]
    assert all(here for _, here in results[: count // 2])


def test_what_fails_in_the_other_process_shows_here() -> None:
    def picky(item: int) -> int:
        if item == 150:
            raise LookupError("not this one")
        return item

    def results() -> Iterator[int]:
        yield from _halves.in_halves(range(200), picky)

    with pytest.raises(LookupError, match="not this one"):
        list(results())
