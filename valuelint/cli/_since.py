"""What a change is to blame for: findings on lines that it touches, and findings that were not there before it."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from contextlib import contextmanager, suppress

from valuelint.cli._git import GitError, blobs, git, submodules
from valuelint.light import TYPE_CHECKING, Callable, Iterator, NamedTuple
from valuelint.syntax import format_path

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Diagnostic, Report

Key = tuple[str, str, str, str]
"""Rule, file, path and message of a finding."""

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Repository(NamedTuple):
    """A work tree, and the commit that it is compared with.

    `renamed` maps what a file is called now to what the commit calls it; `modules` are the submodules that are checked
    out, by their folders. All relative to `top`.
    """

    top: str
    base: str
    renamed: dict[str, str]
    modules: dict[str, Repository]

    def old(self, file: str) -> str:
        """What the base calls a file; both as seen from the current folder."""
        name = _name(self.top, file)
        return os.path.relpath(os.path.join(self.top, self.renamed[name])) if name in self.renamed else file


def repository(revision: str, paths: tuple[str, ...] = ()) -> Repository:
    """The work tree around the current folder, and where its history left that of a revision. Raises GitError.

    All paths have to lie in it.
    """
    top = git("rev-parse", "--show-toplevel").strip()
    for path in paths:
        if _name(top, path).split("/")[0] == "..":
            raise GitError(f"{path} is not in the repository {top}")
    try:
        commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except GitError:
        raise GitError(f"git knows no revision {revision or '(empty)'}{_why()}") from None
    with suppress(GitError):  # no history in common, as in a shallow clone
        commit = git("merge-base", commit, "HEAD").strip()
    return _repository(top, commit)


def _repository(top: str, base: str) -> Repository:
    listed = git("diff", "--name-status", "-z", "--find-renames", "--diff-filter=R", base, cwd=top).split("\0")
    renamed = dict(zip(listed[2::3], listed[1::3], strict=True))
    modules = {}
    for path, commit in submodules(top, base):
        inside = os.path.join(top, *path.split("/"))
        if os.path.exists(os.path.join(inside, ".git")):
            with suppress(GitError):  # a commit that is not here: then all of it is new
                modules[path] = _repository(inside, commit)
    return Repository(top, base, renamed, modules)


def _why() -> str:
    """Why a revision may be missing that there is, and what to do."""
    with suppress(GitError):
        if git("rev-parse", "--is-shallow-repository").strip() == "true":
            return "; this clone is shallow: git fetch --unshallow, or fetch-depth: 0 in CI"
        if not git("rev-list", "--max-count=1", "--all").strip():
            return "; there is no commit yet"
    return ""


def _name(top: str, file: str) -> str:
    return os.path.relpath(os.path.realpath(file), os.path.realpath(top)).replace(os.sep, "/")


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


def seen(report: Report, names: dict[str, str]) -> Before:
    """What is found and accepted where, by files relative to the current folder, some of which have other names now."""

    def key(finding: Diagnostic) -> Key:
        rule, file, path, message = _key(finding)
        return rule, names.get(file, file), path, message

    found = Counter(key(finding) for finding in report.findings)
    return Before(found, Counter(key(item.finding) for item in report.suppressed))


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
        self._modules = {path: _Lines(module) for path, module in where.modules.items()}

    def _of(self, file: str) -> _Lines:
        """Those of the submodule that a file lies in, if it lies in one."""
        name = _name(self.where.top, file)
        inside = next((lines for path, lines in self._modules.items() if name.startswith(f"{path}/")), None)
        return self if inside is None else inside._of(file)

    def changed(self, file: str) -> bool:
        """Whether anything in a file changed."""
        lines = self._of(file)
        return _name(lines.where.top, file) in lines._changed | lines._new

    def touch(self, file: str, first: int, last: int) -> bool:
        """Whether one of some lines of a file changed."""
        lines = self._of(file)
        name = _name(lines.where.top, file)
        if name in lines._new:
            return True
        if name not in lines._changed:
            return False
        if name not in lines._spans:
            lines._spans[name] = list(lines._hunks(name))
        return any(start <= last and first <= end for start, end in lines._spans[name])

    def _hunks(self, name: str) -> Iterator[tuple[int, int]]:
        options = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--text")
        names = dict.fromkeys((self.where.renamed.get(name, name), name))
        literal = [f":(top,literal){each}" for each in names]
        text = git("diff", *options, self.where.base, "--", *literal, cwd=self.where.top)
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
            names = {os.path.relpath(where.renamed[new], inside): os.path.relpath(new, inside) for new in where.renamed}
            return seen(look(), names)


def _unpack(where: Repository, folder: str) -> None:
    """Writes the files of the base into a folder; links that lead elsewhere are left out."""
    links = []
    for path, module in where.modules.items():
        _unpack(module, os.path.join(folder, *path.split("/")))
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
