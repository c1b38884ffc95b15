"""Reports to render: a small one written by hand, and any that hypothesis can think of."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from valuelint.lint.diagnostic import (
    APPLICABILITIES,
    SEVERITIES,
    Diagnostic,
    FileEdit,
    Fix,
    Place,
    Report,
    Skipped,
    Suppressed,
    Undecided,
)
from valuelint.syntax import Path, Source


def place(source: Source, text: str, message: str = "", path: Path = ("a",)) -> Place:
    """Where a text stands for the first time."""
    start = source.text.index(text)
    return Place(source, start, start + len(text), path, message)


def edit(source: Source, old: str, new: str) -> FileEdit:
    """Another text for the first occurrence of one."""
    start = source.byte_offset(source.text.index(old))
    return FileEdit(source.name, start, start + len(old.encode()), new)


def insert(source: Source, before: str, new: str) -> FileEdit:
    """A text before the first occurrence of another one; before the end of the file if that is empty."""
    at = source.byte_offset(source.text.index(before) if before else len(source.text))
    return FileEdit(source.name, at, at, new)


def finding(
    where: Place,
    message: str = "the port is wrong",
    *related: Place,
    rule: str = "wrong-port",
    severity: str = "error",
    notes: tuple[str, ...] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    return Diagnostic(rule, severity, message, where, related, notes, fix, "home", "web")


def report(
    *findings: Diagnostic,
    undecided: tuple[Undecided, ...] = (),
    skipped: tuple[Skipped, ...] = (),
    files: int = 2,
    releases: int = 2,
    clusters: int = 1,
    notices: tuple[str, ...] = (),
    suppressed: tuple[Suppressed, ...] = (),
) -> Report:
    return Report(findings, undecided, skipped, files, releases, clusters, notices, suppressed)


# --- the report written by hand -------------------------------------------------------------------

WEB = Source.from_text(
    """\
web:
  enabled: true
  service:
    # The balancer knows this number.
    port: 8080
    labels:
      team: blue
""",
    "home/web.yaml",
)
PROXY = Source.from_text("upstream: {port: 80}\n", "home/proxy.yaml")

PORT = finding(
    place(WEB, "8080", "nobody listens here", ("web", "service", "port")),
    "the proxy will never reach web",
    place(PROXY, "80", "the proxy asks for 80"),
    place(WEB, "enabled: true", "asked for here"),
    notes=("the proxy speaks to one port only",),
    fix=Fix("safe", "set web.service.port to 80", (edit(WEB, "8080", "80"),)),
)
TEAM = finding(
    place(WEB, "blue", "there is no such team", ("web", "service", "labels", "team")),
    "nobody owns web",
    rule="no-owner",
    severity="warning",
    fix=Fix("unsafe", "give it to red", (edit(WEB, "blue", "red"), insert(WEB, "", "      on-call: red\n"))),
)
NUMBER = finding(
    place(WEB, "service:", "", ("web", "service")),
    "the service has no name",
    rule="no-name",
    severity="info",
    fix=Fix("display", "choose one", ()),
)
UNDECIDED = Undecided("wrong-host", "the host is not known", "--host", "home/web.yaml", "home", "web")
SKIPPED = Skipped("home/notes.yaml", "holds no values of a known chart")
ACCEPTED = Suppressed(TEAM._replace(message="blue owns web"), "comment", "blue is new", "2027-01-31")
SMALL = report(
    PORT, TEAM, NUMBER, undecided=(UNDECIDED,), skipped=(SKIPPED,), notices=("web 9 is new",), suppressed=(ACCEPTED,)
)


# --- any report -----------------------------------------------------------------------------------

# Times say nothing on a machine that is busy with other tests.
many = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Whatever an unfriendly file may hold: line ends, tabs, escape sequences, hidden and wide and combining characters,
# and the words that runners and parsers react to.
FRAGMENTS = st.sampled_from(
    [
        *("\n", "\r\n", "\r", "\t", "  ", "a: b", "- x", "#", "{0}", "e\u0301", "名前", "😀", "ü"),
        *("\x1b[31m", "\x07", "\x85", "\u2028", "\u202e", "\u200d", "\ufeff", "\ufffe"),
        *("::error::", "##[error]", "%0A", "]]>", "<&\"'"),
    ]
)
TEXTS = st.lists(FRAGMENTS | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).map(
    "".join
)
WORDS = st.from_regex(r"[a-z]{1,6}(-[a-z]{1,6})?", fullmatch=True)
PATHS = st.lists(st.integers(0, 9) | TEXTS, max_size=3).map(tuple)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    return Source.from_text(draw(TEXTS), draw(TEXTS.filter(bool)))


@st.composite
def findings(draw: st.DrawFn, texts: list[Source]) -> Diagnostic:
    def somewhere() -> Place:
        source = draw(st.sampled_from(texts))
        ends = sorted(draw(st.tuples(*[st.integers(0, len(source.text))] * 2)))
        return Place(source, ends[0], ends[1], draw(PATHS), draw(TEXTS))

    return Diagnostic(
        draw(WORDS),
        draw(st.sampled_from(SEVERITIES)),
        draw(TEXTS),
        somewhere(),
        tuple(somewhere() for _ in range(draw(st.integers(0, 3)))),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        draw(st.none() | fixes(texts)),
        draw(TEXTS),
        draw(TEXTS),
    )


@st.composite
def fixes(draw: st.DrawFn, texts: list[Source]) -> Fix:
    edits: list[FileEdit] = []
    for source in draw(st.lists(st.sampled_from(texts), unique_by=id, max_size=2)):
        edits += draw(edits_of(source))
    return Fix(draw(st.sampled_from(APPLICABILITIES)), draw(TEXTS), tuple(edits))


@st.composite
def edits_of(draw: st.DrawFn, source: Source) -> list[FileEdit]:
    """Edits of one file, sorted, none over another."""
    ends = sorted(draw(st.lists(st.integers(0, len(source.text)), max_size=6, unique=True)))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return [
        FileEdit(source.name, source.byte_offset(start), source.byte_offset(end), draw(TEXTS)) for start, end in pairs
    ]


@st.composite
def reports(draw: st.DrawFn) -> Report:
    names = draw(st.lists(TEXTS.filter(bool), min_size=1, max_size=3, unique=True))
    texts = [Source.from_text(draw(TEXTS), name) for name in names]
    found = draw(st.lists(findings(texts), max_size=3))
    undecided = [Undecided(draw(WORDS), *(draw(TEXTS) for _ in range(5))) for _ in range(draw(st.integers(0, 2)))]
    skipped = [Skipped(draw(TEXTS.filter(bool)), draw(TEXTS)) for _ in range(draw(st.integers(0, 2)))]
    files, releases, clusters = (draw(st.integers(0, 3)) for _ in range(3))
    notices = tuple(draw(st.lists(TEXTS, max_size=2)))
    by = st.sampled_from(("comment", "configuration", "baseline"))
    aside = [
        Suppressed(item, draw(by), draw(TEXTS), draw(st.sampled_from(("", "2027-01-31"))))
        for item in draw(st.lists(findings(texts), max_size=2))
    ]
    return Report(tuple(found), tuple(undecided), tuple(skipped), files, releases, clusters, notices, tuple(aside))
