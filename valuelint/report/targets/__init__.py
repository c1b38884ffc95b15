"""How the targets of a cluster are said: one module a format, over the data that `valuelint.predict.targets` makes.

A format has a function `cluster(data, options)`, and the texts HEAD, SEPARATOR and TAIL that stand around what it
returns. Clusters are said one by one, so that nobody has to hold them all.
"""

from __future__ import annotations

from valuelint.light import Any, NamedTuple
from valuelint.predict.targets import SELECTED

FORMATS = ("text", "markdown", "json")

Row = dict[str, Any]


class Answer(NamedTuple):
    """Yes, no or undecided (None), and why."""

    holds: bool | None
    why: str


def word(answer: bool | None) -> str:
    """An answer in a cell of a table."""
    return "?" if answer is None else "yes" if answer else "no"


def name_of(row: Row) -> str:
    """What to call a row: its name, else what it is a part of."""
    return str(row["name"] or f"({row.get('component') or 'not known'})")


def title(cluster: Row) -> list[str]:
    """The cluster and its releases."""
    parts = [f"cluster {cluster['name']}"]
    for release in cluster["releases"]:
        name, namespace = release["name"] or "name not known", release["namespace"]
        where = name if namespace is None else f"{name} in {namespace}"
        parts.append(f"{release['chart']} {release['version'] or '(version not known)'} ({where})")
    return parts


def failures(cluster: Row) -> list[tuple[str, str]]:
    """The releases that do not render or may not, and why; and those that need the CRDs to be there first."""
    found = []
    for release in cluster["releases"]:
        name = release["name"] or release["chart"]
        if release["renders"] is False:
            found.append((name, f"does not render: {release['error']}"))
        elif release["renders"] is None:
            found.append((name, f"may not render: {release['error']}"))
        elif release["renders_without_crds"] is False:
            found.append((name, "renders only where the CRDs of the monitors are installed"))
    return found


def stopped(cluster: Row) -> set[Any]:
    """The releases of which nothing exists; why is said once."""
    return {release["name"] for release in cluster["releases"] if release["renders"] is False}


def home(cluster: Row) -> set[Any]:
    """The releases that bring a Prometheus: their own monitors are said in brief."""
    return {prometheus["release"] for prometheus in cluster["prometheus"]}


def nothing_to_say(row: Row) -> str:
    """In a few words what a monitor has in common with many; "" if there is more to say about it."""
    answer = scraped(row)
    if answer.holds is True:
        return "all scraped"
    if row["rendered"] is False and all(why["file"] is None for why in row["why"]):
        return "off by the chart's default"
    if row["rendered"] is None and row["why"][0]["path"] is None:
        return f"not known: {answer.why}"
    return ""


def scraped(row: Row) -> Answer:
    """Whether Prometheus will scrape something through a monitor: the last column of the Targets page."""
    if row["rendered"] is not True:
        return Answer(row["rendered"], _first(row["why"]) or "not rendered")
    verdicts = row["selected_by"]
    if not verdicts:
        return Answer(None, "no Prometheus among the releases")
    chosen = _best(verdicts)
    if chosen["selected"] is True and row["targets"] == []:
        ports = ", ".join(str(port) for port in row["endpoints"]) or "none"
        return Answer(False, f"selected, but no Service has what it looks for (ports: {ports})")
    if chosen["selected"] is True and chosen["why"] != SELECTED:
        return Answer(False, chosen["why"])
    if chosen["selected"] is True:
        return Answer(True, ", ".join(row["targets"] or ()))
    return Answer(chosen["selected"], chosen["why"])


def loaded(row: Row) -> Answer:
    """Whether Grafana loads a dashboard."""
    holds = row["picked_up"] if row["rendered"] is True else row["rendered"]
    return Answer(holds, "" if holds else row["why"])


def evaluated(row: Row) -> Answer:
    """Whether some Prometheus evaluates rules."""
    if not row["selected_by"]:
        return Answer(None, "no Prometheus among the releases")
    chosen = _best(row["selected_by"])
    return Answer(chosen["selected"], "" if chosen["selected"] else chosen["why"])


def rule_names(row: Row) -> str:
    """The rules of a row."""
    if row["names"] is None:
        return f"rules of {row['release'] or 'a release'}"
    return ", ".join(str(name or "(not known)") for name in row["names"])


def selector(value: Any, nothing: str, everything: str) -> str:
    """A LabelSelector in words."""
    if value is None:
        return nothing
    if not isinstance(value, dict):
        return str(value)
    given = value.get("matchLabels") or {}
    parts = [f"{key}={'?' if item is None else item}" for key, item in given.items()]
    for item in value.get("matchExpressions") or ():
        values = item.get("values") or ()
        parts.append(" ".join([str(item.get("key")), str(item.get("operator")), ", ".join(map(str, values))]).strip())
    return "; ".join(parts) or everything


def selectors(prometheus: Row) -> list[tuple[str, str]]:
    """What each selector of a Prometheus object takes, and from where."""
    found = []
    for kind, words in (
        ("service_monitor", "ServiceMonitors"),
        ("pod_monitor", "PodMonitors"),
        ("rule", "PrometheusRules"),
    ):
        objects = selector(prometheus[f"{kind}_selector"], "none", "all")
        spaces = selector(prometheus[f"{kind}_namespace_selector"], "its own namespace", "every namespace")
        found.append((words, objects if objects == "none" else f"{objects}, in {spaces}"))
    for kind, words in (("probe", "Probes"), ("scrape_config", "ScrapeConfigs")):
        found.append((words, selector(prometheus[f"{kind}_selector"], "none", "all")))
    return found


def sidecar(grafana: Row) -> str:
    """What the dashboard sidecar looks for."""
    found = grafana["sidecar"]
    if found is None or found["enabled"] is False:
        return "no dashboard sidecar"
    label = f"label {found['label'] or '(not known)'}" + (f"={found['label_value']}" if found["label_value"] else "")
    where = found["search_namespace"] or found["namespace"] or "its own namespace"
    return f"dashboards with {label}, in {'every namespace' if where == 'ALL' else where}"


def _best(verdicts: list[Row]) -> Row:
    order = (False, None, True)
    return max(verdicts, key=lambda verdict: (order.index(verdict["selected"]), verdict["why"] == SELECTED))


def _first(why: list[Row]) -> str:
    return str(why[0]["text"]) if why else ""
