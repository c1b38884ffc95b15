"""What the linter says: located findings, what could not be decided, and what was not read."""

from __future__ import annotations

from valuelint.light import NamedTuple
from valuelint.syntax import Path, Source

SEVERITIES = ("info", "warning", "error")
"""Severities, the mildest first."""

APPLICABILITIES = ("safe", "unsafe", "display")
"""safe: the meaning stays, or what the file already asks for becomes true; unsafe: the release will change in a way
that somebody should look at; display: shown, never applied."""


class Place(NamedTuple):
    """A span of a file: character offsets into the text of `source`.

    `path` is the path of the value that stands there. `message` is what to say right beside the span.
    """

    source: Source
    start: int
    end: int
    path: Path
    message: str = ""

    @property
    def file(self) -> str:
        """The file as the user would name it."""
        return self.source.name

    @property
    def line(self) -> int:
        """From 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """From 1, in characters."""
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        """From 1."""
        return self.source.position(self.end)[0]

    @property
    def end_column(self) -> int:
        """From 1, in characters; just behind the last character."""
        return self.source.position(self.end)[1]


class FileEdit(NamedTuple):
    """Replace the bytes start..end of a file (offsets in the file as it is on disk) by a text."""

    file: str
    start: int
    end: int
    text: str


class Fix(NamedTuple):
    """A remedy that can be applied to the text. A display fix may have no edits: its title then says what to do.

    `sides` are where else it can be put right, as `fix --side` names them.
    """

    applicability: str
    title: str
    edits: tuple[FileEdit, ...]
    sides: tuple[str, ...] = ()


class Diagnostic(NamedTuple):
    """A finding of a rule at a place.

    `message` is the headline; `place.message` the few words at the caret; `notes` say why it is so and what to do.
    """

    rule: str
    severity: str
    message: str
    place: Place
    related: tuple[Place, ...]
    notes: tuple[str, ...]
    fix: Fix | None
    cluster: str
    release: str


class Undecided(NamedTuple):
    """What could not be decided, and the option or key that would decide it."""

    rule: str
    message: str
    decided_by: str
    file: str
    cluster: str
    release: str


class Skipped(NamedTuple):
    """A file that was not read, or holds no values of a known chart."""

    file: str
    reason: str


class Suppressed(NamedTuple):
    """A finding that somebody knows and accepts: by a comment, by the configuration, or by a baseline.

    `reason` and `until`, the last day on which it counts, are empty where nobody says them.
    """

    finding: Diagnostic
    by: str
    reason: str = ""
    until: str = ""


class Report(NamedTuple):
    """Everything that a run has to say. Findings are sorted by file and place."""

    findings: tuple[Diagnostic, ...]
    undecided: tuple[Undecided, ...]
    skipped: tuple[Skipped, ...]
    files: int
    releases: int
    clusters: int
    notices: tuple[str, ...] = ()
    """Said once a run: for example that a version is newer than any known."""
    suppressed: tuple[Suppressed, ...] = ()
    """Findings that are known and accepted, sorted like the others."""
