"""The forms in which values are delivered: one module each, and the folder is the list of them.

A module has one function, `releases(ground)`, which yields a Draft for each release that it finds. None knows another.
"""

from __future__ import annotations

import os
from importlib import import_module

from valuelint.light import Callable, Iterable
from valuelint.workspace.draft import Draft
from valuelint.workspace.ground import Ground

Form = Callable[[Ground], Iterable[Draft]]


def forms() -> list[tuple[str, Form]]:
    """Each form with its name, in the order of the names: charts that nobody installs come last."""
    found = sorted(
        name.removesuffix(".py")
        for name in os.listdir(os.path.dirname(__file__))
        if name.endswith(".py") and not name.startswith("_")
    )
    return [(name, import_module(f"valuelint.workspace.envelopes.{name}").releases) for name in found]
