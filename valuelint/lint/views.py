"""What a policy sees: values, monitors, dashboards and so on as plain data, with the way back to values."""

from __future__ import annotations

from valuelint.charts.versions import Range
from valuelint.light import Any, Callable, Iterator, NamedTuple
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Dashboard, Monitor, Prometheus
from valuelint.syntax import Path
from valuelint.values import Unknown

Home = Callable[[Path], "tuple[int, Path] | None"]
"""From a path of what a policy sees to a release and a path of its values; None where no value stands behind it."""

SUBJECTS = ("values", "monitor", "dashboard", "prometheus", "endpoint", "cluster", "pair")

FIELDS: dict[str, tuple[str, ...] | None] = {
    "values": None,
    "monitor": (
        "component",
        "kind",
        "name",
        "namespace",
        "labels",
        "endpoints",
        "selector",
        "targets",
        "options",
        "scraped_by",
    ),
    "dashboard": ("group", "name", "namespace", "labels", "annotations"),
    "prometheus": ("kind", "name", "namespace", "selectors", "options"),
    "endpoint": ("port", "monitor"),
    "cluster": ("name", "charts", "releases", "monitors", "prometheus"),
    "pair": ("monitor", "prometheus", "selected"),
}
"""What there is to see of each subject; of values, whatever the values hold."""

ALWAYS = ("$release", "$values", "$cluster")
"""What there is to see of every subject; of a cluster, only the last."""


class Subject(NamedTuple):
    """One thing that a policy judges. `name` tells it apart; `anchor` is where it stands if nothing better does.

    `sure` is False where it is not known whether it is there at all.
    """

    release: int
    name: str
    title: str
    data: dict[str, Any]
    home: Home
    anchor: Path
    sure: bool = True


def subjects(world: World, kind: str, charts: dict[str, str]) -> Iterator[Subject]:
    """The subjects of a kind in a world; those of releases only of some charts and versions, if any are named."""
    chosen = [item for item in world.installed if _wanted(item, charts)]
    if kind == "cluster":
        if not charts or chosen:
            yield _cluster(world)
        return
    for item in chosen:
        if kind == "values":
            yield Subject(
                item.number,
                "",
                item.release.title,
                {**item.values.data, **_always(world, item)},
                _values_home(item.number),
                (),
            )
        elif kind == "dashboard":
            for dashboard in item.objects.dashboards:
                if dashboard.rendered is not False:
                    yield _dashboard(world, item, dashboard)
        elif kind == "prometheus":
            prometheus = item.objects.prometheus
            if prometheus is not None and prometheus.rendered is not False:
                yield _prometheus(world, item, prometheus)
        else:
            for number, monitor in enumerate(item.objects.monitors):
                if monitor.rendered is not False:
                    yield from _of_monitor(world, item, monitor, number, kind)


def _wanted(item: Installed, charts: dict[str, str]) -> bool:
    if not charts:
        return True
    return item.chart.name in charts and Range.parse(charts[item.chart.name]).contains(item.version)


def _always(world: World, item: Installed) -> dict[str, Any]:
    release = item.release
    return {
        "$release": {
            "chart": item.chart.name,
            "version": item.version,
            "name": Unknown("the name of the release") if release.name is None else release.name,
            "namespace": Unknown("the namespace of the release") if release.namespace is None else release.namespace,
        },
        "$values": item.values.data,
        "$cluster": world.cluster.name,
    }


def _values_home(number: int, homes: dict[str, Path | None] | None = None) -> Home:
    """The way back: `$values` stand for themselves, other fields for the paths given; without any, all do."""

    def home(path: Path) -> tuple[int, Path] | None:
        if path[:1] == ("$values",):
            return number, path[1:]
        if path and isinstance(path[0], str) and path[0].startswith("$"):
            return None
        if homes is None:
            return number, path
        for length in range(min(len(path), 2), 0, -1):
            key = ".".join(str(part) for part in path[:length])
            if key in homes:
                base = homes[key]
                return None if base is None else (number, (*base, *path[length:]))
        return None

    return home


# --- monitors -------------------------------------------------------------------------------------


def _of_monitor(world: World, item: Installed, monitor: Monitor, number: int, kind: str) -> Iterator[Subject]:
    name = f"{monitor.facts.component}/{number}"
    title = f"{monitor.kind} {_shown(monitor.name)}"
    sure = monitor.rendered is True
    block = _block(monitor)
    data, homes = _monitor(item, monitor, block), _monitor_homes(monitor, block)
    anchor = monitor.facts.asked_by or block or ()
    always = _always(world, item)
    if kind == "monitor":
        data["scraped_by"] = _scraped_by(world, monitor)
        yield Subject(item.number, name, title, {**data, **always}, _values_home(item.number, homes), anchor, sure)
    elif kind == "endpoint":
        inner = {f"monitor.{key}": path for key, path in homes.items() if "." not in key}
        for port in monitor.endpoints:
            yield Subject(
                item.number,
                f"{name}/{_shown(port)}",
                f"port {_shown(port)} of {title}",
                {"port": port, "monitor": data, **always},
                _values_home(item.number, inner),
                anchor,
                sure,
            )
    elif kind == "pair":
        for other, prometheus, verdict in world.selections(monitor.kind, monitor.labels, monitor.namespace):
            selected = Unknown("whether it is selected") if verdict.selected is None else verdict.selected
            pair = {"monitor": data, "prometheus": _prometheus_data(other, prometheus), "selected": selected}
            yield Subject(
                item.number,
                f"{name}/{other.number}",
                f"{title} and {prometheus.kind} {_shown(prometheus.name)}",
                {**pair, **always},
                _pair_home(item, homes, other, prometheus),
                anchor,
                sure and prometheus.rendered is True,
            )


def _block(monitor: Monitor) -> Path | None:
    """The map of the values that the options of a monitor stand in, such as its interval."""
    if monitor.facts.for_each is not None:
        return monitor.scope.item_path
    if monitor.facts.labels_path is not None:
        return monitor.facts.labels_path[:-1]
    return None if monitor.facts.asked_by is None else monitor.facts.asked_by[:-1]


def _monitor(item: Installed, monitor: Monitor, block: Path | None) -> dict[str, Any]:
    options = item.values.get(block) if block is not None else None
    return {
        "component": monitor.facts.component,
        "kind": monitor.kind,
        "name": monitor.name,
        "namespace": monitor.namespace,
        "labels": monitor.labels,
        "endpoints": list(monitor.endpoints),
        "selector": monitor.selector,
        "targets": list(monitor.target_namespaces),
        "options": options if isinstance(options, (dict, Unknown)) else {},
    }


def _monitor_homes(monitor: Monitor, block: Path | None) -> dict[str, Path | None]:
    homes: dict[str, Path | None] = {f"labels.{key}": (*path, key) for key, path in monitor.label_origins.items()}
    homes["labels"] = monitor.facts.labels_path
    homes["namespace"] = monitor.facts.namespace_path
    homes["options"] = block
    return homes


def _scraped_by(world: World, monitor: Monitor) -> Any:
    found = []
    for _, prometheus, verdict in world.selections(monitor.kind, monitor.labels, monitor.namespace):
        if verdict.selected is None:
            return Unknown("whether it is selected")
        if verdict.selected:
            found.append(prometheus.name)
    return found


def _pair_home(item: Installed, homes: dict[str, Path | None], other: Installed, prometheus: Prometheus) -> Home:
    first = _values_home(item.number, homes)
    second = _values_home(other.number, _prometheus_homes(prometheus))

    def home(path: Path) -> tuple[int, Path] | None:
        if path[:1] == ("monitor",):
            return first(path[1:])
        if path[:1] == ("prometheus",):
            return second(path[1:])
        return first(path) if path[:1] == ("$values",) else None

    return home


# --- the others -----------------------------------------------------------------------------------


def _dashboard(world: World, item: Installed, dashboard: Dashboard) -> Subject:
    facts = dashboard.facts
    data = {
        "group": facts.group,
        "name": dashboard.name,
        "namespace": dashboard.namespace,
        "labels": dashboard.labels,
        "annotations": dashboard.annotations,
        **_always(world, item),
    }
    name = facts.group if dashboard.name is None else _shown(dashboard.name)
    home = _values_home(item.number, {"namespace": facts.namespace_path})
    return Subject(item.number, name, f"dashboard {name}", data, home, facts.asked_by or (), dashboard.rendered is True)


def _prometheus(world: World, item: Installed, prometheus: Prometheus) -> Subject:
    return Subject(
        item.number,
        "prometheus",
        f"{prometheus.kind} {_shown(prometheus.name)}",
        {**_prometheus_data(item, prometheus), **_always(world, item)},
        _values_home(item.number, _prometheus_homes(prometheus)),
        _prometheus_block(prometheus) or (),
        prometheus.rendered is True,
    )


def _prometheus_data(item: Installed, prometheus: Prometheus) -> dict[str, Any]:
    block = _prometheus_block(prometheus)
    options = item.values.get(block) if block is not None else None
    return {
        "kind": prometheus.kind,
        "name": prometheus.name,
        "namespace": prometheus.namespace,
        "selectors": dict(prometheus.selectors),
        "options": options if isinstance(options, (dict, Unknown)) else {},
    }


def _prometheus_block(prometheus: Prometheus) -> Path | None:
    path = prometheus.facts.selector_paths.get("service_monitor_selector")
    return None if path is None else path[:-1]


def _prometheus_homes(prometheus: Prometheus) -> dict[str, Path | None]:
    homes: dict[str, Path | None] = {
        f"selectors.{name}": path for name, path in prometheus.facts.selector_paths.items()
    }
    homes["options"] = _prometheus_block(prometheus)
    return homes


def _cluster(world: World) -> Subject:
    releases = [_always(world, item)["$release"] for item in world.installed]
    monitors = [
        {key: value for key, value in _monitor(item, monitor, None).items() if key != "options"}
        for item in world.installed
        for monitor in item.objects.monitors
        if monitor.rendered is True
    ]
    data = {
        "name": world.cluster.name,
        "charts": {release["chart"]: release for release in reversed(releases)},
        "releases": releases,
        "monitors": monitors,
        "prometheus": [_prometheus_data(item, prometheus) for item, prometheus in world.prometheuses()],
        "$cluster": world.cluster.name,
    }
    numbers = {item.chart.name: item.number for item in reversed(world.installed)}

    def home(path: Path) -> tuple[int, Path] | None:
        return (numbers[str(path[1])], ()) if path[:1] == ("charts",) and len(path) > 1 and path[1] in numbers else None

    return Subject(0, "", f"cluster {world.cluster.name}", data, home, ())


def _shown(value: Any) -> str:
    return f"({value.text})" if isinstance(value, Unknown) else str(value)
