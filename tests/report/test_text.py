"""What people read: whole outputs as they stand in a terminal, and what must hold for any of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import category, east_asian_width

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.report.samples import (
    NUMBER,
    PORT,
    PROXY,
    SKIPPED,
    SMALL,
    TEAM,
    UNDECIDED,
    WEB,
    edit,
    edits_of,
    finding,
    insert,
    many,
    place,
    report,
    reports,
    sources,
)
from valuelint.lint.diagnostic import Diagnostic, FileEdit, Fix, Place, Report
from valuelint.report import Options, render
from valuelint.report._common import hunks
from valuelint.syntax import Source

text = Source.from_text
Edits = Callable[[Source], list[FileEdit]]


def one(found: Diagnostic, options: Options | None = None, clusters: int = 1) -> list[str]:
    """The lines of a single finding, without the headline and what follows the last gutter."""
    lines = render("text", report(found, clusters=clusters), options or Options()).splitlines()
    return lines[1 : next(at for at, line in enumerate(lines) if "= valuelint explain" in line)]


def drawn(*lines: str) -> list[str]:
    return list(lines)


# --- whole outputs --------------------------------------------------------------------------------

PLAIN = """\
error[wrong-port]: the proxy will never reach web
 --> home/web.yaml:5:11
  |
1 | web:
2 |   enabled: true
  |   ------------- asked for here
3 |   service:
4 |     # The balancer knows this number.
5 |     port: 8080
  |           ^^^^ nobody listens here
  |
 ::: home/proxy.yaml:1:18
  |
1 | upstream: {port: 80}
  |                  -- the proxy asks for 80
  |
  = the proxy speaks to one port only
  = fix (safe): set web.service.port to 80
5 -     port: 8080
5 +     port: 80
  = valuelint explain wrong-port

warning[no-owner]: nobody owns web
 --> home/web.yaml:7:13
  |
6 |     labels:
7 |       team: blue
  |             ^^^^ there is no such team
  |
  = fix (unsafe): give it to red
7 -       team: blue
7 +       team: red
8 +       on-call: red
  = valuelint explain no-owner

info[no-name]: the service has no name
 --> home/web.yaml:3:3
  |
1 | web:
2 |   enabled: true
3 |   service:
  |   ^^^^^^^^
  |
  = fix (display): choose one
  = valuelint explain no-name

"""

NOTICE = "note: web 9 is new\n\n"

SUMMARY = (
    "3 findings (1 error, 1 warning, 1 info; 2 fixable, 1 of them safe) in 2 releases of 1 cluster; "
    "1 suppressed, 1 undecided, 1 file skipped"
)

VERBOSE = """\
home/web.yaml:7:13: suppressed[no-owner] blue owns web
   = by a comment until 2027-01-31: blue is new

undecided[wrong-host]: the host is not known
   = in home/web.yaml, release web, cluster home
   = decided by --host

skipped: home/notes.yaml: holds no values of a known chart

"""

QUIET = """\
home/web.yaml:5:11: error[wrong-port] the proxy will never reach web
home/web.yaml:7:13: warning[no-owner] nobody owns web
home/web.yaml:3:3: info[no-name] the service has no name
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(), PLAIN + NOTICE + SUMMARY + " (--verbose)\n"),
        (Options(verbose=True), PLAIN + VERBOSE + NOTICE + SUMMARY + "\n"),
        (Options(quiet=True), QUIET),
        (
            Options(show_fixes=False),
            re.sub(r"^\d [-+].*\n", "", PLAIN, flags=re.MULTILINE) + NOTICE + SUMMARY + " (--verbose)\n",
        ),
    ],
)
def test_the_small_report(options: Options, expected: str) -> None:
    assert render("text", SMALL, options) == expected


def test_colors() -> None:
    names = {
        "1;31": "red!",
        "1;33": "yellow!",
        "1;36": "cyan!",
        "1;34": "blue!",
        "1": "bold",
        "31": "red",
        "32": "green",
    }
    colored = render("text", report(PORT, TEAM, NUMBER), Options(color=True))
    shown = re.sub(r"\x1b\[([\d;]+)m", lambda match: f"<{names.get(match[1], '')}>", colored.replace("\x1b[0m", "</>"))
    assert shown.splitlines()[:22] == [
        "<red!>error[wrong-port]</><bold>: the proxy will never reach web</>",
        " <blue!>--></> home/web.yaml:5:11",
        "<blue!>  |</>",
        "<blue!>1 |</> web:",
        "<blue!>2 |</>   enabled: true",
        "<blue!>  |</>   <blue!>-------------</> <blue!>asked for here</>",
        "<blue!>3 |</>   service:",
        "<blue!>4 |</>     # The balancer knows this number.",
        "<blue!>5 |</>     port: 8080",
        "<blue!>  |</>           <red!>^^^^</> <red!>nobody listens here</>",
        "<blue!>  |</>",
        " <blue!>:::</> home/proxy.yaml:1:18",
        "<blue!>  |</>",
        "<blue!>1 |</> upstream: {port: 80}",
        "<blue!>  |</>                  <blue!>--</> <blue!>the proxy asks for 80</>",
        "<blue!>  |</>",
        "  <blue!>=</> the proxy speaks to one port only",
        "  <blue!>=</> fix (safe): set web.service.port to 80",
        "<blue!>5 </><red>-</><red>     port: 8080</>",
        "<blue!>5 </><green>+</><green>     port: 80</>",
        "  <blue!>=</> valuelint explain wrong-port",
        "",
    ]
    assert "<yellow!>warning[no-owner]</>" in shown
    assert "<cyan!>info[no-name]</>" in shown


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (report(), "no findings in 2 files (1 cluster, 2 releases)"),
        (report(files=1, releases=1, clusters=2), "no findings in 1 file (2 clusters, 1 release)"),
        (
            report(undecided=(UNDECIDED, UNDECIDED)),
            "no findings in 2 files (1 cluster, 2 releases); 2 undecided (--verbose)",
        ),
        (report(files=0), "nothing to check: no file holds the values of a known chart"),
        (
            report(skipped=(SKIPPED, SKIPPED), files=0),
            "nothing to check: no file holds the values of a known chart; 2 files skipped (--verbose)",
        ),
        (report(NUMBER, NUMBER), "2 findings (2 info) in 2 releases of 1 cluster"),
        (report(PORT, releases=1), "1 finding (1 error; 1 fixable, all safe) in 1 release of 1 cluster"),
        (report(TEAM, TEAM, clusters=3), "2 findings (2 warnings; 2 fixable, none safe) in 2 releases of 3 clusters"),
        (
            report(PORT, PORT, TEAM, NUMBER),
            "4 findings (2 errors, 1 warning, 1 info; 3 fixable, 2 of them safe) in 2 releases of 1 cluster",
        ),
    ],
)
def test_the_last_line(made: Report, expected: str) -> None:
    assert render("text", made, Options()).splitlines()[-1] == expected


def test_a_quiet_run_without_findings_says_nothing() -> None:
    made = report(undecided=(UNDECIDED,), skipped=(SKIPPED,), notices=("web 9 is new",))
    assert render("text", made, Options(quiet=True, verbose=True)) == ""


# --- excerpts -------------------------------------------------------------------------------------

TABS = text('a:\n\tb: "x\ty\tz"\n', "t.yaml")
CRLF = text("a: 1\r\nb: two\r\nc: 3\r\n", "c.yaml")
WIDE = text("名前: 太郎 # 😀 e\u0301 x\n", "w.yaml")
BOM = text("\ufeffa: x\n", "b.yaml")
LONG = text("key: {" + ", ".join(f"name{number}: value{number}" for number in range(60)) + "}\n", "l.yaml")
FAR = text("\n".join(["top:", *(f"  k{number}: {number}" for number in range(40))]) + "\n", "far.yaml")
EVIL = text("a: \x1b[31m\u202eevil\n", "e\x1b[0m.yaml")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            finding(place(TABS, "y", "here"), "m", place(TABS, "z", "second"), place(TABS, "b", "first")),
            drawn(
                " --> t.yaml:2:8",
                "  |",
                '2 |     b: "x    y    z"',
                "  |     -        ^    - second",
                "  |     |        |",
                "  |     |        here",
                "  |     first",
                "  |",
            ),
            id="tabs are four cells, labels hang",
        ),
        pytest.param(
            finding(place(CRLF, "two", "here")),
            drawn(" --> c.yaml:2:4", "  |", "2 | b: two", "  |    ^^^ here", "  |"),
            id="carriage returns",
        ),
        pytest.param(
            finding(place(WIDE, "太郎", "name"), "m", place(WIDE, "x", "behind")),
            drawn(
                " --> w.yaml:1:5",
                "  |",
                "1 | 名前: 太郎 # 😀 e\u0301 x",
                "  |       ^^^^        - behind",
                "  |       |",
                "  |       name",
                "  |",
            ),
            id="wide characters are two cells, combining ones none",
        ),
        pytest.param(
            finding(place(BOM, "x", "here")),
            drawn(" --> b.yaml:1:4", "  |", "1 | a: x", "  |    ^ here", "  |"),
            id="a byte order mark is not seen",
        ),
        pytest.param(
            finding(Place(WEB, 0, 7, ("web",), "all of it")),
            drawn(" --> home/web.yaml:1:1", "  |", "1 | web:", "  | ^^^^ all of it", "  |"),
            id="the first of several lines",
        ),
        pytest.param(
            finding(Place(text("a:", "e.yaml"), 2, 2, (), "nothing follows")),
            drawn(" --> e.yaml:1:3", "  |", "1 | a:", "  |   ^ nothing follows", "  |"),
            id="an empty span at the end",
        ),
        pytest.param(
            finding(Place(text("", "z.yaml"), 0, 0, (), "empty")),
            drawn(" --> z.yaml:1:1", "  |", "1 |", "  | ^ empty", "  |"),
            id="an empty file",
        ),
        pytest.param(
            finding(place(WEB, "8080", "p"), "m", place(WEB, "8080", "q"), place(WEB, "port: 8080", "r")),
            drawn(
                " --> home/web.yaml:5:11",
                "  |",
                "3 |   service:",
                "4 |     # The balancer knows this number.",
                "5 |     port: 8080",
                "  |     ------^^^^ p",
                "  |     |     |",
                "  |     |     q",
                "  |     r",
                "  |",
            ),
            id="spans over each other",
        ),
        pytest.param(
            finding(place(FAR, "k30"), "m", place(FAR, "k3", "third"), place(FAR, "k33", "close")),
            drawn(
                "  --> far.yaml:32:3",
                "   |",
                " 1 | top:",
                "...",
                " 5 |   k3: 3",
                "   |   -- third",
                "...",
                "32 |   k30: 30",
                "   |   ^^^",
                "33 |   k31: 31",
                "34 |   k32: 32",
                "35 |   k33: 33",
                "   |   --- close",
                "   |",
            ),
            id="lines far apart",
        ),
        pytest.param(
            finding(place(EVIL, "evil", "\x1b[2J"), notes=("one\n::error::two", "")),
            drawn(
                " --> e\\x1b[0m.yaml:1:10",
                "  |",
                "1 | a: \\x1b[31m\\u202eevil",
                "  |                  ^^^^ \\x1b[2J",
                "  |",
                "  = one",
                "  |   ::error::two",
                "  = ",
            ),
            id="nothing reaches the terminal",
        ),
    ],
)
def test_excerpts(found: Diagnostic, expected: list[str]) -> None:
    assert one(found) == expected


def test_long_lines_are_cut_around_the_places() -> None:
    found = finding(place(LONG, "value30", "here"), "m", place(LONG, "name2", "far"), place(LONG, "name31", "near"))
    assert one(found, Options(width=60)) == [
        " --> l.yaml:1:505",
        "  |",
        "1 | ... value29, name30: value30, name31: value31, name32...",
        "  |                      ^^^^^^^  ------ near",
        "  |                      |",
        "  |                      here",
        "  |",
        " ::: l.yaml:1:37",
        "  |",
        "1 | key: {name0: value0, name1: value1, name2: value2, na...",
        "  |                                     ----- far",
        "  |",
    ]


def test_places_in_one_other_file_share_an_excerpt() -> None:
    found = finding(place(PROXY, "80"), "m", place(WEB, "8080", "a"), place(WEB, "blue", "b"))
    assert [line for line in one(found) if line.startswith((" -->", " :::"))] == [
        " --> home/proxy.yaml:1:18",
        " ::: home/web.yaml:5:11",
    ]


def test_the_release_is_named_where_there_are_several_clusters() -> None:
    assert "  = in release web of cluster home" in one(PORT, clusters=2)
    assert "  = in release web of cluster home" not in one(PORT, clusters=1)


# --- fixes ----------------------------------------------------------------------------------------


def patch(found: Diagnostic, options: Options | None = None) -> list[str]:
    lines = one(found, options)
    return lines[next(at for at, line in enumerate(lines) if "= fix" in line) + 1 :]


@pytest.mark.parametrize(
    ("source", "edits", "expected"),
    [
        pytest.param(CRLF, lambda s: [edit(s, "two", "2")], ["2 - b: two", "2 + b: 2"], id="carriage returns"),
        pytest.param(
            CRLF,
            lambda s: [edit(s, "1", "one"), insert(s, "c: 3", "d:\r\n  e: 4\r\n"), edit(s, "3", "three")],
            ["1 - a: 1", "1 + a: one", "3 - c: 3", "3 + d:", "4 +   e: 4", "5 + c: three"],
            id="numbers of new lines are those of the new text",
        ),
        pytest.param(BOM, lambda s: [edit(s, "a: x\n", "b: y\n")], ["1 - a: x", "1 + b: y"], id="byte order mark"),
        pytest.param(
            WEB,
            lambda s: [insert(s, "      team", "      a: 1\n      b:\n        c: 2\n")],
            ["6 |     labels:", "7 +       a: 1", "8 +       b:", "9 +         c: 2"],
            id="new lines show where they go",
        ),
        pytest.param(WEB, lambda s: [insert(s, "web:", "top: 1\n")], ["1 + top: 1"], id="new lines at the beginning"),
        pytest.param(
            text("a: 1", "f.yaml"),
            lambda s: [insert(s, "", "\nb: 2")],
            ["1 | a: 1", "2 + b: 2"],
            id="no final newline",
        ),
        pytest.param(WEB, lambda s: [edit(s, "    port: 8080\n", "")], ["5 -     port: 8080"], id="a line goes"),
        pytest.param(
            WEB,
            lambda s: [edit(s, "    port: 8080\n", ""), edit(s, "blue", "red")],
            ["5 -     port: 8080", "7 -       team: blue", "6 +       team: red"],
            id="numbers of later lines move up",
        ),
        pytest.param(
            WEB,
            lambda s: [edit(s, "8080", "80"), edit(s, "labels", "tags")],
            ["5 -     port: 8080", "5 +     port: 80", "6 -     labels:", "6 +     tags:"],
            id="neighbours",
        ),
        pytest.param(
            text("é: 'ü'\n", "f.yaml"), lambda s: [edit(s, "'ü'", "u")], ["1 - é: 'ü'", "1 + é: u"], id="bytes"
        ),
        pytest.param(
            text("a: \x1b[31m\n", "f.yaml"),
            lambda s: [edit(s, "a", "b\t")],
            ["1 - a: \\x1b[31m", "1 + b    : \\x1b[31m"],
            id="control characters",
        ),
        pytest.param(WEB, lambda s: [edit(s, "8080", "8080")], [], id="nothing changes"),
        pytest.param(WEB, lambda s: [], [], id="no edits"),
        pytest.param(WEB, lambda s: [FileEdit(s.name, 80, 9999, "x")], [], id="outside of the file"),
        pytest.param(
            WEB,
            lambda s: [FileEdit(s.name, 80, 84, "x"), FileEdit(s.name, 82, 86, "y")],
            [],
            id="over each other",
        ),
    ],
)
def test_patches(source: Source, edits: Edits, expected: list[str]) -> None:
    fix = Fix("safe", "fix it", tuple(edits(source)))
    assert patch(finding(Place(source, 0, 1, ()), fix=fix)) == expected


def test_a_fix_that_reaches_into_other_files() -> None:
    edits = (edit(WEB, "8080", "80"), edit(PROXY, "80", "81"), FileEdit("else\nwhere.yaml", 0, 0, "x"))
    found = finding(place(WEB, "8080"), "m", place(PROXY, "80"), fix=Fix("unsafe", "fix it", edits))
    assert patch(found) == [
        "5 -     port: 8080",
        "5 +     port: 80",
        " ::: home/proxy.yaml:1",
        "1 - upstream: {port: 80}",
        "1 + upstream: {port: 81}",
        "  = it changes else\\nwhere.yaml",
    ]


def test_long_lines_of_a_patch_are_cut_around_the_difference() -> None:
    fix = Fix("safe", "fix it", (edit(LONG, "value30", "x"),))
    assert patch(finding(place(LONG, "key"), fix=fix), Options(width=60)) == [
        "1 - ... value29, name30: value30, name31: value31, name32...",
        "1 + ... value29, name30: x, name31: value31, name32: valu...",
    ]


# --- what must hold for any report ----------------------------------------------------------------


def width(line: str) -> int:
    return sum(
        0 if category(char) in ("Mn", "Me", "Cf") else 2 if east_asian_width(char) in "WF" else 1 for char in line
    )


@many
@given(reports(), st.integers(0, 120), st.booleans())
def test_colors_change_nothing_else(made: Report, columns: int, verbose: bool) -> None:
    colored = render("text", made, Options(color=True, width=columns, verbose=verbose))
    plain = render("text", made, Options(width=columns, verbose=verbose))
    assert re.sub(r"\x1b\[[\d;]+m", "", colored) == plain


@many
@given(sources(), st.integers(0, 80), st.data())
def test_carets_stand_under_what_they_mean(source: Source, columns: int, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(source.text))] * 2)))
    where = Place(source, start, end, ())
    lines = one(finding(where), Options(width=columns))
    at = next(at for at, line in enumerate(lines) if re.fullmatch(r" *\| +\^+", line))
    shown, carets = lines[at - 1], lines[at]
    assert width(shown) <= max(columns, 20 + carets.index("|") + 2)
    inside = re.split("\r\n|[\r\n]", source.text[start:end])[:1]
    if inside and "..." not in shown and inside[0].isascii() and inside[0].isprintable() and inside[0].strip():
        cells = "".join(char * width(char) for char in shown if width(char))
        # A row of carets ends before spaces at the end of a line, since those are not shown.
        assert cells[carets.index("^") : len(carets)].rstrip() == inside[0].rstrip()


@many
@given(st.data())
def test_hunks_make_the_new_text(data: st.DataObject) -> None:
    source = data.draw(sources())
    edits = [(each.start, each.end, each.text) for each in data.draw(edits_of(source))]
    assume(edits)
    expected = source.data
    for start, end, new in reversed(edits):
        expected = expected[:start] + new.encode() + expected[end:]

    def lines(data: bytes) -> list[str]:
        split = data[3 * source.bom :].decode().split("\n")
        return [line.removesuffix("\r") for line in (split if split[-1] else split[:-1])]

    old, made, at = lines(source.data), [], 0
    for hunk in hunks(source.data, edits):
        made += old[at : hunk.line - 1]
        at = hunk.line - 1 + len(hunk.removed)
        assert hunk.removed == old[hunk.line - 1 : at]
        assert hunk.new_line == len(made) + 1
        made += hunk.added
    assert made + old[at:] == lines(expected)
