"""Checks on options: keys that no chart reads, options that are gone, values of the wrong kind, keys written twice."""

from __future__ import annotations

from valuelint.charts import options as tables
from valuelint.charts.expressions import go_text
from valuelint.charts.options import Options, OptionTable, Span, Suggestion
from valuelint.charts.tables import ABSENT
from valuelint.light import Any, Iterator, NamedTuple, remembered
from valuelint.lint.rule import Open, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Stop
from valuelint.syntax import (
    Alias,
    Entry,
    Mapping,
    Node,
    Path,
    Scalar,
    Sequence,
    SourceError,
    format_path,
    load_data,
    parse_path,
    to_data,
)
from valuelint.syntax.patches import Patch, Remove, Rename, Set, Unique
from valuelint.values import Unknown, Values
from valuelint.workspace.release import Beside, Origin, Release

Found = Iterator[Violation | Open]

_BRANCHES = ("{%", "#%", "<%", "{{ if", "{{- if", "{{ else", "{{- else")
_OFF = ("false", "no", "off", "n", "disabled", "disable", "0")
_ON = ("true", "yes", "on", "y", "enabled", "enable", "1")


class Stray(NamedTuple):
    """An option of the user's that the chart does not know. `entry` is what the corrections say of it."""

    path: Path
    value: Any
    kind: str
    """unknown, later, removed or renamed."""
    span: Span | None
    entry: dict[str, Any] | None


class Look(NamedTuple):
    """What a release says, against the options of its version; of every version where it names none."""

    release: Release
    version: str | None
    table: OptionTable
    options: Options
    user: dict[str, Any]
    strays: tuple[Stray, ...]
    nulls: tuple[Path, ...]
    """Options that are set to null, outside of maps that take anything."""
    gone: tuple[Open, ...]
    """What may be gone, where the version is not known."""
    meant: dict[Path, list[Suggestion]]
    """What is suggested for a path, once it was asked for: the same in every world."""


_last: list[Look] = []
"""The release that was looked at last: several rules ask for it one after the other."""


def look(installed: Installed) -> Look | None:
    """The options of a release; None where nothing is known about those of its chart."""
    release = installed.release
    version = installed.version if release.version is not None else None
    for known in _last:
        if known.release is release and known.version == version:
            return known
    table = tables.load(installed.chart.name)
    if table is None:
        return None
    options = table.every() if version is None else table.at(version)
    user = Values(list(release.layers), {}).user
    strays = tuple(_strays(installed, table, options, user))
    gone = () if version is not None else tuple(_may_be_gone(installed.number, table, options, user))
    nulls = tuple(path for path in _nulls(user) if options.knows(path) and not options.free(path[:-1]))
    found = Look(release, version, table, options, user, strays, nulls, gone, {})
    _last[:] = [*_last[-7:], found]
    return found


def _strays(installed: Installed, table: OptionTable, options: Options, user: dict[str, Any]) -> Iterator[Stray]:
    unknown = [*options.unknown(user), *_shared(installed.release, table, options, user)]
    if not unknown:
        return
    mentioned: list[Path] | None = None
    version = options.version or table.table.versions[-1]
    for path in unknown:
        if _excused(installed, path):
            continue
        if mentioned is None:
            mentioned = [tuple(text.rstrip(".").split(".")) for text in _references(user)]
        if any(path == other[: len(path)] or other == path[: len(other)] for other in mentioned):
            continue
        for part in _parts(table, path, _get(user, path)):
            value = _get(user, part)
            entry = table.corrections.find("renamed", part, version)
            if entry is not None and all(options.knows(place) for place in _places(entry)):
                yield Stray(part, value, "renamed", table.span(part, version), entry)
                continue
            span = table.span(part, version) if options.version is not None else None
            entry = table.corrections.find("removed", part, version)
            kind = "removed" if span and span.last else "later" if span and span.added else "unknown"
            yield Stray(part, value, kind, span, entry)


def _shared(release: Release, table: OptionTable, options: Options, user: dict[str, Any]) -> Iterator[Path]:
    """What charts share may be for any of them; of what the corrections name, it is known whose it was.

    Where the release is of the chart itself, there are no other charts than its own: what nearly has the name of one of
    their options is a typo. Anything else may be a value that texts of the user's refer to.
    """
    if not isinstance(user.get("global"), dict):
        return
    gone: list[Path] = []
    for section in ("renamed", "removed"):
        for entry in table.corrections.data.get(section) or ():
            path: Path = tuple(entry["path"].split("."))
            if path[0] == "global" and _has(user, path) and not options.knows(path):
                gone.append(path)
    yield from gone
    if not any(layer.place.mount == ("global",) for layer in release.layers):
        found = _misspelt if options.children(("global",)) else _misplaced
        yield from (path for path in found(options, user["global"], ("global",)) if path not in gone)


def _misplaced(options: Options, shared: dict[str, Any], path: Path) -> Iterator[Path]:
    """Blocks below `global`, of which the chart reads nothing, that hold options of the chart and nothing else."""
    for key, value in shared.items():
        inside = list(value) if isinstance(value, dict) and not options.free((key,)) else []
        telling = len(inside) > 1 or not all(map(tables.says_nothing, inside))
        if inside and telling and all(options.knows((key, inner)) for inner in inside):
            yield (*path, key)


def _misspelt(options: Options, shared: dict[str, Any], path: Path) -> Iterator[Path]:
    """Keys below `global` that no chart of the release reads, and that are nearly written like one that some does."""
    known = {name for place in (path, *((key, *path) for key in options.subcharts)) for name in options.children(place)}
    for key, value in shared.items() if not options.free(path) else ():
        here = (*path, key)
        if key in known:
            if isinstance(value, dict):
                yield from _misspelt(options, value, here)
        elif any(each.kind in ("typo", "case") for each in tables.suggest(options, here, value)[:1]):
            yield here


def _parts(table: OptionTable, path: Path, value: Any) -> Iterator[Path]:
    """The path, or what stands below it, as far as the corrections have something to say of that."""
    if isinstance(value, dict) and table.corrections.below(path):
        for key, inner in value.items():
            yield from _parts(table, (*path, key), inner)
    else:
        yield path


def _excused(installed: Installed, path: Path) -> bool:
    """Keys that are there for others: for an umbrella chart, as an anchor, or for a rule that knows more."""
    if path in (("enabled",), ("tags",)) and any(layer.place.prefix for layer in installed.release.layers):
        return True
    if any(
        monitor.facts.ignored_namespace_path == path and monitor.rendered is not False
        for monitor in installed.objects.monitors
    ):
        return True
    for layer in installed.release.layers:
        found = layer.find(path)
        if found is not None and (names := set(_anchors(found.node))):
            within = found.node
            root = layer.document.root
            if root is not None and names & set(_aliases(root, within)):
                return True
    return False


def _anchors(node: Node) -> Iterator[str]:
    if node.anchor is not None:
        yield node.anchor
    for inner in _inside(node):
        yield from _anchors(inner)


def _aliases(node: Node, without: Node) -> Iterator[str]:
    """The names of the anchors that are used, outside of one node."""
    if node is without:
        return
    if isinstance(node, Alias):
        yield node.name
    for inner in _inside(node):
        yield from _aliases(inner, without)


def _inside(node: Node) -> list[Node]:
    if isinstance(node, Mapping):
        return [entry.value for entry in node.entries]
    return node.items if isinstance(node, Sequence) else []


def _references(data: Any) -> Iterator[str]:
    """Options that texts of the user's name, which templates of the chart fill in."""
    if isinstance(data, str):
        if ".Values." in data:
            yield from _named(data)
    elif isinstance(data, Unknown):
        yield from _named(data.text)
    elif isinstance(data, dict):
        for value in data.values():
            yield from _references(value)
    elif isinstance(data, list):
        for value in data:
            yield from _references(value)


def _named(text: str) -> list[str]:
    import re

    found: list[str] = re.findall(r"\.Values\.([\w.]+)", text)
    return found


def _get(data: Any, path: Path) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _has(data: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True


def _said(installed: Installed) -> dict[str, Any]:
    version = installed.version if installed.release.version is not None else "in any version"
    return {"chart": installed.chart.title, "version": version}


# --- options that never were, and that are not yet ------------------------------------------------


def unknown(world: World, rule: Rule) -> Found:
    """Keys that the chart reads in no version, or only in a later one."""
    for installed in world.installed:
        seen = look(installed)
        fork = installed.release.fork
        for stray in seen.strays if seen else ():
            if fork and stray.kind == "unknown":
                message = f"whether {format_path(stray.path)} is an option of {fork}, which has some of its own"
                yield Open(installed.number, message, f"the templates of {fork}")
            elif seen is not None and stray.kind in ("unknown", "later"):
                yield _unknown(installed, seen, stray)
        for item in installed.release.beside:
            if not item.chart:
                yield from _outside(world, installed, item)


def _outside(world: World, installed: Installed, item: Beside) -> Found:
    """An option that stands beside the block of its chart in an umbrella's values, not in it."""
    fitting = _meant_for(world, item)
    if not fitting or fitting[0].number != installed.number:
        return
    path: Path = (item.key,)
    words = {"path": item.key, "chart": installed.chart.title, "block": item.block, "to": f"{item.block}.{item.key}"}
    read = _reads_itself(item.folder)
    if isinstance(read, str):
        yield Open(installed.number, f"whether anything reads {item.key}: {read}", "the umbrella's templates")
    if isinstance(read, str) or item.key in read:
        return
    found = item.layer.find(path)
    if found is None or set(_anchors(found.node)) & set(_aliases(item.layer.document.root or found.node, found.node)):
        return
    value = item.layer.data().get(item.key)
    others = [other.chart.title for other in fitting[1:]]
    notes = (f"or it is meant for {show(others)}",) if others else ()
    remedy = None
    if not others and not holds(value) and item.layer.find((item.block, item.key)) is None:
        patches = (Set((item.block, item.key), value), Remove(path))
        remedy = Remedy(installed.number, "unsafe", patches, layer=item.layer)
    yield Violation(
        installed.number,
        path,
        "outside",
        words,
        "",
        (),
        notes,
        remedy,
        at_key=True,
        in_every_version=True,
        layer=item.layer,
    )


@remembered
def _reads_itself(folder: str) -> frozenset[str] | str:
    """The top keys that an umbrella's own templates read; or why that cannot be known."""
    if not folder:
        return frozenset()
    from valuelint.charts.compiler import CompileError, own_reads
    from valuelint.charts.templates import FREE

    try:
        reads = own_reads(folder)
    except CompileError as error:
        return f"a template of the umbrella chart cannot be followed ({error})"
    if reads.pop((), 0) & FREE:
        return "a template of the umbrella chart uses all of its values"
    return frozenset(path[0] for path in reads)


def _meant_for(world: World, item: Beside) -> list[Installed]:
    """The charts of an umbrella that have an option of that name; where it fits some, those alone."""
    if tables.says_nothing(item.key):
        return []
    found: list[tuple[Installed, bool]] = []
    for installed in world.installed:
        beside = [other for other in installed.release.beside if other.key == item.key]
        if any(other.layer.desk_key == item.layer.desk_key for other in beside):
            seen = look(installed)
            if seen is not None and seen.options.knows((item.key,)):
                user = {item.key: item.layer.data().get(item.key)}
                found.append((installed, not any(seen.options.unknown(user))))
    fits = [installed for installed, fit in found if fit]
    return fits or [installed for installed, _ in found]


_DEEPEST = 20
"""More levels than any chart has."""


def _unknown(installed: Installed, seen: Look, stray: Stray) -> Violation:
    path, number, always = stray.path, installed.number, seen.version is None
    words = {**_said(installed), "path": format_path(path)}
    if stray.kind == "later" and stray.span is not None:
        return Violation(
            number, path, "later", {**words, "added": stray.span.added}, at_key=True, in_every_version=always
        )
    if _wraps(seen, path, stray.value):
        moved = {key: value for key, value in stray.value.items() if not _has(seen.user, (key,))}
        words |= {"first": next(iter(moved), ""), "key": str(path[-1])}
        patches = _brought(path, [((key,), value) for key, value in moved.items()])
        # Who gets the values is certain where something says which version of the chart it is.
        level = "unsafe" if installed.release.version is None else "safe"
        remedy = Remedy(number, level, patches) if len(moved) == len(stray.value) else None
        return Violation(number, path, "nested", words, "", (), (), remedy, at_key=True, in_every_version=always)
    if path not in seen.meant:
        seen.meant[path] = tables.suggest(seen.options, path, stray.value)
    found = seen.meant[path]
    if not found:
        return Violation(
            number, path, "empty" if _is_nothing(stray.value) else "plain", words, at_key=True, in_every_version=always
        )
    best = found[0]
    words |= {"meant": format_path(best.path), "others": [format_path(item.path) for item in found[1:]]}
    notes = (f"or {show(words['others'])}?",) if len(found) > 1 and best.kind == "place" else ()
    words["key"] = str(best.path[-1])
    variant = "place" if best.kind == "place" else "typo"
    return Violation(
        number,
        path,
        variant,
        words,
        "",
        (),
        notes,
        _rescue(number, seen, stray, found),
        at_key=True,
        in_every_version=always,
    )


def _wraps(seen: Look, path: Path, value: Any) -> bool:
    """Whether a key holds what belongs to the root: the name of the chart around its values, or such."""
    if len(path) != 1 or not isinstance(value, dict) or not value:
        return False
    roots = seen.options.children(())
    inside = [key for key in value if key in roots]
    return len(inside) * 2 > len(value) and (path[0] in (seen.table.chart, "values") or len(inside) > 2)


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, (dict, list, str)) and not value)


def _rescue(number: int, seen: Look, stray: Stray, found: list[Suggestion]) -> Remedy | None:
    best = found[0]
    if _has(seen.user, best.path):
        same = best.sure and _get(seen.user, best.path) == stray.value
        return Remedy(number, "safe", (Remove(stray.path),)) if same else None
    if best.kind != "place":
        return Remedy(number, "unsafe", (Rename(stray.path, str(best.path[-1])),))
    if not best.sure or holds(stray.value):
        return None
    # A name that the chart knows at one place alone can mean nothing else; `labels` or `name` can.
    only = len(found) == 1 and seen.options.named(str(best.path[-1]), _DEEPEST) == [best.path]
    level = "safe" if only else "unsafe"
    return Remedy(number, level, _brought(stray.path, [(best.path, stray.value)]))


def holds(value: Any) -> bool:
    """Whether a value has a part that is not known, and so cannot be written elsewhere."""
    if isinstance(value, dict):
        return any(holds(inner) for inner in value.values())
    if isinstance(value, list):
        return any(holds(inner) for inner in value)
    return isinstance(value, Unknown)


# --- options that are gone ------------------------------------------------------------------------


def removed(world: World, rule: Rule) -> Found:
    """Options that an earlier version had and that nothing took the place of."""
    for installed in world.installed:
        seen = look(installed)
        if seen is None:
            continue
        yield from seen.gone
        for stray in seen.strays:
            stops = stray.kind == "removed" and _stops(installed, stray.path)
            if stray.kind == "removed" and stray.span is not None and (not stops or _is_refused(seen, stray)):
                effect = (stray.entry or {}).get("effect", "ignored")
                note = (stray.entry or {}).get("note")
                words = {**_said(installed), "path": format_path(stray.path), "last": stray.span.last}
                words["since"] = stray.span.removed
                variant = "ignored" if stray.entry is not None and effect == "ignored" else "lost"
                variant = "changes" if effect == "changes" else variant
                variant = "fails" if stops else "ignored" if _is_inert(seen, stray) else variant
                level = "display" if variant == "changes" else "safe"  # what nothing reads may go, what is missed stays
                remedy = Remedy(installed.number, level, (Remove(stray.path),))
                yield Violation(
                    installed.number, stray.path, variant, words, "", (), (note,) if note else (), remedy, at_key=True
                )


def _may_be_gone(number: int, table: OptionTable, options: Options, user: dict[str, Any]) -> Iterator[Open]:
    newest = table.table.versions[-1]
    for path in table.at(newest).unknown(user):
        if options.knows(path):
            span = table.span(path, newest)
            message = f"whether {format_path(path)} is an option: since {span.removed} it is none"
            yield Open(number, message, "the version of the chart")


def _is_inert(seen: Look, stray: Stray) -> bool:
    """Whether a leftover never said anything beyond the default that its option had, or only that it is off."""
    before: Any = ABSENT
    if stray.span is not None and stray.span.last is not None:
        before = _get(seen.table.table.defaults(stray.span.last), stray.path)
    return _inert(stray.value, before)


def _inert(value: Any, before: Any) -> bool:
    if isinstance(value, dict):
        known = before if isinstance(before, dict) else {}
        if value.get("enabled") is False and not known.get("enabled"):
            return True
        return all(_inert(inner, known.get(key, ABSENT)) for key, inner in value.items())
    if isinstance(value, Unknown):
        return False
    return bool(value == before) or (not value and (before == ABSENT or not before))


def _stops(installed: Installed, path: Path) -> bool:
    """Whether another rule says that the render stops because of a path."""
    return any(
        stop.holds is True
        and stop.kind != "capability"
        and any(reason.path[: len(path)] == path or path[: len(reason.path)] == reason.path for reason in stop.reasons)
        for stop in installed.objects.stops
    )


def renamed(world: World, rule: Rule) -> Found:
    """Options that live elsewhere now, with their value for the new place."""
    for installed in world.installed:
        seen = look(installed)
        for stray in seen.strays if seen else ():
            if seen is not None and stray.kind == "renamed" and stray.entry is not None:
                yield _renamed(installed, seen, stray, stray.entry)


def _renamed(installed: Installed, seen: Look, stray: Stray, entry: dict[str, Any]) -> Violation:
    number, path = installed.number, stray.path
    wanted = _translated(entry, stray.value)
    places = [format_path(place) for place in dict.fromkeys(place for place, _ in wanted)] or [
        format_path(place) for place in _places(entry)
    ]
    target = places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
    span = stray.span
    words = {**_said(installed), "path": format_path(path), "target": target}
    words["since"] = span.removed if span and span.removed else "long ago"
    variant = entry["effect"]
    if _stops(installed, path):
        variant = "fails"
    elif variant == "changes" and wanted and all(seen.options.default(place) == value for place, value in wanted):
        variant = "ignored"
    there = any(_has(seen.user, place) for place, _ in wanted)
    known = all(seen.options.knows(place) for place, _ in wanted)
    remedy = None
    if wanted and known and not holds(stray.value):
        if there:
            same = all(_get(seen.user, place) == value for place, value in wanted)
            remedy = Remedy(number, "safe" if same else "display", (Remove(path),))
        else:
            remedy = Remedy(number, entry.get("fix", "unsafe"), _moved(path, wanted, stray.value))
    notes = [entry["note"]] if entry.get("note") and variant != "ignored" else []
    return Violation(number, path, variant, words, "", (), tuple(notes), remedy, at_key=True)


def _moved(path: Path, wanted: list[tuple[Path, Any]], value: Any) -> tuple[Patch, ...]:
    """The patches that move a value; it stays where it is where a new name for the key does it."""
    if len(wanted) == 1 and wanted[0][0][:-1] == path[:-1]:
        place, new = wanted[0]
        rename = Rename(path, str(place[-1]))
        return (rename,) if new == value else (Set(path, new), rename)
    return _brought(path, wanted)


def _brought(path: Path, wanted: list[tuple[Path, Any]]) -> tuple[Patch, ...]:
    """The patches that bring a value to other places; it goes last, so that the map it leaves is not empty between."""
    places = [Set(place, new) for place, new in wanted]
    if any(_within(place, path) or _within(path, place) for place, _ in wanted):
        return (Remove(path), *places)
    return (*places, Remove(path))


def _places(entry: dict[str, Any]) -> list[Path]:
    """Where an option may have moved."""
    by_value = [place for change in entry.get("by_value", {}).values() for place in change]
    return [tuple(place.split(".")) for place in by_value or entry.get("to_all") or [entry["to"]]]


def _translated(entry: dict[str, Any], value: Any) -> list[tuple[Path, Any]]:
    """Where a value belongs now, and how it is written there; nothing where that is not known."""
    if "by_value" in entry:
        found = entry["by_value"].get(value) if isinstance(value, str) else None
        return [(tuple(place.split(".")), new) for place, new in (found or {}).items()]
    if isinstance(value, Unknown):
        return []
    if entry.get("wrap") == "list":
        value = value if isinstance(value, list) else [value]
    elif entry.get("wrap") == "text":
        value = value if isinstance(value, str) else go_text(value)
    elif entry.get("wrap") == "pattern":
        import re

        value = f"^{re.escape(str(value))}$"
    return [(tuple(place.split(".")), value) for place in entry.get("to_all") or [entry["to"]]]


def claims(installed: Installed, stop: Stop) -> bool:
    """Whether a rule of this module reports why the render stops: one mistake is one finding."""
    if stop.kind == "schema":
        return stop.id == "wrong-type"
    seen = look(installed)
    if seen is None or seen.version is None:
        return False
    fired = {reason.path for reason in stop.reasons}
    return any(
        (stray.kind == "renamed" and stray.path in fired)
        or (_is_refused(seen, stray) and any(_within(path, stray.path) for path in fired))
        for stray in seen.strays
    ) or any(
        entry["effect"] == "fails" and tuple(entry["path"].split(".")) in fired
        for entry, _ in _offences(installed, seen)
    )


def _is_refused(seen: Look, stray: Stray) -> bool:
    """Whether an option is gone for good, and read only to be refused: it stops the render by itself."""
    gone = stray.kind == "removed" and stray.span is not None and stray.span.added is None
    return gone and seen.options.refused(stray.path)


def _within(path: Path, above: Path) -> bool:
    return path[: len(above)] == above


# --- values ---------------------------------------------------------------------------------------


def wrong_type(world: World, rule: Rule) -> Found:
    """Values of another kind than the option takes."""
    for installed in world.installed:
        refused = set()
        for stop in installed.objects.stops:
            if stop.kind == "schema" and stop.holds is True:
                refused.add(stop.paths[0])
                if installed.values.resolve(stop.paths[0]).layer is not None:
                    texts = stop.paths[0] in map(parse_path, rule.data.get("texts", ()))
                    yield _refused(installed, stop.paths[0], stop.reasons[0].wants, texts)
        schema = installed.objects.facts.accepted is not None
        for path, value, default in _pairs(installed.values.user, installed.values.defaults, ()):
            if path not in refused and not _stops(installed, path):
                found = _mistyped(installed, path, value, default, schema)
                if found is not None:
                    yield found


def _refused(installed: Installed, path: Path, wanted: str, texts: bool) -> Violation:
    """What the chart's schema refuses; `texts`: a list that is wanted there is one of texts."""
    value = installed.values.get(path)
    words = {**_said(installed), "path": format_path(path), "value": _quoted(value), "wanted": _kind_words(wanted)}
    fitting: Any = None
    if isinstance(value, str) and "boolean" in wanted and value.lower() in (*_ON, *_OFF):
        fitting = value.lower() in _ON
    elif isinstance(value, str) and ("integer" in wanted or "number" in wanted) and value.lstrip("-").isdigit():
        fitting = int(value)
    elif isinstance(value, (bool, int, float)) and "string" in wanted:
        fitting = _written(installed, path) or go_text(value)
    elif isinstance(value, str) and "array" in wanted and texts:
        fitting = listed(value)
    remedy = Remedy(installed.number, "safe", (Set(path, fitting),)) if fitting is not None else None
    words["fitting"] = _quoted(fitting) if not isinstance(fitting, list) else f"[{show(fitting)}]"
    return Violation(installed.number, path, "refused", words, "", (), (), remedy)


def listed(text: str) -> list[str] | None:
    """The list that a text means where an option takes one: `a,b`, or `{a,b}` as on a command line, or YAML.

    None where that is not clear: a comma may be part of an item, as in `labelsContext=source_ip,destination_ip`, what
    is apart by spaces may be one item or several, and a placeholder may be anything.
    """
    if "{{" in text or "${" in text:
        return None
    inner = text.strip()
    if inner[:1] in ("[", "-"):
        try:
            given = load_data(text)
        except SourceError:
            return None
        plain = isinstance(given, list) and given and all(isinstance(item, str) for item in given)
        return given if plain else None
    if inner[:1] + inner[-1:] == "{}":
        inner = inner[1:-1]
    items = [item.strip() for item in inner.split(",")]
    if any("=" in item for item in items[:-1]) or inner.strip().lower() in (*_OFF, *_ON, *_NOTHING):
        return None
    return items if all(items) and not any(set(item) & _NO_ITEM for item in items) else None


_NOTHING = ("null", "none", "nil", "~")
_NO_ITEM = frozenset(" \t\n\r\"'[]{}")
"""Characters that speak for another notation than a list with commas."""


def _kind_words(wanted: str) -> str:
    for name, word in (("boolean", "true or false"), ("object", "a map"), ("array", "a list"), ("string", "a text")):
        wanted = wanted.replace(name, word)
    return wanted.replace("integer", "a whole number")


def _pairs(user: dict[str, Any], defaults: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """The user's values beside the defaults that they replace."""
    for key, value in user.items():
        if key not in defaults or value is None or isinstance(value, Unknown):
            continue
        default = defaults[key]
        if isinstance(default, dict) and isinstance(value, dict):
            yield from _pairs(value, default, (*path, key))
        else:
            yield (*path, key), value, default


def _mistyped(installed: Installed, path: Path, value: Any, default: Any, schema: bool) -> Violation | None:
    found = _misfit(installed, path, value, default, schema)
    if found is None:
        return None
    variant, more, fitting = found
    words = {**_said(installed), "path": format_path(path), "value": _quoted(value), **more}
    remedy = None if fitting is None else Remedy(installed.number, "safe", (Set(path, fitting),))
    return Violation(installed.number, path, variant, words, "", (), (), remedy)


def _misfit(
    installed: Installed, path: Path, value: Any, default: Any, schema: bool
) -> tuple[str, dict[str, Any], Any] | None:
    """How a value does not go with the default that it replaces: the variant, words for it, and what would."""
    if isinstance(default, bool) and isinstance(value, str) and not schema:
        word = value.strip().lower()
        if word in _OFF:
            return "quoted-false", {}, False
        if word in _ON:
            return "quoted-true", {}, True
    if isinstance(default, str) and isinstance(value, (int, float)) and not isinstance(value, bool):
        written = _written(installed, path)
        if written is not None and written != go_text(value):
            return "number", {"written": written, "read": go_text(value)}, written
    if isinstance(default, dict) and not isinstance(value, dict):
        plain = isinstance(value, (bool, int, float))
        if default or (plain and value):
            return "over-map" if default else "no-map", {"lost": ", ".join(list(default)[:3])}, None
    if isinstance(default, list) and isinstance(value, (bool, int, float)) and value:
        return "no-list", {}, None
    return None


def _written(installed: Installed, path: Path) -> str | None:
    """The text of a plain scalar as it stands in the file, unless that is a placeholder that was filled in."""
    _, value, _, _, node = installed.values.resolve(path)
    plain = isinstance(node, Scalar) and node.style == "plain" and node.value == value
    return node.raw if plain and isinstance(node, Scalar) else None


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else show(value)


def not_allowed(world: World, rule: Rule) -> Found:
    """Values that an option does not take, although they are of the right kind."""
    for installed in world.installed:
        seen = look(installed)
        for entry, value in _offences(installed, seen) if seen is not None else ():
            yield _not_allowed(installed, tuple(entry["path"].split(".")), value, entry)


def _offences(installed: Installed, seen: Look) -> Iterator[tuple[dict[str, Any], Any]]:
    """The entries of the corrections that a value goes against, with the value."""
    for entry in seen.table.corrections.entries("allowed", installed.version):
        path: Path = tuple(entry["path"].split("."))
        if not _has(installed.values.user, path) or not seen.options.knows(path):
            continue
        value = installed.values.get(path)
        if value is None or isinstance(value, (Unknown, dict, list)):
            continue
        if not any(_same(value, one) for one in entry["values"]):
            yield entry, value


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _not_allowed(installed: Installed, path: Path, value: Any, entry: dict[str, Any]) -> Violation:
    allowed = list(dict.fromkeys(show(one) for one in entry["values"] if one != ""))
    words = {**_said(installed), "path": format_path(path), "value": show(value)}
    words |= {"allowed": ", ".join(allowed)}
    instead = entry.get("instead", {}).get(show(value), ABSENT)
    level = "safe"
    if isinstance(instead, str) and instead == ABSENT and show(value) in entry.get("perhaps", {}):
        instead, level = entry["perhaps"][show(value)], "display"
    elif isinstance(instead, str) and instead == ABSENT:
        level = "unsafe"
        near = [
            (distance, one)
            for one in entry["values"]
            if isinstance(one, str)
            and one
            and (distance := tables.edit_distance(show(value).lower(), one.lower(), 2)) is not None
        ]
        instead = min(near)[1] if near else ABSENT
    remedy = None
    if not (isinstance(instead, str) and instead == ABSENT):
        words["instead"] = show(instead)
        remedy = Remedy(installed.number, level, (Set(path, instead),))
    notes = (entry["note"],) if "note" in entry else ()
    return Violation(installed.number, path, entry["effect"], words, "", (), notes, remedy)


def deprecated(world: World, rule: Rule) -> Found:
    """Options that work, and that a later version is to drop."""
    for installed in world.installed:
        table = tables.load(installed.chart.name)
        if table is None:
            continue
        for entry in table.corrections.entries("deprecated", installed.version):
            path: Path = tuple(entry["path"].split("."))
            value = _get(installed.values.user, path)
            if (
                value is None
                or (not isinstance(value, Unknown) and not value)
                or value == _get(installed.values.defaults, path)
            ):
                continue
            words = {**_said(installed), "path": format_path(path), "note": entry["note"]}
            remedy = None
            if "to" in entry and not holds(value):
                place: Path = tuple(entry["to"].split("."))
                words["target"] = entry["to"]
                if not _has(installed.values.user, place):
                    remedy = Remedy(installed.number, "unsafe", _moved(path, [(place, value)], value))
            yield Violation(
                installed.number, path, "instead" if remedy else "plain", words, "", (), (), remedy, at_key=True
            )


# --- null and duplicates --------------------------------------------------------------------------


def null(world: World, rule: Rule) -> Found:
    """Keys without a value: those that change nothing, and those that take a whole block of defaults away."""
    for installed in world.installed:
        seen = look(installed)
        if seen is None:
            continue
        table, known = seen.table, seen.options
        for path in seen.nulls:
            default = known.default(path)
            words = {**_said(installed), "path": format_path(path)}
            if _stops(installed, path):
                continue
            if len(path) == 1 and path[0] in known.subcharts:
                if _as_its_own(table, installed.version, str(path[0]), default):
                    continue
                yield Violation(installed.number, path, "subchart", words)
            elif isinstance(default, dict) and default and not known.free(path):
                words |= {"count": len(default), "some": ", ".join(list(default)[:3])}
                yield Violation(installed.number, path, "block", words)
            elif isinstance(default, str) and default == ABSENT:
                yield Violation(
                    installed.number,
                    path,
                    "nothing",
                    words,
                    "",
                    (),
                    (),
                    Remedy(installed.number, "safe", (Remove(path),)),
                )


def _as_its_own(table: OptionTable, version: str, key: str, default: Any) -> bool:
    """Whether a chart says nothing for a subchart that the subchart does not say itself; or nobody knows."""
    own = table.table.subchart_defaults(version, key)
    given = {name: value for name, value in default.items() if name not in ("global", "enabled")}
    return not own or given == {name: value for name, value in own.items() if name not in ("global", "enabled")}


def _nulls(user: dict[str, Any], path: Path = ()) -> Iterator[Path]:
    for key, value in user.items():
        if value is None:
            yield (*path, key)
        elif type(value) is dict:
            yield from _nulls(value, (*path, key))


def duplicate(world: World, rule: Rule) -> Found:
    """Keys that a map holds twice: what stands first is lost."""
    for installed in world.installed:
        for layer in installed.release.layers:
            if layer.place.embedded is not None or layer.place.recipe is not None:
                continue
            for path, lost, wins in layer.document.duplicates:
                start = layer.path
                if any(mark in layer.source.text[lost.key.start : wins.key.start] for mark in _BRANCHES):
                    continue  # one of two ways in a text that another program fills in first
                if path[: len(start)] != start or len(path) == len(start):
                    continue
                here = (*layer.place.mount, *path[len(start) :])
                if to_data(lost.value) == to_data(wins.value) == _get(installed.values.defaults, here):
                    continue  # the default, twice: neither says anything
                yield _duplicate(installed, layer, here, lost, wins)


def _duplicate(installed: Installed, layer: Any, path: Path, lost: Entry, wins: Entry) -> Violation:
    before, after = to_data(lost.value), to_data(wins.value)
    origin = Origin(layer.source, lost.key.start, lost.key.end, path)
    related = (Related(installed.number, None, origin, "this one is lost"),)
    words = {"path": format_path(path), "key": str(path[-1])}
    if before == after:
        remedy = None if layer.place.mount else Remedy(installed.number, "safe", (Unique(path),))
        if installed.values.resolve(path).layer is not layer:
            remedy = None
        return Violation(installed.number, path, "same", words, "", related, (), remedy, at_key=True)
    missing = list(_missing(before, after, ()))
    words["lost"] = ", ".join(format_path(item) for item in missing[:4] if item) or show(before)
    words["more"] = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
    remedy = None
    if isinstance(before, dict) and isinstance(after, dict):
        patches = tuple(Set((*path, *item), _get(before, item)) for item in missing if not _has(after, item))
        if patches and len(patches) == len(missing):
            # What stands in two blocks that do not contradict each other is all meant. Another layer, or a third
            # block, makes that less clear.
            alone = [item for item, _, _ in layer.document.duplicates].count((*layer.path, *path)) == 1
            plain = not layer.place.mount and installed.values.resolve(path).layer is layer
            level = "safe" if alone and plain else "display"
            remedy = Remedy(installed.number, level, (*patches, *([Unique(path)] if level == "safe" else [])))
    return Violation(
        installed.number,
        path,
        "map" if isinstance(before, dict) else "value",
        words,
        "",
        related,
        (),
        remedy,
        at_key=True,
    )


def _missing(before: Any, after: Any, path: Path) -> Iterator[Path]:
    """What the earlier value says that the later one does not."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from _missing(value, after.get(key, ABSENT), (*path, key))
    elif before != after:
        yield path
