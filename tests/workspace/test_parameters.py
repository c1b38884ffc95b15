"""Values that are given one by one: what they make, and what a patch makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workspace.test_forms import STACK, cases, read, releases
from tests.workspace.wrappers import CHARTS, WRAPPERS, Case, Files, Wrapper
from valuelint.lint import engine, fix
from valuelint.lint.rule import load_rules
from valuelint.syntax import Patch, Source, parse, to_data
from valuelint.syntax.edits import apply_edits, edit
from valuelint.syntax.patches import Append, CannotPatch, Remove, Rename, Set
from valuelint.values import Layer, merge
from valuelint.workspace.discover import discover
from valuelint.workspace.parameters import name_of
from valuelint.workspace.release import Workspace

RULES = load_rules()


def flat(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str, Any]]:
    """The values of a tree by name, as `--set` wants them."""
    if isinstance(data, dict):
        return [pair for key, value in data.items() for pair in flat(value, (*path, key))]
    return [(name_of(path), data)]


def written(value: Any) -> str:
    if isinstance(value, list):
        return "{" + ",".join(str(item) for item in value) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def values_of(case: Case) -> list[tuple[str, Any]]:
    root = parse(Source.from_text(case.text, "values.yaml"))[0].root
    return flat({} if root is None else to_data(root))


def application(case: Case) -> Files:
    parameters = [
        {"name": name, "value": written(value)} | ({"forceString": True} if value in ("true", "false") else {})
        for name, value in values_of(case)
    ]
    lines = "".join(f"        - {json.dumps(item)}\n" for item in parameters)
    return {
        f"{case.chart}.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {case.name}}}
spec:
  destination: {{namespace: {case.namespace}}}
  source:
    repoURL: {CHARTS[case.chart][1]}
    chart: {case.chart}
    targetRevision: {case.version}
    helm:
      valuesObject: {{}}
      parameters:
{lines or "        []"}"""
    }


def helm_chart(case: Case) -> Files:
    lines = "".join(f"    {name}: {value} # kept\n" for name, value in _of_helm_chart(case))
    return {
        f"{case.chart}.yaml": f"""\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {{name: {case.name}, namespace: {case.namespace}}}
spec:
  chart: {case.chart}
  version: {case.version}
  valuesContent: "{{}}"
  set:
{lines}"""
    }


def _of_helm_chart(case: Case) -> Iterator[tuple[str, str]]:
    """Items of lists one by one: a comma never parts them here. Only numbers and switches are no texts."""
    for name, value in values_of(case):
        items = [(f"{name}[{index}]", item) for index, item in enumerate(value)] if isinstance(value, list) else []
        for each, item in items or [(name, value)]:
            number = isinstance(item, int) and not isinstance(item, bool)
            yield each, str(item) if number else json.dumps(written(item))


def helmfile(case: Case) -> Files:
    items = "".join(
        f"      - name: {name}\n        {'values' if isinstance(value, list) else 'value'}: {json.dumps(value)}\n"
        for name, value in values_of(case)
    )
    return {
        f"{case.chart}.helmfile.yaml": f"""\
releases:
  - name: {case.name}
    namespace: {case.namespace}
    chart: r/{case.chart}
    version: {case.version}
    values:
      - {{}}
    set:
{items}"""
    }


FORMS = {form.__name__: form for form in (application, helm_chart, helmfile)}
by_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def layer_of(form: Wrapper, values: str, folder: Path) -> Layer:
    """The layer that some values of Cilium make where they are given one by one."""
    found = releases(read(str(folder), form, cases(values)[:1]))
    return next(layer for layer in found["cilium"].layers if layer.place.recipe is not None)


def patched(layer: Layer, *patches: Patch) -> dict[str, Any]:
    """The data of a layer after patches were written into its document, which is read again."""
    text = apply_edits(layer.source.text, edit(layer.desk, layer.at_desk(patches)))
    return layer.renewed(parse(layer.source.with_text(text))[layer.document.index]).data()


VALUES = "a: {b: x, c: true}\nd: 7\ne: [dns, tcp]\n"

PATCHES: dict[str, tuple[tuple[Patch, ...], dict[str, Any]]] = {
    "a text": ((Set(("a", "b"), "y, z"),), {"a": {"b": "y, z", "c": True}, "d": 7, "e": ["dns", "tcp"]}),
    "braces": ((Set(("a", "b"), "a}b"),), {"a": {"b": "a}b", "c": True}, "d": 7, "e": ["dns", "tcp"]}),
    "a switch": ((Set(("a", "c"), False),), {"a": {"b": "x", "c": False}, "d": 7, "e": ["dns", "tcp"]}),
    "a number": ((Set(("d",), 12),), {"a": {"b": "x", "c": True}, "d": 12, "e": ["dns", "tcp"]}),
    "another type": ((Set(("a", "b"), True),), {"a": {"b": True, "c": True}, "d": 7, "e": ["dns", "tcp"]}),
    "null": ((Set(("a", "b"), None),), {"a": {"b": None, "c": True}, "d": 7, "e": ["dns", "tcp"]}),
    "a leaf removed": ((Remove(("a", "b")),), {"a": {"c": True}, "d": 7, "e": ["dns", "tcp"]}),
    "a map removed": ((Remove(("a",)),), {"d": 7, "e": ["dns", "tcp"]}),
    "two removed": ((Remove(("a", "b")), Remove(("d",))), {"a": {"c": True}, "e": ["dns", "tcp"]}),
    "a leaf renamed": ((Rename(("a", "b"), "x.y/z"),), {"a": {"x.y/z": "x", "c": True}, "d": 7, "e": ["dns", "tcp"]}),
    "a map renamed": ((Rename(("a",), "q"),), {"q": {"b": "x", "c": True}, "d": 7, "e": ["dns", "tcp"]}),
    "set and removed": (
        (Remove(("a", "b")), Set(("a", "c"), False), Set(("d",), 1)),
        {"a": {"c": False}, "d": 1, "e": ["dns", "tcp"]},
    ),
}


@by_form
@pytest.mark.parametrize(("patches", "expected"), PATCHES.values(), ids=PATCHES)
def test_a_patch_changes_the_parameter_that_holds_the_value(
    form: Wrapper, patches: tuple[Patch, ...], expected: dict[str, Any], tmp_path: Path
) -> None:
    layer = layer_of(form, VALUES, tmp_path)
    assert layer.data() == {"a": {"b": "x", "c": True}, "d": 7, "e": ["dns", "tcp"]}
    assert patched(layer, *patches) == expected


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("false", True, "true"),
        ("'false'", True, "'true'"),
        ("7", 8, "8"),
        ('"7"', 8, '"8"'),
        ("false", "x", "x"),
        ("text", True, '"true"'),
        ("true", None, '"null"'),
    ],
)
def test_helmfile_takes_a_switch_with_quotes_and_without(
    written: str, value: object, expected: str, tmp_path: Path
) -> None:
    text = "releases: [{name: c, chart: r/cilium, version: 1.18.2, set: [{name: a.b, value: VALUE}]}]\n"
    (tmp_path / "helmfile.yaml").write_text(text.replace("VALUE", written))
    layer = releases(discover([str(tmp_path)], None, {}))["cilium"].layers[-1]
    changed = apply_edits(layer.source.text, edit(layer.desk, layer.at_desk((Set(("a", "b"), value),))))
    assert changed == text.replace("VALUE", expected)


def test_a_list_stands_in_one_text(tmp_path: Path) -> None:
    layer = layer_of(application, VALUES, tmp_path)
    assert patched(layer, Append(("e",), "flow:x;y,z"))["e"] == ["dns", "tcp", "flow:x;y,z"]
    assert patched(layer, Set(("e", 0), "a}"))["e"] == ["a}", "tcp"]
    assert patched(layer, Remove(("e", 1)))["e"] == ["dns"]


def test_words_are_made_texts_where_that_can_be_said(tmp_path: Path) -> None:
    layer = layer_of(application, "a: {b: x}\nc: 'true'\n", tmp_path)
    assert patched(layer, Set(("a", "b"), "true")) == {"a": {"b": "true"}, "c": "true"}
    assert patched(layer, Set(("c",), True)) == {"a": {"b": "x"}, "c": True}


REFUSED: list[tuple[Wrapper, Patch, str]] = [
    (application, Set(("a",), {"b": 1}), "no single parameter holds that value"),
    (application, Set(("new",), 1), "no single parameter holds that value"),
    (application, Set(("a", "b"), {"x": 1}), "no single text holds that value"),
    (helmfile, Set(("a", "b"), "true"), "set makes no text of true"),
    (helmfile, Append(("e",), "x"), "cannot hold that value"),
    (helm_chart, Set(("a", "b"), "true"), "spec.set makes no text of true"),
    (helm_chart, Set(("d",), ["x", "y"]), "cannot hold that value"),
]


@pytest.mark.parametrize(("form", "patch", "reason"), REFUSED)
def test_what_no_parameter_can_hold_is_refused(form: Wrapper, patch: Patch, reason: str, tmp_path: Path) -> None:
    layer = layer_of(form, VALUES, tmp_path)
    with pytest.raises(CannotPatch, match=reason):
        patched(layer, patch)


def test_a_parameter_that_sets_two_values_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "helmfile.yaml").write_text(
        "releases: [{name: c, chart: r/cilium, version: 1.18.2, set: [{name: 'a=1,b', value: 2}]}]\n"
    )
    layer = releases(discover([str(tmp_path)], None, {}))["cilium"].layers[-1]
    assert layer.data() == {"a": 1, "b": 2}
    with pytest.raises(CannotPatch, match="sets several values"):
        patched(layer, Set(("b",), 3))


TARGET = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium, namespace: kube-system}
spec:
  chart: {spec: {chart: cilium, version: 1.18.2}}
  valuesFrom:
    - {kind: ConfigMap, name: one, valuesKey: which, targetPath: a.b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data:
  which: GIVEN # kept
"""


@pytest.mark.parametrize(
    ("given_text", "value", "patch", "written_text"),
    [
        ("other", "other", Set(("a", "b"), "kps"), "kps"),
        ('"true"', True, Set(("a", "b"), False), '"false"'),
        ("'\"true\"'", "true", Set(("a", "b"), "false"), "'\"false\"'"),
        ("'{x,y}'", ["x", "y"], Append(("a", "b"), "z"), "'{x,y,z}'"),
    ],
)
def test_a_config_map_may_hold_one_value(
    given_text: str, value: object, patch: Patch, written_text: str, tmp_path: Path
) -> None:
    (tmp_path / "release.yaml").write_text(TARGET.replace("GIVEN", given_text))
    release = releases(discover([str(tmp_path)], None, {}))["cilium"]
    assert not release.unresolved
    layer = release.layers[0]
    assert layer.data() == {"a": {"b": value}}
    text = apply_edits(layer.source.text, edit(layer.desk, layer.at_desk((patch,))))
    assert text == TARGET.replace("GIVEN", written_text)
    with pytest.raises(CannotPatch, match="targetPath of the HelmRelease"):
        layer.at_desk((Rename(("a", "b"), "c"),))


@pytest.mark.parametrize("text", ["ENC[AES256_GCM,data:x]", "1, c=2"])
def test_a_value_that_nobody_can_read_or_that_is_several_is_no_value(text: str, tmp_path: Path) -> None:
    (tmp_path / "release.yaml").write_text(TARGET.replace("GIVEN", json.dumps(text)))
    layer = releases(discover([str(tmp_path)], None, {}))["cilium"].layers[0]
    with pytest.raises(CannotPatch):
        layer.at_desk((Set(("a", "b"), "x"),))


# --- the whole way ----------------------------------------------------------------------------------


def user_values(workspace: Workspace) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for chart, release in releases(workspace).items():
        for layer in release.layers:
            found[chart] = merge(found.get(chart, {}), layer.data())
    return found


SWITCH = st.sampled_from([True, False])
METRIC = st.sampled_from(["dns", "drop", "tcp", "bogus", "flow:labelsContext=source_ip"])
MONITOR = st.fixed_dictionaries(
    {},
    optional={
        "enabled": SWITCH,
        "labels": st.fixed_dictionaries({"release": st.sampled_from(["kps", "other"])}),
        "interval": st.sampled_from(["10s", "30s", "5x"]),
        "namespace": st.just("monitoring"),
    },
)
METRICS = st.fixed_dictionaries({}, optional={"enabled": SWITCH, "serviceMonitor": MONITOR})
DRAWN = st.fixed_dictionaries(
    {},
    optional={
        "prometheus": METRICS,
        "operator": st.fixed_dictionaries({"prometheus": METRICS}),
        "envoy": st.fixed_dictionaries({"enabled": SWITCH, "prometheus": METRICS}),
        "hubble": st.fixed_dictionaries(
            {"enabled": SWITCH},
            optional={
                "metrics": st.fixed_dictionaries(
                    {"serviceMonitor": MONITOR},
                    optional={"enabled": st.lists(METRIC, min_size=1, max_size=3, unique=True)},
                ),
                "relay": st.fixed_dictionaries({"enabled": SWITCH, "prometheus": METRICS}),
            },
        ),
        "unkwon": st.just(True),
    },
)


def said(workspace: Workspace) -> list[tuple[str, str, str]]:
    findings = engine.run(workspace, RULES).findings
    return sorted((item.rule, item.severity, item.message) for item in findings)


@by_form
@settings(max_examples=max(settings.default.max_examples // 8, 15) if settings.default else 15, deadline=None)
@given(drawn=DRAWN)
def test_parameters_say_what_values_say(form: Wrapper, drawn: dict[str, Any], tmp_path_factory: Any) -> None:
    """The same findings, and the same values after a fix, which writes only what it can into the parameters."""
    text = json.dumps(drawn)
    plain, given_singly = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("singly")
    whole = read(str(plain), WRAPPERS["values"], cases(f"{text}\n", STACK))
    expected, mended = said(whole), fix.repair(whole, RULES, "unsafe")
    apply(plain, mended.texts)
    wanted = user_values(discover([str(plain)], None, {}))
    singly = read(str(singly_with_stack(given_singly)), form, cases(f"{text}\n", STACK)[:1])
    assert said(singly) == expected
    repaired = fix.repair(singly, RULES, "unsafe")
    apply(given_singly, repaired.texts)
    again = discover([str(given_singly)], None, {})
    assert not again.problems
    if not repaired.failed and not mended.failed and all(item.fix is None for item in repaired.left.findings):
        assert pruned(user_values(again)["cilium"]) == pruned(wanted["cilium"])


def singly_with_stack(folder: Path) -> Path:
    """A folder with the other chart of the cluster, as a plain HelmRelease."""
    for name, content in WRAPPERS["helm_release"](cases("", STACK)[1]).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def apply(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text)


def pruned(data: Any) -> Any:
    """Without maps that hold nothing: parameters cannot say them."""
    if not isinstance(data, dict):
        return data
    kept = {key: pruned(value) for key, value in data.items()}
    return {key: value for key, value in kept.items() if value != {}}


def test_one_fix_changes_a_parameter_and_the_values_beside_it(tmp_path: Path) -> None:
    """What is said in the wrong place moves to the right one, which is in another layer of the same document."""
    namespace = "hubble.metrics.serviceMonitor.namespace"
    values = {"hubble": {"metrics": {"enabled": ["dns"], "serviceMonitor": {"enabled": True, "namespace": "net"}}}}
    workspace = read(str(tmp_path), application, cases(f"{json.dumps(values)}\n")[:1])
    before = (tmp_path / "cilium.yaml").read_text()
    done = fix.repair(workspace, [rule for rule in RULES if rule.id == "namespace-not-read"], "unsafe")
    assert [item.rule for item in done.fixed] == ["namespace-not-read"]
    (after,) = done.texts.values()
    assert f'        - {{"name": "{namespace}", "value": "net"}}\n' in before
    expected = before.replace(f'        - {{"name": "{namespace}", "value": "net"}}\n', "")
    moved = "valuesObject: {prometheus: {serviceMonitor: {namespace: net}}}"
    assert after == expected.replace("valuesObject: {}", moved)
