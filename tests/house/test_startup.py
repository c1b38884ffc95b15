"""What a plain check costs before it has read anything: a hook pays for it at every commit."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks import measure
from tests.house.conftest import ROOT, Run

EXAMPLE = ROOT / "examples" / "guide"
CHECK = [sys.executable, "-m", "valuelint", "check", "cilium.yaml", "kube-prometheus-stack.yaml"]

# Dear to import, and nothing that a check of plain files with text output needs.
NOT_LOADED = {
    "jsonschema",
    "ruamel",
    "yaml.loader",  # of PyYAML only the C parser and the events are there
    "click",
    "typing",
    "re",
    "json",
    "dataclasses",
    "pathlib",
    "asyncio",
    "importlib.metadata",
    "xml",
}


@pytest.mark.parametrize("options", [[], ["-q", "--fail-on", "never"]], ids=["none", "flags"])
def test_a_plain_check_imports_no_more_than_it_needs(options: list[str], run: Run) -> None:
    at_exit = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
    start = "from valuelint.__main__ import main; main()"
    run(CHECK, cwd=EXAMPLE)  # what is remembered beside rules and facts is there after the first run
    done = run([sys.executable, "-c", at_exit + start, *CHECK[3:], *options], cwd=EXAMPLE)
    loaded = set(done.stderr.split())
    assert "valuelint.cli" in loaded
    assert not loaded & NOT_LOADED
    # Of the formats only the one in use; and what proves a fix before it is written only where one is written.
    reporters = {name.rpartition(".")[2] for name in loaded if name.startswith("valuelint.report.")}
    assert {name for name in reporters if not name.startswith("_")} == {"text"}
    assert "valuelint.lint.fix" not in loaded
    # Nor what only comments, a configuration or policies ask for.
    asked_for = ("suppress", "tuning", "policies", "views", "cel", "trials", "baseline", "tidy")
    assert not loaded & {f"valuelint.lint.{name}" for name in asked_for}
    assert not loaded & {"valuelint.workspace.settings", "valuelint.workspace.toml"}


@pytest.mark.slow
def test_a_check_stays_within_its_instructions(run: Run) -> None:
    """At most eight times those of an idle interpreter. Counted, because times depend on the machine."""
    run(CHECK, cwd=EXAMPLE)
    counter = measure.instruction_counter(EXAMPLE)
    ratio = 0.0 if counter is None else counter[1](CHECK) / counter[1]([sys.executable, "-c", "pass"])
    assert ratio <= 8.0


@pytest.mark.slow
def test_the_benchmark_prints_its_table() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for row in ("against yamllint: wall time", "small files", "peak memory", "deep nesting", "an alias bomb"):
        assert re.search(rf"{row}.*  +\d+\.\d\d (x|s|MiB)", done.stdout), row
