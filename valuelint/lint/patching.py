"""From a remedy to edits of files: which layer a patch belongs to, and whether it does what it claims."""

from __future__ import annotations

from typing import Any

from valuelint.lint.diagnostic import FileEdit
from valuelint.lint.rule import Promise, Remedy
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import objects
from valuelint.predict.selection import in_reach, pick_up
from valuelint.records import NamedTuple
from valuelint.syntax import Path
from valuelint.syntax.edits import Edit, edit
from valuelint.syntax.patches import CannotPatch, Patch, apply_patch
from valuelint.values import Layer, Values


class Plan(NamedTuple):
    """A remedy, worked out: the patches by layer and the edits they become."""

    applicability: str
    title: str
    remedy: Remedy
    edits: tuple[FileEdit, ...]
    patches: tuple[tuple[Layer, tuple[Patch, ...]], ...]


def plan(world: World, remedy: Remedy, title: str) -> Plan | None:
    """Works a remedy out. One whose claim is not true after the patches is none: None.

    A remedy that cannot be written into the file becomes a `display` one without edits, with the reason in its title.
    """
    installed = world.of(remedy.release)
    if not keeps(world, remedy.promises, patched(installed, remedy.patches)):
        return None
    by_layer: dict[int, list[Patch]] = {}
    for patch in remedy.patches:
        index = home(installed.values, patch.path)
        if index is None:
            return None
        by_layer.setdefault(index, []).append(patch)
    edits: list[FileEdit] = []
    patches = []
    try:
        for index, those in by_layer.items():
            layer = installed.values.layers[index]
            edits += [_file_edit(layer, change) for change in edit(layer.document, those)]
            patches.append((layer, tuple(those)))
    except CannotPatch as reason:
        return Plan("display", f"{title} (by hand: {reason})", remedy, (), ())
    return Plan(remedy.applicability, title, remedy, tuple(edits), tuple(patches))


def home(values: Values, path: Path) -> int | None:
    """The layer that a patch on a path belongs to: the last that sets it, else the last that sets most of the way to it."""
    for length in range(len(path), -1, -1):
        for index in range(len(values.layers) - 1, -1, -1):
            if length == 0 or values.layers[index].find(path[:length]) is not None:
                return index
    return None


def _file_edit(layer: Layer, change: Edit) -> FileEdit:
    source = layer.source
    return FileEdit(source.name, source.byte_offset(change.start), source.byte_offset(change.end), change.text)


def patched(installed: Installed, patches: tuple[Patch, ...]) -> Installed:
    """The release as it would be with the patches, as far as prediction goes."""
    user: dict[str, Any] = installed.values.user
    for patch in patches:
        user = apply_patch(user, patch)
    values = installed.values.of_user(user)
    facts = installed.objects.facts
    found = objects(facts, values, installed.release.name, installed.release.namespace)
    return installed._replace(values=values, objects=found)


def keeps(world: World, promises: tuple[Promise, ...], after: Installed) -> bool:
    """Whether everything that is promised holds once this release is as it would be."""
    members = tuple(after if item.number == after.number else item for item in world.installed)
    future = world._replace(installed=members)
    return all(_kept(future, after, promise) for promise in promises)


def _kept(future: World, after: Installed, promise: Promise) -> bool:
    if promise.effect == "picked-up":
        group = [item for item in after.objects.dashboards if item.facts.group == promise.subject]
        return any(pick_up(sidecar, item).picked_up for _, sidecar in future.sidecars() for item in group)
    for monitor in after.objects.monitors:
        if f"{monitor.kind} {monitor.facts.component} " not in f"{promise.subject} " or monitor.rendered is not True:
            continue
        if promise.effect == "rendered":
            return True
        if promise.effect == "reached":
            return any(
                in_reach(prometheus, monitor.kind, monitor.namespace, item.objects.operator).selected
                for item, prometheus in future.prometheuses()
            )
        verdicts = future.selections(monitor.kind, monitor.labels, monitor.namespace)
        if any(verdict.selected for _, _, verdict in verdicts):
            return True
    return False
