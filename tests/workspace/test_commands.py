"""`valuelint releases` and `valuelint why`, and values files and single values on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from tests.workspace.places import put
from valuelint.cli._group import group

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "releases.schema.json").read_text("utf-8"))
FILES = {
    "apps/cilium/kustomization.yaml": """\
namespace: kube-system
helmCharts:
- name: cilium
  version: 1.18.2
  releaseName: net
  valuesFile: base.yaml
  additionalValuesFiles: [home.yaml, absent.yaml]
""",
    "apps/cilium/base.yaml": "hubble:\n  enabled: true\n  relay: {enabled: false}\n",
    "apps/cilium/home.yaml": "hubble:\n  relay: {enabled: true}  # at home\n",
    "charts/x/templates/cilium.yaml": "{{ if .x }}\nkind: HelmRelease\nmetadata: {name: cilium}\n{{ end }}\n",
}


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, FILES)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(group, arguments, standalone_mode=False)
    assert done.exception is None, done.exception
    return done.return_value, done.output


def test_releases_as_json() -> None:
    code, output = run("releases", "--format", "json")
    data = json.loads(output)
    Draft202012Validator(SCHEMA).validate(data)
    assert code == 0
    (release,) = data["releases"]
    assert release["version_source"] == release["file"] == "apps/cilium/kustomization.yaml"
    assert [layer["file"] for layer in release["layers"]] == ["apps/cilium/base.yaml", "apps/cilium/home.yaml"]
    assert release["unresolved"] == ["the values file apps/cilium/absent.yaml is not in the repository"]
    assert [item["file"] for item in data["skipped"]] == ["charts/x/templates/cilium.yaml"]


def test_releases_as_a_table() -> None:
    code, output = run("releases", ".")
    assert code == 0
    assert "cilium  1.18.2   net   kube-system  apps/cilium/kustomization.yaml" in output
    assert "layer 2: apps/cilium/home.yaml" in output
    assert "skipped charts/x/templates/cilium.yaml: 1:2: " in output
    assert output.endswith("1 release in 1 cluster\n")


def test_what_is_not_read_fails_only_where_that_is_asked_for() -> None:
    assert run("releases", ".")[0] == 0
    assert run("releases", "--strict", ".")[0] == 1
    assert run("check", ".")[0] == 0
    assert run("check", "--strict", ".")[0] == 1


def test_nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert run("releases") == (0, "no releases found\n")


def test_why_in_a_repository() -> None:
    code, output = run("why", "hubble.relay.enabled", ".")
    assert code == 0
    title, *lines = output.splitlines()
    assert title == f"hubble.relay.enabled = true  (cilium 1.18.2, net in kube-system, cluster {Path.cwd().name})"
    assert [line.split() for line in lines[:3]] == [
        ["default", "of", "cilium", "1.18.2", "false"],
        ["apps/cilium/base.yaml:3:20", "false"],
        [">", "apps/cilium/home.yaml:2:20", "true"],
    ]
    assert lines[3:] == ["  ? the values file apps/cilium/absent.yaml is not in the repository  unknown"]


@pytest.mark.parametrize("option", [(), ("-f",)])
def test_why_over_files_in_their_order(tmp_path: Path, option: tuple[str, ...]) -> None:
    put(tmp_path, {"a.yaml": "hubble: {enabled: true}\n", "b.yaml": "hubble:\n  enabled: false\n"})
    files = [part for name in ("a.yaml", "b.yaml") for part in (*option, name)]
    code, output = run("why", "hubble.enabled", *files)
    assert code == 0
    lines = output.splitlines()
    assert lines[0].startswith("hubble.enabled = false")
    assert [line.split()[-2:] for line in lines[2:]] == [["a.yaml:1:19", "true"], ["b.yaml:2:12", "false"]]
    assert lines[-1].startswith("  > ")


def test_why_shows_a_map_that_was_replaced(tmp_path: Path) -> None:
    put(tmp_path, {"a.yaml": "hubble: {metrics: {enabled: [dns]}}\n", "b.yaml": "hubble: off\n"})
    _, output = run("why", "hubble.metrics.enabled", "a.yaml", "b.yaml")
    assert "false  (sets hubble)" in output.splitlines()[-1]


def test_why_of_what_nobody_knows() -> None:
    assert run("why", "no.such.value", ".") == (3, "no release knows no.such.value\n")
    assert run("why", "hubble.relay.enabled", ".", "--chart", "kube-prometheus-stack")[0] == 3


def test_single_values_come_last(tmp_path: Path) -> None:
    put(tmp_path, {"cilium.yaml": "hubble: {relay: {enabled: true}}\n"})
    _, output = run("why", "hubble.relay.enabled", "cilium.yaml", "--set", "hubble.relay.enabled=false")
    assert output.splitlines()[-1].split() == [">", "--set:1:1", "false"]
    _, output = run("why", "hubble.relay.enabled", "cilium.yaml", "--set-string", "cilium:hubble.relay.enabled=1")
    assert output.splitlines()[-1].endswith('"1"')
    _, output = run("why", "hubble.relay", "cilium.yaml", "--set-json", 'hubble.relay={"enabled": null}')
    assert output.splitlines()[-1].endswith('{"enabled": null}')


def test_a_single_value_needs_a_chart_where_there_are_several(tmp_path: Path) -> None:
    put(tmp_path, {"cilium.yaml": "hubble: {}\nbpf: {}\n", "kps.yaml": "prometheusOperator: {}\n"})
    code, output = run("check", "cilium.yaml", "kps.yaml", "--set", "debug.enabled=true")
    assert code == 2
    assert "--set cilium:debug.enabled=true" in output


def test_a_finding_in_a_single_value_stands_in_the_file_below(tmp_path: Path) -> None:
    put(tmp_path, {"cilium.yaml": "hubble:\n  relay: {enabled: true}\n"})
    arguments = ("check", "cilium.yaml", "--cilium-version", "1.18.2", "--format", "json")
    _, output = run(*arguments, "--set", "hubble.relay.prometheus.serviceMonitor.enabled=true")
    found = [item for item in json.loads(output)["findings"] if item["rule"] == "monitor-not-rendered"]
    assert [item["place"]["file"] if "place" in item else item["file"] for item in found] == ["cilium.yaml"]
