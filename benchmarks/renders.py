"""What findings on options claim, held against real Helm: that nothing reads a key, that the render stops, that a value
that was moved does again what it did.

    python benchmarks/renders.py CHARTS [--seeds 1 2 3] [--each 100] [--show N]

CHARTS is a folder with charts, unpacked or as archives, of every version that schemas/ knows. Needs the extra `oracle`.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import yaml

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from benchmarks.options import KINDS, Broken, _cases, _nest, _table
from tests.golden.oracle import Library
from valuelint.charts import tables
from valuelint.charts.versions import is_prerelease
from valuelint.lint import fix
from valuelint.lint.engine import Finding, examine
from valuelint.lint.rule import load_rules
from valuelint.syntax import Mapping, Source, load_data, parse
from valuelint.values import Layer
from valuelint.values.merge import coalesce, merge
from valuelint.workspace.release import Cluster, Release, Workspace

RULES = load_rules()
ON_OPTIONS = ("unknown-option", "removed-option", "renamed-option")
_CHANGING = re.compile(
    r"LS0t[A-Za-z0-9+/=]+|-----BEGIN[^-]*-----[^-]+-----END[^-]*-----|[0-9a-f]{40,}"
    r"|(?<=admin-password: )\S+|(?<=etcd-root-password: )\S+|\b[A-Za-z0-9+/]{40,}={1,2}"
)
"""Certificates, checksums and passwords, which are made anew by each render."""


NOBODYS = "xNobodyReadsThis"


class Values(NamedTuple):
    """Some values, and what the rules say of them."""

    findings: tuple[Finding, ...]
    fixed: dict[str, Any]


def lint(chart: str, version: str, values: dict[str, Any]) -> Values:
    """What the rules on options say to values, and what their fixes make of these."""
    text = yaml.safe_dump(values, sort_keys=False)
    document = parse(Source.from_text(text, "values.yaml"))[0]
    root = document.root
    assert isinstance(root, Mapping)
    release = Release(chart, version, "rel", "ns", (Layer(document.source, document, root),), {})
    cluster = Cluster("", (release,), True, {})
    outcome = examine(cluster, RULES)
    rules = frozenset((*ON_OPTIONS, "not-allowed-value", "wrong-type"))
    workspace = Workspace((cluster,), None, (), (), (), ())
    texts = fix.repair(workspace, RULES, "unsafe", rules).texts
    fixed = load_data(Source.from_text(texts.get("values.yaml", text), "values.yaml")) or {}
    return Values(outcome.findings, fixed)


class Judge:
    """Real Helm, with the releases that it rendered last."""

    def __init__(self, folder: str) -> None:
        self.library = Library(folder)
        self._known: dict[tuple[str, str, str], frozenset[str] | None] = {}
        self._rich: dict[tuple[str, str], dict[str, Any]] = {}
        self._bad: dict[str, set[Any]] = {}
        self.count = 0

    def render(self, chart: str, version: str, values: dict[str, Any]) -> frozenset[str] | None:
        """The lines of a release with the template that each is of; None where Helm stops."""
        key = chart, version, repr(values)
        if key not in self._known:
            if len(self._known) > 400:
                self._known.clear()
            self.count += 1
            case: Any = {"version": version, "values": values, "release": "rel", "namespace": "ns"}
            manifests = self.library.render(chart, case, crds=True)
            self._known[key] = None if manifests is None else frozenset(_lines(manifests))
        return self._known[key]

    def monitors(self, chart: str, version: str, values: dict[str, Any]) -> set[tuple[str, str]] | None:
        """The monitors of a release that renders, by kind and name; None where what it renders is no YAML."""
        case: Any = {"version": version, "values": values, "release": "rel", "namespace": "ns"}
        manifests = self.library.render(chart, case, crds=True) or {}
        try:
            items = [item for _, item in self.library.objects(manifests)]
        except yaml.YAMLError:
            return None
        return {
            (item["kind"], item["metadata"]["name"])
            for item in items
            if item.get("kind") in ("ServiceMonitor", "PodMonitor")
        }

    def effect(self, chart: str, version: str, values: dict[str, Any], over: dict[str, Any]) -> frozenset[str] | None:
        """What values change about a release; None where either stops."""
        base, changed = self.render(chart, version, over), self.render(chart, version, merge(over, values))
        return None if base is None or changed is None else base ^ changed

    def rich(self, chart: str, version: str) -> dict[str, Any]:
        """Values that switch on as much as goes together."""
        if (chart, version) not in self._rich:
            switches = [
                path
                for path, full in _table(chart).at(version).paths().items()
                if not full and path[-1] == "enabled" and _table(chart).at(version).default(path) is False
            ]
            # what goes with nothing in one version mostly does so in others
            bad = self._bad.setdefault(chart, set())
            found = self._switch(chart, version, [path for path in switches if path not in bad], {})
            bad.update(path for path in switches if _get(found, path) is not True)
            self._rich[chart, version] = found
        return self._rich[chart, version]

    def _switch(self, chart: str, version: str, paths: list[Any], over: dict[str, Any]) -> dict[str, Any]:
        """All these switches on, but for those that stop the render; found by halving."""
        if not paths:
            return over
        tried = over
        for path in paths:
            tried = merge(tried, _nest(path, True))
        if self.render(chart, version, tried) is not None:
            return tried
        if len(paths) == 1:
            return over
        middle = len(paths) // 2
        return self._switch(chart, version, paths[middle:], self._switch(chart, version, paths[:middle], over))


def _get(values: Any, path: Any) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _lines(manifests: dict[str, str]) -> list[str]:
    return [
        f"{template}: {_CHANGING.sub('*', line)}"
        for template, text in manifests.items()
        if not template.endswith("NOTES.txt")
        for line in text.splitlines()
        if not line.lstrip().startswith("#")
    ]


# --- the claims -----------------------------------------------------------------------------------


class Tally:
    """How many claims there were of each kind, and those that real Helm does not bear out."""

    def __init__(self) -> None:
        self.claims: Counter[str] = Counter()
        self.wrong: dict[str, list[str]] = {}

    def add(self, claim: str, holds: bool, what: str) -> None:
        self.claims[claim] += 1
        if not holds:
            self.wrong.setdefault(claim, []).append(what)

    def say(self, show: int) -> bool:
        for claim, count in sorted(self.claims.items()):
            wrong = self.wrong.get(claim, [])
            print(f"{claim:50} {count:5} claims, {len(wrong):4} wrong")
            print(*(f"    {line}" for line in wrong[:show]), sep="\n", end="\n" if wrong[:show] else "")
        return any(self.wrong.values())


def judge(case: Broken, helm: Judge, tally: Tally) -> None:
    """Holds what is said of one broken option against what Helm makes of it."""
    chart, version = case.chart, case.version
    values = _nest(case.path, case.value)
    said = lint(chart, version, values)
    what = f"{chart} {version} {'.'.join(case.path)}: {case.value!r}"
    stops = [
        item for item in said.findings if item.rule.id == "guard" or item.violation.variant in ("fails", "refused")
    ]
    strays = [item for item in said.findings if item.rule.id in ON_OPTIONS]
    tally.add(f"{case.kind}: reported", bool(stops or strays), what)
    if not stops and not strays:
        return
    for name, over in (("as it comes", {}), ("all on", helm.rich(chart, version))):
        plain = helm.render(chart, version, over)
        if plain is None:
            continue
        broken = helm.render(chart, version, merge(over, values))
        # a map that holds anything may count as such, whatever the key: a key that nobody can mean tells it apart
        plain = helm.render(chart, version, merge(over, _nest((*case.path[:-1], NOBODYS), case.value)))
        if stops and name == "as it comes":
            tally.add("the render stops", broken is None, what)
        elif not stops:
            tally.add(f"nothing reads it ({name})", broken == plain, what)
    for item in strays:
        claim = f"{item.rule.id}[{item.violation.variant}]"
        if item.rule.id == "unknown-option" or item.violation.variant == "fails":
            continue
        last = _table(chart).span(case.path, version).last
        if last is None:
            continue
        context = _context(case.path)
        before = helm.effect(chart, last, values, {}) or helm.effect(chart, last, values, helm.rich(chart, last))
        before = before or helm.effect(chart, last, values, context)
        if claim in ("removed-option[changes]", "renamed-option[changes]"):
            tally.add(f"{claim}: did something before", bool(before) or before is None, f"{what} (in {last})")
        if item.rule.id == "renamed-option" and item.plan is not None and item.plan.edits:
            now = helm.effect(chart, version, said.fixed, {})
            if not now and before:
                now = helm.effect(chart, version, said.fixed, helm.rich(chart, version))
                now = now or helm.effect(chart, version, merge(context, said.fixed), _fixed(chart, version, context))
            tally.add(f"{claim}: the fix renders", now is not None, f"{what} -> {said.fixed}")
            own = _own(chart, version, said.fixed)
            tally.add(f"{claim}: the fix brings it back", bool(now) or not before or own, f"{what} -> {said.fixed}")


def _context(path: Any) -> dict[str, Any]:
    """What an option needs around it: the blocks that it stands in switched on, and encryption of its kind."""
    found: dict[str, Any] = {}
    for length in range(1, len(path)):
        found = merge(found, _nest((*path[:length], "enabled"), True))
    if "strictMode" in path:
        found = merge(found, {"encryption": {"type": "wireguard", "strictMode": {"cidr": "10.0.0.0/8"}}})
    if "clusterPoolIPv6PodCIDR" in path:
        found = merge(found, {"ipv6": {"enabled": True}})
    if "ca" in path:
        found = merge(found, _nest((*path[:-1], "key" if path[-1] == "cert" else "cert"), "x"))
        found = merge(found, {"clustermesh": {"useAPIServer": True}})
    return found


def _fixed(chart: str, version: str, values: dict[str, Any]) -> dict[str, Any]:
    return lint(chart, version, values).fixed


def _own(chart: str, version: str, values: dict[str, Any]) -> bool:
    """Whether values say nothing beyond the defaults."""
    defaults = _table(chart).table.defaults(version)
    return coalesce(values, defaults) == defaults


def other(chance: random.Random, default: Any) -> Any:
    """A value of the same type as a default, and not it."""
    if isinstance(default, bool):
        return not default
    if isinstance(default, (int, float)):
        return default + chance.randint(1, 9)
    if isinstance(default, str):
        return "other" if default in (tables.ABSENT, tables.OPAQUE) else f"{default}x"
    if isinstance(default, list):
        return [*default, "other"]
    if isinstance(default, dict):
        return {**default, "other": "x"}
    return "other"


def corrected(chance: random.Random) -> list[Broken]:
    """Each option of the corrections that moved or went, in the version that lost it, in the newest, and in between."""
    cases = []
    for chart in ("cilium", "kube-prometheus-stack"):
        table = _table(chart)
        released = [version for version in table.table.versions if not is_prerelease(version)]
        for section in ("renamed", "removed"):
            for entry in table.corrections.data[section]:
                path = tuple(entry["path"].split("."))
                without = [version for version in released if not table.at(version).knows(path)]
                span = table.span(path, released[-1])
                if span.last is None or "ca" in path:
                    continue  # never one in these releases; or it takes a real certificate
                gone = table.table.versions.index(span.last)
                after = [version for version in without if table.table.versions.index(version) > gone]
                default: Any = table.table.defaults(span.last)
                for key in path:
                    default = default.get(key, tables.ABSENT) if isinstance(default, dict) else tables.ABSENT
                given = list(entry.get("by_value", {})) or [other(chance, default)]
                for version in dict.fromkeys([*after[:1], *chance.sample(after, min(2, len(after))), *after[-1:]]):
                    cases += [Broken("corrected", chart, version, path, path, value) for value in given]
    return cases


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--each", type=int, default=100, help="options to break, for each seed")
    parser.add_argument("--show", type=int, default=5, help="wrong claims to print")
    given = parser.parse_args(arguments)
    helm, tally, started = Judge(str(given.charts)), Tally(), time.perf_counter()
    for case in corrected(random.Random(0)):
        judge(case, helm, tally)
    for seed in given.seeds:
        chance = random.Random(seed)
        for case in _cases(chance, given.each):
            if case.kind == "removed":
                case = case._replace(value=other(chance, case.value))
            judge(case, helm, tally)
    wrong = tally.say(given.show)
    print(f"{helm.count} renders, {time.perf_counter() - started:.0f} s, kinds: {', '.join(KINDS)}")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
