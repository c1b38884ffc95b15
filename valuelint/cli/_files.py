"""Writing files so that nothing is ever lost: the whole new text or the whole old one, whatever happens in between."""

from __future__ import annotations

import os
import tempfile


class WriteError(Exception):
    """A file could not be written, and is as it was. The message says why and what to do."""


def replace(path: str, old: bytes, new: bytes) -> None:
    """Replaces the content of a file that was `old` when it was read. Raises WriteError; the file is then unchanged.

    A symbolic link stays one: the file it points to is replaced. Mode and owner are kept. The new content is on the
    disk before the name changes over to it.
    """
    target = os.path.realpath(path)
    try:
        state = os.stat(target)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from None
    if not os.access(target, os.W_OK):
        raise WriteError(f"cannot write {path}: it is read-only; make it writable first")
    aside = ""
    try:
        descriptor, aside = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=os.path.dirname(target))
        with open(descriptor, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, state.st_mode & 0o7777)
        _keep_owner(aside, state)
        with open(target, "rb") as file:
            if file.read() != old:
                raise WriteError(f"{path} was changed by another program meanwhile; run the command again")
        os.replace(aside, target)
        aside = ""
        _sync_folder(os.path.dirname(target))
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if aside:
            os.unlink(aside)


def _keep_owner(path: str, state: os.stat_result) -> None:
    if hasattr(os, "chown") and (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
        try:
            os.chown(path, state.st_uid, state.st_gid)
        except PermissionError:
            # A file of another user in a folder of ours: only root could give it back.
            raise WriteError(f"cannot write {path}: its owner could not be kept") from None


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
