"""The objects that one release renders, as far as monitoring goes, from its values and its chart's facts."""

from __future__ import annotations

from valuelint.charts.expressions import (
    Condition,
    Reason,
    Scope,
    Text,
    Truth,
    go_text,
    go_truth,
    render_tpl,
)
from valuelint.charts.facts import (
    SELECTORS,
    DashboardFacts,
    Facts,
    GuardFacts,
    MonitorFacts,
    NamespaceFacts,
    OperatorFacts,
    PrometheusFacts,
    RuleFacts,
    ServiceFacts,
    SidecarFacts,
)
from valuelint.light import Any, Container, Iterable, NamedTuple
from valuelint.predict.schema import mismatches
from valuelint.syntax import Path, format_path
from valuelint.values import Unknown, Values

Known = str | Unknown


class Monitor(NamedTuple):
    """A ServiceMonitor or PodMonitor of a release. `name` and `namespace` may be Unknown, and so may label values."""

    facts: MonitorFacts
    scope: Scope
    kind: str
    name: Known
    namespace: Known
    rendered: Truth
    labels: dict[str, Any] | Unknown
    label_origins: dict[str, Path]
    endpoints: tuple[Known, ...]
    selector: dict[str, Any] | Unknown
    target_namespaces: tuple[Known, ...]

    @property
    def asked(self) -> Truth:
        """Whether the values ask for it; True where the chart has no switch for it."""
        return True if self.facts.asked_by is None else go_truth(self.scope.get(self.facts.asked_by))

    def why(self) -> list[Reason]:
        """The values that decide whether it is rendered."""
        return self.facts.when.explain(self.scope)


class Service(NamedTuple):
    """A Service that serves metrics."""

    name: Known
    namespace: Known
    labels: dict[str, Any] | Unknown
    ports: tuple[Known, ...]
    rendered: Truth


class Dashboard(NamedTuple):
    """A dashboard ConfigMap; `name` is None for a group of many."""

    facts: DashboardFacts
    scope: Scope
    name: Known | None
    namespace: Known
    rendered: Truth
    labels: dict[str, Any] | Unknown
    annotations: dict[str, Any] | Unknown


class RuleGroup(NamedTuple):
    """PrometheusRules of a release with equal labels; `names` is None for many."""

    facts: RuleFacts
    names: tuple[Known, ...] | None
    namespace: Known
    rendered: Truth
    labels: dict[str, Any] | Unknown


class Prometheus(NamedTuple):
    """A Prometheus or PrometheusAgent object with its selectors as rendered (None is Kubernetes' null)."""

    facts: PrometheusFacts
    kind: str
    name: Known
    namespace: Known
    rendered: Truth
    selectors: dict[str, Any]
    ignores_namespaces: Truth
    """Whether each monitor finds targets in its own namespace only, whatever its namespaceSelector says."""


class Operator(NamedTuple):
    """What namespaces the operator of a release watches; not `installed`: another one does, nobody knows which."""

    installed: Truth
    namespaces: tuple[Known, ...]
    deny_namespaces: tuple[Known, ...]
    prometheus_instance_namespaces: tuple[Known, ...]


class Sidecar(NamedTuple):
    """Grafana's dashboard sidecar."""

    facts: SidecarFacts
    enabled: Truth
    label: Known
    label_value: Known
    search_namespace: Known
    namespace: Known
    resource: Known
    cluster_wide: Truth
    folder_annotation: Known
    folders: Truth


class Stop(NamedTuple):
    """Values that stop the render: a guard of the chart, or a map that the values took away."""

    id: str
    kind: str
    message: str
    paths: tuple[Path, ...]
    reasons: tuple[Reason, ...]
    holds: Truth
    switch: Path | None = None
    """An option that takes the guard away."""
    cure: tuple[tuple[Path, Any], ...] = ()
    """Values with which the release would render."""


class Objects(NamedTuple):
    """What a release renders."""

    facts: Facts
    scope: Scope
    stops: tuple[Stop, ...]
    monitors: tuple[Monitor, ...]
    services: tuple[Service, ...]
    dashboards: tuple[Dashboard, ...]
    rules: tuple[RuleGroup, ...]
    prometheus: Prometheus | None
    operator: Operator | None
    sidecar: Sidecar | None
    asked: frozenset[Path] = frozenset()
    """The paths that decide what the guards say."""

    def renders(self, with_crds: bool = True) -> Truth:
        """Whether Helm renders the release; with the monitoring CRDs known to it, or without."""
        answer: Truth = True
        for stop in self.stops:
            if stop.kind != "capability" or not with_crds:
                if stop.holds:
                    return False
                answer = None
        return answer


def objects(
    facts: Facts, values: Values, name: str | None, namespace: str | None, only: Container[str] | None = None
) -> Objects:
    """The objects that a chart version makes of values. `name` and `namespace` are the release's, None if not known.

    With `only`, there are no more monitors and dashboards than those of these components and groups, and neither
    Services and rules nor stops; who selects is all there.
    """
    scope = scope_of(facts, values, name, namespace)
    guards = _guards(facts, scope) if only is None else []
    asked = scope.seen() if only is None else frozenset()
    services: tuple[Service, ...] = ()
    rules: tuple[RuleGroup, ...] = ()
    if only is None:
        services = services_of(facts, scope)
        rules = tuple(_rule(item, inner) for item in facts.rules for inner in items(item.for_each, scope))
    monitors = tuple(
        monitor
        for item in facts.monitors
        if only is None or item.component in only
        for monitor in monitors_of(item, scope)
    )
    dashboards = tuple(
        dashboard
        for item in facts.dashboards
        if only is None or item.group in only
        for dashboard in dashboards_of(item, scope)
    )
    prometheus = None if facts.prometheus is None else _prometheus(facts.prometheus, scope)
    operator = None if facts.operator is None else _operator(facts.operator, scope)
    sidecar = None if facts.sidecar is None else _sidecar(facts.sidecar, scope)
    stops: list[Stop] = []
    if only is None:
        for path in facts.reads:
            scope.lookup(path)
        scope.recording = False
        stops += [_stop(guard, holds, inner) for guard, holds, inner in guards]
        stops += [_mistyped(*mismatch, scope) for mismatch in _mismatches(facts, values)]
        stops += [_broken(path, wanted, scope) for path, wanted in dict.fromkeys(scope.broken)]
    return Objects(
        facts, scope, tuple(stops), monitors, services, dashboards, rules, prometheus, operator, sidecar, asked
    )


def stops_by_guards(facts: Facts, values: Values, name: str | None, namespace: str | None) -> list[Stop]:
    """What the chart's guards say of values."""
    scope = scope_of(facts, values, name, namespace)
    return [_stop(guard, holds, inner) for guard, holds, inner in _guards(facts, scope)]


def _guards(facts: Facts, scope: Scope) -> list[tuple[GuardFacts, Truth, Scope]]:
    """The guards that hold, or may, with the scope in which they do."""
    return [
        (guard, holds, inner)
        for guard in facts.guards
        for inner in items(guard.for_each, scope, False)
        if (holds := guard.when.evaluate(inner)) is not False
    ]


def _stop(guard: GuardFacts, holds: Truth, scope: Scope) -> Stop:
    reasons = tuple(reason._replace(path=scope.absolute(reason.path)) for reason in guard.when.explain(scope))
    paths = tuple(map(scope.absolute, guard.paths)) or tuple(dict.fromkeys(reason.path for reason in reasons))
    return Stop(guard.id, guard.kind, guard.message, paths, reasons, holds, guard.switch, guard.cure)


def _broken(path: Path, wanted: str, scope: Scope) -> Stop:
    value = scope.get(path)
    what = "nothing" if value is None else "a list" if isinstance(value, list) else go_text(value)
    message = f"the chart needs {wanted} at {format_path(path)}, where {what} stands"
    return Stop("wrong-shape", "render", message, (path,), (Reason(path, value, False, wanted),), True)


def _mismatches(facts: Facts, values: Values) -> list[tuple[Path, str, str]]:
    if facts.accepted is None:
        return []
    return list(mismatches(values.user, values.defaults, facts.accepted))


def _mistyped(path: Path, found: str, wanted: str, scope: Scope) -> Stop:
    message = f"the chart's schema wants {wanted} at {format_path(path)}, not {found}"
    return Stop("wrong-type", "schema", message, (path,), (Reason(path, scope.get(path), False, wanted),), True)


def _truth(condition: Condition | None, scope: Scope) -> Truth:
    return True if condition is None else condition.evaluate(scope)


def _known(texts: Iterable[tuple[Text, Condition | None]], scope: Scope) -> tuple[Known, ...]:
    """Those texts whose condition holds; an Unknown for each whose condition is not known."""
    out: list[Known] = []
    for text, condition in texts:
        truth = _truth(condition, scope)
        if truth is not False:
            value = text.evaluate(scope)
            out.append(value if truth or isinstance(value, Unknown) else Unknown(value))
    return tuple(out)


def items(for_each: Path | None, scope: Scope, strict: bool = True) -> list[Scope]:
    """The scope itself, or one for each item of a list or map, as Go ranges over both.

    Unless it is `strict`, it is no matter that something else stands there, and what is no map is `$item.$value`.
    """
    if for_each is None:
        return [scope]
    listed = scope.get(for_each)
    if isinstance(listed, Unknown) or not listed:
        return []
    if isinstance(listed, dict):
        pairs: list[tuple[Any, Any]] = sorted(listed.items())
    elif isinstance(listed, list):
        pairs = list(enumerate(listed))
    else:
        if strict:
            scope.note(for_each, "a list")
        return []
    scopes = []
    for key, item in pairs:
        if isinstance(item, dict):
            scopes.append(scope.with_item({**item, "$key": key}, (*for_each, key)))
        elif isinstance(item, Unknown):
            continue
        elif strict:
            scope.note((*for_each, key), "a map")
        else:
            scopes.append(scope.with_item({"$key": key, "$value": item}, (*for_each, key)))
    return scopes


def scope_of(facts: Facts, values: Values, name: str | None, namespace: str | None) -> Scope:
    """What the expressions of a chart version see of a release."""
    return Scope(values.data, values.defaults, name, namespace, facts)


def monitors_of(facts: MonitorFacts, scope: Scope) -> list[Monitor]:
    """The monitors of one entry of the facts: one, or one for each item that it repeats for."""
    return [_monitor(facts, inner) for inner in items(facts.for_each, scope)]


def _monitor(facts: MonitorFacts, scope: Scope) -> Monitor:
    rendered = facts.when.evaluate(scope)
    with scope.recording_if(rendered is True):
        labels, origins = facts.labels.trace(scope)
        kind = facts.kind.evaluate(scope)
        return Monitor(
            facts,
            scope,
            "ServiceMonitor" if isinstance(kind, Unknown) else kind,
            facts.name.evaluate(scope),
            facts.namespace.evaluate(scope),
            rendered,
            labels,
            origins,
            _known(((port.port, port.when) for port in facts.endpoints), scope),
            facts.selector.evaluate(scope),
            tuple(text.evaluate(scope) for text in facts.target_namespaces),
        )


def services_of(facts: Facts, scope: Scope) -> tuple[Service, ...]:
    """The Services that are rendered, or may be."""
    return tuple(service for item in facts.services if (service := _service(item, scope)) is not None)


def _service(facts: ServiceFacts, scope: Scope) -> Service | None:
    rendered = facts.when.evaluate(scope)
    if rendered is False:
        return None
    return Service(
        facts.name.evaluate(scope),
        facts.namespace.evaluate(scope),
        facts.labels.evaluate(scope),
        _known(((port.port, port.when) for port in facts.ports), scope),
        rendered,
    )


def dashboards_of(facts: DashboardFacts, scope: Scope) -> list[Dashboard]:
    """The dashboards of one group."""
    rendered = facts.when.evaluate(scope)
    with scope.recording_if(rendered is True):
        names: tuple[Known | None, ...] = (None,)
        if facts.names is not None:
            names = _known(((port.port, port.when) for port in facts.names), scope)
        namespace, labels = facts.namespace.evaluate(scope), facts.labels.evaluate(scope)
        annotations = {} if facts.annotations is None else facts.annotations.evaluate(scope)
        return [Dashboard(facts, scope, name, namespace, rendered, labels, annotations) for name in names]


def _rule(facts: RuleFacts, scope: Scope) -> RuleGroup:
    rendered = facts.when.evaluate(scope)
    with scope.recording_if(rendered is True):
        names = None if facts.names is None else _known(((port.port, port.when) for port in facts.names), scope)
        return RuleGroup(facts, names, facts.namespace.evaluate(scope), rendered, facts.labels.evaluate(scope))


def _prometheus(facts: PrometheusFacts, scope: Scope) -> Prometheus:
    rendered = facts.when.evaluate(scope)
    with scope.recording_if(rendered is True):
        kind = facts.kind.evaluate(scope)
        selectors = {
            name: facts.selectors[name].evaluate(scope) if name in facts.selectors else None for name in SELECTORS
        }
        return Prometheus(
            facts,
            "Prometheus" if isinstance(kind, Unknown) else kind,
            facts.name.evaluate(scope),
            facts.namespace.evaluate(scope),
            rendered,
            selectors,
            facts.ignores_namespaces.evaluate(scope),
        )


def _operator(facts: OperatorFacts, scope: Scope) -> Operator:
    installed = facts.when.evaluate(scope)
    with scope.recording_if(installed is True):
        return Operator(
            installed,
            _namespaces(facts.namespaces, scope),
            _namespaces(facts.deny_namespaces, scope),
            _namespaces(facts.prometheus_instance_namespaces, scope),
        )


def _namespaces(sources: tuple[NamespaceFacts, ...], scope: Scope) -> tuple[Known, ...]:
    out: list[Known] = []
    for source in sources:
        truth = _truth(source.when, scope)
        if truth is False:
            continue
        if source.path is None:
            given: Any = source.text.evaluate(scope)
        else:
            given = scope.get(source.path)
            if source.tpl:
                given = render_tpl(given, scope)
        if truth is None:
            out.append(Unknown("a namespace that depends on a value that is not known"))
        elif isinstance(given, list):
            out += [item if isinstance(item, Unknown) else go_text(item) for item in given]
        elif isinstance(given, Unknown):
            out.append(given)
        elif given:
            out += [part for part in go_text(given).split(",") if part]
    return tuple(dict.fromkeys(out))


def _sidecar(facts: SidecarFacts, scope: Scope) -> Sidecar:
    enabled = facts.when.evaluate(scope)
    with scope.recording_if(enabled is True):
        return Sidecar(
            facts,
            enabled,
            facts.label.evaluate(scope),
            facts.label_value.evaluate(scope),
            facts.search_namespace.evaluate(scope),
            facts.namespace.evaluate(scope),
            facts.resource.evaluate(scope),
            facts.cluster_wide.evaluate(scope),
            facts.folder_annotation.evaluate(scope),
            facts.folders.evaluate(scope),
        )
