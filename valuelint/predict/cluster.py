"""A cluster as a whole: its releases with their objects, and who selects what.

Where the text does not say which version a release has, every stretch of versions that the facts tell apart is a
world of its own; what holds in all of them holds.
"""

from __future__ import annotations

from itertools import product
from math import prod

from valuelint.charts.facts import SELECTORS, Chart, load_chart
from valuelint.light import Any, NamedTuple
from valuelint.predict.objects import Known, Monitor, Objects, Operator, Prometheus, Service, Sidecar, objects
from valuelint.predict.selection import Selection, select
from valuelint.predict.selectors import match
from valuelint.values import Unknown, Values
from valuelint.workspace.release import Cluster, Release

MOST_WORLDS = 400
"""More combinations of versions than this are not looked at: then a version has to be said."""


class Installed(NamedTuple):
    """A release as one version of its chart renders it. `exact` is False where another version had to stand in."""

    number: int
    release: Release
    chart: Chart
    version: str
    exact: bool
    values: Values
    objects: Objects
    complete: bool = True
    """False where the versions that were looked at do not tell all of this release's own objects apart."""

    @property
    def notice(self) -> str | None:
        """What to say, once, where the version is not known and another one stands in for it."""
        if self.exact:
            return None
        known = "newer than any version known" if self.version == self.chart.versions[-1] else "no version known"
        return f"{self.chart.name} {self.release.version} is {known} here: judged by the facts of {self.version}"


class World(NamedTuple):
    """A cluster in which every release has a version."""

    cluster: Cluster
    installed: tuple[Installed, ...]

    def prometheuses(self) -> list[tuple[Installed, Prometheus]]:
        """The Prometheus objects that are rendered, or may be."""
        found = [(item, item.objects.prometheus) for item in self.installed]
        return [
            (item, prometheus)
            for item, prometheus in found
            if prometheus is not None and prometheus.rendered is not False
        ]

    def sidecars(self) -> list[tuple[Installed, Sidecar]]:
        """Grafana's sidecars that run, or may run."""
        found = [(item, item.objects.sidecar) for item in self.installed]
        return [(item, sidecar) for item, sidecar in found if sidecar is not None and sidecar.enabled is not False]

    def selections(
        self, kind: str, labels: dict[str, Any] | Unknown, namespace: Known
    ) -> list[tuple[Installed, Prometheus, Selection]]:
        """What each Prometheus object makes of an object with these labels."""
        return [
            (item, prometheus, select(prometheus, kind, labels, namespace, item.objects.operator))
            for item, prometheus in self.prometheuses()
        ]

    def of(self, index: int) -> Installed:
        """The release with that number in the cluster."""
        return self.installed[index]


def worlds(cluster: Cluster, shaded: bool = False) -> list[World]:
    """One world for each combination of versions that matters, newest last; one only where all versions are said.

    Versions of a release that render the same objects are one. Where there would be more than MOST_WORLDS, fewer
    versions are looked at, and no release is `complete` then. With `shaded`, what a layer may set that nobody can read
    is unknown; otherwise such layers are taken to be empty.
    """
    choices = [_installs(number, release, shaded) for number, release in enumerate(cluster.releases)]
    if prod(len(choice) for choice in choices) > MOST_WORLDS:
        choices = [[item._replace(complete=False) for item in choice] for choice in choices]
    while prod(len(choice) for choice in choices) > MOST_WORLDS:
        longest = max(choices, key=len)
        longest[:] = longest[1 - len(longest) % 2 :: 2]  # every other one, the newest always
    return [World(cluster, combination) for combination in product(*choices)]


def install(number: int, release: Release, chart: Chart, version: str, shaded: bool = False) -> Installed:
    """A release rendered by one version of its chart; by the nearest older one that is known."""
    used, exact = chart.table.nearest(version)
    values = Values(list(release.layers), chart.defaults(used, release.fork), release.missing, shaded)
    return _install(number, release, chart, used, exact, values)


def _install(number: int, release: Release, chart: Chart, used: str, exact: bool, values: Values) -> Installed:
    nulled = [key for key, value in values.user.items() if value is None]
    for key in set(chart.table.subcharts(used)).intersection(nulled) if nulled else ():
        # Null takes away what the chart gives its subchart; the subchart's own values come back.
        values.data[key] = chart.table.subchart_defaults(used, key)
    found = objects(chart.at(used), values, release.name, release.namespace)
    return Installed(number, release, chart, used, exact, values, found)


def _installs(number: int, release: Release, shaded: bool) -> list[Installed]:
    chart = load_chart(release.chart)
    if chart is None:
        raise LookupError(f"no facts of {release.chart}")
    series = _series(chart, release.version)
    if release.version is not None and not series:
        return [install(number, release, chart, release.version, shaded)]
    base = Values(list(release.layers), {}, release.missing, shaded)
    found, complete = (series, True) if series else chart.representatives()
    faces: dict[str, Installed] = {}
    for version in reversed(found):
        values = base.over(chart.defaults(version, release.fork))
        installed = _install(number, release, chart, version, True, values)._replace(complete=complete)
        faces.setdefault(_face(installed), installed)
    return list(reversed(faces.values()))


def _series(chart: Chart, version: str | None) -> list[str]:
    """The releases that a version without a patch level stands for, as it does for Helm; none for a full version."""
    if version is None or version.count(".") > 1 or "-" in version:
        return []
    prefix = version.removeprefix("v") + "."
    return [known for known in chart.versions if known.startswith(prefix) and "-" not in known]


def _face(installed: Installed) -> str:
    """What a rule can see of a release, as text: versions with the same face need not be told apart."""
    found, facts = installed.objects, installed.objects.facts
    parts: list[Any] = [
        [(stop.id, stop.holds, stop.message) for stop in found.stops],
        []
        if not installed.complete
        else [
            (
                *(item.facts.component, item.name, item.namespace, item.rendered, item.labels, item.endpoints),
                item.target_namespaces,
                *(item.facts.metrics, item.facts.namespace_path, item.facts.labels_path),
                item.facts.annotated.evaluate(item.scope),
                [repr(why) for why in item.why()],
            )
            for item in found.monitors
        ],
        [(item.name, item.namespace, item.labels, item.ports) for item in found.services],
        [(item.name, item.namespace, item.rendered, item.labels) for item in found.dashboards],
        found.prometheus and (found.prometheus.kind, [found.prometheus.selectors[name] for name in SELECTORS]),
        found.prometheus and (found.prometheus.name, found.prometheus.namespace, found.prometheus.rendered),
        found.prometheus and found.prometheus.ignores_namespaces,
        found.operator and tuple(found.operator),
        found.sidecar and found.sidecar[1:],
        sorted((key, repr(value)) for key, value in facts.raw.items() if key in ("hubble_metrics", "agent_metrics")),
    ]
    return repr(parts).replace(installed.version, "")


def scraped_targets(monitor: Monitor, services: tuple[Service, ...]) -> list[str]:
    """`service:port` of each Service of the same release that the monitor really matches; [] is a monitor in vain."""
    found = []
    for service in services:
        if service.rendered is not True or service.namespace not in (monitor.target_namespaces or (monitor.namespace,)):
            continue
        if (
            isinstance(monitor.selector, Unknown)
            or not match({"matchLabels": monitor.selector}, service.labels).matches
        ):
            continue
        found += [f"{service.name}:{port}" for port in monitor.endpoints if port in service.ports]
    return sorted(found)


def watches_all(operator: Operator | None) -> bool:
    """Whether the operator looks into every namespace, as far as the text says."""
    return operator is None or not (operator.namespaces or operator.deny_namespaces)
