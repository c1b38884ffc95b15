"""Writes anew what the documents quote from the program: docs/rules.md, and the output shown in README.md.

`make docs` calls this after a change of rules or of output; a test fails when it was forgotten.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# The findings of the example that the README shows, by how they begin; the others are left out.
SHOWN = (
    r"\w+\[monitor-not-selected\]: .*hubble-relay",
    r"\w+\[namespace-not-read\]: .*hubble",
    r"\w+\[monitor-not-rendered\]: .*clustermesh",
)
LEFT_OUT = "[...]"
COMMAND = "valuelint check examples/guide"


def valuelint(*arguments: str, expected: int) -> str:
    environment = os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "valuelint", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    if done.returncode != expected:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def excerpt(printed: str) -> str:
    """The shown findings and the summary, as an indented block."""
    findings = re.split(r"\n\n(?=\w+\[)", printed.rstrip("\n"))
    findings[-1:] = findings[-1].rsplit("\n\n", 1)
    lines = [f"$ {COMMAND}"]
    for shown in SHOWN:
        lines += [*next(each for each in findings if re.match(shown, each)).split("\n"), LEFT_OUT]
    return "".join(f"    {line}".rstrip() + "\n" for line in [*lines, findings[-1]])


def readme(before: str) -> str:
    """The README with what `check` prints now, between the line that shows the command and the next heading."""
    start = before.index(f"    $ {COMMAND}\n")
    end = before.index("\n## ", start)
    return before[:start] + excerpt(valuelint(*COMMAND.split()[1:], expected=1)) + before[end:]


def rules() -> str:
    return valuelint("rules", "--format", "markdown", expected=0)


def main() -> None:
    page = ROOT / "README.md"
    page.write_text(readme(page.read_text("utf-8")), "utf-8")
    (ROOT / "docs" / "rules.md").write_text(rules(), "utf-8")


if __name__ == "__main__":
    main()
