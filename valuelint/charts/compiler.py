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
from typing import Any, NamedTuple

from valuelint import syntax
from valuelint.charts import tables
from valuelint.charts.tables import ABSENT, HERE, OPAQUE
from valuelint.charts.versions import parse_version

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
    except (OSError, tarfile.TarError, ValueError, KeyError, syntax.SourceError) as error:
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
    parts = inside.split("/")
    if parts[0] == "charts" and len(parts) == 2:
        return parts[1].endswith(".tgz")
    while parts[0] == "charts":
        parts = parts[2:]
    return len(parts) == 1 and parts[0] in ("Chart.yaml", "values.yaml", "values.schema.json")


def _chart(files: dict[str, bytes]) -> Chart:
    about = _yaml(files["Chart.yaml"])
    inner: dict[str, dict[str, bytes]] = {}
    for inside, data in files.items():
        if inside.startswith("charts/"):
            _, folder, rest = inside.split("/", 2) if inside.count("/") > 1 else (*inside.split("/"), "")
            if rest:
                inner.setdefault(folder, {})[rest] = data
            else:
                inner[folder] = _archive(data)
    subcharts = {}
    by_name = {_yaml(below["Chart.yaml"])["name"]: below for below in inner.values() if "Chart.yaml" in below}
    dependencies = about.get("dependencies") or []
    for dependency in dependencies:
        name = dependency["name"]
        if dependency.get("import-values") or dependency.get("tags"):
            raise ValueError(f"the dependency {name} uses import-values or tags, for which tables have no form")
        if name in by_name:
            if any(inside.startswith("charts/") for inside in by_name[name]):
                raise ValueError(f"the subchart {name} has subcharts itself, for which tables have no form")
            own = by_name[name].get("values.yaml", b"")
            subcharts[dependency.get("alias") or name] = (dependency.get("condition") or "", _yaml(own))
    stray = by_name.keys() - {dependency["name"] for dependency in dependencies}
    for name in stray:
        subcharts[name] = ("", _yaml(by_name[name].get("values.yaml", b"")))
    schema = files.get("values.schema.json")
    return Chart(
        name=about["name"],
        version=str(about["version"]).removeprefix("v"),
        values=_yaml(files.get("values.yaml", b"")),
        schema=None if schema is None else json.loads(schema),
        subcharts=subcharts,
    )


_parsed: dict[bytes, dict[str, Any]] = {}


def _yaml(data: bytes) -> dict[str, Any]:
    """Releases share most of their files, those of subcharts above all: each is parsed once."""
    if data not in _parsed:
        found = syntax.load_data(syntax.Source.from_bytes(data, "values.yaml")) if data.strip() else {}
        _parsed[data] = {} if found is None else found
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
    alternatives = schema.get("oneOf") or schema.get("anyOf")
    if alternatives:
        allowed: list[Any] = []
        for alternative in alternatives:
            one = _accepted(alternative)
            if isinstance(one, str) and one != "null":
                return " ".join(sorted({str(_accepted(each)) for each in alternatives}))
            allowed += [None] if one == "null" else one
        return allowed
    named = schema.get("type", ANY)
    return named if isinstance(named, str) else " ".join(sorted(named))


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
            defaults=_flat(fact(chart.values)),
            types=dict(types(chart.schema, chart.values)) if chart.schema is not None else {},
            subcharts={key: (condition, _flat(fact(own))) for key, (condition, own) in chart.subcharts.items()},
        )
    except ValueError as error:
        raise CompileError(f"{chart.name} {chart.version}: {error}") from error


def _flat(values: dict[str, Any]) -> Flat:
    flat = {_paths.setdefault(path, path): value for path, value in tables.leaves(values)}
    for path in flat:
        if HERE in path:
            raise ValueError(f"an empty key at {path} has a meaning of its own in tables")
    return flat


_paths: dict[tuple[str, ...], tuple[str, ...]] = {}
"""Paths are the same in hundreds of versions: each is held once."""


def unfold(data: dict[str, Any]) -> dict[str, Facts]:
    """The facts of every version of a table."""
    ranks = {version: rank for rank, version in enumerate(data["versions"])}
    records = {version: tables.record_at(data, ranks, version) for version in ranks}
    return {
        version: Facts(
            schema=record.schema,
            defaults=_flat(record.own),
            types=_flat(record.types),
            subcharts={key: (condition, _flat(own)) for key, (condition, own) in record.subcharts.items()},
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
    for version, flat in versions.items():
        for path, value in flat.items():
            written = repr(value)
            if shown.get(path) != written:
                histories.setdefault(path, []).extend((version, value))
                shown[path] = written
        for path in shown.keys() - flat.keys():
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
