"""Workflow commands: one line each, and nothing from a file can end one or begin another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from tests.report.samples import NUMBER, PORT, SKIPPED, TEAM, UNDECIDED, WEB, finding, many, place, report, reports
from valuelint.lint.diagnostic import Place, Report, Undecided
from valuelint.report import Options, render
from valuelint.syntax import Source


def github(*args: object, root: str = "", **kwargs: object) -> list[str]:
    made = args[0] if args and isinstance(args[0], Report) else report(*args, **kwargs)  # type: ignore[arg-type]
    return render("github", made, Options(root=root)).splitlines()


def test_the_small_report() -> None:
    assert github(PORT, TEAM, NUMBER) == [
        "::error file=home/web.yaml,line=5,endLine=5,col=11,endColumn=15,title=wrong-port::"
        "the proxy will never reach web%0Anobody listens here%0Ahome/proxy.yaml:1:18: the proxy asks for 80%0A"
        "home/web.yaml:2:3: asked for here%0Athe proxy speaks to one port only%0A"
        "fix (safe): set web.service.port to 80%0Avaluelint explain wrong-port",
        "::warning file=home/web.yaml,line=7,endLine=7,col=13,endColumn=17,title=no-owner::"
        "nobody owns web%0Athere is no such team%0Afix (unsafe): give it to red%0Avaluelint explain no-owner",
        "::notice file=home/web.yaml,line=3,endLine=3,col=3,endColumn=11,title=no-name::"
        "the service has no name%0Afix (display): choose one%0Avaluelint explain no-name",
    ]


def test_what_was_not_judged_is_one_notice_each() -> None:
    assert github(undecided=(UNDECIDED, UNDECIDED), skipped=(SKIPPED,), notices=("web 9 is new",)) == [
        "::notice title=2 undecided::wrong-host: the host is not known (decided by --host)%0A"
        "wrong-host: the host is not known (decided by --host)",
        "::notice title=1 file skipped::home/notes.yaml: holds no values of a known chart",
        "::notice title=valuelint::web 9 is new",
    ]
    (line,) = github(undecided=(Undecided("r", "m", "", "", "", ""),) * 50)
    assert line.endswith("%0Aand 30 more")


def test_nothing_found() -> None:
    assert render("github", report(), Options()) == ""


def test_a_span_of_several_lines_has_no_columns() -> None:
    (line,) = github(finding(Place(WEB, 0, 30, ("web",))))
    assert line.startswith("::error file=home/web.yaml,line=1,endLine=3,title=wrong-port::")


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a,b.yaml", "a%2Cb.yaml"),
        ("a::b.yaml", "a%3A%3Ab.yaml"),
        ("100%.yaml", "100%25.yaml"),
        ("a\n::error::b", "a%0A%3A%3Aerror%3A%3Ab"),
        ("./a.yaml", "a.yaml"),
    ],
)
def test_names_of_files(name: str, escaped: str) -> None:
    (line,) = github(finding(place(Source.from_text("a: 1", name), "a")))
    assert line.startswith(f"::error file={escaped},line=1,")


@pytest.mark.parametrize(
    ("message", "escaped"),
    [
        ("a\n::set-output name=x::y", "a%0A::set-output name=x::y"),
        ("a\r\nb", "a%0D%0Ab"),
        ("100%0A", "100%250A"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u2028::error::b\x85c", "a\\u2028::error::b\\x85c"),
    ],
)
def test_messages(message: str, escaped: str) -> None:
    (line,) = github(finding(place(WEB, "8080"), message))
    assert line.endswith(f"::{escaped}%0Avaluelint explain wrong-port")


COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\r\n]*)(?:,\w+=[^,:\r\n]*)*)::([^\r\n]*)")


@many
@given(reports())
def test_every_line_is_one_of_our_commands(made: Report) -> None:
    lines = render("github", made, Options()).split("\n")
    assert lines.pop() == ""
    assert all(COMMAND.fullmatch(line) for line in lines)
    extra = bool(made.undecided) + bool(made.skipped) + len(made.notices)
    assert len(lines) == len(made.findings) + extra
