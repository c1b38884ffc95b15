"""The folder is the registration, and no format falls over or lets a character through that commands a terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

import valuelint.report
from tests.report.samples import SMALL, many, reports
from valuelint.lint.diagnostic import Report
from valuelint.report import FORMATS, Options, RuleText, render

RULES = {"wrong-port": RuleText("Ports agree.", "https://example.org/wrong-port", "# Ports agree\n", "error")}


def test_every_module_is_a_format() -> None:
    folder = Path(valuelint.report.__file__).parent
    assert list(FORMATS) == sorted(path.stem for path in folder.glob("[a-z]*.py"))
    assert {"text", "json", "github", "sarif", "junit", "gitlab", "rdjson"} <= set(FORMATS)


@pytest.mark.parametrize("name", ["", "yaml", "_common", "../text", "__init__"])
def test_an_unknown_format_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="unknown format"):
        render(name, SMALL, Options())


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_stable_and_ends_its_last_line(name: str) -> None:
    options = Options(rules=RULES, version="1.2.3")
    text = render(name, SMALL, options)
    assert text == render(name, SMALL, options)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@many
@given(
    st.sampled_from(FORMATS),
    reports(),
    st.integers(0, 200),
    st.booleans(),
    st.booleans(),
)
def test_only_harmless_characters_come_out(name: str, report: Report, width: int, verbose: bool, quiet: bool) -> None:
    text = render(name, report, Options(width=width, verbose=verbose, quiet=quiet))
    text.encode("utf-8")
    hidden = {char for char in text if not char.isprintable()} - {"\n", "\t", "\u200d", "\u200c"}
    # Private and unassigned characters and wide spaces are not printable for Python either, but do no harm.
    assert not {char for char in hidden if category(char) not in ("Co", "Cn", "Zs")}
    assert not hidden & {"\ufffe", "\uffff"}


@many
@given(st.sampled_from([name for name in FORMATS if name != "text"]), reports())
def test_no_line_is_a_command_of_a_runner(name: str, report: Report) -> None:
    """GitHub reacts to `::` at the start of a line, wherever the output comes from."""
    text = render(name, report, Options())
    commands = [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert commands == (text.splitlines() if name == "github" else [])


def test_formats_are_imported_when_they_are_asked_for() -> None:
    code = "import sys, valuelint.report; print([n for n in sys.modules if n.startswith('valuelint.report.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_text_format_does_without_json() -> None:
    code = "import sys, valuelint.report.text; print({'json', 'hashlib', 'unicodedata'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
