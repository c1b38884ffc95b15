"""The example must show what it is there for, at the right places, and be repaired by its fixes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.conftest import ROOT, Run

Finding = dict[str, Any]


def check(run: Run, folder: Path, *arguments: str) -> list[Finding]:
    done = run(["valuelint", "check", ".", "--format", "json", *arguments], cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["format"] == "valuelint-findings/1"
    findings: list[Finding] = report["findings"]
    return findings


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory, commands: dict[str, str]) -> list[Finding]:
    import subprocess

    def run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=cwd, env=commands, capture_output=True, text=True)

    folder = shutil.copytree(ROOT / "examples" / "guide", tmp_path_factory.mktemp("guide") / "guide")
    return check(run, folder)


@pytest.mark.parametrize(
    ("rule", "severity", "path", "fixable"),
    [
        ("monitor-not-selected", "error", "operator.prometheus.serviceMonitor.labels", True),
        ("monitor-not-selected", "error", "hubble.metrics.serviceMonitor.labels", True),
        ("monitor-not-selected", "error", "hubble.relay.prometheus.serviceMonitor.labels", True),
        ("namespace-not-read", None, "hubble.metrics.serviceMonitor.namespace", None),
        ("metrics-not-scraped", None, "prometheus", None),
        ("monitor-not-rendered", None, "envoy.prometheus.serviceMonitor", None),
        ("monitor-not-rendered", None, "clustermesh.apiserver.metrics", None),
        ("monitor-namespace", "info", "", None),
        ("unknown-option", "warning", "version", False),
        ("crds-not-trusted", None, "", None),
    ],
)
def test_the_example_shows(
    rule: str, severity: str | None, path: str, fixable: bool | None, findings: list[Finding]
) -> None:
    found = [each for each in findings if each["rule"] == rule and (each["path"] + ".").startswith(path)]
    assert found
    assert all(severity in (None, each["severity"]) for each in found)
    assert {each["file"] for each in found} == {"cilium.yaml"}
    assert fixable is None or all(bool(each["fix"]) is fixable for each in found)


def place(node: yaml.Node, path: list[str], at_key: bool) -> tuple[int, int]:
    """Where a finding must point: to a scalar's value, else to the key of the path."""
    at = node.start_mark
    for key in path:
        assert isinstance(node, yaml.MappingNode)
        ((name, node),) = [(name, value) for name, value in node.value if name.value == key]
        at = node.start_mark if isinstance(node, yaml.ScalarNode) and not at_key else name.start_mark
    return at.line + 1, at.column + 1


def test_every_finding_points_to_its_path(findings: list[Finding]) -> None:
    for each in findings:
        root = yaml.compose((ROOT / "examples" / "guide" / each["file"]).read_text("utf-8"))
        assert root is not None
        keys = each["path"].split(".") if each["path"] else []
        assert (each["line"], each["column"]) == place(root, keys, each["rule"] == "unknown-option"), each


def test_fixed_it_stays_fixed(example: Path, run: Run) -> None:
    file = example / "cilium.yaml"
    before = file.read_bytes()
    assert run(["valuelint", "fix", "cilium.yaml"], cwd=example).returncode in (0, 1)
    after = file.read_bytes()
    assert before != after
    assert before.count(b"#") == after.count(b"#")
    assert ("monitor-not-selected", "cilium.yaml") not in {(each["rule"], each["file"]) for each in check(run, example)}
    run(["valuelint", "fix", "cilium.yaml"], cwd=example)
    assert file.read_bytes() == after


def test_a_release_of_the_other_name_selects_them(example: Path, run: Run) -> None:
    config = example / ".valuelint.yaml"
    text = config.read_text("utf-8")
    text = text.replace("name: prometheus #", "name: prometheus-stack #")
    text = text.replace("namespace: monitoring", "namespace: default")
    config.write_text(text, "utf-8")
    assert ("monitor-not-selected", "cilium.yaml") not in {(each["rule"], each["file"]) for each in check(run, example)}
