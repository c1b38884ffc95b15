"""Every guard held against real Helm, and every `fail` and `required` of the templates held against the guards.

    python -m tests.golden.guards CHARTS [--chart NAME]

CHARTS is a folder of unpacked charts. At both ends of each stretch of versions in which a guard is described, values
that it should stop are rendered; in the versions right outside, the same values must not stop at the same place. What
no guard came by is listed, with the versions that have it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.golden.coverage import in_words, leaves, trees
from tests.golden.facts import Case, rendered
from tests.golden.generate import QUIET, ContradictionError, _calmed, both, case, deciding, plans, scope_of
from tests.golden.oracle import Library
from valuelint.charts.facts import Chart, GuardFacts, load_chart

_CALL = re.compile(r"\bfail\b[ (]|\|-?\s*fail\b|\brequired\b[ (]")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_AT = re.compile(r"execution error at \(([^:]+):(\d+):")

Site = tuple[str, str]
"""A template, and the words of the call."""


def sites(folder: Path) -> Iterator[Site]:
    """Every call in the templates of a chart and of its subcharts that stops the render."""
    for file in sorted(folder.rglob("templates/**/*")):
        if file.is_file():
            yield from ((str(file.relative_to(folder)), found) for found in _calls(file.read_text(errors="replace")))


@lru_cache(maxsize=20_000)
def _calls(text: str) -> tuple[str, ...]:
    """The words of each such call in a template; most templates are the same in many versions."""
    if "fail" not in text and "required" not in text:
        return ()
    text = re.sub(r"\{\{-?\s*/\*.*?\*/", "", text, flags=re.DOTALL)
    return tuple(words(line) for line in text.splitlines() if "{{" in line and _CALL.search(line))


def words(line: str) -> str:
    found = _TEXT.findall(line[_CALL.search(line).start() :]) if _CALL.search(line) else []  # type: ignore[union-attr]
    return " ".join(found) or line.strip()


class Helm:
    """Real Helm, with what it says where it stops."""

    def __init__(self, folder: Path) -> None:
        self.library = Library(str(folder))
        self.folder = folder

    def stop(self, chart: str, given: Case, crds: bool) -> str | None:
        """The message, or None where it renders."""
        data = self.library._archive(chart, given["version"], crds)
        try:
            with self.library.helm.Chart.load_archive(data) as loaded:
                manifests = loaded.render(given["values"], name=given["release"], namespace=given["namespace"])
            for _ in self.library.objects(manifests):
                pass
        except (self.library.helm.HelmError, self.library.yaml.YAMLError) as error:
            return str(error)
        return None

    def site(self, chart: str, version: str, message: str) -> Site | None:
        """The call that a message is from."""
        found = _AT.search(message)
        if found is None:
            return None
        name = found[1].partition("/")[2]
        lines = (self.folder / f"{chart}-{version}" / name).read_text(errors="replace").splitlines()
        return name, words(lines[int(found[2]) - 1])


def stretches(chart: Chart, guard: str) -> list[tuple[int, int]]:
    """The versions that have a guard, as pairs of the first and the last of a row of them."""
    found: list[tuple[int, int]] = []
    for rank, version in enumerate(chart.versions):
        if any(each.id == guard for each in chart.at(version).guards):
            if found and found[-1][1] == rank - 1:
                found[-1] = found[-1][0], rank
            else:
                found.append((rank, rank))
    return found


def witnesses(chart: Chart, version: str, guard: GuardFacts) -> Iterator[Case]:
    """Values that this guard stops and, as far as the facts know, no other: one for each way that its condition has."""
    scope = scope_of(chart, version, "one", "kube-system")
    tree = next(tree for tree in trees(chart.at(version)) if tree.place == f"guards.{guard.id}")
    makers = [plans(guard.when, True, scope)]
    makers += [deciding(tree, ("", in_words(leaf), True), scope) for leaf in leaves(guard.when)]
    makers += [deciding(tree, ("", in_words(leaf), False), scope) for leaf in leaves(guard.when)]
    for maker in makers:
        for _, plan in zip(range(4), maker, strict=False):
            for base in (QUIET.get(chart.name, {}), {}):
                try:
                    whole = both(dict(base), plan)
                except ContradictionError:
                    continue
                found = [case(version, whole, namespace="kube-system")]
                found.append({**case(version, _calmed(chart, version, whole, tree)), "namespace": "kube-system"})
                alone = [each for each in found if _stops(chart, each) == {guard.id}]
                if alone:
                    yield alone[0]
                    break
            else:
                continue
            break


def _says(message: str, text: str) -> bool:
    """Whether a message is what a call makes of its words."""
    parts = [part for part in re.split(r"%\w", text) if len(part) > 3]
    return bool(parts) and all(part in message for part in parts)


def _stops(chart: Chart, given: Case) -> set[str]:
    return {stop.id for stop in rendered(chart.name, given).stops if stop.holds is True}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", type=Path)
    parser.add_argument("--chart", nargs="+", default=["cilium", "kube-prometheus-stack"])
    given = parser.parse_args(arguments)
    failed = False
    for name in given.chart:
        chart = load_chart(name)
        assert chart is not None
        failed |= look(Helm(given.charts), chart)
    return int(failed)


def look(helm: Helm, chart: Chart) -> bool:
    hit: set[Site] = set()
    messages: set[str] = set()
    ids = dict.fromkeys(guard.id for version in chart.versions for guard in chart.at(version).guards)
    shown: list[str] = []
    ends = inside = cases = 0
    for guard in ids:
        for first, last in stretches(chart, guard):
            for rank in dict.fromkeys((first, last)):
                version = chart.versions[rank]
                facts = next(each for each in chart.at(version).guards if each.id == guard)
                ends += 1
                tried = 0
                for found in witnesses(chart, version, facts):
                    tried += 1
                    crds = facts.kind != "capability"
                    message = helm.stop(chart.name, found, crds)
                    if message is None:
                        shown.append(f"  {guard}: {version} renders {found['values']}")
                        continue
                    messages.add(message)
                    site = helm.site(chart.name, version, message)
                    if site is None:
                        continue
                    hit.add(site)
                    beside = rank - 1 if rank == first else rank + 1
                    if tried == 1 and 0 <= beside < len(chart.versions) and not first <= beside <= last:
                        other: Any = {**found, "version": chart.versions[beside]}
                        message = helm.stop(chart.name, other, crds)
                        there = None if message is None else helm.site(chart.name, other["version"], message)
                        if there == site and not _stops(chart, other):
                            shown.append(f"  {guard}: {other['version']} stops as well: {found['values']}")
                if not tried:
                    shown.append(f"  {guard}: no values found for {version}")
                cases += tried
                inside += bool(tried)
    print(f"{chart.name}: {len(ids)} guards, {inside} of {ends} ends of their versions asked, {cases} renders")
    print("\n".join(shown), end="\n" if shown else "")
    texts = {text for _, text in hit}
    left: dict[Site, list[str]] = {}
    every: set[Site] = set()
    for version in chart.versions:
        for site in dict.fromkeys(sites(helm.folder / f"{chart.name}-{version}")):
            # in a named template, Helm names the line that asks for it, and says what the call says
            if site not in every and site[1] not in texts and any(_says(message, site[1]) for message in messages):
                texts.add(site[1])
            every.add(site)
            if site not in hit and site[1] not in texts:
                left.setdefault(site, []).append(version)
    print(f"{chart.name}: {len(every)} calls in templates, {len(left)} that no guard came by")
    for (file, text), versions in left.items():
        print(f"  {file}: {text[:150]} ({len(versions)} versions, {versions[0]} to {versions[-1]})")
    return bool(shown or left)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
