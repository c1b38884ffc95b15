"""What a change is to blame for: findings on lines that it touches, and findings that were not there before it."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from contextlib import contextmanager

from valuelint.cli._git import GitError, blobs, git
from valuelint.light import TYPE_CHECKING, Callable, Iterator, NamedTuple
from valuelint.syntax import format_path

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Diagnostic, Report

Key = tuple[str, str, str, str]
"""Rule, file, path and message of a finding."""

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Repository(NamedTuple):
    """The work tree that we stand in, and the commit that is compared with."""

    top: str
    base: str


def repository(revision: str) -> Repository:
    """The work tree around the current folder, and where its history left that of a revision. Raises GitError."""
    top = git("rev-parse", "--show-toplevel").strip()
    try:
        commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except GitError:
        raise GitError(f"git knows no revision {revision}") from None
    try:
        return Repository(top, git("merge-base", commit, "HEAD").strip())
    except GitError:
        return Repository(top, commit)  # no history in common, as in a shallow clone


class Before(NamedTuple):
    """What the base had: its findings, and those that were known and accepted."""

    found: Counter[Key]
    accepted: Counter[Key]


def narrowed(report: Report, where: Repository, before: Before) -> Report:
    """The report with only those findings that the change touches or causes."""
    known = Counter(before.found)
    lines = _Lines(where)

    def touched(finding: Diagnostic) -> bool:
        places = (finding.place, *finding.related)
        return any(lines.touch(place.file, place.line, place.end_line) for place in places)

    kept = []
    for finding in report.findings:
        key = _key(finding)
        caused = known[key] == 0
        known[key] -= not caused
        if caused or touched(finding):
            kept.append(finding)
    all_known = before.found + before.accepted
    aside = [item for item in report.suppressed if not all_known[_key(item.finding)] or touched(item.finding)]
    undecided = tuple(item for item in report.undecided if not item.file or lines.changed(item.file))
    return report._replace(findings=tuple(kept), suppressed=tuple(aside), undecided=undecided)


def seen(report: Report) -> Before:
    """What is found and accepted where, by files relative to the current folder."""
    found = Counter(_key(finding) for finding in report.findings)
    return Before(found, Counter(_key(item.finding) for item in report.suppressed))


def _key(finding: Diagnostic) -> Key:
    file = os.path.relpath(os.path.realpath(finding.place.file), os.path.realpath(os.curdir))
    return finding.rule, file, format_path(finding.place.path), finding.message


class _Lines:
    """The lines of files that are not as they were in the base."""

    def __init__(self, where: Repository) -> None:
        self.where = where
        listed = git("diff", "--name-only", "-z", "--no-renames", where.base, cwd=where.top)
        new = git("ls-files", "-z", "--others", "--exclude-standard", cwd=where.top)
        self._changed = set(listed.split("\0")) - {""}
        self._new = set(new.split("\0")) - {""}
        self._spans: dict[str, list[tuple[int, int]]] = {}

    def _name(self, file: str) -> str:
        return os.path.relpath(os.path.realpath(file), os.path.realpath(self.where.top)).replace(os.sep, "/")

    def changed(self, file: str) -> bool:
        """Whether anything in a file changed."""
        return self._name(file) in self._changed | self._new

    def touch(self, file: str, first: int, last: int) -> bool:
        """Whether one of some lines of a file changed."""
        name = self._name(file)
        if name in self._new:
            return True
        if name not in self._changed:
            return False
        if name not in self._spans:
            self._spans[name] = list(self._hunks(name))
        return any(start <= last and first <= end for start, end in self._spans[name])

    def _hunks(self, name: str) -> Iterator[tuple[int, int]]:
        options = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--text")
        text = git("diff", *options, self.where.base, "--", f":(top,literal){name}", cwd=self.where.top)
        for match in _HUNK.finditer(text):
            start, count = int(match[1]), int(match[2] or "1")
            # Where lines only went, those around the gap are what is left of them.
            yield (start, start + count - 1) if count else (start, start + 1)


def of_base(where: Repository, look: Callable[[], Report]) -> Before:
    """What is found by `look` in the same folder as the base had it."""
    inside = os.path.relpath(os.path.realpath(os.curdir), os.path.realpath(where.top))
    with tempfile.TemporaryDirectory(prefix="valuelint-") as folder:
        _unpack(where, folder)
        there = os.path.join(folder, inside)
        os.makedirs(there, exist_ok=True)
        with _standing_in(there):
            return seen(look())


def _unpack(where: Repository, folder: str) -> None:
    """Writes the files of the base into a folder; links that lead elsewhere are left out."""
    links = []
    for blob in blobs(where.top, where.base):
        file = os.path.join(folder, *blob.path.split("/"))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        if blob.link:
            links.append((file, os.fsdecode(blob.content)))
            continue
        with open(file, "xb") as stream:
            stream.write(blob.content)
    top = os.path.realpath(folder)
    for file, target in links:  # last, so that nothing is written through one
        if os.path.realpath(os.path.join(os.path.dirname(file), target)).startswith(top + os.sep):
            os.symlink(target, file)


@contextmanager
def _standing_in(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
