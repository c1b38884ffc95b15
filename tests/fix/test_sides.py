"""A label that a selector misses can be put right at both ends of the wire, and for all monitors at once."""

from __future__ import annotations

import pytest

from tests.lint.table import RULES, cilium, cluster, kps, rules, shown, text
from valuelint.lint.engine import run
from valuelint.lint.fix import Repair, repair
from valuelint.workspace.release import Workspace

SELECTED = rules("monitor-not-selected")

TWO = """
    prometheus:
      enabled: true
      serviceMonitor: {enabled: true}
    operator:
      prometheus:
        serviceMonitor: {enabled: true}
    """
SPEC = """
    prometheus:
      prometheusSpec:
        retention: 7d
    """
LABELLED = text(TWO).replace("{enabled: true}", "{enabled: true, labels: {release: kps}}")
WIDENED = text(SPEC) + "    serviceMonitorSelectorNilUsesHelmValues: false\n"


def fixed(given: Workspace, level: str, side: str = "") -> Repair:
    done = repair(given, SELECTED, level, side=side)
    assert done.failed == ()
    return done


@pytest.mark.parametrize(
    ("side", "level", "texts"),
    [
        ("", "safe", {"cilium.yaml": LABELLED}),
        ("", "unsafe", {"cilium.yaml": LABELLED}),
        ("monitor", "safe", {"cilium.yaml": LABELLED}),
        ("common", "safe", {}),
        ("common", "unsafe", {"cilium.yaml": text(TWO) + "commonLabels:\n  release: kps\n"}),
        ("prometheus", "safe", {}),
        ("prometheus", "unsafe", {"kube-prometheus-stack.yaml": WIDENED}),
    ],
)
def test_the_side_that_was_asked_for(side: str, level: str, texts: dict[str, str]) -> None:
    done = fixed(cluster(cilium(TWO), kps("grafana: {enabled: false}\n" + text(SPEC))), level, side)
    expected = {
        name: "grafana: {enabled: false}\n" + content if name.startswith("kube") else content
        for name, content in texts.items()
    }
    assert done.texts == expected
    assert len(done.fixed) == (2 if texts else 0)
    assert len({promise for _, promise in done.kept}) == (2 if texts else 0)


@pytest.mark.parametrize("version", ["1.14.3", "1.16.19"])
def test_common_labels_that_the_version_does_not_know(version: str) -> None:
    values = text(TWO).replace("operator:\n  prometheus:\n", "operator:\n  prometheus:\n    enabled: true\n")
    done = fixed(cluster(cilium(values, version=version), kps()), "unsafe", "common")
    assert done.texts["cilium.yaml"].count("release: kps") == 2
    assert "commonLabels" not in done.texts["cilium.yaml"]


def test_one_monitor_alone_gets_its_own_label() -> None:
    values = "prometheus: {enabled: true, serviceMonitor: {enabled: true}}\n"
    done = fixed(cluster(cilium(values), kps()), "unsafe", "common")
    assert "commonLabels" not in done.texts["cilium.yaml"]


def test_a_wrong_label_would_win_over_a_common_one() -> None:
    values = text(TWO).replace("{enabled: true}", "{enabled: true, labels: {release: other}}")
    done = fixed(cluster(cilium(values), kps()), "unsafe", "common")
    assert done.texts == {"cilium.yaml": values.replace("other", "kps")}


def test_common_labels_are_added_to() -> None:
    values = text(TWO) + "commonLabels:\n  team: net # ours\n"
    done = fixed(cluster(cilium(values), kps()), "unsafe", "common")
    assert done.texts == {"cilium.yaml": values + "  release: kps\n"}


QUOTED = text(SPEC) + '    serviceMonitorSelectorNilUsesHelmValues: "false" # all\n'


def test_quotes_that_make_a_switch_true_come_off() -> None:
    """The file says already that everything is to be selected, only in the wrong form."""
    done = fixed(cluster(cilium(TWO), kps(QUOTED, version="65.1.0")), "safe")
    assert done.texts == {"kube-prometheus-stack.yaml": QUOTED.replace('"false"', "false")}
    assert len(done.fixed) == 2
    assert [item.rule for item in done.along] == ["monitor-not-selected"]


def test_only_the_named_file_changes() -> None:
    given = cluster(cilium(TWO), kps(QUOTED))
    assert fixed(shown(given, ["cilium.yaml"]), "safe").texts == {"cilium.yaml": LABELLED}
    there = "kube-prometheus-stack.yaml"
    assert list(fixed(shown(given, [there]), "safe").texts) == [there]


def test_a_selector_is_never_widened_unasked() -> None:
    given = shown(cluster(cilium(TWO), kps("grafana: {enabled: false}\n")), ["kube-prometheus-stack.yaml"])
    assert fixed(given, "unsafe").texts == {}
    assert repair(given, RULES, "unsafe").texts == {}


OWN = "prometheus: {prometheusSpec: {serviceMonitorSelector: {matchLabels: {team: a}}}}\n"
TEAM_B = text(TWO).replace("{enabled: true}", "{enabled: true, labels: {team: b}}")


@pytest.mark.parametrize(
    ("side", "texts"),
    [
        ("monitor", {"cilium.yaml": TEAM_B.replace("b}", "a}")}),
        ("prometheus", {"kube-prometheus-stack.yaml": OWN.replace("a}", "b}")}),
    ],
)
def test_a_selector_of_ones_own(side: str, texts: dict[str, str]) -> None:
    assert fixed(cluster(cilium(TEAM_B), kps(OWN)), "unsafe", side).texts == texts


def test_a_selector_in_another_form_is_left_to_the_user() -> None:
    values = OWN.replace("matchLabels: {team: a}", "matchExpressions: [{key: team, operator: In, values: [a, c]}]")
    assert fixed(cluster(cilium(TEAM_B), kps(values)), "unsafe", "prometheus").texts == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("commonLabels: {release: other}\n", "commonLabels: {}\n"),
        ("commonLabels:\n  release: other\n  team: b # ours\n", "commonLabels:\n  team: b # ours\n"),
    ],
)
def test_a_label_that_undoes_the_charts_own(before: str, after: str) -> None:
    done = fixed(cluster(cilium(), kps("grafana: {enabled: false}\n" + before)), "unsafe")
    assert done.texts == {"kube-prometheus-stack.yaml": "grafana: {enabled: false}\n" + after}
    assert fixed(cluster(cilium(), kps(before)), "safe").texts == {}


def test_what_a_chart_brings_along_is_only_shown_how() -> None:
    done = fixed(cluster(cilium(), kps(OWN)), "unsafe")
    assert done.texts == {}
    (finding,) = done.left.findings
    assert finding.fix is not None
    assert finding.fix.applicability == "display"
    assert "commonLabels.team: a" in finding.fix.title
    (edit,) = finding.fix.edits
    assert "commonLabels:\n  team: a\n" in edit.text


@pytest.mark.parametrize(
    ("values", "sides"),
    [
        (text(TWO), ("common", "prometheus")),
        ("prometheus: {enabled: true, serviceMonitor: {enabled: true}}\n", ("prometheus",)),
    ],
)
def test_a_finding_says_at_which_other_ends_it_can_be_cured(values: str, sides: tuple[str, ...]) -> None:
    given = cluster(cilium(values), kps("grafana: {enabled: false}\n"))
    findings = [item for item in run(given, SELECTED).findings if item.fix is not None]
    assert {item.fix.sides for item in findings if item.fix is not None} == {sides}
    for side in sides:
        assert len(fixed(given, "unsafe", side).fixed) == len(findings)


@pytest.mark.parametrize("elsewhere", ["", "grafana"])
def test_dashboards_follow_others_unless_they_were_sent_elsewhere(elsewhere: str) -> None:
    values = "dashboards: {enabled: true, namespace: monitoring}\noperator: {dashboards: {enabled: true{}}}\n"
    sent = f", namespace: {elsewhere}" if elsewhere else ""
    stack = "grafana: {sidecar: {dashboards: {searchNamespace: monitoring}}}\n"
    given = cluster(cilium(values.replace("{}", sent)), kps(stack))
    levels = {level: repair(given, rules("dashboard-not-loaded"), level).texts for level in ("safe", "unsafe")}
    moved = {"cilium.yaml": values.replace("{}", ", namespace: monitoring")}
    assert levels == {"safe": {} if elsewhere else moved, "unsafe": moved}
