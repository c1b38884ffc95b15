"""JUnit: a suite for each file, a failure for what fails the run, and XML whatever the files hold."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.samples import SMALL, WEB, finding, many, place, report, reports
from valuelint.lint.diagnostic import Report
from valuelint.report import Options, render
from valuelint.syntax import Source


def junit(made: Report, fail_on: str = "warning") -> ElementTree.Element:
    return ElementTree.fromstring(render("junit", made, Options(fail_on=fail_on)))


def outcomes(made: Report, fail_on: str = "warning") -> list[tuple[str, str, str]]:
    """Suite, name and outcome of every case."""
    return [
        (suite.attrib["name"], case.attrib["name"], case[0].tag if len(case) else "passed")
        for suite in junit(made, fail_on)
        for case in suite
    ]


REST = [
    ("home/web.yaml", "wrong-host", "skipped"),
    ("home/notes.yaml", "not checked", "skipped"),
    ("valuelint", "1 file without findings", "passed"),
]


@pytest.mark.parametrize(
    ("fail_on", "kinds"),
    [
        ("info", ("failure", "failure", "failure")),
        ("warning", ("failure", "failure", "skipped")),
        ("error", ("failure", "skipped", "skipped")),
        ("never", ("skipped", "skipped", "skipped")),
    ],
)
def test_the_threshold_decides(fail_on: str, kinds: tuple[str, str, str]) -> None:
    names = ("wrong-port at 5:11", "no-owner at 7:13", "no-name at 3:3")
    cases = [("home/web.yaml", name, kind) for name, kind in zip(names, kinds, strict=True)]
    assert outcomes(SMALL, fail_on) == cases + REST
    root = junit(SMALL, fail_on)
    failures, skipped = kinds.count("failure"), kinds.count("skipped") + 2
    assert root.attrib == {
        "name": "valuelint",
        "tests": "6",
        "failures": str(failures),
        "errors": "0",
        "skipped": str(skipped),
    }


def test_a_failure_says_everything() -> None:
    failure = junit(SMALL)[0][0][0]
    assert failure.attrib == {"message": "error: the proxy will never reach web", "type": "wrong-port"}
    assert str(failure.text).splitlines() == [
        "home/web.yaml:5:11: the proxy will never reach web",
        "nobody listens here",
        "home/proxy.yaml:1:18: the proxy asks for 80",
        "home/web.yaml:2:3: asked for here",
        "the proxy speaks to one port only",
        "fix (safe): set web.service.port to 80",
        "valuelint explain wrong-port",
    ]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (report(), [("valuelint", "2 files without findings", "passed")]),
        (report(files=0), [("valuelint", "0 files without findings", "passed")]),
        (report(finding(place(WEB, "8080")), files=1), [("home/web.yaml", "wrong-port at 5:11", "failure")]),
    ],
)
def test_clean_files_are_counted(made: Report, expected: list[tuple[str, str, str]]) -> None:
    assert outcomes(made) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("]]></failure><failure>", "]]></failure><failure>"),
        ("&amp; \"'", "&amp; \"'"),
        ("\x00\x08\x1b[31m\ufffe\x7f", "\\x00\\x08\\x1b[31m\\ufffe\\x7f"),
        ("a\nb\tc\rd", "a\nb\tc\\rd"),
        ("\udcff", "\\udcff"),
    ],
)
def test_texts_survive(text: str, shown: str) -> None:
    failure = junit(report(finding(place(WEB, "8080"), text)))[0][0][0]
    assert failure.attrib["message"] == f"error: {shown}"
    assert str(failure.text).startswith(f"home/web.yaml:5:11: {shown}\n")


def test_names_of_files() -> None:
    source = Source.from_text("a: 1", './<a>&"b".yaml')
    assert outcomes(report(finding(place(source, "a")), files=1))[0][0] == '<a>&"b".yaml'


@many
@given(reports(), st.sampled_from(["info", "warning", "error", "never"]))
def test_every_output_is_xml_that_adds_up(made: Report, fail_on: str) -> None:
    root = junit(made, fail_on)
    cases = list(root.iter("testcase"))
    assert len(cases) >= max(len(made.findings) + len(made.undecided) + len(made.skipped), 1)
    for element in (root, *root):
        inside = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(inside)
        for kind, key in (("failure", "failures"), ("skipped", "skipped")):
            assert int(element.attrib[key]) == sum(case.find(kind) is not None for case in inside)
