"""The jobs of docs/ci.md, run command by command on the example."""

from __future__ import annotations

import json
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.house.conftest import ROOT, Run

PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def job(heading: str) -> dict[str, Any]:
    section = PAGE.split(f"## {heading}\n", 1)[1]
    text = section.split("```yaml\n", 1)[1].split("```", 1)[0]
    # YAML 1.1 reads the key `on` as true; nothing here depends on it.
    return dict(yaml.safe_load(text))


GITHUB = [step["run"] for step in job("GitHub Actions")["jobs"]["valuelint"]["steps"] if "run" in step]
GITLAB = list(job("GitLab CI")["valuelint"]["script"])


class Outcome(NamedTuple):
    code: int
    output: str


def perform(commands: list[str], folder: Path, run: Run) -> list[Outcome]:
    """Run a job's commands as a runner's shell does; what they install is here already."""
    install, *rest = commands
    assert install == f"pip install valuelint=={VERSION}"
    done = [run(["bash", "-e", "-o", "pipefail", "-c", command], cwd=folder) for command in rest]
    assert [each.stderr for each in done] == [""] * len(done)
    return [Outcome(each.returncode, each.stdout) for each in done]


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A repository without findings."""
    folder = tmp_path / "clean"
    folder.mkdir()
    (folder / "cilium.yaml").write_text("cluster:\n  name: quiet\n  id: 1\n")
    (folder / ".valuelint.yaml").write_text(
        "clusters:\n- name: quiet\n  releases:\n"
        "  - {chart: cilium, version: 1.14.3, name: cilium, namespace: kube-system, values: [cilium.yaml]}\n"
    )
    return folder


def test_github_annotates_and_reports(example: Path, run: Run) -> None:
    annotate, report = perform(GITHUB, example, run)
    assert annotate.code == 1
    assert re.search(r"^::error file=cilium\.yaml,line=\d+.*monitor-not-selected", annotate.output, re.MULTILINE)
    assert report == Outcome(0, "")
    sarif = json.loads((example / "valuelint.sarif").read_text("utf-8"))
    assert sarif["version"] == "2.1.0"
    assert "monitor-not-selected" in {result["ruleId"] for result in sarif["runs"][0]["results"]}


def test_gitlab_fails_and_reports(example: Path, run: Run) -> None:
    quality, check = perform(GITLAB, example, run)
    assert (quality, check) == (Outcome(0, ""), Outcome(1, ""))
    issues = json.loads((example / "codequality.json").read_text("utf-8"))
    assert "monitor-not-selected" in {issue["check_name"] for issue in issues}
    assert {issue["location"]["path"] for issue in issues} == {"cilium.yaml", "kube-prometheus-stack.yaml"}
    report = ElementTree.parse(example / "valuelint.xml").getroot()
    assert [failure for failure in report.iter("failure") if "monitor-not-selected" in str(failure.attrib)]


def test_both_pass_where_nothing_is_wrong(clean: Path, run: Run) -> None:
    assert [outcome.code for outcome in perform(GITHUB + GITLAB[1:], clean, run)] == [0, 0, 0, 0]
    assert json.loads((clean / "valuelint.sarif").read_text("utf-8"))["runs"][0]["results"] == []
    assert json.loads((clean / "codequality.json").read_text("utf-8")) == []
    assert not list(ElementTree.parse(clean / "valuelint.xml").getroot().iter("failure"))


def test_both_fail_where_nothing_could_be_read(clean: Path, run: Run) -> None:
    (clean / "cilium.yaml").write_bytes(b"\x00\x01\x02")
    for command in GITHUB[1:] + GITLAB[1:]:
        assert run(["bash", "-e", "-o", "pipefail", "-c", command], cwd=clean).returncode == 2, command


@pytest.mark.parametrize("commands", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_every_report_that_is_kept_is_written(commands: list[str]) -> None:
    written = set(re.findall(r"--output (\S+)", " ".join(commands)))
    named = set(re.findall(r"(?:sarif_file|codequality|junit): (\S+)", PAGE))
    assert written
    assert written <= named
