"""From a remedy to edits of files: which layer a patch belongs to, and whether it does what it claims."""

from __future__ import annotations

from valuelint.light import Any, Iterable, NamedTuple
from valuelint.lint.diagnostic import FileEdit
from valuelint.lint.rule import Promise, Remedy, Violation
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Objects, objects, services_of, stops_by_guards
from valuelint.predict.ports import collisions, port_paths
from valuelint.predict.selection import in_reach, is_answered, pick_up, shown
from valuelint.syntax import Path, to_data
from valuelint.syntax.drafts import draft, proven, touching
from valuelint.syntax.edits import Edit, edit
from valuelint.syntax.patches import CannotPatch, Patch, apply_patch
from valuelint.syntax.writer import Writer
from valuelint.values import Layer, Values


class Plan(NamedTuple):
    """A remedy, worked out: the patches by layer and the edits they become."""

    applicability: str
    title: str
    remedy: Remedy
    edits: tuple[FileEdit, ...]
    patches: tuple[tuple[Layer, tuple[Patch, ...]], ...]
    drafted: bool = False
    """Whether the edits are those of one look at the text."""


class Wishes(NamedTuple):
    """What the user wants of fixes.

    `side` is where something that has two ends is put right: at the "monitor", at the "prometheus", or with labels that
    are "common" to a release; empty for what the rule prefers. `files` are those that may be changed, None for all.
    """

    side: str = ""
    files: frozenset[str] | None = None
    only_shown: bool = False
    """Edits are shown to people and not applied: they need not be proven."""


NO_WISHES = Wishes()


def choose(world: World, violation: Violation, wishes: Wishes) -> Violation:
    """The violation with the remedy that is wanted, of those that it has."""
    first = violation.remedy
    if first is None or not (first.side or violation.others):
        return violation
    remedies = (first, *violation.others)
    if wishes.side:
        # One label for all is no other end of the wire: a monitor that is alone gets its own.
        sides = ("common", "monitor") if wishes.side == "common" else (wishes.side,)
        suited = [remedy for side in (*sides, "own", "") for remedy in remedies if remedy.side == side]
        return violation._replace(remedy=suited[0] if suited else None)
    if len(remedies) > 1:
        for remedy in remedies:
            if not remedy.asked_for and _within(world, remedy, wishes.files):
                return violation._replace(remedy=remedy)
    return violation._replace(remedy=first._replace(applicability="display")) if first.asked_for else violation


def _within(world: World, remedy: Remedy, files: frozenset[str] | None) -> bool:
    """Whether a remedy only changes files that may be changed."""
    if files is None:
        return True
    if remedy.layer is not None:
        return remedy.layer.source.name in files
    values = world.of(remedy.release).values
    homes = [home(values, patch.path) for patch in remedy.patches]
    return all(index is not None and values.layers[index].source.name in files for index in homes)


class Wanted(NamedTuple):
    """A remedy that holds in a world, and its title."""

    world: World
    remedy: Remedy
    title: str


Sketch = tuple[Layer, tuple[Patch, ...], "list[Edit] | None"]


def work_out(wanted: list[Wanted], only_shown: bool = False) -> list[Plan | None]:
    """The plan of each remedy, with proven edits. One whose claim is not true after the patches has none: None.

    A remedy that cannot be written into the file becomes a `display` one without edits, with the reason in its title.
    Edits that do not touch each other are proven together, which costs one reading of the text for most of them; those
    that are `only_shown` are not proven at all.
    """
    writers: dict[int, Writer] = {}
    stakes: dict[tuple[int, int], _Stakes] = {}
    sketches: list[list[Sketch] | CannotPatch | None] = [_sketch(item, writers, stakes) for item in wanted]
    drafts: dict[int, list[Sketch]] = {}
    good: set[int] = set()
    for item, sketch in zip(wanted, sketches, strict=True):
        for part in sketch if isinstance(sketch, list) else ():
            if only_shown or item.remedy.applicability == "display":
                good.add(id(part[2]))  # what is applied after all is proven then
            else:
                drafts.setdefault(id(part[0].desk), []).append(part)
    good.update(id(part[2]) for parts in drafts.values() for part in _proven(parts))
    plans: list[Plan | None] = []
    for item, sketch in zip(wanted, sketches, strict=True):
        if sketch is None:
            plans.append(None)
            continue
        remedy = item.remedy
        edits: list[FileEdit] = []
        drafted = isinstance(sketch, list) and all(part[2] is not None and id(part[2]) in good for part in sketch)
        try:
            if isinstance(sketch, CannotPatch):
                raise sketch
            for layer, patches, draft_edits in sketch:
                changes = (
                    draft_edits if drafted and draft_edits is not None else edit(layer.desk, layer.at_desk(patches))
                )
                edits += [_file_edit(layer, change) for change in layer.in_source(changes)]
        except CannotPatch as reason:
            plans.append(Plan("display", f"{item.title} (by hand: {reason})", remedy, (), ()))
            continue
        parts = tuple((layer, patches) for layer, patches, _ in sketch)
        plans.append(Plan(remedy.applicability, item.title, remedy, tuple(edits), parts, drafted))
    return plans


def _sketch(
    item: Wanted, writers: dict[int, Writer], stakes: dict[tuple[int, int], _Stakes]
) -> list[Sketch] | CannotPatch | None:
    """The patches of a remedy by layer, with the edits they seem to need. There is one writer for each document."""
    world, remedy = item.world, item.remedy
    installed = world.of(remedy.release)
    by_layer: dict[int, tuple[Layer, list[Patch]]] = {}
    for patch in remedy.patches:
        index = home(installed.values, patch.path) if remedy.layer is None else -1
        if index is None:
            return None
        layer = remedy.layer or installed.values.layers[index]
        by_layer.setdefault(index, (layer, []))[1].append(patch)
    try:
        if remedy.layer is None:
            values = _patched(installed, remedy)
            after = _after(world, installed, remedy, values) if remedy.promises else None
            if after is not None and not keeps(after, remedy.promises):
                return None
            if remedy.applicability != "display":
                key = (id(world), installed.number)
                known = stakes.get(key)
                if known is None:
                    known = stakes[key] = _stakes(installed)
                made = None if after is None else after.of(installed.number).objects
                _refuse_harm(world, installed, remedy, values, known, made)
        sketch: list[Sketch] = []
        for layer, those in by_layer.values():
            writer = writers.get(id(layer.desk)) or Writer(layer.desk)
            writers[id(layer.desk)] = writer
            sketch.append((layer, tuple(those), draft(writer, layer.at_desk(tuple(those)))))
        return sketch
    except CannotPatch as reason:
        return reason


def _proven(parts: list[Sketch]) -> list[Sketch]:
    """Those drafts of one document that a proof of several at once confirms; what fails it is proven alone later."""
    waiting = [part for part in parts if part[2]]
    good: list[Sketch] = []
    desk = parts[0][0].desk
    data = to_data(desk.root, source=desk.source)
    while waiting:
        batch: list[Sketch] = []
        edits: list[Edit] = []
        patches: list[Patch] = []
        later = []
        for part in waiting:
            mine = [change for change in part[2] or () if change not in edits]
            if touching([*edits, *mine]):
                later.append(part)
                continue
            batch.append(part)
            edits += mine
            patches += [patch for patch in part[0].at_desk(part[1]) if patch not in patches]
        if proven(desk, data, edits, patches):
            good += batch
        waiting = later
    return good


def home(values: Values, path: Path) -> int | None:
    """The layer that a patch on a path belongs to: the last that sets it, else the last that sets most of the way.

    A layer of single values, such as a `--set`, is only chosen where it sets the path itself; one that patches a
    release, and perhaps others, only where it sets some of the way or nothing else holds values.
    """
    whole = (layer for layer in values.layers if layer.place.recipe is None and not layer.place.mount)
    elsewhere = any(layer.root is not None and not layer.place.deletes for layer in whole)
    for length in range(len(path), -1, -1):
        for index in range(len(values.layers) - 1, -1, -1):
            layer = values.layers[index]
            if index + 1 < len(values.layers) and values.layers[index + 1].hides(path[:length]):
                break  # what stands below does not count
            single = layer.place.recipe is not None or layer.place.mount != path[: len(layer.place.mount)]
            if length < len(path) and single:
                continue
            if not length and layer.place.deletes and elsewhere:
                continue
            # An envelope without values of its own gets none where a file holds them all.
            if layer.find(path[:length]) is not None if length else layer.root is not None or not index:
                return index
    return None


def _file_edit(layer: Layer, change: Edit) -> FileEdit:
    source = layer.source
    return FileEdit(source.name, source.byte_offset(change.start), source.byte_offset(change.end), change.text)


def _patched(installed: Installed, remedy: Remedy) -> Values:
    """The values after a remedy. Raises CannotPatch."""
    user: dict[str, Any] = installed.values.user
    for patch in remedy.patches:
        user = apply_patch(user, patch)
    return installed.values.of_user(user)


def _after(world: World, installed: Installed, remedy: Remedy, values: Values) -> World:
    """The world after a remedy, as far as its promises depend on it."""
    release, subjects = installed.release, {promise.subject for promise in remedy.promises}
    found = objects(installed.objects.facts, values, release.name, release.namespace, subjects)
    return _with(world, installed._replace(values=values, objects=found))


def _with(world: World, changed: Installed) -> World:
    return world._replace(
        installed=tuple(changed if item.number == changed.number else item for item in world.installed)
    )


class _Stakes(NamedTuple):
    """What a release has to lose by a fix: the paths that decide about it.

    `stops` decide whether Helm renders it, `ports` what its programs open. `monitors` are those that the values ask for
    and get, with the paths that decide about them. `misshapen` is whether something stands where the chart has a map:
    then a template that a fix brings into play may stop at it.
    """

    stops: frozenset[Path]
    ports: tuple[Path, ...]
    monitors: dict[str, frozenset[Path]]
    misshapen: bool


def _stakes(installed: Installed) -> _Stakes:
    found = installed.objects
    monitors: dict[str, frozenset[Path]] = {}
    for monitor in found.monitors:
        if monitor.rendered is True and installed.values.asks(monitor.facts.asked_by):
            paths = frozenset(monitor.scope.absolute(reason.path) for reason in monitor.why())
            monitors[monitor.facts.component] = monitors.get(monitor.facts.component, frozenset()) | paths
    misshapen = _misshapen(installed.values.user, installed.values.defaults)
    return _Stakes(found.asked, tuple(port_paths(found.facts)), monitors, misshapen)


def _misshapen(user: dict[str, Any], defaults: dict[str, Any]) -> bool:
    """Whether something else stands over a map of the defaults."""
    over = [(value, defaults.get(key)) for key, value in user.items() if value is not None]
    return any(
        not isinstance(value, dict) or _misshapen(value, default)
        for value, default in over
        if isinstance(default, dict)
    )


def _refuse_harm(
    world: World, installed: Installed, remedy: Remedy, values: Values, stakes: _Stakes, made: Objects | None
) -> None:
    """Raises CannotPatch for a remedy that costs more than it brings.

    The chart would refuse to render then, two programs would want the same port, a monitor that comes would find no
    Service, or one that the values ask for would be gone. None is looked into unless a patch touches what decides it.
    `made` are the objects that the remedy's promises are about, after it.
    """
    paths = [patch.path for patch in remedy.patches]
    before, release = installed.objects, installed.release
    if stakes.misshapen or _touched(paths, stakes.stops):
        known = {(stop.id, stop.paths) for stop in before.stops if stop.holds}
        if stakes.misshapen:
            stops = list(objects(before.facts, values, release.name, release.namespace).stops)
        else:
            stops = stops_by_guards(before.facts, values, release.name, release.namespace)
        for stop in stops:
            if stop.holds and stop.kind != "capability" and (stop.id, stop.paths) not in known:
                raise CannotPatch(f"Helm would stop then: {stop.message}")
    if _touched(paths, stakes.ports):
        taken = {(one.path, other.path) for one, other in collisions(world)}
        for one, other in collisions(_with(world, installed._replace(values=values))):
            if (one.path, other.path) not in taken:
                raise CannotPatch(f"{one.of} and {other.of} would both open port {one.number}")
    born = {promise.subject for promise in remedy.promises if promise.effect == "rendered"}
    if born and made is not None and made.facts.services:
        services = services_of(made.facts, made.scope)
        for monitor in made.monitors:
            if monitor.facts.component not in born or monitor.kind != "ServiceMonitor":
                continue
            if not any(is_answered(monitor, service) for service in services):
                raise CannotPatch(f"no Service of this version answers to {monitor.kind} {shown(monitor.name)}")
    lost = {component for component, deciding in stakes.monitors.items() if _touched(paths, deciding)}
    if lost:
        there = {(monitor.kind, monitor.name) for monitor in before.monitors if monitor.rendered is True}
        for monitor in objects(before.facts, values, release.name, release.namespace, lost).monitors:
            asked = values.asks(monitor.facts.asked_by) and monitor.asked is True
            if asked and monitor.rendered is False and (monitor.kind, monitor.name) in there:
                raise CannotPatch(f"{monitor.kind} {shown(monitor.name)} would not exist any more")


def _touched(paths: list[Path], others: Iterable[Path]) -> bool:
    """Whether one of the paths is one of the others, above it or below it."""
    return any(path[: len(other)] == other[: len(path)] for other in others for path in paths)


def keeps(world: World, promises: tuple[Promise, ...]) -> bool:
    """Whether everything that is promised holds in a world."""
    return all(_kept(world, world.of(promise.release), promise) for promise in promises)


def _kept(world: World, installed: Installed, promise: Promise) -> bool:
    if promise.effect == "picked-up":
        mine = [item for item in installed.objects.dashboards if item.facts.group == promise.subject]
        return any(pick_up(sidecar, item).picked_up for _, sidecar in world.sidecars() for item in mine)
    for monitor in installed.objects.monitors:
        if monitor.facts.component != promise.subject or monitor.rendered is not True:
            continue
        if promise.effect == "rendered":
            return True
        if promise.effect == "reached":
            return any(
                in_reach(prometheus, monitor.kind, monitor.namespace, item.objects.operator).selected
                for item, prometheus in world.prometheuses()
            )
        if any(verdict.selected for _, _, verdict in world.selections(monitor.kind, monitor.labels, monitor.namespace)):
            return True
    return False
