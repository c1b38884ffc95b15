"""Measures valuelint against its budgets and prints a table: `make bench`.

Times are medians, ratios are medians over pairs run in turns, so that a busy machine does not decide. Every
command is the whole process, as a hook starts it. With --gate a missed budget is exit code 1.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import measure  # noqa: E402
from benchmarks.options import RULES  # noqa: E402


def tool(name: str) -> list[str]:
    """The command as it is installed beside this Python, or else its module."""
    script = Path(sys.executable).with_name(name)
    return [str(script)] if script.exists() else [sys.executable, "-m", name]


EXAMPLE = ROOT / "examples" / "guide"
FILES = ("cilium.yaml", "kube-prometheus-stack.yaml")
VALUELINT = tool("valuelint")
YAMLLINT = tool("yamllint")


class Row(NamedTuple):
    what: str
    value: float
    unit: str
    budget: float | None = None

    @property
    def missed(self) -> bool:
        return self.budget is not None and self.value > self.budget


def against_yamllint(pairs: int) -> Iterator[Row]:
    ours = [*VALUELINT, "check", *FILES]
    ratio = measure.paired(ours, [*YAMLLINT, *FILES], EXAMPLE, pairs)
    yield Row("check of the example against yamllint: wall time", ratio.wall, "x", 0.6)
    yield Row("check of the example against yamllint: processor time", ratio.cpu, "x", 0.6)


def instructions() -> Iterator[Row]:
    counter = measure.instruction_counter(EXAMPLE)
    if counter is None:
        return
    name, count = counter
    ratio = count([*VALUELINT, "check", *FILES]) / count([sys.executable, "-c", "pass"])
    yield Row(f"check of the example against python -c pass: instructions ({name})", ratio, "x", 8.0)


def option_rules(folder: Path) -> Iterator[Row]:
    """What the rules on options add to a check of one file: `python -c pass` takes about 10 ms."""
    counter = measure.instruction_counter(EXAMPLE)
    if counter is None:
        return
    name, count = counter
    for part in ("valuelint", "rules", "schemas"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for rule in (*RULES, "guard", "port-collision", "scrape-timeout"):
        (folder / "rules" / f"{rule}.yaml").unlink()
    script = "import sys; sys.path.insert(0, sys.argv.pop(1)); from valuelint.__main__ import main; main()"
    nothing = count([sys.executable, "-c", "pass"])
    for what, version in (("a known version", ("--cilium-version", "1.14.3")), ("no version", ())):
        whole, without = (
            count([sys.executable, "-c", script, str(tree), "check", *version, "cilium.yaml"])
            for tree in (ROOT, folder)
        )
        ratio = (whole - without) / nothing
        yield Row(f"rules on options, {what}, against python -c pass: instructions ({name})", ratio, "x", 1)


def fix(pairs: int) -> Iterator[Row]:
    ratio = measure.paired([*VALUELINT, "fix", "--diff", "cilium.yaml"], [*VALUELINT, "check", *FILES], EXAMPLE, pairs)
    yield Row("fix --diff of the example against check: processor time", ratio.cpu, "x", 1.3)


def small_files(folder: Path, count: int, rounds: int) -> Iterator[Row]:
    """Many clusters of two short files each, declared in one configuration."""
    clusters = []
    for number in range(count // 2):
        place = folder / f"cluster-{number:04}"
        place.mkdir(parents=True)
        (place / "cilium.yaml").write_text(
            f"cluster: {{name: c{number}}}\nprometheus:\n  enabled: true\n  serviceMonitor:\n    enabled: true\n"
        )
        (place / "kps.yaml").write_text("prometheus:\n  prometheusSpec:\n    retention: 7d\n")
        clusters.append(
            f"- name: c{number}\n  releases:\n"
            f"  - {{chart: cilium, version: 1.16.5, name: cilium, namespace: kube-system,"
            f" values: [cluster-{number:04}/cilium.yaml]}}\n"
            f"  - {{chart: kube-prometheus-stack, version: 65.1.0, name: kps, namespace: monitoring,"
            f" values: [cluster-{number:04}/kps.yaml]}}\n"
        )
    (folder / ".valuelint.yaml").write_text("clusters:\n" + "".join(clusters))
    measured = measure.median([*VALUELINT, "check", "."], folder, rounds)
    yield Row(f"check of {count:,} small files in {count // 2:,} clusters", measured.wall, "s")
    yield Row(f"check of {count:,} small files: peak memory", measured.memory, "MiB", 60 if count <= 1000 else None)


def bombs(folder: Path) -> Iterator[Row]:
    """Hostile input is refused about as fast as an empty file is read."""
    aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
    )
    for name, text in (
        ("nesting", "hubble: " + "[" * 200_000),
        ("aliases", aliases + "hubble: *a11\n"),
        ("empty", ""),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / "cilium.yaml").write_text(text)
    empty, *hostile = (
        min(measure.cost([*VALUELINT, "check", f"{name}/cilium.yaml"], folder, (0, 1, 2)).cpu for _ in range(5))
        for name in ("empty", "nesting", "aliases")
    )
    for name, seconds in zip(("deep nesting", "an alias bomb"), hostile, strict=True):
        yield Row(f"{name} refused, beyond start-up", max(0.0, seconds - empty), "s", 0.1)


def table(rows: list[Row]) -> str:
    width = max(len(row.what) for row in rows)
    lines = [f"{'':{width}}  measured    budget"]
    for row in rows:
        budget = "" if row.budget is None else f"{row.budget:8.2f} {row.unit}"
        missed = "  MISSED" if row.missed else ""
        lines.append(f"{row.what:{width}}  {row.value:8.2f} {row.unit:3}{budget:12}{missed}".rstrip())
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure valuelint against its budgets.")
    parser.add_argument("--quick", action="store_true", help="few rounds and few files: a rough look")
    parser.add_argument("--gate", action="store_true", help="exit with 1 when a budget is missed")
    options = parser.parse_args()
    measure.ENVIRONMENT["PYTHONPATH"] = str(ROOT)

    pairs = 5 if options.quick else 25
    rows = [*against_yamllint(pairs), *instructions(), *fix(pairs)]
    with tempfile.TemporaryDirectory() as name:
        rows += small_files(Path(name, "small"), 100 if options.quick else 1000, 1 if options.quick else 3)
        rows += option_rules(Path(name, "options"))
        rows += bombs(Path(name, "bombs"))
    print(table(rows))
    if not any("instructions" in row.what for row in rows):
        print("Instructions are not measured: neither perf (with access to its counters) nor valgrind is here.")
    return int(options.gate and any(row.missed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
