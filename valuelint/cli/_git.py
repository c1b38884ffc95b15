"""git, run so that it asks nothing, runs nothing, and sees an argument only where one is meant."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from valuelint.light import Iterator, NamedTuple

_FIXED = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.quotePath=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.untrackedCache=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "submodule.recurse=false"),
)

_TRANSPORTS = "https:ssh:file"


class GitError(Exception):
    """git cannot do or say it; `str()` says why."""


class Blob(NamedTuple):
    """A file of a commit, or a link. Its content is as git keeps it: no filter of anybody's has been run on it."""

    path: str
    hash: str
    content: bytes
    link: bool


def git(*arguments: str, cwd: str | None = None) -> str:
    """What git prints. Raises GitError."""
    return _run(arguments, cwd).decode(sys.getfilesystemencoding(), "surrogateescape")


def _run(arguments: tuple[str, ...], cwd: str | None) -> bytes:
    try:
        done = subprocess.run(
            ["git", *_FIXED, *arguments], cwd=cwd, env=_environment(), capture_output=True, check=False
        )
    except OSError as error:
        raise _cannot_run(error) from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = next((line for line in lines if line.startswith("fatal: ")), lines[0] if lines else "")
        raise GitError(said.removeprefix("fatal: ") or "git says nothing of it")
    return done.stdout


def _environment() -> dict[str, str]:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": _TRANSPORTS, "LC_ALL": "C"}
    if "GIT_SSH" not in environment and "GIT_SSH_COMMAND" not in environment:
        environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
    return environment


def _cannot_run(error: OSError) -> GitError:
    return GitError(f"git cannot be run: {error.strerror}")


def blobs(where: str, commit: str, folder: str = "", endings: tuple[str, ...] = ("",)) -> Iterator[Blob]:
    """The files and links of a commit in a folder and below it; submodules are left out. Raises GitError.

    A path that leads anywhere else is left out as well.
    """
    inside = f"{folder}/" if folder else ""
    listed = _run(("ls-tree", "-r", "-z", "--full-tree", commit, *(("--", inside) if inside else ())), where)
    wanted = []
    for each in listed.split(b"\0"):
        head, _, raw = each.partition(b"\t")
        path = raw.decode(sys.getfilesystemencoding(), "surrogateescape")
        if head[:3] in (b"100", b"120") and path.endswith(endings) and _harmless(path):
            wanted.append((path.removeprefix(inside), head.split()[2].decode(), head[:3] == b"120"))
    with tempfile.TemporaryFile() as names:
        names.writelines(f"{name}\n".encode() for _, name, _ in wanted)
        names.seek(0)
        command = ["git", *_FIXED, "cat-file", "--batch"]
        try:
            process = subprocess.Popen(
                command, cwd=where, env=_environment(), stdin=names, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise _cannot_run(error) from None
        with process:
            assert process.stdout is not None
            for path, name, link in wanted:
                answer = process.stdout.readline().split()
                if len(answer) != 3:  # a partial clone, say
                    process.kill()
                    raise GitError(f"it does not have {path} of that commit")
                yield Blob(path, name, process.stdout.read(int(answer[2])), link)
                process.stdout.read(1)


def submodules(where: str, commit: str) -> list[tuple[str, str]]:
    """The submodules of a commit: the folder of each, and the commit that it is at. Raises GitError."""
    found = []
    for each in git("ls-tree", "-r", "-z", "--full-tree", commit, cwd=where).split("\0"):
        head, _, path = each.partition("\t")
        if head.startswith("160000") and _harmless(path):
            found.append((path, head.split()[2]))
    return found


def _harmless(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
