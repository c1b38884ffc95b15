"""What the parser's complaints mean, in words for people, each with a remedy."""

from __future__ import annotations

import re

from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valuelint.syntax.source import Source, SourceError

# The characters that YAML allows; a byte order mark inside the text is let through, as Helm does.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_TABS = ("tabs cannot indent YAML", "indent with spaces")
_COLON = (
    "a colon followed by a blank is not allowed inside a plain value",
    "quote the value, or check the indentation",
)
_DEDENT = ("this line does not fit the lines above it", "check its indentation")

# (part of the parser's message, words, remedy), the first that fits.
_MESSAGES = (
    ("mapping values are not allowed", *_COLON),
    (
        "block sequence entries are not allowed",
        "a list item cannot begin here",
        "put `- ` on a line of its own",
    ),
    ("found unknown escape character", "unknown escape in double quotes", "write \\\\ for a backslash"),
    ("invalid Unicode character escape", "an escape that is no character", "correct the escape"),
    ("unexpected end of stream", "a quote is never closed", "close the quote"),
    ("found unexpected document indicator", "a quote is never closed", "close the quote"),
    ("found unexpected ':'", "a colon before a bracket or comma", "put a blank behind the colon, or quote it"),
    (
        "could not find expected ':'",
        "a key without a colon",
        "write `key: value`, or indent the line if it is text",
    ),
    ("did not find expected ',' or", "a bracket is never closed, or a comma is missing", "close the bracket"),
    ("did not find expected '-' indicator", "a list item is expected here", _DEDENT[1]),
    ("did not find expected key", *_DEDENT),
    ("did not find expected node content", "a value is expected here", "write the value, or quote it"),
    ("did not find expected alphabetic or numeric", "an anchor or alias without a name", "quote the value"),
    ("did not find expected <document start>", "the document ended above this line", _DEDENT[1]),
    ("unknown directive", "Helm does not read YAML directives", "remove the % line"),
    ("undefined tag handle", "a tag that is not defined", "remove the tag, or quote the value"),
    ("tab character", *_TABS),
)


def explain(source: Source, error: Any) -> SourceError:
    """A parser's error as a SourceError at the same place."""
    text = source.text
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        found = _FORBIDDEN.search(text)
        at = found.start() if found else 0
        what = f"the character U+{ord(text[at]):04X}" if found else "a character"
        return source.error(at, f"{what} is not allowed in YAML", "remove it, or escape it in double quotes")
    if error.context == "while scanning a simple key":
        # The parser notices on a later line that the key it hoped for is none.
        mark = error.context_mark or mark
    at = min(mark.index, len(text))
    problem = str(error.problem or error.context)
    line_start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    line = source.line_text(source.position(at)[0])
    if "{{" in line or "{%" in line:
        remedy = "quote it, or give the file as it is after rendering"
        return source.error(at, "a template expression makes this line unreadable", remedy)
    if "cannot start any token" in problem:
        if text[at : at + 1] == "\t" or "\t" in text[line_start:at]:
            return source.error(at, *_TABS)
        return source.error(at, f"a value cannot begin with {text[at : at + 1]}", "quote the value")
    for part, words, remedy in _MESSAGES:
        if part in problem:
            return source.error(at, words, remedy)
    return source.error(at, f"not readable as YAML: {problem}", "correct the line")
