"""What is installed: rules and schemas are in the wheel, in the sdist and in an editable install."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def files(folder: Path, *tops: str) -> set[str]:
    found = (file for top in tops for file in (folder / top).rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix() for file in found if "__pycache__" not in file.parts}


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(checkout: Path, distributions: dict[str, Path]) -> None:
    with zipfile.ZipFile(distributions["wheel"]) as wheel:
        names = set(wheel.namelist())
    expected = {f"valuelint/{name}" for name in files(checkout, "rules", "schemas")}
    expected |= files(checkout, "valuelint")
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert "valuelint/py.typed" in names
    assert f"valuelint-{PROJECT['version']}.dist-info/licenses/LICENSE" in names


@pytest.mark.slow
def test_the_sdist_is_complete(checkout: Path, distributions: dict[str, Path]) -> None:
    with tarfile.open(distributions["sdist"]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = files(checkout, "rules", "schemas") | {
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "setup.py",
        "pyproject.toml",
        "Makefile",
    }
    assert wanted <= names
    assert {name for name in names if name.startswith("tests/")} >= {"tests/house/test_package.py"}
    assert not {name for name in names if name.startswith((".venv", "build/"))}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable"])
def test_an_installation_works(
    kind: str, checkout: Path, distributions: dict[str, Path], tmp_path: Path, example: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    scripts = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    source = ["--editable", str(checkout)] if kind == "editable" else [str(distributions[kind])]
    install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", *source]
    installed = subprocess.run(install, capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr

    def valuelint(*arguments: str) -> subprocess.CompletedProcess[str]:
        # Far from the checkout: what is not installed is not found.
        return subprocess.run([scripts / "valuelint", *arguments], cwd=tmp_path, capture_output=True, text=True)

    version = valuelint("--version")
    assert (version.returncode, PROJECT["version"] in version.stdout) == (0, True), version
    rules = valuelint("rules")
    assert rules.returncode == 0, rules.stderr
    for file in (checkout / "rules").glob("*.yaml"):
        assert file.stem in rules.stdout
    checked = valuelint("check", str(example))
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "monitor-not-selected" in checked.stdout


def test_the_changelog_knows_the_version() -> None:
    assert f"\n## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
