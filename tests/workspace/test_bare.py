"""Releases without values of their own: a fix makes the place for them that the form asks for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from valuelint.lint.fix import repair
from valuelint.lint.rule import load_rules
from valuelint.workspace.discover import discover

RULES = load_rules()

STACK = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: kps, namespace: monitoring}
spec:
  chart: {spec: {chart: kube-prometheus-stack, version: 79.1.0}}
  values: {grafana: {enabled: false}}
"""


class Form(NamedTuple):
    """The file of a release of Cilium with one parameter or nothing, and what a fix adds to it."""

    file: str
    before: str
    after: str


ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cilium}
spec:
  destination: {namespace: kube-system}
  source:
    chart: cilium
    targetRevision: 1.18.2
    helm:
      parameters:
        - {name: operator.prometheus.serviceMonitor.enabled, value: "true"}
"""
CHART = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: cilium, namespace: kube-system}
spec:
  chart: cilium
  version: 1.18.2
  set: {operator.prometheus.serviceMonitor.enabled: "true"}
"""
HELMFILE = """\
releases:
  - name: cilium
    namespace: kube-system
    chart: r/cilium
    version: 1.18.2
    set: [{name: operator.prometheus.serviceMonitor.enabled, value: true}]
    values:
"""
MAP = "operator:\n  prometheus:\n    serviceMonitor:\n      labels:\n        release: kps\n"


def indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


FORMS = {
    "an Application gets a map": Form("a.yaml", ARGO, ARGO + "      valuesObject:\n" + indented(MAP, 8)),
    "an empty text of an Application": Form(
        "a.yaml", ARGO + '      values: ""\n', ARGO + "      values: |\n" + indented(MAP, 8)
    ),
    "a text of an Application that is null": Form(
        "a.yaml", ARGO + "      values: # none yet\n", ARGO + "      values: | # none yet\n" + indented(MAP, 8)
    ),
    "a HelmChart gets a text": Form("c.yaml", CHART, CHART + "  valuesContent: |\n" + indented(MAP, 4)),
    "an empty text of a HelmChart": Form(
        "c.yaml", CHART + "  valuesContent: |-\n", CHART + "  valuesContent: |\n" + indented(MAP, 4)
    ),
    "an empty map of a helmfile": Form(
        "helmfile.yaml",
        HELMFILE + "      - {}\n",
        HELMFILE + "      - {operator: {prometheus: {serviceMonitor: {labels: {release: kps}}}}}\n",
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_fix_makes_the_place_for_values(form: Form, newline: str, tmp_path: Path) -> None:
    (tmp_path / "kps.yaml").write_text(STACK)
    file = tmp_path / form.file
    file.write_bytes(form.before.replace("\n", newline).encode())
    done = repair(discover([str(tmp_path)], None, {}), RULES, "safe")
    assert done.failed == ()
    assert done.texts == {str(file): form.after.replace("\n", newline)}
    assert [item.rule for item in done.fixed] == ["monitor-not-selected"]
    file.write_bytes(done.texts[str(file)].encode())
    again = repair(discover([str(tmp_path)], None, {}), RULES, "safe")
    assert (again.texts, again.failed) == ({}, ())
    assert "monitor-not-selected" not in {item.rule for item in again.left.findings}
