"""A long list of equal work, shared with a second process."""

from __future__ import annotations

import os
import pickle
from typing import TypeVar

from valuelint.light import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_IT = 100
"""So many items cost clearly more than a second process does."""


def in_halves(items: Sequence[Item], work: Callable[[Item], Result], least: int = WORTH_IT) -> Iterator[Result]:
    """`work` of each item, in order; the second half is done by another process where that is worth it.

    Where the other process fails, for whatever reason, its half is done here: what is wrong then shows here.
    """
    middle = len(items) // 2
    other = _fork(items[middle:], work) if len(items) >= least and _can_fork() else None
    if other is None:
        yield from map(work, items)
        return
    process, pipe = other
    try:
        yield from map(work, items[:middle])
    finally:
        with os.fdopen(pipe, "rb") as stream:
            sent = stream.read()
        _, status = os.waitpid(process, 0)
    yield from map(work, items[middle:]) if status else pickle.loads(sent)


def _can_fork() -> bool:
    return hasattr(os, "fork") and (os.cpu_count() or 1) > 1


def _fork(items: Sequence[Item], work: Callable[[Item], Result]) -> tuple[int, int] | None:
    """The number of a process that works on the items, and the pipe it answers through; None where there is none."""
    inner, outer = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(inner)
        os.close(outer)
        return None
    if process:
        os.close(outer)
        return process, inner
    # Leaves through `_exit` in any case: what the first process has begun must not be ended twice.
    try:
        os.close(inner)
        answer = pickle.dumps([work(item) for item in items], pickle.HIGHEST_PROTOCOL)
        with os.fdopen(outer, "wb") as stream:
            stream.write(answer)
    except BaseException:
        os._exit(1)
    os._exit(0)
