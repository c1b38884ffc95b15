"""Makes the tables of default values from released charts.

    python -m valuelint.charts.compiler [--output schemas] CHART…

A CHART is a chart's folder or its .tgz archive. Versions that the table already knows stay in it, so a new
release needs its own archive only. Facts are kept, not texts: see `fact`.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any

from valuelint import syntax
from valuelint.charts import tables
from valuelint.charts.tables import ABSENT, HERE, OPAQUE
from valuelint.charts.versions import parse_version
from valuelint.records import NamedTuple

LONGEST_TEXT = 200
LONGEST_TEMPLATE = 60

ANY = "any"


class CompileError(Exception):
    """A chart that cannot be read, or that the table has no form for."""


class Chart(NamedTuple):
    """What one version of a chart says about its defaults."""

    name: str
    version: str
    values: dict[str, Any]
    schema: dict[str, Any] | None
    subcharts: dict[str, tuple[str, dict[str, Any]]]  # by key: condition and own values


Flat = dict[tuple[str, ...], Any]


# --- reading charts -------------------------------------------------------------------------------


def read(path: str) -> Chart:
    """Reads a chart's folder or archive. Raises CompileError."""
    try:
        return _chart(_archive(_bytes(path)) if os.path.isfile(path) else _folder(path))
    except (OSError, tarfile.TarError, ValueError, syntax.SourceError) as error:
        raise CompileError(f"{path}: {error}") from error


def _folder(path: str) -> dict[str, bytes]:
    files = {}
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            inside = os.path.relpath(file, path).replace(os.sep, "/")
            if _wanted(inside):
                files[inside] = _bytes(file)
    return files


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _archive(data: bytes) -> dict[str, bytes]:
    files = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            inside = member.name.partition("/")[2]
            opened = archive.extractfile(member) if member.isfile() and _wanted(inside) else None
            if opened is not None:
                files[inside] = opened.read()
    return files


def _wanted(inside: str) -> bool:
    name, _, rest = inside.partition("/")
    if name != "charts" or not rest:
        return inside in ("Chart.yaml", "values.yaml", "values.schema.json")
    subchart, _, rest = rest.partition("/")
    return _wanted(rest) if rest else subchart.endswith(".tgz")


def _chart(files: dict[str, bytes]) -> Chart:
    if "Chart.yaml" not in files:
        raise ValueError("there is no Chart.yaml in it")
    about = _yaml(files["Chart.yaml"])
    name, version = about.get("name"), str(about.get("version")).removeprefix("v")
    if not isinstance(name, str):
        raise ValueError("Chart.yaml names no chart")
    parse_version(version)
    schema = files.get("values.schema.json")
    return Chart(
        name=name,
        version=version,
        values=_yaml(files.get("values.yaml", b"")),
        schema=None if schema is None else json.loads(schema),
        subcharts=_subcharts(about.get("dependencies") or [], _inner(files)),
    )


def _inner(files: dict[str, bytes]) -> dict[str, Chart]:
    """The charts inside, by their names."""
    folders: dict[str, dict[str, bytes]] = {}
    for inside, data in files.items():
        name, _, rest = inside.removeprefix("charts/").partition("/")
        if rest:
            folders.setdefault(name, {})[rest] = data
        elif inside.startswith("charts/"):
            folders[name] = _archive(data)
    charts = [_chart(below) for below in folders.values()]
    return {chart.name: chart for chart in charts}


def _subcharts(dependencies: list[dict[str, Any]], inner: dict[str, Chart]) -> dict[str, tuple[str, dict[str, Any]]]:
    undeclared = inner.keys() - {dependency["name"] for dependency in dependencies}
    subcharts = {}
    for dependency in [*dependencies, *({"name": name} for name in undeclared)]:
        chart = inner.get(dependency["name"])
        if chart is None:
            continue
        if chart.subcharts or dependency.get("import-values") or dependency.get("tags"):
            raise ValueError(
                f"the subchart {chart.name} has subcharts, tags or import-values, for which tables have no form"
            )
        subcharts[dependency.get("alias") or chart.name] = (dependency.get("condition") or "", chart.values)
    return subcharts


_parsed: dict[bytes, dict[str, Any]] = {}


def _yaml(data: bytes) -> dict[str, Any]:
    """Releases share most of their files, those of subcharts above all: each is parsed once."""
    if data not in _parsed:
        found = syntax.load_data(syntax.Source.from_bytes(data, "values.yaml")) if data.strip() else None
        if not isinstance(found, dict | None):
            raise ValueError("one of its YAML files holds no mapping")
        _parsed[data] = found or {}
    return _parsed[data]


# --- facts ----------------------------------------------------------------------------------------


def fact(value: Any) -> Any:
    """A default as the table keeps it: texts, programs in a template and digests become OPAQUE."""
    if isinstance(value, dict):
        return {key: fact(below) for key, below in value.items()}
    if isinstance(value, list):
        return [fact(item) for item in value]
    if not isinstance(value, str):
        return value
    if value in (ABSENT, OPAQUE):
        raise ValueError(f"the default {value!r} has a meaning of its own in tables")
    long = LONGEST_TEMPLATE if "{{" in value else LONGEST_TEXT
    return OPAQUE if "\n" in value or len(value) > long or value.startswith("sha256:") else value


def types(schema: dict[str, Any], values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Where a schema accepts something else than the type of the default: see `Table.accepted`."""
    accepted = _accepted(schema)
    if path and accepted != _type(values):
        yield path, accepted
    below = schema.get("properties", {})
    defaults = values if isinstance(values, dict) else {}
    for key in sorted(below):
        yield from types(below[key], defaults.get(key, ABSENT), (*path, key))
    if below:
        for key in sorted(defaults.keys() - below.keys()):
            yield (*path, key), ANY


def _accepted(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"]
    alternatives = [_accepted(each) for each in schema.get("oneOf") or schema.get("anyOf") or ()]
    if not alternatives:
        named = schema.get("type", ANY)
        return named if isinstance(named, str) else " ".join(sorted(named))
    words = {word for each in alternatives if isinstance(each, str) for word in each.split()}
    allowed = [value for each in alternatives if isinstance(each, list) for value in each]
    if not allowed:
        return " ".join(sorted(words))
    # a list of values can hold null besides, but no type
    return allowed + [None] * len(words) if words <= {"null"} else ANY


def _type(value: Any) -> str | None:
    if value is None:
        return "null"
    if value == ABSENT:
        return None
    for python, name in (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    ):
        if isinstance(value, python):
            return name
    raise ValueError(f"{type(value).__name__} is no type of JSON")


# --- tables ---------------------------------------------------------------------------------------


class Facts(NamedTuple):
    """One version of a chart in the table's terms."""

    schema: bool
    defaults: Flat
    types: Flat
    subcharts: dict[str, tuple[str, Flat]]


def facts(chart: Chart) -> Facts:
    """Raises CompileError."""
    try:
        return Facts(
            schema=chart.schema is not None,
            defaults=flat(fact(chart.values)),
            types=dict(types(chart.schema, chart.values)) if chart.schema is not None else {},
            subcharts={key: (condition, flat(fact(own))) for key, (condition, own) in chart.subcharts.items()},
        )
    except ValueError as error:
        raise CompileError(f"{chart.name} {chart.version}: {error}") from error


def flat(values: dict[str, Any]) -> Flat:
    """Every path with its default. Raises ValueError."""
    known = {_paths.setdefault(path, path): value for path, value in tables.leaves(values)}
    for path in known:
        if HERE in path:
            raise ValueError(f"an empty key at {path} has a meaning of its own in tables")
    return known


_paths: dict[tuple[str, ...], tuple[str, ...]] = {}
"""Paths are the same in hundreds of versions: each is held once."""


def unfold(data: dict[str, Any]) -> dict[str, Facts]:
    """The facts of every version of a table."""
    ranks = {version: rank for rank, version in enumerate(data["versions"])}
    records = {version: tables.record_at(data, ranks, version) for version in ranks}
    return {
        version: Facts(
            schema=record.schema,
            defaults=flat(record.own),
            types=flat(record.types),
            subcharts={key: (condition, flat(own)) for key, (condition, own) in record.subcharts.items()},
        )
        for version, record in records.items()
    }


def fold(chart: str, known: dict[str, Facts]) -> dict[str, Any]:
    """The table of all these versions."""
    versions = sorted(known, key=parse_version)
    inner = sorted({key for each in known.values() for key in each.subcharts})
    nothing: tuple[str, Flat] = (ABSENT, {})
    return {
        "chart": chart,
        "versions": versions,
        "schema": _history((version, known[version].schema) for version in versions),
        "defaults": _tree({version: known[version].defaults for version in versions}),
        "subcharts": {
            key: {
                "condition": _history((version, known[version].subcharts.get(key, nothing)[0]) for version in versions),
                "defaults": _tree({version: known[version].subcharts.get(key, nothing)[1] for version in versions}),
            }
            for key in inner
        },
        "types": _tree({version: known[version].types for version in versions}),
    }


def _history(values: Iterable[tuple[str, Any]]) -> list[Any]:
    history: list[Any] = []
    before = repr(ABSENT)
    for version, value in values:
        if repr(value) != before:
            history += [version, value]
            before = repr(value)
    return history


def _tree(versions: dict[str, Flat]) -> tables.Tree:
    histories: dict[tuple[str, ...], list[Any]] = {}
    shown: dict[tuple[str, ...], str] = {}
    for version, defaults in versions.items():
        for path, value in defaults.items():
            written = repr(value)
            if shown.get(path) != written:
                histories.setdefault(path, []).extend((version, value))
                shown[path] = written
        for path in shown.keys() - defaults.keys():
            histories[path].extend((version, ABSENT))
            del shown[path]
    tree: tables.Tree = {}
    for path in sorted(histories):
        branch = tree
        for key in path[:-1]:
            below = branch.setdefault(key, {})
            if isinstance(below, list):
                below = branch[key] = {HERE: below}
            branch = below
        branch[path[-1]] = histories[path]
    return tree


def dumps(data: dict[str, Any]) -> str:
    """The table as text: one path a line, so that a diff shows what a release changed."""
    return "".join(_lines(data, "")) + "\n"


def _lines(node: Any, indent: str) -> Iterator[str]:
    if not isinstance(node, dict) or not node:
        yield json.dumps(node, ensure_ascii=False, separators=(",", ":"))
        return
    for number, (key, below) in enumerate(node.items()):
        yield ("{\n" if number == 0 else ",\n") + f"{indent} {json.dumps(key, ensure_ascii=False)}: "
        yield from _lines(below, indent + " ")
    yield f"\n{indent}}}"


def compile_charts(paths: Iterable[str], output: str) -> list[str]:
    """Adds released charts to the tables in a folder and returns the files written. Raises CompileError."""
    charts: dict[str, dict[str, Facts]] = {}
    for path in paths:
        chart = read(path)
        charts.setdefault(chart.name, {})[chart.version] = facts(chart)
    written = []
    for name, known in sorted(charts.items()):
        file = os.path.join(output, name, "defaults.json")
        before: dict[str, Facts] = {}
        if os.path.exists(file):
            with open(file, encoding="utf-8") as opened:
                before = unfold(json.load(opened))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w", encoding="utf-8", newline="\n") as opened:
            opened.write(dumps(fold(name, {**before, **known})))
        written.append(file)
    return written


def main(arguments: list[str]) -> int:
    output = "schemas"
    if arguments[:1] == ["--output"] and len(arguments) > 1:
        output, arguments = arguments[1], arguments[2:]
    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m valuelint.charts.compiler [--output FOLDER] CHART…", file=sys.stderr)
        return 2
    try:
        written = compile_charts(arguments, output)
    except CompileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for file in written:
        print(f"{file}: {os.path.getsize(file):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
