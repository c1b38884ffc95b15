"""How well options are known: no false alarm on what charts bring along, no miss on options that are broken on purpose.

    python benchmarks/options.py CHARTS [--seeds 1 2 3] [--each 2000] [--sample N]

CHARTS is a folder with charts, unpacked or as archives, of any versions that schemas/ knows.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from valuelint.charts import options as known
from valuelint.charts import tables
from valuelint.charts.options import Names
from valuelint.charts.tables import OPAQUE
from valuelint.charts.versions import is_prerelease
from valuelint.lint import engine
from valuelint.lint.rule import Rule, load_rules
from valuelint.syntax import Mapping, Source, SourceError, load_data, parse
from valuelint.values import Layer
from valuelint.workspace.release import Cluster, Release

RULES = (
    "unknown-option",
    "removed-option",
    "renamed-option",
    "wrong-type",
    "not-allowed-value",
    "duplicate-key",
    "ignored-null",
    "deprecated-option",
)
SILENT = (
    *RULES,
    "guard",
    "agent-metrics-ignored",
    "hubble-metric-invalid",
    "hubble-metrics-conflict",
    "monitor-without-targets",
    "scraped-twice",
)
"""Rules that have nothing to say of a chart's own values."""
MOST_MISSED, LEAST_RIGHT = 0.01, 0.90
KINDS = ("letter", "case", "parent", "level", "removed")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--each", type=int, default=2000, help="options to break, for each seed")
    parser.add_argument("--sample", type=int, default=0, help="charts to look at for false alarms (0: all)")
    parser.add_argument("--show", type=int, default=5, help="misses and false alarms to print")
    given = parser.parse_args(arguments)
    failed = silence(given.charts, given.sample, given.show)
    for seed in given.seeds:
        failed |= broken(seed, given.each, given.show)
    return int(failed)


# --- no false alarm -------------------------------------------------------------------------------


def silence(folder: Path, sample: int, show: int) -> bool:
    """Every chart's own values, and those that it is tested with."""
    paths = sorted(path for path in folder.iterdir() if (path / "Chart.yaml").exists())
    if sample:
        paths = random.Random(0).sample(paths, min(sample, len(paths)))
    rules = [rule for rule in load_rules() if rule.id in SILENT]
    alarms: Counter[str] = Counter()
    shown: list[str] = []
    files = 0
    started = time.perf_counter()
    for path in paths:
        about = load_data(Source.read(str(path / "Chart.yaml")))
        chart, version = about["name"], str(about["version"]).removeprefix("v")
        if known.load(chart) is None:
            continue
        for name, text in _values(path, chart):
            files += 1
            for rule, said in findings(chart, version, text, rules):
                alarms[rule] += 1
                shown.append(f"  {path.name} {name}: {rule}: {said}")
    seconds = time.perf_counter() - started
    print(
        f"false alarms: {sum(alarms.values())} in {files} files of {len(paths)} charts ({seconds:.0f} s)",
        *alarms.items(),
    )
    print("\n".join(shown[:show]), end="\n" if shown else "")
    return bool(alarms)


def _values(path: Path, chart: str) -> Iterator[tuple[str, str]]:
    """The values of a chart and its tests; those of a subchart are put under its key."""
    yield "values.yaml", (path / "values.yaml").read_text()
    for file in sorted(path.glob("ci/*.yaml")):
        yield str(file.relative_to(path)), file.read_text()
    for file in sorted(path.glob("charts/*/ci/*.yaml")):
        text, key = file.read_text(), file.parent.parent.name
        if isinstance(parse(Source.from_text(text, file.name))[0].root, Mapping) and not text.startswith("---"):
            inside = "".join(f"  {line}" if line.strip() else line for line in text.splitlines(True))
            yield str(file.relative_to(path)), f"{key}:\n{inside}"


def findings(chart: str, version: str, text: str, rules: list[Rule]) -> list[tuple[str, str]]:
    """What the rules say to some values."""
    try:
        document = parse(Source.from_text(text, "values.yaml"))[0]
    except SourceError:
        return []
    if not isinstance(document.root, Mapping):
        return []
    layer = Layer(document.source, document, document.root)
    release = Release(chart, version, "release", "namespace", (layer,), {})
    outcome = engine.examine(Cluster("", (release,), True, {}), rules)
    return [(finding.rule.id, finding.diagnostic.message) for finding in outcome.findings]


# --- no miss --------------------------------------------------------------------------------------


class Broken(NamedTuple):
    """An option, broken: where it stands now, and what should be suggested instead of the part that is wrong."""

    kind: str
    chart: str
    version: str
    path: Names
    meant: Names
    value: Any


def broken(seed: int, each: int, show: int) -> bool:
    """Real options of real versions, each with one mistake; whether that is reported, and what is suggested."""
    chance = random.Random(seed)
    counts: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    wrong: list[str] = []
    for case in _cases(chance, each):
        options = _table(case.chart).at(case.version)
        unknown = list(options.unknown(_nest(case.path, case.value)))
        counts[case.kind, "all"] += 1
        if not unknown:
            missed.append(f"  {case.chart} {case.version} {'.'.join(case.path)} for {'.'.join(case.meant)}")
            continue
        counts[case.kind, "reported"] += 1
        if case.kind == "removed":
            continue
        found = tuple(str(key) for key in unknown[0])
        value = case.value if len(found) == len(case.path) else _nest(case.path[len(found) :], case.value)
        suggested = known.suggest(options, found, value)
        meant = case.meant[: len(found)] if case.kind in ("letter", "case") else case.meant
        if suggested and (suggested[0].path == meant or _same_tail(case, found, suggested[0].path)):
            counts[case.kind, "right"] += 1
        else:
            first = ".".join(suggested[0].path) if suggested else "nothing"
            wrong.append(f"  {case.chart} {case.version} {'.'.join(case.path)}: {first}, not {'.'.join(meant)}")
    ok = True
    for kind in KINDS:
        every, reported, right = (counts[kind, what] for what in ("all", "reported", "right"))
        if not every:
            continue
        line = f"seed {seed} {kind:8} {every:5} broken, {reported / every:7.2%} reported"
        print(line + (f", {right / max(reported, 1):7.2%} of the suggestions right" if kind != "removed" else ""))
        ok &= reported / every >= 1 - MOST_MISSED
        ok &= kind not in ("letter", "case") or right / max(reported, 1) >= LEAST_RIGHT
    for title, lines in (("missed", missed), ("wrong", wrong)):
        if lines:
            print(f"{title} (of {len(lines)}):", *chance.sample(lines, min(show, len(lines))), sep="\n")
    return not ok


def _same_tail(case: Broken, found: Names, suggested: Names) -> bool:
    """Whether a suggestion for the upper part of a path leads to the option that was meant."""
    return case.kind in ("parent", "level") and suggested + case.path[len(found) :] == case.meant


def _table(chart: str) -> known.OptionTable:
    table = known.load(chart)
    if table is None:
        raise SystemExit(f"no options of {chart}")
    return table


_pools: dict[tuple[str, str], list[Names]] = {}


def _pool(chart: str, version: str) -> list[Names]:
    """The options of a version that can be broken: none that stands where anything may stand."""
    if (chart, version) not in _pools:
        if len(_pools) > 50:
            _pools.clear()
        options = _table(chart).at(version)
        _pools[chart, version] = [
            path
            for path, full in options.paths().items()
            if not full and not any(options.free(path[:length]) for length in range(1, len(path)))
            if "global" not in path
        ]
    return _pools[chart, version]


def _cases(chance: random.Random, each: int) -> Iterator[Broken]:
    charts = ("cilium", "kube-prometheus-stack")
    made = 0
    while made < each:
        chart = chance.choice(charts)
        version = chance.choice(_table(chart).table.versions)
        kind = chance.choice(KINDS)
        case = _removed(chance, chart, version) if kind == "removed" else _break(chance, kind, chart, version)
        if case is not None:
            made += 1
            yield case


def _break(chance: random.Random, kind: str, chart: str, version: str) -> Broken | None:
    options = _table(chart).at(version)
    path = chance.choice(_pool(chart, version))
    default = options.default(path)
    value = default if default not in (tables.ABSENT, OPAQUE) else "x"
    place = chance.randrange(len(path)) if kind in ("letter", "case") else len(path) - 1
    key = path[place]
    if kind == "letter":
        new = (*path[:place], _typo(chance, key), *path[place + 1 :])
    elif kind == "case":
        other = chance.choice([key.lower(), key.upper(), key[:1].upper() + key[1:], key.replace("-", "_")])
        new = (*path[:place], other, *path[place + 1 :])
    elif kind == "level":
        if len(path) < 3:
            return None
        out = chance.randrange(len(path) - 1)
        new = (*path[:out], *path[out + 1 :])
    else:
        other_path = chance.choice(_pool(chart, version))
        new = (*other_path[:-1], key)
    if new == path or options.knows(new) or any(not part for part in new):
        return None
    return Broken(kind, chart, version, new, path, value)


def _removed(chance: random.Random, chart: str, version: str) -> Broken | None:
    versions = _table(chart).table.versions
    earlier = [each for each in versions[: versions.index(version)] if not is_prerelease(each)]
    if not earlier:
        return None
    before, options = chance.choice(earlier), _table(chart).at(version)
    gone = [path for path in _pool(chart, before) if not options.knows(path)]
    if not gone:
        return None
    path = chance.choice(gone)
    value = _table(chart).at(before).default(path)
    return Broken("removed", chart, version, path, path, value if value not in (tables.ABSENT, OPAQUE) else "x")


def _typo(chance: random.Random, key: str) -> str:
    at = chance.randrange(len(key))
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        [
            key[:at] + key[at + 1 :],
            key[:at] + letter + key[at:],
            key[:at] + letter + key[at + 1 :],
            key[:at] + key[at + 1 : at + 2] + key[at] + key[at + 2 :],
            key[:at] + key[at] + key[at:],
        ]
    )


def _nest(path: Names, value: Any) -> dict[str, Any]:
    for key in reversed(path[1:]):
        value = {key: value}
    return {path[0]: value}


if __name__ == "__main__":
    # a chart's folder may be anywhere; the package is beside this file
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.exit(main(sys.argv[1:]))
