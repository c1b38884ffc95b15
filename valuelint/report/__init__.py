"""How findings are said: one module per output format, a function from a report to a text.

The folder is the registration: a module here without a leading underscore is a format of its name, and its function
`render(report, options)` returns the whole output. Formats never filter, never read files and never write.
"""

from __future__ import annotations

import os
from importlib import import_module

from valuelint.light import Callable, Mapping, NamedTuple
from valuelint.lint.diagnostic import Report


class RuleText(NamedTuple):
    """What the catalogue says of a rule, for formats that carry its documentation."""

    summary: str
    help_uri: str | None = None
    description: str = ""
    """Markdown."""
    severity: str = "warning"
    """Its usual severity."""


class Options(NamedTuple):
    """What a format may be asked for; most formats look at few of them."""

    color: bool = False
    width: int = 120
    """Characters in a line; longer source lines are cut around the place they are shown for."""
    verbose: bool = False
    quiet: bool = False
    show_fixes: bool = True
    """Whether the text format shows what a fix would change."""
    version: str = ""
    """Of valuelint."""
    rules: Mapping[str, RuleText] = {}  # noqa: RUF012 - a named tuple, whose default is never changed
    root: str = ""
    """The folder that paths are relative to in formats that a forge reads; empty leaves them as the user wrote them."""
    fail_on: str = "warning"
    """The mildest severity that fails a run; any other word fails none."""


FORMATS = tuple(
    sorted(
        name.removesuffix(".py")
        for name in os.listdir(os.path.dirname(__file__))
        if name.endswith(".py") and not name.startswith("_")
    )
)
"""The names of all formats."""


def render(name: str, report: Report, options: Options) -> str:
    """The report in a format; a text ends in a newline unless it is empty. Raises ValueError for an unknown format."""
    if name not in FORMATS:
        raise ValueError(f"unknown format {name!r}; known are {', '.join(FORMATS)}")
    function: Callable[[Report, Options], str] = import_module(f"{__name__}.{name}").render
    return function(report, options)
