"""Prometheus' Targets page before the deploy, as plain data: the format `valuelint-targets/1`.

One cluster becomes one map; `schemas/targets.schema.json` describes it. Where the text does not decide, null stands,
and `why` says what would decide. With several worlds, what they agree on holds.
"""

from __future__ import annotations

from valuelint.charts.expressions import Reason, go_text
from valuelint.charts.facts import SELECTORS
from valuelint.light import Any, Iterator, NamedTuple
from valuelint.predict.cluster import Installed, World, scraped_targets, worlds
from valuelint.predict.objects import Monitor, Prometheus, Sidecar, Stop
from valuelint.predict.selection import PickUp, Selection, camel, out_of_reach, pick_up, shown
from valuelint.syntax import Path, format_path
from valuelint.values import Unknown, Values
from valuelint.workspace.release import Cluster

FORMAT = "valuelint-targets/1"

SELECTED = "selected"
"""Why something is selected, if there is no more to say about it."""

NOT_KNOWN = "not known"
"""Stands for a selector that is not known: null is what Kubernetes means by it."""

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]
"""Rows by what tells them apart in every world."""


class Targets(NamedTuple):
    """A cluster as the format has it, and what is to be said about it once."""

    data: Row
    notices: tuple[str, ...]


def describe(cluster: Cluster) -> Targets:
    """What becomes of the monitors, dashboards and rules of a cluster."""
    pictures = [_Picture(world) for world in worlds(cluster)]
    found = pictures[0].sections if len(pictures) == 1 else _agreed(cluster, pictures)
    out: Row = {"name": cluster.name}
    for section, rows in found.items():
        out[section] = list(rows.values())
    for row in (*out["monitors"], *out["rules"]):
        row["selected_by"] = list(row["selected_by"].values())
    out["rules"] = _joined(out["rules"])
    notices = [item.notice for item in pictures[0].installed if item.notice is not None]
    return Targets(out, tuple(notices))


def _joined(rules: list[Row]) -> list[Row]:
    """Rules of a release with equal labels in one namespace share a row."""
    rows: list[Row] = []
    for rule in rules:
        same = next((row for row in rows if all(row[key] == rule[key] for key in rule if key != "names")), None)
        if same is None:
            rows.append(rule)
        else:
            both = same["names"], rule["names"]
            same["names"] = None if None in both else [*both[0], *both[1]]
    return rows


# --- one world ------------------------------------------------------------------------------------


class _Picture:
    """What one world shows, section by section."""

    def __init__(self, world: World) -> None:
        self.world = world
        # Releases with a Prometheus come last: it is the others that are in question.
        self.installed = sorted(world.installed, key=lambda item: item.objects.prometheus is not None)
        self.stops = {item.number: _stop(item) for item in self.installed}
        self.living = [item for item in self.installed if self.stops[item.number] is None]
        alive = {item.number for item in self.living}
        self.prometheuses = [pair for pair in world.prometheuses() if pair[0].number in alive]
        self.sidecars = [sidecar for item, sidecar in world.sidecars() if item.number in alive]
        self.sections: dict[str, Rows] = {
            "releases": {(item.number,): self._release(item) for item in world.installed},
            "monitors": _twins(dict(self._monitors())),
            "dashboards": dict(self._dashboards()),
            "rules": dict(self._rules()),
            "prometheus": dict(self._prometheus()),
            "grafana": {
                (item.number,): {"release": item.release.name, "sidecar": _sidecar(item.objects.sidecar)}
                for item in self.living
                if item.objects.sidecar is not None
            },
        }

    def _release(self, item: Installed) -> Row:
        release = item.release
        renders = item.objects.renders()
        stop = self.stops[item.number] or next((stop for stop in item.objects.stops if stop.kind != "capability"), None)
        return {
            "chart": release.chart if release.chart == item.chart.name else item.chart.name,
            "version": release.version,
            "name": release.name,
            "namespace": release.namespace,
            "renders": renders,
            "error": None if stop is None else _complaint(stop, Places(item.values)),
            "renders_without_crds": item.objects.renders(with_crds=False),
        }

    def _monitors(self) -> Iterator[tuple[tuple[Any, ...], Row]]:
        for item in self.installed:
            stop, places = self.stops[item.number], Places(item.values)
            services = item.objects.services
            counts: dict[str, int] = {}
            for monitor in item.objects.monitors:
                if monitor.facts.absent:
                    continue  # this version knows no such monitor
                component = monitor.facts.component
                number = counts[component] = counts.get(component, -1) + 1
                rendered = monitor.rendered if stop is None else False
                selections = []
                if rendered is not False:
                    selections = self._selections(monitor.kind, monitor.labels, monitor.namespace)
                yield (
                    (item.number, component, number),
                    {
                        "release": item.release.name,
                        "chart": item.chart.name,
                        "component": component,
                        "kind": monitor.kind,
                        "name": _plain(monitor.name),
                        "namespace": _plain(monitor.namespace),
                        "rendered": rendered,
                        "labels": _plain(monitor.labels),
                        "endpoints": [_plain(port) or None for port in monitor.endpoints]
                        if monitor.facts.endpoints
                        else None,
                        "targets": _targets(monitor, item) if rendered is not False else [] if services else None,
                        "why": _why(monitor, places) if stop is None else [_stopped(item, stop, places)],
                        "selected_by": {
                            owner.number: _verdict(prometheus, selection, monitor)
                            for owner, prometheus, selection in selections
                        },
                    },
                )

    def _selections(self, kind: str, labels: Any, namespace: Any) -> list[tuple[Installed, Prometheus, Selection]]:
        if not self.prometheuses:
            return []
        living = {item.number for item, _ in self.prometheuses}
        return [found for found in self.world.selections(kind, labels, namespace) if found[0].number in living]

    def _dashboards(self) -> Iterator[tuple[tuple[Any, ...], Row]]:
        for item in self.installed:
            stop, places = self.stops[item.number], Places(item.values)
            for dashboard in item.objects.dashboards:
                rendered = dashboard.rendered if stop is None else False
                if rendered is False:
                    reasons = dashboard.facts.when.explain(dashboard.scope)
                    verdict = PickUp(False, "rendered", "; ".join(places.sentence(reason) for reason in reasons))
                    if stop is not None:
                        verdict = verdict._replace(why=_stopped(item, stop, places)["text"])
                else:
                    verdict = self._picked_up(dashboard)
                yield (
                    (item.number, dashboard.facts.group, _plain(dashboard.name)),
                    {
                        "release": item.release.name,
                        "component": dashboard.facts.group,
                        "name": _plain(dashboard.name),
                        "namespace": _plain(dashboard.namespace),
                        "rendered": rendered,
                        "labels": _plain(dashboard.labels),
                        "annotations": _plain(dashboard.annotations),
                        "picked_up": verdict.picked_up,
                        "why": verdict.why,
                    },
                )

    def _picked_up(self, dashboard: Any) -> PickUp:
        """What becomes of it with all sidecars; one that loads it is enough."""
        if not self.sidecars and not any(item.objects.sidecar for item in self.installed):
            return PickUp(None, "sidecar", "no Grafana among the releases: whether one loads it is not known")
        answers = [pick_up(sidecar, dashboard) for sidecar in self.sidecars] or [pick_up(None, dashboard)]
        return max(answers, key=lambda answer: (False, None, True).index(answer.picked_up))

    def _rules(self) -> Iterator[tuple[tuple[Any, ...], Row]]:
        for item in self.living:
            for number, rule in enumerate(item.objects.rules):
                if rule.rendered is not False:
                    yield (
                        (item.number, rule.facts.group, number),
                        {
                            "release": item.release.name,
                            "namespace": _plain(rule.namespace),
                            "labels": _plain(rule.labels),
                            "names": None if rule.names is None else [_plain(name) for name in rule.names],
                            "selected_by": {
                                owner.number: _verdict(prometheus, selection)
                                for owner, prometheus, selection in self._selections(
                                    "PrometheusRule", rule.labels, rule.namespace
                                )
                            },
                        },
                    )

    def _prometheus(self) -> Iterator[tuple[tuple[Any, ...], Row]]:
        for item, prometheus in self.prometheuses:
            row = {
                "release": item.release.name,
                "kind": prometheus.kind,
                "name": _plain(prometheus.name),
                "namespace": _plain(prometheus.namespace),
            }
            for selector in SELECTORS:
                value = prometheus.selectors[selector]
                row[selector] = NOT_KNOWN if isinstance(value, Unknown) else _plain(value)
            yield (item.number,), row


def _twins(rows: Rows) -> Rows:
    """Rows that are one object in the cluster say so; what is not known of one is what is known of the other."""
    seen: dict[tuple[Any, ...], Row] = {}
    for row in rows.values():
        if row["rendered"] is False or row["name"] is None:
            continue
        other = seen.setdefault((row["kind"], row["namespace"], row["name"]), row)
        if other["release"] != row["release"]:
            for one, two in ((row, other), (other, row)):
                text = (
                    f"{two['release']} renders a {two['kind']} of this name here too: only one of them can be installed"
                )
                one["why"].append({"path": None, "value": None, "file": None, "line": None, "text": text})
                one["targets"] = two["targets"] if one["targets"] is None else one["targets"]
    return rows


def _stop(item: Installed) -> Stop | None:
    """What keeps a release from being rendered where the CRDs are installed."""
    return next((stop for stop in item.objects.stops if stop.holds and stop.kind != "capability"), None)


def _targets(monitor: Monitor, item: Installed) -> list[str] | None:
    """The ports of Services that it hits; None where nobody knows the Services of the chart."""
    return scraped_targets(monitor, item.objects.services) if item.objects.facts.services else None


def _verdict(prometheus: Prometheus, selection: Selection, monitor: Monitor | None = None) -> Row:
    selected, why = selection.selected, _mismatch(selection) or selection.why
    if monitor is not None and selected is True:
        missed = out_of_reach(prometheus, monitor)
        if missed:
            where = f"in {shown(monitor.namespace)}, not in {', '.join(map(shown, monitor.target_namespaces))}"
            why = f"selected, but ignoreNamespaceSelectors looks for targets {where}"
        elif missed is None:
            selected, why = None, "depends on where its targets are: the namespace selectors of monitors are ignored"
    return {
        "prometheus": _plain(prometheus.name),
        "namespace": _plain(prometheus.namespace),
        "selected": selected,
        "why": why,
    }


def _mismatch(selection: Selection) -> str | None:
    """What the labels are, where it is they that say no."""
    if selection.match is None or selection.cause != "labels" or selection.selected is not False:
        return None
    wanted = selection.match.failing()
    found = [
        f"no label {each.key}" if each.found is None else f"{each.key}: {in_words(each.found)}"
        for each in wanted
        if each.operator != "DoesNotExist"
    ]
    wants = f"{camel(selection.selector)} wants {'; '.join(map(str, wanted))}"
    return f"{', '.join(found)}, but {wants}" if found else wants


def _sidecar(sidecar: Sidecar) -> Row:
    if sidecar.enabled is False:
        return {"enabled": False, "label": None, "label_value": None, "search_namespace": None, "namespace": None}
    return {
        "enabled": sidecar.enabled,
        "label": _plain(sidecar.label),
        "label_value": _plain(sidecar.label_value) or None,
        "search_namespace": _plain(sidecar.search_namespace) or None,
        "namespace": _plain(sidecar.namespace),
    }


def _plain(value: Any) -> Any:
    """Data with null where it is not known."""
    if value.__class__ is str:
        return value
    if isinstance(value, Unknown):
        return None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


# --- reasons --------------------------------------------------------------------------------------

_ORDINARY = ("on", "off or empty", "set", "not given", "null", "not false")
"""What a test wants, where saying what stands there says enough."""


class Places:
    """Where the values of a release were set, in words; each path is looked up once."""

    __slots__ = ("_known", "values")

    def __init__(self, values: Values) -> None:
        self.values = values
        self._known: dict[Path, tuple[str | None, int | None]] = {}

    def of(self, path: Path) -> tuple[str | None, int | None]:
        """The file and line that set the value at a path; (None, None) is the chart's default."""
        if path not in self._known:
            self._known[path] = self._look_up(path)
        return self._known[path]

    def _look_up(self, path: Path) -> tuple[str | None, int | None]:
        found = self.values.resolve(path)
        if found.layer is None and found.value != _at(self.values.defaults, path):
            # a map further up was replaced or taken away
            found = self.values.nearest(path) or found
        if found.layer is None or found.node is None:
            return None, None
        start = found.node.start if found.entry is None else found.entry.start
        return found.layer.source.name, found.layer.source.position(start)[0]

    def words(self, path: Path) -> str:
        """`cilium.yaml:7`, or `chart default`."""
        file, line = self.of(path)
        return "chart default" if file is None else f"{file}:{line}"

    def sentence(self, reason: Reason) -> str:
        """What stands at the path of a reason, what else was wanted, and who set it."""
        text = f"{format_path(reason.path)} is {in_words(reason.value)}"
        if reason.holds is False and reason.wants not in _ORDINARY:
            text += f", not {reason.wants}"
        return f"{text} ({self.words(reason.path)})"

    def row(self, reason: Reason) -> Row:
        """A reason as the format has it."""
        file, line = self.of(reason.path)
        value = reason.value.text if isinstance(reason.value, Unknown) else _plain(reason.value)
        return {
            "path": format_path(reason.path),
            "value": value,
            "file": file,
            "line": line,
            "text": self.sentence(reason),
        }


def in_words(value: Any) -> str:
    """A value in a sentence."""
    if isinstance(value, Unknown):
        return f"not known ({value.text})"
    if value is None:
        return "not set"
    if isinstance(value, (dict, list)):
        return ("a map" if isinstance(value, dict) else "a list") if value else "empty"
    return go_text(value) or '""'


def _why(monitor: Monitor, places: Places) -> list[Row]:
    """The values that decide, the switch that asks for the monitor first."""
    reasons = {(reason.path, reason.wants): reason for reason in monitor.why()}
    asked = monitor.facts.asked_by and monitor.scope.absolute(monitor.facts.asked_by)
    return [places.row(reason) for reason in sorted(reasons.values(), key=lambda reason: reason.path != asked)]


def _stopped(item: Installed, stop: Stop, places: Places) -> Row:
    path = _blamed(stop, places)
    file, line = (None, None) if path is None else places.of(path)
    return {
        "path": None if path is None else format_path(path),
        "value": None if path is None else _plain(item.values.get(path)),
        "file": file,
        "line": line,
        "text": f"{item.release.title} does not render: {_complaint(stop, places)}",
    }


def _complaint(stop: Stop, places: Places) -> str:
    path = _blamed(stop, places)
    text = stop.message if path is None else f"{stop.message} ({format_path(path)}, {places.words(path)})"
    return text if stop.holds else f"undecided: {text}"


def _blamed(stop: Stop, places: Places) -> Path | None:
    """The path to name: the first that the user set."""
    paths = stop.paths or tuple(reason.path for reason in stop.reasons)
    return next((path for path in paths if places.of(path)[0] is not None), paths[0] if paths else None)


def _at(data: Any, path: Path) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


# --- several worlds -------------------------------------------------------------------------------


def _agreed(cluster: Cluster, pictures: list[_Picture]) -> dict[str, Rows]:
    """What all worlds agree on; null where they do not, and why."""
    unsure = {item.number for picture in pictures for item in picture.installed if not item.complete}
    return {
        section: _agreed_rows(cluster, section, [each.sections[section] for each in pictures], unsure)
        for section in pictures[0].sections
    }


def _agreed_rows(cluster: Cluster, section: str, pictures: list[Rows], unsure: set[int]) -> Rows:
    """`unsure` are the releases of whose own objects nothing follows from what was looked at."""
    keys = dict.fromkeys(key for rows in pictures for key in rows)
    agreed: Rows = {}
    for key in keys:
        found = [rows[key] for rows in pictures if key in rows]
        row = _agree(found)
        decides = f"depends on the version of {_titles(cluster, key[0])}"
        if section == "prometheus":
            row.update({name: NOT_KNOWN for name in SELECTORS if any(each[name] != row[name] for each in found)})
        if section in ("monitors", "dashboards"):
            here = {each["rendered"] for each in found}
            if len(found) < len(pictures):
                here.add(False)
            row["rendered"] = here.pop() if len(here) == 1 and key[0] not in unsure else None
        if section == "monitors":
            reasons = {repr(why): why for each in found if each["rendered"] is not True for why in each["why"]}
            if len({each["rendered"] for each in found}) == 1 and found[0]["rendered"] is True:
                reasons = {repr(why): why for why in found[0]["why"]}
            undecided = {"path": None, "value": None, "file": None, "line": None, "text": decides}
            row["why"] = [*([undecided] if row["rendered"] is None else []), *reasons.values()]
        elif section == "dashboards":
            words = dict.fromkeys(each["why"] for each in found)
            if row["rendered"] is None:
                row["picked_up"] = None
            open_ = row["rendered"] is None or (row["picked_up"] is None and len(words) > 1)
            row["why"] = decides if open_ else "; ".join(words)
        elif section == "releases":
            errors = dict.fromkeys(each["error"] for each in found if each["error"] is not None)
            undecided_ = [decides] if row["renders"] is None and len(errors) > 0 else []
            row["error"] = "; ".join([*undecided_, *list(errors)[:1]]) or None
        if "selected_by" in row:
            row["selected_by"] = _agreed_verdicts(cluster, key[0], [each["selected_by"] for each in found])
        agreed[key] = row
    return agreed


def _agreed_verdicts(cluster: Cluster, index: int, found: list[dict[int, Row]]) -> dict[int, Row]:
    verdicts = {}
    for prometheus in dict.fromkeys(key for each in found for key in each):
        answers = [each[prometheus] for each in found if prometheus in each]
        verdict = _agree(answers)
        if verdict["selected"] is None and len({answer["selected"] for answer in answers}) > 1:
            verdict["why"] = f"depends on the version of {_titles(cluster, index, prometheus)}"
        elif verdict["why"] is None:
            verdict["why"] = answers[-1]["why"]
        verdicts[prometheus] = verdict
    return verdicts


def _titles(cluster: Cluster, *indices: int) -> str:
    """The releases among these whose version nothing says."""
    releases = [cluster.releases[index] for index in dict.fromkeys(indices)]
    return " and of ".join(release.title for release in releases if release.version is None) or "a release"


def _agree(rows: list[Row]) -> Row:
    """One row of several: a value they share, else null; maps key by key."""
    agreed: Row = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        given = [row.get(key) for row in rows]
        if all(value == given[0] for value in given):
            agreed[key] = given[0]
        elif key in ("labels", "annotations", "sidecar") and all(isinstance(value, dict) for value in given):
            agreed[key] = _agree([value for value in given if isinstance(value, dict)])
        else:
            agreed[key] = None
    return agreed
