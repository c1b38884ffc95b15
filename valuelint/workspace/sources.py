"""Where policies come from: folders, installed packages, and commits of git repositories that were fetched before.

Nothing here runs a program, imports a package or uses the network. A commit lies in a store of its own, which only
`valuelint policies fetch` fills.
"""

from __future__ import annotations

import os
import re
import sys

from valuelint.light import TYPE_CHECKING, NamedTuple
from valuelint.syntax import Node, Path
from valuelint.workspace.release import Origin, Problem

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from valuelint.workspace.config import Reader

ENDINGS = (".yaml", ".yml")

TESTS = ("_test.yaml", "_test.yml")
"""Files that hold tests of policies, and no rule."""

GROUP = "valuelint.policies"
"""The group of entry points by which a package says where its policies are."""

FETCH = "run valuelint policies fetch"

MANIFEST = ".blobs"
"""In the store, beside the files of a commit: a line each, with the hash that git gives its content."""

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_URL = re.compile(r"(?:(?:https|ssh|file)://[^\s-]\S*|[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:[^\s:-]\S*)")
_PACKAGE = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")


class PolicySource(NamedTuple):
    """A place that policies come from, as a configuration names it, and where that is said.

    `kind` is "folder", "package" or "git"; `name` the folder, as seen from `base`, the package, or the URL. `path` is
    the folder inside of the repository, empty for all of it.
    """

    kind: str
    name: str
    base: str
    place: Origin
    rev: str = ""
    path: str = ""

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        if self.kind == "git":
            return f"{self.name}{f', {self.path}' if self.path else ''} at {self.rev[:12]}"
        return f"{self.kind} {self.name}"

    def problem(self, message: str, remedy: str) -> Problem:
        """What is wrong with it, at the place that names it."""
        line, column = self.place.source.position(self.place.start)
        return Problem(message, self.place.source.name, line, column, remedy)


def policy_files(folder: str) -> list[str]:
    """The rule files in a folder and below it, sorted; hidden folders are left out."""
    return [file for file in _yaml_files(folder) if not file.endswith(TESTS)]


def trial_files(folder: str) -> list[str]:
    """The files of tests in a folder and below it, sorted; hidden folders are left out."""
    return [file for file in _yaml_files(folder) if file.endswith(TESTS)]


def _yaml_files(folder: str) -> list[str]:
    found = []
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(at, name) for name in sorted(files) if name.endswith(ENDINGS) and name[0] != "."]
    return found


# --- reading --------------------------------------------------------------------------------------


def read_source(reader: Reader, node: Node, path: Path, folder: str) -> PolicySource:
    """An item of `policies`. Raises Problem for what can be no source, whatever there is on this machine."""
    place = reader.origin(node, path)
    if reader.is_scalar(node):
        return PolicySource("folder", reader.text(node, path), folder, place)
    fields = reader.fields(node, path, ("package", "git", "rev", "path"), "a source of policies")
    texts = {key: reader.text(value, (*path, key)) for key, value in fields.items()}
    if ("package" in fields) == ("git" in fields):
        message = "a source of policies is a folder, a package, or a commit of a git repository"
        raise reader.problem(node.start, message, "write a folder's name, {package: NAME}, or {git: URL, rev: HASH}")
    if "package" in fields:
        others = [key for key in ("rev", "path") if key in fields]
        if others:
            raise reader.problem(
                fields[others[0]].start, f"a package has no {others[0]} here", "its own entry points say where they are"
            )
        if not _PACKAGE.fullmatch(texts["package"]):
            raise reader.problem(fields["package"].start, f"{texts['package']} is no name of a package", "as in pip")
        return PolicySource("package", texts["package"], folder, place)
    _refuse_url(reader, fields["git"], texts["git"])
    if "rev" not in fields:
        raise reader.problem(node.start, "a git repository needs a rev", "add rev: with the full hash of a commit")
    _refuse_rev(reader, fields["rev"], texts["rev"], texts["git"])
    inside = [part for part in texts.get("path", "").split("/") if part not in ("", ".")]
    if ".." in inside or os.path.isabs(texts.get("path", "")) or "\\" in texts.get("path", ""):
        raise reader.problem(fields["path"].start, f"{texts['path']} leads out of the repository", "such as policies")
    return PolicySource("git", texts["git"], folder, place, texts["rev"], "/".join(inside))


def _refuse_url(reader: Reader, node: Node, url: str) -> None:
    if not _URL.fullmatch(url):
        message = f"{url} is no URL that policies are fetched from"
        raise reader.problem(node.start, message, "write https://…, ssh://…, user@host:path or file:///…")


def _refuse_rev(reader: Reader, node: Node, rev: str, url: str) -> None:
    if _HASH.fullmatch(rev):
        return
    if re.fullmatch(r"[0-9a-f]{4,}", rev):
        raise reader.problem(
            node.start, f"{rev} is only a part of a hash", "write all 40 digits; a part may fit others"
        )
    message = f"{rev} is no commit: a branch or tag can be moved, and what is checked would change with it"
    raise reader.problem(node.start, message, f"write the full hash; git ls-remote {url} tells it")


# --- where they are -------------------------------------------------------------------------------


def located(source: PolicySource) -> tuple[str, ...]:
    """The folders of a source. Raises Problem, with what to do, where it is not on this machine."""
    if source.kind == "folder":
        folder = os.path.normpath(os.path.join(source.base, source.name))
        if not os.path.isdir(folder):
            raise source.problem(f"there is no folder {source.name}", "policies are folders of rule files")
        return (folder,)
    return _of_package(source) if source.kind == "package" else (_of_commit(source),)


def _of_package(source: PolicySource) -> tuple[str, ...]:
    """The folders that a package names, found by its metadata; nothing of it is imported."""
    from importlib import metadata

    try:
        package = metadata.distribution(source.name)
    except metadata.PackageNotFoundError:
        message = f"there is no package {source.name} in the Python that runs valuelint"
        raise source.problem(message, f"install it there: pip install {source.name}") from None
    named = [point.value.strip() for point in package.entry_points if point.group == GROUP]
    if not named:
        message = f"the package {source.name} holds no policies"
        raise source.problem(message, f"one that does has an entry point in the group {GROUP}")
    return tuple(_folder_of(source, package, value) for value in dict.fromkeys(named))


def _folder_of(source: PolicySource, package: Distribution, value: str) -> str:
    """The folder of `acme_policies.rules`: beside the package's metadata, or, of an editable install, on the path."""
    if re.fullmatch(r"\w+(?:\.\w+)*", value):
        parts = value.split(".")
        for root in (str(package.locate_file("")), *sys.path):
            folder = os.path.join(root or os.curdir, *parts)
            if os.path.isdir(folder):
                return os.path.normpath(folder)
    message = f"the package {source.name} says that its policies are in {value}, and no such folder is installed"
    raise source.problem(message, "an entry point names a folder with dots, such as acme_policies.rules")


def store() -> str:
    """The folder that fetched commits lie in."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "valuelint", "policies")


def stored_at(source: PolicySource) -> str:
    """Where the files of a commit lie once they are fetched."""
    from hashlib import sha256

    key = sha256(f"{source.name}\0{source.path}".encode("utf-8", "surrogateescape")).hexdigest()
    return os.path.join(store(), key[:24], source.rev)


def _of_commit(source: PolicySource) -> str:
    """The folder of a commit in the store, which holds what git says it does."""
    folder = stored_at(source)
    try:
        with open(os.path.join(folder, MANIFEST), encoding="utf-8", errors="surrogateescape") as file:
            listed = dict(line.rstrip("\n").split(" ", 1)[::-1] for line in file)
    except (OSError, ValueError):
        others = sorted(os.listdir(os.path.dirname(folder))) if os.path.isdir(os.path.dirname(folder)) else []
        others = [name for name in others if _HASH.fullmatch(name) and name != source.rev]
        at = f"are here at {', '.join(name[:12] for name in others)}, not at" if others else "are not here yet, at"
        raise source.problem(f"the policies of {source.name} {at} {source.rev[:12]}", FETCH) from None
    files = {os.path.relpath(file, folder).replace(os.sep, "/"): file for file in _yaml_files(folder)}
    if files.keys() != listed.keys() or any(
        blob_hash(file, listed[name]) != listed[name] for name, file in files.items()
    ):
        message = f"the policies of {source.name} are not what the commit {source.rev[:12]} holds: {folder} was changed"
        raise source.problem(message, f"take that folder away and {FETCH}")
    return folder


def blob_hash(file: str, like: str) -> str:
    """What git calls the content of a file, in the length of another hash. Empty where it cannot be read."""
    import hashlib

    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except OSError:
        return ""
    make = hashlib.sha1 if len(like) == 40 else hashlib.sha256
    return make(b"blob %d\0" % len(data) + data).hexdigest()
