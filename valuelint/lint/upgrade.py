"""What another version of a chart makes of the same values: what breaks, what is lost, what moves, what appears."""

from __future__ import annotations

from valuelint.charts import options as tables
from valuelint.charts.expressions import go_truth
from valuelint.charts.facts import load_chart
from valuelint.charts.tables import ABSENT, OPAQUE, leaves
from valuelint.charts.versions import parse_version
from valuelint.light import Any, Iterator, NamedTuple
from valuelint.lint.diagnostic import Diagnostic
from valuelint.lint.engine import Finding, Outcome, examine
from valuelint.lint.rule import Rule
from valuelint.predict.cluster import Installed, World, scraped_targets
from valuelint.predict.objects import Monitor
from valuelint.predict.targets import Places
from valuelint.syntax import Path
from valuelint.values import Unknown
from valuelint.workspace.release import Cluster, Release

BREAKS = ("guard",)
"""Rules whose findings stop the deploy; of others, those that are errors and say so with their variant."""
_STOPPING = {
    ("renamed-option", "fails"),
    ("removed-option", "fails"),
    ("wrong-type", "refused"),
    ("not-allowed-value", "fails"),
}
_LOSING = ("unknown-option", "removed-option", "renamed-option")

_NOISE = ("tag", "digest", "version", "sha", "repository", "registry", "checksum", "genericDigest", "useDigest")
"""Last parts of options whose defaults move with every release: images."""


class Moved(NamedTuple):
    """A default that is another one, and that counts for these values."""

    path: Path
    before: Any
    after: Any


class Idle(NamedTuple):
    """An option of the user's that is read only where another one is on, and that one was on before and is off now."""

    path: Path
    needs: Path
    file: str | None
    line: int | None


class Sight(NamedTuple):
    """What becomes of a monitor: it appears, vanishes, or is or is no longer selected."""

    change: str
    kind: str
    name: str
    namespace: str
    why: str


class Upgrade(NamedTuple):
    """What a release makes of another version."""

    release: Release
    before: str
    after: str
    breaks: tuple[Diagnostic, ...]
    lost: tuple[Diagnostic, ...]
    idle: tuple[Idle, ...]
    other: tuple[Diagnostic, ...]
    """Findings of other kinds that the old version does not have."""
    gone: tuple[Diagnostic, ...]
    """Findings of the old version that the new one does not have."""
    moved: tuple[Moved, ...]
    monitors: tuple[Sight, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing stops and nothing is lost."""
        return not self.breaks and not self.idle and not any(finding.severity != "info" for finding in self.lost)


def with_version(cluster: Cluster, number: int, version: str) -> Cluster:
    """The cluster with another version of one release."""
    releases = list(cluster.releases)
    releases[number] = releases[number]._replace(version=version)
    return cluster._replace(releases=tuple(releases))


def compare(cluster: Cluster, number: int, before: str, after: str, rules: list[Rule]) -> Upgrade:
    """What changes for one release of a cluster between two versions of its chart."""
    old = examine(with_version(cluster, number, before), rules)
    new = examine(with_version(cluster, number, after), rules)
    known = {_key(finding) for finding in old.findings}
    remain = {_key(finding) for finding in new.findings}
    stopped = {_key(finding) for finding in old.findings if _stops(finding)}
    # What was only lost before may stop the deploy now.
    fresh = [item for item in new.findings if _key(item) not in (stopped if _stops(item) else known)]
    breaks = [finding for finding in fresh if _stops(finding)]
    lost = [finding for finding in fresh if finding not in breaks and finding.rule.id in _LOSING]
    other = [finding for finding in fresh if finding not in breaks and finding not in lost]
    gone = [finding for finding in old.findings if _key(finding) not in remain]
    return Upgrade(
        cluster.releases[number],
        before,
        after,
        _said(breaks),
        _said(lost),
        tuple(idle(old.worlds[-1].of(number), new.worlds[-1].of(number))),
        _said(other),
        _said(gone),
        tuple(moved(new.worlds[-1].of(number), before)),
        tuple(_sights(old, new, number)),
    )


def _said(findings: list[Finding]) -> tuple[Diagnostic, ...]:
    ordered = sorted(findings, key=lambda item: (item.diagnostic.place.file, item.diagnostic.place.start))
    return tuple(finding.diagnostic for finding in ordered)


def _key(finding: Finding) -> tuple[Any, ...]:
    violation = finding.violation
    # what is said of the version before may be the same mistake in other words
    if finding.rule.id in _LOSING:
        return "options", violation.release, violation.path, finding.rule.id == "unknown-option"
    return finding.rule.id, violation.release, violation.variant, violation.subject or violation.path


def _stops(finding: Finding) -> bool:
    return finding.rule.id in BREAKS or (finding.rule.id, finding.violation.variant) in _STOPPING


def idle(old: Installed, new: Installed) -> Iterator[Idle]:
    """What the user sets, and what only counted because of something else that is on no longer."""
    table, places = tables.load(new.chart.name), Places(new.values)
    if table is None:
        return
    before, after = table.at(old.version), table.at(new.version)
    for path, value in leaves(new.values.user):
        if not before.knows(path) or not after.knows(path) or repr(before.default(path)) == repr(value):
            continue
        if any(go_truth(old.values.get(gate)) is not True for gate in table.needs(path, old.version)):
            continue
        off = [gate for gate in table.needs(path, new.version) if go_truth(new.values.get(gate)) is False]
        if off:
            yield Idle(path, min(off, key=len), *places.of(path))


def moved(installed: Installed, before: str) -> Iterator[Moved]:
    """Defaults that moved and count: nothing sets them, and no block around them is switched off."""
    table = tables.load(installed.chart.name)
    if table is None:
        return
    old, new = table.at(before), table.at(installed.version)
    for path, full in sorted(new.paths().items()):
        if full or path[-1] in _NOISE or "image" in path:
            continue
        was, now = old.default(path), new.default(path)
        if repr(was) == repr(now) or OPAQUE in (was, now):
            continue
        if _nothing(was) and _nothing(now) and (path[-1] != "enabled" or ABSENT in (was, now)):
            continue
        if not old.knows(path) and path[-1] != "enabled":
            continue  # new, and what it holds was fixed before
        if installed.values.resolve(path).layer is not None or not _counts(installed, path):
            continue
        yield Moved(path, was, now)


def _nothing(value: Any) -> bool:
    return value is None or value in (ABSENT, "", [], {}) or value is False


def _counts(installed: Installed, path: Path) -> bool:
    """Whether every block around an option is on, as far as it has a switch, and whatever else it needs."""
    for length in range(1, len(path)):
        block = installed.values.get(path[:length])
        if isinstance(block, Unknown):
            return True
        if not isinstance(block, dict):
            return False
        if path[length:] != ("enabled",) and go_truth(block.get("enabled", True)) is False:
            return False
    table = tables.load(installed.chart.name)
    needed: list[Path] = []
    if table is not None:
        needed += table.needs(path, installed.version)
        needed += [switch for block, switch in table.corrections.switches() if path[: len(block)] == block]
    if any(go_truth(installed.values.get(gate)) is False for gate in needed):
        return False
    condition = installed.chart.table.subcharts(installed.version).get(path[0], "") if isinstance(path[0], str) else ""
    return not condition or installed.values.get(tuple(condition.partition(",")[0].split("."))) is not False


def _sights(old: Outcome, new: Outcome, number: int) -> Iterator[Sight]:
    """Monitors that come, go, are picked up otherwise or scrape other things."""
    before, after = _monitors(old.worlds[-1], number), _monitors(new.worlds[-1], number)
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        kind, name, namespace = key
        if was is None and now is not None:
            yield Sight("appears", kind, name, namespace, "" if now[0] is not False else "and no Prometheus selects it")
        elif now is None:
            yield Sight("vanishes", kind, name, namespace, "")
        elif was is not None and was[0] is not now[0]:
            change = "is selected" if now[0] else "is no longer selected" if now[0] is False else "may not be selected"
            yield Sight(change, kind, name, namespace, now[1])
        elif was is not None and bool(was[2]) is not bool(now[2]):
            yield Sight("finds targets" if now[2] else "finds no target", kind, name, namespace, "")


def _monitors(world: World, number: int) -> dict[tuple[str, str, str], tuple[bool | None, str, list[str]]]:
    installed = world.of(number)
    return {
        (monitor.kind, _text(monitor.name), _text(monitor.namespace)): (
            *_selected(world, monitor),
            scraped_targets(monitor, installed.objects.services),
        )
        for monitor in installed.objects.monitors
        if monitor.rendered is True
    }


def _text(value: Any) -> str:
    return "" if isinstance(value, Unknown) else str(value)


def _selected(world: World, monitor: Monitor) -> tuple[bool | None, str]:
    verdicts = [verdict for _, _, verdict in world.selections(monitor.kind, monitor.labels, monitor.namespace)]
    if any(verdict.selected for verdict in verdicts):
        return True, ""
    if not verdicts or any(verdict.selected is None for verdict in verdicts):
        return None, ""
    return False, verdicts[0].why


def candidates(cluster: Cluster, chart: str) -> list[int]:
    """The releases of a chart in a cluster."""
    found = load_chart(chart)
    return [
        number
        for number, release in enumerate(cluster.releases)
        if found is not None and load_chart(release.chart) is found
    ]


def chart_of(version: str, charts: list[str]) -> str | None:
    """The chart that a version must mean: the only one, or the only one whose versions are like it."""
    if len(charts) == 1:
        return charts[0]
    major = parse_version(version)[0]
    like = [name for name in charts if (chart := load_chart(name)) and parse_version(chart.versions[0])[0] <= major]
    like = [name for name in like if (chart := load_chart(name)) and major <= parse_version(chart.versions[-1])[0] + 5]
    return like[0] if len(like) == 1 else None
