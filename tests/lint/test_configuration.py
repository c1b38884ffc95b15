"""schemas/config.schema.json, the reader of .valuelint.yaml and docs/configuration.md say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from valuelint import resources
from valuelint.syntax import Source, parse, to_data
from valuelint.workspace.config import Config, read_config
from valuelint.workspace.release import Problem

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = resources.load("schemas/config.schema.json")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

GOOD = {
    "nothing": "",
    "a comment": "# to be filled\n",
    "null": "null\n",
    "nothing said of anything": "clusters:\nexpect:\n",
    "empty": "clusters: []\nexpect: {}\n",
    "a cluster without releases": "clusters: [{name: a}]\n",
    "releases that are null": "clusters: [{name: a, releases: null}]\n",
    "a release with nothing but its chart": "clusters: [{name: a, releases: [{chart: cilium}]}]\n",
    "everything": """
        clusters:
          - name: a
            releases:
              - {chart: cilium, version: 1.14.3, name: cilium, namespace: kube-system, values: [a.yaml, b.yaml]}
              - {chart: kube-prometheus-stack, version: 52.1.0, name: kps, namespace: monitoring, values: c.yaml}
            paths: [clusters/a]
        expect: {monitor_namespace: monitoring}
        """,
    "numbers as texts": "clusters: [{name: 1, releases: [{chart: cilium, version: 1.10, name: 2, namespace: 3}]}]\n",
    "words that YAML has plans for": "clusters: [{name: yes, releases: [{chart: cilium, name: true}]}]\n",
    "keys without a value": """
        clusters:
          - name: a
            paths:
            releases:
              - chart: cilium
                version:
                name:
                namespace:
                values:
        expect:
          monitor_namespace:
        """,
    "one values file": "clusters: [{name: a, releases: [{chart: cilium, values: a.yaml}]}]\n",
    "no values files": "clusters: [{name: a, releases: [{chart: cilium, values: []}]}]\n",
    "an anchor": """
        clusters:
          - name: a
            releases: &releases
              - {chart: cilium, name: cilium, namespace: kube-system}
          - name: b
            releases: *releases
        """,
    "a merge key": """
        clusters:
          - name: a
            releases:
              - &cilium {chart: cilium, namespace: kube-system, version: 1.20.0}
              - {<<: *cilium, name: other}
        """,
    "the same name in two namespaces": """
        clusters:
          - name: a
            releases:
              - {chart: kube-prometheus-stack, name: kps, namespace: a}
              - {chart: kube-prometheus-stack, name: kps, namespace: b}
        """,
}

BAD = {
    "a list": ("[a, b]\n", 1),
    "a text": ("clusters\n", 1),
    "an unknown key": ("clusters: []\nrules: {}\n", 2),
    "clusters as a map": ("clusters:\n  homelab: {}\n", 2),
    "a cluster as a text": ("clusters: [homelab]\n", 1),
    "a cluster without a name": ("clusters:\n  - releases: []\n", 2),
    "a cluster whose name is null": ("clusters:\n  - name: null\n", 2),
    "a cluster whose name is empty": ('clusters:\n  - name: ""\n', 2),
    "a cluster whose name is a list": ("clusters:\n  - name: [a]\n", 2),
    "an unknown key of a cluster": ("clusters:\n  - name: a\n    release: []\n", 3),
    "releases as a map": ("clusters:\n  - name: a\n    releases: {cilium: {}}\n", 3),
    "a release as a text": ("clusters:\n  - name: a\n    releases: [cilium]\n", 3),
    "a release without a chart": ("clusters:\n  - name: a\n    releases:\n      - version: 1.14.3\n", 4),
    "an unknown key of a release": (
        "clusters:\n  - name: a\n    releases:\n      - chart: cilium\n        vesion: 1\n",
        5,
    ),
    "a version as a map": ("clusters:\n  - name: a\n    releases:\n      - {chart: cilium, version: {is: 1}}\n", 4),
    "an empty version": ('clusters:\n  - name: a\n    releases:\n      - {chart: cilium, version: ""}\n', 4),
    "values as a map": ("clusters:\n  - name: a\n    releases:\n      - {chart: cilium, values: {a: 1}}\n", 4),
    "a values file as a list": ("clusters:\n  - name: a\n    releases:\n      - {chart: cilium, values: [[a]]}\n", 4),
    "a values file that is null": ("clusters:\n  - name: a\n    releases:\n      - {chart: cilium, values: [~]}\n", 4),
    "paths as a text": ("clusters:\n  - name: a\n    paths: clusters/a\n", 3),
    "expect as a list": ("expect: [monitoring]\n", 1),
    "an unknown expectation": ("expect: {monitors: monitoring}\n", 1),
    "an expectation as a list": ("expect: {monitor_namespace: [a, b]}\n", 1),
}

# What no schema can say.
READER_ONLY = {
    "two clusters of one name": ("clusters:\n  - name: a\n  - name: a\n", "two clusters are named a"),
    "two releases of one name": (
        "clusters: [{name: a, releases: [{chart: cilium, name: x}, {chart: kube-prometheus-stack, name: x}]}]\n",
        "declares the release x twice",
    ),
    "a folder that is not there": ("clusters: [{name: a, paths: [.., clustr]}]\n", "there is no clustr for cluster a"),
    "two documents": ("clusters: []\n---\nexpect: {}\n", "one YAML document"),
}


def dedent(text: str) -> str:
    lines = text.strip("\n").splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "".join(line[margin:].rstrip() + "\n" for line in lines)


def read(text: str, folder: Path) -> Config:
    file = folder / ".valuelint.yaml"
    file.write_text(text, "utf-8")
    return read_config(str(file), ".valuelint.yaml")


def data_of(text: str) -> Any:
    documents = parse(Source.from_text(text, "config"))
    return to_data(documents[0].root) if documents and documents[0].root is not None else None


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_both_accept(text: str, tmp_path: Path) -> None:
    text = dedent(text) if text.startswith("\n") else text
    (tmp_path / "clusters" / "a").mkdir(parents=True)
    assert [error.message for error in VALIDATOR.iter_errors(data_of(text))] == []
    read(text, tmp_path)


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_both_refuse(text: str, line: int, tmp_path: Path) -> None:
    assert not VALIDATOR.is_valid(data_of(text))
    with pytest.raises(Problem) as caught:
        read(text, tmp_path)
    assert caught.value.file == ".valuelint.yaml"
    assert caught.value.line == line
    assert caught.value.remedy


@pytest.mark.parametrize(("text", "message"), READER_ONLY.values(), ids=READER_ONLY)
def test_the_reader_refuses(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=message):
        read(text, tmp_path)


def test_texts_are_taken_as_they_are_written(tmp_path: Path) -> None:
    text = "clusters: [{name: 01, releases: [{chart: cilium, version: 1.10, name: 1e3, namespace: on}]}]\n"
    cluster = read(text, tmp_path).clusters[0]
    release = cluster.releases[0]
    assert (cluster.name, release.version, release.name, release.namespace) == ("01", "1.10", "1e3", "on")


def test_the_documented_one_is_accepted(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    block = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0]
    assert VALIDATOR.is_valid(data_of(block))
    config = read(block, tmp_path)
    assert [release.chart for release in config.clusters[0].releases] == ["cilium", "kube-prometheus-stack"]
    assert config.expect == {"monitor_namespace": "monitoring"}


def test_every_key_is_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    keys = set(SCHEMA["properties"])
    for part in (SCHEMA["$defs"]["cluster"], SCHEMA["$defs"]["release"], SCHEMA["properties"]["expect"]):
        keys |= set(part["properties"])
    assert {key for key in keys if f"`{key}`" not in page} == set()
