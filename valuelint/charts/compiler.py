"""Makes the tables of default values and of options from released charts.

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
import zlib
from itertools import pairwise

from valuelint import resources, syntax
from valuelint.charts import tables, templates
from valuelint.charts.tables import ABSENT, FREE, HERE, OPAQUE, READ, REFUSED
from valuelint.charts.versions import parse_version
from valuelint.light import Any, Callable, Iterable, Iterator, NamedTuple

LONGEST_TEXT = 200
LONGEST_TEMPLATE = 60

ANY = "any"

LARGEST = 200_000_000
"""Bytes that a chart may unpack to, with all that it brings along."""

_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


class CompileError(Exception):
    """A chart that cannot be read, or that the table has no form for."""


class Chart(NamedTuple):
    """What one version of a chart says about its defaults."""

    name: str
    version: str
    values: dict[str, Any]
    schema: dict[str, Any] | None
    subcharts: dict[str, tuple[str, dict[str, Any]]]  # by key: condition and own values
    templates: tuple[tuple[tuple[str, ...], str], ...] = ()  # key of the subchart they are of, or (), and text
    complete: bool = True  # whether every chart that it depends on is inside


Flat = dict[tuple[str, ...], Any]


# --- reading charts -------------------------------------------------------------------------------


def read(path: str) -> Chart:
    """Reads a chart's folder or archive. Raises CompileError."""
    try:
        if not os.path.exists(path):
            raise ValueError("there is no such file or folder")
        left = [LARGEST]
        return _chart(_archive(_bytes(path), left) if os.path.isfile(path) else _folder(path), left)
    except (OSError, ValueError, syntax.SourceError) as error:
        raise CompileError(f"{path}: {error}") from error
    except RecursionError:
        raise CompileError(f"{path}: its files nest deeper than anybody can follow") from None


def own_reads(path: str) -> templates.Reads:
    """What the templates in a chart's folder read of its values, those of its subcharts aside. Raises CompileError."""
    try:
        files: dict[str, bytes] = {}
        for name in ("templates", "files"):
            files |= {f"{name}/{inside}": data for inside, data in _files(os.path.join(path, name))}
        return templates.scan(_templates(files), complete=False)
    except (OSError, ValueError) as error:
        raise CompileError(f"{path}: {error}") from error


def _folder(path: str) -> dict[str, bytes]:
    return dict(_files(path, _wanted))


def _files(path: str, wanted: Callable[[str], bool] = lambda inside: True) -> Iterator[tuple[str, bytes]]:
    """The files in a folder, by their paths inside."""
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            inside = os.path.relpath(file, path).replace(os.sep, "/")
            if wanted(inside):
                yield inside, _bytes(file)


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _archive(data: bytes, left: list[int]) -> dict[str, bytes]:
    """The files of an archive, without the folder that all of them are in; `left` is how many bytes there may be."""
    files = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for member in archive:
                if member.name.startswith("/") or ".." in member.name.split("/"):
                    raise ValueError(f"the archive has a file outside of its folder: {member.name!r}")
                left[0] -= member.size
                if left[0] < 0:
                    raise ValueError(f"it unpacks to more than {LARGEST // 1_000_000} MB, which no chart needs")
                inside = member.name.partition("/")[2]
                opened = archive.extractfile(member) if member.isfile() and _wanted(inside) else None
                if opened is not None:
                    files[inside] = opened.read()
    except (tarfile.TarError, EOFError, zlib.error):
        raise ValueError("it is no archive of a chart, or a damaged one; download it again") from None
    return files


def _wanted(inside: str) -> bool:
    name, _, rest = inside.partition("/")
    if name != "charts" or not rest:
        return inside in ("Chart.yaml", "values.yaml", "values.schema.json") or name in ("templates", "files")
    subchart, _, rest = rest.partition("/")
    return _wanted(rest) if rest else subchart.endswith(".tgz")


def _chart(files: dict[str, bytes], left: list[int]) -> Chart:
    if "Chart.yaml" not in files:
        raise ValueError("there is no Chart.yaml in it")
    about = _yaml(files["Chart.yaml"], "Chart.yaml")
    name, version = about.get("name"), str(about.get("version")).removeprefix("v")
    if not isinstance(name, str) or not _NAME.issuperset(name) or name.startswith("."):
        raise ValueError("Chart.yaml names no chart: a name is made of letters, digits, hyphens and dots")
    parse_version(version)
    dependencies = about.get("dependencies") or []
    if not isinstance(dependencies, list) or not all(_is_dependency(item) for item in dependencies):
        raise ValueError("the dependencies in Chart.yaml are no list of charts with their names")
    try:
        schema = json.loads(files.get("values.schema.json", b"null"))
    except ValueError as error:
        raise ValueError(f"values.schema.json: {error}") from None
    inner = _inner(files, left)
    return Chart(
        name=name,
        version=version,
        values=_yaml(files.get("values.yaml", b""), "values.yaml"),
        schema=schema if isinstance(schema, dict) else None,
        subcharts=_subcharts(dependencies, inner),
        templates=(*_templates(files), *_inner_templates(dependencies, inner)),
        complete=all(item["name"] in inner for item in dependencies) and all(each.complete for each in inner.values()),
    )


def _is_dependency(item: Any) -> bool:
    texts = [_field(item, "alias"), _field(item, "condition")]
    return isinstance(_field(item, "name"), str) and all(text is None or isinstance(text, str) for text in texts)


def _field(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, dict) else None


def _templates(files: dict[str, bytes]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The templates of a chart; a file that it hands to `tpl` is one as well. Raises ValueError."""
    for inside in sorted(files):
        if inside.startswith("templates/") or (inside.startswith("files/") and b".Values" in files[inside]):
            text = files[inside].decode("utf-8", "replace")
            try:
                templates.parse(text)
            except templates.TemplateError as error:
                raise ValueError(f"{inside}: {error}") from None
            yield (), text


def _inner_templates(
    dependencies: list[dict[str, Any]], inner: dict[str, Chart]
) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, chart in _keys(dependencies, inner):
        for prefix, text in chart.templates:
            yield (key, *prefix), text


def _keys(dependencies: list[dict[str, Any]], inner: dict[str, Chart]) -> Iterator[tuple[str, Chart]]:
    """The charts inside by the keys of their values; one chart may be there under several aliases."""
    for dependency in [*dependencies, *({"name": name} for name in sorted(_undeclared(dependencies, inner)))]:
        chart = inner.get(dependency["name"])
        if chart is not None:
            yield dependency.get("alias") or chart.name, chart


def _undeclared(dependencies: list[dict[str, Any]], inner: dict[str, Chart]) -> set[str]:
    return inner.keys() - {dependency["name"] for dependency in dependencies}


def _inner(files: dict[str, bytes], left: list[int]) -> dict[str, Chart]:
    """The charts inside, by their names."""
    folders: dict[str, dict[str, bytes]] = {}
    for inside, data in files.items():
        if not inside.startswith("charts/"):
            continue
        name, _, rest = inside.removeprefix("charts/").partition("/")
        if rest:
            folders.setdefault(name, {})[rest] = data
        else:
            folders[name] = _archive(data, left)
    charts = [_chart(below, left) for below in folders.values()]
    return {chart.name: chart for chart in charts}


def _subcharts(dependencies: list[dict[str, Any]], inner: dict[str, Chart]) -> dict[str, tuple[str, dict[str, Any]]]:
    subcharts = {}
    for dependency in [*dependencies, *({"name": name} for name in _undeclared(dependencies, inner))]:
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


def _yaml(data: bytes, name: str) -> dict[str, Any]:
    """Releases share most of their files, those of subcharts above all: each is parsed once."""
    if data not in _parsed:
        found = syntax.load_data(syntax.Source.from_bytes(data, name)) if data.strip() else None
        if not isinstance(found, dict | None):
            raise ValueError(f"{name} holds no mapping")
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
    below = _known_properties(schema)
    defaults = values if isinstance(values, dict) else {}
    for key in sorted(below):
        yield from types(below[key], defaults.get(key, ABSENT), (*path, key))
    if below:
        for key in sorted(defaults.keys() - below.keys()):
            yield (*path, key), ANY


def _known_properties(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The properties that a schema says something of: `true` and `false` are schemas as well."""
    properties = _field(schema, "properties")
    found = properties.items() if isinstance(properties, dict) else ()
    return {key: below for key, below in found if isinstance(below, dict)}


def _accepted(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return ANY
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
    options: Flat = {}  # noqa: RUF012 - what `options` gives
    gates: Flat = {}  # noqa: RUF012 - what `gates` gives


def facts(chart: Chart) -> Facts:
    """Raises CompileError."""
    try:
        return Facts(
            schema=chart.schema is not None,
            defaults=flat(fact(chart.values)),
            types=dict(types(chart.schema, chart.values)) if chart.schema is not None else {},
            subcharts={key: (condition, flat(fact(own))) for key, (condition, own) in chart.subcharts.items()},
            options=options(chart, seen := scan(chart)),
            gates=gates(chart, seen),
        )
    except ValueError as error:
        raise CompileError(f"{chart.name} {chart.version}: {error}") from error


def scan(chart: Chart) -> templates.Scan:
    """A chart's templates, followed to their ends."""
    texts = [*chart.templates, *_filled_in(chart.values, ())]
    for key, (_, own) in chart.subcharts.items():
        texts += _filled_in(own, (key,))
    seen = templates.Scan(chart.subcharts, chart.complete)
    seen.run(texts)
    for condition, _ in chart.subcharts.values():
        for path in condition.split(",") if condition.strip() else ():
            seen.reads[tuple(path.strip().split("."))] = templates.READ
            seen.gates[tuple(path.strip().split("."))] = frozenset()
    return seen


def gates(chart: Chart, seen: templates.Scan) -> Flat:
    """The options that have to be on for others to be read at all, where they are others than for the path above."""
    defaults = _defaults(chart)
    below: dict[tuple[str, ...], frozenset[tuple[str, ...]]] = {}
    for path, needed in seen.gates.items():
        for length in range(len(path) + 1):
            below[path[:length]] = below.get(path[:length], needed) & needed
    found: Flat = {}
    settled: dict[tuple[str, ...], frozenset[tuple[str, ...]]] = {}
    for path in sorted(below):
        needed = below[path]
        for above in (path[:length] for length in range(len(path))):
            # a map that is handed on whole, or that was empty, counts with what is below it
            bits = seen.reads.get(above, 0)
            if bits & templates.FREE or (bits and _get(defaults, above) in (ABSENT, None, "", {}, [], False)):
                needed &= seen.gates[above]
        settled[path] = frozenset(gate for gate in needed if gate != path[: len(gate)])
        if settled[path] != (settled[path[:-1]] if path else frozenset()):
            found[_path(path)] = " ".join(sorted(".".join(gate) for gate in settled[path] if _plain(gate)))
    return found


def _plain(path: tuple[str, ...]) -> bool:
    return not any("." in key or " " in key for key in path)


def _defaults(chart: Chart) -> dict[str, Any]:
    return tables.join(chart.values, {key: own for key, (_, own) in chart.subcharts.items()})


def options(chart: Chart, seen: templates.Scan | None = None) -> Flat:
    """What templates and schema say of a chart's options that its defaults do not.

    READ: an option without a default. REFUSED: one that is only read to refuse it. FREE: a map that is used whole, so
    that everything below it counts; such as one of which no template reads anything, since nobody knows its use.
    """
    reads, defaults = (seen or scan(chart)).reads, _defaults(chart)
    found: Flat = {}
    for path, bits in reads.items():
        default = _get(defaults, path)
        if bits & templates.FREE:
            found[path] = FREE
        elif default == ABSENT:
            found[path] = READ if bits & templates.READ else REFUSED
    used = {path[:length] for path in reads for length in range(len(path))}
    for path in _maps(defaults):
        if path not in used:
            found[path] = FREE
    for path in _properties(chart.schema or {}):
        if path not in used and _get(defaults, path) == ABSENT:
            found.setdefault(path, READ)
    return {
        _path(path): state
        for path, state in found.items()
        if not any(found.get(path[:length]) == FREE for length in range(len(path)))
        # a default that is no map, or an empty one, takes anything unless templates read single options below it
        and (state != FREE or path in used or _get(defaults, path) == ABSENT or _is_full(_get(defaults, path)))
    }


def _filled_in(values: Any, prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The default texts that name options: whatever template takes them fills them in, as a template of its own."""
    if isinstance(values, dict | list):
        for inner in values.values() if isinstance(values, dict) else values:
            yield from _filled_in(inner, prefix)
    elif isinstance(values, str) and "{{" in values and ".Values" in values:
        try:
            templates.parse(values)
        except templates.TemplateError:
            return  # a text with another use for braces
        yield prefix, values


def _is_full(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def _get(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return ABSENT
        values = values[key]
    return values


def _maps(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every map below that holds something."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield (*path, key)
            yield from _maps(value, (*path, key))


def _properties(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, below in _known_properties(schema).items():
        yield (*path, key)
        yield from _properties(below, (*path, key))


def flat(values: dict[str, Any]) -> Flat:
    """Every path with its default. Raises ValueError."""
    known = {_path(path): value for path, value in tables.leaves(values)}
    for path in known:
        if HERE in path:
            raise ValueError(f"an empty key at {path} has a meaning of its own in tables")
    return known


_paths: dict[tuple[str, ...], tuple[str, ...]] = {}


def _path(path: tuple[str, ...]) -> tuple[str, ...]:
    """Paths are the same in hundreds of versions: each is held once."""
    return _paths.setdefault(path, path)


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


def fold_options(chart: str, known: dict[str, Facts]) -> dict[str, Any]:
    """The table of the options of all these versions."""
    versions = sorted(known, key=parse_version)
    return {
        "chart": chart,
        "versions": versions,
        "options": _tree({version: known[version].options for version in versions}),
    }


def fold_gates(chart: str, known: dict[str, Facts]) -> dict[str, Any]:
    """The table of what the options of all these versions need."""
    versions = sorted(known, key=parse_version)
    return {
        "chart": chart,
        "versions": versions,
        "gates": _tree({version: known[version].gates for version in versions}),
    }


def unfold_options(data: dict[str, Any], section: str = "options") -> dict[str, Flat]:
    """The options of every version of a table, or what they need."""
    ranks = {version: rank for rank, version in enumerate(data["versions"])}
    trees = {version: tables.states_at(data[section], ranks, rank) for version, rank in ranks.items()}
    return {
        version: {_path(path[:-1] if path[-1] == HERE else path): state for path, state in tables.leaves(tree)}
        for version, tree in trees.items()
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
        branch[path[-1] if path else HERE] = histories[path]
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


class Change(NamedTuple):
    """What a version brings and drops against the one before it."""

    chart: str
    version: str
    before: str
    added: tuple[tuple[str, ...], ...]
    removed: tuple[tuple[str, ...], ...]
    moved: tuple[tuple[tuple[str, ...], Any, Any], ...]
    """Defaults that are others now: path, old, new."""


def compile_charts(
    paths: Iterable[str], output: str, say: Callable[[Change], None] | None = None, shipped: bool = False
) -> list[str]:
    """Adds released charts to the tables in a folder and returns the files written. Raises CompileError.

    `say` is told what each added version changes. With `shipped`, the versions that valuelint knows join those of the
    folder, and a chart that it does not know is given a name there.
    """
    charts: dict[str, dict[str, Facts]] = {}
    for path in paths:
        chart = read(path)
        charts.setdefault(chart.name, {})[chart.version] = facts(chart)
    written = []
    for name, known in sorted(charts.items()):
        folder = os.path.join(output, name)
        every = {**(_shipped(name) if shipped else {}), **stored(folder), **known}
        os.makedirs(folder, exist_ok=True)
        made = {"defaults.json": fold, "options.json": fold_options, "gates.json": fold_gates}
        for file, make in made.items():
            written.append(os.path.join(folder, file))
            with open(written[-1], "w", encoding="utf-8", newline="\n") as opened:
                opened.write(dumps(make(name, every)))
        if shipped and "chart.yaml" not in resources.names(f"schemas/{name}"):
            with open(os.path.join(folder, "chart.yaml"), "w", encoding="utf-8", newline="\n") as opened:
                opened.write(f"# Added with `valuelint chart add`.\nchart: {name}\n")
        if say is not None:
            ordered = sorted(every, key=parse_version)
            for before, after in pairwise(["", *ordered]):
                if after in known:
                    say(change(name, before, every.get(before, known[after]), after, every[after]))
    return written


def _shipped(name: str) -> dict[str, Facts]:
    """What valuelint knows of a chart already."""
    there = resources.names(f"schemas/{name}")
    if "defaults.json" not in there:
        return {}
    known = unfold(resources.load(f"schemas/{name}/defaults.json"))
    for file in ("options.json", "gates.json"):
        if file in there:
            _join(known, resources.load(f"schemas/{name}/{file}"))
    return known


def _join(known: dict[str, Facts], data: dict[str, Any]) -> None:
    """Puts a table of options, or of what they need, to the versions that it is about."""
    section = "options" if "options" in data else "gates"
    for version, found in unfold_options(data, section).items():
        facts = known[version]
        known[version] = facts._replace(options=found) if section == "options" else facts._replace(gates=found)


def stored(folder: str) -> dict[str, Facts]:
    """The facts of every version that the tables in a folder hold; none if there are no tables."""
    file = os.path.join(folder, "defaults.json")
    if not os.path.exists(file):
        return {}
    with open(file, encoding="utf-8") as opened:
        known = unfold(json.load(opened))
    for name in ("options.json", "gates.json"):
        file = os.path.join(folder, name)
        if os.path.exists(file):
            with open(file, encoding="utf-8") as opened:
                _join(known, json.load(opened))
    return known


def change(chart: str, before: str, old: Facts, after: str, new: Facts) -> Change:
    """What became of the options between two versions."""
    had, has = _every(old), _every(new)
    moved = [
        (path, had[path], has[path])
        for path in sorted(had.keys() & has.keys())
        if repr(had[path]) != repr(has[path]) and path[-1] not in ("tag", "digest")
    ]
    return Change(
        chart,
        after,
        before,
        tuple(sorted(has.keys() - had.keys())),
        tuple(sorted(had.keys() - has.keys())),
        tuple(moved),
    )


def _every(known: Facts) -> Flat:
    """Every option with its default; what has none has ABSENT."""
    found: Flat = {path: ABSENT for path, state in known.options.items() if state != REFUSED}
    for key, (_, own) in known.subcharts.items():
        found |= {(key, *path): value for path, value in own.items()}
    return {**found, **known.defaults}


def main(arguments: list[str]) -> int:
    output = "schemas"
    if arguments[:1] == ["--output"] and len(arguments) > 1:
        output, arguments = arguments[1], arguments[2:]
    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m valuelint.charts.compiler [--output FOLDER] CHART…", file=sys.stderr)
        return 2
    try:
        written = compile_charts(arguments, output, _say)
    except CompileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for file in written:
        print(f"{file}: {os.path.getsize(file):,} bytes")
    return 0


def _say(found: Change) -> None:
    print(f"{found.chart} {found.version} (after {found.before})")
    for path in found.added:
        print(f"  + {syntax.format_path(path)}")
    for path in found.removed:
        print(f"  - {syntax.format_path(path)}")
    for path, old, new in found.moved:
        print(f"  ~ {syntax.format_path(path)}: {json.dumps(old)} -> {json.dumps(new)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
