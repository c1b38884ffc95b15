"""Checks on how metrics are served and scraped: ports, intervals, exemplars, and what is not there to be scraped."""

from __future__ import annotations

from valuelint.charts.expressions import go_truth
from valuelint.light import Any, Iterator
from valuelint.lint.rule import Open, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.ports import collisions
from valuelint.syntax import Path, format_path, parse_path
from valuelint.syntax.patches import Append, Set
from valuelint.values import Unknown

Found = Iterator[Violation | Open]

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_USUAL_INTERVAL = "30s"
"""The operator's, where the Prometheus object names none."""


def _of(world: World, chart: str) -> list[Installed]:
    return [item for item in world.installed if item.chart.name == chart]


def _written(installed: Installed, path: Path) -> bool:
    return installed.values.resolve(path).layer is not None


def _on(installed: Installed, *paths: str) -> bool:
    return all(go_truth(installed.values.get(parse_path(path))) is True for path in paths)


# --- ports ----------------------------------------------------------------------------------------


def ports(world: World, rule: Rule) -> Found:
    """Two programs on the same port of the same nodes."""
    for one, other in collisions(world):
        if not _written(one.installed, one.path):
            one, other = other, one
        if not _written(one.installed, one.path):
            continue
        words = {
            "path": format_path(one.path),
            "port": one.number,
            "of": one.of,
            "other": format_path(other.path),
            "other_of": other.of,
        }
        related = (Related(other.installed.number, other.path, None, f"the port of {other.of}"),)
        number = one.installed.number
        yield Violation(number, one.path, "same", words, f"{one.path} {other.path}", related)


# --- intervals ------------------------------------------------------------------------------------


def timeout(world: World, rule: Rule) -> Found:
    """A scrape that may take longer than the time to the next one."""
    for installed in world.installed:
        usual: Any = None
        if installed.objects.prometheus is not None:
            usual = _or(installed.values.get(("prometheus", "prometheusSpec", "scrapeInterval")), _USUAL_INTERVAL)
        for path in _blocks(installed.values.user, ()):
            block = _at(installed, path)
            spec = path == ("prometheus", "prometheusSpec")
            names = ("scrapeInterval", "scrapeTimeout") if spec else ("interval", "scrapeTimeout")
            interval, limit = _or(block.get(names[0]), usual), block.get(names[1])
            every, most = _milliseconds(interval), _milliseconds(limit)
            where = next((end for end in (names[1], names[0]) if _written(installed, (*path, end))), None)
            if every is None or most is None or most <= every or where is None:
                continue
            if not all(go_truth(_at(installed, path[:length]).get("enabled", True)) for length in range(len(path) + 1)):
                continue
            words = {"path": format_path(path), "timeout": limit, "interval": interval}
            related = (Related(installed.number, (*path, names[0]), None, f"the interval is {interval}"),)
            remedy = Remedy(installed.number, "unsafe", (Set((*path, names[1]), interval),))
            number = installed.number
            yield Violation(number, (*path, where), "longer", words, "", related, (), remedy)


def _or(value: Any, other: Any) -> Any:
    return value if isinstance(value, Unknown) or value else other


def _at(installed: Installed, path: Path) -> dict[str, Any]:
    found = installed.values.get(path)
    return found if isinstance(found, dict) else {}


def _blocks(user: dict[str, Any], path: Path) -> Iterator[Path]:
    """The maps in which the user says how often, or how long, to scrape."""
    if "scrapeTimeout" in user or "interval" in user or "scrapeInterval" in user:
        yield path
    for key, value in user.items():
        if type(value) is dict:
            yield from _blocks(value, (*path, key))


def _milliseconds(text: Any) -> int | None:
    """A duration as Prometheus writes it: 30s, 1m30s."""
    if not isinstance(text, str) or not text:
        return None
    total, at = 0, 0
    while at < len(text):
        digits = at
        while digits < len(text) and text[digits].isdigit():
            digits += 1
        unit = digits + 2 if text[digits : digits + 2] == "ms" else digits + 1
        if digits == at or text[digits:unit] not in _UNITS:
            return None
        total += int(text[at:digits]) * _UNITS[text[digits:unit]]
        at = unit
    return total


# --- exemplars and changes of the agent's metrics -------------------------------------------------


def exemplars(world: World, rule: Rule) -> Found:
    """Exemplars that are asked for and that nobody will ever see."""
    for installed in _of(world, "cilium"):
        listed = installed.values.get(("hubble", "metrics", "enabled"))
        asking = [
            number
            for number, item in enumerate(listed if isinstance(listed, list) else ())
            if isinstance(item, str) and "exemplars=true" in item
        ]
        if not asking or not _on(installed, "hubble.enabled"):
            continue
        path: Path = ("hubble", "metrics", "enabled", asking[0])
        switch: Path = ("hubble", "metrics", "enableOpenMetrics")
        known = "enableOpenMetrics" in _at(installed, switch[:-1])
        if known and go_truth(installed.values.get(switch)) is False:
            remedy = Remedy(installed.number, "safe", (Set(switch, True),))
            yield Violation(installed.number, path, "format", {}, "", (), (), remedy)
            continue
        for owner, prometheus in world.prometheuses():
            features: Path = ("prometheus", "prometheusSpec", "enableFeatures")
            given = owner.values.get(features)
            if prometheus.rendered is not True or not isinstance(given, list) or "exemplar-storage" in given:
                continue
            if any(isinstance(item, Unknown) for item in given):
                continue
            related = (Related(owner.number, features, None, "Prometheus keeps no exemplars"),)
            remedy = Remedy(owner.number, "unsafe", (Append(features, "exemplar-storage"),))
            yield Violation(installed.number, path, "storage", {}, "", related, (), remedy)


def agent_metrics(world: World, rule: Rule) -> Found:
    """Changes to the list of the agent's metrics that change nothing."""
    for installed in _of(world, "cilium"):
        path: Path = ("prometheus", "metrics")
        listed = installed.values.get(path)
        if not isinstance(listed, list) or not listed or not _written(installed, path):
            continue
        if go_truth(installed.values.get(("prometheus", "enabled"))) is False:
            # Whether a Prometheus then scrapes them is what other rules see to, and switch on.
            level = "display" if world.prometheuses() else "unsafe"
            remedy = Remedy(installed.number, level, (Set(("prometheus", "enabled"), True),))
            yield Violation(installed.number, path, "unserved", {}, "", (), (), remedy)
            continue
        for number, item in enumerate(listed):
            if isinstance(item, str) and item and item[0] not in "+-":
                words = {"item": item}
                remedy = Remedy(installed.number, "unsafe", (Set((*path, number), f"+{item}"),))
                yield Violation(installed.number, (*path, number), "sign", words, "", (), (), remedy)


# --- without kube-proxy ---------------------------------------------------------------------------


def _replaces(installed: Installed) -> bool:
    value = installed.values.get(("kubeProxyReplacement",))
    return value is True or value in ("true", "strict")


def _names_server(installed: Installed) -> bool:
    """Whether the values say where the API server is, in any of the ways there are."""
    values = installed.values
    ways = ("k8sServiceHost", "k8s.apiServerURLs", "k8sServiceHostRef.name", "k8sServiceLookupConfigMapName")
    return any(go_truth(values.get(parse_path(way))) is not False for way in ways)


def kube_proxy(world: World, rule: Rule) -> Found:
    """A monitor of kube-proxy where Cilium takes its place: its alert fires for ever."""
    without = [item for item in _of(world, "cilium") if _replaces(item) and _names_server(item)]
    for installed in _of(world, "kube-prometheus-stack"):
        switch: Path = ("kubeProxy", "enabled")
        if not without or installed.values.get(switch) is not True:
            continue
        cilium = without[0]
        related = (Related(cilium.number, ("kubeProxyReplacement",), None, "Cilium replaces kube-proxy"),)
        words = {"value": show(cilium.values.get(("kubeProxyReplacement",)))}
        remedy = Remedy(installed.number, "unsafe", (Set(switch, False),))
        yield Violation(installed.number, switch, "alert", words, "", related, (), remedy)


def api_server(world: World, rule: Rule) -> Found:
    """Agents that have to reach the API server without kube-proxy, and are not told where it is."""
    for installed in _of(world, "cilium"):
        path: Path = ("kubeProxyReplacement",)
        if _replaces(installed) and _written(installed, path) and not _names_server(installed):
            yield Violation(installed.number, path, "unknown", {"value": show(installed.values.get(path))})
