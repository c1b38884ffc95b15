"""Fetching policies: one commit of a git repository, put into the store as the files that git holds of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress

from valuelint.cli._git import GitError, blobs, git
from valuelint.workspace.sources import ENDINGS, MANIFEST, PolicySource, stored_at


def fetched(source: PolicySource) -> int:
    """Fetches a commit into the store, in one step or not at all; the number of its files. Raises GitError."""
    folder = stored_at(source)
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=os.path.dirname(folder)) as aside:
            repository, files = os.path.join(aside, "repository"), os.path.join(aside, "files")
            _download(source, repository)
            count = _write(source, repository, files)
            with suppress(FileNotFoundError):
                shutil.rmtree(folder)  # what is there is not what the commit holds
            os.rename(files, folder)
    except OSError as error:
        raise GitError(f"{error.filename}: {error.strerror}") from None
    return count


def _download(source: PolicySource, repository: str) -> None:
    kind = ("--object-format=sha256",) if len(source.rev) == 64 else ()
    git("init", "--quiet", "--bare", "--template=", *kind, "--end-of-options", repository)
    options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--end-of-options")
    try:
        git("fetch", "--depth=1", *options, source.name, source.rev, cwd=repository)
    except GitError:
        # Some servers hand out only what a branch or tag leads to.
        git("fetch", *options, source.name, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", cwd=repository)
    try:
        found = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{source.rev}^{{commit}}", cwd=repository)
    except GitError:
        raise GitError("there is no such commit") from None
    if found.strip() != source.rev:
        raise GitError(f"that is no commit, but leads to {found.strip()}")


def _write(source: PolicySource, repository: str, folder: str) -> int:
    os.mkdir(folder)
    lines = []
    for blob in blobs(repository, source.rev, source.path, ENDINGS):
        if blob.link or any(part.startswith(".") for part in blob.path.split("/")):
            continue  # a link may lead anywhere, and what is hidden is no policy
        file = os.path.join(folder, *blob.path.split("/"))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "xb") as stream:
            stream.write(blob.content)
        lines.append(f"{blob.hash} {blob.path}\n")
    if not lines:
        raise GitError(f"it holds no YAML file in {source.path or 'any folder'}")
    with open(os.path.join(folder, MANIFEST), "w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.writelines(lines)
    return len(lines)
