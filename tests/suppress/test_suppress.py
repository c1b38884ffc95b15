"""Comments that accept findings: where they count, for how long, and what is said of those that do nothing."""

from __future__ import annotations

import textwrap
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.lint.table import RULES, cilium, cluster, kps
from valuelint.lint import engine
from valuelint.lint.fix import repair
from valuelint.lint.suppress import MARK, suppressions
from valuelint.workspace.discover import discover
from valuelint.workspace.settings import Settings

OPEN = "prometheus: {prometheusSpec: {serviceMonitorSelectorNilUsesHelmValues: false}}\n"
TODAY = date.today()

RELAY = """
hubble:{a}
  {b}
  relay:{c}
    enabled: true
    prometheus:
      serviceMonitor: {d}
        {e}
        enabled: true{f}
"""


def relay(**where: str) -> str:
    """Values with one finding (the relay's monitor is not rendered), and comments in some places around it."""
    text = RELAY.format(**{place: where.get(place, "") for place in "abcdef"})
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def said(values: str, settings: Settings | None = None) -> tuple[list[str], int]:
    """The rules of the findings, with the variants of those about suppressions, and how many are suppressed."""
    given = cluster(cilium(values), kps(OPEN))
    given = given._replace(clusters=(given.clusters[0]._replace(settings=settings),))
    report = engine.run(given, RULES)
    return [
        f"{item.rule}: {item.message}" if item.rule == "suppression" else item.rule for item in report.findings
    ], len(report.suppressed)


NOT_RENDERED = "monitor-not-rendered"
UNUSED = f"suppression: nothing here is accepted by this: {NOT_RENDERED} finds nothing"
YES = f"# valuelint: ignore[{NOT_RENDERED}] known"


@pytest.mark.parametrize(
    ("where", "comment", "silent"),
    [
        ("f", " " + YES, True),
        ("f", " # a remark " + YES, True),
        ("f", " #valuelint:ignore[monitor-not-rendered]", True),
        ("f", " # valuelint: ignore[ hubble-metric-invalid , monitor-not-rendered ] both", True),
        ("f", " # valuelint: ignore-file[monitor-not-rendered] all of it", True),
        ("f", f" # valuelint: snooze[{NOT_RENDERED}] {TODAY} today counts", True),
        ("f", f" # valuelint: snooze[{NOT_RENDERED}] {TODAY - timedelta(1)} over", False),
        ("f", f" # valuelint: snooze[{NOT_RENDERED}] soon", False),
        ("f", f" # valuelint: snooze[{NOT_RENDERED}] 2027-02-31 no such day", False),
        ("f", f" # see valuelint: ignore[{NOT_RENDERED}]", False),
        ("f", " # valuelint: ignore[monitor-not-selected] another rule", False),
        ("f", " # valuelint: ignore[*]", False),
        ("f", " # valuelint: ignore", False),
        ("e", YES, True),
        ("d", YES, False),  # another line
        ("c", " " + YES, False),
        ("b", YES, True),  # the block below
        ("b", f"{YES}\n\n  # and a remark between", True),
        ("a", " " + YES, False),
    ],
)
def test_where_a_comment_counts(where: str, comment: str, silent: bool) -> None:
    rules, count = said(relay(**{where: comment}))
    assert (NOT_RENDERED not in rules) is silent
    assert count == int(silent)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        (f"{YES}\na:\n  b: 1\nc: 2\n", ("a",)),
        (f"a:\n  {YES}\n  b:\n    c: 1\n  d: 2\n", ("a", "b")),
        (f"a:\n  b: 1 {YES}\n", ("a", "b")),
        (f"a:\n  {YES}\n  - name: x\n    y: 1\n  - z\n", ("a", 0)),
        (f"a:\n  - name: x\n    {YES}\n    port: 1\n  - z\n", ("a", 0, "port")),
        (f"a: [1,\n  {YES}\n  2]\n", ("a", 1)),
        (f"a: 1\n{YES}\n", ()),
    ],
)
def test_what_stands_below_a_comment(values: str, path: tuple[str | int, ...]) -> None:
    (found,) = suppressions(cluster(cilium(values)).clusters[0])
    assert found.path == path


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a text", f'hubble: {{ui: {{baseUrl: "/{YES}"}}}}\n'),
        ("a block", f"hubble:\n  ui:\n    baseUrl: |\n      {YES}\n"),
    ],
)
def test_a_text_is_no_comment(text: str, values: str) -> None:
    assert MARK in values
    assert suppressions(cluster(cilium(values)).clusters[0]) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# valuelint: ignore[guard] none here", "nothing here is accepted by this: guard finds nothing"),
        ("# valuelint: ignore-file[guard] none", "nothing here is accepted by this: guard finds nothing"),
        ("# valuelint: ignore[gaurd] a typo", "there is no rule gaurd"),
        ("# valuelint: snooze[guard] 2020-01-01 long ago", "what was to wait until 2020-01-01 has waited"),
        ("# valuelint: snooze[guard] someday", "this comment accepts nothing: it names no day"),
        ("# valuelint: ignore[] all", "this comment accepts nothing: it names no rule"),
        ("# valuelint: disable[guard]", "this comment accepts nothing: write one of ignore[rule]"),
    ],
)
def test_a_comment_that_does_nothing_is_a_finding(comment: str, message: str) -> None:
    report = engine.run(cluster(cilium(f"hubble: {{}} {comment}\n"), kps(OPEN)), RULES)
    (finding,) = [item for item in report.findings if item.rule == "suppression"]
    assert finding.message.startswith(message)
    assert comment.startswith(finding.place.source.text[finding.place.start : finding.place.end][:5]) or (
        finding.place.source.text[finding.place.start : finding.place.end] in comment
    )


@pytest.mark.parametrize(
    ("comment", "strict", "wanted"),
    [
        (f" # valuelint: ignore[{NOT_RENDERED}]", False, []),
        (f" # valuelint: ignore[{NOT_RENDERED}]", True, ["suppression: a finding is accepted here without a reason"]),
        (
            f" # valuelint: ignore[{NOT_RENDERED}] -- ",
            True,
            ["suppression: a finding is accepted here without a reason"],
        ),
        (f" # valuelint: ignore[{NOT_RENDERED}] - known", True, []),
    ],
)
def test_a_reason(comment: str, strict: bool, wanted: list[str]) -> None:
    assert said(relay(f=comment), Settings(strict=strict))[0] == wanted


def test_an_audit_sees_everything() -> None:
    assert said(relay(f=" " + YES), Settings(comments=False)) == ([NOT_RENDERED], 0)


def test_what_is_undecided_may_still_need_the_comment() -> None:
    values = """
        operator:
          prometheus:
            # valuelint: ignore[monitor-not-selected] its name is in the other repository
            serviceMonitor: {enabled: true, labels: {release: kps}}
        """
    report = engine.run(cluster(cilium(values), kps(name=None)), RULES)
    assert [item.rule for item in report.undecided] == ["monitor-not-selected"]
    assert "suppression" not in {item.rule for item in report.findings}


def test_a_suppressed_finding_is_not_fixed() -> None:
    given = cluster(cilium(relay(f=" " + YES)), kps(OPEN))
    assert repair(given, RULES, "unsafe").texts == {}
    assert repair(cluster(cilium(relay()), kps(OPEN)), RULES, "unsafe").texts != {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"hubble: {{}} {YES}\n", "hubble: {}\n"),
        (f"hubble: {{}} # why {YES}\n", "hubble: {} # why\n"),
        (f"hubble:\n  {YES}\n  enabled: true\n", "hubble:\n  enabled: true\n"),
        (f"hubble: {{}}\r\n{YES}\r\nl7Proxy: true\r\n", "hubble: {}\r\nl7Proxy: true\r\n"),
        (f"hubble: {{}}\n{YES}", "hubble: {}\n"),
        (f"\ufeffhubble: {{}} {YES}\n", "\ufeffhubble: {}\n"),
        (f"# ä\nhubble: {{}} {YES}\n", "# ä\nhubble: {}\n"),
        ("hubble: {} # valuelint: ignore[guard, monitor-not-rendered,monitor-namespace] x\n", "hubble: {}\n"),
        (f"hubble: {{}} {YES}\nl7Proxy: true {YES}\n", "hubble: {}\nl7Proxy: true\n"),
    ],
)  # fmt: skip
def test_what_does_nothing_is_taken_away(before: str, after: str) -> None:
    given = cluster(cilium(before), kps(OPEN))
    result = repair(given, RULES, "safe")
    assert result.texts == {"cilium.yaml": after.removeprefix("\ufeff")}
    assert {item.rule for item in result.fixed} == {"suppression"}
    assert [item.rule for item in result.left.findings] == []


def test_a_wrong_name_is_only_corrected_when_asked(tmp_path: Path) -> None:
    given = cluster(cilium(relay(f=" # valuelint: ignore[monitor-not-renderd] x")), kps(OPEN))
    assert "suppression" not in {item.rule for item in repair(given, RULES, "safe").fixed}
    text = repair(given, RULES, "unsafe", frozenset(("suppression",))).texts["cilium.yaml"]
    assert "ignore[monitor-not-rendered] x" in text


HELM_RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: kube-system}
spec:
  chart:
    spec: {chart: cilium, version: 1.20.0, sourceRef: {kind: HelmRepository, name: cilium}}
  values:
    hubble:
      relay:
        enabled: true
        prometheus:
          serviceMonitor:
            enabled: true # valuelint: ignore[monitor-not-rendered] known
      ui: {enabled: true} # valuelint: ignore[guard] unused
"""
CHART_CONFIG = """
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: cilium, namespace: kube-system}
spec:
  chart: cilium
  version: 1.20.0
  targetNamespace: kube-system
  valuesContent: |-
    hubble:
      # valuelint: ignore[monitor-not-rendered] known
      relay:
        enabled: true
        prometheus:
          serviceMonitor:
            enabled: true
      # valuelint: ignore[guard] unused
      ui: {enabled: true}
"""


@pytest.mark.parametrize("text", [HELM_RELEASE, CHART_CONFIG], ids=["HelmRelease", "HelmChart"])
def test_it_works_in_every_envelope(text: str, tmp_path: Path) -> None:
    file = tmp_path / "cilium.yaml"
    file.write_text(textwrap.dedent(text).lstrip())
    workspace = discover([str(file)], None, {})
    report = engine.run(workspace, RULES)
    assert ([item.rule for item in report.findings], len(report.suppressed)) == (["suppression"], 1)
    result = repair(workspace, RULES, "safe")
    (after,) = result.texts.values()
    lines = [line for line in file.read_text().splitlines() if "ignore[guard]" not in line]
    assert [line for line in after.splitlines() if "ui:" not in line] == [line for line in lines if "ui:" not in line]
    assert after.count("ui: {enabled: true}\n") == 1
    assert result.left.findings == ()


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("order", [1, -1])
def test_a_file_of_two_clusters_needs_the_comment_in_one(order: int, alone: bool, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(relay(f=" " + YES))
    (tmp_path / "b.yaml").write_text("hubble: {relay: {prometheus: {enabled: true}}}\n")
    clusters = (
        "- {name: one, releases: [{chart: cilium, version: 1.20.0, values: [a.yaml, b.yaml]}]}\n",
        "- {name: two, releases: [{chart: cilium, version: 1.20.0, values: a.yaml}]}\n",
    )
    (tmp_path / ".valuelint.yaml").write_text("clusters:\n" + "".join(clusters[::order]))
    report = engine.run(discover([str(tmp_path / "a.yaml" if alone else tmp_path)], None, {}), RULES)
    assert (NOT_RENDERED in {item.rule for item in report.findings}, len(report.suppressed)) == (False, 1)
    assert "suppression" not in {item.rule for item in report.findings}


@pytest.mark.parametrize(
    ("comment", "settings", "wanted"),
    [
        (YES, {}, ("comment", "known", "")),
        (f"# valuelint: ignore-file[{NOT_RENDERED}]", {}, ("comment", "", "")),
        (f"# valuelint: snooze[{NOT_RENDERED}] 2999-01-31 later", {}, ("comment", "later", "2999-01-31")),
        ("", {"reason": "the lab", "until": "2999-01-31"}, ("configuration", "the lab", "2999-01-31")),
        (YES, {"reason": "the lab", "until": ""}, ("configuration", "the lab", "")),
    ],
)
def test_who_accepts_a_finding_and_why(
    comment: str, settings: dict[str, str], wanted: tuple[str, str, str], tmp_path: Path
) -> None:
    (tmp_path / "cilium.yaml").write_text(relay(f=f" {comment}" if comment else ""))
    head = "clusters: [{name: a, releases: [{chart: cilium, version: 1.20.0, values: cilium.yaml}]}]\n"
    given = "".join(f", {key}: {value}" for key, value in settings.items() if value)
    text = f"ignore: [{{rule: {NOT_RENDERED}{given}}}]\n" if settings else ""
    (tmp_path / ".valuelint.yaml").write_text(head + text)
    report = engine.run(discover([str(tmp_path)], None, {}), RULES)
    assert [(item.finding.rule, *item[1:]) for item in report.suppressed] == [(NOT_RENDERED, *wanted)]


TEXT = """\
# valuelint: ignore[unknown-option] known
one: 1
two: 2 # valuelint: ignore[unknown-option] known
three: 3
hubble: {} # valuelint: ignore[unknown-option] idle
"""


@pytest.mark.parametrize("quoted", [False, True], ids=["a block", "one line in quotes"])
def test_a_comment_in_a_text_counts_for_a_line_of_the_text(tmp_path: Path, quoted: bool) -> None:
    head = (
        "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: cilium, namespace: kube-system}\n"
        "spec:\n  valuesContent: "
    )
    written = '"' + TEXT.replace("\n", "\\n") + '"\n' if quoted else "|\n" + textwrap.indent(TEXT, "    ")
    (tmp_path / "c.yaml").write_text(head + written)
    workspace = discover([str(tmp_path)], None, {})
    report = engine.run(workspace, RULES)
    found = [item.place.source.text[item.place.start : item.place.end] for item in report.findings]
    assert found == ["three", "unknown-option"]
    assert len(report.suppressed) == 2
    done = repair(workspace, RULES, "safe")
    assert list(done.texts.values()) == [head + written.replace(" # valuelint: ignore[unknown-option] idle", "")]
