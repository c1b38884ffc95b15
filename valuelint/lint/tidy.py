"""Fixes of suppressions: they change nothing but comments, so their proof differs from that of all other fixes."""

from __future__ import annotations

from valuelint.light import Any, Collection, NamedTuple
from valuelint.lint.checks.suppressions import tidied
from valuelint.lint.diagnostic import Diagnostic, Fix
from valuelint.lint.engine import Outcome, examine, review
from valuelint.lint.patching import Wishes
from valuelint.syntax import Document, Source, SourceError, parse, to_data
from valuelint.syntax.edits import same
from valuelint.values import Layer
from valuelint.workspace.release import Cluster

MOST_ROUNDS = 20
"""One comment can name several rules, and each round takes one of them away."""


class Tidied(NamedTuple):
    """What tidying comes to: the outcomes anew, the new texts of files, and what was fixed."""

    outcomes: list[Outcome]
    texts: dict[str, str]
    fixed: list[Diagnostic]


def tidy(outcomes: list[Outcome], wishes: Wishes, allowed: Collection[str], only: Collection[str]) -> Tidied:
    """Takes away the suppressions that are good for nothing, where a fix of this kind is allowed."""
    texts: dict[str, str] = {}
    fixed: list[Diagnostic] = []
    for _ in range(MOST_ROUNDS):
        wanted: dict[str, list[tuple[Diagnostic, Fix]]] = {}
        for finding in review(outcomes):
            diagnostic = finding.diagnostic
            fix, file = diagnostic.fix, diagnostic.place.file
            if fix is None or fix.applicability not in allowed or (only and diagnostic.rule not in only):
                continue
            if wishes.files is None or file in wishes.files:
                wanted.setdefault(file, []).append((diagnostic, fix))
        renewed: dict[str, list[Document]] = {}
        for file, pairs in wanted.items():
            source = pairs[0][0].place.source
            done, text = tidied(source, [fix for _, fix in pairs])
            documents = _proven(source, text, [outcome.cluster for outcome in outcomes])
            if documents is not None:
                renewed[file], texts[file] = documents, text
                fixed += [pairs[number][0] for number in done]
        if not renewed:
            break
        outcomes = [
            examine(_with(outcome.cluster, renewed), list(outcome.rules), wishes)
            if any(layer.source.name in renewed for layer in _layers(outcome.cluster))
            else outcome
            for outcome in outcomes
        ]
    return Tidied(outcomes, texts, fixed)


def _layers(cluster: Cluster) -> list[Layer]:
    return [layer for release in cluster.releases for layer in release.layers]


def _with(cluster: Cluster, renewed: dict[str, list[Document]]) -> Cluster:
    return cluster._replace(releases=tuple(release.renewed(renewed) for release in cluster.releases))


def _proven(source: Source, text: str, clusters: list[Cluster]) -> list[Document] | None:
    """The documents of the new text if no value of any layer differs, and nothing around the layers does; else None."""
    try:
        before, after = parse(source), parse(source.with_text(text))
        if len(before) != len(after):
            return None
        layers = [layer for cluster in clusters for layer in _layers(cluster) if layer.source.name == source.name]
        hosts: dict[int, list[Layer]] = {}
        for layer in layers:
            if not same(_plain(layer.data()), _plain(layer.renewed(after[layer.document.index]).data())):
                return None
            if layer.place.embedded is not None:
                hosts.setdefault(layer.document.index, []).append(layer)
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            there, here = to_data(old.root, source=source), to_data(new.root, source=new.source)
            for layer in hosts.get(number, ()):  # the text that holds values has a comment less
                there, here = _blanked(there, layer.place.prefix), _blanked(here, layer.place.prefix)
            if not same(there, here):
                return None
    except (SourceError, ValueError):
        return None
    return after


def _plain(data: Any) -> Any:
    """Data that can be compared: an unknown value is what stands in its place."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(item) for item in data]
    return data if data is None or isinstance(data, (str, bool, int, float)) else repr(data)


def _blanked(data: Any, path: tuple[str | int, ...]) -> Any:
    if not path:
        return None
    if isinstance(data, dict):
        return {key: _blanked(value, path[1:]) if key == path[0] else value for key, value in data.items()}
    if isinstance(data, list):
        return [_blanked(item, path[1:]) if index == path[0] else item for index, item in enumerate(data)]
    return data
