"""Helm's merge of several layers of values over a chart's defaults, and where each value was set.

Two different merges, as in Helm: layers of the user are laid over each other (`merge`: maps merge, everything else
replaces, null stays), and the result is laid over the chart's defaults (`coalesce`: maps merge, null deletes).
"""

from __future__ import annotations

from valuelint.light import Any, NamedTuple
from valuelint.syntax import Entry, Node, Path
from valuelint.values.layer import Layer
from valuelint.values.unknown import Unknown


class Resolved(NamedTuple):
    """A value, and the layer, entry and node that set it; without a layer it is the chart's default, or absent."""

    path: Path
    value: Any
    layer: Layer | None
    entry: Entry | None
    node: Node | None


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Two layers of the user's as one: `over` wins, maps merge. Neither argument is changed."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def coalesce(user: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The user's values over the chart's defaults, as Helm coalesces them. Neither argument is changed."""
    merged = dict(defaults)
    for key, value in user.items():
        default = defaults.get(key)
        if value is None:
            if default is None:  # nothing to delete: the null stays, `matchLabels: null` makes a map that is not empty
                merged[key] = None
            else:
                del merged[key]
        elif isinstance(default, dict) and isinstance(value, dict):
            merged[key] = coalesce(value, default)
        else:  # over a map too: Helm warns "cannot overwrite table with non table", and does it
            merged[key] = value
    return merged


def apply_over(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """A merge patch (RFC 7386) over the user's values: as `merge`, but null takes the key away."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = apply_over(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def shaded(data: Any) -> Any:
    """The same maps with an Unknown in the place of every value: what may have been set where nobody can see it."""
    return {key: shaded(value) for key, value in data.items()} if isinstance(data, dict) and data else _UNSEEN


_UNSEEN = Unknown("set in a layer that is missing")


class Values:
    """The values that a chart gets from some layers and its defaults.

    `gaps` are places in the list of layers where another one stands that nobody can read. They are passed over, unless
    `shade` is asked for: then everything below a gap is unknown.
    """

    __slots__ = ("data", "defaults", "gaps", "layers", "shade", "user")

    def __init__(
        self, layers: list[Layer], defaults: dict[str, Any], gaps: tuple[int, ...] = (), shade: bool = False
    ) -> None:
        self.layers = layers
        self.gaps = gaps
        self.shade = shade
        self._lay(defaults)

    def _lay(self, defaults: dict[str, Any]) -> None:
        self.user: dict[str, Any] = {}
        self.defaults = defaults
        under: dict[str, Any] | None = None  # what stands below an object that is patched, while it is put together
        for number in range(len(self.layers) + 1):
            layer = self.layers[number] if number < len(self.layers) else None
            if under is not None and (layer is None or not layer.place.patched):
                self.user, under = merge(under, self.user), None
            if self.shade and number in self.gaps:
                below = coalesce(self.user if under is None else merge(under, self.user), self.defaults)
                self.defaults = shaded(below) if below else {}
                self.user, under = {}, None
            if layer is None:
                break
            if layer.place.patched and under is None:
                self.user, under = {}, self.user
            data = layer.data()
            if layer.place.deletes:
                self.user = apply_over(self.user, data)
            else:
                self.user = merge(self.user, data) if self.user else data
        self.data = coalesce(self.user, self.defaults)

    def over(self, defaults: dict[str, Any]) -> Values:
        """The same layers over the defaults of another version."""
        if self.shade and self.gaps:
            return Values(self.layers, defaults, self.gaps, self.shade)
        other = Values([], defaults)
        other.layers, other.user = self.layers, self.user
        other.data = coalesce(self.user, defaults)
        return other

    def of_user(self, user: dict[str, Any]) -> Values:
        """Other values of the user's over the same defaults; places are those of these layers."""
        other = Values([], self.defaults)
        other.layers, other.user = self.layers, user
        other.data = coalesce(user, self.defaults)
        return other

    def get(self, path: Path) -> Any:
        """The value at a path, None where there is none."""
        return _at(self.data, path)

    def changes(self, path: Path) -> bool:
        """Whether the user's layers set a path to something else than the chart's default."""
        return self.resolve(path).layer is not None and _differ(self.get(path), _at(self.defaults, path))

    def asks(self, path: Path | None) -> bool:
        """Whether the user's layers set a path, and not as part of a block that is copied from the chart's defaults.

        A block is copied if it says several things, all of them defaults: who wants a default writes that alone.
        """
        if path is None:
            return False
        block = _at(self.user, path[:-1])
        absent = block is None or (isinstance(block, dict) and path[-1] not in block)
        if (absent and not self.shade) or self.resolve(path).layer is None:
            return False
        default = _at(self.defaults, path[:-1])
        if not isinstance(block, dict) or not isinstance(default, dict):
            return True
        if sum(map(_says, block.values())) < 2:
            return True
        return any(key not in default or _differ(value, default[key]) for key, value in block.items())

    def resolve(self, path: Path) -> Resolved:
        """The value at a path, with the last of the user's layers that sets it.

        What a layer says does not count where one above it says something else of a map around the path, or takes it
        away. Where nothing is left, the layer that took it away is the one that decided.
        """
        removed: Resolved | None = None
        number = len(self.layers)
        while number:
            number -= 1
            layer = self.layers[number]
            found = layer.find(path)
            if layer.removes(path):
                if removed is None and found is not None:
                    removed = Resolved(path, self.get(path), layer, found.entry, found.node)
                while number and layer.place.patched and self.layers[number - 1].place.patched:
                    number -= 1
            elif found is not None:
                return Resolved(path, self.get(path), layer, found.entry, found.node)
            elif number and layer.hides(path):
                break
        return removed or Resolved(path, self.get(path), None, None, None)

    def nearest(self, path: Path) -> Resolved | None:
        """What the user wrote at a path, else at its nearest ancestor; the last layer wins; None without any."""
        for length in range(len(path), 0, -1):
            resolved = self.resolve(path[:length])
            if resolved.layer is not None:
                return resolved
        return None


def _at(data: Any, path: Path) -> Any:
    for key in path:
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int):
            data = data[key] if -len(data) <= key < len(data) else None
        else:
            return data if isinstance(data, Unknown) else None
    return data


def _says(value: Any) -> bool:
    """Whether a value says anything: a map in which nothing stands does not."""
    return any(map(_says, value.values())) if isinstance(value, dict) else True


def _differ(value: Any, default: Any) -> bool:
    """Whether a value is another than a default; a map that says only some of it is not."""
    if isinstance(value, Unknown):
        return bool(value.text != default)  # `${1}` of a relabelling looks like a placeholder
    if isinstance(value, dict) and isinstance(default, dict):
        return any(key not in default or _differ(below, default[key]) for key, below in value.items())
    if isinstance(value, list) and isinstance(default, list):
        return len(value) != len(default) or any(map(_differ, value, default))
    return type(value) is not type(default) or bool(value != default)
