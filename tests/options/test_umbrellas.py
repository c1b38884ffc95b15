"""Values at the root of an umbrella chart: reported where nothing reads them, and moved below the dependency's key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.places import put
from valuelint.lint import engine, fix
from valuelint.lint.engine import Outcome
from valuelint.lint.rule import load_rules
from valuelint.workspace.release import Workspace

RULES = [rule for rule in load_rules() if rule.id == "unknown-option"]
CILIUM = "apiVersion: v2\nname: net\nversion: 1.0.0\ndependencies:\n- {name: cilium, version: 1.18.2}\n"
ALIAS = CILIUM.replace("version: 1.18.2", "version: 1.18.2, alias: cni, condition: extra.cni")
BOTH = CILIUM + "- {name: kube-prometheus-stack, version: 88.5.3}\n- {name: other, version: 1.0.0, alias: hubble}\n"


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def umbrella(folder: Path, values: str, chart: str = CILIUM, **templates: str) -> Workspace:
    files = {"net/Chart.yaml": chart, "net/values.yaml": values}
    return put(folder, files | {f"net/templates/{name}.yaml": text for name, text in templates.items()})


def outcome(workspace: Workspace) -> Outcome:
    (cluster,) = workspace.clusters
    return engine.examine(cluster, RULES)


def found(workspace: Workspace) -> list[str]:
    return [item.diagnostic.place.path[0] for item in outcome(workspace).findings]  # type: ignore[misc]


def fixed(workspace: Workspace) -> str:
    return fix.repair(workspace, RULES, "unsafe").texts["net/values.yaml"]


def test_values_at_the_root_are_read_by_nothing(tmp_path: Path) -> None:
    workspace = umbrella(tmp_path, "hubble: {enabled: false}\n\ncilium:\n  ipam: {mode: kubernetes}\n")
    (finding,) = outcome(workspace).findings
    place = finding.diagnostic.place
    assert (place.line, place.column, place.message) == (1, 1, "did you mean cilium.hubble?")
    assert fixed(workspace) == "\ncilium:\n  ipam: {mode: kubernetes}\n  hubble:\n    enabled: false\n"


def test_several_keys_move_together_where_there_is_no_block_yet(tmp_path: Path) -> None:
    workspace = umbrella(tmp_path, "routingMode: native\nipv4NativeRoutingCIDR: 10.0.0.0/8\n", ALIAS)
    assert found(workspace) == ["routingMode", "ipv4NativeRoutingCIDR"]
    text = fixed(workspace)
    (tmp_path / "net/values.yaml").write_text(text)
    assert found(put(tmp_path, {})) == []
    assert text == "cni:\n  routingMode: native\n  ipv4NativeRoutingCIDR: 10.0.0.0/8\n"


def test_what_the_block_says_already_is_not_moved(tmp_path: Path) -> None:
    workspace = umbrella(tmp_path, "routingMode: native\ncilium: {routingMode: tunnel}\n")
    assert found(workspace) == ["routingMode"]
    assert fix.repair(workspace, RULES, "unsafe").texts == {}


@pytest.mark.parametrize(
    ("values", "chart", "template"),
    [
        ("hubble: {enabled: true}\n", CILIUM, "kind: {{ .Values.hubble.kind }}\n"),
        ("hubble: {enabled: true}\n", CILIUM, "{{ with $.Values }}{{ .hubble }}{{ end }}\n"),
        ("hubble: {enabled: true}\n", BOTH, ""),
        ("extra: {cni: true}\nglobal: {cni: true}\ntags: {}\nmine: 1\n", ALIAS, ""),
        ("hubble: &h {enabled: true}\ncilium: {hubble: *h}\n", CILIUM, ""),
        ("resources: {limits: {cpu: 1}}\nname: x\nenabled: true\n", CILIUM, ""),
    ],
)
def test_what_somebody_reads_or_nobody_can_mean_is_left_alone(
    tmp_path: Path, values: str, chart: str, template: str
) -> None:
    workspace = umbrella(tmp_path, values, chart, **({"own": template} if template else {}))
    (result,) = [engine.examine(cluster, RULES) for cluster in workspace.clusters]
    assert (result.findings, result.undecided) == ((), ())


@pytest.mark.parametrize(
    "template",
    [
        "{{ toYaml .Values }}\n",
        "{{ range $key, $value := .Values }}{{ $key }}{{ end }}\n",
        '{{ include "library.all" . }}\n',
        "{{ if }}\n",
    ],
)
def test_templates_that_cannot_be_followed_leave_it_open(tmp_path: Path, template: str) -> None:
    result = outcome(umbrella(tmp_path, "hubble: {enabled: true}\n", own=template))
    assert result.findings == ()
    assert [item.message.partition(":")[0] for item in result.undecided] == ["whether anything reads hubble"]


def test_of_two_charts_the_one_that_it_fits_is_meant(tmp_path: Path) -> None:
    workspace = umbrella(tmp_path, "prometheus: {prometheusSpec: {retention: 7d}}\n", BOTH)
    (finding,) = outcome(workspace).findings
    assert finding.diagnostic.place.message == "did you mean kube-prometheus-stack.prometheus?"
    workspace = umbrella(tmp_path, "prometheus: {enabled: true}\n", BOTH)
    (finding,) = outcome(workspace).findings
    assert (finding.plan, finding.diagnostic.notes[-1]) == (None, "or it is meant for kube-prometheus-stack")


def test_values_in_the_manifest_that_installs_an_umbrella(tmp_path: Path) -> None:
    application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: net}
spec:
  destination: {namespace: kube-system}
  source:
    repoURL: https://git.example.org/here
    path: net
    helm:
      values: |
        # for the nodes
        routingMode: native
"""
    workspace = put(tmp_path, {"net/Chart.yaml": CILIUM, "app.yaml": application})
    assert found(workspace) == ["routingMode"]
    text = fix.repair(workspace, RULES, "unsafe").texts["app.yaml"]
    assert text == application.replace(
        "        routingMode: native\n", "        cilium:\n          routingMode: native\n"
    )
