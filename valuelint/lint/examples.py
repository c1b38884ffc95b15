"""Examples of rules, made into workspaces: the documentation of a rule is also its test."""

from __future__ import annotations

from valuelint.light import Any, Mapping, NamedTuple
from valuelint.lint import engine, fix
from valuelint.lint.engine import Finding, Outcome
from valuelint.lint.rule import Rule
from valuelint.syntax import Mapping as MappingNode
from valuelint.syntax import Source, SourceError, format_path, parse
from valuelint.values import Layer, Placement
from valuelint.values.layer import place
from valuelint.workspace.release import Cluster, Delivery, Release, Workspace
from valuelint.workspace.settings import Settings
from valuelint.workspace.umbrellas import beside

DELIVERY = "delivery"
"""How the fixed texts of an example call the one that says how a release is delivered."""

Finds = tuple[str, str, str]
"""A finding, as an example states it: chart, path, severity."""


class Given(NamedTuple):
    """A release of an example; what is None is not known. `texts` are its values files, in order; with
    `under`, those of an umbrella chart that has its values below that key, and other charts `beside` it.
    """

    chart: str
    version: str | None
    name: str | None
    namespace: str | None
    texts: tuple[str, ...]
    under: str = ""
    delivery: Delivery | None = None
    beside: tuple[str, ...] = ()


class Example(NamedTuple):
    """Values and what a rule makes of them. A good example has no `finds`.

    `fixed` holds the texts after the fix of each chart whose values it changes; None where there is none to apply.
    `undecided` says that the rule leaves something open.
    """

    title: str
    releases: tuple[Given, ...]
    expected: dict[str, str]
    finds: tuple[Finds, ...]
    fixed: dict[str, tuple[str, ...]] | None
    undecided: bool
    strict: bool = False
    environment: tuple[str, ...] = ()
    cluster: str = "example"

    @property
    def bad(self) -> bool:
        """Whether the rule finds something."""
        return bool(self.finds)


def examples(rule: Rule) -> list[Example]:
    """All examples of a rule, the bad ones first."""
    given = rule.data["examples"]
    return [read_example(item) for kind in ("bad", "good") for item in given[kind]]


def read_example(data: Mapping[str, Any]) -> Example:
    """An example from its data in a rule's file, as schemas/rule.schema.json describes it."""
    releases = tuple(_given(chart, release) for chart, release in data["releases"].items())
    only = releases[0].chart
    finds = [(item.get("chart", only), item["path"], item["severity"]) for item in data.get("finds", ())]
    fixed = {chart: _texts(given) for chart, given in data["fixed"].items()} if "fixed" in data else None
    config = data.get("config", {})
    expected, strict = dict(config.get("expect", {})), config.get("strict", False)
    environment = tuple(config.get("environment", ()))
    open_, cluster = data.get("undecided", False), config.get("cluster", "example")
    return Example(data["title"], releases, expected, tuple(finds), fixed, open_, strict, environment, cluster)


def _given(chart: str, data: Mapping[str, Any]) -> Given:
    texts = _texts(data["values"]) if "values" in data else ()
    told = data.get("delivery")
    delivery = None
    if told is not None:
        options = ", ".join(told.get("options", ()))
        layer = _layer(Source.from_text(f"syncPolicy: {{syncOptions: [{options}]}}\n", f"{DELIVERY}.yaml"), "")
        delivery = Delivery(told["by"], tuple(told.get("options", ())), told.get("crds", True), None, layer)
    version, name, namespace = (data.get(key) for key in ("version", "name", "namespace"))
    beside = tuple(data.get("beside", ()))
    return Given(chart, version, name, namespace, texts, data.get("under", ""), delivery, beside)


def _texts(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def workspace(example: Example, profile: str = "default") -> Workspace:
    """The workspace that an example describes, made of text alone. Raises SourceError if a text is no values file.

    `profile` is the one that its rule applies in.
    """
    releases = tuple(_release(given) for given in example.releases)
    cluster = Cluster(example.cluster, releases, True, example.expected)
    if example.strict or example.environment or profile != "default":
        wanted = Settings(strict=example.strict, profile=profile, environment=example.environment)
        cluster = cluster._replace(settings=wanted)
    return Workspace((cluster,), None, (), (), (), ())


def _release(given: Given) -> Release:
    names = file_names(given)
    layers = [_layer(Source.from_text(text, name), given.under) for name, text in zip(names, given.texts, strict=True)]
    claims = {given.under: "", **{key: key for key in given.beside}}
    around = tuple(beside(layers, given.under, claims, "")) if given.under else ()
    version, name, namespace = given.version, given.name, given.namespace
    return Release(given.chart, version, name, namespace, tuple(layers), {}, beside=around, delivery=given.delivery)


def file_names(given: Given) -> tuple[str, ...]:
    """What the values files of an example's release are called."""
    if len(given.texts) == 1:
        return (f"{given.chart}.yaml",)
    return tuple(f"{given.chart}-{number}.yaml" for number in range(1, len(given.texts) + 1))


def _layer(source: Source, under: str) -> Layer:
    documents = parse(source)
    document = documents[0]
    root = document.root
    if len(documents) > 1 or not (root is None or isinstance(root, MappingNode)):
        raise SourceError(source.name, 1, 1, "an example's values are one map of options")
    return place(document, Placement((under,))) if under else Layer(source, document, root)


class Result(NamedTuple):
    """What became of an example: the findings of its rule, and the texts after its fixes and after fixing again."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    fixed: dict[str, tuple[str, ...]] | None
    again: dict[str, str]
    left: tuple[Finds, ...]
    """Findings of the rule in the fixed texts."""

    @property
    def finds(self) -> tuple[Finds, ...]:
        """The findings as an example states them, sorted."""
        return tuple(sorted(_stated(finding, self.outcome) for finding in self.findings))


def _stated(finding: Finding, outcome: Outcome) -> Finds:
    chart = outcome.cluster.releases[finding.violation.release].chart
    return chart, format_path(finding.diagnostic.place.path), finding.diagnostic.severity


def run(example: Example, rule: Rule, rules: list[Rule]) -> Result:
    """Lints an example, fixes what the rule may fix of it with all `rules` watching, and lints it again."""
    profile = rule.data.get("profile", "default")
    given = workspace(example, profile)
    outcome = _examine(given, rule, rules)
    level = rule.data["fix_safety"]["level"]
    if level not in ("safe", "unsafe"):
        return Result(outcome, outcome.findings, None, {}, ())
    repaired = fix.repair(given, rules, level, frozenset((rule.id,)))
    if not repaired.texts:
        return Result(outcome, outcome.findings, None, {}, ())
    new = [renewed(release, repaired.texts) for release in example.releases]
    pairs = zip(example.releases, new, strict=True)
    fixed = {after.chart: after.texts for before, after in pairs if before.texts != after.texts}
    if f"{DELIVERY}.yaml" in repaired.texts:
        fixed[DELIVERY] = (repaired.texts[f"{DELIVERY}.yaml"],)
    after = workspace(example._replace(releases=tuple(new)), profile)
    second = _examine(after, rule, rules)
    left = tuple(sorted(_stated(finding, second) for finding in second.findings))
    again = fix.repair(after, rules, level, frozenset((rule.id,))).texts
    return Result(outcome, outcome.findings, fixed, again, left)


def _examine(given: Workspace, rule: Rule, rules: list[Rule]) -> Outcome:
    """What one rule makes of the only cluster; a rule about the findings of others needs these."""
    cluster = given.clusters[0]
    if rule.data["scope"] != "workspace":
        return engine.examine(cluster, [rule])
    outcome = engine.examine(cluster, rules)
    found = [finding for finding in engine.review([outcome]) if finding.rule.id == rule.id]
    return outcome._replace(findings=tuple(found), undecided=())


def renewed(release: Given, texts: dict[str, str]) -> Given:
    """The release with the texts that fixes left behind, by the names of their files."""
    own = tuple(texts.get(name, text) for name, text in zip(file_names(release), release.texts, strict=True))
    told = release.delivery
    if told is not None and told.layer is not None and told.layer.source.name in texts:
        source = told.layer.source.with_text(texts[told.layer.source.name])
        told = told.renewed({source.name: parse(source)})
    return release._replace(texts=own, delivery=told)
