"""Whether a Prometheus object picks up a monitor or rules, and Grafana's sidecar a dashboard.

Semantics of prometheus-operator (pkg/prometheus/resource_selector.go, pkg/operator SelectNamespacesFromCache):
an object selector of null selects nothing and {} everything; a namespace selector of null selects the namespace of the
Prometheus object, {} every namespace that the operator watches.
"""

from __future__ import annotations

from valuelint.charts.expressions import Truth
from valuelint.light import Any, NamedTuple
from valuelint.predict.objects import Dashboard, Known, Monitor, Operator, Prometheus, Service, Sidecar
from valuelint.predict.selectors import NAMESPACE_NAME, Match, match
from valuelint.values import Unknown

_PREFIXES = {"ServiceMonitor": "service_monitor", "PodMonitor": "pod_monitor", "PrometheusRule": "rule"}


class Selection(NamedTuple):
    """A verdict and its cause.

    cause: "selected"; or what says no, or cannot be decided: "label-type" (a label is no string: the API server refuses
    the object), "operator" (the operator does not start, or does not watch a namespace), "selector" (it is null),
    "labels", "namespace".
    """

    selected: bool | None
    cause: str
    why: str
    selector: str = ""
    match: Match | None = None


def select(
    prometheus: Prometheus,
    kind: str,
    labels: dict[str, Any] | Unknown,
    namespace: Known,
    operator: Operator | None,
) -> Selection:
    """Whether a Prometheus object selects an object of this kind with these labels in this namespace."""
    if isinstance(labels, dict):
        for key, value in labels.items():
            if not isinstance(value, (str, Unknown)):
                return Selection(False, "label-type", f"the API server rejects the object: label {key} is not a string")
    watching = _watching(prometheus, namespace, operator)
    if watching is not None and watching.selected is False:
        return watching
    name = _PREFIXES[kind] + "_selector"
    selector = prometheus.selectors[name]
    title = camel(name)
    if selector is None:
        return Selection(False, "selector", f"{title} is null: it selects nothing", name)
    found = match(selector, labels)
    if found.matches is False:
        wanted = "; ".join(str(requirement) for requirement in found.failing())
        return Selection(False, "labels", f"{title} wants {wanted}", name, found)
    within = _in_namespace(prometheus, _PREFIXES[kind] + "_namespace_selector", namespace)
    if within.selected is False:
        return within
    if found.matches is None:
        open_ = "; ".join(str(requirement) for requirement in found.open()) or "a selector that is not known"
        return Selection(None, "labels", f"depends on {open_}", name, found)
    if within.selected is None:
        return within
    return watching or Selection(True, "selected", "selected", name, found)


def in_reach(prometheus: Prometheus, kind: str, namespace: Known, operator: Operator | None) -> Selection:
    """Whether a Prometheus object looks for objects of this kind in a namespace at all, whatever their labels."""
    watching = _watching(prometheus, namespace, operator)
    if watching is not None and watching.selected is False:
        return watching
    within = _in_namespace(prometheus, _PREFIXES[kind] + "_namespace_selector", namespace)
    return within if within.selected is not True else watching or within


def out_of_reach(prometheus: Prometheus, monitor: Monitor) -> Truth:
    """Whether a Prometheus object looks for the targets of a monitor where they are not.

    With `ignoreNamespaceSelectors` the operator looks for them in the monitor's own namespace, and nowhere else.
    """
    own, targets = monitor.namespace, monitor.target_namespaces
    if prometheus.ignores_namespaces is False or not targets or own in targets:
        return False
    if any(isinstance(namespace, Unknown) for namespace in (own, *targets)):
        return None
    return prometheus.ignores_namespaces


def is_answered(monitor: Monitor, service: Service) -> bool:
    """Whether a Service may be one that a ServiceMonitor finds its targets by."""
    return in_place(monitor, service) and is_labelled(monitor, service) and has_port(monitor, service)


def in_place(monitor: Monitor, service: Service) -> bool:
    """Whether a Service may stand where a monitor looks for its targets."""
    spaces = monitor.target_namespaces or (monitor.namespace,)
    unknown = any(isinstance(space, Unknown) for space in (*spaces, service.namespace))
    return unknown or service.namespace in spaces


def is_labelled(monitor: Monitor, service: Service) -> bool:
    """Whether it may carry the labels that the monitor looks for."""
    if isinstance(monitor.selector, Unknown):
        return True
    return match({"matchLabels": monitor.selector}, service.labels).matches is not False


def has_port(monitor: Monitor, service: Service) -> bool:
    """Whether it may have one of the ports that the monitor scrapes."""
    unknown = any(isinstance(port, Unknown) for port in (*monitor.endpoints, *service.ports))
    return unknown or any(port in service.ports for port in monitor.endpoints)


def _in_namespace(prometheus: Prometheus, name: str, namespace: Known) -> Selection:
    selector = prometheus.selectors[name]
    title = camel(name)
    if selector is None:
        if isinstance(namespace, Unknown) or isinstance(prometheus.namespace, Unknown):
            return Selection(None, "namespace", "depends on a namespace that is not known", name)
        if namespace == prometheus.namespace:
            return Selection(True, "selected", "", name)
        return Selection(False, "namespace", f"{title} is null: only {prometheus.namespace} is searched", name)
    found = match(selector, {NAMESPACE_NAME: namespace}, only_known=NAMESPACE_NAME)
    if found.matches is False:
        return Selection(False, "namespace", f"{title} leaves out namespace {shown(namespace)}", name, found)
    if found.matches is None:
        return Selection(None, "namespace", f"depends on the labels of namespace {shown(namespace)}", name, found)
    return Selection(True, "selected", "", name, found)


def _watching(prometheus: Prometheus, namespace: Known, operator: Operator | None) -> Selection | None:
    """None where the operator sees both; else why it does not, or why that is not known.

    An operator that is not part of the release watches nobody knows what: everything, as it does by default.
    """
    if operator is None or operator.installed is False:
        return None
    if operator.namespaces and operator.deny_namespaces:
        if any(isinstance(name, Unknown) for name in (*operator.namespaces, *operator.deny_namespaces)):
            return Selection(None, "operator", "which namespaces the operator watches is not known")
        why = "the operator does not start: --namespaces and --deny-namespaces exclude each other"
        return Selection(False, "operator", why)
    instances = operator.prometheus_instance_namespaces or operator.namespaces
    for where, allowed, what in (
        (prometheus.namespace, instances, "the Prometheus object"),
        (namespace, operator.namespaces, "the monitor"),
    ):
        answer = _watched(where, allowed, operator.deny_namespaces)
        if answer is False:
            return Selection(False, "operator", f"the operator does not watch the namespace of {what}, {shown(where)}")
        if answer is None:
            return Selection(None, "operator", f"whether the operator watches the namespace of {what} is not known")
    return None


def _watched(namespace: Known, allowed: tuple[Known, ...], denied: tuple[Known, ...]) -> bool | None:
    listed = allowed or denied
    if not listed:
        return True
    if isinstance(namespace, Unknown):
        return None
    if namespace in [item for item in listed if not isinstance(item, Unknown)]:
        return bool(allowed)
    return None if any(isinstance(item, Unknown) for item in listed) else not allowed


class PickUp(NamedTuple):
    """Whether Grafana's sidecar loads a dashboard. cause: "picked-up", or "sidecar", "resource", "label",
    "label-value", "namespace", "rbac"."""

    picked_up: bool | None
    cause: str
    why: str


def pick_up(sidecar: Sidecar | None, dashboard: Dashboard) -> PickUp:
    """Whether a dashboard ConfigMap is loaded by the sidecar; without one, nothing is."""
    if sidecar is None or sidecar.enabled is False:
        return PickUp(False, "sidecar", "no dashboard sidecar")
    if sidecar.enabled is None:
        return PickUp(None, "sidecar", "whether the sidecar runs is not known")
    if sidecar.resource == "secret":
        return PickUp(False, "resource", "the sidecar only watches Secrets")
    answers = [_labelled(sidecar, dashboard), _searched(sidecar, dashboard)]
    for answer in answers:
        if answer.picked_up is False:
            return answer
    for answer in answers:
        if answer.picked_up is None:
            return answer
    return PickUp(True, "picked-up", "picked up")


def _labelled(sidecar: Sidecar, dashboard: Dashboard) -> PickUp:
    labels, key, wanted = dashboard.labels, sidecar.label, sidecar.label_value
    if isinstance(labels, Unknown) or isinstance(key, Unknown):
        return PickUp(None, "label", "a label that is not known")
    if key not in labels:
        return PickUp(False, "label", f"no label {key}")
    found = labels[key]
    if wanted and found != wanted:
        if isinstance(wanted, Unknown) or isinstance(found, Unknown):
            return PickUp(None, "label-value", f"the value of label {key} is not known")
        return PickUp(False, "label-value", f"label {key} is {found}, not {wanted}")
    return PickUp(True, "picked-up", "")


def _searched(sidecar: Sidecar, dashboard: Dashboard) -> PickUp:
    search, own, where = sidecar.search_namespace, sidecar.namespace, dashboard.namespace
    if isinstance(search, Unknown) or isinstance(own, Unknown) or isinstance(where, Unknown):
        same = isinstance(search, Unknown) is False and search == "ALL" and sidecar.cluster_wide
        return PickUp(True, "picked-up", "") if same else PickUp(None, "namespace", "a namespace that is not known")
    searched = [item.strip() for item in search.split(",")] if search else [own]
    if "ALL" not in searched and where not in searched:
        return PickUp(False, "namespace", f"the sidecar only looks in {', '.join(searched)}")
    if where != own and not sidecar.cluster_wide:
        if sidecar.cluster_wide is None:
            return PickUp(None, "rbac", "whether the sidecar's role reaches other namespaces is not known")
        return PickUp(False, "rbac", f"the sidecar's role is limited to its own namespace, {own}")
    return PickUp(True, "picked-up", "")


def camel(name: str) -> str:
    """`service_monitor_selector` as the operator writes it: serviceMonitorSelector."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def shown(value: Known) -> str:
    """A name for people, also where it is not known."""
    return f"({value.text})" if isinstance(value, Unknown) else value
