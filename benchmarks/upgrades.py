"""What `valuelint upgrade` says, held against real Helm: releases of random values, rendered before and after.

    python benchmarks/upgrades.py CHARTS [--seeds 1] [--each 60] [--show N]

For each key that did something before and does nothing after there must be a line, and for each render that stops; what
is said to be lost must make no difference, nor may an option that needs one which is off; the fixes must give values
that render, and do again what was lost.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.options import _nest, _pool, _table
from benchmarks.renders import NOBODYS, RULES, Judge, Tally, lint, other
from valuelint.charts import tables
from valuelint.charts.tables import ABSENT
from valuelint.charts.versions import is_prerelease
from valuelint.lint.upgrade import Upgrade, compare
from valuelint.syntax import Mapping, Source, parse
from valuelint.syntax import Path as Names
from valuelint.values import Layer
from valuelint.values.merge import merge
from valuelint.workspace.release import Cluster, Release

KEYS = 4


def without(values: dict[str, Any], path: Names) -> dict[str, Any]:
    """The values without one key, and without the blocks that only it needed."""
    found = dict(values)
    key = str(path[0])
    if len(path) > 1 and (inner := without(found[key], path[1:])):
        found[key] = inner
    else:
        del found[key]
    return found


def drawn(chance: random.Random, helm: Judge, chart: str) -> tuple[dict[str, Any], list[Any], str, str] | None:
    """Some values that render in one version, each of which does something there; and another version."""
    versions = [version for version in _table(chart).table.versions if not is_prerelease(version)]
    before, after = sorted(chance.sample(range(len(versions)), 2))
    old, new = versions[before], versions[after]
    pool = [path for path in _pool(chart, old) if "image" not in path]
    pool = [path for path in pool if path[-2:-1] != ("ca",)]  # they take real certificates
    gone = [path for path in pool if not _table(chart).at(new).knows(path)]
    values: dict[str, Any] = {}
    for path in [*chance.sample(gone, min(KEYS // 2, len(gone))), *chance.sample(pool, KEYS)]:
        default = _table(chart).at(old).default(path)
        if default != tables.OPAQUE and not any(path[: len(one)] == one for one in _leaves(values)):
            values = merge(values, _nest(path, other(chance, default)))
    values = merge(values, {"hubble": {"tls": {"auto": {"method": "cronJob"}}}} if chart == "cilium" else {})
    base = helm.render(chart, old, values)
    if base is None:
        return None
    effective = [path for path in _leaves(values) if helm.render(chart, old, without(values, path)) not in (base, None)]
    for path in _leaves(values):
        if path not in effective:
            values = without(values, path)
    return (values, _leaves(values), old, new) if values else None


def _leaves(values: dict[str, Any]) -> list[Any]:
    return [path for path, _ in tables.leaves(values)]


def said(chart: str, values: dict[str, Any], old: str, new: str) -> Upgrade:
    document = parse(Source.from_text(yaml.safe_dump(values, sort_keys=False), "values.yaml"))[0]
    assert isinstance(document.root, Mapping)
    release = Release(chart, old, "rel", "ns", (Layer(document.source, document, document.root),), {})
    return compare(Cluster("", (release,), True, {}), 0, old, new, RULES)


def judge(chance: random.Random, helm: Judge, chart: str, tally: Tally) -> bool:
    """One draw; False where its values do not render to begin with."""
    found = drawn(chance, helm, chart)
    if found is None:
        return False
    values, paths, old, new = found
    upgrade = said(chart, values, old, new)
    what = f"{chart} {old} -> {new}: {values}"
    after = helm.render(chart, new, values)
    tally.add(f"{chart}: a render that stops is said", after is not None or bool(upgrade.breaks), what)
    tally.add(f"{chart}: what is said to stop does", after is None or not upgrade.breaks, what)
    if after is not None:
        were, are = helm.monitors(chart, old, values), helm.monitors(chart, new, values)
        changes = () if were is None or are is None else (("appears", are - were), ("vanishes", were - are))
        for change, real in changes:
            told = {(sight.kind, sight.name) for sight in upgrade.monitors if sight.change == change}
            tally.add(f"{chart}: a monitor that {change}", told == real, f"{told ^ real} of {what}")
    lines = [*upgrade.breaks, *upgrade.lost, *upgrade.other]
    for path in paths if after is not None else ():
        one = helm.render(chart, new, without(values, path))
        if one == after and not _is_default(chart, new, values, path):
            place = [item for item in lines if _touches(item.place.path, path)]
            place += [item for item in upgrade.moved if _touches(item.path[:-1], path)]  # type: ignore[misc]
            place += [item for item in upgrade.idle if item.path == path]  # type: ignore[misc]
            tally.add(f"{chart}: a key that did something and does not is said", bool(place), f"{path} of {what}")
    for item in upgrade.lost if after is not None else ():
        renamed = merge(without(values, item.place.path), _nest((*map(str, item.place.path[:-1]), NOBODYS), "x"))
        same = after in (helm.render(chart, new, without(values, item.place.path)), helm.render(chart, new, renamed))
        tally.add(f"{chart}: what is said to be lost does nothing", same, f"{item.place.path} of {what}")
    for sleeping in upgrade.idle if after is not None else ():
        same = helm.render(chart, new, without(values, sleeping.path)) == after
        tally.add(f"{chart}: what is said to count no longer does nothing", same, f"{sleeping.path} of {what}")
    fixed = lint(chart, new, values).fixed
    cured = helm.render(chart, new, fixed)
    curable = all(item.fix is not None and item.fix.edits for item in upgrade.breaks)
    tally.add(f"{chart}: what the fixes make of it renders", cured is not None or not curable, f"{what} => {fixed}")
    for item in upgrade.lost if cured is not None else ():
        if item.rule == "renamed-option" and item.fix is not None and item.fix.edits:
            tally.add(
                f"{chart}: what moved does something again", cured != after, f"{item.place.path} {what} => {fixed}"
            )
    return True


def gated(chance: random.Random, helm: Judge, chart: str, tally: Tally) -> bool:
    """An option that needs another one, which is off, must do nothing; False where the draw has none."""
    table = _table(chart)
    version = chance.choice([version for version in table.table.versions if not is_prerelease(version)])
    path = chance.choice([path for path in _pool(chart, version) if "image" not in path])
    options = table.at(version)
    default = options.default(path)
    off = [gate for gate in table.needs(path, version) if not options.default(gate) or options.default(gate) == ABSENT]
    if not off or default == tables.OPAQUE:
        return False
    quiet = {"hubble": {"tls": {"auto": {"method": "cronJob"}}}} if chart == "cilium" else {}
    values = merge(quiet, _nest(path, other(chance, default)))
    base, changed = helm.render(chart, version, quiet), helm.render(chart, version, values)
    if base is None or changed is None:
        return False
    tally.add(f"{chart}: an option that needs one that is off does nothing", base == changed, f"{version} {path} {off}")
    return True


def _touches(one: Names, other: Names) -> bool:
    length = min(len(one), len(other))
    return length > 0 and one[:length] == other[:length]


def _is_default(chart: str, version: str, values: dict[str, Any], path: Names) -> bool:
    for key in path:
        values = values[str(key)]
    return bool(_table(chart).at(version).default(path) == values)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--each", type=int, default=60, help="upgrades of each chart, for each seed")
    parser.add_argument("--show", type=int, default=5, help="wrong claims to print")
    given = parser.parse_args(arguments)
    helm, tally, started = Judge(str(given.charts)), Tally(), time.perf_counter()
    for seed in given.seeds:
        for chart in ("cilium", "kube-prometheus-stack"):
            chance = random.Random(f"{seed} {chart}")
            done = 0
            while done < given.each:
                done += judge(chance, helm, chart, tally)
            done = 0
            while done < given.each:
                done += gated(chance, helm, chart, tally)
    wrong = tally.say(given.show)
    print(f"{helm.count} renders, {time.perf_counter() - started:.0f} s")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
