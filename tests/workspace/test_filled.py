"""Texts that are filled in before they are YAML: what the parameters of an ApplicationSet and Flux's variables make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.places import merged, only, put
from valuelint.lint import engine, fix
from valuelint.lint.rule import load_rules
from valuelint.report import why
from valuelint.values import Unknown
from valuelint.workspace.release import Release, Workspace

RULES = load_rules()

SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  goTemplate: GO
  generators:
    - list:
        elements: ELEMENTS
  template:
    metadata: {name: cilium}
    spec:
      destination: {namespace: kube-system}
      syncPolicy: {syncOptions: [ServerSideApply=true]}
      source:
        chart: cilium
        targetRevision: 1.18.2
        helm:
          values: |
VALUES
"""
ELEMENT = '{space: home, number: 7, want: true, long: 5000000, block: "{id: 3}", deep: {name: x}}'


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def application_set(values: str, elements: str = f"[{ELEMENT}]", go: str = "true") -> str:
    indented = "\n".join(" " * 12 + line if line else "" for line in values.split("\n"))
    return SET.replace("GO", go).replace("ELEMENTS", elements).replace("VALUES", indented)


def found(workspace: Workspace) -> list[Release]:
    return [release for cluster in workspace.clusters for release in cluster.releases]


@pytest.mark.parametrize(
    ("go", "values", "expected"),
    [
        ("true", "cluster: {id: {{ .number }}}", {"cluster": {"id": 7}}),
        ("true", "cluster:\n  id: 1{{ .number }}", {"cluster": {"id": 17}}),
        ("true", 'cluster: {id: "{{ .number }}"}', {"cluster": {"id": "7"}}),
        ("true", "cluster: {{ .block }}", {"cluster": {"id": 3}}),
        ("true", "cluster: {name: {{.deep.name}}}", {"cluster": {"name": "x"}}),
        ("true", "bpf:\n  masquerade: {{ .want }} # {{ .space }}", {"bpf": {"masquerade": True}}),
        ("true", "cluster:\n  name: x{{- .space }}\n  id: {{ .number -}}\n", {"cluster": {"name": "xhome", "id": 7}}),
        ("true", "cluster: {name: a, {{- /* a comment */}} id: 1}", None),
        ("true", "cluster: {id: {{ .absent }}}", None),
        ("true", "cluster: {id: {{ .number | int }}}", None),
        ("true", "cluster: {id: {{ .long }}}", None),
        ("true", "cluster: {id: {{ if .want }}1{{ end }}}", None),
        ("true", "{{ range .deep }}\ncluster: {id: {{ .number }}}\n{{ end }}", None),
        ("true", 'cluster: {name: "{{ .absent }}", id: {{ .number }}}', {"cluster": {"name": Unknown, "id": 7}}),
        ("true", 'cluster: {name: "{{ upper .space }}", id: {{ .number }}}', {"cluster": {"name": Unknown, "id": 7}}),
        ("true", "# {{ if .want }}\ncluster: {name: '{{ .space }}'}\n# {{ end }}", {"cluster": {"name": Unknown}}),
        ("false", "cluster: {name: {{space}}, id: {{ number }}}", {"cluster": {"name": "home", "id": 7}}),
        ("false", "cluster: {name: {{absent}}}", None),
    ],
)
def test_parameters_are_filled_in_before_the_text_is_read(
    go: str, values: str, expected: dict[str, object] | None, tmp_path: Path
) -> None:
    release = only(put(tmp_path, {"set.yaml": application_set(values, go=go)}))
    if expected is None:
        assert not release.layers
        assert len(release.gaps) == 1
        return
    assert not release.gaps
    assert _plain(merged(release)) == expected


def _plain(data: object) -> object:
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return Unknown if isinstance(data, Unknown) else data


def test_without_known_elements_nothing_is_filled_in(tmp_path: Path) -> None:
    text = application_set("cluster: {id: {{ .number }}}").replace("list:\n        elements: ", "clusters: ")
    text = text.replace(f"[{ELEMENT}]", "{}")
    assert [gap.what for gap in only(put(tmp_path, {"set.yaml": text})).gaps] == [
        "set.yaml:18:28: a template expression stands here without quotes"
    ]


def test_what_is_no_text_is_filled_in_value_by_value(tmp_path: Path) -> None:
    text = application_set("x").partition("          values: |")[0]
    text += "          valuesObject: {cluster: {name: '{{ .space }}-1', id: '{{ .absent }}', port: '{{ .number }}'}}\n"
    data = merged(only(put(tmp_path, {"set.yaml": text})))
    # What was a text stays one.
    assert data == {"cluster": {"name": "home-1", "id": Unknown("{{ .absent }}"), "port": "7"}}


def test_a_values_file_is_not_filled_in(tmp_path: Path) -> None:
    text = application_set("x").partition("          values: |")[0] + "          valueFiles: [$here/v.yaml]\n"
    text = text.replace("      source:\n", "      sources:\n      - ref: here\n      -\n")
    values = "cluster: {name: '{{ .space }}'}\n"
    assert merged(only(put(tmp_path, {"set.yaml": text, "v.yaml": values}))) == {"cluster": {"name": "{{ .space }}"}}


VALUES = """\
prometheus:
  enabled: {{ .flag }}
  serviceMonitor: {enabled: {{ .want }}, wrong: 1}
"""
ELEMENTS = "[{flag: false, want: true}, {flag: true, want: true}]"


def test_findings_and_values_stand_where_the_placeholder_does(tmp_path: Path) -> None:
    text = application_set(VALUES, ELEMENTS).replace("{name: cilium}", "{name: 'cilium-{{ .flag }}'}")
    workspace = put(tmp_path, {"set.yaml": text})
    assert [merged(release)["prometheus"] for release in found(workspace)] == [
        {"enabled": on, "serviceMonitor": {"enabled": True, "wrong": 1}} for on in (False, True)
    ]
    findings = engine.run(workspace, RULES).findings
    shown = {
        (item.rule, item.place.line, item.place.source.text[item.place.start : item.place.end]) for item in findings
    }
    assert ("monitor-not-rendered", 21, "{{ .want }}") in shown
    assert ("unknown-option", 21, "wrong") in shown
    cluster = workspace.clusters[0]
    chains = [why.chain("home", release, ("prometheus", "enabled")) for release in cluster.releases]
    assert [chain.links[-1][:2] for chain in chains if chain is not None] == [
        ("set.yaml:20:24", "false (filled in for {{ .flag }})"),
        ("set.yaml:20:24", "true (filled in for {{ .flag }})"),
    ]


def test_what_a_parameter_says_is_not_changed_in_the_template(tmp_path: Path) -> None:
    text = application_set(VALUES.replace(", wrong: 1", ""), "[{flag: false, want: true}]")
    rules = [rule for rule in RULES if rule.id == "monitor-not-rendered"]
    done = fix.repair(put(tmp_path, {"set.yaml": text}), rules, "unsafe")
    assert not done.texts
    titles = [item.fix.title for item in done.left.findings if item.fix is not None]
    assert len(titles) == 1
    assert titles[0].endswith("(by hand: it comes from {{ .flag }}, which is filled in)")


def test_what_stands_beside_parameters_is_changed_once_for_all_elements(tmp_path: Path) -> None:
    text = application_set(VALUES.replace("wrong: 1", "labels: {app: '{{ .flag }}'}"), "[{flag: true, want: true}] ")
    text = text.replace("[{flag: true, want: true}]", "[{flag: true, want: true}, {flag: 'true', want: 'true'}]")
    rules = [rule for rule in RULES if rule.id == "crds-not-trusted"]
    done = fix.repair(put(tmp_path, {"set.yaml": text}), rules, "unsafe")
    assert list(done.texts.values()) == [text.replace("'{{ .flag }}'}}", "'{{ .flag }}'}, trustCRDsExist: true}")]


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: kube-system}
spec:
  chart:
    spec: {chart: cilium, version: 1.18.2}
  valuesFrom: [{kind: ConfigMap, name: values}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: values}
data:
  values.yaml: |
VALUES
"""
SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: x}
spec:
  path: ./app
  postBuild:
    substitute: {NAME: home, ID: "7", BLOCK: "{id: 3}", LINES: "a\\nb"}
"""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("cluster: {name: ${NAME}, id: ${ID}}", {"cluster": {"name": "home", "id": 7}}),
        ("cluster: {names: [a, ${NAME}], id: '${ID}'}", {"cluster": {"names": ["a", "home"], "id": "7"}}),
        ("cluster: ${BLOCK}", {"cluster": {"id": 3}}),
        ("${NAME}: {id: ${OTHER:=4}}", {"home": {"id": 4}}),
        ("cluster: {name: ${LINES}}", None),
        ("cluster: {name: ${OTHER}}", None),
        ("cluster: {name: $${NAME}}", None),
        ("cluster: {name: '${LINES}', id: ${ID}}", {"cluster": {"name": Unknown, "id": 7}}),
    ],
)
def test_flux_fills_in_texts_before_they_are_read(
    values: str, expected: dict[str, object] | None, tmp_path: Path
) -> None:
    release = only(put(tmp_path, {"app/all.yaml": RELEASE.replace("VALUES", "    " + values), "ks.yaml": SYNC}))
    if expected is None:
        assert len(release.gaps) == 1
    else:
        assert not release.gaps
        assert _plain(merged(release)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("'{enabled: true}'", Unknown),
        ("'[a]'", Unknown),
        ("'a: b'", Unknown),
        ("'\"7\"'", "7"),
        ("'7 # seven'", 7),
        ("'7'", 7),
        ("'x-1'", "x-1"),
    ],
)
def test_what_flux_fills_in_without_quotes_is_read_as_yaml(given: str, expected: object, tmp_path: Path) -> None:
    release = RELEASE.partition("  valuesFrom")[0] + "  values: {hubble: {relay: '${GIVEN}'}}\n"
    sync = SYNC.replace("NAME: home", f"GIVEN: {given}")
    data = _plain(merged(only(put(tmp_path, {"app/all.yaml": release, "ks.yaml": sync}))))
    assert data == {"hubble": {"relay": expected}}


def test_a_fix_leaves_the_other_applications_of_a_text_as_good_as_they_were(tmp_path: Path) -> None:
    names = "[{space: a}, {space: b}, {space: c}]"
    cilium = application_set("prometheus: {enabled: true, serviceMonitor: {enabled: true}}", names)
    stack = application_set("grafana: {enabled: false}", "[{space: a}, {space: b}]")
    stack = stack.replace("chart: cilium", "chart: kube-prometheus-stack").replace("1.18.2", "66.2.1")
    stack = stack.replace("{name: cilium}", "{name: 'kps-{{ .space }}'}")
    own = "{namespace: kube-system, name: '{{ .space }}'}"
    files = {"a.yaml": cilium, "b.yaml": stack}
    workspace = put(tmp_path, {name: text.replace("{namespace: kube-system}", own) for name, text in files.items()})
    rules = [rule for rule in RULES if rule.id == "monitor-not-selected"]
    done = fix.repair(workspace, rules, "safe")
    # One text cannot hold the label of both.
    assert "labels: {release: kps-a}}" in done.texts["a.yaml"]
    assert [cluster for cluster, _ in done.kept] == ["a"]
    assert [(item.diagnostic.cluster, item.reason.rpartition("(")[2]) for item in done.failed] == [
        ("b", "in cluster a)")
    ]
    assert [item.cluster for item in done.left.findings] == ["b"]
