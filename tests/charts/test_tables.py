"""Tables of default values: how one is read, and what the shipped ones say."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest

from valuelint import resources
from valuelint.charts import tables
from valuelint.charts.tables import ABSENT, OPAQUE, Table, join, leaves
from valuelint.charts.versions import parse_version

CHARTS = ["cilium", "kube-prometheus-stack"]

DEMO: dict[str, Any] = {
    "chart": "demo",
    "versions": ["1.0.0-rc.1", "1.0.0", "1.1.0", "1.2.0", "2.0.0"],
    "schema": ["1.0.0-rc.1", False, "1.2.0", True],
    "defaults": {
        "global": {"registry": ["1.0.0", "parent"]},
        "name": ["1.0.0-rc.1", "demo", "1.2.0", ABSENT, "2.0.0", None],
        "notes": ["1.0.0", OPAQUE],
        # empty at first, then a map, then empty again, then gone
        "extra": {
            "": ["1.0.0-rc.1", {}, "1.1.0", ABSENT, "1.2.0", {}, "2.0.0", ABSENT],
            "a": ["1.1.0", 1, "1.2.0", ABSENT],
        },
        "count": ["1.0.0", 1, "1.1.0", True, "1.2.0", 1.5, "2.0.0", [1, {"b": None}]],
        "sub": {"on": ["1.1.0", True], "color": ["1.1.0", "red"], "size": ["2.0.0", None]},
    },
    "subcharts": {
        "sub": {
            "condition": ["1.1.0", "sub.on"],
            "defaults": {
                "color": ["1.1.0", "blue"],
                "size": ["1.1.0", 3],
                "deep": {"er": ["1.1.0", "x", "1.2.0", "y"]},
                "global": {"registry": ["1.1.0", "own"], "pull": ["1.1.0", []]},
            },
        },
        "late": {"condition": ["2.0.0", ""], "defaults": {"x": ["2.0.0", 1]}},
    },
    "types": {"name": ["1.2.0", "null string"], "count": ["1.2.0", [1.5, 2.5]]},
}


@pytest.fixture
def demo() -> Table:
    return Table("demo", DEMO)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.0.0-rc.1", {"name": "demo", "extra": {}}),
        ("1.0.0", {"name": "demo", "extra": {}, "count": 1, "notes": OPAQUE, "global": {"registry": "parent"}}),
        (
            "1.1.0",
            {
                "name": "demo",
                "extra": {"a": 1},
                "count": True,
                "notes": OPAQUE,
                "global": {"registry": "parent"},
                "sub": {
                    "on": True,
                    "color": "red",
                    "size": 3,
                    "deep": {"er": "x"},
                    "global": {"registry": "parent", "pull": []},
                },
            },
        ),
        (
            "2.0.0",
            {
                "name": None,
                "count": [1, {"b": None}],
                "notes": OPAQUE,
                "global": {"registry": "parent"},
                "sub": {
                    "on": True,
                    "color": "red",
                    "deep": {"er": "y"},
                    "global": {"registry": "parent", "pull": []},
                },
                "late": {"x": 1, "global": {"registry": "parent"}},
            },
        ),
    ],
)
def test_defaults_of_a_version(demo: Table, version: str, expected: dict[str, Any]) -> None:
    assert repr(sorted(leaves(demo.defaults(version)))) == repr(sorted(leaves(expected)))


def test_a_subchart_that_is_off_brings_nothing(demo: Table) -> None:
    assert demo.defaults("1.1.0", without=["sub"])["sub"] == {"on": True, "color": "red"}
    assert demo.defaults("2.0.0", without=["sub", "late"])["sub"] == {"on": True, "color": "red", "size": None}
    assert "late" not in demo.defaults("2.0.0", without={"late"})
    assert demo.defaults("2.0.0")["late"]["x"] == 1


def test_subcharts_and_their_own_values(demo: Table) -> None:
    assert demo.subcharts("1.0.0") == {}
    assert demo.subcharts("2.0.0") == {"sub": "sub.on", "late": ""}
    assert demo.subchart_defaults("1.1.0", "sub")["color"] == "blue"
    with pytest.raises(KeyError):
        demo.subchart_defaults("1.1.0", "late")


@pytest.mark.parametrize(
    ("version", "used", "exact"),
    [
        ("1.1.0", "1.1.0", True),
        ("v1.1.0", "1.1.0", True),
        ("1.1.0+build", "1.1.0", True),
        ("1.1.7", "1.1.0", False),
        ("1.2.0-rc.1", "1.1.0", False),
        ("9.0.0", "2.0.0", False),
        ("1.0.0-pre.1", "1.0.0-rc.1", False),
        ("0.1.0", "1.0.0-rc.1", False),
    ],
)
def test_an_unknown_version_is_read_as_the_nearest_older_one(demo: Table, version: str, used: str, exact: bool) -> None:
    for _ in "looked up", "remembered":
        assert demo.nearest(version) == (used, exact)
    assert demo.defaults(version) == demo.defaults(used)


def test_what_is_no_version_is_refused(demo: Table) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        demo.defaults("latest")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("name",), [("1.0.0-rc.1", "1.1.0", "demo"), ("2.0.0", "2.0.0", None)]),
        (("extra",), [("1.0.0-rc.1", "1.0.0", {}), ("1.1.0", "1.1.0", {"a": 1}), ("1.2.0", "1.2.0", {})]),
        (("extra", "a"), [("1.1.0", "1.1.0", 1)]),
        (
            ("count",),
            [
                ("1.0.0", "1.0.0", 1),
                ("1.1.0", "1.1.0", True),
                ("1.2.0", "1.2.0", 1.5),
                ("2.0.0", "2.0.0", [1, {"b": None}]),
            ],
        ),
        (("sub", "deep", "er"), [("1.1.0", "1.1.0", "x"), ("1.2.0", "2.0.0", "y")]),
        (("sub", "size"), [("1.1.0", "1.2.0", 3)]),
        (("sub", "global", "registry"), [("1.1.0", "2.0.0", "parent")]),
        (("late", "x"), [("2.0.0", "2.0.0", 1)]),
        (("count", 0), []),
        (("name", "below"), []),
        (("nowhere",), []),
    ],
)
def test_history_of_a_path(demo: Table, path: tuple[str | int, ...], expected: list[tuple[str, str, Any]]) -> None:
    assert repr(demo.history(path)) == repr(expected)


def test_what_the_schema_accepts(demo: Table) -> None:
    assert not demo.has_schema("1.1.0")
    assert demo.accepted("1.1.0") == {}
    assert demo.has_schema("2.0.0")
    assert demo.accepted("2.0.0") == {("name",): "null string", ("count",): [1.5, 2.5]}


# What Helm 4.2 makes of these, seen in a chart that prints its values.
@pytest.mark.parametrize(
    ("own", "below", "expected"),
    [
        ({}, {"a": 1}, {"a": 1, "global": {}}),
        ({"a": 2}, {"a": 1}, {"a": 2, "global": {}}),
        ({"a": {"x": 1}}, {"a": {"x": 0, "y": {"z": 1}}}, {"a": {"x": 1, "y": {"z": 1}}, "global": {}}),
        ({"a": {}}, {"a": {"x": 1}}, {"a": {"x": 1}, "global": {}}),
        ({"a": 1}, {"a": {"x": 1}}, {"a": 1, "global": {}}),
        ({"a": {"x": 1}}, {"a": 1}, {"a": {"x": 1}, "global": {}}),
        ({"a": [1]}, {"a": [2, 3]}, {"a": [1], "global": {}}),
        ({"a": None}, {"a": 1}, {"global": {}}),
        ({"a": {"x": None}}, {"a": {"x": 1, "y": 2}}, {"a": {"y": 2}, "global": {}}),
        ({"a": None}, {"a": None}, {"a": None, "global": {}}),
        ({"a": None}, {}, {"a": None, "global": {}}),
    ],
)
def test_a_charts_block_wins_over_its_subchart(
    own: dict[str, Any], below: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = repr((own, below))
    assert join({"sub": own}, {"sub": below})["sub"] == expected
    assert repr((own, below)) == before


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        ({"g": 1, "m": {"a": 1}}, {"g": 2, "m": {"a": 2, "b": 2}, "own": 3}, {"g": 1, "m": {"a": 1, "b": 2}, "own": 3}),
        ({"g": 1}, {"g": {"a": 1}}, {"g": {"a": 1}}),
        ({"g": {"a": 1}}, {"g": 1}, {"g": 1}),
        (5, {"g": 1}, {"g": 1}),
    ],
)
def test_global_is_shared_with_subcharts(above: Any, below: dict[str, Any], expected: dict[str, Any]) -> None:
    assert join({"global": above}, {"sub": {"global": below}})["sub"]["global"] == expected


def test_without_a_global_of_the_chart_a_subchart_keeps_its_own() -> None:
    assert join({}, {"sub": {"global": {"g": 1}}}) == {"sub": {"global": {"g": 1}}}


# --- the shipped tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("chart", CHARTS)
def test_every_version_of_a_shipped_table_can_be_read(chart: str) -> None:
    table = Table(chart, resources.load(f"schemas/{chart}/defaults.json"))
    assert table.versions == sorted(set(table.versions), key=parse_version)
    for version in table.versions:
        assert len(table.defaults(version)) > 20, version
    for version in table.versions[::10]:
        found = dict(leaves(table.defaults(version)))
        assert len(found) > 300, version
        assert ABSENT not in found.values(), version
        assert all(key for path in found for key in path), version


@pytest.mark.parametrize("chart", CHARTS)
def test_no_text_is_copied_into_a_shipped_table(chart: str) -> None:
    def strings(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for below in value.values() for text in strings(below)]
        if isinstance(value, list):
            return [text for below in value for text in strings(below)]
        return [value] if isinstance(value, str) else []

    found = strings(resources.load(f"schemas/{chart}/defaults.json"))
    assert OPAQUE in found
    assert [text for text in found if len(text) > 200 or "\n" in text or text.startswith("sha256:")] == []


@pytest.mark.parametrize("chart", CHARTS)
def test_history_and_defaults_agree(chart: str) -> None:
    table = tables.load(chart)
    dice = random.Random(4)
    for version in dice.sample(table.versions, 3):
        for path, value in dice.sample(sorted(leaves(table.defaults(version))), 20):
            at = parse_version(version)
            now = [
                default
                for first, last, default in table.history(path)
                if parse_version(first) <= at <= parse_version(last)
            ]
            assert repr(now) == repr([value]), (version, path)


def test_facts_of_cilium() -> None:
    table = tables.load("cilium")
    assert table.history(("hubble", "relay", "enabled")) == [("1.10.0-rc0", table.versions[-1], False)]
    assert table.defaults("1.19.6")["hubble"]["metrics"]["enabled"] is None
    assert table.defaults("1.19.6")["image"]["digest"] == OPAQUE
    assert "envoy" not in table.defaults("1.13.0")
    assert table.subcharts("1.19.6") == {}
    assert not table.has_schema("1.16.0-pre.0")
    assert table.accepted("1.16.0")["bpf", "tproxy"] == "boolean null"


def test_facts_of_kube_prometheus_stack() -> None:
    table = tables.load("kube-prometheus-stack")
    assert table.subcharts("88.5.3") == {
        "crds": "crds.enabled",
        "grafana": "grafana.enabled",
        "kube-state-metrics": "kubeStateMetrics.enabled",
        "prometheus-node-exporter": "nodeExporter.enabled",
        "prometheus-windows-exporter": "windowsMonitoring.enabled",
    }
    grafana = table.defaults("88.5.3")["grafana"]
    assert grafana["sidecar"]["dashboards"]["enabled"] is True
    assert table.subchart_defaults("88.5.3", "grafana")["sidecar"]["dashboards"]["enabled"] is False
    assert grafana["global"]["imageRegistry"] == ""
    assert "global" not in table.defaults("88.5.3", without=["grafana"])["grafana"]
    # version 63 took these keys away, and 64 brought them back
    nil_uses = ("prometheus", "prometheusSpec", "serviceMonitorSelectorNilUsesHelmValues")
    assert [(first, value) for first, _, value in table.history(nil_uses)] == [("36.0.0", True), ("64.0.0", True)]
    selector = table.defaults("63.0.0")["prometheus"]["prometheusSpec"]["serviceMonitorSelector"]
    assert selector == {"matchLabels": {"release": "{{ $.Release.Name }}"}}


def test_an_unknown_chart_has_no_table() -> None:
    with pytest.raises(FileNotFoundError):
        tables.load("no-such-chart")


def test_a_table_is_read_once() -> None:
    assert tables.load("cilium") is tables.load("cilium")
    assert tables.load("cilium").defaults("1.19.6") is tables.load("cilium").defaults("1.19.6")


@pytest.mark.parametrize(("chart", "version"), [("cilium", "1.19.6"), ("kube-prometheus-stack", "88.5.3")])
def test_a_version_loads_in_time(chart: str, version: str) -> None:
    def seconds(once: float = 0.0) -> float:
        once -= time.perf_counter()
        Table(chart).defaults(version)
        return once + time.perf_counter()

    # the best of many: other work on the machine can only slow a try down
    assert min(seconds() for _ in range(30)) < 0.005


def test_tables_stay_small() -> None:
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "schemas")
    sizes = [
        os.path.getsize(os.path.join(where, name))
        for where, _, names in os.walk(folder)
        if not where.endswith("__pycache__")
        for name in names
    ]
    assert sum(sizes) < 3_000_000
