"""The checks on options where examples do not reach: what they leave alone, and one finding for one mistake."""

from __future__ import annotations

import pytest

from benchmarks.options import RULES
from valuelint.charts import options
from valuelint.lint import engine
from valuelint.lint.engine import Outcome
from valuelint.lint.rule import load_rules
from valuelint.syntax import Mapping, Source, format_path, load_data, parse
from valuelint.values import Layer
from valuelint.values.layer import Placement
from valuelint.workspace.release import Cluster, Gap, Release

ALL = load_rules()


def examine(text: str, version: str | None, chart: str = "cilium", prefix: tuple[str, ...] = ()) -> Outcome:
    document = parse(Source.from_text(text, "values.yaml"))[0]
    root = document.root
    for key in prefix:
        assert isinstance(root, Mapping)
        entry = root.get(key)
        assert entry is not None
        root = entry.value
    assert isinstance(root, Mapping)
    layer = Layer(document.source, document, root, Placement(prefix=prefix))
    release = Release(chart, version, "name", "namespace", (layer,), {})
    return engine.examine(Cluster("", (release,), True, {}), ALL)


def found(text: str, version: str | None, chart: str = "cilium", prefix: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    findings = examine(text, version, chart, prefix).findings
    return [(item.rule.id, format_path(item.violation.path)) for item in findings if item.rule.id in (*RULES, "guard")]


@pytest.mark.parametrize(
    "text",
    [
        "x-labels: &l {a: b}\npodLabels: *l\n",
        "_common:\n  limits: &l {memory: 1Gi}\nresources: {limits: *l}\n",
        "_base: &b {enabled: true}\nhubble:\n  relay:\n    <<: *b\n",
        "domain: a.org\nhubble: {ui: {ingress: {hosts: ['{{ .Values.domain }}']}}}\n",
        "my: {deep: {name: x}}\npodAnnotations: {a: '{{ .Values.my.deep.name }}'}\n",
        "global: {anything: {goes: here}}\n",
        "ipam: {mode: '${MODE}'}\nprometheus: {enabled: '${ON}'}\nkubeProxyReplacement: ${KPR}\n",
        "ipam:\n  operator: {clusterPoolIPv4PodCIDRList: ['${CIDR}']}\n",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert [rule for rule, _ in found(text, "1.18.2")] == []


def test_an_anchor_that_nobody_uses_excuses_nothing() -> None:
    assert found("x-labels: &l {a: b}\nipam: {mode: kubernetes}\n", "1.18.2") == [("unknown-option", "x-labels")]


def test_an_umbrella_may_switch_the_chart() -> None:
    assert found("cilium: {enabled: true}\n", "1.18.2", prefix=("cilium",)) == []
    assert found("enabled: true\n", "1.18.2") == [("unknown-option", "enabled")]


@pytest.mark.parametrize(
    ("text", "version", "rule"),
    [
        ("tunnel: disabled\n", "1.18.2", "renamed-option"),
        ("kubeProxyReplacement: strict\n", "1.18.2", "not-allowed-value"),
        ("dashboards: {enabled: true, labelValue: 1}\n", "1.18.2", "wrong-type"),
        ("endpointStatus: {enabled: true, status: x}\n", "1.18.2", "removed-option"),
        ("cluster: {id: 3}\n", "1.18.2", "guard"),
        ("encryption: {enabled: true, keyFile: keys}\n", "1.16.2", "renamed-option"),
    ],
)
def test_one_mistake_is_one_finding(text: str, version: str, rule: str) -> None:
    assert [name for name, _ in found(text, version)] == [rule]


def test_a_key_that_is_wrong_is_pointed_at_itself() -> None:
    findings = examine("ipam: {mode: kubernetes}\nversion: 1.14.3\n", "1.14.3").findings
    place = next(item.diagnostic.place for item in findings if item.rule.id == "unknown-option")
    assert (place.line, place.column, place.end_column) == (2, 1, 8)


def test_layers_that_nobody_can_read_change_nothing_about_a_key() -> None:
    document = parse(Source.from_text("hubble: {relay: {enabeld: true}}\n", "values.yaml"))[0]
    assert isinstance(document.root, Mapping)
    layer = Layer(document.source, document, document.root)
    release = Release("cilium", "1.18.2", "name", "namespace", (layer,), {}, gaps=(Gap(1, "a file is missing"),))
    outcome = engine.examine(Cluster("", (release,), False, {}), ALL)
    assert "unknown-option" in {item.rule.id for item in outcome.findings}


def test_a_template_of_a_values_file_has_two_ways() -> None:
    text = "hubble:\n#% if on %#\n  enabled: true\n#% else %#\n  enabled: false\n#% endif %#\n"
    assert found(text, "1.18.2") == []


@pytest.mark.parametrize("chart", ["cilium", "kube-prometheus-stack"])
def test_without_a_version_only_what_no_version_knows(chart: str) -> None:
    table = options.load(chart)
    assert table is not None
    old = table.table.defaults(table.table.versions[0])
    assert list(table.every().unknown(old)) == []
    unknown = found("operator: {}\nnothingOfTheKind: 1\n", None, chart)
    assert ("unknown-option", "nothingOfTheKind") in unknown


def test_a_removed_option_without_a_version_is_left_open() -> None:
    outcome = examine("ipam: {mode: kubernetes}\nexternalIPs: {enabled: true}\n", None)
    assert "removed-option" in {item.rule for item in outcome.undecided}
    assert "removed-option" not in {item.rule.id for item in outcome.findings}


def test_the_fix_moves_more_than_one_value() -> None:
    from valuelint.lint import fix
    from valuelint.workspace.release import Workspace

    text = "kubeProxy: {enabled: false}\ndefaultRules:\n  rules:\n    k8s: false # noisy\n"
    document = parse(Source.from_text(text, "values.yaml"))[0]
    assert isinstance(document.root, Mapping)
    layer = Layer(document.source, document, document.root)
    release = Release("kube-prometheus-stack", "88.5.3", "kps", "monitoring", (layer,), {})
    workspace = Workspace((Cluster("", (release,), True, {}),), None, (), (), (), ())
    result = fix.repair(workspace, ALL, "safe", frozenset({"renamed-option"}))
    if result.texts:
        rules = load_data(result.texts["values.yaml"])["defaultRules"]["rules"]
        assert set(rules) == {
            "k8sContainerCpuUsageSecondsTotal",
            "k8sContainerMemoryCache",
            "k8sContainerMemoryRss",
            "k8sContainerMemorySwap",
            "k8sContainerResource",
            "k8sPodOwner",
        }
        assert "# noisy" in result.texts["values.yaml"]
    else:
        # the comment belongs to the key that goes: losing it is worse than not fixing
        assert [item.reason for item in result.failed] == ["a comment would be lost"]
