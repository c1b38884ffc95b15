"""Each part of the proof by itself: with a step that goes wrong, the fix is named and the text stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.lint.table import cilium, cluster, kps, rules, text
from valuelint.lint import fix, patching
from valuelint.lint.fix import Repair, repair
from valuelint.syntax import Mapping, Source, parse, to_data
from valuelint.syntax.edits import Edit, apply_edits
from valuelint.values import Layer
from valuelint.workspace.release import Cluster, Release, Workspace

RULES = rules("monitor-not-selected")

BEFORE = text(
    """
    # the agent
    prometheus:
      enabled: true

      serviceMonitor:
        enabled: true # on
        labels: &l
          release: other # why
    operator: {replicas: 1}
    """
)


def mended() -> Repair:
    return repair(cluster(cilium(BEFORE), kps()), RULES, "safe")


def spoiled(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> Repair:
    """Fixes with edits that also do something else."""
    real = apply_edits

    def more(given: str, edits: Sequence[Edit]) -> str:
        return real(given, edits).replace(old, new)

    monkeypatch.setattr(fix, "apply_edits", more)
    return mended()


def test_all_is_well() -> None:
    done = mended()
    assert done.texts == {"cilium.yaml": BEFORE.replace("other", "kps")}
    assert done.failed == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# the agent", "# The agent"),
        ("true\n\n  service", "true\n  service"),
        ("{replicas: 1}", "{replicas: 1 }"),
        ("&l", "&m"),
        (": kps", ":  kps"),
        ("enabled: true # on", "enabled: false # on"),
    ],
)
def test_what_stands_outside_the_edits_stays(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    done = spoiled(monkeypatch, old, new)
    assert done.texts == {}
    assert [item.reason for item in done.failed] == ["the text outside the edited spans would not stay as it is"]


def test_a_text_that_is_no_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    done = spoiled(monkeypatch, "{replicas: 1}", "{replicas: 1")
    assert done.texts == {}
    (failed,) = done.failed
    assert failed.reason.startswith("the new text could not be read back (cilium.yaml:10:1:")


EDITS = {
    "another value": ("kps\n    interval: 10s", "the new text would not mean exactly what the fix declares"),
    "a wrong value": ("kps2", "the new text would not mean exactly what the fix declares"),
    "a comment in a value": ("'kps # why'", "a comment would be lost"),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_data_are_those_that_were_declared(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    new, reason = EDITS[name]
    start = BEFORE.index("other")
    end = start + (len("other # why") if "#" in new else len("other"))

    def wrong(*_: Any) -> list[Edit]:
        return [Edit(start, end, new)]

    monkeypatch.setattr(fix, "draft", wrong)
    monkeypatch.setattr(fix, "edit", wrong)
    done = mended()
    assert done.texts == {}
    assert [item.reason for item in done.failed] in ([reason], [EDITS["a wrong value"][1]])
    assert name != "a comment in a value" or fix_of_comment_is_refused(start, end)


def fix_of_comment_is_refused(start: int, end: int) -> bool:
    """The same value, and the comment behind it gone: the data agree, and still it is refused."""
    old = parse(Source.from_text(BEFORE, "cilium.yaml"))[0]
    new = parse(Source.from_text(BEFORE[:start] + "other" + BEFORE[end:], "cilium.yaml"))[0]
    assert isinstance(old.root, Mapping)
    layer = Layer(old.source, old, old.root)
    found = fix._changed_otherwise({layer.desk_key: (layer, [])}, {"cilium.yaml": [new]})
    return found == "a comment would be lost"


def test_a_second_way_where_the_first_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edits of one look at the text are only tried; those that are proven step by step come after them."""
    monkeypatch.setattr(fix, "draft", lambda *_: [Edit(0, 0, "x: 1\n")])
    assert mended().texts == {"cilium.yaml": BEFORE.replace("other", "kps")}


def test_another_document_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    values = BEFORE + "---\nother: [a, b]\n"
    documents = parse(Source.from_text(values, "cilium.yaml"))
    root = documents[0].root
    assert isinstance(root, Mapping)
    mine = Release("cilium", "1.20.0", "cilium", "kube-system", (Layer(documents[0].source, documents[0], root),), {})
    other = Release("kube-prometheus-stack", "88.5.3", "kps", "monitoring", (), {})
    given = Workspace((Cluster("home", (mine, other), True, {}),), None, (), (), (), ())
    assert repair(given, RULES, "safe").texts == {"cilium.yaml": values.replace("release: other", "release: kps")}
    start, there = values.index("other"), values.index("[a")

    def wrong(*_: Any) -> list[Edit]:
        return [Edit(start, start + 5, "kps"), Edit(there, there, "!!seq ")]

    def wronger(*_: Any) -> list[Edit]:
        return [Edit(start, start + 5, "kps"), Edit(there + 1, there + 2, "c")]

    for edits, wanted in ((wronger, "another document of the file would change"), (wrong, "")):
        monkeypatch.setattr(fix, "draft", edits)
        monkeypatch.setattr(fix, "edit", edits)
        done = repair(given, RULES, "safe")
        assert [item.reason for item in done.failed] == ([wanted] if wanted else [])


def test_a_promise_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix, "keeps", lambda *_: False)
    done = mended()
    assert done.texts == {}
    assert [item.reason for item in done.failed] == ["it would not bring about what it promises"]


def test_a_promise_that_will_not_hold_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patching, "_kept", lambda *_: False)
    done = mended()
    assert (done.texts, done.failed) == ({}, ())
    assert [item.fix for item in done.left.findings] == [None]


def test_promises_are_reported() -> None:
    assert [(cluster_name, promise.effect, promise.subject) for cluster_name, promise in mended().kept] == [
        ("example", "selected", "cilium-agent")
    ]


# --- culprits -------------------------------------------------------------------------------------

MANY = "".join(
    f"{block}:\n{inner}serviceMonitor: {{enabled: true, labels: {{release: other}}}}\n"
    for block, inner in (
        ("prometheus", "  enabled: true\n  "),
        ("operator", "  prometheus:\n    "),
        ("envoy", "  prometheus:\n    "),
    )
)


@pytest.mark.parametrize("culprits", [("operator",), ("prometheus", "envoy"), ("prometheus", "operator", "envoy")])
def test_the_culprit_is_named_and_the_rest_applied(monkeypatch: pytest.MonkeyPatch, culprits: tuple[str, ...]) -> None:
    real = fix._unproven

    def harsh(before: Any, after: Any, applied: Any, promised: Any) -> Any:
        if any(finding.violation.path[0] in culprits for finding in applied):
            return fix._Refusal("it may not be")
        return real(before, after, applied, promised)

    monkeypatch.setattr(fix, "_unproven", harsh)
    done = repair(cluster(cilium(MANY), kps()), RULES, "safe")
    refused = [str(item.diagnostic.place.path[0]) for item in done.failed]
    assert sorted(refused) == sorted(culprits)
    assert len(done.fixed) == 3 - len(culprits)
    after = done.texts.get("cilium.yaml", MANY)
    for block in ("prometheus", "operator", "envoy"):
        part = after[after.index(f"{block}:\n") :].partition("}}")[0]
        assert ("release: other" in part) is (block in culprits)


def test_of_two_that_exclude_each_other_the_graver_is_fixed() -> None:
    workspace = cluster(cilium("{}"), kps('grafana:\n  enabled: "false"\n', version="66.2.1"))
    both = repair(workspace, rules("monitor-not-selected", "wrong-type"), "unsafe")
    # The label of a monitor that is gone once its switch is a switch.
    assert list(both.texts.values()) == ["grafana:\n  enabled: false\n"]
    assert both.failed == ()


def test_a_new_name_and_a_new_value_are_not_written_at_one_place_together() -> None:
    values = cilium("hubble:\n  relay: {enabld: true}\n  ui: {enabled: true}\n", version="1.16.5")
    done = repair(cluster(values), rules("guard", "unknown-option"), "unsafe")
    (after,) = done.texts.values()
    assert to_data(parse(Source.from_text(after))[0].root)["hubble"]["relay"]["enabled"] is True
    assert after.count("enabled") == 2
