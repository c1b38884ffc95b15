"""The tables of options: what is known in which version, when it came and went, and what was probably meant."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from benchmarks import options as measure
from valuelint import resources
from valuelint.charts import options
from valuelint.charts.options import Options, OptionTable, Suggestion, edit_distance, suggest
from valuelint.charts.tables import OPAQUE
from valuelint.charts.versions import Range
from valuelint.syntax import parse_path

CHARTS = ("cilium", "kube-prometheus-stack")


def table(chart: str) -> OptionTable:
    found = options.load(chart)
    assert found is not None
    return found


def at(chart: str, version: str) -> Options:
    return table(chart).at(version)


DEMO = Options(
    "1.0.0",
    {"a": {"enabled": True, "labels": {}}, "free": {"x": 1}, "empty": {}, "list": [], "sub": {"on": True}},
    {"free": "f", "a": {"name": "r", "extra": {"": "r", "deep": "r"}}, "old": {"gone": "x"}, "bare": "r"},
    {"sub": "switch.enabled"},
)


@pytest.mark.parametrize(
    ("values", "unknown"),
    [
        ({"a": {"enabled": False}}, []),
        ({"a": {"enable": False}}, ["a.enable"]),
        ({"b": {"c": 1}}, ["b"]),
        ({"a": {"name": "n", "extra": {"deep": 1}}}, []),
        ({"a": {"extra": {"other": 1}}}, ["a.extra.other"]),
        ({"a": {"labels": {"any": "thing"}}}, []),
        ({"free": {"y": {"z": 1}}}, []),
        ({"empty": {"y": 1}, "list": [{"k": 1}], "bare": {"any": 1}}, []),
        ({"old": {"gone": 1}}, ["old.gone"]),
        ({"old": {"gone": 1, "other": 2}}, ["old.gone", "old.other"]),
        ({"old": 5}, ["old"]),
        ({"global": {"x": 1}, "sub": {"global": {"x": 1}, "typo": 1}}, ["sub.typo"]),
        ({"a": None, "b": None}, ["b"]),
    ],
)
def test_what_is_unknown(values: dict[str, Any], unknown: list[str]) -> None:
    assert [".".join(map(str, path)) for path in DEMO.unknown(values)] == unknown
    for path in unknown:
        assert not DEMO.knows(parse_path(path))


@pytest.mark.parametrize(
    ("chart", "version", "path", "known"),
    [
        ("cilium", "1.14.3", "version", False),
        ("cilium", "1.18.2", "prometheus.serviceMonitor.namespace", True),
        ("cilium", "1.18.2", "hubble.metrics.serviceMonitor.namespace", False),
        ("cilium", "1.18.2", "hubble.eventQueueSize", True),
        ("cilium", "1.18.2", "tunnel", False),
        ("cilium", "1.14.19", "tunnel", True),
        ("cilium", "1.19.6", "encryption.strictMode.cidr", True),
        ("cilium", "1.20.0", "encryption.strictMode.cidr", False),
        ("cilium", "1.20.0", "podLabels.team", True),
        ("cilium", "1.16.1", "proxy.prometheus.enabled", False),
        ("kube-prometheus-stack", "69.0.0", "crds.upgradeJob.labels", True),
        ("kube-prometheus-stack", "69.0.0", "crds.upgradeJob.lbels", False),
        ("kube-prometheus-stack", "81.5.0", "crds.upgradeJob.image.busyvox", False),
        ("kube-prometheus-stack", "88.5.3", "grafana.sidecar.dashboards.logLevel", True),
        ("kube-prometheus-stack", "88.5.3", "grafana.grafana.ini", False),
        ("kube-prometheus-stack", "88.5.3", 'grafana["grafana.ini"].server', True),
        ("kube-prometheus-stack", "88.5.3", "customRules.KubeAPIDown.severity", True),
        ("kube-prometheus-stack", "88.5.3", "customRules.KubeApiDown.severity", False),
        ("kube-prometheus-stack", "88.5.3", "prometheusSpec", False),
        ("kube-prometheus-stack", "88.5.3", "nodeExporter.enabled", True),
        ("kube-prometheus-stack", "88.5.3", "prometheus-node-exporter.enabled", False),
    ],
)
def test_options_of_the_charts(chart: str, version: str, path: str, known: bool) -> None:
    assert at(chart, version).knows(parse_path(path)) is known


@pytest.mark.parametrize(
    ("path", "version", "last", "removed", "added"),
    [
        ("tunnel", "1.18.2", "1.14.19", "1.15.0", None),
        ("routingMode", "1.13.18", None, None, "1.14.0"),
        ("bgp", "1.20.0", "1.16.19", "1.17.0", None),
        ("nothing.of.the.kind", "1.18.2", None, None, None),
    ],
)
def test_when_an_option_was_there(path: str, version: str, last: str, removed: str, added: str) -> None:
    assert table("cilium").span(parse_path(path), version) == (last, removed, added)


@pytest.mark.parametrize(
    ("chart", "version", "path", "value", "meant"),
    [
        ("cilium", "1.18.2", "cgroup.automount", {"enabled": False}, "cgroup.autoMount"),
        ("cilium", "1.18.2", "rolloutCiliumPods", True, "rollOutCiliumPods"),
        ("cilium", "1.18.2", "hubble.serviceMonitor", {"enabled": True}, "hubble.metrics.serviceMonitor"),
        ("cilium", "1.18.2", "hubble.dashboards", {"enabled": True}, "hubble.metrics.dashboards"),
        ("cilium", "1.18.2", "prometheus.enable", True, "prometheus.enabled"),
        ("cilium", "1.18.2", "prometheus.servicemonitor", {"enabled": True}, "prometheus.serviceMonitor"),
        ("cilium", "1.18.2", "operator.PodDisruptionBudget", {"enabled": True}, "operator.podDisruptionBudget"),
        ("cilium", "1.18.2", "operator.prometheus.serviceMonitor.trustCRDsExist", True,
         "prometheus.serviceMonitor.trustCRDsExist"),
        ("kube-prometheus-stack", "88.5.3", "prometheus.prometheusSpec.ruleselectorniluseshelmvalues", False,
         "prometheus.prometheusSpec.ruleSelectorNilUsesHelmValues"),
        ("kube-prometheus-stack", "88.5.3", "prometheusSpec", {"retention": "10d"}, "prometheus.prometheusSpec"),
        ("kube-prometheus-stack", "88.5.3", "additionalServiceMonitors", [], "prometheus.additionalServiceMonitors"),
        ("kube-prometheus-stack", "88.5.3", "prometheus-node-exporter.enabled", False, "nodeExporter.enabled"),
        ("kube-prometheus-stack", "88.5.3", "kubeStateMetrics.revisionHistoryLimit", 2,
         "kube-state-metrics.revisionHistoryLimit"),
    ],
)  # fmt: skip
def test_what_was_meant(chart: str, version: str, path: str, value: Any, meant: str) -> None:
    found = suggest(at(chart, version), parse_path(path), value)
    assert found
    assert found[0].path == parse_path(meant)


@pytest.mark.parametrize("path", ["version", "leftover", "containerRuntime.socketPath"])
def test_nothing_is_suggested_where_nothing_is_near(path: str) -> None:
    assert suggest(at("cilium", "1.18.2"), parse_path(path), "x") == []


@pytest.mark.parametrize(
    "path", ["alertmanager.fullnameOverride", "prometheus.fullNameOverride", "server.namespaceOverride"]
)
def test_what_names_a_whole_release_is_not_suggested_for_a_part_of_it(path: str) -> None:
    found = suggest(at("kube-prometheus-stack", "88.5.3"), parse_path(path), "x")
    assert [item.path for item in found if len(item.path) == 1] == []


@pytest.mark.parametrize(
    ("path", "sure"),
    [
        ("operator.serviceMonitor.enabled", "operator.prometheus.serviceMonitor.enabled"),
        ("envoy.serviceMonitor.labels", "envoy.prometheus.serviceMonitor.labels"),
        ("operator.metrics.enabled", None),
        ("hubble.metrics.serviceMonitor.namespace", None),
        ("hubble.relay.metrics.enabled", None),
        ("prometheus.monitor.enabled", None),
    ],
)
def test_a_word_that_stands_everywhere_only_moves_down_a_level_that_was_left_out(path: str, sure: str | None) -> None:
    """What `operator.metrics.enabled: false` was meant for is not to switch the operator off."""
    found = suggest(at("cilium", "1.18.2"), parse_path(path), True)
    assert [".".join(item.path) for item in found if item.sure] == ([] if sure is None else [sure])


def test_a_suggestion_says_whether_others_come_near() -> None:
    found = suggest(at("cilium", "1.13.4"), parse_path("hubble.serviceMonitor"), {"enabled": True})
    assert found[0] == Suggestion(("hubble", "metrics", "serviceMonitor"), "place", True)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "abcd", 1), ("abc", "xyz", None), ("", "ab", 2)],
)
def test_edit_distance(one: str, other: str, distance: int | None) -> None:
    assert edit_distance(one, other, 2) == edit_distance(other, one, 2) == distance


@pytest.mark.parametrize("chart", CHARTS)
def test_the_defaults_of_every_version_are_known(chart: str) -> None:
    known = table(chart)
    every = known.every()
    for version in known.table.versions:
        defaults = known.table.defaults(version)
        assert list(known.at(version).unknown(defaults)) == []
        if version in known.table.versions[::40]:
            assert list(every.unknown(defaults)) == []


@pytest.mark.parametrize("chart", CHARTS)
def test_what_any_version_knows_all_of_them_know_together(chart: str) -> None:
    known = table(chart)
    every = known.every()
    for version in known.table.versions[::60]:
        assert all(every.knows(path) for path in known.at(version).paths())


def test_broken_options_are_found_and_the_right_one_is_suggested() -> None:
    assert measure.broken(seed=random.Random(5).randrange(1000), each=300, show=0) is False


@pytest.mark.parametrize("chart", CHARTS)
def test_a_version_is_loaded_fast(chart: str) -> None:
    """From what is remembered, as in every run but the first."""
    version = table(chart).table.versions[-1]
    table(chart).at(version)
    started = time.perf_counter()
    OptionTable(chart).at(version)
    assert time.perf_counter() - started < 0.05  # 5 ms on an idle machine


def test_the_tables_are_small() -> None:
    texts = [
        resources.text(f"schemas/{chart}/{name}") for chart in CHARTS for name in ("options.json", "defaults.json")
    ]
    assert sum(len(text.encode()) for text in texts) < 1_000_000


# --- corrections ----------------------------------------------------------------------------------

ENTRIES = [
    (chart, section, entry)
    for chart in CHARTS
    for section, entries in table(chart).corrections.data.items()
    for entry in entries
]
EFFECTS = {
    "renamed": {"fails", "changes", "ignored"},
    "removed": {"changes", "ignored"},
    "allowed": {"fails", "outdated", "agent", "ignored", "api"},
}


@pytest.mark.parametrize(
    ("chart", "section", "entry"), ENTRIES, ids=[f"{section} {entry['path']}" for _, section, entry in ENTRIES]
)
def test_a_correction_is_whole(chart: str, section: str, entry: dict[str, Any]) -> None:
    known = table(chart)
    assert entry["reason"]
    assert entry["source"]
    Range.parse(entry.get("versions", ">=0.0.0"))
    if section in EFFECTS:
        assert entry["effect"] in EFFECTS[section]
    every, newest = known.every(), known.at(known.table.versions[-1])
    targets = [place for change in entry.get("by_value", {}).values() for place in change]
    targets += entry.get("to_all", []) + ([entry["to"]] if "to" in entry else [])
    assert (section == "renamed") <= bool(targets)
    for target in targets:
        assert every.knows(parse_path(target)), target
    if section in ("renamed", "removed"):
        assert not newest.knows(parse_path(entry["path"]))
    elif section in ("allowed", "deprecated"):
        assert every.knows(parse_path(entry["path"]))


def test_no_default_is_a_value_that_is_not_allowed() -> None:
    for chart in CHARTS:
        known = table(chart)
        for version in known.table.versions[::20]:
            for entry in known.corrections.entries("allowed", version):
                default = known.at(version).default(parse_path(entry["path"]))
                assert default in (None, "", OPAQUE, "∅") or default in entry["values"], (version, entry["path"])


def test_a_chart_that_uses_all_values_knows_every_option() -> None:
    every = options.Options("1.0.0", {"a": {"b": 1}}, {"": "f"}, {})
    assert list(every.unknown({"x": 1, "a": {"c": 2}})) == []
    assert (every.knows(("x", "y")), every.free(("a",))) == (True, True)


def test_an_option_that_a_correction_takes_away_is_gone_from_that_version_on() -> None:
    table = options.load("cilium")
    assert table is not None
    assert table.span(("hostServices", "enabled"), "1.18.2") == options.Span("1.12.19", "1.13.0", None)
    assert table.at("1.12.19").knows(("hostServices", "enabled"))
    assert not table.at("1.13.0").knows(("hostServices", "enabled"))
