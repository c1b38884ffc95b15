"""Fixes in every form that people write: the bytes that change, and where a fix steps back and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.table import rules, text
from valuelint.lint.fix import Repair, repair
from valuelint.syntax import Mapping, Source, parse
from valuelint.values import Layer
from valuelint.workspace.discover import discover
from valuelint.workspace.release import Cluster, Release, Workspace

RULES = rules("monitor-not-selected", "monitor-not-rendered", "namespace-not-read")


def given(data: bytes | str) -> Workspace:
    raw = data if isinstance(data, bytes) else text(data).encode()
    document = parse(Source.from_bytes(raw, "cilium.yaml"))[0]
    root = document.root if isinstance(document.root, Mapping) else None
    mine = Release("cilium", "1.20.0", "cilium", "kube-system", (Layer(document.source, document, root),), {})
    other = Release("kube-prometheus-stack", "88.5.3", "kps", "monitoring", (), {})
    return Workspace((Cluster("home", (mine, other), True, {}),), None, (), (), (), ())


def fixed(data: bytes | str, level: str = "safe") -> tuple[bytes, Repair]:
    workspace = given(data)
    done = repair(workspace, RULES, level)
    assert done.failed == ()
    source = workspace.clusters[0].releases[0].layers[0].source
    return source.with_text(done.texts.get("cilium.yaml", source.text)).data, done


MONITOR = "operator:\n  prometheus:\n    serviceMonitor:\n      enabled: true\n"

FORMS = {
    "block map without labels": (MONITOR, MONITOR + "      labels:\n        release: kps\n"),
    "empty map": (MONITOR + "      labels: {}\n", MONITOR + "      labels: {release: kps}\n"),
    "empty map over two lines": (
        MONITOR + "      labels: {\n      }\n",
        MONITOR + "      labels: {release: kps\n      }\n",
    ),
    "null written out": (MONITOR + "      labels: null\n", MONITOR + "      labels:\n        release: kps\n"),
    "null as a tilde": (MONITOR + "      labels: ~ # none\n", MONITOR + "      labels: # none\n        release: kps\n"),
    "null by leaving it out": (
        MONITOR + "      labels: # to be filled\n",
        MONITOR + "      labels: # to be filled\n        release: kps\n",
    ),
    "flow map": (
        "operator: {prometheus: {serviceMonitor: {enabled: true}}} # short\n",
        "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: kps}}}} # short\n",
    ),
    "flow map of one line a key": (
        "operator: {\n  prometheus: {\n    serviceMonitor: {\n      enabled: true, # on\n    },\n  },\n}\n",
        "operator: {\n  prometheus: {\n    serviceMonitor: {\n      enabled: true, # on\n"
        "      labels: {release: kps},\n    },\n  },\n}\n",
    ),
    "JSON": (
        '{"operator": {"prometheus": {"serviceMonitor": {"enabled": true}}}}\n',
        '{"operator": {"prometheus": {"serviceMonitor": {"enabled": true, "labels": {"release": "kps"}}}}}\n',
    ),
    "a key twice, the last counts": (
        MONITOR + "      labels: {release: one}\n      labels: {release: two}\n",
        MONITOR + "      labels: {release: one}\n      labels: {release: kps}\n",
    ),
    "a key that is commented out beside": (
        MONITOR + "      # labels:\n      #   release: kps\n      interval: 10s\n",
        MONITOR + "      # labels:\n      #   release: kps\n      interval: 10s\n      labels:\n        release: kps\n",
    ),
    "tabs in a comment": (
        MONITOR + "      labels: {release: other} #\tfor\tus\n",
        MONITOR + "      labels: {release: kps} #\tfor\tus\n",
    ),
    "an indentation of four": (
        MONITOR.replace("  ", "    "),
        (MONITOR + "      labels:\n        release: kps\n").replace("  ", "    "),
    ),
    "an anchor that nobody repeats": (
        MONITOR.replace("serviceMonitor:", "serviceMonitor: &m"),
        MONITOR.replace("serviceMonitor:", "serviceMonitor: &m") + "      labels:\n        release: kps\n",
    ),
    "the anchor of a scalar that is repeated elsewhere": (
        "x: &on true\n" + MONITOR.replace("true", "*on"),
        "x: &on true\n" + MONITOR.replace("true", "*on") + "      labels:\n        release: kps\n",
    ),
    "an alias as the wrong value": (
        "x: &r other\n" + MONITOR + "      labels:\n        release: *r\n",
        "x: &r other\n" + MONITOR + "      labels:\n        release: kps\n",
    ),
    "a merge key beside": (
        "x: &x {interval: 10s}\n" + MONITOR + "      <<: *x\n",
        "x: &x {interval: 10s}\n" + MONITOR + "      <<: *x\n      labels:\n        release: kps\n",
    ),
    "blank lines and comments around": (
        "\n# top\n\n" + MONITOR + "\n\n# bottom\n\n",
        "\n# top\n\n" + MONITOR + "      labels:\n        release: kps\n\n\n# bottom\n\n",
    ),
    "a folded text before": (
        "note: >\n  enabled: true\n  # no comment\n" + MONITOR,
        "note: >\n  enabled: true\n  # no comment\n" + MONITOR + "      labels:\n        release: kps\n",
    ),
    "quotes": (
        MONITOR + "      labels: {'release': \"other\"}\n",
        MONITOR + "      labels: {'release': \"kps\"}\n",
    ),
}


@pytest.mark.parametrize("ending", ["LF", "CRLF", "BOM", "no newline at the end"])
@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str, ending: str) -> None:
    def written(content: str) -> bytes:
        raw = content.replace("\n", "\r\n") if ending == "CRLF" else content
        raw = raw.rstrip("\r\n") if ending == "no newline at the end" else raw
        return (b"\xef\xbb\xbf" if ending == "BOM" else b"") + raw.encode()

    before, after = FORMS[name]
    assert fixed(written(before))[0] == written(after)
    assert fixed(written(after))[0] == written(after)


SHARED = {
    "a map that an alias repeats": (
        "prometheus:\n  enabled: true\n  serviceMonitor: &m\n    enabled: true\n"
        "operator:\n  prometheus:\n    serviceMonitor: *m\n",
        "m in line",
    ),
    "a map that comes in through a merge key": (
        "x: &x\n  serviceMonitor: {enabled: true, labels: {release: other}}\noperator:\n  prometheus:\n    <<: *x\n",
        "merge key (<<)",
    ),
    "labels that an alias repeats": (
        "x:\n  labels: &l {release: other}\noperator: {prometheus: {serviceMonitor: {enabled: true, labels: *l }}}\n",
        "alias *l",
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_what_is_shared_is_left_to_the_user_with_the_reason(name: str) -> None:
    values, reason = SHARED[name]
    after, done = fixed(values, "unsafe")
    assert after == values.encode()
    fixes = [item.fix for item in done.left.findings if item.rule == "monitor-not-selected" and item.fix is not None]
    assert fixes
    assert all(fix.applicability == "display" and "(by hand: " in fix.title and reason in fix.title for fix in fixes)


def test_other_documents_of_the_file_stay() -> None:
    values = "# one\n---\nother: 1 # one\n"
    before = MONITOR + "---\n" + values
    assert fixed(before)[0] == (MONITOR + "      labels:\n        release: kps\n---\n" + values).encode()


HELM_CHART_CONFIG = """\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata:
  name: rke2-cilium # the name of the chart's release
  namespace: kube-system
spec:
  valuesContent: |-
    # inside
    prometheus:
      enabled: true

      serviceMonitor:
        enabled: true # on
        labels:
          release: other
"""

HELM_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: kube-system}
spec:
  chart:
    spec:
      chart: cilium
      version: 1.17.18
      sourceRef: {kind: HelmRepository, name: cilium}
  values:
    prometheus:
      enabled: true
      serviceMonitor: {enabled: true, labels: {release: other}}
"""

KPS_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: kps, namespace: monitoring}
spec:
  chart:
    spec:
      chart: kube-prometheus-stack
      version: 65.1.0
      sourceRef: {kind: HelmRepository, name: prometheus-community}
"""


@pytest.mark.parametrize("manifest", [HELM_CHART_CONFIG, HELM_RELEASE], ids=["a text in YAML", "a part of a manifest"])
@pytest.mark.parametrize("crlf", [False, True], ids=["LF", "CRLF"])
def test_values_inside_of_manifests(tmp_path: Path, manifest: str, crlf: bool) -> None:
    before = manifest.replace("\n", "\r\n") if crlf else manifest
    (tmp_path / "cilium.yaml").write_bytes(before.encode())
    (tmp_path / "kps.yaml").write_text(KPS_RELEASE)
    done = repair(discover([str(tmp_path)], None, {}), RULES, "safe")
    assert done.failed == ()
    assert list(done.texts.values()) == [before.replace("other", "kps")]
