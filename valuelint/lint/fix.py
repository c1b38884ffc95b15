"""The fix loop: apply what may be applied, prove it, and look again, until nothing changes.

A fix is written only if the new text parses, its data are the old data with exactly the declared patches applied, every
comment survives, the finding is gone, nothing as bad appeared, and what the fix claims is true. Otherwise the old text
stays, and the fix is reported as failed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from valuelint.lint.diagnostic import APPLICABILITIES, SEVERITIES, Diagnostic, Report
from valuelint.lint.engine import Finding, Outcome, examine, report
from valuelint.lint.patching import keeps
from valuelint.lint.rule import Rule
from valuelint.records import NamedTuple
from valuelint.syntax import Document, Node, Path, SourceError, find, parse, to_data
from valuelint.syntax.edits import Edit, apply_edits, edit, same
from valuelint.syntax.patches import CannotPatch, Patch, Set, apply_patch
from valuelint.values import Layer
from valuelint.values.layer import DeskKey
from valuelint.workspace.release import Cluster, Workspace

MOST_ROUNDS = 10

Texts = dict[str, str]
"""The new text of each changed file, by its name."""


class Failed(NamedTuple):
    """A fix that was not applied, and why."""

    diagnostic: Diagnostic
    reason: str


class Repair(NamedTuple):
    """What fixing a workspace comes to: the new texts, what was fixed and what was not, and what is left."""

    texts: Texts
    fixed: tuple[Diagnostic, ...]
    failed: tuple[Failed, ...]
    left: Report


def repair(workspace: Workspace, rules: list[Rule], level: str, only: frozenset[str] = frozenset()) -> Repair:
    """Fixes what `level` ("safe", or "unsafe" for both) allows, of the rules in `only` (empty: all), in memory.

    Only files that were asked for are changed.
    """
    allowed = APPLICABILITIES[: APPLICABILITIES.index(level) + 1]
    texts: Texts = {}
    fixed: list[Diagnostic] = []
    failed: list[Failed] = []
    outcomes = []
    for cluster in workspace.clusters:
        outcome = examine(_caught_up(cluster, texts), rules)
        refused: dict[tuple[str, ...], Failed] = {}
        for _ in range(MOST_ROUNDS):
            candidates = [
                finding
                for finding in outcome.findings
                if _applicable(finding, workspace, allowed, only) and _key(finding) not in refused
            ]
            if not candidates:
                break
            step = _apply(outcome, candidates, rules)
            if isinstance(step, Failed):
                # One of them does not hold what it promises: find out which, by trying each alone.
                steps = (
                    [(finding, _apply(outcome, [finding], rules)) for finding in candidates]
                    if len(candidates) > 1
                    else []
                )
                for finding, alone in steps or [(candidates[0], step)]:
                    if isinstance(alone, Failed):
                        refused[_key(finding)] = Failed(finding.diagnostic, alone.reason)
                step = next((alone for _, alone in steps if not isinstance(alone, Failed)), step)
                if isinstance(step, Failed):
                    continue
            outcome = step.outcome
            texts.update(step.texts)
            fixed += [finding.diagnostic for finding in step.applied]
            refused.clear()  # what did not work before may work now
        failed += refused.values()
        outcomes.append(outcome)
    return Repair(texts, tuple(fixed), tuple(failed), report(workspace, outcomes))


class _Step(NamedTuple):
    outcome: Outcome
    texts: Texts
    applied: tuple[Finding, ...]


def _applicable(finding: Finding, workspace: Workspace, allowed: tuple[str, ...], only: frozenset[str]) -> bool:
    plan = finding.plan
    if plan is None or plan.applicability not in allowed or plan.applicability == "display" or not plan.patches:
        return False
    if only and finding.rule.id not in only:
        return False
    return workspace.shown is None or all(layer.source.name in workspace.shown for layer, _ in plan.patches)


def _key(finding: Finding) -> tuple[str, ...]:
    violation = finding.violation
    return (finding.rule.id, str(violation.release), violation.variant, violation.subject)


def _matter(finding: Finding) -> tuple[str, ...]:
    """What a finding is about, however it is said: one that is said otherwise now is not new."""
    violation = finding.violation
    return (finding.rule.id, str(violation.release), violation.subject or violation.variant)


def _apply(outcome: Outcome, candidates: list[Finding], rules: list[Rule]) -> _Step | Failed:
    """Applies the fixes that do not get in each other's way, and proves the result."""
    applied: list[Finding] = []
    by_desk: dict[DeskKey, tuple[Layer, list[Patch]]] = {}
    for finding in candidates:
        if finding.plan is None:
            continue
        mine = {layer.desk_key: (layer, layer.at_desk(patches)) for layer, patches in finding.plan.patches}
        if any(_clash(wanted, by_desk[key][1]) for key, (_, wanted) in mine.items() if key in by_desk):
            continue
        for key, (layer, wanted) in mine.items():
            known = by_desk.setdefault(key, (layer, []))[1]
            known += [patch for patch in wanted if patch not in known]
        applied.append(finding)
    first = applied[0].diagnostic
    edits: dict[str, list[Edit]] = {}
    texts: Texts = {}
    try:
        for layer, patches in by_desk.values():
            edits.setdefault(layer.source.name, []).extend(layer.in_source(edit(layer.desk, patches)))
    except CannotPatch as refusal:
        return Failed(first, str(refusal))
    sources = {layer.source.name: layer.source for layer, _ in by_desk.values()}
    documents: dict[str, list[Document]] = {}
    for name, changes in edits.items():
        texts[name] = apply_edits(sources[name].text, sorted(changes))
        try:
            documents[name] = parse(sources[name].with_text(texts[name]))
        except SourceError as error:
            return Failed(first, f"the new text could not be read back ({error.message})")
    try:
        reason = _changed_otherwise(by_desk, documents)
    except (SourceError, ValueError) as error:
        reason = f"the new text could not be read back ({error})"
    if reason is not None:
        return Failed(first, reason)
    after = examine(_renewed(outcome.cluster, documents), rules)
    reason = _unproven(outcome, after, applied)
    return Failed(first, reason) if reason is not None else _Step(after, texts, tuple(applied))


def _clash(patches: tuple[Patch, ...], others: list[Patch]) -> bool:
    """Whether two fixes touch the same values with different intentions."""
    for patch in patches:
        for other in others:
            length = min(len(patch.path), len(other.path))
            if patch != other and patch.path[:length] == other.path[:length]:
                return True
    return False


def _changed_otherwise(
    by_desk: dict[DeskKey, tuple[Layer, list[Patch]]], documents: dict[str, list[Document]]
) -> str | None:
    """What the edits changed beside what was declared, or None."""
    wanted: dict[int, tuple[Document, Document, Any]] = {}
    for layer, patches in by_desk.values():
        document = layer.document
        new = documents[layer.source.name][document.index]
        data = wanted[id(document)][2] if id(document) in wanted else _data(document)
        desk, after = layer.desk, layer.renewed(new).desk
        inside = _data(desk) if desk is not document else data
        for patch in patches:
            inside = apply_patch(inside, patch)
        if desk is not document:
            if not same(_data(after), inside):
                return "the new text would not mean exactly what the fix declares"
            if _comments(desk) - _comments(after):
                return "a comment would be lost"
            # What stands in a text was looked at; the document around it must hold exactly that text.
            text = to_data(_node(new, layer.place.prefix))
            inside = apply_patch(data, Set(layer.place.prefix, text))
        wanted[id(document)] = (document, new, inside)
    for old, new, data in wanted.values():
        if not same(_data(new), data):
            return "the new text would not mean exactly what the fix declares"
        if _comments(old) - _comments(new):
            return "a comment would be lost"
    return None


def _data(document: Document) -> Any:
    return {} if document.root is None else to_data(document.root, source=document.source)


def _comments(document: Document) -> Counter[str]:
    return Counter(document.source.text[start:end] for start, end in document.comments)


def _node(document: Document, path: Path) -> Node | None:
    found = find(document.root, path)
    return None if found is None else found.node


def _caught_up(cluster: Cluster, texts: Texts) -> Cluster:
    """The cluster with the texts that fixes of other clusters left behind: several can share a file."""
    sources = {layer.source.name: layer.source for release in cluster.releases for layer in release.layers}
    shared = {name: parse(source.with_text(texts[name])) for name, source in sources.items() if name in texts}
    return _renewed(cluster, shared) if shared else cluster


def _renewed(cluster: Cluster, documents: dict[str, list[Document]]) -> Cluster:
    """The cluster with the documents of changed files in the place of the old ones."""
    releases = []
    for release in cluster.releases:
        layers = tuple(
            layer.renewed(documents[layer.source.name][layer.document.index])
            if layer.source.name in documents
            else layer
            for layer in release.layers
        )
        releases.append(release._replace(layers=layers))
    return cluster._replace(releases=tuple(releases))


def _unproven(before: Outcome, after: Outcome, applied: list[Finding]) -> str | None:
    """Why the fixes are not proven: a finding is still there, something as bad is new, a promise is not kept; or None."""
    known = {_matter(finding) for finding in before.findings}
    remaining = {_key(finding) for finding in after.findings}
    for finding in applied:
        if _key(finding) in remaining:
            return f"{finding.rule.id} would still be there"
        plan = finding.plan
        if plan is not None and plan.remedy.promises and after.worlds:
            world = after.worlds[-1]
            if not keeps(world, plan.remedy.promises, world.of(plan.remedy.release)):
                return "it would not bring about what it promises"
    worst = max(SEVERITIES.index(finding.diagnostic.severity) for finding in applied)
    rules = {finding.rule.id for finding in applied}
    born = any(
        promise.effect == "rendered" for finding in applied if finding.plan for promise in finding.plan.remedy.promises
    )
    for finding in after.findings:
        if finding.diagnostic.severity == "info" and finding.rule.id in rules:
            continue  # a remark turned into another remark of the same rule: that is what was wanted
        if born and finding.rule.check.startswith("monitors.") and finding.diagnostic.severity == SEVERITIES[worst]:
            continue  # a monitor that exists now is looked at for the first time; the next round goes on from there
        if _matter(finding) not in known and SEVERITIES.index(finding.diagnostic.severity) >= worst:
            return f"it would cause {finding.rule.id}: {finding.diagnostic.message}"
    return None
