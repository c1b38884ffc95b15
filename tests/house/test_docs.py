"""What the documents say is so: links lead somewhere, commands exist, output is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from docs import refresh
from tests.house.conftest import ROOT, Run

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files(document: Path) -> None:
    text = document.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_targets_exist(document: Path) -> None:
    for target in re.findall(r"(?:^    |`)make ([a-z]+)", document.read_text("utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_rules_page_is_fresh() -> None:
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == refresh.rules(), "run `make docs`"


def test_readme_shows_what_check_prints() -> None:
    assert refresh.readme(README) == README, "run `make docs`"


def test_readme_configures_the_example() -> None:
    (block,) = re.findall(r"```yaml\n(# \.valuelint\.yaml.*?)```", README, re.DOTALL)
    example = (ROOT / "examples" / "guide" / ".valuelint.yaml").read_text("utf-8")
    assert yaml.safe_load(block) == yaml.safe_load(example)


def test_readme_names_a_hook_that_exists() -> None:
    (block,) = re.findall(r"```yaml\n(repos:.*?)```", README, re.DOTALL)
    (repository,) = yaml.safe_load(block)["repos"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert {hook["id"] for hook in repository["hooks"]} <= {hook["id"] for hook in hooks}


def test_commands_of_the_readme_are_known(run: Run) -> None:
    commands = re.findall(r"^    valuelint (.*?)(?:\s+#.*)?$", README, re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        name, *options = command.split()
        shown = run(["valuelint", name, "--help"])
        assert shown.returncode == 0, command
        for option in options:
            assert not option.startswith("--") or option in shown.stdout, command
