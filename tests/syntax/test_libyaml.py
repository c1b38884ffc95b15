"""The ways to a parser of events: all of them give the same trees, and PyYAML stays usable by everyone
else.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from tests.strategies import texts
from valuelint.syntax import Source, SourceError, libyaml, parse
from valuelint.syntax.comments import nodes
from valuelint.syntax.nodes import Alias, Node, Scalar

PROBE = """
import sys
from valuelint.syntax import Source, libyaml, load_data, parse
assert load_data("a: &x [1, 'b']\\nc: *x\\n") == {"a": [1, "b"], "c": [1, "b"]}
"""
LIGHT = (
    PROBE
    + """
assert libyaml._make.__name__ == "CParser"
loaded = {name for name in sys.modules if name.split(".")[0] == "yaml"}
assert loaded == {"yaml", "yaml.error", "yaml.events", "yaml._yaml"}, loaded
"""
)
# Whoever imports PyYAML afterwards gets all of it, errors of the C parser included.
AWAKE = (
    LIGHT
    + """
import yaml
assert yaml.safe_load("a: [1, 2001-01-01]")["a"][0] == 1
assert yaml.load("a: 1", Loader=yaml.CSafeLoader) == {"a": 1}
assert yaml.safe_dump({"a": 1}) == "a: 1\\n"
assert [type(event).__module__ for event in yaml.parse("a", Loader=yaml.CSafeLoader)][0] == "yaml.events"
assert [type(token).__module__ for token in yaml.scan("a", Loader=yaml.CSafeLoader)][0] == "yaml.tokens"
kinds = [yaml.parser.ParserError, yaml.scanner.ScannerError, yaml.reader.ReaderError]
for text, kind in zip(["a: [", "a: @", "\\x01"], kinds):
    try:
        yaml.load(text, Loader=yaml.CSafeLoader)
    except kind as error:
        assert isinstance(error, yaml.YAMLError)
    else:
        raise AssertionError(text)
assert load_data("a: 1") == {"a": 1}
"""
)
WHOLE = "import yaml\n" + PROBE + 'assert libyaml._make.__name__ == "CParser"\n'
# Another PyYAML, whose extension module wants something unheard of: its own import is the clean way.
STRANGE = (
    """
import sys
from valuelint.syntax import libyaml
libyaml._UNUSED.pop("tokens")
"""
    + PROBE.replace("import sys\n", "")
    + """
import yaml
assert libyaml._make is not None
assert yaml.safe_load("a: 1") == {"a": 1}
"""
)
# A PyYAML that came without libyaml.
PURE = (
    """
import sys
sys.modules["yaml._yaml"] = None
"""
    + PROBE
    + """
assert libyaml._make is libyaml.PurePython, libyaml._make
from valuelint.syntax import SourceError
try:
    load_data("a: [")
except SourceError as error:
    assert error.line == 1
else:
    raise AssertionError
"""
)


@pytest.mark.parametrize(
    "program", [LIGHT, AWAKE, WHOLE, STRANGE, PURE], ids=["light", "awake", "whole", "strange", "pure"]
)
def test_each_way_in_a_process_of_its_own(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def tree(source: Source, way: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Everything there is to know about the trees of a source, by one way of parsing."""
    monkeypatch.setattr(libyaml, "_make", way)

    def facts(node: Node) -> tuple[Any, ...]:
        own = (node.raw, node.style) if isinstance(node, Scalar) else ()
        name = node.name if isinstance(node, Alias) else ""
        return (type(node).__name__, node.start, node.end, node.anchor, node.tag, name, *own)

    documents = parse(source)
    return [
        (each.index, each.start, each.end, each.comments, [facts(node) for node in nodes(each.root)])
        for each in documents
    ]


@given(text=texts())
def test_all_ways_give_the_same_trees(text: str) -> None:
    source = Source.from_text(text)
    with pytest.MonkeyPatch.context() as monkeypatch:
        fast = tree(source, libyaml._whole(), monkeypatch)
        assert tree(source, libyaml.PurePython, monkeypatch) == fast


BROKEN = (
    *("a: [", "a: b: c", "a: @x", "\ta: 1", "a: 'x", "a: *x", "a: \x01", "%YAML 1.1\n---\na: 1"),
    *("a: {{ x }}", "? [a]\n"),
)


@pytest.mark.parametrize("text", BROKEN)
def test_all_ways_refuse_the_same_line(text: str) -> None:
    source = Source.from_text(text)
    lines = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        for way in (libyaml._whole(), libyaml.PurePython):
            monkeypatch.setattr(libyaml, "_make", way)
            with pytest.raises(SourceError) as caught:
                parse(source)
            lines.append(caught.value.line)
    assert lines[0] == lines[1]
