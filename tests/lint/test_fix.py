"""What the fix loop writes, and what it refuses to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lint.table import RULES, cilium, cluster, kps, rules, shown, text
from valuelint.lint.checks import render
from valuelint.lint.diagnostic import Diagnostic
from valuelint.lint.fix import repair
from valuelint.lint.rule import Promise, Remedy, Rule, Violation, read_rule
from valuelint.predict.cluster import World
from valuelint.syntax import Mapping as MappingNode
from valuelint.syntax import Patch, Path, Remove, Set, Source, parse
from valuelint.values import Layer
from valuelint.workspace.release import Cluster, Release, Workspace

SELECTED = rules("monitor-not-selected")


def of_bytes(data: bytes) -> Workspace:
    """A cluster whose Cilium values are these bytes."""
    document = parse(Source.from_bytes(data, "cilium.yaml"))[0]
    root = document.root
    assert root is None or isinstance(root, MappingNode)
    mine = Release("cilium", "1.20.0", "cilium", "kube-system", (Layer(document.source, document, root),), {})
    other = Release("kube-prometheus-stack", "88.5.3", "kps", "monitoring", (), {})
    return Workspace((Cluster("example", (mine, other), True, {}),), None, (), (), (), ())


def fixed_bytes(data: bytes, level: str = "safe") -> bytes:
    given = of_bytes(data)
    done = repair(given, RULES, level)
    (layer,) = given.clusters[0].releases[0].layers
    texts = done.texts
    return layer.source.with_text(texts["cilium.yaml"]).data if texts else data


BEFORE = "operator:\n  prometheus:\n    serviceMonitor:\n      enabled: true\n      labels:\n        release: other\n"
AFTER = BEFORE.replace("other", "kps")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(BEFORE.encode(), AFTER.encode(), id="plain"),
        pytest.param(BEFORE.replace("\n", "\r\n").encode(), AFTER.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + BEFORE.encode(), b"\xef\xbb\xbf" + AFTER.encode(), id="BOM"),
        pytest.param(BEFORE.rstrip("\n").encode(), AFTER.rstrip("\n").encode(), id="no newline at the end"),
        pytest.param(
            b"\xef\xbb\xbf" + BEFORE.replace("\n", "\r\n").rstrip().encode(),
            b"\xef\xbb\xbf" + AFTER.replace("\n", "\r\n").rstrip().encode(),
            id="all three",
        ),
        pytest.param(
            BEFORE.replace("other", "other   # why").encode(),
            AFTER.replace("kps", "kps   # why").encode(),
            id="comment",
        ),
        pytest.param(BEFORE.replace("other", "'other'").encode(), AFTER.replace("kps", "'kps'").encode(), id="quotes"),
        pytest.param(
            b"# \xc3\xa4\xf0\x9f\x90\x9d\n" + BEFORE.encode(),
            b"# \xc3\xa4\xf0\x9f\x90\x9d\n" + AFTER.encode(),
            id="characters of several bytes",
        ),
        pytest.param(
            b"x: &other\n  release: other\n" + BEFORE.encode(),
            b"x: &other\n  release: other\n" + AFTER.encode(),
            id="an anchor elsewhere",
        ),
        pytest.param(
            BEFORE.replace("labels:\n        release: other", "labels: &l {release: other}").encode(),
            BEFORE.replace("labels:\n        release: other", "labels: &l {release: kps}").encode(),
            id="an anchor that nobody repeats",
        ),
        pytest.param(BEFORE.encode() + b"# the end\n\n\n", AFTER.encode() + b"# the end\n\n\n", id="what comes behind"),
    ],
)
def test_only_the_bytes_in_question_change(before: bytes, after: bytes) -> None:
    assert fixed_bytes(before) == after
    assert fixed_bytes(after) == after


def test_an_anchor_that_is_repeated_is_left_alone() -> None:
    shared = BEFORE.replace("labels:\n", "labels: &l\n") + "prometheus: {enabled: true, serviceMonitor: {labels: *l}}\n"
    done = repair(of_bytes(shared.encode()), RULES, "safe")
    assert done.texts == {}
    assert any("by hand" in item.fix.title for item in done.left.findings if item.fix is not None)


@pytest.mark.parametrize(
    ("texts", "changed", "after"),
    [
        (
            ("operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: other}}}}\n", "# nothing\n"),
            "cilium-1.yaml",
            "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: kps}}}}\n",
        ),
        (
            (
                "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: kps}}}}\n",
                "operator: {prometheus: {serviceMonitor: {labels: {release: other}}}}\n",
            ),
            "cilium-2.yaml",
            "operator: {prometheus: {serviceMonitor: {labels: {release: kps}}}}\n",
        ),
        (
            (
                "operator: {prometheus: {enabled: true}}\n",
                "operator:\n  prometheus:\n    serviceMonitor:\n      enabled: true\n",
            ),
            "cilium-2.yaml",
            "operator:\n  prometheus:\n    serviceMonitor:\n      enabled: true\n      labels:\n        release: kps\n",
        ),
    ],
)
def test_the_layer_that_says_it_is_changed(texts: tuple[str, ...], changed: str, after: str) -> None:
    done = repair(cluster(cilium(*texts), kps()), SELECTED, "safe")
    assert done.texts == {changed: after}
    assert done.left.findings == ()


def test_a_lower_layer_would_not_help() -> None:
    """The label is set below and overridden above: only the upper one counts, and the lower one stays as it is."""
    texts = [
        "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: one}}}}\n",
        "operator: {prometheus: {serviceMonitor: {labels: {release: two}}}}\n",
    ]
    done = repair(cluster(cilium(*texts), kps()), SELECTED, "safe")
    assert done.texts == {"cilium-2.yaml": texts[1].replace("two", "kps")}


@pytest.mark.parametrize(
    ("level", "after"),
    [
        ("safe", "prometheus: {serviceMonitor: {enabled: true, labels: {release: kps}}, enabled: true}\n"),
        (
            "unsafe",
            "prometheus: {serviceMonitor: {enabled: true, labels: {release: kps}, trustCRDsExist: true},"
            " enabled: true}\n",
        ),
    ],
)
def test_a_monitor_that_comes_into_being_is_also_found(level: str, after: str) -> None:
    """Only when its metrics are on does the monitor exist, and only then can its label be wrong: both are put right."""
    given = cluster(cilium("prometheus: {serviceMonitor: {enabled: true}}\n"), kps())
    done = repair(given, RULES, level)
    assert done.texts == {"cilium.yaml": after}
    assert done.fixed[0].rule == "monitor-not-rendered"
    assert "monitor-not-selected" not in [item.rule for item in done.left.findings]
    assert done.failed == ()


def test_fixes_of_one_place_wait_for_each_other() -> None:
    """Several metrics are to be added to one list: each is a fix of its own."""
    given = cluster(cilium("hubble:\n  metrics:\n    enabled: [drop]\n    dashboards: {enabled: true}\n"))
    done = repair(given, RULES, "unsafe")
    (after,) = done.texts.values()
    listed = after.split("[")[1].split("]")[0].split(", ")
    assert listed[0] == "drop"
    assert len(listed) == len(set(listed)) == 1 + len(done.fixed) > 4
    assert done.failed == ()


def test_only_some_rules() -> None:
    values = "operator: {prometheus: {serviceMonitor: {enabled: true}}}\n"
    done = repair(cluster(cilium(values), kps()), RULES, "unsafe", frozenset(["crds-not-trusted"]))
    assert done.texts == {"cilium.yaml": values + "prometheus:\n  serviceMonitor:\n    trustCRDsExist: true\n"}
    assert "monitor-not-selected" in [item.rule for item in done.left.findings]


def test_files_that_were_not_asked_for_stay() -> None:
    given = cluster(cilium(BEFORE), kps())
    assert repair(shown(given, ["other.yaml"]), RULES, "unsafe").texts == {}
    assert list(repair(shown(given, ["cilium.yaml"]), RULES, "safe").texts) == ["cilium.yaml"]


def test_a_display_fix_is_never_applied() -> None:
    values = "hubble: {relay: {enabled: false, prometheus: {enabled: true, serviceMonitor: {enabled: true}}}}\n"
    done = repair(cluster(cilium(values)), rules("monitor-not-rendered"), "unsafe")
    assert done.texts == {}
    assert [item.fix.applicability for item in done.left.findings if item.fix is not None] == ["display"]


# --- proofs ---------------------------------------------------------------------------------------

Check = Callable[[World, Rule], Iterator[Violation]]


def invented(monkeypatch: pytest.MonkeyPatch, name: str, check: Check) -> Rule:
    """A rule whose check is written here."""
    monkeypatch.setattr(render, name, check, raising=False)
    words = {"x": {"message": "{path}", "label": "here", "fix": "change it"}}
    data = {"severity": "warning", "check": f"render.{name}", "scope": "release", "messages": words}
    return read_rule(name, data)


def wants(path: Path, value: object, patches: tuple[Patch, ...], promises: tuple[Promise, ...] = ()) -> Check:
    """A check that wants a value at a path, and offers some patches to get there."""

    def check(world: World, rule: Rule) -> Iterator[Violation]:
        if world.installed[0].values.get(path) != value:
            remedy = Remedy(0, "safe", patches, promises)
            yield Violation(0, path, "x", {"path": ".".join(str(part) for part in path)}, rule.id, (), (), remedy)

    return check


def test_a_fix_that_does_not_help_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = invented(monkeypatch, "useless", wants(("debug", "enabled"), True, (Set(("debug", "verbose"), "flow"),)))
    done = repair(cluster(cilium("debug: {enabled: false}\n")), [rule], "safe")
    assert done.texts == {}
    assert [(item.diagnostic.rule, item.reason) for item in done.failed] == [
        ("useless", "useless would still be there")
    ]
    assert [item.rule for item in done.left.findings] == ["useless"]


def dislikes(path: Path, value: object, remedy: Remedy | None = None) -> Check:
    """A check that does not want a value at a path."""

    def check(world: World, rule: Rule) -> Iterator[Violation]:
        if world.installed[0].values.get(path) == value:
            yield Violation(0, path, "x", {"path": ".".join(str(part) for part in path)}, rule.id, (), (), remedy)

    return check


def test_a_fix_that_breaks_something_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ("debug", "enabled")
    rule = invented(monkeypatch, "careless", wants(path, True, (Set(path, True),)))
    watchful = invented(monkeypatch, "watchful", dislikes(path, True))
    done = repair(cluster(cilium("debug: {enabled: false}\n")), [rule, watchful], "safe")
    assert done.texts == {}
    assert [item.reason for item in done.failed] == ["it would cause watchful: debug.enabled"]


def test_what_a_fix_would_cause_is_fixed_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = ("debug", "enabled"), ("debug", "verbose")
    rule = invented(monkeypatch, "first", wants(path, True, (Set(path, True),)))
    cure = Remedy(0, "safe", (Set(other, "flow"),))

    def silent(world: World, rule: Rule) -> Iterator[Violation]:
        values = world.installed[0].values
        if values.get(path) is True and values.get(other) != "flow":
            yield Violation(0, path, "x", {"path": "debug.enabled"}, rule.id, (), (), cure)

    watchful = invented(monkeypatch, "watchful", silent)
    done = repair(cluster(cilium("debug: {enabled: false} # quiet\n")), [rule, watchful], "safe")
    assert done.texts == {"cilium.yaml": "debug: {enabled: true, verbose: flow} # quiet\n"}
    assert [item.rule for item in done.fixed] == ["first", "watchful"]
    assert done.failed == ()
    asked: list[list[str]] = []

    def ask(findings: tuple[Diagnostic, ...], before: object, texts: dict[str, str]) -> str:
        asked.append([finding.rule for finding in findings])
        assert texts == done.texts
        return "y"

    again = repair(cluster(cilium("debug: {enabled: false} # quiet\n")), [rule, watchful], "safe", ask=ask)
    assert (again.texts, asked) == (done.texts, [["first", "watchful"]])
    unsafe = invented(monkeypatch, "unsafe", silent)
    cure = cure._replace(applicability="unsafe")
    done = repair(cluster(cilium("debug: {enabled: false}\n")), [rule, unsafe], "safe")
    assert done.texts == {}
    assert [item.reason for item in done.failed] == ["it would cause unsafe: debug.enabled"]


@pytest.mark.parametrize(
    ("values", "path", "value", "reason"),
    [
        ("hubble: {relay: {enabled: true}}", ("hubble", "enabled"), False, "Helm would stop then: Hubble Relay needs"),
        ("prometheus: {port: 9963}", ("prometheus", "enabled"), True, "would both open port 9963"),
        (
            "hubble: {metrics: {serviceMonitor: true}}",
            ("hubble", "metrics", "enabled"),
            ["dns"],
            "Helm would stop then: the chart needs a map at hubble.metrics.serviceMonitor",
        ),
        (
            "operator: {prometheus: {serviceMonitor: {enabled: true}}}",
            ("operator", "prometheus", "enabled"),
            False,
            "ServiceMonitor cilium-operator would not exist any more",
        ),
    ],
)
def test_a_fix_that_does_harm_is_only_shown(
    monkeypatch: pytest.MonkeyPatch, values: str, path: Path, value: object, reason: str
) -> None:
    """Already by check, which says why."""
    rule = invented(monkeypatch, "careless", wants(path, value, (Set(path, value),)))
    done = repair(cluster(cilium(f"{values}\n")), [rule], "safe")
    assert (done.texts, done.failed) == ({}, ())
    (finding,) = done.left.findings
    assert finding.fix is not None
    assert (finding.fix.applicability, finding.fix.edits) == ("display", ())
    assert reason in finding.fix.title


def test_a_fix_that_cannot_keep_its_promise_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ("prometheus", "enabled")
    promise = Promise(0, "rendered", "cilium-agent")
    rule = invented(monkeypatch, "boastful", wants(path, True, (Set(path, True),), (promise,)))
    done = repair(cluster(cilium("prometheus: {enabled: false}\n")), [rule], "safe")
    assert done.texts == {}
    assert [item.fix for item in done.left.findings] == [None]


def test_a_fix_does_not_undo_what_another_brought_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """The label comes first; what would then take the monitor away is left to the user, who is told so."""
    values = """
        operator:
          prometheus:
            serviceMonitor:
              enabled: true
        """
    switch = ("operator", "prometheus", "serviceMonitor", "enabled")

    def late(world: World, rule: Rule) -> Iterator[Violation]:
        given = world.installed[0].values
        if given.get(switch) and given.get((*switch[:-1], "labels")):
            yield Violation(0, switch, "x", {"path": "x"}, rule.id, (), (), Remedy(0, "safe", (Set(switch, False),)))

    rule = invented(monkeypatch, "late", late)
    done = repair(cluster(cilium(values), kps()), [rule, *SELECTED], "safe")
    assert done.texts == {"cilium.yaml": text(values) + "      labels:\n        release: kps\n"}
    assert [item.reason for item in done.failed] == ["it would undo what another fix brought about"]


def test_a_fix_that_fails_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ("debug", "enabled")
    careless = invented(monkeypatch, "careless", wants(path, True, (Set(path, True),)))
    watchful = invented(monkeypatch, "watchful", dislikes(path, True))
    values = """
        debug: {enabled: false}
        operator:
          prometheus:
            serviceMonitor:
              enabled: true
        """
    done = repair(cluster(cilium(values), kps()), [careless, watchful, *SELECTED], "safe")
    assert done.texts == {"cilium.yaml": text(values) + "      labels:\n        release: kps\n"}
    assert [item.rule for item in done.fixed] == ["monitor-not-selected"]
    assert [item.diagnostic.rule for item in done.failed] == ["careless"]


def test_two_fixes_that_want_different_things_do_not_fight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each undoes the other: neither may go on for ever, and the text is readable in the end."""
    path = ("debug", "verbose")
    one = invented(monkeypatch, "one", wants(path, "flow", (Set(path, "flow"),)))
    other = invented(monkeypatch, "other", wants(path, "datapath", (Set(path, "datapath"),)))
    done = repair(cluster(cilium("debug:\n  verbose: policy # loud\n")), [one, other], "safe")
    assert done.texts in (
        {},
        *({"cilium.yaml": f"debug:\n  verbose: {word} # loud\n"} for word in ("flow", "datapath")),
    )
    assert len(done.left.findings) == 1


def test_a_removal_and_a_change_below_it_are_not_made_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(world: World, rule: Rule) -> Iterator[Violation]:
        if "debug" in world.installed[0].values.user:
            yield Violation(
                0, ("debug",), "x", {"path": "debug"}, rule.id, (), (), Remedy(0, "safe", (Remove(("debug",)),))
            )

    removal = invented(monkeypatch, "removal", gone)
    louder = invented(monkeypatch, "louder", wants(("debug", "enabled"), False, (Set(("debug", "enabled"), False),)))
    done = repair(cluster(cilium("debug: {enabled: true}\nagent: true\n")), [removal, louder], "safe")
    assert done.texts == {"cilium.yaml": "agent: true\n"}


def test_a_way_that_is_barred_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text stands where the fix needs a map."""
    path = ("debug", "enabled")
    rule = invented(monkeypatch, "barred", wants(path, True, (Set(path, True),)))
    done = repair(cluster(cilium("debug: on please\n")), [rule], "safe")
    assert done.texts == {}
    (finding,) = done.left.findings
    assert finding.fix is not None
    assert (finding.fix.applicability, finding.fix.edits) == ("display", ())
    assert "debug is not a map" in finding.fix.title


# --- from the rules' own examples -----------------------------------------------------------------


@pytest.mark.parametrize("level", ["safe", "unsafe"])
def test_fixing_twice_changes_nothing(level: str) -> None:
    """On everything that all rules have as bad examples, taken together with all rules and not only their own."""
    from valuelint.lint.examples import examples, renewed, workspace

    for rule in RULES:
        for example in examples(rule):
            done = repair(workspace(example), RULES, level)
            new = example._replace(releases=tuple(renewed(given, done.texts) for given in example.releases))
            assert repair(workspace(new), RULES, level).texts == {}, (rule.id, example.title)


# --- what follows ---------------------------------------------------------------------------------


def test_a_monitor_that_finds_no_service_is_only_shown() -> None:
    """Up to 1.14.6 Envoy's monitor asks for a port that its Service does not have."""
    values = "envoy: {enabled: true, prometheus: {enabled: true}}\n"
    for version, applicability in (("1.14.3", "display"), ("1.14.7", "unsafe")):
        done = repair(cluster(cilium(values, version=version), kps()), rules("metrics-not-scraped"), "unsafe")
        fixes = [item.fix for item in (*done.left.findings, *done.fixed) if "envoy" in item.message]
        assert [fix.applicability for fix in fixes if fix is not None] == [applicability]
        assert ("no Service of this version answers to" in str(fixes)) is (applicability == "display")


def test_what_had_no_value_to_point_to_is_not_new() -> None:
    """The values of the stack are empty before the fix; what is wrong with its defaults is not what the fix did."""
    values = "hubble: {metrics: {enabled: ['httpV2:exemplars=true'], enableOpenMetrics: true}}\n"
    given = cluster(cilium(values, version="1.18.2"), kps("{}\n", version="69.8.2"))
    assert repair(given, RULES, "safe").failed == ()
    assert "kube-prometheus-stack.yaml" in repair(given, rules("exemplars-dropped"), "safe").texts
