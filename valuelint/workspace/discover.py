"""From the paths of a command line to clusters of releases."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from valuelint.charts import versions
from valuelint.charts.facts import Chart, chart_names, load_chart
from valuelint.records import NamedTuple
from valuelint.syntax import Document, Mapping, Source, SourceError, parse
from valuelint.values import Layer
from valuelint.workspace.config import FILE_NAME, Config, ReleaseConfig, find_config, read_config
from valuelint.workspace.release import Cluster, Problem, Release, Workspace

_ENDINGS = (".yaml", ".yml")
_NO_VALUES = frozenset(("node_modules", "__pycache__", "vendor"))


class Assumptions(NamedTuple):
    """What the command line says of a chart's releases: used where nothing else says it."""

    version: str | None = None
    name: str | None = None
    namespace: str | None = None


class Part(NamedTuple):
    """What becomes one cluster: one that a configuration declares, or the files that were named or share a folder."""

    config: Config | None
    number: int
    folder: str
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the cluster."""
        if self.config is not None:
            return self.config.clusters[self.number].name
        return _shown(self.folder) if self.folder else "default"


class Survey:
    """What a run looks at, before any values are read.

    `parts` are read one by one, with `read`, so that a run can let go of a cluster before it looks at the next. What is
    wrong is collected on the way: the other fields are complete when all parts have been read.
    """

    def __init__(self, configs: list[Config], assumed: dict[str, Assumptions]) -> None:
        self.configs = configs
        self.assumed = assumed
        self.parts: list[Part] = []
        self.shown: set[str] = set()
        self.passed_over: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        self.problems: list[Problem] = []
        self._names: dict[str, str] = {}
        self._uses = Counter(
            _real(os.path.join(config.folder, file))
            for config in configs
            for cluster in config.clusters
            for release in cluster.releases
            for file, _ in release.values
        )
        self._shared: dict[str, list[Layer]] = {}

    def read(self, part: Part) -> Cluster | None:
        """The cluster of a part; None where its files hold no values of a known chart."""
        if part.config is not None:
            return _declared(part.config, part.number, self)
        return _recognised(part, self)

    def shown_names(self) -> frozenset[str]:
        """The files that were asked for, as messages call them."""
        return frozenset(name for real, name in self._names.items() if real in self.shown)

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
        if self._uses[real] > 1:
            self._shared[real] = layers
        return layers


def discover(paths: list[str], config_file: str | None, assumed: dict[str, Assumptions]) -> Workspace:
    """The workspace of some files and folders, with everything read; see `survey`."""
    found = survey(paths, config_file, assumed)
    clusters = [cluster for part in found.parts if (cluster := found.read(part)) is not None]
    return Workspace(
        tuple(clusters),
        found.shown_names() if paths else None,
        tuple(found.passed_over),
        tuple(found.skipped),
        tuple(found.problems),
        (),
    )


def survey(paths: list[str], config_file: str | None, assumed: dict[str, Assumptions]) -> Survey:
    """What some files and folders amount to.

    The configuration is `config_file`, or the nearest one upwards from each path. A file that the configuration names
    is judged with its whole cluster, but only the findings of files that were asked for are shown. Other files are
    recognised by their content and name; those named together, or standing in one folder, are one cluster.
    What is wrong is collected in `problems`, never raised.
    """
    configs, problems = _configs(paths, config_file)
    found = Survey(configs, dict(assumed))
    found.problems += problems
    for name, assumption in assumed.items():
        chart = load_chart(name)
        problem = None if chart is None or assumption.version is None else version_problem(chart, assumption.version)
        if problem is not None:
            found.problems.append(Problem(problem[0], remedy=problem[1]))
            found.assumed[name] = assumption._replace(version=None)
    declared = {
        _real(os.path.join(config.folder, file)): (config.file, index)
        for config in configs
        for index, cluster in enumerate(config.clusters)
        for release in cluster.releases
        for file, _ in release.values
    }
    wanted: dict[tuple[str, int], None] = {}
    loose: dict[str, list[str]] = {}
    seen: set[str] = set()
    for path in paths or [config.folder for config in configs]:
        named = not os.path.isdir(path)
        if not named:
            for config in configs:
                if _within(config.folder, path):
                    wanted.update(((config.file, index), None) for index in range(len(config.clusters)))
                    found.shown.update(real for real, (file, _) in declared.items() if file == config.file)
        for file in [path] if named else _walk(path):
            real = _real(file)
            if real in declared:
                wanted[declared[real]] = None
                found.shown.add(real)
            elif os.path.basename(file) != FILE_NAME and real not in seen:
                seen.add(real)
                loose.setdefault("" if named else os.path.dirname(file), []).append(file)
    by_file = {config.file: config for config in configs}
    found.parts = [Part(by_file[file], index, "", ()) for file, index in wanted]
    found.parts += [Part(None, 0, folder, tuple(files)) for folder, files in loose.items()]
    return found


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
    return Release(chart.name, said["version"], said["name"], said["namespace"], tuple(layers), item.origins)


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
    releases = []
    for file in part.files:
        release = _recognise_file(file, not part.folder, survey)
        if release is not None:
            survey.shown.add(_real(file))
            releases.append(release)
    if not releases:
        return None
    expected = survey.configs[0].expect if survey.configs else {}
    return Cluster(part.name, tuple(releases), True, expected)


def _recognise_file(file: str, named: bool, survey: Survey) -> Release | None:
    try:
        layers = survey.layers(file)
    except OSError as error:
        if named:
            survey.problems.append(Problem(f"cannot read it: {error.strerror}", _shown(file)))
        else:
            survey.skipped.append((_shown(file), f"cannot be read: {error.strerror}"))
        return None
    except Problem as problem:
        if named:
            survey.problems.append(problem)
        else:
            survey.skipped.append((problem.file, f"{problem.line}:{problem.column}: {problem.message}"))
        return None
    chart = recognise(file, layers)
    if chart is None:
        survey.passed_over.append(_shown(file))
        return None
    assumption = survey.assumed.get(chart.name, Assumptions())
    return Release(chart.name, assumption.version, assumption.name, assumption.namespace, tuple(layers), {})


def recognise(file: str, layers: list[Layer]) -> Chart | None:
    """The chart that a values file is for, by its keys and its name; None where neither is clear.

    One key that betrays the chart is enough, or a name that speaks for it and a key that the chart knows; of two charts
    the one that knows more of the keys is taken, and none if both know the same.
    """
    keys = [entry.key_text for layer in layers if layer.root is not None for entry in layer.root.entries]
    if not keys or {"apiVersion", "kind"} <= set(keys):
        return None
    scores: list[tuple[int, Chart]] = []
    where = os.path.abspath(file).lower()
    for name in chart_names():
        chart = load_chart(name)
        if chart is None:
            continue
        betraying = sum(_present(layers, path) for path in chart.signature)
        hinted = any(hint in where for hint in chart.file_names)
        known = chart.table.defaults(chart.versions[-1])
        familiar = sum(key in known for key in keys)
        if betraying or (hinted and familiar):
            scores.append((betraying * 3 + familiar + (2 if hinted else 0), chart))
    scores.sort(key=lambda item: -item[0])
    if not scores or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _present(layers: list[Layer], path: str) -> bool:
    keys = tuple(path.split("."))
    return any(layer.find(keys) is not None for layer in layers)


# --- files ----------------------------------------------------------------------------------------


def _walk(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NO_VALUES)
        for file in sorted(files):
            if file.endswith(_ENDINGS) and not file.startswith("."):
                yield os.path.join(parent, file)


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
    return Layer(source, document, root)


def _real(path: str) -> str:
    return os.path.realpath(path)


def _shown(path: str) -> str:
    """A path as the user would write it: relative to the current folder where it lies below."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _within(path: str, folder: str) -> bool:
    return os.path.commonpath([_real(path), _real(folder)]) == _real(folder)
