"""Environments of helmfile: which releases they make, with which values, and what stays unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.places import merged, only, put
from valuelint.syntax import CannotPatch, Set, Source, SourceError, parse, to_data
from valuelint.values import Unknown
from valuelint.workspace.release import Release, Workspace

RELEASE = "releases:\n- {name: cilium, namespace: kube-system, chart: cilium/cilium, version: 1.18.2, REST}\n"


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def clusters(workspace: Workspace) -> dict[str, list[Release]]:
    return {cluster.name: list(cluster.releases) for cluster in workspace.clusters}


ENVIRONMENTS = """\
environments:
  dev: {values: [common.yaml, dev.yaml]}
  prod: {values: [common.yaml, {net: {debug: false, id: 7}, name: production}]}
---
"""
VALUES = {
    "common.yaml": "net: {debug: false, id: 1, host: example.org, list: [1]}\nversion: 1.18.2\nempty: ''\n",
    "dev.yaml": "net: {debug: true}\nname: dev\n",
}


def test_each_environment_is_a_cluster_with_its_own_values(tmp_path: Path) -> None:
    text = """\
releases:
  - name: cilium-{{ .Values.name }}
    namespace: kube-system
    chart: cilium/cilium
    version: {{ .StateValues.version | quote }}
    values:
      - values/{{ .Environment.Name }}.yaml
      - more.yaml.gotmpl
      - debug: {enabled: {{ .Values.net.debug }}}
    set:
      - {name: cluster.id, value: "{{ .Environment.Values.net.id }}"}
"""
    files = {
        **VALUES,
        "helmfile.yaml.gotmpl": ENVIRONMENTS + text,
        "values/dev.yaml": "a: dev\n",
        "values/prod.yaml": "a: prod\n",
        "more.yaml.gotmpl": 'k8sServiceHost: api.{{ .Values.net.host }}\nk8sServicePort: {{ env "PORT" }}\n',
    }
    found = clusters(put(tmp_path, files))
    assert {name: [(item.version, item.name) for item in items] for name, items in found.items()} == {
        "dev": [("1.18.2", "cilium-dev")],
        "prod": [("1.18.2", "cilium-production")],
    }
    assert {name: merged(items[0]) for name, items in found.items()} == {
        name: {
            "a": name,
            "k8sServiceHost": "api.example.org",
            "k8sServicePort": Unknown('{{ env "PORT" }}'),
            "debug": {"enabled": debug},
            "cluster": {"id": number},
        }
        for name, debug, number in (("dev", True, 1), ("prod", False, 7))
    }


@pytest.mark.parametrize(
    "rest", ["values: [{a: 1}]", 'values: [{a: "{{ .Values.net.host }}"}]', 'labels: {x: "{{ .Environment.Name }}"}']
)
def test_what_is_the_same_in_all_environments_is_one_release(rest: str, tmp_path: Path) -> None:
    only(put(tmp_path, {**VALUES, "helmfile.yaml": ENVIRONMENTS + RELEASE.replace("REST", rest)}))


def test_releases_of_helmfiles_with_the_same_environments_stay_together(tmp_path: Path) -> None:
    kps = "releases:\n- {name: kps, namespace: m, chart: p/kube-prometheus-stack, version: 87.0.0}\n"
    files = {
        "envs.yaml": "environments:\n  a: {}\n  b: {}\n",
        "net/helmfile.yaml": "bases: [../envs.yaml]\n---\n"
        + RELEASE.replace("REST", 'values: [{x: "{{ .Environment.Name }}"}]'),
        "mon/helmfile.yaml": "bases: [../envs.yaml]\n---\n" + kps,
        "other/helmfile.yaml": kps.replace("name: kps", "name: other"),
    }
    found = {name: sorted(str(item.name) for item in items) for name, items in clusters(put(tmp_path, files)).items()}
    assert found["a"] == found["b"] == ["cilium", "kps"]
    assert sorted(name for names in found.values() for name in names) == ["cilium", "cilium", "kps", "kps", "other"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('"{{ .Values.net.id }}"', "1"),
        ("{{ .Values.net.id }}", 1),
        ("{{.Values.net.host}}", "example.org"),
        ("{{ .Values.net.id | quote }}", "1"),
        ('{{ .Values.empty | default "x" }}', "x"),
        ('{{ .Values | get "net.id" 5 }}', 1),
        ('{{ .Values | get "net.none" 5 }}', 5),
        ('{{ eq .Environment.Name "default" }}', True),
        ("a-{{ .Environment.Name }}-{{ .Values.net.id }}", "a-default-1"),
        ("{{ .Values.net }}", Unknown("{{ .Values.net }}")),
        ("{{ .Values.net.list }}", Unknown("{{ .Values.net.list }}")),
        ("{{ .Values.odd }}", Unknown("{{ .Values.odd }}")),
        ("{{ .Values.net.none }}", Unknown("{{ .Values.net.none }}")),
        ("{{ .Values.net.id | int }}", Unknown("{{ .Values.net.id | int }}")),
        ("{{ if .Values.net.id }}1{{ end }}", Unknown("{{ if .Values.net.id }}1{{ end }}")),
        ("{{ .Values.secret }}", Unknown("{{ .Values.secret }}")),
    ],
)
def test_what_is_filled_in(given: str, expected: object, tmp_path: Path) -> None:
    head = "environments: {default: {values: [common.yaml, {odd: 'a: b'}], secrets: [secret.yaml]}}\n---\n"
    text = RELEASE.replace("REST}", "values: [v.yaml.gotmpl]}")
    files = {**VALUES, "secret.yaml": "secret: ENC[AES256_GCM,data:x]\nsops: {}\n", "v.yaml.gotmpl": f"a: {given}\n"}
    assert merged(only(put(tmp_path, {**files, "helmfile.yaml": head + text}))) == {"a": expected}


@pytest.mark.parametrize(
    "entries",
    [
        "values: [missing.yaml]",
        "missingFileHandler: Warn, values: [common.yaml, missing.yaml]",
        "values: [common.yaml, more.hcl]",
        "values: [common.yaml, 'git::https://x/y.yaml']",
        "values: [common.yaml, '{{ env \"X\" }}.yaml']",
        "values: [common.yaml], secrets: [missing.yaml]",
        "values: [common.yaml], mergeStrategy: fallback",
        "values: [common.yaml, {net: null}]",
        "values: [{net: 1}, common.yaml]",
    ],
)
def test_values_that_something_unseen_may_change_are_unknown(entries: str, tmp_path: Path) -> None:
    head = f"environments: {{default: {{{entries}}}}}\n---\n"
    expected = Unknown("{{ .Values.net.id }}")
    text = RELEASE.replace("REST", "values: [{a: '{{ .Values.net.id }}'}]")
    assert merged(only(put(tmp_path, {**VALUES, "helmfile.yaml": head + text}))) == {"a": expected}


def test_what_comes_after_a_gap_is_known(tmp_path: Path) -> None:
    head = "environments: {default: {values: [missing.yaml, common.yaml]}}\n---\n"
    text = RELEASE.replace("REST", "values: [{a: '{{ .Values.net.id }}', b: '{{ .Values.other }}'}]")
    expected = {"a": "1", "b": Unknown("{{ .Values.other }}")}
    assert merged(only(put(tmp_path, {**VALUES, "helmfile.yaml": head + text}))) == expected


def test_values_of_parts_bases_and_the_helmfile_itself(tmp_path: Path) -> None:
    text = """\
bases: [envs/base.yaml]
values: [{a: default, b: default, c: default}]
---
environments: {default: {values: [{c: second}]}}
---
"""
    text += RELEASE.replace("REST", "values: [{a: '{{ .Values.a }}', b: '{{ .Values.b }}', c: '{{ .Values.c }}'}]")
    # Paths in a base count from the helmfile that names it.
    files = {"envs/base.yaml": "environments: {default: {values: [b.yaml]}}\n", "b.yaml": "b: base\nc: base\n"}
    release = only(put(tmp_path, {**files, "helmfile.yaml": text}))
    assert merged(release) == {"a": "default", "b": "base", "c": "second"}


def test_an_environment_that_lacks_a_value_runs_no_release(tmp_path: Path) -> None:
    head = "environments:\n  default: {}\n  prod: {values: [{name: x}]}\n---\n"
    text = RELEASE.replace("REST", "values: [{cluster: {name: '{{ .Values.name }}'}}]")
    assert merged(only(put(tmp_path, {"helmfile.yaml.gotmpl": head + text}))) == {"cluster": {"name": "x"}}


def test_a_helmfile_that_stops_in_an_environment_takes_no_other_with_it(tmp_path: Path) -> None:
    release = "releases:\n- {name: x, chart: p/CHART, values: [{x: '{{ .Environment.Name }}', z: '{{ .Values.z }}'}]}\n"
    files = {
        "a.yaml.gotmpl": "environments:\n  a: {}\n  b: {values: [{z: 1}]}\n---\n" + release.replace("CHART", "cilium"),
        # In which order they are declared counts for nothing.
        "b.yaml.gotmpl": "environments:\n  b: {values: [{z: 1}]}\n  a: {values: [{z: 1}]}\n---\n"
        + release.replace("CHART", "kube-prometheus-stack"),
    }
    found = clusters(put(tmp_path, files))
    assert {name: sorted(item.chart for item in items) for name, items in found.items()} == {
        "a": ["kube-prometheus-stack"],
        "b": ["cilium", "kube-prometheus-stack"],
    }


def test_what_a_plain_helmfile_may_leave_to_the_chart_takes_no_environment_away(tmp_path: Path) -> None:
    head = "environments:\n  default: {}\n  prod: {values: [{name: x}]}\n---\n"
    text = RELEASE.replace("REST", "values: [{cluster: {name: '{{ .Values.name }}'}}]")
    found = clusters(put(tmp_path, {"helmfile.yaml": head + text}))
    assert {name: merged(items[0]) for name, items in found.items()} == {
        "default": {"cluster": {"name": Unknown("{{ .Values.name }}")}},
        "prod": {"cluster": {"name": "x"}},
    }


@pytest.mark.parametrize("base", ["missing.yaml", "odd.yaml.gotmpl", "{{ .Environment.Name }}.yaml"])
def test_without_one_of_its_bases_an_environment_is_not_known(base: str, tmp_path: Path) -> None:
    text = f"bases: ['{base}']\n---\nenvironments: {{default: {{values: [{{a: 1}}]}}}}\n---\n"
    text += RELEASE.replace("REST", "values: [{a: '{{ .Values.a }}', b: '{{ .Values | get \"b\" 1 }}'}]")
    files = {"odd.yaml.gotmpl": "{{ if .x }}\nenvironments: {}\n{{ end }}\n", "helmfile.yaml": text}
    expected = {"a": Unknown("{{ .Values.a }}"), "b": Unknown('{{ .Values | get "b" 1 }}')}
    assert merged(only(put(tmp_path, files))) == expected


def test_what_stands_under_a_condition_is_not_asked_for(tmp_path: Path) -> None:
    head = "environments:\n  a: {}\n  b: {values: [{x: 1}]}\n---\n"
    text = RELEASE.replace("REST", "values: ['{{ .Environment.Name }}.yaml', v.yaml.gotmpl]")
    files = {
        "v.yaml.gotmpl": 'y: {{ if hasKey .Values "x" }}{{ .Values.x }}{{ end }}\n',
        "a.yaml": "{}",
        "b.yaml": "{}",
    }
    assert sorted(clusters(put(tmp_path, {"helmfile.yaml": head + text, **files}))) == ["a", "b"]


def test_values_that_are_handed_on_twice(tmp_path: Path) -> None:
    files = {
        "helmfile.yaml": "environments: {default: {values: [{a: top}]}}\n---\n"
        "helmfiles: [{path: mid/helmfile.yaml, values: [{a: handed}]}]\n",
        "mid/helmfile.yaml": "helmfiles: [{path: ../low.yaml, values: ['{{ toYaml .Values | indent 2 }}']}]\n",
        "low.yaml": RELEASE.replace("REST", "values: [{a: '{{ .Values.a }}'}]"),
    }
    assert merged(only(put(tmp_path, files))) == {"a": "handed"}
    again = files["helmfile.yaml"].replace("[{path", "[mid/helmfile.yaml, {path")
    assert merged(only(put(tmp_path, {**files, "helmfile.yaml": again}))) == {"a": Unknown("{{ .Values.a }}")}


SWITCHES = """\
environments:
  live: {values: [{cilium: {enabled: true}}]}
  idle: {values: [{cilium: {enabled: false}}]}
  none: {values: [{cilium: {}}]}
---
"""


@pytest.mark.parametrize(
    "rest",
    [
        "condition: cilium.enabled",
        'installed: "{{ .Values.cilium | get \\"enabled\\" }}"',
        "installed: '{{ eq .Environment.Name \"live\" }}'",
        "installedTemplate: '{{ eq .Environment.Name \"live\" }}'",
    ],
)
def test_a_release_is_where_its_switch_is_on(rest: str, tmp_path: Path) -> None:
    found = clusters(put(tmp_path, {"helmfile.yaml": SWITCHES + RELEASE.replace("REST", rest)}))
    hangs = ('whether it is installed hangs on {{ .Values.cilium | get "enabled" }}',)
    # Only one of the ways to look something up is evaluated.
    expected = hangs if ".Values.cilium |" in rest else ()
    assert [item.unresolved for items in found.values() for item in items] == [expected]


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("condition: cilium.enabled", "the condition cilium.enabled takes the release cilium away"),
        ("condition: 'false'", "the condition false takes the release cilium away"),
        (
            "installed: {{ .Values.cilium.enabled }}",
            "installed: {{ .Values.cilium.enabled }} takes the release cilium away",
        ),
    ],
)
def test_a_release_that_no_environment_installs_is_none(rest: str, reason: str, tmp_path: Path) -> None:
    head = "environments: {default: {values: [{cilium: {enabled: false}}]}}\n---\n"
    workspace = put(tmp_path, {"helmfile.yaml": head + RELEASE.replace("REST", rest)})
    assert workspace.clusters == ()
    assert workspace.aside == (("helmfile.yaml", reason),)


def test_values_of_a_release_that_is_switched_off_are_those_of_none(tmp_path: Path) -> None:
    text = RELEASE.replace("REST", "installed: false, values: [net.yaml]")
    workspace = put(tmp_path, {"helmfile.yaml": text, "net.yaml": "hubble: {enabled: true}\nbgpControlPlane: {}\n"})
    assert workspace.clusters == ()


@pytest.mark.parametrize("head", ["", "environments: {default: {values: [missing.yaml]}}\n---\n"])
def test_a_condition_that_nobody_knows_is_said(head: str, tmp_path: Path) -> None:
    release = only(put(tmp_path, {"helmfile.yaml": head + RELEASE.replace("REST", "condition: cilium.enabled")}))
    assert release.unresolved == ("whether it is installed hangs on the condition cilium.enabled",)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("- nested/*.yaml", "own"),
        ("- {path: nested/helmfile.yaml, values: [{a: given}]}", "given"),
        ("- {path: nested/helmfile.yaml, values: [over.yaml]}", "file"),
        ("- {path: nested/helmfile.yaml, values: ['{{ toYaml .Values | nindent 4 }}']}", "around"),
        ("- {path: nested/helmfile.yaml, values: ['{{ .Environment.Name }}.yaml']}", "by name"),
        ("- {path: nested/helmfile.yaml, values: [missing.yaml]}", Unknown("{{ .Values.a }}")),
    ],
)
def test_a_nested_helmfile_is_read_once_with_what_it_is_given(entry: str, expected: object, tmp_path: Path) -> None:
    files = {
        "helmfile.yaml": f"environments: {{default: {{values: [{{a: around}}]}}}}\n---\nhelmfiles:\n{entry}\n",
        "over.yaml": "a: file\n",
        "default.yaml": "a: by name\n",
        "nested/helmfile.yaml": "environments: {default: {values: [{a: own}]}}\n---\n"
        + RELEASE.replace("REST", "values: [{a: '{{ .Values.a }}'}]"),
    }
    assert merged(only(put(tmp_path, files))) == {"a": expected}


def test_a_nested_helmfile_without_environments_has_those_around_it(tmp_path: Path) -> None:
    files = {
        "helmfile.yaml": "environments:\n  a: {}\n  b: {}\n---\nhelmfiles: [{path: x.yaml}]\n",
        "x.yaml": RELEASE.replace("REST", "values: [{a: '{{ .Environment.Name }}'}]"),
    }
    found = clusters(put(tmp_path, files))
    assert {name: merged(items[0]) for name, items in found.items()} == {"a": {"a": "a"}, "b": {"a": "b"}}


def test_patches_of_a_template_leave_what_is_filled_in(tmp_path: Path) -> None:
    text = """\
releases:
  - name: cilium
    chart: cilium/cilium
    values:
      - debug: {enabled: {{ .Values.debug }}} # as told
        a: 1
"""
    head = "environments: {default: {values: [{debug: true}]}}\n---\n"
    release = only(put(tmp_path, {"helmfile.yaml": head + text}))
    (layer,) = release.layers
    found = layer.find(("debug", "enabled"))
    assert found is not None
    assert layer.source.text[found.node.start : found.node.end] == "{{ .Values.debug }}"
    with pytest.raises(CannotPatch, match="a placeholder stands there, and what fills it in is to be changed"):
        layer.at_desk((Set(("debug", "enabled"), False),))
    assert layer.at_desk((Set(("a",), 2),)) == (Set(("releases", 0, "values", 0, "a"), 2),)


TEMPLATES: list[tuple[str, object]] = [
    ("a: {{ .x }}\nb: x-{{ .y }} # z\n", {"a": "{{ .x }}", "b": "x-{{ .y }}"}),
    ('{{- $v := .Values }}\n{{/* a: b */}}\na: [{{ .x | f "b: #c" }}]\n', {"a": ['{{ .x | f "b: #c" }}']}),
    ("a: {{ if .x }}1{{ else }}2{{ end }}\n", {"a": "{{ if .x }}1{{ else }}2{{ end }}"}),
    ("a: {{ .x | quote }}\n", {"a": "{{ .x }}"}),
    ("{{ if .x }}\na: {{ .x }}\n{{ end }}\n", None),
    ("# {{ if .x }}\na: {{ .x }}\n# {{ end }}\n", None),
    ("a: {{ .x }}\n{{ toYaml .y }}\n", None),
    ("a: {{ .x }}\n  {{- range .y }}- {{ . }}{{ end }}\n", None),
    ("{{ .key }}: {{ .x }}\n", None),
    ("a: {{ .x\n  }}\n", None),
    ("a: {{ .x }}\nb: \ue041\n", None),
]


@pytest.mark.parametrize(("text", "expected"), TEMPLATES)
def test_templates_that_are_yaml_but_for_expressions(text: str, expected: object) -> None:
    source = Source.from_text(text, template=True)
    if expected is None:
        with pytest.raises(SourceError):
            parse(source)
    else:
        assert to_data(parse(source)[0].root) == expected
    with pytest.raises(SourceError):
        parse(Source.from_text(text))
