"""Writing to the disk: whatever goes wrong, each file holds its old content or its new one, and all of it."""

from __future__ import annotations

import errno
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from valuelint.cli import _files
from valuelint.cli._files import Change, WriteError, replace, replace_all

OLD, NEW = b"old: 1\r\n", b"new: 2\r\n" * 1000
ROOT = os.geteuid() == 0 if hasattr(os, "geteuid") else False


def change(path: Path, old: bytes = OLD) -> Change:
    path.write_bytes(old)
    return Change(str(path), old, NEW)


def clean(folder: Path) -> bool:
    return not [item for item in folder.iterdir() if item.name.endswith((".valuelint", ".old"))]


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o664])
def test_content_and_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "values.yaml"
    given = change(path)
    path.chmod(mode)
    replace_all([given])
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert clean(tmp_path)


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_the_owner_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    given = change(path)
    os.chown(path, 1234, 4321)
    replace_all([given])
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_an_owner_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError

    given = change(tmp_path / "values.yaml")
    monkeypatch.setattr(os, "geteuid", lambda: 99999)
    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(WriteError, match="its owner could not be kept"):
        replace_all([given])
    assert (tmp_path / "values.yaml").read_bytes() == OLD
    assert clean(tmp_path)


def test_a_symbolic_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link, second = tmp_path / "real" / "values.yaml", tmp_path / "link.yaml", tmp_path / "second.yaml"
    real.write_bytes(OLD)
    link.symlink_to(Path("real") / "values.yaml")
    second.symlink_to(link)
    replace(str(second), OLD, NEW)
    assert link.is_symlink()
    assert second.is_symlink()
    assert real.read_bytes() == NEW
    assert clean(tmp_path)
    assert clean(tmp_path / "real")


def test_a_read_only_file(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    given = change(path)
    path.chmod(0o444)
    with pytest.raises(WriteError, match=r"cannot write .*values\.yaml: it is read-only; make it writable first"):
        replace_all([given])
    assert path.read_bytes() == OLD


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    given = change(tmp_path / "values.yaml")
    (tmp_path / "values.yaml").unlink()
    with pytest.raises(WriteError, match="No such file"):
        replace_all([given])
    assert list(tmp_path.iterdir()) == []


def test_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WriteError, match="it is no regular file"):
        replace(str(tmp_path / "pipe"), OLD, NEW)


def test_a_file_that_was_changed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    given = change(path)
    path.write_bytes(b"somebody: else\n")
    with pytest.raises(WriteError, match="was changed by another program meanwhile; run the command again"):
        replace_all([given])
    assert path.read_bytes() == b"somebody: else\n"
    assert clean(tmp_path)


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:100])))
    given = change(tmp_path / "values.yaml")
    replace_all([given])
    assert (tmp_path / "values.yaml").read_bytes() == NEW


@pytest.mark.parametrize("call", ["open", "write", "fsync", "chmod", "replace"])
@pytest.mark.parametrize("when", [1, 2])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, when: int) -> None:
    """Two files: whichever of them it is that does not fit, both stay as they were."""
    given = [change(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    real = getattr(os, call)
    seen = 0

    def full(*args: Any, **named: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == when:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args, **named)

    monkeypatch.setattr(os, call, full)
    with pytest.raises(WriteError, match=r"cannot write .*\.yaml: No space left on device"):
        replace_all(given)
    monkeypatch.undo()
    assert [(tmp_path / name).read_bytes() for name in ("a.yaml", "b.yaml")] == [OLD, OLD]
    assert clean(tmp_path)


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    given = [change(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    replace_all(given)
    assert [(tmp_path / name).read_bytes() for name in ("a.yaml", "b.yaml")] == [NEW, NEW]
    assert clean(tmp_path)


def test_what_cannot_be_put_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [change(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    real, calls = os.replace, 0

    def once(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(errno.EIO, "Input/output error")
        real(*args)

    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(WriteError, match=r"a\.yaml could not be put back and holds the new text"):
        replace_all(given)


def test_one_that_changed_holds_up_all(tmp_path: Path) -> None:
    given = [change(tmp_path / name) for name in ("a.yaml", "b.yaml", "c.yaml")]
    (tmp_path / "c.yaml").write_bytes(b"else\n")
    with pytest.raises(WriteError):
        replace_all(given)
    assert [(tmp_path / name).read_bytes() for name in ("a.yaml", "b.yaml", "c.yaml")] == [OLD, OLD, b"else\n"]
    assert clean(tmp_path)


# --- killed in between ----------------------------------------------------------------------------

CALLS = ("open", "write", "fsync", "close", "chmod", "link", "replace", "unlink", "stat")


def killed(changes: list[Change], at: int, after: bool) -> bool:
    """Replaces files in a process of its own, which kill -9 ends at the n-th call of the system; whether it was."""
    child = os.fork()
    if child == 0:
        seen = 0

        def watched(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **named: Any) -> Any:
                nonlocal seen
                seen += 1
                if seen == at and not after:
                    os.kill(os.getpid(), signal.SIGKILL)
                done = real(*args, **named)
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return done

            return call

        for name in CALLS:
            setattr(os, name, watched(getattr(os, name)))
        try:
            _files.replace_all(changes)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("names", [("a.yaml",), ("a.yaml", "b.yaml", "c.yaml")], ids=["one file", "three files"])
def test_killed_at_every_step(tmp_path: Path, names: tuple[str, ...], after: bool) -> None:
    for step in range(1, 200):
        folder = tmp_path / str(step)
        folder.mkdir()
        was_killed = killed([change(folder / name) for name in names], step, after)
        held = [(folder / name).read_bytes() for name in names]
        assert all(content in (OLD, NEW) for content in held), step
        if not was_killed:
            assert held == [NEW] * len(names)
            assert clean(folder)
            assert step > 8
            return
    raise AssertionError("it never came to an end")


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    """The system itself refuses to write more, in the middle of the new content."""
    resource = pytest.importorskip("resource")
    given = change(tmp_path / "values.yaml")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
            _files.replace_all([given])
        except WriteError as error:
            code = 0 if "File too large" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (tmp_path / "values.yaml").read_bytes() == OLD
    assert clean(tmp_path)
