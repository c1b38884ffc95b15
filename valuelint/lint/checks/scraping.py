"""Checks on how metrics are served and scraped: ports, intervals, exemplars, and what is not there to be scraped."""

from __future__ import annotations

from valuelint.charts.expressions import go_truth
from valuelint.light import Any, Iterator
from valuelint.lint.rule import Open, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.ports import Port, collisions
from valuelint.syntax import Path, format_path, parse_path
from valuelint.syntax.patches import Append, Remove, Set, apply_patch
from valuelint.values import Unknown

Found = Iterator[Violation | Open]

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_USUAL_INTERVAL = "30s"
"""The operator's, where the Prometheus object names none."""


def _with(world: World, section: str) -> Iterator[tuple[Installed, dict[str, Any]]]:
    """The releases whose charts have facts of a section, with these."""
    for installed in world.installed:
        facts = installed.objects.facts.raw.get(section)
        if facts is not None:
            yield installed, facts


def _written(installed: Installed, path: Path) -> bool:
    return installed.values.resolve(path).layer is not None


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
        remedy, words["default"] = None, _default(world, one)
        if words["default"]:
            remedy = Remedy(number, "display", (Remove(one.path),))
        yield Violation(number, one.path, "same", words, f"{one.path} {other.path}", related, (), remedy)


def _default(world: World, port: Port) -> str:
    """The port that the chart itself would open, if nothing else has it."""
    installed = port.installed
    values = installed.values.of_user(apply_patch(installed.values.user, Remove(port.path)))
    changed = installed._replace(values=values)
    others = tuple(changed if item.number == installed.number else item for item in world.installed)
    taken = {each.path for pair in collisions(world._replace(installed=others)) for each in pair}
    return "" if port.path in taken else show(values.get(port.path) or "")


# --- intervals ------------------------------------------------------------------------------------


def timeout(world: World, rule: Rule) -> Found:
    """A scrape that may take longer than the time to the next one."""
    for installed in world.installed:
        prometheus, usual, stack = installed.objects.prometheus, None, None
        if prometheus is not None and prometheus.facts.interval_path is not None:
            stack = prometheus.facts.interval_path
            usual = _or(installed.values.get(stack), _USUAL_INTERVAL)
        for path in _blocks(installed.values.user, ()):
            block = _at(installed, path)
            spec = stack is not None and path == stack[:-1]
            names = (str(stack[-1]) if stack is not None and spec else "interval", "scrapeTimeout")
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
    for installed, facts in _with(world, "hubble_metrics"):
        metrics, switch = parse_path(facts["list"]), parse_path(facts["openmetrics"])
        listed = installed.values.get(metrics)
        asking = [
            number
            for number, item in enumerate(listed if isinstance(listed, list) else ())
            if isinstance(item, str) and "exemplars=true" in item
        ]
        if not asking or go_truth(installed.values.get(parse_path(facts["switch"]))) is not True:
            continue
        path: Path = (*metrics, asking[0])
        known = switch[-1] in _at(installed, switch[:-1])
        if known and go_truth(installed.values.get(switch)) is False:
            remedy = Remedy(installed.number, "safe", (Set(switch, True),))
            yield Violation(installed.number, path, "format", {}, "", (), (), remedy)
            continue
        for owner, prometheus in world.prometheuses():
            features = prometheus.facts.features_path
            given = None if features is None else owner.values.get(features)
            if prometheus.rendered is not True or not isinstance(given, list) or "exemplar-storage" in given:
                continue
            if features is None or any(isinstance(item, Unknown) for item in given):
                continue
            related = (Related(owner.number, features, None, "Prometheus keeps no exemplars"),)
            remedy = Remedy(owner.number, "safe", (Append(features, "exemplar-storage"),))
            yield Violation(installed.number, path, "storage", {}, "", related, (), remedy)


def agent_metrics(world: World, rule: Rule) -> Found:
    """Changes to the list of the agent's metrics that change nothing."""
    for installed, facts in _with(world, "agent_metrics"):
        path, switch = parse_path(facts["list"]), parse_path(facts["switch"])
        listed = installed.values.get(path)
        if not isinstance(listed, list) or not listed or not _written(installed, path):
            continue
        if go_truth(installed.values.get(switch)) is False:
            # Whether a Prometheus then scrapes them is what other rules see to, and switch on.
            level = "display" if world.prometheuses() else "unsafe"
            remedy = Remedy(installed.number, level, (Set(switch, True),))
            yield Violation(installed.number, path, "unserved", {}, "", (), (), remedy)
            continue
        for number, item in enumerate(listed):
            if isinstance(item, str) and item and item[0] not in "+-":
                words = {"item": item}
                remedy = Remedy(installed.number, "display", (Set((*path, number), f"+{item}"),))
                yield Violation(installed.number, (*path, number), "sign", words, "", (), (), remedy)
        if facts["names"] and all(isinstance(item, str) for item in listed):
            yield from _joined(installed, path, listed, facts["names"][0]["split"])


def _joined(installed: Installed, path: Path, listed: list[str], split: str) -> Found:
    """Changes of which the agent takes several for one: the chart joins them with spaces."""
    text = " ".join(listed)
    whole = [name.strip() for name in (text.split() if split == "spaces" else text.split(","))]
    if split == "either" and len(whole) == 1:
        whole = text.split()
    lost = [name for name in whole if " " in name or "," in name]
    if not lost:
        return
    names = text.replace(",", " ").split()
    fixed = [",".join(names)] if split == "commas" else names
    remedy = Remedy(installed.number, "unsafe", (Set(path, fixed),))
    yield Violation(installed.number, path, f"joined-{split}", {"lost": lost[0]}, "joined", (), (), remedy)


# --- without kube-proxy ---------------------------------------------------------------------------


def _replacing(world: World) -> Iterator[tuple[Installed, Path, bool]]:
    """The releases that take the place of kube-proxy, with the option that says so, and whether they name the API
    server, in any of the ways there are.
    """
    for installed, facts in _with(world, "kube_proxy"):
        if "replaced_by" not in facts:
            continue
        path = parse_path(facts["replaced_by"])
        value = installed.values.get(path)
        if not isinstance(value, (bool, str)) or value not in facts["wholly"]:
            continue
        named = any(go_truth(installed.values.get(parse_path(way))) is not False for way in facts["api_server"])
        yield installed, path, named


def kube_proxy(world: World, rule: Rule) -> Found:
    """A monitor of kube-proxy where another release takes its place: its alert fires for ever."""
    without = [(installed, path) for installed, path, named in _replacing(world) if named]
    for installed, facts in _with(world, "kube_proxy") if without else ():
        if "monitored_by" not in facts:
            continue
        switch = parse_path(facts["monitored_by"])
        if installed.values.get(switch) is not True:
            continue
        other, path = without[0]
        related = (Related(other.number, path, None, f"{other.chart.title} replaces kube-proxy"),)
        words = {"value": show(other.values.get(path))}
        remedy = Remedy(installed.number, "unsafe", (Set(switch, False),))
        yield Violation(installed.number, switch, "alert", words, "", related, (), remedy)


def api_server(world: World, rule: Rule) -> Found:
    """Agents that have to reach the API server without kube-proxy, and are not told where it is."""
    for installed, path, named in _replacing(world):
        if not named and _written(installed, path):
            yield Violation(installed.number, path, "unknown", {"value": show(installed.values.get(path))})
