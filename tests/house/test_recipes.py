"""The two commands of the quick start, and what CI calls."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.conftest import ROOT, Run

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_help_lists_every_target(run: Run) -> None:
    done = run(["make", "help"], cwd=ROOT)
    listed = set(re.findall(r"^  make (\S+)", done.stdout, re.MULTILINE))
    assert listed == TARGETS - {"check-python"}


def test_an_old_python_is_refused_with_the_way_out(tmp_path: Path, run: Run) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")  # how `sys.exit(sys.version_info < (3, 11))` ends there
    old.chmod(0o755)
    done = run(["make", "--silent", "setup", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"], cwd=ROOT)
    assert done.returncode != 0
    assert "needs Python 3.11 or later" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_charts_are_folders_and_archives(tmp_path: Path, run: Run) -> None:
    (tmp_path / "cilium-1.14.3").mkdir()
    (tmp_path / "cilium-1.14.3" / "Chart.yaml").touch()
    (tmp_path / "kube-prometheus-stack-52.1.0.tgz").touch()
    (tmp_path / "PINS.json").touch()
    done = run(["make", "--dry-run", "charts", f"CHARTS={tmp_path}"], cwd=ROOT)
    command = done.stdout.replace("\\\n", "").split("valuelint.charts.compiler", 1)[1]
    assert set(command.split()) == {
        f"{tmp_path}/cilium-1.14.3",
        f"{tmp_path}/kube-prometheus-stack-52.1.0.tgz",
    }


@pytest.mark.parametrize(
    ("target", "variables"),
    [
        ("charts", []),
        ("charts", ["CHARTS="]),
        ("charts", ["CHARTS=/nowhere"]),
        ("oracle", []),
        ("oracle-fuzz", ["CHARTS="]),
    ],
)
def test_charts_must_be_named(target: str, variables: list[str], run: Run) -> None:
    done = run(["make", "--dry-run", target, *variables], cwd=ROOT)
    assert (done.returncode != 0, f"make {target} CHARTS=FOLDER" in done.stderr) == (True, True)


@pytest.mark.slow
def test_make_demo_on_a_fresh_clone(checkout: Path, tmp_path: Path, run: Run) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", checkout, clone], check=True)

    def demo(*variables: str) -> subprocess.CompletedProcess[str]:
        return run(["make", "demo", *variables], cwd=clone, PYTHONPATH="")

    first = demo()
    assert first.returncode == 0, first.stdout + first.stderr
    assert re.search(r"^(error|warning)\[monitor-not-selected\]", first.stdout, re.MULTILINE)
    assert "examples/guide/cilium.yaml:" in first.stdout
    assert first.stdout.rstrip().endswith("The findings are expected: the example shows what valuelint is for.")

    second = demo()
    assert second.returncode == 0
    assert "pip install" not in second.stdout
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True)
    assert changed.stdout == ""

    # A demo that shows nothing, or breaks, must not pass for one that works.
    for code in (0, 2):
        shutil.rmtree(clone / "stub", ignore_errors=True)
        (clone / "stub").mkdir()
        (clone / "stub" / "valuelint").write_text(f"#!/bin/sh\nexit {code}\n")
        (clone / "stub" / "valuelint").chmod(0o755)
        broken = demo("BIN=stub")
        assert broken.returncode != 0
        assert f"not {code}" in broken.stderr


@pytest.mark.parametrize(
    ("lint", "test", "code"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)],
    ids=["good", "lint", "test", "both"],
)
def test_ci_runs_both_and_fails_for_either(lint: int, test: int, code: int, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    make = tmp_path / "bin" / "make"
    make.write_text(f'#!/bin/sh\necho "make $*"\ncase $1 in lint) exit {lint} ;; test) exit {test} ;; esac\nexit 9\n')
    make.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", str(ROOT / ".ci" / "run")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split("\n")) == (code, ["make lint", "make test", ""])


def test_ci_can_be_started_as_a_program() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
