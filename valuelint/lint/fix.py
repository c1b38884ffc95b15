"""The fix loop: apply what may be applied, prove it, and look again, until nothing changes.

A fix is applied only if the new text parses, its data are the old data with exactly the declared patches applied,
nothing outside the edited spans differs, every comment survives, the finding is gone, nothing as bad appeared, and what
the fix claims is true. Otherwise the old text stays, and the fix is reported as failed.
"""

from __future__ import annotations

from collections import Counter

from valuelint.charts import options as tables
from valuelint.charts.tables import ABSENT
from valuelint.light import Any, Callable, Iterator, NamedTuple
from valuelint.lint.diagnostic import APPLICABILITIES, SEVERITIES, Diagnostic, Report
from valuelint.lint.engine import Finding, Outcome, examine, report, review
from valuelint.lint.patching import Wishes, keeps
from valuelint.lint.rule import Promise, Rule, Violation
from valuelint.syntax import Document, Node, Path, Source, SourceError, find, format_path, parse, to_data
from valuelint.syntax.drafts import draft
from valuelint.syntax.edits import Edit, apply_edits, edit, same
from valuelint.syntax.patches import CannotPatch, Patch, Rename, Set, apply_patch
from valuelint.syntax.writer import Writer
from valuelint.values import Layer
from valuelint.values.layer import DeskKey
from valuelint.workspace.release import Cluster, Workspace

MOST_ROUNDS = 10
"""A fix may bring another finding to light; more rounds than this mean that two fixes undo each other."""

Texts = dict[str, str]
"""The new text of each changed file, by its name."""

YES, NO, ALL, SKIP, QUIT = "y", "n", "a", "s", "q"
"""Answers to the question whether a fix is to be applied: also the rest, not this rule, nothing more."""

Ask = Callable[[tuple[Diagnostic, ...], dict[str, Source], Texts], str]
"""Asks about one fix, with the sources before and the texts after it; gives one of the answers.

After the finding that it is for come those that it would cause, and that are put right along with it.
"""


class Failed(NamedTuple):
    """A fix that was not applied, and why."""

    diagnostic: Diagnostic
    reason: str


class Repair(NamedTuple):
    """What fixing a workspace comes to: the new texts, what was fixed and what was not, and what is left.

    `along` are findings that went away with the fix of another. `kept` are the promises of the fixes, all confirmed.
    `together` are the sets of changed files that belong to one cluster and are written together or not at all.
    """

    texts: Texts
    fixed: tuple[Diagnostic, ...]
    failed: tuple[Failed, ...]
    left: Report
    along: tuple[Diagnostic, ...] = ()
    kept: tuple[tuple[str, Promise], ...] = ()
    together: tuple[frozenset[str], ...] = ()


def repair(
    workspace: Workspace,
    rules: list[Rule],
    level: str,
    only: frozenset[str] = frozenset(),
    side: str = "",
    ask: Ask | None = None,
) -> Repair:
    """Fixes what `level` ("safe", or "unsafe" for both) allows, of the rules in `only` (empty: all), in memory.

    Only files that were asked for are changed. `side` says where something that has two ends is put right. With `ask`
    every fix is applied by itself, after the question.
    """
    allowed = APPLICABILITIES[: APPLICABILITIES.index(level) + 1]
    loop = _Loop(rules, Wishes(side, workspace.shown, only_shown=ask is None), allowed, only, ask)
    loop.clusters = workspace.clusters
    outcomes = [loop.mend(cluster) for cluster in workspace.clusters]
    outcomes = [loop.catch_up(outcome) for outcome in outcomes]
    if ask is None and review(outcomes):
        from valuelint.lint.tidy import tidy

        outcomes, texts, fixed = tidy(outcomes, loop.wishes, allowed, only)
        loop.texts.update(texts)
        loop.fixed += fixed
    loop.together += [frozenset((name,)) for name in loop.texts if not any(name in names for names in loop.together)]
    return Repair(
        loop.texts,
        tuple(loop.fixed),
        tuple(loop.failed),
        report(workspace, outcomes),
        tuple(loop.along),
        tuple(dict.fromkeys(loop.kept)),
        tuple(loop.together),
    )


class _Step(NamedTuple):
    outcome: Outcome
    texts: Texts
    applied: tuple[Finding, ...]
    along: tuple[Finding, ...]


class _Refusal(NamedTuple):
    """Why fixes are not proven. `step` is what they came to, if only what they `caused` speaks against it."""

    reason: str
    step: _Step | None = None
    caused: tuple[Finding, ...] = ()


class _Loop:
    """The state of a repair: what the fixes of all clusters so far come to."""

    def __init__(
        self, rules: list[Rule], wishes: Wishes, allowed: tuple[str, ...], only: frozenset[str], ask: Ask | None
    ) -> None:
        self.rules = rules
        self.wishes = wishes
        self.allowed = allowed
        self.only = only
        self.ask = ask
        self.clusters: tuple[Cluster, ...] = ()
        self.texts: Texts = {}
        self.fixed: list[Diagnostic] = []
        self.along: list[Diagnostic] = []
        self.failed: list[Failed] = []
        self.kept: list[tuple[str, Promise]] = []
        self.together: list[frozenset[str]] = []
        self._refused: dict[_Key, Failed] = {}
        self._declined: set[_Key] = set()
        self._taken: Counter[_Key] = Counter()
        self._promised: list[Promise] = []
        self._others: dict[str, Outcome] = {}
        self._skipped: set[str] = set()
        self._quit = False

    def mend(self, cluster: Cluster) -> Outcome:
        """Fixes one cluster; gives what is left to say of it."""
        outcome = examine(_caught_up(cluster, self.texts), self.rules, self.wishes)
        self._refused, self._declined, self._taken, self._promised = {}, set(), Counter(), []
        changed: set[str] = set()
        for _ in range(MOST_ROUNDS):
            candidates = self._candidates(outcome)
            if not candidates:
                break
            mend = self._most if self.ask is None else self._one_by_one
            outcome = mend(outcome, candidates, changed)
        self.failed += self._refused.values()
        if changed:
            # Clusters that share a file are written together: the text of the file holds the fixes of both.
            shared = [names for names in self.together if names & changed]
            self.together = [names for names in self.together if not names & changed]
            self.together.append(frozenset(changed.union(*shared)))
        return outcome

    def catch_up(self, outcome: Outcome) -> Outcome:
        """The outcome with the texts that other clusters left behind in files that it shares with them."""
        sources = _sources(outcome.cluster)
        if all(self.texts.get(name, source.text) == source.text for name, source in sources.items()):
            return outcome
        return examine(_caught_up(outcome.cluster, self.texts), self.rules, self.wishes)

    def _candidates(self, outcome: Outcome) -> list[Finding]:
        found = [finding for finding in outcome.findings if self._applicable(finding)]
        if self.ask is not None:  # whoever reads along goes through the files from top to bottom
            found.sort(key=lambda item: (item.diagnostic.place.file, item.diagnostic.place.start))
        return found

    def _applicable(self, finding: Finding) -> bool:
        plan = finding.plan
        if plan is None or plan.applicability not in self.allowed or plan.applicability == "display":
            return False
        if not plan.patches or (self.only and finding.rule.id not in self.only):
            return False
        key = _key(finding)
        if key in self._refused or key in self._declined or self._taken[key] > 1:
            return False
        if finding.rule.id in self._skipped or self._quit:
            return False
        shown = self.wishes.files
        return shown is None or all(layer.source.name in shown for layer, _ in plan.patches)

    def _most(self, outcome: Outcome, candidates: list[Finding], changed: set[str]) -> Outcome:
        """Applies the candidates together; where the proof fails, halves them until the culprits are found."""
        step = self._apply(outcome, candidates)
        if isinstance(step, _Refusal) and len(candidates) == 1:
            step = self._followed_up(outcome, candidates[0], step)
        if not isinstance(step, _Refusal):
            return self._take(step, changed)
        if len(candidates) == 1:
            self._refuse(candidates[0], step.reason)
            return outcome
        # Where two exclude each other, what is worse is put right.
        candidates = sorted(candidates, key=_grave, reverse=True)
        middle = len(candidates) // 2
        outcome = self._most(outcome, candidates[:middle], changed)
        # The first half has made new layers; what is still to be done is found in them anew.
        waiting = {_key(finding) for finding in candidates[middle:]}
        rest = [finding for finding in self._candidates(outcome) if _key(finding) in waiting]
        return self._most(outcome, rest, changed) if rest else outcome

    def _apply(self, outcome: Outcome, candidates: list[Finding]) -> _Step | _Refusal:
        """Applies the fixes that do not get in each other's way, and proves the result."""
        applied: list[Finding] = []
        by_desk: dict[DeskKey, tuple[Layer, list[Patch]]] = {}
        try:
            for finding in candidates:
                if finding.plan is None:
                    continue
                mine = [(layer, layer.at_desk(patches)) for layer, patches in finding.plan.patches]
                known_of = {layer.desk_key: by_desk.get(layer.desk_key, (layer, []))[1] for layer, _ in mine}
                if any(_clash(wanted, known_of[layer.desk_key]) for layer, wanted in mine):
                    continue
                for layer, wanted in mine:
                    known = by_desk.setdefault(layer.desk_key, (layer, []))[1]
                    known += [patch for patch in wanted if patch not in known]
                applied.append(finding)
        except CannotPatch as reason:
            return _Refusal(str(reason))
        # What was shown is what is written: edits of one look at the text, unless a fix needed more.
        drafted = all(finding.plan is not None and finding.plan.drafted for finding in applied)
        made = _write(by_desk, drafted)
        if isinstance(made, str) and drafted:
            made = _write(by_desk, False)
        if isinstance(made, str):
            return _Refusal(made)
        texts, documents = made
        after = examine(_renewed(outcome.cluster, documents), self.rules, self.wishes)
        remaining = {_key(finding) for finding in after.findings}
        gone = [finding for finding in outcome.findings if _key(finding) not in remaining]
        along = tuple(finding for finding in gone if not any(finding is other for other in applied))
        step = _Step(after, texts, tuple(applied), along)
        refusal = _unproven(outcome, after, applied, self._promised)
        if refusal is None:
            return self._spoilt(step) or step
        return refusal._replace(step=step) if refusal.caused else refusal

    def _followed_up(self, outcome: Outcome, finding: Finding, refusal: _Refusal) -> _Step | _Refusal:
        """A fix together with those of all that it would cause, if the two leave nothing behind; else the refusal."""
        step, caused = refusal.step, list(refusal.caused)
        if step is None or not all(self._applicable(other) for other in caused):
            return refusal
        further = self._apply(step.outcome, caused)
        if isinstance(further, _Refusal) or len(further.applied) < len(caused):
            return refusal
        applied = (finding, *further.applied)
        if _unproven(outcome, further.outcome, list(applied), self._promised) is not None:
            return refusal
        both = _Step(further.outcome, {**step.texts, **further.texts}, applied, (*step.along, *further.along))
        return self._spoilt(both) or both

    def _spoilt(self, step: _Step) -> _Refusal | None:
        """Why fixes harm another cluster that shares a file with theirs."""
        for cluster in self.clusters:
            name = cluster.name
            if name == step.outcome.cluster.name or _sources(cluster).keys().isdisjoint(step.texts):
                continue
            if name not in self._others:
                self._others[name] = examine(_caught_up(cluster, self.texts), self.rules, self.wishes)
            after = examine(_caught_up(cluster, {**self.texts, **step.texts}), self.rules, self.wishes)
            promised = [promise for of, promise in self.kept if of == name]
            refusal = _harm(self._others[name], after, list(step.applied), promised)
            if refusal is not None:
                return _Refusal(f"{refusal.reason} (in cluster {name})")
            missed = _missed(self._others[name], after)
            if missed is not None:
                return _Refusal(f"cluster {name} shares the file, and its chart reads {missed}")
        return None

    def _one_by_one(self, outcome: Outcome, candidates: list[Finding], changed: set[str]) -> Outcome:
        """Asks about each fix that is proven; what is accepted may bring others to light."""
        while candidates and self.ask is not None:
            finding = candidates[0]
            step = self._apply(outcome, [finding])
            if isinstance(step, _Refusal):
                step = self._followed_up(outcome, finding, step)
            if isinstance(step, _Refusal):
                self._refuse(finding, step.reason)
            else:
                outcome = self._answered(self.ask, outcome, finding, step, changed)
            candidates = self._candidates(outcome)
        return outcome

    def _answered(self, ask: Ask, outcome: Outcome, finding: Finding, step: _Step, changed: set[str]) -> Outcome:
        before = _sources(outcome.cluster)
        answer = ask(tuple(item.diagnostic for item in step.applied), before, step.texts)
        if answer == ALL:
            self.ask = None
        elif answer == SKIP:
            self._skipped.add(finding.rule.id)
        elif answer == QUIT:
            self._quit = True
        elif answer == NO:
            self._declined.add(_key(finding))
        return self._take(step, changed) if answer in (YES, ALL) else outcome

    def _take(self, step: _Step, changed: set[str]) -> Outcome:
        self.texts.update(step.texts)
        self._others = {}
        changed.update(step.texts)
        self.fixed += [finding.diagnostic for finding in step.applied]
        self.along += [finding.diagnostic for finding in step.along]
        self._taken.update(_key(finding) for finding in step.applied)
        self._refused = {}  # what did not work before may work now
        for finding in step.applied:
            if finding.plan is not None:
                name = step.outcome.cluster.name
                self.kept += [(name, promise) for promise in finding.plan.remedy.promises]
                self._promised += finding.plan.remedy.promises
        return step.outcome

    def _refuse(self, finding: Finding, reason: str) -> None:
        self._refused[_key(finding)] = Failed(finding.diagnostic, reason)


_Key = tuple[str, ...]


def _key(finding: Finding) -> _Key:
    violation = finding.violation
    return (finding.rule.id, str(violation.release), violation.variant, violation.subject or repr(violation.path))


def _matter(finding: Finding) -> _Key:
    """What a finding is about, however it is said."""
    return _about(finding.rule, finding.violation)


def _about(rule: Rule, violation: Violation) -> _Key:
    return (rule.id, str(violation.release), violation.subject or violation.variant)


def _grave(finding: Finding) -> int:
    return SEVERITIES.index(finding.diagnostic.severity)


def _write(
    by_desk: dict[DeskKey, tuple[Layer, list[Patch]]], drafted: bool
) -> tuple[Texts, dict[str, list[Document]]] | str:
    """The new texts of the files and what they hold, proven to mean what the patches say; or why that is not so."""
    edits: dict[str, list[Edit]] = {}
    try:
        for layer, patches in by_desk.values():
            changes = draft(Writer(layer.desk), patches) if drafted else edit(layer.desk, patches)
            if changes is None:
                return "the edits touch each other"
            there = edits.setdefault(layer.source.name, [])
            there += [change for change in layer.in_source(changes) if change not in there]
    except CannotPatch as refusal:
        return str(refusal)
    sources = {layer.source.name: layer.source for layer, _ in by_desk.values()}
    texts: Texts = {}
    documents: dict[str, list[Document]] = {}
    try:
        for name, made in edits.items():
            texts[name] = apply_edits(sources[name].text, sorted(made))
            documents[name] = parse(sources[name].with_text(texts[name]))
            if not _kept_outside(sources[name].text, texts[name], sorted(made)):
                return "the text outside the edited spans would not stay as it is"
        reason = _changed_otherwise(by_desk, documents)
    except CannotPatch as refusal:
        return str(refusal)
    except (SourceError, ValueError, IndexError) as error:
        return f"the new text could not be read back ({error})"
    return reason if reason is not None else (texts, documents)


def _clash(patches: tuple[Patch, ...], others: list[Patch]) -> bool:
    """Whether two fixes touch the same values with different intentions."""
    return any(
        one[: len(two)] == two[: len(one)]
        for patch in patches
        for other in others
        if patch != other
        for one in _paths(patch)
        for two in _paths(other)
    )


def _paths(patch: Patch) -> tuple[Path, ...]:
    """Where a patch changes something: a new name is a place, too."""
    return (patch.path, (*patch.path[:-1], patch.key)) if isinstance(patch, Rename) else (patch.path,)


def _kept_outside(old: str, new: str, edits: list[Edit]) -> bool:
    """Whether every character outside the edited spans is where it was, relative to them."""
    at = there = 0
    for start, end, text in edits:
        stop = there + start - at
        if start < at or old[at:start] != new[there:stop] or new[stop : stop + len(text)] != text:
            return False
        at, there = end, stop + len(text)
    return old[at:] == new[there:]


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
    return _other_documents_changed([old for old, _, _ in wanted.values()], documents)


def _other_documents_changed(edited: list[Document], documents: dict[str, list[Document]]) -> str | None:
    """Whether a document that the fix does not speak of differs: several can share a file."""
    for source in {document.source.name: document.source for document in edited}.values():
        after = documents[source.name]
        if len(after) == 1 and "\n---" not in source.text:
            continue
        before = parse(source)
        mine = {document.index for document in edited if document.source.name == source.name}
        if len(before) != len(after) or any(
            not same(_data(old), _data(new)) or _comments(old) != _comments(new)
            for old, new in zip(before, after, strict=True)
            if old.index not in mine
        ):
            return "another document of the file would change"
    return None


def _data(document: Document) -> Any:
    return {} if document.root is None else to_data(document.root, source=document.source)


def _comments(document: Document) -> Counter[str]:
    return Counter(document.source.text[start:end] for start, end in document.comments)


def _node(document: Document, path: Path) -> Node | None:
    found = find(document.root, path)
    return None if found is None else found.node


def _sources(cluster: Cluster) -> dict[str, Source]:
    return {name: source for release in cluster.releases for name, source in release.sources.items()}


def _caught_up(cluster: Cluster, texts: Texts) -> Cluster:
    """The cluster with the texts that fixes of other clusters left behind: several can share a file."""
    sources = _sources(cluster)
    shared = {name: parse(source.with_text(texts[name])) for name, source in sources.items() if name in texts}
    return _renewed(cluster, shared) if shared else cluster


def _renewed(cluster: Cluster, documents: dict[str, list[Document]]) -> Cluster:
    """The cluster with the documents of changed files in the place of the old ones."""
    return cluster._replace(releases=tuple(release.renewed(documents) for release in cluster.releases))


def _unproven(before: Outcome, after: Outcome, applied: list[Finding], promised: list[Promise]) -> _Refusal | None:
    """Why the fixes are not proven: a finding is still there, something as bad is new, a promise is broken."""
    remaining = {_key(finding) for finding in after.findings}
    for finding in applied:
        if _key(finding) in remaining:
            return _Refusal(f"{finding.rule.id} would still be there")
        plan = finding.plan
        if plan is not None and plan.remedy.promises and after.worlds:
            world = after.worlds[-1]  # the newest versions, where none is said
            if not keeps(world, plan.remedy.promises):
                return _Refusal("it would not bring about what it promises")
    return _harm(before, after, applied, promised)


def _harm(before: Outcome, after: Outcome, applied: list[Finding], promised: list[Promise]) -> _Refusal | None:
    """What the fixes bring about that is as bad as what they put right, in their cluster or another one.

    Also what was `promised` by the fixes before these must still be true.
    """
    known: dict[_Key, int] = {}
    for finding in before.findings:
        known[_matter(finding)] = max(known.get(_matter(finding), 0), _grave(finding))
    for rule, violation in before.unplaced:  # it was there, and had no value to point to
        known[_about(rule, violation)] = SEVERITIES.index(rule.wordings[violation.variant].severity)
    # Of several fixes the mildest counts: what none of them may bring about, they must not do together either.
    mildest = min(_grave(finding) for finding in applied)
    rules = {finding.rule.id for finding in applied}
    born = max(_grave(finding) for finding in applied) if _rendered(after) - _rendered(before) else -1
    caused: list[Finding] = []
    for finding in after.findings:
        if finding.diagnostic.severity == "info" and finding.rule.id in rules:
            continue  # a remark turned into another remark of the same rule: that is what was wanted
        looked_at = finding.rule.check.startswith("monitors.") and finding.rule.check != "monitors.not_rendered"
        if looked_at and _grave(finding) <= born:
            continue  # a monitor that exists now is looked at for the first time; the next round goes on from there
        # One that is said otherwise now is not new, unless it is worse.
        if known.get(_matter(finding), -1) < _grave(finding) and _grave(finding) >= mildest:
            caused.append(finding)
    if not caused:
        undone = after.worlds and not keeps(after.worlds[-1], tuple(promised))
        return _Refusal("it would undo what another fix brought about") if undone else None
    worst = max(caused, key=_grave)
    return _Refusal(f"it would cause {worst.rule.id}: {worst.diagnostic.message}", caused=tuple(caused))


def _missed(before: Outcome, after: Outcome) -> str | None:
    """An option that a release reads and that says something else now, though no fix of its own wants that."""
    if not before.worlds or not after.worlds:
        return None
    remaining = {_key(finding) for finding in after.findings}
    gone = [finding for finding in before.findings if _key(finding) not in remaining]
    for old, new in zip(before.worlds[-1].installed, after.worlds[-1].installed, strict=True):
        wanted = [
            patch.path
            for finding in gone
            if finding.violation.release == old.number and finding.plan is not None
            for patch in finding.plan.remedy.patches
        ]
        table = tables.load(old.chart.name)
        options = None if table is None else table.at(old.version)
        for path in _changed(old.values.user, new.values.user):
            meant = any(path[: len(other)] == other[: len(path)] for other in wanted)
            if not meant and (options is None or options.knows(path)):
                return format_path(path)
    return None


def _changed(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """The values that another text takes away or changes; what it adds are none."""
    if not isinstance(before, dict):
        if before != after:
            yield path
        return
    for key, value in before.items():
        inner = after.get(key, ABSENT) if isinstance(after, dict) else ABSENT
        yield from _changed(value, inner, (*path, key))


def _rendered(outcome: Outcome) -> set[tuple[int, str, str, bool]]:
    """The monitors that are certain, and once more those of releases that render; of the newest versions."""
    return {
        (installed.number, monitor.kind, str(monitor.name), there)
        for world in outcome.worlds[-1:]
        for installed in world.installed
        for monitor in installed.objects.monitors
        if monitor.rendered is True
        for there in {False, installed.objects.renders() is not False}
    }
