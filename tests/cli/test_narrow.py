"""`check --baseline` and `check --changed-since`: what is new, what is gone, and what a change is to blame for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.conftest import git

ROOT = Path(__file__).parents[2]

CONFIG = """\
clusters:
  - name: home
    releases:
      - {chart: cilium, version: 1.20.0, name: cilium, namespace: kube-system, values: cilium.yaml}
      - {chart: kube-prometheus-stack, version: 88.5.3, name: kps, namespace: monitoring, values: kps.yaml}
select: [monitor-not-rendered, monitor-not-selected]
"""
RELAY = """\
hubble:
  relay:
    enabled: true
    prometheus:
      serviceMonitor:
        enabled: true
"""
OPERATOR = """\
operator:
  prometheus:
    serviceMonitor:
      enabled: true
      labels:
        release: kps
"""
OPEN = "grafana: {enabled: false}\nprometheus: {prometheusSpec: {serviceMonitorSelectorNilUsesHelmValues: false}}\n"
CLOSED = (
    "grafana: {enabled: false}\n"
    "prometheus: {prometheusSpec: {serviceMonitorSelector: {matchExpressions: [{key: release, operator: Exists}]}}}\n"
)
TEAM = "grafana: {enabled: false}\nprometheus: {prometheusSpec: {serviceMonitorSelector: {matchLabels: {team: a}}}}\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "valuelint", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
    )


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".valuelint.yaml").write_text(CONFIG)
    write(tmp_path, cilium=RELAY + OPERATOR, kps=OPEN)
    return tmp_path


def rules(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode in (0, 1), done.stderr
    return [f"{item['rule']} {item['path']}" for item in json.loads(done.stdout)["findings"]]


def notices(done: subprocess.CompletedProcess[str]) -> list[str]:
    found: list[str] = json.loads(done.stdout)["summary"]["notices"]
    return found


# --- baselines ------------------------------------------------------------------------------------

LOST = "monitor-not-rendered hubble.relay.prometheus.serviceMonitor.enabled"
UNSEEN = "monitor-not-selected operator.prometheus.serviceMonitor.labels"


def test_what_a_baseline_holds_is_not_reported(folder: Path) -> None:
    assert rules(run(folder, "check", ".", "--format", "json")) == [LOST]
    assert run(folder, "baseline", ".").stdout == "wrote .valuelint-baseline.json: 1 finding\n"
    text = (folder / ".valuelint-baseline.json").read_text()
    assert json.loads(text) == {
        "format": "valuelint-baseline/1",
        "findings": [{"file": "cilium.yaml", "rule": "monitor-not-rendered", "path": LOST.split()[1]}],
    }
    done = run(folder, "check", ".", "--baseline", ".valuelint-baseline.json", "--format", "json")
    assert (rules(done), done.returncode) == ([], 0)
    assert json.loads(done.stdout)["summary"]["suppressed"] == 1


@pytest.mark.parametrize(
    ("cilium", "stack", "new", "gone"),
    [
        ("# a line more\n\n" + RELAY + OPERATOR, OPEN, [], 0),
        (OPERATOR + RELAY, OPEN, [], 0),
        (RELAY + OPERATOR, TEAM, [UNSEEN], 0),
        (OPERATOR, OPEN, [], 1),
        (OPERATOR, TEAM, [UNSEEN], 1),
    ],
)
def test_only_what_is_new_or_gone(cilium: str, stack: str, new: list[str], gone: int, folder: Path) -> None:
    run(folder, "baseline", ".")
    write(folder, cilium=cilium, kps=stack)
    done = run(folder, "check", ".", "--baseline", ".valuelint-baseline.json", "--format", "json")
    assert [item for item in rules(done) if "Selector" not in item] == new
    assert [note for note in notices(done) if note.startswith("gone")] == [
        f"gone since the baseline: {LOST.replace(' ', ' at ')} in cilium.yaml"
    ] * gone


def test_what_was_not_looked_at_is_not_gone(folder: Path) -> None:
    run(folder, "baseline", ".")
    write(folder, cilium=OPERATOR)
    done = run(folder, "check", "kps.yaml", "--baseline", ".valuelint-baseline.json", "--format", "json")
    assert notices(done) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        ("{", "line 1"),
        ("{}", "it is no valuelint-baseline/1"),
        ('{"format": "x", "findings": []}', "its format is x"),
        ("[]", "it is no valuelint-baseline/1"),
        ('{"format": "valuelint-baseline/1", "findings": [{}]}', "it is no valuelint-baseline/1"),
    ],
)
def test_what_is_no_baseline(text: str | None, message: str, folder: Path) -> None:
    if text is not None:
        (folder / "base.json").write_text(text)
    done = run(folder, "check", ".", "--baseline", "base.json")
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_no_baseline_of_what_cannot_be_read(folder: Path) -> None:
    write(folder, kps="a: [\n")
    assert run(folder, "baseline", ".").returncode == 2
    assert not (folder / ".valuelint-baseline.json").exists()


# --- changes --------------------------------------------------------------------------------------


@pytest.fixture
def history(folder: Path) -> Path:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "before")
    return folder


@pytest.mark.parametrize(
    ("cilium", "stack", "wanted"),
    [
        (RELAY + OPERATOR, OPEN, []),  # nothing changed
        ("# above\n" + RELAY + OPERATOR, OPEN, []),  # another line
        (RELAY.replace("        enabled: true", "        enabled: true # on") + OPERATOR, OPEN, [LOST]),  # that line
        (RELAY + OPERATOR, TEAM, [UNSEEN]),  # caused in a file that did not change
        (
            RELAY + OPERATOR.replace("      labels:\n        release: kps\n", ""),
            CLOSED,
            [UNSEEN.removesuffix(".labels")],
        ),
    ],
)
def test_what_a_change_touches_or_causes(cilium: str, stack: str, wanted: list[str], history: Path) -> None:
    write(history, cilium=cilium, kps=stack)
    for committed in (False, True):
        if committed and git(history, "status", "--porcelain"):
            git(history, "commit", "--quiet", "--all", "--message", "after")
        revision = "HEAD~1" if committed and wanted else "HEAD"
        if committed and not wanted:
            continue
        done = run(history, "check", ".", "--changed-since", revision, "--format", "json")
        mine = [item for item in rules(done) if "prometheusSpec" not in item]
        assert mine == wanted, done.stdout


def test_a_new_file_is_all_change(history: Path) -> None:
    write(history, extra=RELAY)
    (history / ".valuelint.yaml").write_text(CONFIG.replace("cilium.yaml}", "[cilium.yaml, extra.yaml]}"))
    write(history, cilium=OPERATOR)
    git(history, "rm", "--quiet", "--cached", "cilium.yaml")
    done = run(history, "check", ".", "--changed-since", "HEAD", "--format", "json")
    assert rules(done) == [LOST]


def test_policies_find_in_the_base_what_they_find_now(history: Path) -> None:
    (history / ".valuelint.yaml").write_text(CONFIG.replace("select: [", "policies: [policies]\nselect: [relays, "))
    (history / "policies").mkdir()
    policy = "for: values\ncharts: {cilium: '*'}\nexpect: {hubble.relay.replicas: 2}\nmessage: one relay is none\n"
    (history / "policies" / "relays.yaml").write_text("summary: There are two relays.\n" + policy)
    since = ("check", ".", "--changed-since", "HEAD", "--format", "json")
    found = [item for item in rules(run(history, *since)) if item.startswith("relays")]
    assert len(found) == 1  # a new policy is a change, and what it finds is caused by it
    git(history, "add", "--all")
    git(history, "commit", "--quiet", "--message", "policies")
    write(history, cilium="# above\n" + RELAY + OPERATOR)
    assert not any(item.startswith("relays") for item in rules(run(history, *since)))


def test_it_compares_with_where_the_histories_parted(history: Path) -> None:
    git(history, "checkout", "--quiet", "-b", "topic")
    write(history, kps=TEAM)
    git(history, "commit", "--quiet", "--all", "--message", "topic")
    git(history, "checkout", "--quiet", "main")
    write(history, cilium=OPERATOR)
    git(history, "commit", "--quiet", "--all", "--message", "main")
    git(history, "checkout", "--quiet", "topic")
    done = run(history, "check", ".", "--changed-since", "main", "--format", "json")
    assert [item for item in rules(done) if "prometheusSpec" not in item] == [UNSEEN]
    assert notices(done) == ["1 finding that the changes since main neither touch nor cause left out"]


def test_from_a_folder_below(history: Path) -> None:
    (history / "below").mkdir()
    write(history, kps=TEAM)
    done = run(history / "below", "check", "..", "--changed-since", "HEAD", "--format", "json")
    assert [item for item in rules(done) if "prometheusSpec" not in item] == [UNSEEN]


@pytest.mark.parametrize(
    ("revision", "message"),
    [("nowhere", "git knows no revision nowhere"), ("--help", "git knows no revision --help")],
)
def test_a_revision_that_is_none(revision: str, message: str, history: Path) -> None:
    done = run(history, "check", ".", f"--changed-since={revision}")
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_outside_of_a_repository(folder: Path) -> None:
    done = run(folder, "check", ".", "--changed-since", "HEAD")
    assert (done.returncode, "not a git repository" in done.stderr) == (2, True), done.stderr


def test_an_empty_revision_is_none(history: Path) -> None:
    done = run(history, "check", ".", "--changed-since=")
    assert (done.returncode, "git knows no revision (empty)" in done.stderr) == (2, True), done.stderr


def test_a_repository_without_commits(folder: Path) -> None:
    git(folder, "init", "--quiet")
    done = run(folder, "check", ".", "--changed-since", "HEAD")
    assert (done.returncode, "there is no commit yet" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("committed", [False, True])
def test_a_file_that_only_got_another_name_is_as_it_was(committed: bool, history: Path) -> None:
    git(history, "mv", "cilium.yaml", "net.yaml")
    config = CONFIG.replace("values: cilium.yaml", "values: net.yaml")
    (history / ".valuelint.yaml").write_text(config)
    if committed:
        git(history, "commit", "--quiet", "--all", "--message", "after")
    since = ("--changed-since", "HEAD~1" if committed else "HEAD", "--format", "json")
    assert rules(run(history, "check", ".", *since)) == []
    assert rules(run(history, "check", "net.yaml", *since)) == []
    text = (history / "net.yaml").read_text()
    (history / "net.yaml").write_text(text.replace("        enabled: true", "        enabled: true # on"))
    assert rules(run(history, "check", "net.yaml", *since)) == [LOST]


def test_a_shallow_clone_says_so(history: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    write(history, kps=TEAM)
    git(history, "commit", "--quiet", "--all", "--message", "after")
    clone = tmp_path_factory.mktemp("clone") / "it"
    git(clone.parent, "clone", "--quiet", "--depth", "1", f"file://{history}", str(clone))
    done = run(clone, "check", ".", "--changed-since", "HEAD~1")
    assert (done.returncode, "this clone is shallow" in done.stderr) == (2, True), done.stderr
    assert rules(run(clone, "check", ".", "--changed-since", "HEAD", "--format", "json")) == []


def test_a_file_of_no_repository(history: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere, cilium=RELAY)
    done = run(history, "check", str(elsewhere / "cilium.yaml"), "--changed-since", "HEAD")
    assert (done.returncode, "is not in the repository" in done.stderr) == (2, True), done.stderr


def test_a_submodule_is_as_old_as_the_base_has_it(history: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outer = tmp_path_factory.mktemp("outer")
    git(outer, "init", "--quiet")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{history}", "inner")
    (outer / ".valuelint.yaml").write_text(CONFIG.replace("values: ", "values: inner/"))
    git(outer, "add", "--all")
    git(outer, "commit", "--quiet", "--message", "before")
    since = ("--changed-since", "HEAD", "--format", "json")
    assert rules(run(outer, "check", ".", *since)) == []
    write(outer / "inner", kps=TEAM)
    assert [item for item in rules(run(outer, "check", ".", *since)) if "prometheusSpec" not in item] == [UNSEEN]


def test_a_linked_worktree(history: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    linked = tmp_path_factory.mktemp("linked") / "it"
    git(history, "worktree", "add", "--quiet", "--detach", str(linked))
    since = ("--changed-since", "HEAD", "--format", "json")
    assert rules(run(linked, "check", ".", *since)) == []
    write(linked, cilium=RELAY.replace("        enabled: true", "        enabled: true # on") + OPERATOR)
    assert rules(run(linked, "check", ".", *since)) == [LOST]


def test_what_archives_leave_out_and_what_links_lead_to(history: Path) -> None:
    (history / ".gitattributes").write_text("*.yaml export-ignore\n")
    (history / "cilium.yaml").rename(history / "real.yaml")
    (history / "cilium.yaml").symlink_to("real.yaml")
    git(history, "add", "--all")
    git(history, "commit", "--quiet", "--message", "links")
    assert rules(run(history, "check", ".", "--changed-since", "HEAD", "--format", "json")) == []


def test_no_filter_is_run(history: Path) -> None:
    (history / ".gitattributes").write_text("*.yaml filter=evil\n")
    git(history, "add", "--all")
    git(history, "commit", "--quiet", "--message", "attributes")
    git(history, "config", "filter.evil.smudge", f"touch {history}/ran; cat")
    run(history, "check", ".", "--changed-since", "HEAD")
    assert not (history / "ran").exists()
