"""`.valuelint.yaml`: what the values files do not say themselves."""

from __future__ import annotations

import os

from valuelint.light import TYPE_CHECKING, Iterator, NamedTuple
from valuelint.syntax import Alias, Mapping, Node, Path, Scalar, Sequence, Source, SourceError, parse
from valuelint.workspace.release import Origin, Problem

if TYPE_CHECKING:
    from valuelint.workspace.settings import Settings
    from valuelint.workspace.sources import PolicySource

FILE_NAME = ".valuelint.yaml"

LEVELS = ("safe", "unsafe", "display", "off")
"""How far the fixes of a rule may go."""


class ReleaseConfig(NamedTuple):
    """A declared release; `values` are file names, as found from the folder of the configuration."""

    chart: str
    version: str | None
    name: str | None
    namespace: str | None
    values: tuple[tuple[str, Origin], ...]
    origins: dict[str, Origin]
    place: Origin


class ClusterConfig(NamedTuple):
    """A declared cluster; what is found in the folders `paths` lives in it, too."""

    name: str
    releases: tuple[ReleaseConfig, ...]
    paths: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    """What is said of it beyond what is said of all clusters."""


class Config(NamedTuple):
    """A configuration file, read; `folder` is what its paths are relative to."""

    file: str
    folder: str
    clusters: tuple[ClusterConfig, ...]
    expect: dict[str, str]
    fix: dict[str, str] = {}  # noqa: RUF012 - a field of a record
    """How far the fixes of a rule may go, by its id."""
    settings: Settings | None = None
    """How rules are applied; None where nothing is said of it."""


def find_config(start: str) -> str | None:
    """The configuration nearest to a file or folder, upwards; None if there is none."""
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        candidate = os.path.join(folder, FILE_NAME)
        if os.path.isfile(candidate):
            return candidate
        project = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(project):
            from valuelint.workspace.toml import holds_configuration

            if holds_configuration(project):
                return project
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def read_config(file: str, shown_as: str, extended_by: tuple[str, ...] = ()) -> Config:
    """Reads a configuration, and those that it extends. Raises Problem, with its place, at the first thing wrong.

    `extended_by` are the configurations on the way to this one.
    """
    folder = os.path.dirname(file) or os.curdir
    source, root = _read(file, shown_as)
    reader = Reader(source)
    if root is None or _is_null(root):
        return Config(shown_as, folder, (), {})
    fields = reader.fields(root, (), KEYS, "a configuration")
    base = _extended(reader, fields.get("extends"), file, folder, (*extended_by, os.path.realpath(file)))
    clusters = tuple(
        _cluster(reader, item, path, folder)
        for item, path in reader.items(fields.get("clusters"), ("clusters",), "clusters")
    )
    _refuse_twins(reader, clusters, fields.get("clusters"))
    expect = {**base.expect, **_expect(reader, fields.get("expect"))}
    settings = base.settings
    ids: tuple[str, ...] = ()
    if any(key not in ("clusters", "expect", "extends") for key in fields):
        from valuelint.workspace.settings import DEFAULT, policy_folders, policy_sources, read_settings, rule_ids

        before = settings or DEFAULT
        sources = policy_sources(reader, fields.get("policies"), folder)
        before = before._replace(policies=(*before.policies, *policy_folders(sources)))
        ids = rule_ids(before.policies)
        settings = read_settings(reader, fields, folder, before, ids, sources)
    fix = {**base.fix, **_levels(reader, fields.get("fix"), ids)}
    return Config(shown_as, folder, clusters, expect, fix, settings)


KEYS = (
    "extends",
    "clusters",
    "expect",
    "fix",
    "profile",
    "select",
    "ignore",
    "severity",
    "parameters",
    "overrides",
    "fail_on",
    "policies",
    "environment",
)


def _read(file: str, shown_as: str) -> tuple[Source, Node | None]:
    """The text of a configuration and its tree. Raises Problem."""
    try:
        source = Source.read(file, shown_as)
        if file.endswith(".toml"):
            from valuelint.workspace.toml import read_toml

            return source, read_toml(source)
        documents = parse(source)
    except SourceError as error:
        raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None
    except OSError as error:
        raise Problem(f"cannot read the configuration: {error.strerror}", shown_as) from None
    if len(documents) > 1:
        raise Problem("a configuration is one YAML document, this file holds several", shown_as)
    return source, documents[0].root if documents else None


def _extended(reader: Reader, node: Node | None, file: str, folder: str, on_the_way: tuple[str, ...]) -> Config:
    """What the configurations come to that one extends, the later over the earlier. Their clusters are their own."""
    base = Config(file, folder, (), {})
    for there, shown_as in _bases(reader, node, folder, on_the_way):
        other = read_config(there, shown_as, on_the_way)
        base = base._replace(
            expect={**base.expect, **other.expect},
            fix={**base.fix, **other.fix},
            settings=_both(base.settings, other.settings),
        )
    return base


def _bases(reader: Reader, node: Node | None, folder: str, on_the_way: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The files that `extends` names, each with what it is called. Raises Problem."""
    if node is None:
        return
    listed = [(node, ("extends",))] if reader.is_scalar(node) else reader.items(node, ("extends",), "extends")
    for item, path in listed:
        name = reader.text(item, path)
        there = os.path.join(folder, name)
        if not os.path.isfile(there):
            raise reader.problem(item.start, f"there is no file {name}", "extends names files beside this one")
        if os.path.realpath(there) in on_the_way:
            raise reader.problem(item.start, f"{name} extends this file in turn", "take one of the two away")
        yield there, os.path.normpath(os.path.join(os.path.dirname(reader.source.name), name))


def sources_named(file: str, shown_as: str, extended_by: tuple[str, ...] = ()) -> list[PolicySource]:
    """Where a configuration, and those that it extends, have policies from; on this machine or not. Raises Problem."""
    from valuelint.workspace.settings import policy_sources

    folder = os.path.dirname(file) or os.curdir
    source, root = _read(file, shown_as)
    reader = Reader(source)
    if root is None or _is_null(root):
        return []
    fields = reader.fields(root, (), KEYS, "a configuration")
    on_the_way = (*extended_by, os.path.realpath(file))
    found = []
    for there, shown in _bases(reader, fields.get("extends"), folder, on_the_way):
        found += sources_named(there, shown, on_the_way)
    return found + policy_sources(reader, fields.get("policies"), folder)


def _both(first: Settings | None, second: Settings | None) -> Settings | None:
    """Two settings as one, the second over the first."""
    if first is None or second is None:
        return second or first
    from valuelint.workspace.settings import laid_over

    strict = first.strict or second.strict
    return second._replace(
        strict=strict,
        profile=second.profile if second.strict or not strict else first.profile,
        select=second.select if second.select is not None else first.select,
        accepted=(*first.accepted, *second.accepted),
        severity={**first.severity, **second.severity},
        parameters=laid_over(first.parameters, second.parameters),
        overrides=(*first.overrides, *second.overrides),
        fail_on=second.fail_on or first.fail_on,
        policies=(*first.policies, *second.policies),
        environment=second.environment or first.environment,
        said=(*first.said, *second.said),
    )


def _cluster(reader: Reader, node: Node, path: Path, folder: str) -> ClusterConfig:
    fields = reader.fields(node, path, ("name", "releases", "paths", "environment"), "a cluster")
    name = reader.required(fields, "name", node, path, "a cluster")
    releases = tuple(
        _release(reader, item, where)
        for item, where in reader.items(fields.get("releases"), (*path, "releases"), "releases")
    )
    seen: dict[tuple[str | None, str | None], ReleaseConfig] = {}
    for release in releases:
        key = (release.name, release.namespace)
        if release.name is not None and key in seen:
            where = f" in namespace {release.namespace}" if release.namespace else ""
            message = f"cluster {name} declares the release {release.name}{where} twice"
            raise reader.problem(release.place.start, message, "Helm knows one release of a name; rename or remove one")
        seen[key] = release
    paths = []
    for item, at in reader.items(fields.get("paths"), (*path, "paths"), "paths"):
        paths.append(reader.text(item, at))
        if not os.path.exists(os.path.join(folder, paths[-1])):
            remedy = "paths are relative to the configuration; correct it, or take it away"
            raise reader.problem(item.start, f"there is no {paths[-1]} for cluster {name}", remedy)
    environment: tuple[str, ...] = ()
    if "environment" in fields:
        from valuelint.workspace.settings import read_environment

        environment = read_environment(reader, fields["environment"], (*path, "environment"))
    return ClusterConfig(name, releases, tuple(paths), environment)


def _release(reader: Reader, node: Node, path: Path) -> ReleaseConfig:
    keys = ("chart", "version", "name", "namespace", "values")
    fields = reader.fields(node, path, keys, "a release")
    chart = reader.required(fields, "chart", node, path, "a release")
    listed = fields.get("values")
    given = (
        [(listed, (*path, "values"))]
        if isinstance(listed, Scalar)
        else reader.items(listed, (*path, "values"), "values")
    )
    values = tuple((reader.text(item, where), reader.origin(item, where)) for item, where in given)
    origins = {key: reader.origin(fields[key], (*path, key)) for key in keys[:4] if key in fields}
    texts = {
        key: reader.text(fields[key], (*path, key)) if key in fields else None
        for key in ("version", "name", "namespace")
    }
    return ReleaseConfig(
        chart, texts["version"], texts["name"], texts["namespace"], values, origins, reader.origin(node, path)
    )


def _expect(reader: Reader, node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    fields = reader.fields(node, ("expect",), ("monitor_namespace",), "expect")
    return {key: reader.text(value, ("expect", key)) for key, value in fields.items()}


def _levels(reader: Reader, node: Node | None, known: tuple[str, ...]) -> dict[str, str]:
    if node is None:
        return {}
    levels = {}
    for rule, value in reader.fields(node, ("fix",), known, "fix", "rules by their ids").items():
        level = reader.text(value, ("fix", rule))
        # YAML reads off as false, Helm's way too; what counts is how it is written.
        if level not in LEVELS:
            message = f"{rule} has no level {level}"
            raise reader.problem(value.start, message, f"known are {', '.join(LEVELS)}")
        levels[rule] = level
    return levels


def _refuse_twins(reader: Reader, clusters: tuple[ClusterConfig, ...], node: Node | None) -> None:
    seen: set[str] = set()
    for cluster in clusters:
        if cluster.name in seen:
            raise reader.problem(
                node.start if node else 0, f"two clusters are named {cluster.name}", "give each its own name"
            )
        seen.add(cluster.name)


class Reader:
    """Reads nodes as the configuration wants them, or raises a Problem at the node."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def problem(self, offset: int, message: str, remedy: str = "") -> Problem:
        line, column = self.source.position(offset)
        return Problem(message, self.source.name, line, column, remedy)

    def origin(self, node: Node, path: Path) -> Origin:
        return Origin(self.source, node.start, node.end, path)

    def fields(self, node: Node, path: Path, known: tuple[str, ...], what: str, keys: str = "") -> dict[str, Node]:
        """The entries of a mapping that has no other keys than the known ones; null ones are left out.

        `keys` says in words which they are, where there are many.
        """
        mapping = _target(node)
        if not isinstance(mapping, Mapping):
            shown = keys or f"the keys {', '.join(known)}"
            raise self.problem(node.start, f"{what} is a map with {shown}", "see docs/configuration.md")
        for entry in mapping.entries:
            if entry.key_text not in known and entry.key_text != "<<":
                from difflib import get_close_matches  # only on the way to an error

                close = get_close_matches(entry.key_text, known, 1)
                others = f"known are {keys or ', '.join(known)}"
                remedy = f"did you mean {close[0]}?" if close else others
                raise self.problem(entry.key.start, f"{what} has no key {entry.key_text}", remedy)
        found = {key: given.value for key in known if (given := mapping.get(key)) is not None}
        return {key: value for key, value in found.items() if not _is_null(value)}

    def items(self, node: Node | None, path: Path, what: str) -> list[tuple[Node, Path]]:
        if node is None:
            return []
        listed = _target(node)
        if not isinstance(listed, Sequence):
            raise self.problem(node.start, f"{what} is a list", "put a dash before each item")
        return [(item, (*path, index)) for index, item in enumerate(listed.items)]

    def required(self, fields: dict[str, Node], key: str, node: Node, path: Path, what: str) -> str:
        if key not in fields:
            raise self.problem(node.start, f"{what} needs a {key}", f"add {key}: …")
        return self.text(fields[key], (*path, key))

    def is_scalar(self, node: Node) -> bool:
        return isinstance(_target(node), Scalar)

    def choice(self, node: Node, path: Path, known: tuple[str, ...], what: str = "") -> str:
        """A text that is one of those known."""
        given = self.text(node, path)
        if given not in known:
            from difflib import get_close_matches  # only on the way to an error

            close = get_close_matches(given, known, 1)
            listed = "valuelint rules lists them" if what else f"known are {', '.join(known)}"
            name = what or f"a value of {path[-1]}"
            raise self.problem(node.start, f"{given} is not {name}", f"did you mean {close[0]}?" if close else listed)
        return given

    def text(self, node: Node, path: Path) -> str:
        """A scalar as it is written: `version: 1.10` is the text 1.10, no number."""
        scalar = _target(node)
        if not isinstance(scalar, Scalar) or not scalar.raw or _is_null(scalar):
            raise self.problem(node.start, f"{path[-1]} is a text", "write a single value here")
        return scalar.raw


def _target(node: Node) -> Node:
    return node.target if isinstance(node, Alias) else node


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
