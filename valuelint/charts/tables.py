"""The default values of every released version of a chart.

`schemas/<chart>/defaults.json` holds them, one line a path: a history `[version, default, version, default]`
says from which version on a default holds. `valuelint.charts.compiler` makes the file.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from valuelint import resources
from valuelint.charts.versions import Version, parse_version
from valuelint.light import Any, Callable, Iterable, Iterator, NamedTuple
from valuelint.syntax import Path

ABSENT = "∅"
"""Stands in a history where a path has no default in these versions."""

OPAQUE = "…"
"""Stands for a default that is not kept: a long text, a document, a digest; always a string and not empty."""

READ, FREE, REFUSED = "r", "f", "x"
"""What `options.json` says of a path: an option without a default; a map below which everything counts; an option that
the chart only reads to refuse it."""

HERE = ""
"""The key of a branch's own history: its default in versions in which nothing lies below it."""

Tree = dict[str, Any]
"""Maps keys to histories (lists) and to trees (dicts)."""


class Record(NamedTuple):
    """What a table says about one version."""

    own: dict[str, Any]
    subcharts: dict[str, tuple[str, dict[str, Any]]]  # by key: condition and own values
    schema: bool
    types: dict[str, Any]


class Table:
    """What `load` gives. Everything it returns is shared between callers and must not be changed."""

    __slots__ = ("_data", "_defaults", "_file", "_nearest", "_order", "_own", "_records", "chart", "versions")

    def __init__(self, chart: str, data: dict[str, Any] | None = None) -> None:
        """Reads the table from schemas/, or is that of `data`. Raises FileNotFoundError."""
        self.chart = chart
        self._file = f"schemas/{chart}/defaults.json"
        self._own = data
        self._data = data
        self._order: list[Version] | None = None
        self._nearest: dict[str, tuple[str, bool]] = {}
        self._records: dict[str, Record] = {}
        self._defaults: dict[tuple[str, frozenset[str]], dict[str, Any]] = {}
        self.versions: list[str] = self._part("versions", lambda: self._whole()["versions"])

    @property
    def file(self) -> str:
        """The name of the resource that holds it."""
        return self._file

    @property
    def data(self) -> dict[str, Any]:
        """The whole of it, as it stands in the file."""
        return self._whole()

    def nearest(self, version: str) -> tuple[str, bool]:
        """The version whose facts are used for `version`, and whether it is that one itself.

        For one that is not known that is the nearest older one, or the oldest. Raises ValueError.
        """
        answer = self._nearest.get(version)
        if answer is None:
            answer = self._nearest[version] = self._look_up(version)
        return answer

    def defaults(self, version: str, without: Iterable[str] = ()) -> dict[str, Any]:
        """The values that Helm starts from: the chart's, over those of its subcharts, as nested maps.

        Defaults that are null are there, with None. `without` names subcharts that are switched off: Helm
        leaves out what only they would bring. The answer is remembered; do not change it. Raises ValueError.
        """
        used = self.nearest(version)[0]
        left_out = frozenset(without)
        known = self._defaults.get((used, left_out))
        if known is None:
            record = self._record(used)
            inner = {key: own for key, (_, own) in record.subcharts.items() if key not in left_out}
            known = self._defaults[used, left_out] = join(record.own, inner)
        return known

    def subcharts(self, version: str) -> dict[str, str]:
        """The condition of each subchart by its key: the path that switches it, or "". Raises ValueError."""
        return {key: condition for key, (condition, _) in self._record(self.nearest(version)[0]).subcharts.items()}

    def subchart_defaults(self, version: str, key: str) -> dict[str, Any]:
        """A subchart's own values, without the chart's block for it. Raises ValueError, KeyError."""
        return self._record(self.nearest(version)[0]).subcharts[key][1]

    def has_schema(self, version: str) -> bool:
        """Whether Helm holds the values of this version against a JSON Schema. Raises ValueError."""
        return self._record(self.nearest(version)[0]).schema

    def accepted(self, version: str) -> dict[tuple[str, ...], str | list[Any]]:
        """Where the chart's JSON Schema accepts something else than the type of the default.

        By path: names of JSON's types with a space between ("null string", or "any"), or a list of the values
        that are allowed. Empty where there is no schema. Raises ValueError.
        """
        return dict(leaves(self._record(self.nearest(version)[0]).types))

    def history(self, path: Path) -> list[tuple[str, str, Any]]:
        """The defaults that a path ever had, oldest first: (first version, last version, default)."""
        ranks = self._ranks()
        found: list[tuple[int, Any]] = []
        for rank, value in changes(self._whole(), ranks, path):
            if not found or repr(found[-1][1]) != repr(value):
                found.append((rank, value))
        end = (len(self.versions), ABSENT)
        return [
            (self.versions[rank], self.versions[after - 1], value)
            for (rank, value), (after, _) in pairwise([*found, end])
            if value != ABSENT
        ]

    def _look_up(self, version: str) -> tuple[str, bool]:
        if version in self.versions:
            return version, True
        wanted = parse_version(version)
        if self._order is None:
            self._order = [parse_version(known) for known in self.versions]
        used = max(bisect_right(self._order, wanted) - 1, 0)
        return self.versions[used], self._order[used] == wanted

    def _record(self, version: str) -> Record:
        known = self._records.get(version)
        if known is None:
            record = self._part(version, lambda: tuple(record_at(self._whole(), self._ranks(), version)))
            known = self._records[version] = Record(*record)
        return known

    def _part(self, part: str, make: Callable[[], Any]) -> Any:
        return resources.derived(self._file, part, make) if self._own is None else make()

    def _whole(self) -> dict[str, Any]:
        if self._data is None:
            self._data = resources.load(self._file)
        return self._data

    def _ranks(self) -> dict[str, int]:
        return {version: rank for rank, version in enumerate(self.versions)}


_tables: dict[str, Table] = {}


def load(chart: str) -> Table:
    """The table of a chart, by the name of its folder in schemas/. Raises FileNotFoundError."""
    if chart not in _tables:
        _tables[chart] = Table(chart)
    return _tables[chart]


def leaves(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every path below which nothing lies, with its value; an empty map is such a value."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


# --- histories ------------------------------------------------------------------------------------


def record_at(data: dict[str, Any], ranks: dict[str, int], version: str) -> Record:
    """What a table says about one of its versions."""
    rank = ranks[version]
    conditions = {key: value_at(inner["condition"], ranks, rank) for key, inner in data["subcharts"].items()}
    return Record(
        own=values_at(data["defaults"], ranks, rank),
        subcharts={
            key: (condition, values_at(data["subcharts"][key]["defaults"], ranks, rank))
            for key, condition in conditions.items()
            if condition != ABSENT
        },
        schema=value_at(data["schema"], ranks, rank) is True,
        types=values_at(data["types"], ranks, rank),
    )


def changes(data: dict[str, Any], ranks: dict[str, int], path: Path) -> Iterator[tuple[int, Any]]:
    """A path's default, or ABSENT, at the rank of every version at which it may change."""
    # what is shared with a subchart stands in another place of the chart's own values
    places = [path, path[1:]] if path[1:2] == ("global",) else [path]
    narrow = {
        **data,
        "defaults": _only(data["defaults"], places),
        "subcharts": {
            key: {**inner, "defaults": _only(inner["defaults"], [path[1:]])}
            for key, inner in data["subcharts"].items()
            if path[:1] in ((), (key,))
        },
        "types": {},
    }
    versions = list(ranks)
    named = set(_versions([narrow["defaults"], narrow["subcharts"]]))
    for rank in sorted(ranks[version] for version in named):
        record = record_at(narrow, ranks, versions[rank])
        value: Any = join(record.own, {key: own for key, (_, own) in record.subcharts.items()})
        for key in path:
            value = value.get(key, ABSENT) if isinstance(value, dict) else ABSENT
        yield rank, value


def value_at(history: list[Any], ranks: dict[str, int], rank: int) -> Any:
    """The value of a history in one version, or ABSENT."""
    last = len(history) - 2
    while last >= 0 and ranks[history[last]] > rank:
        last -= 2
    return history[last + 1] if last >= 0 else ABSENT


def values_at(tree: Tree, ranks: dict[str, int], rank: int) -> dict[str, Any]:
    """The values of a tree in one version."""
    values: dict[str, Any] = {}
    for key, node in tree.items():
        if type(node) is list:
            if key == HERE:
                continue
            # `value_at`, written out: a whole chart passes through here
            last = len(node) - 2
            while last >= 0 and ranks[node[last]] > rank:
                last -= 2
            if last >= 0 and node[last + 1] != ABSENT:
                values[key] = node[last + 1]
            continue
        below = values_at(node, ranks, rank)
        if below:
            values[key] = below
        elif HERE in node and (value := value_at(node[HERE], ranks, rank)) != ABSENT:
            values[key] = value
    return values


def states_at(tree: Tree, ranks: dict[str, int], rank: int) -> dict[str, Any]:
    """The states of a tree of options in one version; one that has others below it stands under HERE."""
    values: dict[str, Any] = {}
    for key, node in tree.items():
        if type(node) is list:
            state = value_at(node, ranks, rank)
            if state != ABSENT:
                values[key] = state
        elif below := states_at(node, ranks, rank):
            values[key] = below[HERE] if len(below) == 1 and HERE in below else below
    return values


def _only(tree: Tree, paths: list[Path]) -> Tree:
    """The part of a tree that decides these values."""
    if () in paths:
        return tree
    kept: Tree = {HERE: tree[HERE]} if HERE in tree else {}
    for key, node in tree.items():
        inside = [path[1:] for path in paths if path[0] == key]
        if inside:
            kept[key] = node if type(node) is list else _only(node, inside)
    return kept


def _versions(node: Any) -> Iterator[str]:
    """Every version at which something changes in trees and what holds them."""
    if type(node) is dict:
        for below in node.values():
            yield from _versions(below)
    elif node and type(node[0]) is str:
        yield from node[::2]
    else:
        for below in node:
            yield from _versions(below)


# --- subcharts ------------------------------------------------------------------------------------


def join(own: dict[str, Any], subcharts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A chart's values over those of its subcharts, as Helm joins them."""
    values = dict(own)
    for key, below in subcharts.items():
        block = own.get(key)
        joined = over(block if isinstance(block, dict) else {}, below)
        shared, inner = own.get("global"), joined.get("global")
        joined["global"] = _shared(shared if isinstance(shared, dict) else {}, inner if isinstance(inner, dict) else {})
        values[key] = joined
    return values


def over(above: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """`above` wins; a null above takes a default away that is not null itself."""
    joined = dict(above)
    for key, value in below.items():
        if key not in above:
            joined[key] = value
        elif above[key] is None and value is not None:
            del joined[key]
        elif isinstance(value, dict) and isinstance(above[key], dict):
            joined[key] = over(above[key], value)
    return joined


def _shared(above: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """What a subchart sees as `global`: the chart's wins, but a map and what is none are not mixed."""
    joined = dict(below)
    for key, value in above.items():
        if key not in below or isinstance(value, dict) == isinstance(below[key], dict):
            joined[key] = _shared(value, below[key]) if isinstance(value, dict) and key in below else value
    return joined
