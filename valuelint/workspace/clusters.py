"""Which releases live together: by what says so, by folders that name a cluster, else by where two would clash."""

from __future__ import annotations

import os

from valuelint.light import NamedTuple
from valuelint.workspace.draft import Draft

_MARKERS = frozenset(("clusters", "overlays", "envs", "environments", "environment"))
_NO_CLUSTER = frozenset(
    ("base", "bases", "common", "shared", "all", "default", "bootstrap", "templates", "template", "components", "apps")
)


class Group(NamedTuple):
    """The releases of a cluster; `others` only bootstrap what a controller keeps applying, or are not installed."""

    name: str
    drafts: tuple[Draft, ...]
    others: tuple[Draft, ...]


def group(drafts: list[Draft], whole: str) -> list[Group]:
    """The clusters of some releases; `whole` is what a cluster is called that is all of the repository."""
    by_key: dict[str | None, list[Draft]] = {}
    for draft in drafts:
        by_key.setdefault(cluster_of(draft), []).append(draft)
    unsaid = by_key.pop(None, [])
    for those in by_key.values():
        there = {draft.chart.name for draft in those}
        managers = {draft.manager for draft in those} - {""}
        those += [draft for draft in unsaid if draft.manager in managers and draft.chart.name not in there]
    if len(by_key) == 1:
        # Only one cluster is ever named: what names none belongs to it.
        (name, those), *_ = by_key.items()
        return _split([*those, *(draft for draft in unsaid if draft not in those)], name or whole)
    found = [each for name, those in by_key.items() for each in _split(those, name or whole)]
    return found + (_split(unsaid, whole) if unsaid else [])


def cluster_of(draft: Draft) -> str | None:
    """The cluster that the release or the way to it names."""
    if draft.cluster:
        return draft.cluster
    for sync in reversed(draft.way.syncs):
        for path in (sync.file.folder, sync.folder):
            name = _marked(path, draft.repository.roots)
            if name is not None:
                return name
    for kustomization in reversed(draft.way.kustomizations):
        name = _marked(kustomization.file.folder, draft.repository.roots)
        if name is not None:
            return name
    return _marked(draft.file.folder, draft.repository.roots)


def marked(path: str, roots: list[str]) -> tuple[str, str, tuple[str, ...]] | None:
    """`clusters/` or the like on a path, the name behind it, and what comes after that; None without one."""
    parts = _relative(path, roots)
    for number, part in enumerate(parts[:-1]):
        if part in _MARKERS and parts[number + 1] not in _NO_CLUSTER:
            return part, parts[number + 1], tuple(parts[number + 2 :])
    return None


def _marked(folder: str, roots: list[str]) -> str | None:
    found = marked(folder, roots)
    return None if found is None else found[1]


def _relative(path: str, roots: list[str]) -> list[str]:
    for root in roots:
        if path.startswith(root + os.sep):
            return path[len(root) + 1 :].split(os.sep)
    return []


def _split(drafts: list[Draft], name: str) -> list[Group]:
    """One cluster, or several where the same release is there twice: told apart by the folder in which they differ."""
    installed = [draft for draft in drafts if not draft.unjudged]
    led = [draft for draft in installed if draft.controller] or installed
    folders = _tell_apart(led)
    if not folders:
        return _settled(name, drafts)
    groups: dict[tuple[str, ...], list[Draft]] = {folder: [] for folder in folders}
    rest: list[Draft] = []
    for draft in drafts:
        parts = tuple(_parts(draft))
        mine = max((folder for folder in folders if parts[: len(folder)] == folder), key=len, default=None)
        if mine is None:  # a folder elsewhere that is called like one of the clusters
            mine = next((folder for folder in folders if folder[-1] in parts[:-1]), None)
        (rest if mine is None else groups[mine]).append(draft)
    found: list[Group] = []
    for folder, those in groups.items():
        title = folder[-1].removesuffix(".yaml").removesuffix(".yml")
        found += _split(those, title) if 0 < len(those) < len(drafts) else _settled(title, those)
    if rest:
        found += _settled(name, rest, led) if not any(draft.controller for draft in rest) else _split(rest, name)
    return [item for item in found if item.drafts or item.others]


def _tell_apart(drafts: list[Draft]) -> list[tuple[str, ...]]:
    """The folders in which releases differ that cannot live in one cluster; none if all can."""
    folders: dict[tuple[str, ...], None] = {}
    for number, one in enumerate(drafts):
        for other in drafts[number + 1 :]:
            if not _clash(one, other):
                continue
            ours, theirs = _parts(one), _parts(other)
            same = 0
            while same < min(len(ours), len(theirs)) and ours[same] == theirs[same]:
                same += 1
            folders.update({tuple(ours[: same + 1]): None, tuple(theirs[: same + 1]): None})
    return list(folders)


def _clash(one: Draft, other: Draft) -> bool:
    """Whether two releases would be the same one in a cluster."""
    if one.chart is not other.chart or _parts(one) == _parts(other):
        return False
    names = one.name is None or other.name is None or one.name == other.name
    spaces = one.namespace is None or other.namespace is None or one.namespace == other.namespace
    return names and spaces


def _parts(draft: Draft) -> list[str]:
    """The path that tells a release from others: of what applies it at the outermost, else of its file."""
    path = draft.way.syncs[-1].file.path if draft.way.syncs else draft.file.path
    return _relative(path, draft.repository.roots)


def _settled(name: str, drafts: list[Draft], above: list[Draft] | None = None) -> list[Group]:
    """A cluster, in which what is installed by hand gives way to what a controller keeps applying.

    What gave way is looked at by itself, unless its values are those of the other, or may be.
    """
    led = {draft.chart.name: draft for draft in (*drafts, *(above or ())) if draft.controller}
    installed = [draft for draft in drafts if not draft.unjudged]
    judged = [draft for draft in installed if draft.controller or draft.chart.name not in led]
    found, others = [], []
    used = {(layer.file, layer.path) for draft in judged for layer in draft.layers}
    for draft in drafts:
        if draft in judged:
            continue
        mine = {(layer.file, layer.path) for layer in draft.layers}
        if draft.unjudged or mine <= used or led[draft.chart.name].gaps:
            others.append(draft)
        else:
            found.append(Group(f"{name}: {draft.file.name}", (draft,), ()))
    return [Group(name, tuple(judged), tuple(others)), *found]
