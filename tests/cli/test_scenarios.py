"""The command line as its users see it: one text file a scenario, with files, commands and what they print.

A scenario is a sequence of parts, each begun by a line `=== kind: argument`:

    === about: one line on what this shows
    === file: cilium.yaml           its content follows; `=== bytes:` takes a Python bytes literal, for what is no text
    === run: check cilium.yaml      what valuelint prints on standard output follows
    === stderr:                     what it printed on standard error, if anything
    === exit: 1                     its exit code
    === after: cilium.yaml          the content of a file after the run

`UPDATE_SCENARIOS=1 make test` writes what really happened into the files; read the difference before you commit it.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

FOLDER = Path(__file__).parent / "scenarios"
ROOT = Path(__file__).parents[2]
UPDATE = bool(os.environ.get("UPDATE_SCENARIOS"))


class Part(NamedTuple):
    kind: str
    argument: str
    body: str


def read(text: str) -> list[Part]:
    parts = []
    for chunk in text.split("=== ")[1:]:
        head, _, body = chunk.partition("\n")
        kind, _, argument = head.partition(":")
        parts.append(Part(kind, argument.strip(), body))
    return parts


def write(parts: list[Part]) -> str:
    return "".join(f"=== {part.kind}: {part.argument}".rstrip() + "\n" + part.body for part in parts)


def play(parts: list[Part], folder: Path) -> list[Part]:
    """The scenario as it really goes: the same parts with what the commands did."""
    played: list[Part] = []
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    for part in parts:
        if part.kind in ("file", "bytes"):
            path = folder / part.argument
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(ast.literal_eval(part.body.strip()) if part.kind == "bytes" else part.body.encode())
            played.append(part)
        elif part.kind == "run":
            done = subprocess.run(
                [sys.executable, "-m", "valuelint", *shlex.split(part.argument)],
                cwd=folder,
                env={**environment, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                timeout=60,
            )
            assert b"Traceback" not in done.stderr, done.stderr.decode()
            played.append(Part("run", part.argument, done.stdout.decode()))
            if done.stderr:
                played.append(Part("stderr", "", done.stderr.decode()))
            played.append(Part("exit", str(done.returncode), ""))
        elif part.kind == "after":
            played.append(Part("after", part.argument, (folder / part.argument).read_text(encoding="utf-8")))
        elif part.kind == "about":
            played.append(part)
    return played


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_scenario(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    played = write(play(read(text), tmp_path))
    if UPDATE:
        path.write_text(played, encoding="utf-8")
    else:
        assert played == text


def test_every_scenario_runs_something() -> None:
    scenarios = {path.stem: read(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.txt")}
    assert len(scenarios) > 10
    assert [name for name, parts in scenarios.items() if not any(part.kind == "run" for part in parts)] == []
