"""A repository read as a whole: every release in it, whatever form it is delivered in, by cluster."""

from __future__ import annotations

import os
import re

from valuelint.light import NamedTuple
from valuelint.workspace.clusters import Group, cluster_of, group
from valuelint.workspace.draft import Draft
from valuelint.workspace.envelopes import forms
from valuelint.workspace.ground import Ground
from valuelint.workspace.loose import FEW_FILES, loose
from valuelint.workspace.repository import File, Repository, Unreadable

_ENVELOPE = re.compile(
    rb"kind: *HelmRelease|kind: *HelmChart|helmCharts:|(?m:^releases:)|kind: *Application(?:Set)?\b|apiVersion: *argo"
)
_MARKS = (b"HelmRelease", b"HelmChart", b"helmCharts", b"releases:", b"argoproj.io")
_NEEDS_MORE = (b"HelmRelease", b"argoproj.io", b"helmCharts", b"helm.cattle.io")


class Aside(NamedTuple):
    """A file that holds no release by itself, and why. `unread` if it could have held one and cannot be read."""

    file: File
    reason: str
    unread: bool


class Scan(NamedTuple):
    """The clusters of a repository and what was put aside."""

    groups: tuple[Group, ...]
    aside: tuple[Aside, ...]
    files: tuple[File, ...]
    repository: Repository


def scan(folders: list[str], declared: frozenset[str], placed: dict[str, str]) -> Scan:
    """Reads the repositories that some folders are, or lie in.

    Files in `declared` (real paths) belong to releases that a configuration declares. `placed` says which cluster the
    configuration puts a folder's releases into.
    """
    repository = Repository(folders)
    if any(next(repository.with_bytes(needle), None) is not None for needle in _NEEDS_MORE):
        for folder in folders:
            top = _top(folder)
            if top is not None:
                repository.add(top)
    ground = Ground(repository)
    drafts = [draft for _, find in forms() for draft in find(ground)]
    drafts = _unique([draft for draft in drafts if not _is_declared(draft, declared)])
    whole, parts = loose(ground, drafts, folders, declared)
    whole = [draft for draft in whole if os.path.realpath(draft.file.path) not in declared]
    parts = [draft for draft in parts if os.path.realpath(draft.file.path) not in declared]
    for draft in (*drafts, *whole, *parts):
        for folder, cluster in placed.items():
            if draft.file.path.startswith(folder + os.sep):
                draft.cluster = cluster
    name = os.path.basename(repository.roots[-1]) or "default"
    groups = group([*drafts, *whole], name)
    groups += [Group(draft.file.name, (draft,), ()) for draft in parts]
    used = {draft.file.path for draft in (*drafts, *whole, *parts)}
    used |= {layer.source.name for draft in (*drafts, *whole) for layer in draft.layers}
    aside = [Aside(file, reason, unread) for file, reason, unread in ground.aside if file.path not in used]
    aside += _unreadable(repository, used | {item.file.path for item in aside})
    return Scan(tuple(groups), tuple(aside), tuple(repository.in_order()), repository)


def _unique(drafts: list[Draft]) -> list[Draft]:
    """The releases without those that several ways lead to and that are the same on each."""
    found: dict[tuple[object, ...], Draft] = {}
    for draft in drafts:
        said = (draft.file.path, draft.chart.name, draft.version_text, draft.name, draft.namespace, cluster_of(draft))
        layers = tuple((layer.file, layer.path, layer.place.mount, layer.desk_key) for layer in draft.layers)
        found.setdefault((*said, layers, tuple(draft.unresolved)), draft)
    return list(found.values())


def _is_declared(draft: Draft, declared: frozenset[str]) -> bool:
    if draft.file.path in declared:
        return True
    return bool(draft.layers) and all(os.path.realpath(layer.source.name) in declared for layer in draft.layers)


def _unreadable(repository: Repository, known: set[str]) -> list[Aside]:
    """Files that are no YAML: in a large repository only those that seem to hold a release of a known chart."""
    found = []
    every = list(repository.in_order())
    small = len(every) <= FEW_FILES
    likely = {file.path: file for mark in _MARKS for file in repository.with_bytes(mark)}
    for file in every if small else likely.values():
        if file.path in known or file.name in known:
            continue
        plain = file.name.endswith((".yaml", ".yml")) and not file.is_template
        if not (small and plain) and not (_ENVELOPE.search(file.data) and repository.mentions(file)):
            continue
        try:
            file.documents()
        except Unreadable as trouble:
            found.append(Aside(file, str(trouble), True))
    return found


def _top(folder: str) -> str | None:
    """The top of the repository that a folder lies in."""
    here = os.path.realpath(folder)
    while True:
        if os.path.exists(os.path.join(here, ".git")):
            return here
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
