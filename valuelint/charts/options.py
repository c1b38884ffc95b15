"""Every option of every released version of a chart: what is known, what was, and what was probably meant.

`schemas/<chart>/defaults.json` names the options that have a default, `options.json` beside it those that only a
template or the chart's schema knows, and the maps that are used whole; `corrections.yaml` is laid over both by hand.
"""

from __future__ import annotations

from valuelint import resources
from valuelint.charts import tables
from valuelint.charts.tables import ABSENT, FREE, HERE, READ, REFUSED
from valuelint.charts.versions import Range, is_prerelease
from valuelint.light import Any, Iterator, NamedTuple, remembered
from valuelint.syntax import Path

Names = tuple[str, ...]
States = dict[str, Any]
"""Maps keys to states, and to such maps; the state of a path that has others below it stands under HERE."""

ANYWHERE = ("global",)
"""A map that a chart shares with all others of a release: whoever reads it may stand elsewhere."""


class Options:
    """The options of one version of a chart; of all versions together where `version` is None."""

    __slots__ = ("_paths", "defaults", "states", "subcharts", "version")

    def __init__(
        self, version: str | None, defaults: dict[str, Any], states: States, subcharts: dict[str, str]
    ) -> None:
        self.version = version
        self.defaults = defaults
        self.states = states
        self.subcharts = subcharts
        """The condition of each by its key: the path that switches it, or empty."""
        self._paths: dict[Names, bool] | None = None

    def unknown(self, user: dict[str, Any]) -> Iterator[Path]:
        """The topmost paths of the user's values that the chart does not know."""
        if self.states.get(HERE) != FREE:
            yield from _unknown(user, self.defaults, self.states, (), self.subcharts)

    def knows(self, path: Path) -> bool:
        """Whether the chart has an option of that path, or uses a map above it whole."""
        default: Any = self.defaults
        states: Any = self.states
        for number, key in enumerate(path):
            if _open(default, states) if number else states.get(HERE) == FREE:
                return True
            default, states = _below(default, key), _state_below(states, key)
            if not _known(default, states):
                return False
        return True

    def free(self, path: Path) -> bool:
        """Whether anything may stand below a path."""
        default: Any = self.defaults
        states: Any = self.states
        for number, key in enumerate(path):
            if _open(default, states) if number else states.get(HERE) == FREE:
                return True
            default, states = _below(default, key), _state_below(states, key)
        return _open(default, states)

    def refused(self, path: Path) -> bool:
        """Whether the chart reads the option only to refuse it."""
        default: Any = self.defaults
        states: Any = self.states
        for key in path:
            default, states = _below(default, key), _state_below(states, key)
        return bool(default == ABSENT and _only_refused(states))

    def default(self, path: Path) -> Any:
        """The default of an option, ABSENT where it has none."""
        default: Any = self.defaults
        for key in path:
            default = _below(default, key)
        return default

    def children(self, path: Path) -> list[str]:
        """The options right below a path."""
        default: Any = self.defaults
        states: Any = self.states
        for key in path:
            default, states = _below(default, key), _state_below(states, key)
        found = dict.fromkeys(default) if isinstance(default, dict) else {}
        if isinstance(states, dict):
            found |= dict.fromkeys(key for key, state in states.items() if key != HERE and not _only_refused(state))
        return list(found)

    def paths(self) -> dict[Names, bool]:
        """Every option by its path, and whether others lie below it."""
        if self._paths is None:
            self._paths = {}
            _collect(self.defaults, self.states, (), self._paths)
        return self._paths

    def named(self, key: str, deepest: int) -> list[Names]:
        """The options whose last key is this one, but for case and hyphens, down to a depth."""
        found: list[Names] = []
        _find(self.defaults, self.states, _squeezed(key), (), deepest, found)
        return found


def _find(default: Any, state: Any, wanted: str, path: Names, deepest: int, found: list[Names]) -> None:
    keys = dict.fromkeys(default) if type(default) is dict else {}
    if type(state) is dict:
        keys |= dict.fromkeys(state)
    for key in keys:
        below, inner = _below(default, key), _state_below(state, key)
        goes_on = len(path) + 1 < deepest and (type(below) is dict or type(inner) is dict)
        meant = _squeezed(key) == wanted
        if key == HERE or not (meant or goes_on) or not _known(below, inner):
            continue
        here = (*path, key)
        if meant:
            found.append(here)
        if goes_on:
            _find(below, inner, wanted, here, deepest, found)


def _unknown(
    user: dict[str, Any], defaults: Any, states: Any, path: Names, subcharts: dict[str, str]
) -> Iterator[Path]:
    for key, value in user.items():
        default = defaults.get(key, ABSENT) if type(defaults) is dict else ABSENT
        state = states.get(key) if type(states) is dict else None
        if key == "global" and (not path or (len(path) == 1 and path[0] in subcharts)):
            continue
        here = (*path, key)
        if type(default) is str and default == ABSENT and (state is None or _only_refused(state)):
            # the container of an option that is refused is nothing by itself
            if type(state) is dict and type(value) is dict:
                yield from _unknown(value, default, state, here, subcharts)
            else:
                yield here
        elif type(value) is dict and value and not _open(default, state):
            yield from _unknown(value, default, state, here, subcharts)


def _below(default: Any, key: str | int) -> Any:
    return default.get(key, ABSENT) if isinstance(default, dict) else ABSENT


def _state_below(states: Any, key: str | int) -> Any:
    return states.get(key) if isinstance(states, dict) else None


def _known(default: Any, state: Any) -> bool:
    return not (isinstance(default, str) and default == ABSENT) or (state is not None and not _only_refused(state))


def _open(default: Any, state: Any) -> bool:
    """Whether anything may stand below: a map that is used whole, or one of which no single option is read."""
    if state == FREE:
        return True
    if type(state) is dict:
        if state.get(HERE) == FREE:
            return True
        if any(key != HERE and not _only_refused(below) for key, below in state.items()):
            return False
    return not (type(default) is dict and default)


def _only_refused(state: Any) -> bool:
    if type(state) is dict:
        return all(_only_refused(below) for below in state.values())
    return bool(state == REFUSED)


def _collect(default: Any, state: Any, path: Names, found: dict[Names, bool]) -> None:
    keys = dict.fromkeys(default) if type(default) is dict else {}
    if type(state) is dict:
        keys |= dict.fromkeys(state)
    for key in keys:
        if key == HERE:
            continue
        below, inner = _below(default, key), _state_below(state, key)
        if not _known(below, inner):
            continue
        here = (*path, key)
        before = len(found)
        found[here] = False
        _collect(below, inner, here, found)
        found[here] = len(found) > before + 1


# --- one version, and all -------------------------------------------------------------------------


class OptionTable:
    """The options of all versions of a chart."""

    __slots__ = ("_corrections", "_data", "_file", "_gates", "_known", "_laid_over", "chart", "table")

    def __init__(self, chart: str) -> None:
        self.chart = chart
        self.table = tables.load(chart)
        self._file = f"schemas/{chart}/options.json"
        there = "corrections.yaml" in resources.names(f"schemas/{chart}")
        self._laid_over = [f"schemas/{chart}/corrections.yaml"] if there else []
        self._data: dict[str, Any] | None = None
        self._gates: dict[str, Any] | None = None
        self._known: dict[str | None, Options] = {}
        self._corrections: Corrections | None = None

    def at(self, version: str) -> Options:
        """The options of a version; of the nearest older one where it is not known. Raises ValueError."""
        used = self.table.nearest(version)[0]
        if used not in self._known:
            states = resources.derived(self._file, used, lambda: self._states(used), self._laid_over)
            self._known[used] = Options(used, self.table.defaults(used), states, self.table.subcharts(used))
        return self._known[used]

    def every(self) -> Options:
        """The options that any released version knows: what is unknown here was never one."""
        if None not in self._known:
            defaults, states, subcharts = resources.derived(
                self._file, "every", self._union, [self.table.file, *self._laid_over]
            )
            self._known[None] = Options(None, defaults, states, subcharts)
        return self._known[None]

    def needs(self, path: Path, version: str) -> list[Names]:
        """The options that have to be on for anything to read an option, as far as the templates show it.

        With one of them off, the option comes to nothing; with all of them on, it may still do so.
        """
        if self._gates is None:
            there = "gates.json" in resources.names(f"schemas/{self.chart}")
            self._gates = resources.load(f"schemas/{self.chart}/gates.json") if there else {"versions": [], "gates": {}}
        ranks = _ranks(self._gates["versions"])
        rank = ranks.get(self.table.nearest(version)[0])
        node: Any = self._gates["gates"]
        needed = ""
        for key in (None, *path):
            node = node if key is None else node.get(key) if isinstance(node, dict) else None
            history = node.get(HERE) if isinstance(node, dict) else node
            if isinstance(history, list) and rank is not None:
                found = tables.value_at(history, ranks, rank)
                needed = needed if found == ABSENT else found
        names = [tuple(gate.split(".")) for gate in needed.split()]
        return [gate for gate in names if gate != path[: len(gate)]]

    @property
    def corrections(self) -> Corrections:
        """What is laid over the tables by hand."""
        if self._corrections is None:
            self._corrections = Corrections(resources.load(self._laid_over[0]) if self._laid_over else {})
        return self._corrections

    def span(self, path: Path, version: str) -> Span:
        """When an option was there: the last version before this one, and the first after it."""
        if not self.every().knows(path):
            return Span(None, None, None)  # most are typos, and the whole history is a lot to read
        versions = self.table.versions
        now = versions.index(self.table.nearest(version)[0])
        known = self._ranks_of(path)
        released = [not is_prerelease(each) for each in versions]
        if released[now]:
            # branches overlap: 1.18.0-pre.0 may still have what 1.17.3 has not
            known = {rank for rank in known if released[rank]}
        before = [rank for rank in known if rank < now]
        after = [rank for rank in known if rank > now]
        gone = None
        if before:
            gone = next(rank for rank in range(max(before) + 1, now + 1) if released[rank] or not released[now])
        return Span(
            versions[max(before)] if before else None,
            None if gone is None else plain(versions[gone]),
            plain(versions[min(after)]) if after else None,
        )

    def stretch(self, path: Path, version: str) -> tuple[str, str]:
        """The first and the last version of those around this one that all have an option."""
        versions = self.table.versions
        first = last = versions.index(self.table.nearest(version)[0])
        known = self._ranks_of(path)
        while first - 1 in known:
            first -= 1
        while last + 1 in known:
            last += 1
        return versions[first], versions[last]

    def _ranks_of(self, path: Path) -> set[int]:
        """The numbers of the versions in which an option is named."""
        versions = self.table.versions
        ranks = {known: rank for rank, known in enumerate(versions)}
        known: set[int] = set()
        for first, last, _ in self.table.history(path):
            known.update(range(ranks[first], ranks[last] + 1))
        names = tuple(str(key) for key in path)
        named = _branch(self._whole()["options"], names)
        for rank in range(len(versions)):
            if rank not in known and named is not None and not _only_refused(_states_of(named, ranks, rank)):
                known.add(rank)
        for entry in self.corrections.data.get("options") or ():
            place = tuple(entry["path"].split("."))
            if entry["state"] == "unknown" and names[: len(place)] == place:
                held = Range.parse(entry["versions"])
                known -= {rank for rank in known if held.contains(versions[rank])}
        return known

    def _states(self, version: str) -> States:
        versions = self._whole()["versions"]
        states = tables.states_at(self._whole()["options"], _ranks(versions), versions.index(version))
        for entry in self.corrections.entries("options", version):
            _put(states, tuple(entry["path"].split(".")), entry["state"])
        return states

    def _union(self) -> tuple[dict[str, Any], States, dict[str, str]]:
        data = self.table.data
        free: list[Names] = []
        defaults = _ever(data["defaults"], (), free)
        for key, inner in data["subcharts"].items():
            block = defaults.get(key)
            defaults[key] = _joined(block if isinstance(block, dict) else {}, _ever(inner["defaults"], (key,), free))
        states = _ever_states(self._whole()["options"])
        for path in free:
            _put(states, path, "free")
        for entry in self.corrections.data.get("options") or ():
            if entry["state"] in ("read", "free"):
                _put(states, tuple(entry["path"].split(".")), entry["state"])
        subcharts = {key: str(inner["condition"][-1]).replace(ABSENT, "") for key, inner in data["subcharts"].items()}
        return defaults, states, subcharts

    def _whole(self) -> dict[str, Any]:
        if self._data is None:
            self._data = resources.load(self._file)
        return self._data


class Span(NamedTuple):
    """When an option was there, seen from a version in which it is not."""

    last: str | None
    """The last version before that had it."""
    removed: str | None
    """The first version without it."""
    added: str | None
    """The first version after that has it."""


def plain(version: str) -> str:
    """A version without what marks it as one before a release: people know 1.15.0, not 1.15.0-pre.2."""
    return version.partition("-")[0]


def _ranks(versions: list[str]) -> dict[str, int]:
    return {version: rank for rank, version in enumerate(versions)}


def _branch(tree: Any, path: Names) -> Any:
    for key in path:
        if not isinstance(tree, dict) or key not in tree:
            return None
        tree = tree[key]
    return tree


def _states_of(node: Any, ranks: dict[str, int], rank: int) -> Any:
    if isinstance(node, list):
        state = tables.value_at(node, ranks, rank)
        return REFUSED if state == ABSENT else state
    return tables.states_at(node, ranks, rank)


def _put(states: States, path: Names, state: str) -> None:
    """A correction laid over the states; "unknown" takes an option away."""
    for key in path[:-1]:
        below = states.get(key)
        if not isinstance(below, dict):
            below = states[key] = {} if below is None else {HERE: below}
        states = below
    if state == "unknown":
        states.pop(path[-1], None)
        return
    below = states.get(path[-1])
    if isinstance(below, dict):
        below[HERE] = _STATES[state]
    else:
        states[path[-1]] = _STATES[state]


_STATES = {"read": READ, "free": FREE, "refused": REFUSED}


def _ever(tree: dict[str, Any], path: Names, free: list[Names]) -> dict[str, Any]:
    """Every default that a tree ever held. A map that was ever empty took anything then: `free` gets its path."""
    found: dict[str, Any] = {}
    for key, node in tree.items():
        if key == HERE:
            continue
        history = node.get(HERE, []) if isinstance(node, dict) else node
        values = [value for value in history[1::2] if value != ABSENT]
        if isinstance(node, dict):
            found[key] = _ever(node, (*path, key), free)
        else:
            found[key] = values[-1] if values else None
        if {} in values or (isinstance(node, dict) and values):
            free.append((*path, key))
    return found


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    found = {**other, **one}
    for key in one.keys() & other.keys():
        ours, theirs = one[key], other[key]
        if isinstance(ours, dict) and isinstance(theirs, dict):
            found[key] = _joined(ours, theirs)
    return found


def _ever_states(tree: dict[str, Any]) -> States:
    """Every state that a path ever had, the one that allows most."""
    found: States = {}
    for key, node in tree.items():
        if isinstance(node, dict):
            found[key] = _ever_states(node)
        else:
            found[key] = min((state for state in node[1::2] if state != ABSENT), key="frx".index, default=REFUSED)
    return found


_loaded: dict[str, OptionTable | None] = {}


def load(chart: str) -> OptionTable | None:
    """The options of a chart, by the name of its folder in schemas/; None where nothing is known of them."""
    if chart not in _loaded:
        there = "options.json" in resources.names(f"schemas/{chart}")
        _loaded[chart] = OptionTable(chart) if there else None
    return _loaded[chart]


# --- corrections ----------------------------------------------------------------------------------


class Corrections:
    """`corrections.yaml`: what no chart archive says of its options, each with a reason and a source."""

    __slots__ = ("data",)

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def entries(self, section: str, version: str) -> list[dict[str, Any]]:
        """The entries of a section that hold for a version."""
        return [
            entry
            for entry in self.data.get(section) or ()
            if "versions" not in entry or Range.parse(entry["versions"]).contains(version)
        ]

    def switches(self) -> Iterator[tuple[Names, Names]]:
        """Blocks that something beside them switches on, each with its switch."""
        for entry in self.data.get("switches") or ():
            yield tuple(entry["path"].split(".")), tuple(entry["by"].split("."))

    def below(self, path: Path) -> bool:
        """Whether something is said of options below a path."""
        return any(
            len(names) > len(path) and names[: len(path)] == path
            for section in ("renamed", "removed")
            for entry in self.data.get(section) or ()
            for names in (tuple(entry["path"].split(".")),)
        )

    def find(self, section: str, path: Path, version: str) -> dict[str, Any] | None:
        """The entry of a section for a path, in a version."""
        for entry in self.data.get(section) or ():
            if tuple(entry["path"].split(".")) == path and (
                "versions" not in entry or Range.parse(entry["versions"]).contains(version)
            ):
                found: dict[str, Any] = entry
                return found
        return None


# --- what was probably meant ----------------------------------------------------------------------


class Suggestion(NamedTuple):
    """An option that may have been meant, and why: "case", "typo" or "place"; `sure` if no other comes near."""

    path: Names
    kind: str
    sure: bool = False


def suggest(options: Options, path: Path, value: Any, most: int = 3) -> list[Suggestion]:
    """What may have been meant by an option that is not known, the likeliest first."""
    names = tuple(str(key) for key in path)
    parent, key = names[:-1], names[-1]
    twin = _twin(options, names)
    if twin is not None:
        return [Suggestion(twin, "place", True)]
    found: list[tuple[tuple[Any, ...], Suggestion]] = []
    inner = frozenset(value) if isinstance(value, dict) else frozenset()
    for sibling in options.children(parent):
        distance = _likeness(key, sibling)
        if distance is not None:
            here = (*parent, sibling)
            rank = (distance, -_fit(options, here, value, inner), abs(len(sibling) - len(key)), sibling)
            found.append((rank, Suggestion(here, "case" if distance == 0 else "typo")))
    elsewhere: list[tuple[tuple[Any, ...], Suggestion]] = []
    if not found or (found and min(found)[0][0] > 1):
        # Three steps are the most, and two for a key at the top: deeper ones are not near.
        for candidate in options.named(key, len(names) + (2 if len(names) == 1 else 3)):
            full = bool(options.children(candidate))
            if inner and (not full or not inner & set(options.children(candidate))) and not options.free(candidate):
                continue
            if not inner and full and isinstance(value, dict) is False:
                continue
            if names[: len(candidate)] == candidate:
                continue
            steps = _steps(candidate, names)
            if _is_near(names, candidate, steps):
                near = (
                    _remoteness(candidate, names),
                    steps,
                    -_shared(candidate, names),
                    -_fit(options, candidate, value, inner),
                    len(candidate),
                    candidate,
                )
                elsewhere.append((near, Suggestion(candidate, "place")))
    found.sort(key=lambda item: item[0])
    elsewhere.sort(key=lambda item: item[0])
    every = [item for _, item in found[:most]]
    if elsewhere and not elsewhere[0][0][0] and (len(elsewhere) == 1 or elsewhere[0][0][:3] < elsewhere[1][0][:3]):
        elsewhere[0] = (elsewhere[0][0], elsewhere[0][1]._replace(sure=True))
    if len(names) == 1 and len(elsewhere) > 3:
        elsewhere = []  # a word that stands everywhere says nothing
    return (every + [item for _, item in elsewhere])[:most]


def says_nothing(key: str) -> bool:
    """Whether a key stands in so many charts and blocks that nobody can tell from it where it belongs."""
    return _squeezed(key) in _EVERYWHERE


def _twin(options: Options, names: Names) -> Names | None:
    """Subcharts are switched under one key and set under another: the option under the other key."""
    for key, condition in options.subcharts.items():
        switch = condition.partition(",")[0].split(".") if condition else []
        if names == (key, "enabled") and switch:
            return tuple(switch)
        if switch and switch[0] != key and names[0] == switch[0] and options.knows((key, *names[1:])):
            return (key, *names[1:])
    return None


def _is_near(names: Names, candidate: Names, steps: int) -> bool:
    """Whether an option of the same name may be meant, by how much of the way to it is the same."""
    if steps > 3:
        return False
    everywhere = says_nothing(names[-1])
    if len(names) == 1:
        return not everywhere and (steps == 1 or (steps == 2 and len(names[-1]) > 7))
    return _shared(candidate, names) > 0 or (steps == 1 and not everywhere)


def _remoteness(candidate: Names, names: Names) -> int:
    """How far an option may be from what a word that stands everywhere was meant for; 0 where nobody else can be meant.

    That is so if only a level was left out: `operator.metrics.enabled` must not become `operator.enabled`.
    """
    if not says_nothing(names[-1]):
        return 0
    there, here = list(map(_squeezed, candidate)), list(map(_squeezed, names))
    rest = iter(there)
    if all(part in rest for part in here):
        return 0
    return 1 + (there[0] != here[0]) * 2 + (there[-2:-1] != here[-2:-1])


def _shared(one: Names, other: Names) -> int:
    """How many parts above two paths have in common, whatever stands between them."""
    return len(set(map(_squeezed, one[:-1])) & set(map(_squeezed, other[:-1])))


def _steps(one: Names, other: Names) -> int:
    """How many parts have to be taken away or put in to make one path of the other."""
    before = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        now = [row]
        for column, right in enumerate(other, 1):
            now.append(before[column - 1] if _squeezed(left) == _squeezed(right) else min(before[column], now[-1]) + 1)
        before = now
    return before[-1]


def _fit(options: Options, path: Names, value: Any, inner: frozenset[str]) -> int:
    """How well a value goes with an option: 2 where it looks like the default, 0 where it cannot be meant."""
    default = options.default(path)
    if isinstance(value, dict):
        known = set(options.children(path))
        if known:
            return 2 if inner & known else 0
        return 1 if isinstance(default, dict) or default in (None, ABSENT) else 0
    if isinstance(default, dict) and default:
        return 0
    if default is None or default == ABSENT or value is None:
        return 1
    return 2 if type(default) is type(value) or {type(default), type(value)} <= {int, float} else 0


@remembered
def _squeezed(text: str) -> str:
    return text.replace("-", "").replace("_", "").lower()


_EVERYWHERE_WORDS = """
    enabled name namespace labels annotations image tag repository port type extraArgs resources affinity tolerations
    nodeSelector config service url path size key value host hosts tls ca cert method interval timeout
    fullnameOverride nameOverride namespaceOverride
"""
_EVERYWHERE = frozenset(map(_squeezed, _EVERYWHERE_WORDS.split()))


def _likeness(one: str, other: str) -> int | None:
    """How far two names are apart: 0 where only case and hyphens differ, None where they are no typo of each other."""
    if one == other or _squeezed(one) == _squeezed(other):
        return 0
    most = 1 if max(len(one), len(other)) < 5 else 2 if max(len(one), len(other)) < 13 else 3
    if abs(len(one) - len(other)) > most:
        return 1 if _plural(one, other) else None
    distance = edit_distance(one.lower(), other.lower(), most)
    return None if distance is None else max(distance, 1)


def _plural(one: str, other: str) -> bool:
    return one.lower().rstrip("s") == other.lower().rstrip("s")


def edit_distance(one: str, other: str, most: int) -> int | None:
    """The number of letters to insert, drop, change or swap with their neighbour; None if more than `most`."""
    earlier: list[int] = []
    before = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        now = [row]
        for column, right in enumerate(other, 1):
            cost = min(before[column] + 1, now[-1] + 1, before[column - 1] + (left != right))
            if row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right:
                cost = min(cost, earlier[column - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return None
        earlier, before = before, now
    return before[-1] if before[-1] <= most else None
