"""The hooks, run by pre-commit itself, installed from this checkout into a repository made here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.house.conftest import ROOT, git

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}

Hook = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize(
    "path",
    [
        "cilium.yaml",
        "clusters/home/cilium-values.yml",
        "infrastructure/cilium/app/helmrelease.yaml",
        "kubernetes/apps/kube-system/cilium/values.yaml",
        "apps/kube-prometheus-stack/release.yaml",
        "monitoring/kps.yaml",
        "monitoring/values-kps-prod.yaml",
        "monitoring/prometheus-stack/values.yaml",
        "charts/prometheus/prod/values.yaml",
        "monitoring/values.prod.yaml",
        "server/manifests/rke2-cilium-config.yaml",
        "flux/network/helm-release.yaml",
        ".valuelint.yaml",
        "clusters/home/.valuelint.yaml",
    ],
)
def test_hooks_are_given(path: str, name: str) -> None:
    hook = HOOKS[name]
    assert re.search(hook["files"], path)
    assert not re.search(hook["exclude"], path)


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/cilium.md",
        "mkdocs.yaml",
        ".github/workflows/ci.yaml",
        "apps/podinfo/values.yaml",
        "apps/podinfo/deployment.yaml",
        "charts/cilium/templates/servicemonitor.yaml",
        "skps.yaml",
        "cilium.yaml.j2",
    ],
)
def test_hooks_are_not_given(path: str, name: str) -> None:
    hook = HOOKS[name]
    assert not re.search(hook["files"], path) or re.search(hook["exclude"], path)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pre-commit's own folder, so that the package is installed once for all tests here."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A committed pair of values files, declared in a configuration, and a file of another chart."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "examples" / "guide", folder / "clusters" / "homelab")
    (folder / "podinfo.yaml").write_text("replicas: 2\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "start")
    return folder


@pytest.fixture
def hook(repository: Path, checkout: Path, cache: Path) -> Hook:
    def hook(name: str) -> subprocess.CompletedProcess[str]:
        """Run one hook on what is staged, as a commit does."""
        revision = git(checkout, "rev-parse", "HEAD").strip()
        (repository / ".pre-commit-config.yaml").write_text(
            f"repos:\n- repo: {checkout.as_uri()}\n  rev: {revision}\n  hooks:\n  - id: {name}\n"
        )
        git(repository, "add", ".pre-commit-config.yaml")
        outer = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))}
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--color=never", "--verbose"],
            cwd=repository,
            env=outer | {"PRE_COMMIT_HOME": str(cache), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
        )

    return hook


def stage(repository: Path, name: str, old: str, new: str) -> Path:
    file = repository / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    git(repository, "add", name)
    return file


CILIUM = "clusters/homelab/cilium.yaml"
PARTNER = "clusters/homelab/kube-prometheus-stack.yaml"


@pytest.mark.slow
def test_one_staged_file_is_judged_with_its_partner(repository: Path, hook: Hook) -> None:
    stage(repository, CILIUM, "id: 11", "id: 12")
    done = hook("valuelint")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "monitor-not-selected" in done.stdout
    assert CILIUM in done.stdout
    # The release's name stands in the configuration; the label that is missing follows from it.
    assert "release: prometheus\n" in done.stdout or "release=prometheus\n" in done.stdout


@pytest.mark.slow
def test_a_file_of_another_chart_is_no_matter(repository: Path, hook: Hook) -> None:
    stage(repository, "podinfo.yaml", "2", "3")
    done = hook("valuelint")
    assert (done.returncode, "(no files to check)" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.slow
def test_the_fixing_hook_repairs_and_fails_once(repository: Path, hook: Hook) -> None:
    file = stage(repository, CILIUM, "id: 11", "id: 12")
    before = file.read_text("utf-8")
    first = hook("valuelint-fix")
    after = file.read_text("utf-8")
    assert first.returncode == 1, first.stdout + first.stderr
    assert "files were modified by this hook" in first.stdout
    assert after.count("release: prometheus\n") + after.count("release: prometheus #") >= 3
    assert "# so that Prometheus finds it" in after
    assert after.splitlines()[:12] == before.splitlines()[:12]
    git(repository, "add", CILIUM)
    second = hook("valuelint-fix")
    assert "files were modified by this hook" not in second.stdout
    assert file.read_text("utf-8") == after
    assert git(repository, "status", "--porcelain", PARTNER) == ""


@pytest.mark.slow
def test_the_whole_repository_is_checked_when_a_partner_changes(repository: Path, hook: Hook) -> None:
    stage(repository, PARTNER, "retention: 15d", "retention: 30d")
    done = hook("valuelint-all")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{CILIUM}:" in done.stdout
