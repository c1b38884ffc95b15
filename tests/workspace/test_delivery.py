"""What an Application of Argo CD tells of how it applies a release, and where that is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.places import only, put
from valuelint.lint import engine
from valuelint.lint.fix import repair
from valuelint.lint.rule import load_rules

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: kps}
spec:
  destination: {namespace: monitoring}
  source:
    chart: kube-prometheus-stack
    repoURL: https://prometheus-community.github.io/helm-charts
    targetRevision: 88.5.3
    helm: {skipCrds: SKIP, valuesObject: {grafana: {enabled: false}}}
  syncPolicy: {syncOptions: OPTIONS}
"""
SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  GO
  generators: [{list: {elements: [{name: kps, how: ServerSideApply=true}]}}]
  template:
"""
RULES = [rule for rule in load_rules() if rule.id == "crds-too-large"]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def application(options: str = "[]", skip: str = "false") -> str:
    return APPLICATION.replace("OPTIONS", options).replace("SKIP", skip)


def generated(options: str, more: str = "") -> str:
    body = application(options).partition("metadata:")[2]
    return SET.replace("  GO\n", more) + "".join(f"    {line}\n" for line in f"metadata:{body}".splitlines())


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({"app.yaml": application()}, ()),
        ({"app.yaml": application("[CreateNamespace=true, ServerSideApply=true]")}, ("CreateNamespace=true",)),
        ({"app.yaml": application().partition("  syncPolicy")[0]}, ()),
        ({"set.yaml": generated("[]")}, ()),
        ({"set.yaml": generated("['{{how}}']")}, ()),
        ({"app.yaml": application(), "kustomization.yaml": "resources: [app.yaml]\n"}, ()),
    ],
    ids=["none", "some", "no policy", "set", "filled in", "kustomization"],
)
def test_what_it_is_told(tmp_path: Path, files: dict[str, str], options: tuple[str, ...]) -> None:
    workspace = put(tmp_path, files)
    delivery = only(workspace).delivery
    assert delivery is not None
    assert (delivery.by, delivery.crds) == ("Argo CD", True)
    assert [option for option in delivery.options if option != "ServerSideApply=true"] == list(options)
    found = engine.run(workspace, RULES).findings
    assert bool(found) is ("ServerSideApply=true" not in delivery.options)


def test_crds_that_are_left_out(tmp_path: Path) -> None:
    workspace = put(tmp_path, {"app.yaml": application(skip="true")})
    delivery = only(workspace).delivery
    assert delivery is not None
    assert delivery.crds is False
    assert engine.run(workspace, RULES).findings == ()


@pytest.mark.parametrize(
    "files",
    [
        {"app.yaml": application("['${OPTION}']")},
        {"app.yaml": application("'{{ .Values.options }}'")},
        {"app.yaml": application(skip="'{{ .Values.skip }}'")},
        {"app.yaml": application("[]").replace("{syncOptions: []}", "'{{ .Values.policy }}'")},
        {"set.yaml": generated("['{{unknown}}']")},
        {"set.yaml": generated("[]", "  templatePatch: 'spec: {}'\n")},
        {"set.yaml": generated("[]").replace("{list: {", "{list: {template: {spec: {}}, ")},
        {"app.yaml": application(), "kustomization.yaml": "resources: [app.yaml]\npatches: [{path: more.yaml}]\n"},
    ],
    ids=["variable", "options", "crds", "policy", "set", "templatePatch", "generator", "patch"],
)
def test_what_is_not_known(tmp_path: Path, files: dict[str, str]) -> None:
    workspace = put(tmp_path, files)
    assert only(workspace).delivery is None
    assert engine.run(workspace, RULES).findings == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (application(), "syncOptions"),
        (application().replace("{syncOptions: []}", "{automated: {}}"), "syncPolicy"),
        (application().partition("  syncPolicy")[0], "kps"),
    ],
    ids=["options", "policy", "name"],
)
def test_the_place(tmp_path: Path, text: str, shown: str) -> None:
    (finding,) = engine.run(put(tmp_path, {"app.yaml": text}), RULES).findings
    place = finding.place
    assert place.file == "app.yaml"
    assert place.source.text[place.start : place.end] == shown


@pytest.mark.parametrize(
    ("text", "level", "before", "after"),
    [
        (application("[A=true]"), "safe", "syncOptions: [A=true]", "syncOptions: [A=true, ServerSideApply=true]"),
        (application(), "safe", "syncOptions: []", "syncOptions: [ServerSideApply=true]"),
        (application("A=true"), "safe", "syncOptions: A=true", "syncOptions: [A=true, ServerSideApply=true]"),
        (application("null"), "safe", "{syncOptions: null}", "{syncOptions: [ServerSideApply=true]}"),
        (
            application().partition("  syncPolicy")[0],
            "safe",
            "{enabled: false}}}\n",
            "{enabled: false}}}\n  syncPolicy:\n    syncOptions:\n      - ServerSideApply=true\n",
        ),
        (application("[ServerSideApply=false]"), "unsafe", "Apply=false", "Apply=true"),
        (generated("[]"), "unsafe", "syncOptions: []", "syncOptions: [ServerSideApply=true]"),
    ],
    ids=["some", "none", "text", "null", "no policy", "false", "set"],
)
def test_it_is_fixed_where_it_is_told(tmp_path: Path, text: str, level: str, before: str, after: str) -> None:
    workspace = put(tmp_path, {"app.yaml": text})
    (finding,) = engine.run(workspace, RULES).findings
    assert finding.fix is not None
    assert finding.fix.applicability == level
    done = repair(workspace, RULES, level)
    assert (done.failed, done.texts) == ((), {"app.yaml": text.replace(before, after)})
    assert done.left.findings == ()
    assert level == "safe" or repair(workspace, RULES, "safe").texts == {}
