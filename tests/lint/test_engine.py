"""What the lint loop makes of versions, names, layers and values that are not known, and of what it is to show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lint.table import RULES, cilium, cluster, incomplete, kps, rules, shown
from valuelint.charts.facts import load_chart
from valuelint.lint import engine
from valuelint.lint.diagnostic import SEVERITIES, Report
from valuelint.lint.examples import Given
from valuelint.syntax import format_path
from valuelint.workspace.discover import Assumptions, discover

OPERATOR = """
    operator:
      prometheus:
        enabled: true
        serviceMonitor:
          enabled: true
    """
RELAY = """
    hubble:
      relay:
        enabled: true
        prometheus:
          serviceMonitor:
            enabled: true
    """
ENVOY = """
    envoy:
      prometheus:
        serviceMonitor:
          enabled: true
    """
HUBBLE = """
    hubble:
      metrics:
        enabled: [dns]
        serviceMonitor:
          enabled: true
          namespace: monitoring
    """
OPEN = "prometheus: {prometheusSpec: {serviceMonitorSelectorNilUsesHelmValues: false}}\n"


def places(report: Report) -> list[tuple[str, str, int, str]]:
    """Rule, file, line and path of each finding."""
    return [(item.rule, item.place.file, item.place.line, format_path(item.place.path)) for item in report.findings]


# --- versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "rule", "line", "option"),
    [
        # Every version needs the relay's own metrics; and before 1.12 there is no monitor of the relay at all.
        (RELAY, "monitor-not-rendered", 6, None),
        # The agent's monitor needs its metrics in all of them.
        ("prometheus: {serviceMonitor: {enabled: true}}\n", "monitor-not-rendered", 1, None),
        # On by default since 1.15.
        (
            "operator: {prometheus: {serviceMonitor: {enabled: true}}}\n",
            "monitor-not-rendered",
            None,
            "--cilium-version",
        ),
        (ENVOY, "monitor-not-rendered", None, "--cilium-version"),
        (HUBBLE, "namespace-not-read", 6, None),
        # What follows from it differs, that it does not exist is the same.
        ("hubble: {metrics: {enabled: [nonsense]}}\n", "hubble-metric-invalid", 1, None),
        ("hubble: {metrics: {enabled: [sctp, sctp]}}\n", "hubble-metric-invalid", None, "--cilium-version"),
        ("hubble: {metrics: {enabled: [dns], serviceMonitor: {enabled: true}}}\n", "crds-not-trusted", None, None),
        ("hubble: {ui: {enabled: true}}\n", "guard", 1, None),
        ("proxy: {prometheus: {enabled: true}}\n", "guard", None, "--cilium-version"),
    ],
)
def test_without_a_version_only_what_holds_in_all_is_said(
    values: str, rule: str, line: int | None, option: str | None
) -> None:
    report = engine.run(cluster(cilium(values, version=None)), rules(rule))
    assert [item.place.line for item in report.findings] == ([] if line is None else [line])
    assert all(option is not None and option in item.decided_by for item in report.undecided)
    assert bool(report.undecided) is (option is not None)


def test_the_version_decides() -> None:
    for version, count in (("1.14.19", 1), ("1.15.0", 0)):
        values = "operator: {prometheus: {serviceMonitor: {enabled: true}}}\n"
        report = engine.run(cluster(cilium(values, version=version)), rules("monitor-not-rendered"))
        assert (len(report.findings), report.undecided) == (count, ())


def test_a_version_of_the_other_chart_that_is_missing_is_named() -> None:
    values = "dashboards: {enabled: true}\n"
    report = engine.run(cluster(cilium(values), kps(version=None)), rules("dashboard-not-loaded"))
    assert report.findings == ()
    assert [item.decided_by.split(",")[0] for item in report.undecided] == ["--prometheus-version"]


@pytest.mark.parametrize("version", ["1.99.0", "2.0.0"])
def test_a_version_newer_than_any_known_is_said_once(version: str) -> None:
    report = engine.run(cluster(cilium(OPERATOR, version=version), kps()), RULES)
    assert [version in notice for notice in report.notices] == [True]
    assert report.findings


# --- names and namespaces -------------------------------------------------------------------------


LABELLED = "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: kps}}}}\n"
UNLABELLED = "operator: {prometheus: {serviceMonitor: {enabled: true}}}\n"


def selecting(selector: str) -> str:
    return f"prometheus: {{prometheusSpec: {{serviceMonitorSelector: {selector}}}}}\n"


@pytest.mark.parametrize(
    ("values", "release", "findings", "decided_by"),
    [
        (LABELLED, kps(), 0, None),
        (LABELLED, kps(name="other"), 1, None),
        (LABELLED, kps(name=None), 0, "--prometheus-release"),
        (LABELLED, kps(OPEN, name=None), 0, None),
        (LABELLED, kps(selecting("{matchLabels: {a: b}}"), name=None), 1, None),
        (LABELLED, kps(selecting("{matchLabels: {release: '${NAME}'}}")), 0, "not hold"),
        # A label that is not there is not there, whatever the selector's value turns out to be.
        (UNLABELLED, kps(name=None), 1, None),
        (UNLABELLED, kps(selecting("{matchLabels: {release: '${NAME}'}}")), 1, None),
    ],
)
def test_the_name_of_the_release_is_not_guessed(
    values: str, release: Given, findings: int, decided_by: str | None
) -> None:
    report = engine.run(cluster(cilium(values), release), rules("monitor-not-selected"))
    assert len([item for item in report.findings if item.place.file == "cilium.yaml"]) == findings
    assert [decided_by is not None and decided_by in item.decided_by for item in report.undecided] == (
        [True] if decided_by else []
    )
    assert all("None" not in f"{item.message} {item.place.message} {item.notes}" for item in report.findings)


def test_a_namespace_that_is_not_known_is_left_open_where_it_decides() -> None:
    selector = "{matchLabels: {kubernetes.io/metadata.name: x}}"
    narrow = f"prometheus: {{prometheusSpec: {{serviceMonitorNamespaceSelector: {selector}}}}}\n"
    decided = engine.run(cluster(cilium(LABELLED), kps(narrow)), rules("monitor-not-selected"))
    opened = engine.run(cluster(cilium(LABELLED, namespace=None), kps(narrow)), rules("monitor-not-selected"))
    wide = engine.run(cluster(cilium(LABELLED, namespace=None), kps()), rules("monitor-not-selected"))
    mine = [
        [item for item in report.findings if item.place.file == "cilium.yaml"] for report in (decided, opened, wide)
    ]
    assert [len(findings) for findings in mine] == [1, 0, 0]
    assert [len(report.undecided) for report in (decided, opened, wide)] == [0, 1, 0]


# --- values that are not known --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ("prometheus: {enabled: '${ON}', serviceMonitor: {enabled: true}}\n", "monitor-not-rendered"),
        ("hubble: {metrics: {enabled: '${LIST}', serviceMonitor: {enabled: true}}}\n", "hubble-metrics-missing"),
        (
            "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: '${R}'}}}}\n",
            "monitor-not-selected",
        ),
        ("operator: {prometheus: {serviceMonitor: {enabled: true, labels: '${L}'}}}\n", "monitor-not-selected"),
    ],
)
def test_what_is_filled_in_later_is_left_open(values: str, rule: str) -> None:
    report = engine.run(cluster(cilium(values), kps()), rules(rule))
    assert [item for item in report.findings if item.place.file == "cilium.yaml"] == []
    assert len(report.undecided) == 1
    assert report.undecided[0].file == "cilium.yaml"


@pytest.mark.parametrize(
    "values",
    [
        "prometheus: {enabled: '${ON}'}\n",
        "hubble: {metrics: {dashboards: {enabled: '${ON}'}}}\n",
        "hubble: {metrics: {serviceMonitor: {namespace: '${NS}', labels: '${L}'}}}\n",
        "operator: {prometheus: {serviceMonitor: {enabled: '${ON}'}}}\n",
    ],
)
def test_what_nobody_asks_for_is_not_even_open(values: str) -> None:
    asked = [rule for rule in RULES if rule.check.split(".")[0] in ("monitors", "dashboards", "hubble")]
    report = engine.run(cluster(cilium(values), kps("grafana: {enabled: false}\n")), asked)
    assert [item.message for item in report.findings] == []
    assert report.undecided == ()


# --- layers ---------------------------------------------------------------------------------------

ON = "prometheus: {enabled: true, serviceMonitor: {enabled: true}}\n"


@pytest.mark.parametrize(
    ("texts", "rule", "file", "line"),
    [
        ((ON, "prometheus:\n  enabled: false\n"), "monitor-not-rendered", "cilium-1.yaml", 1),
        (
            ("prometheus: {enabled: false}\n", "prometheus:\n  serviceMonitor:\n    enabled: true\n"),
            "monitor-not-rendered",
            "cilium-2.yaml",
            3,
        ),
        (
            (ON, "prometheus:\n  serviceMonitor:\n    labels:\n      release: other\n"),
            "monitor-not-selected",
            "cilium-2.yaml",
            4,
        ),
        (
            ("prometheus: {serviceMonitor: {labels: {release: other}}}\n", ON),
            "monitor-not-selected",
            "cilium-1.yaml",
            1,
        ),
        ((ON, "# nothing\n"), "monitor-not-selected", "cilium-1.yaml", 1),
        (("# nothing\n", ON), "monitor-not-selected", "cilium-2.yaml", 1),
        (
            ("hubble: {metrics: {enabled: [dns]}}\n", "hubble:\n  metrics:\n    enabled:\n      - nope\n"),
            "hubble-metric-invalid",
            "cilium-2.yaml",
            4,
        ),
    ],
)
def test_a_finding_points_to_the_layer_that_says_it(texts: tuple[str, ...], rule: str, file: str, line: int) -> None:
    report = engine.run(cluster(cilium(*texts), kps("grafana: {enabled: false}\n")), rules(rule))
    assert [(item.place.file, item.place.line) for item in report.findings] == [(file, line)]


def test_a_later_layer_can_put_it_right() -> None:
    report = engine.run(cluster(cilium("prometheus: {serviceMonitor: {enabled: true}}\n", ON), kps(OPEN)), RULES)
    assert [item.rule for item in report.findings] == ["crds-not-trusted"]


def test_null_takes_a_default_away() -> None:
    values = "operator: {prometheus: {enabled: null, serviceMonitor: {enabled: true}}}\n"
    report = engine.run(cluster(cilium(values)), rules("monitor-not-rendered"))
    assert [item.rule for item in report.findings] == ["monitor-not-rendered"]


def test_the_other_layer_is_a_related_place() -> None:
    report = engine.run(cluster(cilium(ON, "prometheus:\n  enabled: false\n")), rules("monitor-not-rendered"))
    (finding,) = report.findings
    assert [(place.file, place.line, place.message) for place in finding.related] == [
        ("cilium-2.yaml", 2, "metrics are off")
    ]


# --- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["cilium.yaml"], {"cilium.yaml"}),
        (["kube-prometheus-stack.yaml"], {"kube-prometheus-stack.yaml"}),
        (["cilium.yaml", "kube-prometheus-stack.yaml"], {"cilium.yaml", "kube-prometheus-stack.yaml"}),
        ([], set()),
    ],
)
def test_only_the_files_that_were_asked_for_are_shown(names: list[str], files: set[str]) -> None:
    old = "grafana: {adminPassword: x}\n"  # the chart's own Grafana is not selected before 80.12.1
    given = cluster(cilium(OPERATOR), kps(old, version="77.14.0"))
    report = engine.run(shown(given, names), RULES)
    assert {item.place.file for item in report.findings} == files
    assert (report.files, report.releases, report.clusters) == (2, 2, 1)


def test_findings_are_sorted_by_place() -> None:
    report = engine.run(cluster(cilium(ENVOY, OPERATOR, HUBBLE, RELAY), kps("a: 1\n", version="77.14.0")), RULES)
    keys = [
        (item.place.file, item.place.start, -SEVERITIES.index(item.severity), item.rule) for item in report.findings
    ]
    assert keys == sorted(keys)
    assert len(keys) > 5


def test_nothing_is_said_twice() -> None:
    """Two monitors that read one key of namespaces, two reasons at one place: one finding each."""
    values = """
        prometheus:
          enabled: true
          serviceMonitor: {enabled: true, namespace: elsewhere}
        hubble:
          metrics:
            enabled: [dns]
            serviceMonitor: {enabled: true}
        """
    report = engine.run(cluster(cilium(values), kps("grafana: {enabled: false}\n")), RULES)
    seen = [(item.rule, item.message, item.place.file, item.place.start) for item in report.findings]
    assert len(seen) == len(set(seen))
    assert [item.rule for item in report.findings].count("monitor-namespace") == 1
    assert len(report.undecided) == len(set(report.undecided))


# --- clusters that are not whole ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "rule", "said"),
    [
        (RELAY, "monitor-not-rendered", True),
        (HUBBLE, "namespace-not-read", True),
        ("hubble: {ui: {enabled: true}}\n", "guard", True),
        ("hubble: {metrics: {enabled: [nope]}}\n", "hubble-metric-invalid", True),
        (OPERATOR, "monitor-not-selected", False),
        ("prometheus: {enabled: true}\n", "metrics-not-scraped", False),
        ("dashboards: {enabled: true, label: other}\n", "dashboard-not-loaded", False),
    ],
)
def test_what_rests_on_others_waits_until_all_can_be_read(values: str, rule: str, said: bool) -> None:
    given = cluster(cilium(values), kps("grafana: {enabled: true}\n"))
    whole, part = engine.run(given, rules(rule)), engine.run(incomplete(given), rules(rule))
    mine = [item for item in whole.findings if item.place.file == "cilium.yaml"]
    assert len(mine) == 1
    assert [item.message for item in part.findings] == ([mine[0].message] if said else [])
    assert bool(part.undecided) is not said


def test_a_broken_partner_does_not_silence_what_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "cilium.yaml").write_text("hubble:\n  ui:\n    enabled: true\nprometheus:\n  enabled: true\n")
    (tmp_path / "kps.yaml").write_text("prometheus: [\n")
    (tmp_path / ".valuelint.yaml").write_text(
        "clusters: [{name: a, releases: [{chart: cilium, version: 1.20.0, values: cilium.yaml},"
        " {chart: kube-prometheus-stack, version: 88.5.3, name: kps, values: kps.yaml}]}]\n"
    )
    given = discover([str(tmp_path / "cilium.yaml")], None, {})
    assert [problem.file.endswith("kps.yaml") for problem in given.problems] == [True]
    report = engine.run(given, RULES)
    assert [item.rule for item in report.findings] == ["guard"]
    assert [item.rule for item in report.undecided] == ["metrics-not-scraped"]


# --- from files -----------------------------------------------------------------------------------


def test_the_name_in_the_configuration_is_a_related_place(tmp_path: Path) -> None:
    (tmp_path / "cilium.yaml").write_text("operator: {prometheus: {serviceMonitor: {enabled: true}}}\n")
    (tmp_path / "kps.yaml").write_text("grafana: {enabled: false}\n")
    (tmp_path / ".valuelint.yaml").write_text(
        "clusters:\n- name: a\n  releases:\n  - {chart: cilium, version: 1.20.0, values: cilium.yaml}\n"
        "  - {chart: kube-prometheus-stack, version: 88.5.3, name: kps, values: kps.yaml}\n"
    )
    report = engine.run(discover([str(tmp_path)], None, {}), rules("monitor-not-selected"))
    (finding,) = report.findings
    (related,) = finding.related
    assert (related.line, related.source.text[related.start : related.end]) == (5, "kps")
    assert related.file.endswith(".valuelint.yaml")


def test_a_name_from_the_command_line_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "cilium.yaml").write_text("hubble: {}\noperator: {prometheus: {serviceMonitor: {enabled: true}}}\n")
    (tmp_path / "kube-prometheus-stack.yaml").write_text("grafana: {enabled: false}\n")
    assumed = {"cilium": Assumptions("1.20.0"), "kube-prometheus-stack": Assumptions("88.5.3", "kps", "monitoring")}
    report = engine.run(discover([str(tmp_path)], None, assumed), rules("monitor-not-selected"))
    (finding,) = report.findings
    assert finding.related == ()
    assert any("release: kps, the name of this release" in note for note in finding.notes)


# --- defaults that are written out ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "prometheus"),
    [
        ("1.10.0", "36.0.0"),
        ("1.13.0-rc1", "37.0.0"),  # the dashboards of Hubble are on
        ("1.15.19", "52.1.0"),  # the exporter of Windows is off, and its monitor on; the operator's metrics are on
        ("1.16.3", "60.0.0"),
        ("1.19.6", "72.5.1"),
        ("1.20.0", "80.9.2"),
        ("1.21.0-pre.0", "88.5.3"),
    ],
)
def test_a_copy_of_the_defaults_asks_for_nothing(network: str, prometheus: str) -> None:
    copies = []
    for make, chart, version in ((cilium, "cilium", network), (kps, "kube-prometheus-stack", prometheus)):
        facts = load_chart(chart)
        assert facts is not None
        copies.append(make(json.dumps(facts.table.defaults(version), indent=1), version=version))
    found = engine.run(cluster(*copies), RULES).findings
    assert [(item.severity, item.rule, item.message) for item in found if item.severity != "info"] == []


@pytest.mark.parametrize(
    ("values", "severities"),
    [
        ("grafana: {serviceMonitor: {enabled: true}}", ["error"]),
        ("grafana: {serviceMonitor: {enabled: true, interval: 30s}}", ["error"]),
        ("grafana: {serviceMonitor: {enabled: true, labels: {}}}", ["error"]),
        ("grafana: {serviceMonitor: {enabled: true, labels: {}, scrapeTimeout: 30s}}", ["info"]),
    ],
)
def test_who_writes_a_default_alone_asks_for_it(values: str, severities: list[str]) -> None:
    found = engine.run(cluster(kps(values, version="80.9.2")), rules("monitor-not-selected")).findings
    assert [item.severity for item in found] == severities
