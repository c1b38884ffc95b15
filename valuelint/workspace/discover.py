"""From the paths of a command line to clusters of releases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from valuelint.charts import versions
from valuelint.charts.facts import Chart, chart_names, load_chart
from valuelint.syntax import Document, Mapping, Source, SourceError, parse
from valuelint.values import Layer
from valuelint.workspace.config import Config, ReleaseConfig, find_config, read_config
from valuelint.workspace.release import Cluster, Problem, Release, Workspace

_ENDINGS = (".yaml", ".yml")
_NO_VALUES = frozenset(("node_modules", "__pycache__", "vendor"))


class Assumptions(NamedTuple):
    """What the command line says of a chart's releases: used where nothing else says it."""

    version: str | None = None
    name: str | None = None
    namespace: str | None = None


class _Gathered:
    """What is found on the way."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.passed_over: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        self.problems: list[Problem] = []
        self.notices: list[str] = []


def discover(paths: list[str], config_file: str | None, assumed: dict[str, Assumptions]) -> Workspace:
    """The workspace of some files and folders.

    The configuration is `config_file`, or the nearest one upwards from each path. A file that the configuration names
    is judged with its whole cluster, but only the findings of files that were asked for are shown. Other files are
    recognised by their content and name; those named together, or standing in one folder, are one cluster.
    What is wrong is collected in `problems`, never raised.
    """
    gathered = _Gathered()
    for chart, assumption in list(assumed.items()):
        problem = _assumption_problem(chart, assumption)
        if problem is not None:
            gathered.problems.append(problem)
            assumed = {**assumed, chart: assumption._replace(version=None)}
    configs = _configs(paths, config_file, gathered)
    declared = {
        _real(os.path.join(config.folder, file)): (config, index)
        for config in configs
        for index, cluster in enumerate(config.clusters)
        for release in cluster.releases
        for file, _ in release.values
    }
    wanted: dict[tuple[str, int], None] = {}
    shown: set[str] = set()
    loose: list[tuple[str, list[str]]] = []
    for path in paths or [config.folder for config in configs]:
        named = not os.path.isdir(path)
        files = [path] if named else list(_walk(path))
        rest = []
        for file in files:
            hit = declared.get(_real(file))
            if hit is not None:
                wanted[(hit[0].file, hit[1])] = None
                shown.add(_real(file))
            elif os.path.basename(file) != ".valuelint.yaml":
                rest.append(file)
        loose.append(("" if named else path, rest))
        if not named:
            for config in configs:
                if _within(config.folder, path):
                    for index in range(len(config.clusters)):
                        wanted[(config.file, index)] = None
                    shown.update(
                        _real(os.path.join(config.folder, file))
                        for cluster in config.clusters
                        for release in cluster.releases
                        for file, _ in release.values
                    )
    clusters = []
    by_file = {config.file: config for config in configs}
    for file, index in wanted:
        clusters.append(_declared(by_file[file], index, assumed, gathered))
    expected = configs[0].expect if configs else {}
    clusters += _recognised(loose, assumed, expected, gathered, shown)
    names = frozenset(source.name for real, source in gathered.sources.items() if real in shown)
    return Workspace(
        tuple(clusters),
        names if paths else None,
        tuple(gathered.passed_over),
        tuple(gathered.skipped),
        tuple(gathered.problems),
        tuple(dict.fromkeys(gathered.notices)),
    )


def _configs(paths: list[str], config_file: str | None, gathered: _Gathered) -> list[Config]:
    if config_file is not None:
        candidates = [config_file]
    else:
        found = [find_config(path) for path in paths or ["."]]
        candidates = list(dict.fromkeys(file for file in found if file is not None))
    configs = []
    for file in candidates:
        try:
            configs.append(read_config(file, _shown(file)))
        except Problem as problem:
            gathered.problems.append(problem)
    return configs


# --- declared -------------------------------------------------------------------------------------


def _declared(config: Config, index: int, assumed: dict[str, Assumptions], gathered: _Gathered) -> Cluster:
    cluster = config.clusters[index]
    releases, complete = [], True
    for item in cluster.releases:
        try:
            releases.append(_declared_release(config, item, assumed, gathered))
        except Problem as problem:
            gathered.problems.append(problem)
            complete = False
    return Cluster(cluster.name, tuple(releases), complete, config.expect)


def _declared_release(
    config: Config, item: ReleaseConfig, assumed: dict[str, Assumptions], gathered: _Gathered
) -> Release:
    chart = load_chart(item.chart)
    if chart is None:
        line, column = item.origins["chart"].source.position(item.origins["chart"].start)
        raise Problem(f"unknown chart {item.chart}", config.file, line, column, f"known are {', '.join(chart_names())}")
    assumption = assumed.get(chart.name, Assumptions())
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
        _check_version(chart, item.version, item, gathered)
    layers = []
    for file, origin in item.values:
        try:
            layers += _layers(_read(os.path.join(config.folder, file), gathered))
        except OSError as error:
            line, column = origin.source.position(origin.start)
            message = f"cannot read {file}: {error.strerror}"
            remedy = f"paths are relative to {_shown(config.folder)}"
            raise Problem(message, config.file, line, column, remedy) from None
    return Release(chart.name, said["version"], said["name"], said["namespace"], tuple(layers), item.origins)


def _check_version(chart: Chart, version: str, item: ReleaseConfig, gathered: _Gathered) -> None:
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


def _assumption_problem(chart_name: str, assumption: Assumptions) -> Problem | None:
    chart = load_chart(chart_name)
    if chart is None or assumption.version is None:
        return None
    message = version_problem(chart, assumption.version)
    return None if message is None else Problem(message[0], remedy=message[1])


# --- recognised -----------------------------------------------------------------------------------


def _recognised(
    loose: list[tuple[str, list[str]]],
    assumed: dict[str, Assumptions],
    expected: dict[str, str],
    gathered: _Gathered,
    shown: set[str],
) -> list[Cluster]:
    """Clusters of files that nobody declared: files named together are one, each folder that was walked is one."""
    groups: dict[str, list[Release]] = {}
    seen: set[str] = set()
    for folder, files in loose:
        for file in files:
            real = _real(file)
            if real in seen:
                continue
            seen.add(real)
            release = _recognise_file(file, not folder, assumed, gathered)
            if release is not None:
                shown.add(real)
                groups.setdefault(os.path.dirname(file) if folder else "", []).append(release)
    return [
        Cluster(_shown(folder) if folder else "default", tuple(releases), True, expected)
        for folder, releases in groups.items()
    ]


def _recognise_file(file: str, named: bool, assumed: dict[str, Assumptions], gathered: _Gathered) -> Release | None:
    try:
        source = _read(file, gathered)
        layers = _layers(source)
    except OSError as error:
        if named:
            gathered.problems.append(Problem(f"cannot read it: {error.strerror}", _shown(file)))
        else:
            gathered.skipped.append((_shown(file), f"cannot be read: {error.strerror}"))
        return None
    except Problem as problem:
        if named:
            gathered.problems.append(problem)
        else:
            gathered.skipped.append((problem.file, f"{problem.line}:{problem.column}: {problem.message}"))
        return None
    chart = recognise(source, layers)
    if chart is None:
        gathered.passed_over.append(source.name)
        return None
    assumption = assumed.get(chart.name, Assumptions())
    return Release(chart.name, assumption.version, assumption.name, assumption.namespace, tuple(layers), {})


def recognise(source: Source, layers: list[Layer]) -> Chart | None:
    """The chart that a values file is for, by its keys and its name; None where neither is clear.

    One key that betrays the chart is enough, or a name that speaks for it and a key that the chart knows; of two charts
    the one that knows more of the keys is taken, and none if both know the same.
    """
    keys = [entry.key_text for layer in layers if layer.root is not None for entry in layer.root.entries]
    if not keys or {"apiVersion", "kind"} <= set(keys):
        return None
    scores: list[tuple[int, Chart]] = []
    where = os.path.abspath(source.name).lower()
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


def _read(file: str, gathered: _Gathered) -> Source:
    """Reads a file once. Raises OSError or Problem."""
    real = _real(file)
    if real not in gathered.sources:
        try:
            gathered.sources[real] = Source.read(file, _shown(file))
        except SourceError as error:
            raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None
    return gathered.sources[real]


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
