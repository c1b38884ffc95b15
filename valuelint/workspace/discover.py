"""From the paths of a command line to clusters of releases."""

from __future__ import annotations

import gc
import os

from valuelint.charts import versions
from valuelint.charts.facts import Chart, chart_names, load_chart
from valuelint.light import TYPE_CHECKING, NamedTuple
from valuelint.syntax import Document, Mapping, Source, SourceError, parse
from valuelint.values import Layer
from valuelint.workspace.config import FILE_NAME, Config, ReleaseConfig, find_config, read_config
from valuelint.workspace.release import Cluster, Problem, Release, Scraper, Workspace

if TYPE_CHECKING:
    from valuelint.workspace.clusters import Group
    from valuelint.workspace.repository import Repository
    from valuelint.workspace.settings import Settings

_ENDINGS = (".yaml", ".yml", "")


class Assumptions(NamedTuple):
    """What the command line says of a chart's releases: used where nothing else says it."""

    version: str | None = None
    name: str | None = None
    namespace: str | None = None


class Extra(NamedTuple):
    """A layer that the command line puts on top of the releases of a chart, or of all."""

    chart: str | None
    layer: Layer


class Part(NamedTuple):
    """What becomes one cluster: a declared one, files that were named, or what a repository holds."""

    config: Config | None
    number: int
    files: tuple[str, ...] = ()
    group: Group | None = None
    stacked: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the cluster."""
        if self.config is not None:
            return self.config.clusters[self.number].name
        return self.group.name if self.group is not None else "default"


class Survey:
    """What a run looks at.

    `parts` are read one by one, with `read`, so that a run can let go of a cluster before it looks at the next. What is
    wrong is collected on the way: the other fields are complete when all parts have been read.
    """

    def __init__(self, configs: list[Config], assumed: dict[str, Assumptions], extra: list[Extra]) -> None:
        self.configs = configs
        self.assumed = assumed
        self.extra = extra
        self.parts: list[Part] = []
        self.shown: set[str] = set()
        self.folders: list[str] = []
        self.passed_over: list[str] = []
        self.aside: list[tuple[str, str]] = []
        self.skipped: list[tuple[str, str]] = []
        self.problems: list[Problem] = []
        self.repository: Repository | None = None
        self._scrapers: list[Scraper] | None = None
        self._names: dict[str, str] = {}
        self._uses: dict[str, int] = {}
        for config in configs:
            for cluster in config.clusters:
                for release in cluster.releases:
                    for file, _ in release.values:
                        real = _real(os.path.join(config.folder, file))
                        self._uses[real] = self._uses.get(real, 0) + 1
        self._shared: dict[str, list[Layer]] = {}

    def read(self, part: Part) -> Cluster | None:
        """The cluster of a part; None where its files hold no values of a known chart."""
        cluster = self._completed(self._read(part))
        if cluster is not None and self.repository is not None:
            cluster = cluster._replace(scrapers=self.scrapers)
        config = part.config or (self.configs[0] if self.configs else None)
        if cluster is None or config is None:
            return cluster
        return cluster._replace(levels=config.fix, settings=_settings(part, config))

    def scrapers(self) -> list[Scraper]:
        """What stands in the repository beside the charts and scrapes."""
        if self._scrapers is None:
            from valuelint.workspace.scrapers import scrapers

            self._scrapers = [] if self.repository is None else scrapers(self.repository)
        return self._scrapers

    def _read(self, part: Part) -> Cluster | None:
        if part.config is not None:
            cluster = _declared(part.config, part.number, self)
        elif part.group is not None:
            cluster = Cluster(part.name, (), True, self.expected)
        else:
            return self._with_extra(_recognised(part, self))
        if part.group is not None:
            cluster = _with_group(cluster, part.group, self)
        return self._with_extra(cluster) if cluster.releases or cluster.others else None

    def _completed(self, cluster: Cluster | None) -> Cluster | None:
        """The cluster with the releases that only the command line names: installed without any values."""
        if cluster is None or not cluster.releases:
            return cluster
        present = {release.chart for release in cluster.releases}
        added = [
            Release(chart, said.version, said.name, said.namespace, (), {})
            for chart, said in self.assumed.items()
            if chart not in present and (said.name is not None or said.namespace is not None)
        ]
        return cluster._replace(releases=(*cluster.releases, *added)) if added else cluster

    @property
    def expected(self) -> dict[str, str]:
        """What the configuration expects of clusters that it does not declare."""
        return self.configs[0].expect if self.configs else {}

    def _with_extra(self, cluster: Cluster | None) -> Cluster | None:
        """The cluster with the layers that the command line puts on top."""
        if cluster is None or not self.extra:
            return cluster
        for extra in self.extra:
            charts = dict.fromkeys(release.chart for release in cluster.releases)
            if extra.chart is None and len(charts) > 1:
                option, text = extra.layer.file, extra.layer.source.text
                message = f"{option} {text}: it does not say whose value this is"
                self.problems.append(Problem(message, remedy=f"write {option} {next(iter(charts))}:{text}"))
                return cluster
        releases = []
        for release in cluster.releases:
            more = [extra.layer for extra in self.extra if extra.chart in (None, release.chart)]
            releases.append(release._replace(layers=(*release.layers, *more)))
        return cluster._replace(releases=tuple(releases))

    def shown_names(self) -> frozenset[str]:
        """The files that were asked for, as messages call them."""
        return frozenset(
            name
            for real, name in self._names.items()
            if real in self.shown or any(real.startswith(folder) for folder in self.folders)
        )

    def saw(self, name: str) -> None:
        """Takes down a file by the name that messages call it."""
        self._names[_real(name)] = name

    def layers(self, file: str) -> list[Layer]:
        """The layers of a file; one that several releases share is read once. Raises OSError or Problem."""
        real = _real(file)
        if real in self._shared:
            return self._shared[real]
        try:
            source = Source.read(file, _shown(file))
        except SourceError as error:
            raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None
        self._names[real] = source.name
        layers = _layers(source)
        if self._uses.get(real, 0) > 1:
            self._shared[real] = layers
        return layers


def discover(paths: list[str], config_file: str | None, assumed: dict[str, Assumptions]) -> Workspace:
    """The workspace of some files and folders, with everything read; see `survey`."""
    return read_all(survey(paths, config_file, assumed), bool(paths))


def read_all(found: Survey, some: bool) -> Workspace:
    """The workspace of a survey; `some` if only the findings of the files that were asked for are wanted."""
    clusters = [cluster for part in found.parts if (cluster := found.read(part)) is not None]
    return Workspace(
        tuple(clusters),
        found.shown_names() if some else None,
        tuple(found.passed_over),
        tuple(found.skipped),
        tuple(dict.fromkeys(found.problems)),
        (),
        tuple(found.aside),
    )


def survey(
    paths: list[str],
    config_file: str | None,
    assumed: dict[str, Assumptions],
    extra: list[Extra] | None = None,
    stacked: list[str] | None = None,
) -> Survey:
    """What some files and folders amount to.

    The configuration is `config_file`, or the nearest one upwards from each path. A file that the configuration names
    is judged with its whole cluster, but only the findings of files that were asked for are shown. In folders, and for
    files that are manifests, the releases of the whole repository are looked for; other files are recognised by their
    content and name, and those named together are one cluster. Those in `stacked` are layers of one release for each
    chart; those in `extra` come on top. What is wrong is collected in `problems`, never raised.
    """
    configs, problems = _configs([*paths, *(stacked or ())], config_file)
    found = Survey(configs, dict(assumed), list(extra or ()))
    found.problems += problems
    for name, assumption in assumed.items():
        chart = load_chart(name)
        problem = None if chart is None or assumption.version is None else version_problem(chart, assumption.version)
        if problem is not None:
            found.problems.append(Problem(problem[0], remedy=problem[1]))
            found.assumed[name] = assumption._replace(version=None)
    declared: dict[str, list[tuple[str, int]]] = {}
    for config in configs:
        for index, cluster in enumerate(config.clusters):
            for release in cluster.releases:
                for file, _ in release.values:
                    declared.setdefault(_real(os.path.join(config.folder, file)), []).append((config.file, index))
    wanted: dict[tuple[str, int], None] = {}
    loose: dict[str, None] = {}
    folders: dict[str, None] = {}
    for path in paths or ([] if stacked else [config.folder for config in configs]):
        real = _real(path)
        if os.path.isdir(path):
            for config in configs:
                if _within(config.folder, path):
                    found.saw(config.file)
                    wanted.update(((config.file, index), None) for index in range(len(config.clusters)))
            for file in declared:
                if file.startswith(real + os.sep):
                    wanted.update(dict.fromkeys(declared[file]))
            folders[real] = None
            found.folders.append(real + os.sep)
        elif real in declared:
            wanted.update(dict.fromkeys(declared[real]))
            found.shown.add(real)
        elif os.path.basename(path) == FILE_NAME:
            for config in configs:
                if _real(os.path.join(config.folder, FILE_NAME)) == real:
                    wanted.update(((config.file, index), None) for index in range(len(config.clusters)))
                    found.shown.update(
                        file for file, places in declared.items() if any(name == config.file for name, _ in places)
                    )
        else:
            found.shown.add(real)
            if _belongs_somewhere(path):
                folders[os.path.dirname(real)] = None
            else:
                loose[path] = None
    by_file = {config.file: config for config in configs}
    found.parts = [Part(by_file[file], index) for file, index in wanted]
    if folders:
        _scan(found, list(folders), frozenset(declared), loose)
    if loose or stacked:
        found.parts.append(Part(None, 0, tuple(loose), None, tuple(stacked or ())))
        found.shown.update(_real(file) for file in stacked or ())
    return found


def _belongs_somewhere(path: str) -> bool:
    """Whether a file that was named is to be understood from the repository around it."""
    folder = os.path.dirname(os.path.abspath(path))
    if any(os.path.exists(os.path.join(folder, name)) for name in _ANCHORS):
        return True
    if os.path.basename(path) in _ANCHORS or os.path.splitext(path)[1] not in _ENDINGS:
        return True
    try:
        data = b""
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                data = stream.read()
    except OSError:
        return False
    return (b"apiVersion:" in data and b"kind:" in data) or (b"releases:" in data and b"chart:" in data)


_ANCHORS = ("kustomization.yaml", "kustomization.yml", "Chart.yaml", "fleet.yaml", "helmfile.yaml")


def _scan(found: Survey, folders: list[str], declared: frozenset[str], loose: dict[str, None]) -> None:
    """Takes in what the repositories hold that some folders lie in, as far as it was asked for."""
    from valuelint.workspace.scan import scan

    placed = {
        _real(os.path.join(config.folder, path)): cluster.name
        for config in found.configs
        for cluster in config.clusters
        for path in cluster.paths
    }
    result = scan(folders, declared, placed)
    found.repository = result.repository
    gc.freeze()  # what was read stays to the end: no need to look through it again and again
    by_name = {part.name: number for number, part in enumerate(found.parts)}
    seen: set[str] = set()
    for group in result.groups:
        files = {draft.file.path for draft in (*group.drafts, *group.others)}
        files |= {_real(layer.file) for draft in (*group.drafts, *group.others) for layer in draft.layers}
        seen |= files
        asked = any(file in found.shown or file.startswith(tuple(found.folders)) for file in files)
        if group.name in by_name and group.name in placed.values():
            number = by_name[group.name]
            found.parts[number] = found.parts[number]._replace(group=group)
        elif asked:
            found.parts.append(Part(None, 0, (), group))
    for item in result.aside:
        path = item.file.path
        if path in found.shown or path.startswith(tuple(found.folders)):
            (found.skipped if item.unread else found.aside).append((item.file.name, item.reason))
            seen.add(path)
    if not result.groups and not result.aside and not found.parts:
        found.passed_over += [item.name for item in result.files if item.path.startswith(tuple(found.folders))]
    # A file that was named and that is no part of anything there is taken for what it holds.
    for real in found.shown:
        if real not in seen and real not in declared and not any(_real(path) == real for path in loose):
            loose[_shown(real)] = None


def _with_group(cluster: Cluster, group: Group, survey: Survey) -> Cluster:
    """The cluster with the releases that were found; what is too old to be judged is put aside."""
    releases, others = list(cluster.releases), []
    for draft in group.drafts:
        release = _assumed(draft.release(), survey)
        chart = load_chart(release.chart)
        problem = version_problem(chart, release.version) if chart is not None and release.version is not None else None
        if problem is not None:
            said = release.unresolved
            others.append(release._replace(unresolved=(*said, f"{problem[0]}; {problem[1]}: it is not judged")))
            survey.skipped.append((release.file, f"{problem[0]}; {problem[1]}"))
        else:
            releases.append(release)
            for layer in release.layers:
                survey.saw(layer.file)
        survey.saw(release.file)
    for draft in group.others:
        release = draft.release()
        others.append(release)
        survey.saw(release.file)
    return cluster._replace(releases=tuple(releases), others=tuple(others))


def _settings(part: Part, config: Config) -> Settings | None:
    """How rules are applied to a part: as to all of its configuration, with what is said of its cluster alone."""
    own = config.clusters[part.number].environment if part.config is not None else ()
    if not own:
        return config.settings
    from valuelint.workspace.settings import DEFAULT

    settings = config.settings or DEFAULT
    return settings._replace(environment=tuple(dict.fromkeys((*settings.environment, *own))))


def _assumed(release: Release, survey: Survey) -> Release:
    """The release with what the command line says and the files do not."""
    assumption = survey.assumed.get(release.chart)
    if assumption is None:
        return release
    return release._replace(
        version=release.version or assumption.version,
        name=release.name or assumption.name,
        namespace=release.namespace or assumption.namespace,
    )


def _configs(paths: list[str], config_file: str | None) -> tuple[list[Config], list[Problem]]:
    if config_file is not None:
        candidates = [config_file]
    else:
        found = [find_config(path) for path in paths or ["."]]
        candidates = list(dict.fromkeys(file for file in found if file is not None))
    configs, problems = [], []
    for file in candidates:
        try:
            configs.append(read_config(file, _shown(file)))
        except Problem as problem:
            problems.append(problem)
    return configs, problems


# --- declared -------------------------------------------------------------------------------------


def _declared(config: Config, index: int, survey: Survey) -> Cluster:
    cluster = config.clusters[index]
    releases, complete = [], True
    for item in cluster.releases:
        try:
            releases.append(_declared_release(config, item, survey))
        except Problem as problem:
            survey.problems.append(problem)
            complete = False
    return Cluster(cluster.name, tuple(releases), complete, config.expect)


def _declared_release(config: Config, item: ReleaseConfig, survey: Survey) -> Release:
    chart = load_chart(item.chart)
    if chart is None:
        line, column = item.origins["chart"].source.position(item.origins["chart"].start)
        raise Problem(f"unknown chart {item.chart}", config.file, line, column, f"known are {', '.join(chart_names())}")
    assumption = survey.assumed.get(chart.name, Assumptions())
    said: dict[str, str | None] = {}
    for key, value, wanted in (
        ("version", item.version, assumption.version),
        ("name", item.name, assumption.name),
        ("namespace", item.namespace, assumption.namespace),
    ):
        if value is not None and wanted is not None and value != wanted:
            origin = item.origins[key]
            line, column = origin.source.position(origin.start)
            message = f"the configuration says {key} {value} for {chart.name}, the command line {wanted}"
            raise Problem(message, config.file, line, column, "say it in one place")
        said[key] = value if value is not None else wanted
    if item.version is not None:
        _check_version(chart, item.version, item)
    layers = []
    for file, origin in item.values:
        try:
            layers += survey.layers(os.path.join(config.folder, file))
        except OSError as error:
            line, column = origin.source.position(origin.start)
            message = f"cannot read {file}: {error.strerror}"
            remedy = f"paths are relative to {_shown(config.folder)}"
            raise Problem(message, config.file, line, column, remedy) from None
    return Release(
        chart.name,
        said["version"],
        said["name"],
        said["namespace"],
        tuple(layers),
        item.origins,
        layers[-1].file if layers else config.file,
        said["version"],
        config.file if item.version is not None else None,
    )


def _check_version(chart: Chart, version: str, item: ReleaseConfig) -> None:
    message = version_problem(chart, version)
    if message is not None:
        origin = item.origins["version"]
        line, column = origin.source.position(origin.start)
        raise Problem(message[0], origin.source.name, line, column, message[1])


def version_problem(chart: Chart, version: str) -> tuple[str, str] | None:
    """What is wrong with a version of a chart, and the remedy; None where it is supported, or newer than any known."""
    try:
        parsed = versions.parse_version(version)
    except ValueError:
        return f"{version} is no version number", f"write it as the chart does, such as {chart.versions[-1]}"
    oldest = chart.versions[0]
    if parsed < versions.parse_version(oldest):
        return f"{chart.name} {version} is older than supported", f"the oldest supported version is {oldest}"
    return None


# --- recognised -----------------------------------------------------------------------------------


def _recognised(part: Part, survey: Survey) -> Cluster | None:
    """The cluster of files that nobody declared."""
    releases = [release for file in part.files if (release := _recognise_file(file, survey)) is not None]
    stack: list[Release] = []
    for file in part.stacked:
        # A layer on top may hold too little to tell its chart: then it belongs to what stands below it.
        layer = _recognise_file(file, survey, stack[-1].chart if stack else None)
        below = next((one for one in stack if layer is not None and one.chart == layer.chart), None)
        if layer is None:
            continue
        if below is None:
            stack.append(layer)
        else:
            stack[stack.index(below)] = below._replace(layers=(*below.layers, *layer.layers))
    releases += stack
    return Cluster(part.name, tuple(releases), True, survey.expected) if releases else None


def _recognise_file(file: str, survey: Survey, otherwise: str | None = None) -> Release | None:
    from valuelint.workspace.recognise import recognise

    try:
        layers = survey.layers(file)
    except OSError as error:
        survey.problems.append(Problem(f"cannot read it: {error.strerror}", _shown(file)))
        return None
    except Problem as problem:
        survey.problems.append(problem)
        return None
    chart = recognise(file, layers) or (load_chart(otherwise) if otherwise is not None else None)
    if chart is None:
        survey.passed_over.append(_shown(file))
        return None
    name = _shown(file)
    return _assumed(Release(chart.name, None, None, None, tuple(layers), {}, name), survey)


# --- files ----------------------------------------------------------------------------------------


def _layers(source: Source) -> list[Layer]:
    """One layer a document, as Helm reads a file with several. Raises Problem."""
    try:
        documents = parse(source)
        return [_layer(source, document) for document in documents]
    except SourceError as error:
        raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None


def _layer(source: Source, document: Document) -> Layer:
    root = document.root
    if root is not None and not isinstance(root, Mapping):
        line, column = source.position(root.start)
        raise Problem("values are a map of options", source.name, line, column, "Helm refuses this file")
    layer = Layer(source, document, root)
    layer.refuse_bombs()
    return layer


def _real(path: str) -> str:
    return os.path.realpath(path)


def _shown(path: str) -> str:
    """A path as the user would write it: relative to the current folder where it lies below."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _within(path: str, folder: str) -> bool:
    return os.path.commonpath([_real(path), _real(folder)]) == _real(folder)
