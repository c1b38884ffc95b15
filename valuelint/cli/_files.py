"""Writing files so that nothing is ever lost: the whole new text or the whole old one, whatever happens in between."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from random import getrandbits

from valuelint.light import NamedTuple


class WriteError(Exception):
    """Files could not be written, and are as they were. The message says why and what to do."""


class Change(NamedTuple):
    """A file, what it held when it was read, and what it is to hold."""

    path: str
    old: bytes
    new: bytes


class _Staged:
    """A change whose new content lies beside the file, complete and on the disk."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.target = os.path.realpath(change.path)
        self.aside = self.backup = ""

    def prepare(self) -> None:
        """Writes the new content to a file of its own in the same folder, with the mode and owner of the old one."""
        state = os.stat(self.target)
        if not stat.S_ISREG(state.st_mode):
            raise self.refusal("it is no regular file")
        if not state.st_mode & 0o222 or not os.access(self.target, os.W_OK):
            raise self.refusal("it is read-only; make it writable first")
        self.aside = self._write(self.change.new, state)

    def _write(self, data: bytes, state: os.stat_result) -> str:
        folder, name = os.path.split(self.target)
        path = os.path.join(folder, f".{name}.{getrandbits(48):012x}.valuelint")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self.aside = path
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.chmod(path, state.st_mode & 0o7777)
        self._keep_owner(path, state)
        return path

    def _keep_owner(self, path: str, state: os.stat_result) -> None:
        if hasattr(os, "chown") and (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
            try:
                os.chown(path, state.st_uid, state.st_gid)
            except PermissionError:
                # A file of another user in a folder of ours: only root could give it back.
                raise self.refusal("its owner could not be kept") from None

    def check(self) -> None:
        """Whether the file still holds what it held when it was read."""
        with open(self.target, "rb") as file:
            if file.read() != self.change.old:
                message = f"{self.change.path} was changed by another program meanwhile; run the command again"
                raise WriteError(message)

    def keep(self) -> None:
        """Gives the old content a second name, so that it can be put back."""
        backup = f"{self.aside}.old"
        try:
            os.link(self.target, backup)
        except OSError:
            # No links here: a copy does as well, and takes room on the disk now rather than when it is needed.
            new = self.aside
            backup, self.aside = self._write(self.change.old, os.stat(self.target)), new
        self.backup = backup

    def put(self) -> None:
        """From here on the name means the new content."""
        os.replace(self.aside, self.target)
        self.aside = ""

    def put_back(self) -> None:
        """The old content is what the name means again."""
        os.replace(self.backup, self.target)
        self.backup = ""

    def clean(self) -> None:
        """Takes away what lies beside the file."""
        for path in (self.aside, self.backup):
            if path:
                with suppress(OSError):  # a leftover harms nobody
                    os.unlink(path)
        self.aside = self.backup = ""

    def refusal(self, why: str) -> WriteError:
        return WriteError(f"cannot write {self.change.path}: {why}")


def replace(path: str, old: bytes, new: bytes) -> None:
    """Replaces the content of a file that was `old` when it was read. Raises WriteError; the file is then unchanged."""
    replace_all([Change(path, old, new)])


def replace_all(changes: list[Change]) -> None:
    """Replaces the contents of files: of all, or of none. Raises WriteError; the files are then unchanged.

    A symbolic link stays one: the file it points to is replaced. Mode and owner are kept. All new contents are on the
    disk before the first name changes over, and a file that is not what it was when it was read is left alone.
    """
    staged = [_Staged(change) for change in changes]
    done: list[_Staged] = []
    current = None
    try:
        for current in staged:
            current.prepare()
        for current in staged:
            current.check()
            if len(staged) > 1:
                current.keep()
        for current in staged:
            current.put()
            done.append(current)
    except (OSError, WriteError) as error:
        stuck = [each.change.path for each in reversed(done) if not _undone(each)]
        if isinstance(error, WriteError) and not stuck:
            raise
        why = error if isinstance(error, WriteError) else _why(current, error)
        tail = f"; {', '.join(stuck)} could not be put back and holds the new text" if stuck else ""
        raise WriteError(f"{why}{tail}") from None
    finally:
        for each in staged:
            each.clean()
    for folder in dict.fromkeys(os.path.dirname(each.target) for each in staged):
        _sync_folder(folder)


def _why(current: _Staged | None, error: OSError) -> WriteError:
    reason = error.strerror or str(error)
    return current.refusal(reason) if current is not None else WriteError(reason)


def _undone(each: _Staged) -> bool:
    try:
        each.put_back()
    except OSError:
        return False
    return True


def _sync_folder(folder: str) -> None:
    """Makes the new name last through a power cut, where the system can do that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
