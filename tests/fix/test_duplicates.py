"""Keys that stand twice: what is lost is merged into the block that counts, unless that would be a guess."""

from __future__ import annotations

import pytest

from tests.lint.table import cilium, cluster, rules
from valuelint.lint.fix import repair
from valuelint.syntax import CannotPatch, Path, Source, Unique, apply_edits, apply_patch, edit, parse, to_data

RULES = rules("duplicate-key")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "a: &x 1\nhubble:\n  enabled: true # on\ndebug: {enabled: *x }\nhubble:\n  relay: {enabled: true}\n",
            "a: &x 1\n# on\ndebug: {enabled: *x }\nhubble:\n  relay: {enabled: true}\n  enabled: true\n",
            id="blocks",
        ),
        pytest.param(
            "{hubble: {enabled: true}, hubble: {relay: {enabled: true}}}\n",
            "{hubble: {relay: {enabled: true}, enabled: true}}\n",
            id="flow",
        ),
        pytest.param("bpf: {root: x}\nbpf: {root: x} # yes\n", "bpf: {root: x} # yes\n", id="the same twice"),
        pytest.param("bpf: {root: x}\nbpf: {root: x}\nbpf: {root: x}\n", "bpf: {root: x}\n", id="the same three times"),
        pytest.param(
            "bpf: {root: x}\r\nhubble: {}\r\nbpf: {root: x}\r\n",
            "hubble: {}\r\nbpf: {root: x}\r\n",
            id="line ends of two characters",
        ),
    ],
)
def test_merged(before: str, after: str) -> None:
    done = repair(cluster(cilium(before)), RULES, "safe")
    assert done.failed == ()
    assert done.texts == {"cilium.yaml": after}
    assert [item for item in done.left.findings if item.rule == "duplicate-key"] == []


@pytest.mark.parametrize(
    "values",
    [
        pytest.param("hubble: {enabled: true}\nhubble: {enabled: false}\n", id="they contradict each other"),
        pytest.param("hubble: {enabled: true}\nhubble: {ui: {}}\nhubble: {relay: {}}\n", id="three of them"),
        pytest.param("hubble: {metrics: {enabled: []}}\nhubble: {metrics: {enabled: [drop]}}\n", id="lists"),
        pytest.param("hubble: &h {enabled: true}\nhubble: {relay: {}}\nx: *h\n", id="an anchor that is repeated"),
    ],
)
def test_left_to_the_user(values: str) -> None:
    done = repair(cluster(cilium(values)), RULES, "unsafe")
    assert done.texts == {}
    assert done.failed == ()
    assert done.left.findings


def test_a_later_file_that_says_it_too() -> None:
    files = ("hubble: {enabled: true}\nhubble: {relay: {enabled: true}}\n", "hubble: {ui: {enabled: false}}\n")
    assert repair(cluster(cilium(*files)), RULES, "unsafe").texts == {}


@pytest.mark.parametrize(
    ("given", "path", "after"),
    [
        ("a: 1\na: 2\n", ("a",), "a: 2\n"),
        ("a: 1\n", ("a",), "a: 1\n"),
        ("a: {b: 1, c: 2, b: 3}\n", ("a", "b"), "a: {c: 2, b: 3}\n"),
        ("a:\n  b: 1 # why\n  b: 2\n", ("a", "b"), "a:\n  # why\n  b: 2\n"),
        ("a:\n- b: 1\n  b: 2\n", ("a", 0, "b"), "a:\n- b: 2\n"),
    ],
)
def test_the_patch_changes_no_data(given: str, path: Path, after: str) -> None:
    document = parse(Source.from_text(given, "x.yaml"))[0]
    data = to_data(document.root)
    assert apply_patch(data, Unique(path)) == data
    assert apply_edits(given, edit(document, [Unique(path)])) == after
    assert to_data(parse(Source.from_text(after, "x.yaml"))[0].root) == data


def test_a_key_that_is_not_there() -> None:
    with pytest.raises(CannotPatch, match="there is no key b"):
        apply_patch({"a": 1}, Unique(("b",)))
