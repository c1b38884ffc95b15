"""Copies of the project, and packages and environments made from them: built once, used by several tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Run = Callable[..., subprocess.CompletedProcess[str]]


def git(folder: Path, *arguments: str) -> str:
    """Run git with an identity, and without the settings and hooks of whoever runs the tests."""
    identity = (
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.invalid",
        "-c",
        "init.defaultBranch=main",
    )
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=quiet | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository with the files of this work tree: those git knows, and new ones it does not ignore."""
    folder = tmp_path_factory.mktemp("checkout") / "valuelint"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in listed:
        source, target = ROOT / name, folder / name
        if name and source.is_file():  # one that was deleted is still listed
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "the work tree")
    return folder


@pytest.fixture(scope="session")
def distributions(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sdist, and the wheel that is built from the sdist and not from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    # Built from a copy: setuptools leaves build/ and *.egg-info behind.
    source = shutil.copytree(checkout, folder / "source", ignore=shutil.ignore_patterns(".git"))
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "examples" / "guide", tmp_path / "example")


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `valuelint` is this checkout's, whether or not it is installed."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "valuelint"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m valuelint "$@"\n')
    script.chmod(0o755)
    # The tests may themselves run under make, whose flags are not meant for what they start.
    outer = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return outer | {"PATH": f"{folder}{os.pathsep}{outer['PATH']}", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


@pytest.fixture
def run(commands: dict[str, str], tmp_path: Path) -> Run:
    """Run a command, text in and out, and give it back whatever its exit code is."""

    def run(command: Sequence[str | Path], cwd: Path = tmp_path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=cwd, env=commands | more, capture_output=True, text=True)

    return run
