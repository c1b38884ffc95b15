"""What a process costs: wall time, processor time, peak memory and instructions."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

# What is measured is a second run: compiled modules and parsed data are kept between runs, unless this forbids it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Cost(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds, user and system
    memory: float  # MiB at the peak


def cost(command: Sequence[str], cwd: Path, allowed: Sequence[int] = (0, 1)) -> Cost:
    """Run a command once. Linters exit with 1 when they find something, so that is no failure here."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        with subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=errors) as process:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    if process.returncode not in allowed or "Traceback" in said:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(command: Sequence[str], cwd: Path, rounds: int) -> Cost:
    costs = [cost(command, cwd) for _ in range(rounds)]
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def paired(ours: Sequence[str], theirs: Sequence[str], cwd: Path, pairs: int) -> Cost:
    """The median ratio of two commands, run in turns: load on the machine then falls on both."""
    ratios = []
    for number in range(pairs + 1):
        if number % 2:  # each goes first in every other pair
            our, their = cost(ours, cwd), cost(theirs, cwd)
        else:
            their, our = cost(theirs, cwd), cost(ours, cwd)
        ratios.append([a / b for a, b in zip(our, their, strict=True)])
    del ratios[0]  # filled the caches
    return Cost(*(statistics.median(column) for column in zip(*ratios, strict=True)))


def _perf(command: Sequence[str], cwd: Path) -> int | None:
    counted = ["perf", "stat", "-x", ",", "-e", "instructions:u", *command]
    done = subprocess.run(counted, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True)
    found = re.search(r"^(\d+),[^,]*,instructions:u", done.stderr, re.MULTILINE)
    return int(found[1]) if found else None


def _callgrind(command: Sequence[str], cwd: Path) -> int | None:
    with tempfile.NamedTemporaryFile() as out:
        counted = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", *command]
        done = subprocess.run(counted, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    return int(found[1]) if found else None


def instruction_counter(cwd: Path) -> tuple[str, Callable[[Sequence[str]], int]] | None:
    """A way to count a process's instructions on this machine, by name, or None where there is none."""
    for name, count in (("perf", _perf), ("valgrind", _callgrind)):
        if shutil.which(name) and count(["true"], cwd):

            def counter(command: Sequence[str], count: Callable[..., int | None] = count) -> int:
                cost(command, cwd)  # fill the caches, and fail if it does not run
                counted = count(command, cwd)
                if counted is None:
                    raise SystemExit(f"{' '.join(command)}: could not be counted")
                return counted

            return name, counter
    return None
