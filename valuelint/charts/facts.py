"""The facts of one chart version: read from `schemas/<chart>/*.yaml`, narrowed to the version, made into trees.

A mapping anywhere in a facts file may carry `versions`; where the version is outside, the mapping is dropped. What is
left knows no versions. docs/facts.md describes the sections.
"""

from __future__ import annotations

from valuelint import resources
from valuelint.charts import tables, versions
from valuelint.charts.expressions import Compiler, Condition, FactsError, Group, Labels, Leaf, Text, Value
from valuelint.light import Any, NamedTuple, pattern
from valuelint.syntax import Path

SELECTORS = (
    "service_monitor_selector",
    "service_monitor_namespace_selector",
    "pod_monitor_selector",
    "pod_monitor_namespace_selector",
    "rule_selector",
    "rule_namespace_selector",
    "probe_selector",
    "scrape_config_selector",
)


MOST_STRETCHES = 100
"""Stretches of versions that are worth rendering one by one where a version is not known."""

_VISIBLE = ("prometheus", "operator", "grafana")
_NAME = pattern(r"@([\w-]+)")


class PortFacts(NamedTuple):
    """A port of a monitor's endpoint or of a Service."""

    port: Text
    when: Condition | None


class MonitorFacts(NamedTuple):
    """One monitor of a chart: rendered where `asked_by` is on and `needs` hold; one per item of `for_each`."""

    component: str
    kind: Text
    name: Text
    asked_by: Path | None
    needs: Condition
    when: Condition
    """Both: what has to hold for it to be rendered."""
    namespace: Text
    namespace_path: Path | None
    ignored_namespace_path: Path | None
    labels: Labels
    labels_path: Path | None
    metrics: Path | None
    endpoints: tuple[PortFacts, ...]
    selector: Labels
    target_namespaces: tuple[Text, ...]
    pod_labels: dict[str, str]
    """Labels of the pods that serve these metrics, as far as they are the same in every release."""
    annotated: Condition
    """Whether its Service carries the annotation prometheus.io/scrape beside it."""
    for_each: Path | None
    absent: str
    """The versions that have this monitor, where this one has not."""


class ServiceFacts(NamedTuple):
    """A Service that serves metrics."""

    component: str
    when: Condition
    name: Text
    namespace: Text
    labels: Labels
    ports: tuple[PortFacts, ...]


class DashboardFacts(NamedTuple):
    """A group of dashboard ConfigMaps that share a condition; without names they are many and alike."""

    group: str
    when: Condition
    asked_by: Path | None
    names: tuple[PortFacts, ...] | None
    namespace: Text
    namespace_path: Path | None
    labels: Labels
    label_path: Path | None
    label_value_path: Path | None
    annotations: Labels | None
    served: Condition | None
    """Whether the metrics that they draw are served; None where that hangs on more than switches."""


class RuleFacts(NamedTuple):
    """A group of PrometheusRules with equal labels."""

    group: str
    when: Condition
    namespace: Text
    labels: Labels
    names: tuple[PortFacts, ...] | None
    for_each: Path | None


class PrometheusFacts(NamedTuple):
    """The Prometheus (or PrometheusAgent) object of a chart."""

    when: Condition
    kind: Text
    name: Text
    namespace: Text
    selectors: dict[str, Value]
    selector_paths: dict[str, Path]
    nil_uses_paths: dict[str, Path]
    scrape_paths: tuple[Path, ...]
    """Where scrape jobs can be given that need no monitor."""
    interval_path: Path | None
    features_path: Path | None
    ignores_namespaces: Condition
    """Whether the operator takes no notice of the namespaceSelector of monitors."""


class NamespaceFacts(NamedTuple):
    """A source of namespaces: a text, or the list (or comma-separated string) at a path."""

    text: Text
    when: Condition | None
    path: Path | None
    tpl: bool


class OperatorFacts(NamedTuple):
    """The prometheus-operator's view of namespaces; each list is empty where the option is not given."""

    when: Condition
    namespaces: tuple[NamespaceFacts, ...]
    deny_namespaces: tuple[NamespaceFacts, ...]
    prometheus_instance_namespaces: tuple[NamespaceFacts, ...]


class SidecarFacts(NamedTuple):
    """The sidecar that loads dashboards into Grafana."""

    when: Condition
    label: Text
    label_value: Text
    search_namespace: Text
    namespace: Text
    resource: Text
    cluster_wide: Condition
    label_path: Path | None
    label_value_path: Path | None
    search_namespace_path: Path | None
    folder_annotation: Text
    """The annotation in which it looks for the directory of a dashboard."""
    folder_annotation_path: Path | None
    folders: Condition
    """Whether Grafana makes folders of directories."""
    folders_path: Path | None
    folder_annotations: tuple[str, ...]
    """Annotations that mean a folder, whoever reads them."""


class GuardFacts(NamedTuple):
    """Values that make the render stop; a `capability` guard only where the monitoring CRDs are absent.

    With `for_each`, each item of a list or map is looked at by itself.
    """

    id: str
    for_each: Path | None
    when: Condition
    kind: str
    message: str
    paths: tuple[Path, ...]
    switch: Path | None
    """An option that takes the guard away where what it asks for is known to be there."""
    cure: tuple[tuple[Path, Any], ...]
    """Values with which the chart would render what the user asks for."""


class Facts(NamedTuple):
    """Everything known about one version of a chart."""

    chart: str
    version: str
    names: dict[str, Text]
    conditions: dict[str, Condition]
    labels: dict[str, Labels]
    monitors: tuple[MonitorFacts, ...]
    services: tuple[ServiceFacts, ...]
    dashboards: tuple[DashboardFacts, ...]
    rules: tuple[RuleFacts, ...]
    prometheus: PrometheusFacts | None
    operator: OperatorFacts | None
    sidecar: SidecarFacts | None
    guards: tuple[GuardFacts, ...]
    reads: tuple[Path, ...]
    accepted: dict[tuple[str, ...], str | list[Any]] | None
    """What the chart's JSON Schema accepts beside the types of the defaults; None where it has no schema."""
    raw: dict[str, Any]


class Chart:
    """A chart that `schemas/` describes."""

    def __init__(self, name: str, files: list[str]) -> None:
        self.name = name
        self._files = files
        head = resources.load(f"schemas/{name}/chart.yaml")
        self.title: str = head.get("title", name)
        self.forks: dict[str, dict[str, Any]] = head.get("forks", {})
        self.signature: tuple[str, ...] = tuple(head.get("signature", ()))
        self.file_names: tuple[str, ...] = tuple(head.get("file_names", ()))
        self.usual_release: dict[str, str] = head.get("usual", {})
        self.repositories: tuple[str, ...] = tuple(head.get("repositories", ()))
        self._facts: dict[str, Facts] = {}
        self._table: tables.Table | None = None
        self._sections: dict[str, Any] | None = None
        self._representatives: tuple[list[str], bool] | None = None

    @property
    def _raw(self) -> dict[str, Any]:
        """All sections of all files, for all versions."""
        if self._sections is None:
            self._sections = self._read()
        return self._sections

    def _read(self) -> dict[str, Any]:
        sections: dict[str, Any] = {}
        for file in self._files:
            for section, content in resources.load(file).items():
                known = sections.get(section)
                if isinstance(content, dict) and isinstance(known, dict):
                    sections[section] = {**known, **content}
                elif isinstance(content, list) and isinstance(known, list):
                    sections[section] = known + content
                else:
                    sections[section] = content
        return sections

    @property
    def table(self) -> tables.Table:
        """The default values of every released version."""
        if self._table is None:
            self._table = tables.load(self.name)
        return self._table

    def defaults(self, version: str, fork: str = "") -> dict[str, Any]:
        """The values that Helm starts from; those of a `fork` as far as its own are known. Do not change them."""
        own = self.forks.get(fork)
        return tables.over(own, self.table.defaults(version)) if own else self.table.defaults(version)

    @property
    def versions(self) -> list[str]:
        """Every released version that is known, oldest first."""
        return self.table.versions

    def at(self, version: str) -> Facts:
        """The facts of a version. Raises FactsError if the facts files are wrong."""
        if version not in self._facts:
            self._facts[version] = self._narrow(version)
        return self._facts[version]

    def _narrow(self, version: str) -> Facts:
        raw = resources.derived(self._files[0], version, lambda: self._specialised(version), self._files[1:])
        try:
            facts = _compile(self.name, version, raw)
            return facts._replace(accepted=self.table.accepted(version)) if self.table.has_schema(version) else facts
        except (FactsError, KeyError, TypeError, ValueError) as error:
            raise FactsError(f"facts of {self.name} {version}: {type(error).__name__}: {error}") from error

    def _specialised(self, version: str) -> dict[str, Any]:
        narrowed: dict[str, Any] = specialise(self._raw, versions.parse_version(version))
        return narrowed

    def representatives(self) -> tuple[list[str], bool]:
        """One released version for each stretch of versions that the facts tell apart, oldest first.

        What holds for all of them holds for every supported version. Where the facts tell more than MOST_STRETCHES
        apart, only what other releases can see is told apart (Prometheus, operator, Grafana), and the answer is False
        beside: of the chart's own objects nothing follows then.
        """
        if self._representatives is None:
            found, complete = resources.derived(self._files[0], "stretches", self._stretches, self._files[1:])
            self._representatives = (list(found), bool(complete))
        return self._representatives

    def _stretches(self) -> tuple[list[str], bool]:
        every = _stretches(self, self._raw)
        if len(every) <= MOST_STRETCHES:
            return every, True
        return _stretches(self, _visible(self._raw)), False


def specialise(data: Any, version: versions.Version | None) -> Any:
    """The data without the mappings whose `versions` leave this version out, and without the key itself.

    Without a version nothing is left out but the key.
    """
    if isinstance(data, dict):
        out = {}
        for key, value in data.items():
            if key == "versions":
                continue
            if isinstance(value, dict):
                if _left_out(value, version):
                    continue
                value = specialise(value, version)
            elif isinstance(value, list):
                value = specialise(value, version)
            out[key] = value
        return out
    if isinstance(data, list):
        return [
            specialise(item, version) if isinstance(item, (dict, list)) else item
            for item in data
            if not _left_out(item, version)
        ]
    return data


def _left_out(item: Any, version: versions.Version | None) -> bool:
    if version is None or not isinstance(item, dict) or "versions" not in item:
        return False
    return not versions.Range.parse(str(item["versions"])).contains(version)


def _ranges(data: Any) -> set[str]:
    """Every `versions` in the data."""
    found: set[str] = set()
    if isinstance(data, dict):
        found.update(data[key] for key in ("versions", "in_chart") if isinstance(data.get(key), str))
        for value in data.values():
            found |= _ranges(value)
    elif isinstance(data, list):
        for item in data:
            found |= _ranges(item)
    return found


def _visible(raw: dict[str, Any]) -> dict[str, Any]:
    """The sections that decide what a release means to others, with the named expressions that they use."""
    sections: dict[str, Any] = {name: raw[name] for name in _VISIBLE if name in raw}
    waiting = list(sections.values())
    while waiting:
        mentioned = set(_NAME.findall(repr(waiting.pop())))
        for section in ("names", "conditions", "labels"):
            for name in mentioned & raw.get(section, {}).keys() - sections.setdefault(section, {}).keys():
                sections[section][name] = raw[section][name]
                waiting.append(raw[section][name])
    return sections


def _stretches(chart: Chart, raw: dict[str, Any]) -> list[str]:
    """The last released version of each stretch in which these sections, and the defaults they read, are the same."""
    compiler = Compiler(eager=True)
    _compile(chart.name, chart.versions[-1], specialise(raw, None), compiler)
    ranges = [versions.Range.parse(text) for text in sorted(_ranges(raw))]
    histories = [chart.table.history(path) for path in sorted(compiler.paths, key=str)]
    starts = [[(versions.parse_version(first), repr(value)) for first, _, value in history] for history in histories]
    ends = [[versions.parse_version(last) for _, last, _ in history] for history in histories]
    stretches: dict[tuple[Any, ...], str] = {}
    for version in chart.versions:
        if versions.is_prerelease(version):
            continue
        parsed = versions.parse_version(version)
        defaults = tuple(
            next((value for (first, value), last in zip(spans, lasts, strict=True) if first <= parsed <= last), "")
            for spans, lasts in zip(starts, ends, strict=True)
        )
        stretches[tuple(item.contains(parsed) for item in ranges) + defaults] = version
    return sorted(stretches.values(), key=versions.parse_version)


def _compile(chart: str, version: str, raw: dict[str, Any], compiler: Compiler | None = None) -> Facts:
    make = compiler or Compiler()
    sidecar = raw.get("grafana", {}).get("sidecar")
    return Facts(
        chart=chart,
        version=version,
        names={name: make.text(text) for name, text in raw.get("names", {}).items()},
        conditions={name: make.condition(tree) for name, tree in raw.get("conditions", {}).items()},
        labels={name: make.labels(sources) for name, sources in raw.get("labels", {}).items()},
        monitors=tuple(_monitor(make, name, data, version) for name, data in raw.get("monitors", {}).items()),
        services=tuple(_service(make, name, data) for name, data in raw.get("services", {}).items()),
        dashboards=tuple(_dashboard(make, name, data) for name, data in raw.get("dashboards", {}).items()),
        rules=tuple(_rule(make, name, data) for name, data in raw.get("rules", {}).items()),
        prometheus=_prometheus(make, raw["prometheus"]) if "prometheus" in raw else None,
        operator=_operator(make, raw["operator"]) if "operator" in raw else None,
        sidecar=_sidecar(make, sidecar) if sidecar else None,
        guards=tuple(_guard(make, data) for data in raw.get("guards", ())),
        reads=tuple(make.path(path) for path in raw.get("reads", ())),
        accepted=None,
        raw=raw,
    )


def _optional_path(make: Compiler, data: dict[str, Any], key: str) -> Path | None:
    """A path that may be missing; of a list of `{path: …}`, the first that is left for the version."""
    given = data.get(key)
    if isinstance(given, list):
        given = given[0]["path"] if given else None
    return make.path(given["path"] if isinstance(given, dict) else given) if given else None


def _ports(make: Compiler, data: list[Any], key: str) -> tuple[PortFacts, ...]:
    return tuple(
        PortFacts(make.text(item[key]), make.maybe(item))
        if isinstance(item, dict) and key in item
        else PortFacts(make.text(item), None)
        for item in data
    )


def _monitor(make: Compiler, component: str, data: dict[str, Any], version: str) -> MonitorFacts:
    asked_by, needs = _optional_path(make, data, "asked_by"), make.condition(data.get("needs", []))
    absent = "" if versions.Range.parse(data.get("in_chart", ">=0")).contains(version) else data["in_chart"]
    if absent:
        needs = make.condition(False)
    return MonitorFacts(
        component=component,
        kind=make.text(data.get("kind", "ServiceMonitor")),
        name=make.text(data["name"]),
        asked_by=asked_by,
        needs=needs,
        when=needs if asked_by is None else Group([needs, Leaf(asked_by, "truthy", None)], every=True),
        namespace=make.text(data["namespace"]),
        namespace_path=_optional_path(make, data, "namespace_path"),
        ignored_namespace_path=_optional_path(make, data, "ignored_namespace_path"),
        labels=make.labels(data.get("labels", [])),
        labels_path=_optional_path(make, data, "labels_path"),
        metrics=_optional_path(make, data, "metrics"),
        endpoints=_ports(make, data.get("endpoints", []), "port"),
        selector=make.labels(data.get("selector", [])),
        target_namespaces=tuple(make.text(item) for item in data.get("target_namespaces", ())),
        pod_labels=data.get("pod_labels", {}),
        annotated=make.condition(data.get("annotated", False)),
        for_each=_optional_path(make, data, "for_each"),
        absent=absent,
    )


def _service(make: Compiler, component: str, data: dict[str, Any]) -> ServiceFacts:
    return ServiceFacts(
        component=component,
        when=make.condition(data.get("when", [])),
        name=make.text(data["name"]),
        namespace=make.text(data["namespace"]),
        labels=make.labels(data.get("labels", [])),
        ports=_ports(make, data.get("ports", []), "port"),
    )


def _dashboard(make: Compiler, group: str, data: dict[str, Any]) -> DashboardFacts:
    return DashboardFacts(
        group=group,
        when=make.condition(data.get("when", [])),
        asked_by=_optional_path(make, data, "asked_by"),
        names=_ports(make, data["names"], "name") if "names" in data else None,
        namespace=make.text(data["namespace"]),
        namespace_path=_optional_path(make, data, "namespace_path"),
        labels=make.labels(data.get("labels", [])),
        label_path=_optional_path(make, data, "label_path"),
        label_value_path=_optional_path(make, data, "label_value_path"),
        annotations=make.labels(data["annotations"]) if "annotations" in data else None,
        served=make.condition(data["served"]) if "served" in data else None,
    )


def _rule(make: Compiler, group: str, data: dict[str, Any]) -> RuleFacts:
    return RuleFacts(
        group=group,
        when=make.condition(data.get("when", [])),
        namespace=make.text(data["namespace"]),
        labels=make.labels(data.get("labels", [])),
        names=_ports(make, data["names"], "name") if "names" in data else None,
        for_each=_optional_path(make, data, "for_each"),
    )


def _prometheus(make: Compiler, data: dict[str, Any]) -> PrometheusFacts:
    return PrometheusFacts(
        when=make.condition(data.get("when", [])),
        kind=make.text(data.get("kind", "Prometheus")),
        name=make.text(data["name"]),
        namespace=make.text(data["namespace"]),
        selectors={name: make.value(data["selectors"][name]) for name in SELECTORS if name in data["selectors"]},
        selector_paths={name: make.path(path) for name, path in data.get("selector_paths", {}).items()},
        nil_uses_paths={name: make.path(path) for name, path in data.get("nil_uses_paths", {}).items()},
        scrape_paths=tuple(make.path(path) for path in data.get("scrape_paths", ())),
        interval_path=_optional_path(make, data, "interval_path"),
        features_path=_optional_path(make, data, "features_path"),
        ignores_namespaces=make.condition(data.get("ignores_namespaces", False)),
    )


def _namespaces(make: Compiler, data: list[Any]) -> tuple[NamespaceFacts, ...]:
    out = []
    for item in data:
        spec = item if isinstance(item, dict) else {"text": item}
        path = make.path(spec["from"]) if "from" in spec else None
        text = make.text("" if path else spec["text"])
        out.append(NamespaceFacts(text, make.maybe(spec), path, bool(spec.get("tpl"))))
    return tuple(out)


def _operator(make: Compiler, data: dict[str, Any]) -> OperatorFacts:
    return OperatorFacts(
        when=make.condition(data.get("when", [])),
        namespaces=_namespaces(make, data.get("namespaces", [])),
        deny_namespaces=_namespaces(make, data.get("deny_namespaces", [])),
        prometheus_instance_namespaces=_namespaces(make, data.get("prometheus_instance_namespaces", [])),
    )


def _sidecar(make: Compiler, data: dict[str, Any]) -> SidecarFacts:
    return SidecarFacts(
        when=make.condition(data.get("when", [])),
        label=make.text(data["label"]),
        label_value=make.text(data["label_value"]),
        search_namespace=make.text(data["search_namespace"]),
        namespace=make.text(data["namespace"]),
        resource=make.text(data.get("resource", "both")),
        cluster_wide=make.condition(data.get("cluster_wide", True)),
        label_path=_optional_path(make, data, "label_path"),
        label_value_path=_optional_path(make, data, "label_value_path"),
        search_namespace_path=_optional_path(make, data, "search_namespace_path"),
        folder_annotation=make.text(data.get("folder_annotation", "")),
        folder_annotation_path=_optional_path(make, data, "folder_annotation_path"),
        folders=make.condition(data.get("folders", False)),
        folders_path=_optional_path(make, data, "folders_path"),
        folder_annotations=tuple(data.get("folder_annotations", ())),
    )


def _guard(make: Compiler, data: dict[str, Any]) -> GuardFacts:
    return GuardFacts(
        id=data["id"],
        for_each=_optional_path(make, data, "for_each"),
        when=make.condition(data["when"]),
        kind=data.get("kind", "fail"),
        message=data.get("message", ""),
        paths=tuple(make.path(path) for path in data.get("paths", ())),
        switch=_optional_path(make, data, "switch"),
        cure=tuple((make.path(path), value) for path, value in data.get("cure", {}).items()),
    )


_charts: dict[str, Chart] = {}


def chart_names() -> list[str]:
    """The charts that `schemas/` describes."""
    return resources.folders("schemas")


def load_chart(name: str) -> Chart | None:
    """A chart by its name or that of one of its forks; None if `schemas/` does not describe it."""
    if name not in _charts:
        folder = _folder(name)
        if folder is None:
            return None
        names = [file for file in resources.names(f"schemas/{folder}") if file.endswith(".yaml")]
        files = [f"schemas/{folder}/{file}" for file in names if file != "corrections.yaml"]
        _charts[folder] = _charts.get(folder) or Chart(folder, files)
        _charts[name] = _charts[folder]
    return _charts[name]


def _folder(name: str) -> str | None:
    folders = chart_names()
    if name in folders:
        return name
    for folder in folders:
        if name in resources.load(f"schemas/{folder}/chart.yaml").get("forks", ()):
            return folder
    return None
