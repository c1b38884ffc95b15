"""What only one form has: each test is a small repository and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.workspace.places import layers, merged, only, put
from valuelint.lint import engine
from valuelint.lint.patching import home
from valuelint.lint.rule import load_rules
from valuelint.syntax import CannotPatch, Remove, Rename, Set, format_path, parse_path
from valuelint.values import Unknown, Values
from valuelint.workspace.release import Release, Workspace

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: cilium
spec:
  chart:
    spec: {chart: cilium, version: 1.18.2}
"""
SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: NAME}
spec:
  path: ./PATH
"""


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(release: Release) -> tuple[str | None, ...]:
    return release.version, release.name, release.namespace


# --- Flux -----------------------------------------------------------------------------------------


def test_flux_substitutes_what_the_kustomization_says(tmp_path: Path) -> None:
    values = """\
  values:
    cluster:
      name: ${NAME}
      id: "${ID}"
    debug: {enabled: "${DEBUG}", verbose: "${LEVEL:=flow}"}
    k8sServiceHost: ${SECRET}
    tunnelPort: $${NOT_FLUX}
"""
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + (
        "  targetNamespace: kube-system\n  postBuild:\n    substitute: {NAME: home, ID: '1', DEBUG: 'true'}\n"
    )
    release = only(put(tmp_path, {"app/release.yaml": RELEASE + values, "ks.yaml": sync}))
    assert said(release) == ("1.18.2", "cilium", "kube-system")
    data = merged(release)
    # Flux writes the YAML anew before it substitutes: quotes are gone by then.
    assert data["cluster"] == {"name": "home", "id": 1}
    assert data["debug"] == {"enabled": True, "verbose": "flow"}
    assert isinstance(data["k8sServiceHost"], Unknown)
    assert isinstance(data["tunnelPort"], Unknown)


@pytest.mark.parametrize("style", ["|", "path"])
def test_flux_substitutes_after_the_patches(style: str, tmp_path: Path) -> None:
    patch = f"{RELEASE}  values:\n    operator: {{replicas: '${{REPLICAS}}', endpointGCInterval: '${{OTHER}}'}}\n"
    text = "resources: [release.yaml]\npatches:\n  - "
    text += "path: patch.yaml\n" if style == "path" else "patch: |\n" + indent(patch, "      ")
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + "  postBuild: {substitute: {REPLICAS: '2'}}\n"
    files = {"app/release.yaml": RELEASE, "app/kustomization.yaml": text, "ks.yaml": sync}
    release = only(put(tmp_path, files | ({"app/patch.yaml": patch} if style == "path" else {})))
    assert merged(release)["operator"] == {"replicas": 2, "endpointGCInterval": Unknown("${OTHER}")}
    with pytest.raises(CannotPatch, match="what fills it in is to be changed"):
        release.layers[-1].at_desk((Set(("operator", "replicas"), 3),))


@pytest.mark.parametrize(
    ("port", "rules"),
    [("${PORT}", []), ("6443", []), ("1.10", ["wrong-type"])],
)
def test_a_number_that_flux_fills_in_is_no_text_that_was_lost(tmp_path: Path, port: str, rules: list[str]) -> None:
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + "  postBuild: {substitute: {PORT: '6443'}}\n"
    files = {"app/release.yaml": RELEASE + f"  values: {{k8sServicePort: {port}}}\n", "ks.yaml": sync}
    report = engine.run(put(tmp_path, files), [rule for rule in load_rules() if rule.id == "wrong-type"])
    assert [item.rule for item in report.findings] == rules


def test_flux_takes_variables_from_a_config_map(tmp_path: Path) -> None:
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + (
        "  postBuild:\n    substituteFrom:\n      - {kind: ConfigMap, name: settings}\n"
    )
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {NAME: home}\n"
    values = "  values: {cluster: {name: '${NAME}'}, k8sServiceHost: '${OTHER:=here}'}\n"
    files = {"app/release.yaml": RELEASE + values, "ks.yaml": sync, "settings.yaml": settings}
    assert merged(only(put(tmp_path, files))) == {"cluster": {"name": "home"}, "k8sServiceHost": "here"}


def test_flux_names_a_release_after_its_target_namespace(tmp_path: Path) -> None:
    text = RELEASE.replace("spec:\n", "spec:\n  targetNamespace: net\n", 1)
    assert said(only(put(tmp_path, {"r.yaml": text}))) == ("1.18.2", "net-cilium", "net")


def test_flux_takes_the_layers_in_their_order(tmp_path: Path) -> None:
    values = """\
  valuesFrom:
    - {kind: ConfigMap, name: one}
    - {kind: Secret, name: two, valuesKey: v.yaml}
  values:
    debug: {enabled: false}
"""
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata:\n  values.yaml: |\n    debug: {enabled: true}\n"
    )
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: two}\nstringData:\n  v.yaml: |\n    bpf: {masquerade: true}\n"
    )
    release = only(put(tmp_path, {"r.yaml": RELEASE + values, "c.yaml": config, "s.yaml": secret}))
    assert layers(release) == [
        ("c.yaml", 'data["values.yaml"]'),
        ("s.yaml", 'stringData["v.yaml"]'),
        ("r.yaml", "spec.values"),
    ]
    assert merged(release) == {"debug": {"enabled": False}, "bpf": {"masquerade": True}}


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({}, "ConfigMap one is not in the repository"),
        ({"c.yaml": "kind: ConfigMap\nmetadata: {name: one}\ndata: {values.yaml: 'ENC[AES256_GCM,x]'}\n"}, "encrypted"),
        ({"c.yaml": "kind: ConfigMap\nmetadata: {name: one}\ndata: {other: x}\n"}, "holds no key values.yaml"),
        ({"c.yaml": "kind: ConfigMap\nmetadata: {name: one}\ndata:\n  values.yaml: |\n    a: [\n"}, "c.yaml:5"),
        ({"kustomization.yaml": "configMapGenerator: [{name: one, files: [values.yaml=x.yaml]}]\n"}, "x.yaml"),
    ],
)
def test_flux_says_which_layer_is_missing(tmp_path: Path, files: dict[str, str], what: str) -> None:
    values = "  valuesFrom: [{kind: ConfigMap, name: one}]\n  values: {debug: {enabled: true}}\n"
    release = only(put(tmp_path, {"r.yaml": RELEASE + values, **files}))
    assert [gap.number for gap in release.gaps] == [0]
    assert what in release.gaps[0].what
    assert release.gaps[0].what in release.unresolved


def test_flux_patches_by_target_and_by_operation(tmp_path: Path) -> None:
    kustomization = """\
namespace: kube-system
resources: [release.yaml]
patches:
  - target: {kind: HelmRelease, name: cil.*}
    patch: |-
      - op: replace
        path: /spec/values/debug/enabled
        value: true
      - op: remove
        path: /spec/values/bpf
      - op: add
        path: /spec/values/hubble
        value: {enabled: false}
  - target: {kind: HelmRelease, name: other}
    patch: |-
      - {op: add, path: /spec/values/nodeinit, value: {enabled: true}}
  - path: more.yaml
"""
    more = (
        "kind: HelmRelease\nmetadata: {name: cilium}\nspec: {chart: {spec: {version: 1.17.2}}, values: {debug: null}}\n"
    )
    values = "  values:\n    debug: {enabled: false}\n    bpf: {masquerade: true}\n"
    files = {"release.yaml": RELEASE + values, "kustomization.yaml": kustomization, "more.yaml": more}
    release = only(put(tmp_path, files))
    assert said(release) == ("1.17.2", "cilium", "kube-system")
    assert merged(release) == {"hubble": {"enabled": False}}


BASE = """\
  values:
    hubble: {enabled: true, relay: {enabled: true, rollOutPods: true}}
    tolerations: [one, two]
"""
HUBBLE = {"enabled": True, "relay": {"enabled": True, "rollOutPods": True}}
TOLERATIONS = ["one", "two"]


def patched(folder: Path, patch: str, target: str = "{kind: HelmRelease}") -> Workspace:
    """A release in a base, and an overlay with one patch."""
    text = "".join(f"    {line}\n" for line in patch.splitlines())
    return put(
        folder,
        {
            "base/release.yaml": RELEASE.replace("name: cilium\n", "name: cilium\n  namespace: net\n", 1) + BASE,
            "base/kustomization.yaml": "resources: [release.yaml]\n",
            "over/kustomization.yaml": f"resources: [../base]\npatches:\n- target: {target}\n  patch: |\n{text}",
        },
    )


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            "{op: replace, path: /spec/values/hubble, value: {ui: {enabled: true}}}",
            {"hubble": {"ui": {"enabled": True}}, "tolerations": TOLERATIONS},
        ),
        (
            "{op: add, path: /spec/values/hubble/relay, value: {enabled: false}}",
            {"hubble": {"enabled": True, "relay": {"enabled": False}}, "tolerations": TOLERATIONS},
        ),
        (
            "{op: add, path: /spec/values/envoy, value: {enabled: false}}",
            {"hubble": HUBBLE, "tolerations": TOLERATIONS, "envoy": {"enabled": False}},
        ),
        ("{op: replace, path: /spec/values, value: {debug: {enabled: true}}}", {"debug": {"enabled": True}}),
        ("{op: remove, path: /spec/values}", {}),
        (
            "{op: remove, path: /spec/values/hubble/relay}",
            {"hubble": {"enabled": True}, "tolerations": TOLERATIONS},
        ),
    ],
)
def test_an_operation_takes_the_place_of_all_that_stood_there(
    operation: str, expected: dict[str, object], tmp_path: Path
) -> None:
    assert merged(only(patched(tmp_path, f"- {operation}"))) == expected


FROM_CONFIG_MAP = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: net}
data:
  values.yaml: |
    hubble: {relay: {enabled: false, replicas: 3}}
    tolerations: [zero]
"""


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        (
            "- {op: remove, path: /spec/values/hubble/relay}",
            {"hubble": {"enabled": True, "relay": {"enabled": False, "replicas": 3}}, "tolerations": TOLERATIONS},
        ),
        (
            "- {op: replace, path: /spec/values/hubble, value: {ui: {enabled: true}}}",
            {
                "hubble": {"relay": {"enabled": False, "replicas": 3}, "ui": {"enabled": True}},
                "tolerations": TOLERATIONS,
            },
        ),
        (
            "kind: HelmRelease\nspec: {values: {tolerations: null, hubble: {relay: {enabled: null}}}}",
            {
                "hubble": {"enabled": True, "relay": {"enabled": False, "replicas": 3, "rollOutPods": True}},
                "tolerations": ["zero"],
            },
        ),
        ("- {op: remove, path: /spec/values}", {"hubble": {"relay": {"enabled": False, "replicas": 3}}}),
    ],
)
def test_what_a_patch_takes_away_lets_the_values_from_elsewhere_count(
    patch: str, expected: dict[str, object], tmp_path: Path
) -> None:
    patched(tmp_path, patch)
    text = (tmp_path / "base/release.yaml").read_text()
    text = text.replace("  values:\n", "  valuesFrom: [{kind: ConfigMap, name: one}]\n  values:\n", 1)
    release = only(put(tmp_path, {"base/release.yaml": text + FROM_CONFIG_MAP}))
    merged_user = merged(release)
    assert merged_user == {"tolerations": ["zero"], **expected}
    values = Values(list(release.layers), {})
    found = values.resolve(("hubble", "relay", "enabled"))
    assert found.value is False
    assert found.layer is not None
    assert found.layer.path == ("data", "values.yaml")


def test_what_an_operation_replaced_is_nobodys_value(tmp_path: Path) -> None:
    release = only(patched(tmp_path, "- {op: replace, path: /spec/values/hubble, value: {enabled: true}}"))
    values = Values(list(release.layers), {})
    assert values.resolve(("hubble", "relay", "enabled")).layer is None
    found = values.nearest(("hubble", "relay", "enabled"))
    assert found is not None
    assert found.layer is not None
    assert (found.path, found.layer.file) == (("hubble",), "over/kustomization.yaml")


def test_a_fix_goes_to_what_took_the_place(tmp_path: Path) -> None:
    patch = "- op: replace\n  path: /spec/values/hubble/relay\n  value: {enabled: true}\n"
    release = only(patched(tmp_path, patch))
    values = Values(list(release.layers), {})
    places = [home(values, parse_path(path)) for path in ("hubble.relay.rollOutPods", "hubble.relay.x.y", "hubble.ui")]
    assert [release.layers[index].file for index in places if index is not None] == [
        "over/kustomization.yaml",
        "over/kustomization.yaml",
        "base/release.yaml",
    ]


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("{op: add, path: /spec/values/tolerations/-, value: three}", ("tolerations",)),
        ("{op: replace, path: /spec/values/tolerations/0, value: three}", ("tolerations",)),
        ("{op: copy, from: /spec/values/tolerations, path: /spec/values/hubble/relay}", ("hubble", "relay")),
        ("{op: move, from: /spec/values/tolerations, path: /spec/values/debug}", ("debug",)),
    ],
)
def test_what_cannot_be_followed_is_not_known(operation: str, path: tuple[str, ...], tmp_path: Path) -> None:
    release = only(patched(tmp_path, f"- {operation}"))
    assert isinstance(Values(list(release.layers), {}).get(path), Unknown)
    assert release.unresolved == ("a patch in over/kustomization.yaml changes what nobody can follow",)
    assert ("tolerations" in merged(release)) == ("move" not in operation)


PATCH = "kind: HelmRelease\nmetadata: {name: any}\nspec: {values: {hubble: {relay: {enabled: false}}}}\n"


@pytest.mark.parametrize(
    ("target", "hit"),
    [
        ("{kind: HelmRelease, name: cil.*, namespace: net}", True),
        ("{kind: HelmRelease, namespace: other}", False),
        ("{kind: HelmRelease, version: v2}", True),
        ("{kind: HelmRelease, version: v2beta1}", False),
        ("{kind: HelmRelease, annotationSelector: some=thing}", False),
        ("{kind: HelmRelease, labelSelector: some=thing}", False),
        ("{kind: HelmRelease, labelSelector: some!=thing}", True),
    ],
)
def test_a_patch_is_for_what_its_target_says(target: str, hit: bool, tmp_path: Path) -> None:
    release = only(patched(tmp_path, PATCH, target))
    assert Values(list(release.layers), {}).get(("hubble", "relay", "enabled")) is not hit


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ("kind: HelmRelease\nspec: {releaseName: cni, targetNamespace: sys}\n", ("1.18.2", "cni", "sys")),
        ("- {op: add, path: /spec/targetNamespace, value: sys}\n", ("1.18.2", "sys-cilium", "sys")),
        (
            "- {op: replace, path: /spec/chart/spec, value: {chart: cilium, version: 1.17.1}}\n",
            ("1.17.1", "cilium", "net"),
        ),
    ],
)
def test_a_patch_may_say_all_of_a_release(patch: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert said(only(patched(tmp_path, patch))) == expected


def test_a_directive_of_kustomize_is_no_option(tmp_path: Path) -> None:
    patch = "kind: HelmRelease\nspec: {values: {hubble: {$patch: replace, enabled: true}}}\n"
    release = only(patched(tmp_path, patch))
    assert merged(release) == {"hubble": HUBBLE, "tolerations": TOLERATIONS}
    assert [gap.what for gap in release.gaps] == ["a patch in over/kustomization.yaml changes what nobody can follow"]


def test_patches_come_in_the_order_of_kustomize(tmp_path: Path) -> None:
    operation = "target: {kind: HelmRelease}, patch: '[{op: replace, path: /spec/values/hubble/NAME, value: last}]'"
    files = {
        "release.yaml": RELEASE + BASE,
        "merge.yaml": "kind: HelmRelease\nmetadata: {name: cilium}\nspec: {values: {hubble: {a: 1, b: 1}}}\n",
        "kustomization.yaml": "resources: [release.yaml]\n"
        f"patchesJson6902:\n- {{{operation.replace('NAME', 'a')}}}\n"
        f"patches:\n- {{{operation.replace('NAME', 'a').replace('last', 'middle')}}}\n"
        f"- {{{operation.replace('NAME', 'b')}}}\n"
        "patchesStrategicMerge: [merge.yaml]\n",
    }
    assert merged(only(put(tmp_path, files)))["hubble"] == {**HUBBLE, "a": "last", "b": "last"}


@pytest.mark.parametrize("own_file", [False, True])
def test_what_a_replacement_fills_in_is_not_known(own_file: bool, tmp_path: Path) -> None:
    fields = "[spec.values.hubble.enabled, 'spec.values.tolerations.[name=x].y', spec.chart.spec.version]"
    text = "- source: {kind: ConfigMap, name: x, fieldPath: data.x}\n  targets:\n  - select: {kind: HelmRelease}\n"
    text += f"    fieldPaths: {fields}\n  - {{select: {{kind: Service}}, fieldPaths: [spec.values.hubble.relay]}}\n"
    files = {
        "base/release.yaml": RELEASE + BASE,
        "base/kustomization.yaml": "resources: [release.yaml]\n",
        "over/kustomization.yaml": "resources: [../base]\nreplacements:\n" + text,
    }
    if own_file:
        files["over/kustomization.yaml"] = "resources: [../base]\nreplacements: [{path: x.yaml}]\n"
        files["over/x.yaml"] = text
    release = only(put(tmp_path, files))
    values = Values(list(release.layers), {})
    assert isinstance(values.get(("hubble", "enabled")), Unknown)
    assert isinstance(values.get(("tolerations",)), Unknown)
    assert values.get(("hubble", "relay", "enabled")) is True
    file = "over/x.yaml" if own_file else "over/kustomization.yaml"
    assert release.version is None
    assert f"the version is filled in by {file}" in release.unresolved


def test_a_patch_takes_a_release_away(tmp_path: Path) -> None:
    workspace = patched(tmp_path, "$patch: delete\nkind: HelmRelease\nmetadata: {name: cilium}\n")
    assert [release.name for cluster in workspace.clusters for release in cluster.releases] == []


def test_a_patch_changes_the_version_of_a_source(tmp_path: Path) -> None:
    release = RELEASE.replace("chart:\n    spec: {chart: cilium, version: 1.18.2}", "chartRef: {name: cilium}")
    source = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: cilium}\n"
        "spec: {url: 'oci://quay.io/cilium/charts/cilium', ref: {tag: 1.16.1}}\n"
    )
    patch = "[{op: replace, path: /spec/ref/tag, value: 1.18.2}]"
    files = {
        "base/release.yaml": release + "---\n" + source,
        "base/kustomization.yaml": "resources: [release.yaml]\n",
        "over/kustomization.yaml": "resources: [../base]\npatches:\n"
        f"- {{target: {{kind: OCIRepository}}, patch: '{patch}'}}\n",
    }
    found = only(put(tmp_path, files))
    assert (found.version, found.version_source) == ("1.18.2", "over/kustomization.yaml")


def test_flux_leaves_alone_what_asks_for_it(tmp_path: Path) -> None:
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + "  postBuild: {substitute: {ID: '1'}}\n"
    alone = "metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}\n"
    text = RELEASE.replace("metadata:\n", alone) + "  values: {cluster: {id: '${ID}'}}\n"
    release = only(put(tmp_path, {"app/release.yaml": text, "ks.yaml": sync}))
    assert isinstance(Values(list(release.layers), {}).get(("cluster", "id")), Unknown)


def test_a_sync_may_stand_on_one_line(tmp_path: Path) -> None:
    sync = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\n"
    sync += "spec: {prune: true, path: ./app, targetNamespace: sys}\n"
    assert only(put(tmp_path, {"app/release.yaml": RELEASE, "ks.yaml": sync})).namespace == "sys"


def test_flux_takes_other_values_files_of_a_chart(tmp_path: Path) -> None:
    spec = "{chart: ./chart, valuesFiles: [chart/values.yaml, chart/prod.yaml], sourceRef: {kind: GitRepository}}"
    files = {
        "chart/Chart.yaml": "name: x\ndependencies:\n- {name: cilium, version: 1.18.2}\n",
        "chart/values.yaml": "cilium: {debug: {enabled: true}}\n",
        "chart/prod.yaml": "cilium: {debug: {enabled: false}}\n",
        "release.yaml": RELEASE.replace("{chart: cilium, version: 1.18.2}", spec),
    }
    assert [file for file, _ in layers(only(put(tmp_path, files)))] == ["chart/values.yaml", "chart/prod.yaml"]
    files["release.yaml"] = files["release.yaml"].replace("chart/values.yaml, ", "")
    assert [file for file, _ in layers(only(put(tmp_path, files)))] == ["chart/prod.yaml"]
    own = RELEASE.replace("version: 1.18.2", "version: 1.18.2, valuesFiles: [values.yaml, values-small.yaml]")
    release = only(put(tmp_path, {**dict.fromkeys(files, ""), "release.yaml": own}))
    assert [gap.what for gap in release.gaps] == ["the values file values-small.yaml is one of the chart's own"]


def test_objects_may_stand_in_a_list(tmp_path: Path) -> None:
    items = "".join(f"  {line}\n" for line in (RELEASE + "  values: {debug: {enabled: true}}").splitlines())
    release = only(put(tmp_path, {"all.yaml": "apiVersion: v1\nkind: List\nitems:\n-" + items[1:]}))
    assert said(release)[:2] == ("1.18.2", "cilium")
    assert layers(release) == [("all.yaml", "items[0].spec.values")]


def test_flux_puts_words_around_the_name(tmp_path: Path) -> None:
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + "  namePrefix: my-\n  nameSuffix: -net\n"
    release = only(put(tmp_path, {"app/release.yaml": RELEASE, "ks.yaml": sync}))
    assert release.name == "my-cilium-net"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("bpf.masquerade", "app/release.yaml"),
        ("hubble.relay.enabled", "shared/kustomization.yaml"),
        ("hubble.enabled", "shared/kustomization.yaml"),
    ],
)
def test_a_patch_for_many_releases_takes_in_nothing_new(tmp_path: Path, path: str, file: str) -> None:
    patch = "kind: HelmRelease\nmetadata: {name: any}\nspec: {values: {hubble: {enabled: false}}}\n"
    files = {
        "app/release.yaml": RELEASE + "  values: {debug: {enabled: true}}\n",
        "app/kustomization.yaml": "resources: [release.yaml]\ncomponents: [../shared]\n",
        "shared/kustomization.yaml": "kind: Component\npatches:\n- target: {kind: HelmRelease}\n  patch: |\n"
        + "".join(f"    {line}\n" for line in patch.splitlines()),
    }
    release = only(put(tmp_path, files))
    index = home(Values(list(release.layers), {}, release.missing), parse_path(path))
    assert index is not None
    assert release.layers[index].file == file


def test_what_is_global_is_no_place_for_other_values(tmp_path: Path) -> None:
    files = {"inner/Chart.yaml": INNER, "inner/values.yaml": "global: {x: 1}\n"}
    release = only(nested(tmp_path, "global: {x: 2}\n", "global: {x: 1}\n", "{global: {x: 3}}", files))
    index = home(Values(list(release.layers), {}, release.missing), ("hubble", "enabled"))
    assert index is not None
    assert (release.layers[index].file, release.layers[index].place.mount) == ("inner/values.yaml", ())


WHOLE = RELEASE + "  values: {debug: {enabled: true}}\n"


@pytest.mark.parametrize(("base", "gaps"), [("../base", []), ("https://example.org/base?ref=v1", [0])])
def test_a_whole_release_may_be_a_patch(base: str, gaps: list[int], tmp_path: Path) -> None:
    files = {
        "over/patch.yaml": WHOLE,
        "over/kustomization.yaml": f"resources:\n- {base}\npatches: [{{path: patch.yaml}}]\n",
    }
    if not gaps:
        files["base/release.yaml"] = RELEASE + "  values: {bpf: {masquerade: true}}\n"
        files["base/kustomization.yaml"] = "resources: [release.yaml]\n"
    release = only(put(tmp_path, files))
    assert release.file == ("over/patch.yaml" if gaps else "base/release.yaml")
    assert [gap.number for gap in release.gaps] == gaps
    assert ("bpf" in merged(release)) is not bool(gaps)


def test_a_patch_of_what_stands_elsewhere_is_named(tmp_path: Path) -> None:
    patch = "patches:\n- target: {kind: HelmRelease, name: cilium}\n  patch: '[]'\n"
    found = put(tmp_path, {"kustomization.yaml": "resources:\n- https://example.org/base?ref=v1\n" + patch})
    reason = "may change what https://example.org/base?ref=v1 has, which is not in the repository"
    assert found.aside == (("kustomization.yaml", reason),)


@pytest.mark.parametrize("home", ["", "helmGlobals: {chartHome: ch}\n"])
@pytest.mark.parametrize("chart", ["cilium", "net"])
def test_kustomize_takes_a_chart_that_lies_beside_it(home: str, chart: str, tmp_path: Path) -> None:
    folder = "ch" if home else "charts"
    own = chart == "cilium"
    values = "{a: 1}" if own else "{cilium: {a: 1}}"
    text = f"helmCharts: [{{name: {chart}, releaseName: r, namespace: n, valuesInline: {values}}}]\n{home}"
    deps = "" if own else "dependencies: [{name: cilium, version: 1.17.2, condition: cilium.here}]\n"
    files = {
        "kustomization.yaml": text,
        f"{folder}/{chart}/Chart.yaml": f"name: {chart}\nversion: 1.17.2\n{deps}",
        f"{folder}/{chart}/values.yaml": "cilium: {a: 0, b: 2}\n",
    }
    release = only(put(tmp_path, files))
    assert said(release) == ("1.17.2", "r", "n")
    assert merged(release) == ({"a": 1} if own else {"a": 1, "b": 2})
    off = put(tmp_path, {"kustomization.yaml": text.replace("a: 1", "here: false")})
    assert bool(off.clusters) is own


def test_flux_installs_a_base_once_for_each_cluster(tmp_path: Path) -> None:
    overlay = "resources: [../../base]\nnamespace: NAME\n"
    files = {"base/r.yaml": RELEASE, "base/kustomization.yaml": "resources: [r.yaml]\n"}
    for name in ("east", "west"):
        files[f"overlays/{name}/kustomization.yaml"] = overlay.replace("NAME", f"net-{name}")
        sync = SYNC.replace("NAME", "apps").replace("PATH", f"overlays/{name}")
        files[f"clusters/{name}/apps.yaml"] = sync
    found = put(tmp_path, files).clusters
    assert [(item.name, [said(release) for release in item.releases]) for item in found] == [
        ("east", [("1.18.2", "cilium", "net-east")]),
        ("west", [("1.18.2", "cilium", "net-west")]),
    ]


@pytest.mark.parametrize(("kind", "clusters"), [("OCIRepository", 2), ("Bucket", 2), ("GitRepository", 1)])
def test_the_top_of_an_artifact_is_not_that_of_the_repository(tmp_path: Path, kind: str, clusters: int) -> None:
    top = SYNC.replace("NAME", "top").replace("./PATH", "./") + f"  sourceRef: {{kind: {kind}, name: packed}}\n"
    files = {"top/ks.yaml": top}
    for name in ("east", "west"):
        files[f"{name}/ks.yaml"] = SYNC.replace("NAME", "x").replace("PATH", f"{name}/app")
        files[f"{name}/app/release.yaml"] = RELEASE + "  values: {debug: {enabled: true}}\n"
    found = {item.name for item in put(tmp_path, files).clusters}
    assert found == ({"east", "west"} if clusters == 2 else {tmp_path.name})


def test_flux_reads_a_chart_from_the_repository_itself(tmp_path: Path) -> None:
    release = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: platform, namespace: net}
spec:
  chart: {spec: {chart: ./charts/platform, sourceRef: {kind: GitRepository, name: x}}}
  values:
    net: {debug: {enabled: true}}
"""
    chart = "name: platform\ndependencies:\n- {name: cilium, alias: net, version: ~1.18.0}\n"
    lock = "dependencies:\n- {name: cilium, version: 1.18.2}\n"
    own = "net:\n  bpf: {masquerade: true}\nglobal: {x: 1}\n"
    files = {
        "r.yaml": release,
        "charts/platform/Chart.yaml": chart,
        "charts/platform/Chart.lock": lock,
        "charts/platform/values.yaml": own,
    }
    found = only(put(tmp_path, files))
    assert said(found) == ("1.18.2", "platform", "net")
    assert found.version_source == "charts/platform/Chart.lock"
    assert merged(found) == {"bpf": {"masquerade": True}, "global": {"x": 1}, "debug": {"enabled": True}}


CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-values}
data:
  values.yaml: |
    cluster: {name: NAME}
"""
FROM = "  valuesFrom: [{kind: ConfigMap, name: cilium-values}]\n"
GENERATOR = "configMapGenerator: [{name: cilium-values, BEHAVIOR files: [values.yaml]}]\n"


@pytest.mark.parametrize(
    ("overlay", "more", "expected"),
    [
        # Each cluster takes its own: an overlay that patches what the base generates says nothing about the base.
        ("patches: [{path: patch.yaml}]\n", {"patch.yaml": CONFIG.replace("NAME", "east")}, "east"),
        ("patchesStrategicMerge: [patch.yaml]\n", {"patch.yaml": CONFIG.replace("NAME", "east")}, "east"),
        (GENERATOR.replace("BEHAVIOR", "behavior: merge,"), {"values.yaml": "cluster: {name: east}\n"}, "east"),
        ("", {"elsewhere/config.yaml": CONFIG.replace("NAME", "other")}, "base"),
    ],
)
def test_flux_takes_the_config_map_of_its_own_cluster(
    tmp_path: Path, overlay: str, more: dict[str, str], expected: str
) -> None:
    base = "resources: [release.yaml]\n" + GENERATOR.replace("BEHAVIOR", "")
    files = {
        "base/release.yaml": RELEASE + FROM,
        "base/kustomization.yaml": base,
        "base/values.yaml": "cluster: {name: base}\n",
        "clusters/east/app/kustomization.yaml": "resources: [../../../base]\n" + overlay,
        "clusters/east/ks.yaml": SYNC.replace("NAME", "x").replace("PATH", "clusters/east/app"),
        "clusters/west/ks.yaml": SYNC.replace("NAME", "x").replace("PATH", "base"),
        **{f"clusters/east/app/{name}": text for name, text in more.items()},
    }
    found = {item.name: merged(item.releases[0]) for item in put(tmp_path, files).clusters}
    assert found == {"east": {"cluster": {"name": expected}}, "west": {"cluster": {"name": "base"}}}


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("  postBuild: {substitute: {OTHER: x}}\n", {"cluster": {"name": "home"}}),
        ("", None),  # a Kustomization above may fill it in
    ],
)
def test_flux_fills_in_the_key_of_a_config_map(tmp_path: Path, build: str, expected: dict[str, object] | None) -> None:
    text = RELEASE + "  valuesFrom: [{kind: ConfigMap, name: cilium-values, valuesKey: '${NAME:=home}.yaml'}]\n"
    files = {
        "app/release.yaml": text,
        "app/kustomization.yaml": "resources: [release.yaml]\n"
        "configMapGenerator: [{name: cilium-values, files: [home.yaml]}]\n",
        "app/home.yaml": "cluster: {name: home}\n",
        "ks.yaml": SYNC.replace("NAME", "x").replace("PATH", "app") + build,
    }
    release = only(put(tmp_path, files))
    if expected is None:
        assert [gap.what for gap in release.gaps] == [
            "ConfigMap cilium-values (${NAME:=home}.yaml) hangs on a placeholder"
        ]
    else:
        assert merged(release) == expected


GENERATE = "configMapGenerator:\n- {{name: one, {0}}}\nresources: [r.yaml]\n"
SECRET = "kind: Secret\nmetadata: {name: one}\ndata: {values.yaml: ZGVidWc6IHtlbmFibGVkOiB0cnVlfQo=, host: MS4y}\n"


@pytest.mark.parametrize(
    ("reference", "files", "expected"),
    [
        ("", {"kustomization.yaml": GENERATE.format("files: [values.yaml=a.yaml]"), "a.yaml": "x: 1\n"}, {"x": 1}),
        ("", {"kustomization.yaml": GENERATE.format("literals: ['values.yaml=x: {z: true}']")}, {"x": {"z": True}}),
        (", valuesKey: a", {"kustomization.yaml": GENERATE.format("envs: [e]"), "e": "# n\n a=x: 0777\n"}, {"x": 511}),
        (", valuesKey: a, targetPath: x.y", {"kustomization.yaml": GENERATE.format("env: e"), "e": "a=12"}, 12),
        (", valuesKey: a, targetPath: x.y", {"kustomization.yaml": GENERATE.format("literals: ['a=\"12\"']")}, 12),
        (", valuesKey: a, targetPath: x.y", {"kustomization.yaml": GENERATE.format("literals: [a=b=c]")}, "b=c"),
        (", kind: Secret", {"s.yaml": SECRET}, {"debug": {"enabled": True}}),
        (", kind: Secret, valuesKey: host, targetPath: x.y", {"s.yaml": SECRET}, "1.2"),
    ],
)
def test_flux_reads_what_is_generated_or_encoded(
    reference: str, files: dict[str, str], expected: object, tmp_path: Path
) -> None:
    text = (
        RELEASE
        + f"  valuesFrom: [{{{('kind: ConfigMap' if 'kind' not in reference else '')}{reference}, name: one}}]\n"
    )
    release = only(put(tmp_path, {"r.yaml": text.replace("{, ", "{"), **files}))
    assert not release.gaps
    if isinstance(expected, dict):
        assert merged(release) == expected
    else:
        assert merged(release) == {"x": {"y": expected}}


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"s.yaml": SECRET.replace("ZGVi", "ZG")}, "Secret one: s.yaml does not hold it as a text in base64"),
        ({"s.yaml": SECRET.replace("ZGVidWc6IHtlbmFibGVkOiB0cnVlfQo=", "YTogWwo=")}, "Secret one: "),
        (
            {"s.yaml": SECRET.replace("ZGVidWc6IHtlbmFibGVkOiB0cnVlfQo=", "YQo=")},
            "Secret one: values are a map of options",
        ),
        ({"s.yaml": SECRET.replace("ZGVi", "'ENC[").replace("Qo=", "]'")}, "Secret one: it is encrypted, in s.yaml"),
        (
            {
                "kustomization.yaml": "secretGenerator: [{name: one, envs: [e]}]\nresources: [r.yaml]\n",
                "e": "values.yaml\n",
            },
            "Secret one: it comes from e, where it is not said",
        ),
    ],
)
def test_flux_says_why_a_secret_cannot_be_read(files: dict[str, str], what: str, tmp_path: Path) -> None:
    text = RELEASE + "  valuesFrom: [{kind: Secret, name: one}]\n"
    release = only(put(tmp_path, {"r.yaml": text, **files}))
    assert [gap.what.startswith(what) for gap in release.gaps] == [True], release.gaps


def test_what_is_generated_for_an_umbrella_is_taken_by_its_key(tmp_path: Path) -> None:
    release = RELEASE.replace("{chart: cilium, version: 1.18.2}", "{chart: ./c, sourceRef: {kind: GitRepository}}")
    release += "  valuesFrom: [{kind: ConfigMap, name: one}]\n"
    values = "net: {debug: {enabled: true}}, other: 1, global: {x: 1}"
    files = {
        "r.yaml": release,
        "kustomization.yaml": GENERATE.format(f"literals: ['values.yaml={{{values}}}']"),
        "c/Chart.yaml": "name: x\ndependencies: [{name: cilium, alias: net, version: 1.18.2}]\n",
    }
    assert merged(only(put(tmp_path, files))) == {"debug": {"enabled": True}, "global": {"x": 1}}


VARIABLES = "  postBuild:\n    substituteFrom:\n      - {kind: KIND, name: settings}\n    substitute: {LAST: here}\n"


@pytest.mark.parametrize(
    ("kind", "files", "expected"),
    [
        ("Secret", {"s.yaml": "kind: Secret\nmetadata: {name: settings}\nstringData: {NAME: home}\n"}, "home"),
        ("Secret", {"s.yaml": "kind: Secret\nmetadata: {name: settings}\ndata: {NAME: aG9tZQ==}\n"}, "home"),
        ("Secret", {"s.yaml": "kind: Secret\nmetadata: {name: settings}\nstringData: {NAME: 'ENC[x]'}\n"}, None),
        (
            "Secret",
            {"k/kustomization.yaml": "secretGenerator: [{name: settings, envs: [e]}]\n", "k/e": "NAME=home"},
            "home",
        ),
        ("Secret", {"k/kustomization.yaml": "secretGenerator: [{name: settings, envs: [e]}]\n"}, None),
        (
            "ConfigMap",
            {"k/kustomization.yaml": "configMapGenerator: [{name: settings, literals: [NAME=home]}]\n"},
            "home",
        ),
        (
            "ConfigMap",
            {"k/kustomization.yaml": "configMapGenerator: [{name: settings, files: [NAME=f]}]\n", "k/f": "home"},
            "home",
        ),
        ("ConfigMap", {"k/kustomization.yaml": "configMapGenerator: [{name: settings, literals: [A=b]}]\n"}, "default"),
        (
            "ConfigMap",
            {"k/kustomization.yaml": "configMapGenerator: [{name: settings, behavior: merge, literals: [A=b]}]\n"},
            None,
        ),
        (
            "ConfigMap",
            {
                f"{name}/s.yaml": f"kind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{NAME: {name}}}\n"
                for name in "ab"
            },
            None,
        ),
        (
            "ConfigMap",
            {
                f"{name}/s.yaml": f"kind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{NAME: {name}}}\n"
                for name in ("ks", "b")
            },
            "ks",
        ),
    ],
)
def test_flux_takes_variables_from_what_stands_in_the_repository(
    kind: str, files: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + VARIABLES.replace("KIND", kind)
    text = RELEASE + "  values: {cluster: {name: '${NAME:=default}'}, k8sServiceHost: '${LAST}'}\n"
    found = merged(only(put(tmp_path, {"app/release.yaml": text, "ks/sync.yaml": sync, **files})))
    name = Unknown("${NAME:=default}") if expected is None else expected
    assert found == {"cluster": {"name": name}, "k8sServiceHost": "here"}


def test_the_last_source_of_a_variable_wins(tmp_path: Path) -> None:
    sources = "[{kind: ConfigMap, name: one}, {kind: Secret, name: two}]"
    sync = SYNC.replace("NAME", "x").replace("PATH", "app") + f"  postBuild: {{substituteFrom: {sources}}}\n"
    data = "{A: first, B: first, C: first}"
    files = {
        "app/release.yaml": RELEASE + "  values: {a: '${A}', b: '${B}', c: '${C}'}\n",
        "sync.yaml": sync,
        "one.yaml": f"kind: ConfigMap\nmetadata: {{name: one}}\ndata: {data}\n",
        "two.yaml": "kind: Secret\nmetadata: {name: two}\nstringData: {B: last, C: 'ENC[x]'}\n",
    }
    assert merged(only(put(tmp_path, files))) == {"a": "first", "b": "last", "c": Unknown("${C}")}


# --- Argo CD --------------------------------------------------------------------------------------


def test_argo_parameters_come_last(tmp_path: Path) -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cilium}
spec:
  destination: {namespace: kube-system}
  source:
    chart: cilium
    targetRevision: 1.18.2
    helm:
      valuesObject: {debug: {enabled: true}, cluster: {id: 1}}
      parameters:
        - {name: debug.enabled, value: "false"}
        - {name: cluster.name, value: "7", forceString: true}
"""
    release = only(put(tmp_path, {"a.yaml": text}))
    assert merged(release) == {"debug": {"enabled": False}, "cluster": {"id": 1, "name": "7"}}
    found = release.layers[1].find(("debug", "enabled"))
    assert found is not None
    assert text[found.node.start : found.node.end] == '"false"'


def test_what_an_application_set_fills_in_is_known_and_not_written_over(tmp_path: Path) -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  goTemplate: true
  generators: [{list: {elements: [{name: home, id: 7}]}}]
  template:
    metadata: {name: net}
    spec:
      destination: {namespace: sys}
      source:
        chart: cilium
        targetRevision: 1.18.2
        helm:
          valuesObject:
            cluster: {name: "{{ .name }}", id: "{{ .id }}"}
            debug: {enabled: "{{ .nowhere }}"}
"""
    workspace = put(tmp_path, {"a.yaml": text})
    cluster = {"name": "home", "id": "7"}  # it was in quotes, and stays a text
    assert merged(only(workspace)) == {"cluster": cluster, "debug": {"enabled": Unknown("{{ .nowhere }}")}}
    findings = engine.run(workspace, load_rules()).findings
    assert [(item.rule, format_path(item.place.path)) for item in findings] == [("wrong-type", "cluster.id")]
    layer = only(workspace).layers[0]
    for path in ("cluster.id", "cluster"):
        with pytest.raises(CannotPatch, match="a placeholder stands there"):
            layer.at_desk((Set(parse_path(path), 7),))
    assert layer.at_desk((Set(parse_path("cluster.other"), 7),))


APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: net}
spec:
  destination: {namespace: sys}
  sources:
  - {repoURL: 'https://x/values.git', ref: values}
  - chart: cilium
    targetRevision: 1.18.2
    helm: {HELM}
"""


@pytest.mark.parametrize(
    ("helm", "expected", "gaps"),
    [
        ("valueFiles: [$values/env/*.yaml]", {"a": "two", "b": 1}, []),
        ("valueFiles: ['$values/env/[ab].yaml', $values/env/a.yaml]", {"a": "one", "b": 1}, []),
        ("valueFiles: [$values/env/x*.yaml]", {}, ["x*.yaml of https://x/values.git is not in this repository"]),
        ("valueFiles: [$values/env/**/*.yaml]", {"a": "three", "b": 1, "c": 1}, []),
        (
            "valueFiles: [$values/env/a.yaml, $values/env/x.yaml], ignoreMissingValueFiles: true",
            {"a": "one", "b": 1},
            [],
        ),
        ("valueFiles: [$values/env/x.yaml], ignoreMissingValueFiles: true", {}, ["x.yaml of https://x/values.git is"]),
        ("valueFiles: [own.yaml], ignoreMissingValueFiles: true", {}, ["own.yaml is one of the chart's own"]),
        (
            "fileParameters: [{name: x.z, path: $values/note.txt}], parameters: [{name: x.z, value: b}]",
            {"x": {"z": "n: ${1\n"}},
            [],
        ),
        (
            "fileParameters: [{name: x.z, path: $values/none.txt}]",
            {"x": {"z": Unknown("${the file parameter x.z}")}},
            [],
        ),
        # As with Helm's own flags: files, then --set, then --set-string, whatever the order in the list.
        (
            "values: 'a: text', valuesObject: {b: 2}, valueFiles: [$values/env/a.yaml], "
            "parameters: [{name: c, value: '1', forceString: true}, {name: c, value: '2'}]",
            {"a": "one", "b": 2, "c": "1"},
            [],
        ),
    ],
)
def test_argo_takes_values_in_the_order_of_helm(
    helm: str, expected: dict[str, object], gaps: list[str], tmp_path: Path
) -> None:
    files = {
        "app.yaml": APP.replace("HELM", helm),
        "env/a.yaml": "a: one\nb: 1\n",
        "env/b.yaml": "a: two\n",
        "env/deep/c.yaml": "a: three\nc: 1\n",
        "note.txt": "n: ${1\n",
    }
    release = next(
        item for cluster in put(tmp_path, files).clusters for item in cluster.releases if item.file == "app.yaml"
    )
    assert merged(release) == expected
    assert [part in gap.what for part, gap in zip(gaps, release.gaps, strict=True)] == [True] * len(gaps)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_objects_in_json_are_read_and_not_edited(indent: object, tmp_path: Path) -> None:
    import json

    values = {"prometheus": {"enabled": True, "serviceMonitor": {"enabled": True, "labels": {"release": "x"}}}}
    spec = {"chart": {"spec": {"chart": "cilium", "version": "1.18.2"}}, "values": values}
    head = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease"}
    item = {**head, "metadata": {"name": "cilium", "namespace": "kube-system"}, "spec": spec}
    data = {"apiVersion": "v1", "kind": "List", "items": [item]}
    text = json.dumps(data, indent=indent)  # type: ignore[arg-type]
    workspace = put(
        tmp_path, {"all.json": text, "package.json": '{"name": "cilium"}', "broken.json": '{"apiVersion": '}
    )
    release = only(workspace)
    assert said(release) == ("1.18.2", "cilium", "kube-system")
    assert merged(release) == values
    with pytest.raises(CannotPatch, match="JSON"):
        release.layers[0].at_desk((Set(parse_path("debug.enabled"), True),))


def test_argo_goes_to_other_clusters(tmp_path: Path) -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  generators:
    - matrix:
        generators:
          - git: {directories: [{path: apps/*}, {path: apps/old, exclude: true}]}
          - list: {elements: [{cluster: east, v: 1.18.2}, {cluster: west, v: 1.17.2}]}
  template:
    metadata: {name: '{{path.basename}}-{{cluster}}'}
    spec:
      destination: {name: '{{cluster}}', namespace: kube-system}
      source:
        chart: '{{path.basename}}'
        targetRevision: '{{v}}'
        helm: {values: 'debug: {enabled: true}'}
"""
    files = {"a.yaml": text, "apps/cilium/x.yaml": "a: 1\n", "apps/old/x.yaml": "a: 1\n"}
    found = put(tmp_path, files).clusters
    assert [(item.name, [said(release) for release in item.releases]) for item in found] == [
        ("east", [("1.18.2", "cilium-east", "kube-system")]),
        ("west", [("1.17.2", "cilium-west", "kube-system")]),
    ]


def test_argo_says_why_there_is_no_release(tmp_path: Path) -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cilium}
spec: {source: {path: infra/cilium}}
"""
    workspace = put(tmp_path, {"a.yaml": text})
    assert workspace.aside == (("a.yaml", "the folder infra/cilium of its source is not in this repository"),)
    assert not workspace.skipped


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('{{ default .name (dig "namespace" "" .) }}', "monitoring"),
        ('{{ default .name (dig "absent" "" .) }}', "cilium"),
        ('{{ (dig "namespace" "" .) | upper | lower }}', "monitoring"),
        ('{{ trimPrefix (trimSuffix "-system" "kube-system") (default "kube-net" "") }}', "-net"),
        ("{{ ternary .name (unknown .x) }}", None),
        ("{{ (.name }}", "cilium"),
        ("{{ .name) }}", None),
    ],
)
def test_argo_evaluates_what_stands_in_parentheses(tmp_path: Path, expression: str, expected: str | None) -> None:
    text = f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: all}}
spec:
  goTemplate: true
  generators: [{{list: {{elements: [{{name: cilium, namespace: monitoring}}]}}}}]
  template:
    metadata: {{name: '{{{{ .name }}}}'}}
    spec:
      destination: {{namespace: '{expression}'}}
      source: {{chart: cilium, targetRevision: 1.18.2}}
"""
    release = only(put(tmp_path, {"a.yaml": text}))
    assert said(release) == ("1.18.2", "cilium", expected)


# --- the others -----------------------------------------------------------------------------------


GENERATED = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: set}
spec:
  goTemplate: true
  generators:
  - GENERATOR
  template:
    metadata: {name: 'cilium-{{ .path.basename }}'}
    spec:
      destination: {namespace: sys}
      source: {repoURL: 'https://helm.cilium.io', chart: cilium, targetRevision: '{{ VERSION }}'}
"""


@pytest.mark.parametrize(
    ("generator", "version", "file"),
    [
        ("git: {files: [{path: 'clusters/*/config.json'}]}", ".net.version", "clusters/a/config.json"),
        ("git: {files: [{path: 'clusters/**/config.json'}]}", ".net.version", "clusters/eu/a/config.json"),
        (
            "git: {files: [{path: 'clusters/*/config.yaml'}], values: {it: '{{ .net.version }}'}}",
            ".values.it",
            "clusters/a/config.yaml",
        ),
    ],
)
def test_argo_reads_files_for_its_generators(generator: str, version: str, file: str, tmp_path: Path) -> None:
    text = GENERATED.replace("GENERATOR", generator).replace("VERSION", version)
    release = only(put(tmp_path, {"set.yaml": text, file: '{"net": {"version": "1.17.2"}}'}))
    assert said(release) == ("1.17.2", "cilium-a", "sys")


def test_argo_says_where_it_stops_to_count(tmp_path: Path) -> None:
    elements = ", ".join(f"{{path: {{basename: c{number}}}}}" for number in range(501))
    text = GENERATED.replace("GENERATOR", f"list: {{elements: [{elements}]}}").replace("{{ VERSION }}", "1.18.2")
    found = [release for cluster in put(tmp_path, {"set.yaml": text}).clusters for release in cluster.releases]
    assert len(found) == 500
    assert found[0].unresolved == ("the file makes more than 500 Applications: the rest is not read",)


def test_a_helm_chart_config_belongs_to_the_chart_that_the_distribution_brings(tmp_path: Path) -> None:
    text = """\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: rke2-cilium, namespace: kube-system}
spec:
  valuesContent: |-
    hubble:
      enabled: true
"""
    release = only(put(tmp_path, {"c.yaml": text}))
    assert (release.chart, *said(release)) == ("cilium", None, "rke2-cilium", "kube-system")
    assert merged(release) == {"hubble": {"enabled": True}}


def test_what_a_helm_chart_sets_wins_over_all_values(tmp_path: Path) -> None:
    chart = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: cilium, namespace: kube-system}
spec:
  chart: cilium
  version: 1.18.2
  set: {bpf.masquerade: "true"}
  values: {bpf: {masquerade: false, preallocateMaps: true}, debug: {enabled: true}}
  valuesContent: |-
    bpf: {preallocateMaps: false, tproxy: true}
"""
    config = """\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: cilium, namespace: kube-system}
spec:
  valuesSecrets: [{name: more, keys: [values.yaml]}]
  valuesContent: |-
    bpf: {masquerade: false}
  values: {debug: {enabled: false}}
"""
    release = only(put(tmp_path, {"a.yaml": chart, "b.yaml": config}))
    bpf = {"masquerade": True, "preallocateMaps": True, "tproxy": True}
    assert merged(release) == {"bpf": bpf, "debug": {"enabled": False}}
    assert [path for _, path in layers(release)] == [
        "spec.valuesContent",
        "spec.values",
        "spec.valuesContent",
        "spec.values",
        "spec.set",
    ]
    assert [(gap.number, gap.what) for gap in release.gaps] == [(4, "Secret more is not in the repository")]


def test_a_helm_chart_sets_numbers_and_words_as_such(tmp_path: Path) -> None:
    text = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: cilium, namespace: kube-system}
spec:
  chart: https://helm.cilium.io/cilium-1.18.2.tgz
  set: {cluster.id: 5, debug.enabled: "true", cluster.name: "12"}
"""
    release = only(put(tmp_path, {"c.yaml": text}))
    assert said(release) == ("1.18.2", "cilium", "kube-system")
    assert merged(release) == {"cluster": {"id": 5, "name": "12"}, "debug": {"enabled": True}}


@pytest.mark.parametrize(
    ("merge", "expected"),
    [("override", {"a": 2, "b": 1, "c": 3}), ("merge", {"a": 1, "b": 1, "c": 3}), ("replace", {"a": 2, "c": 3})],
)
def test_kustomize_merges_as_it_is_told(tmp_path: Path, merge: str, expected: dict[str, int]) -> None:
    text = f"""\
helmCharts:
- name: cilium
  version: 1.18.2
  releaseName: cilium
  namespace: kube-system
  valuesFile: one.yaml
  valuesInline: {{a: 2}}
  valuesMerge: {merge}
  additionalValuesFiles: [more.yaml]
"""
    files = {"kustomization.yaml": text, "one.yaml": "a: 1\nb: 1\n", "more.yaml": "c: 3\n"}
    assert merged(only(put(tmp_path, files))) == expected


def test_helmfile_inherits(tmp_path: Path) -> None:
    text = """\
templates:
  net: {namespace: kube-system, version: 1.18.2}
releases:
  - name: cilium
    chart: cilium/cilium
    inherit: [{template: net}]
    values: [{debug: {enabled: true}}, "{{ .Environment.Name }}.yaml"]
"""
    release = only(put(tmp_path, {"helmfile.yaml": text}))
    assert said(release) == ("1.18.2", "cilium", "kube-system")
    assert release.missing == (1,)


# As helmfile merges: what a template says of single things stays, lists and files of all are laid over each other.
def test_helmfile_lays_a_release_over_its_templates(tmp_path: Path) -> None:
    text = """\
bases: [base.yaml]
templates:
  net:
    version: 1.18.2
    chart: cilium/{{`{{ .Release.Name }}`}}
    inherit: [{template: deep, except: [set]}]
    values: [{a: net, b: net}, '{{ .Release.Name }}/*.yaml']
defaultInherit: all
---
namespace: kube-system
releases:
  - name: cilium
    namespace: other
    version: 1.17.0
    inherit: [{template: net}, {template: nowhere}]
    values: [{c: own}, {d: "{{ .Values.d }}"}]
    setString: [{name: e, value: 1}]
    set: [{name: h, value: "{{ .Values.h }}"}, {name: i, values: [1, "{{ .Values.i }}"]}]
"""
    base = "templates:\n  deep: {values: [{a: deep, z: deep}], set: [{name: f, value: 1}]}\n"
    base += "  all: {set: [{name: g, value: 1}]}\n"
    files = {"cilium/a.yaml": "b: file\nc: file\n", "cilium/b.yaml": "x: '{{ tpl }}'\n"}
    release = only(put(tmp_path, {"helmfile.yaml": text, "base.yaml": base, **files}))
    assert said(release) == ("1.18.2", "cilium", "kube-system")
    assert release.unresolved == ("the template nowhere is not in the repository",)
    assert merged(release) == {
        "a": "net",
        "b": "file",
        "c": "own",
        "d": Unknown("{{ .Values.d }}"),
        "e": "1",
        "g": 1,
        "h": Unknown("{{ .Values.h }}"),
        "i": [1, Unknown("{{ .Values.i }}")],
        "x": "{{ tpl }}",
        "z": "deep",
    }


def test_templates_of_helmfile_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    text = "templates:\n  a: {inherit: [{template: b}], values: [{a: 1}]}\n  b: {inherit: [{template: a}]}\n"
    text += "releases:\n- {name: c, chart: cilium/cilium, inherit: [{template: a}]}\n"
    assert merged(only(put(tmp_path, {"helmfile.yaml": text}))) == {"a": 1}


def test_only_the_last_part_of_a_helmfile_lists_the_releases(tmp_path: Path) -> None:
    part = "releases:\n- {name: NAME, namespace: x, chart: cilium/cilium, version: 1.18.2}\n"
    text = part.replace("NAME", "first") + "---\n" + part.replace("NAME", "last") + "---\nhelmDefaults: {wait: true}\n"
    assert only(put(tmp_path, {"helmfile.yaml": text})).name == "last"


def test_a_release_that_helmfile_takes_away_is_none(tmp_path: Path) -> None:
    text = "templates: {gone: {installed: false}}\nreleases:\n- {name: a, chart: cilium/cilium, installed: false}\n"
    text += "- {name: b, chart: cilium/cilium, inherit: [{template: gone}]}\n"
    text += "- {name: c, chart: cilium/cilium, installed: true, inherit: [{template: gone}]}\n"
    assert only(put(tmp_path, {"helmfile.yaml": text})).name == "c"


def test_a_helmfile_that_takes_all_away_says_so(tmp_path: Path) -> None:
    text = "releases:\n- {name: a, chart: cilium/cilium, installed: false}\n"
    aside = put(tmp_path, {"helmfile.yaml": text}).aside
    assert aside == (("helmfile.yaml", "installed: false takes the release a away"),)


def test_a_helmfile_that_can_only_be_rendered_installs_nothing(tmp_path: Path) -> None:
    text = """\
helmDefaults:
  args: [--include-crds, --no-hooks]
releases:
- {name: kps, namespace: monitoring, chart: prometheus-community/kube-prometheus-stack, version: 87.0.0}
"""
    release = RELEASE + "  values: {prometheus: {enabled: true, serviceMonitor: {enabled: true}}}\n"
    (cluster,) = put(tmp_path, {"crds.yaml": text, "release.yaml": release}).clusters
    assert [item.chart for item in cluster.releases] == ["cilium"]
    assert [(item.chart, item.unresolved) for item in cluster.others] == [
        ("kube-prometheus-stack", ("--include-crds is for helmfile template alone: it is not judged",))
    ]


def test_a_chart_that_a_distribution_made_of_one(tmp_path: Path) -> None:
    text = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: NAME, namespace: sys}
spec:
  chart: NAME
  version: VERSION
  valuesContent: |-
    rkeProxy: {enabled: true}
    prometheus: {enable: true}
"""
    made = text.replace("NAME", "rancher-monitoring").replace("VERSION", "106.1.2+up69.8.2-rancher.7")
    workspace = put(tmp_path, {"a.yaml": made})
    assert said(only(workspace)) == ("69.8.2", "rancher-monitoring", "sys")
    report = engine.run(workspace, [rule for rule in load_rules() if rule.id == "unknown-option"])
    assert not report.findings
    assert [item.decided_by for item in report.undecided] == ["the templates of rancher-monitoring"] * 2
    packed = text.replace("NAME", "rke2-cilium").replace("VERSION", "1.18.103")
    assert said(only(put(tmp_path, {"a.yaml": packed}))) == ("1.18.1", "rke2-cilium", "sys")


def test_a_chart_that_a_distribution_made_starts_from_other_values(tmp_path: Path) -> None:
    stack = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: rancher-monitoring, namespace: cattle-monitoring-system}
spec:
  chart: NAME
  version: 104.1.0+up57.0.3
---
"""
    cilium = """\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: rke2-cilium, namespace: kube-system}
spec:
  valuesContent: |-
    prometheus: {enabled: true, port: 9964, serviceMonitor: {enabled: true}}
"""

    def findings(text: str) -> list[tuple[str, str]]:
        report = engine.run(put(tmp_path, {"a.yaml": text}), load_rules())
        return [(item.rule, item.severity) for item in report.findings if item.severity != "info"]

    # Its Prometheus takes every monitor, and Envoy does not run on its own.
    assert findings(stack.replace("NAME", "rancher-monitoring") + cilium) == []
    official = stack.replace("NAME", "kube-prometheus-stack").replace("104.1.0+up", "")
    assert ("monitor-not-selected", "error") in findings(official + cilium)


def test_rke2_takes_values_from_the_keys_of_a_secret(tmp_path: Path) -> None:
    text = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: cilium, namespace: sys}
spec:
  chart: cilium
  version: 1.18.2
  set: {"debug.enabled": "true", cluster.id: 3}
  values: {bpf: {a: 1, b: 1}}
  valuesContent: 'bpf: {a: 0, z: 0}'
  valuesSecrets: [{name: one, keys: [b.yaml, a.yaml]}, {name: none}, {name: gone, keys: [x]}]
"""
    secret = "kind: Secret\nmetadata: {name: one}\nstringData: {a.yaml: 'bpf: {b: 3}', b.yaml: 'bpf: {b: 2, c: 2}'}\n"
    release = only(put(tmp_path, {"a.yaml": text, "s.yaml": secret}))
    assert [gap.what for gap in release.gaps] == ["Secret gone is not in the repository"]
    assert Values(list(release.layers), {}).user == {
        "bpf": {"a": 1, "b": 3, "c": 2, "z": 0},
        "debug": {"enabled": True},
        "cluster": {"id": 3},
    }


def test_fleet_makes_a_release_for_each_target(tmp_path: Path) -> None:
    text = """\
namespace: kube-system
helm: {chart: cilium, version: 1.18.2, releaseName: cilium, values: {debug: {enabled: true}}}
targetCustomizations:
  - {name: east, clusterName: e, helm: {values: {debug: {enabled: false}}}}
  - {name: west, clusterGroup: w, helm: {version: 1.17.2}}
  - {name: nobody, helm: {version: 1.16.2}}
"""
    found = put(tmp_path, {"cilium/fleet.yaml": text}).clusters
    assert [(item.name, item.releases[0].version, merged(item.releases[0])) for item in found if item.releases] == [
        ("east", "1.18.2", {"debug": {"enabled": False}}),
        ("west", "1.17.2", {"debug": {"enabled": True}}),
    ]


EAST = "{name: east, clusterName: e, helm: {values: {debug: {enabled: false}}}}"
WEST = "{clusterSelector: {matchLabels: {env: west}}, helm: {values: {debug: {enabled: false}}}}"
GIT = "apiVersion: fleet.cattle.io/v1alpha1\nkind: GitRepo\nspec:\n  paths: [PATH]\n  targets: [TARGETS]\n"


# A cluster takes the first customization that it matches, or else the bundle as it is.
@pytest.mark.parametrize(
    ("more", "git", "judged", "listed"),
    [
        ("", "", {None: True}, []),
        (f"targetCustomizations: [{EAST}]", "", {"east": False}, [True]),
        (f"targetCustomizations: [{EAST}, {{clusterSelector: {{}}, doNotDeploy: true}}]", "", {"east": False}, []),
        ("targetCustomizations: [{clusterSelector: {}, name: all}]", "", {"all": True}, []),
        ("targetCustomizations: [{clusterName: e, doNotDeploy: true}]", "", {None: True}, []),
        (f"targetCustomizations: [{EAST}]\noverrideTargets: [{{clusterName: e}}]", "", {"east": False}, [True]),
        (
            f"targetCustomizations: [{EAST}]\noverrideTargets: [{{clusterName: e}}, {{clusterName: f}}]",
            "",
            {"east": False, "f": True},
            [],
        ),
        (f"targetCustomizations: [{EAST}]", GIT.replace("TARGETS", "{clusterName: g}"), {"east": False, "g": True}, []),
        (f"targetCustomizations: [{EAST}]", GIT.replace("PATH", "x"), {"east": False}, [True]),
        (
            f"targetCustomizations: [{WEST}]",
            GIT.replace("TARGETS", "{name: mid, clusterSelector: {matchLabels: {env: mid}}}"),
            {"env=west": False, "mid": True},
            [],
        ),
        (
            f"targetCustomizations: [{WEST}]",
            GIT.replace("TARGETS", "{clusterSelector: {matchLabels: {zone: a}}}"),
            {"env=west": False},
            [True],
        ),
    ],
)
def test_fleet_deploys_the_bundle_as_it_is_where_nothing_customizes_it(
    more: str, git: str, judged: dict[str | None, bool], listed: list[bool], tmp_path: Path
) -> None:
    text = "helm: {chart: cilium, version: 1.18.2, releaseName: cilium, values: {debug: {enabled: true}}}\n"
    files = {"apps/cilium/fleet.yaml": f"{text}{more}\n"}
    if git:
        files["git.yaml"] = git.replace("PATH", "apps").replace("TARGETS", "{clusterName: g}")
    found = put(tmp_path, files).clusters
    releases = [(item.name, release) for item in found for release in item.releases]
    assert {(name, merged(release)["debug"]["enabled"]) for name, release in releases} == {  # type: ignore[index]
        (tmp_path.name if name is None else name, value) for name, value in judged.items()
    }
    others = [release for item in found for release in item.others]
    assert [merged(release)["debug"]["enabled"] for release in others] == listed  # type: ignore[index]
    assert all("no customization" in release.unresolved[-1] for release in others)


@pytest.mark.parametrize(
    ("more", "other", "gaps"),
    [
        ("", "", []),
        ("", CONFIG, ["ConfigMap cilium-values is read in the cluster"]),
        (", namespace: net", CONFIG.replace("name: cil", "namespace: x, name: cil"), []),
        (", key: other", "", ["ConfigMap cilium-values: c.yaml holds no key other"]),
    ],
)
def test_fleet_takes_values_from_a_config_map_of_the_repository(
    more: str, other: str, gaps: list[str], tmp_path: Path
) -> None:
    helm = f"releaseName: r, valuesFrom: [{{configMapKeyRef: {{name: cilium-values{more}}}}}]"
    text = f"helm: {{chart: cilium, version: 1.18.2, values: {{cluster: {{name: x, id: 1}}}}, {helm}}}\n"
    config = CONFIG.replace("name: cil", "namespace: net, name: cil") if "namespace" in more else CONFIG
    files = {"net/fleet.yaml": text, "c.yaml": config} | ({"d.yaml": other} if other else {})
    release = only(put(tmp_path, files))
    assert [gap.what for gap in release.gaps] == gaps
    if not gaps:
        assert merged(release) == {"cluster": {"name": "NAME", "id": 1}}


def test_a_bundle_without_customizations_goes_to_all_clusters(tmp_path: Path) -> None:
    head = "helm: {chart: CHART, version: VERSION, releaseName: r, values: {debug: {enabled: true}}}\n"
    targets = "targetCustomizations: [{clusterName: east}, {clusterName: west}]\n"
    files = {
        "cilium/fleet.yaml": head.replace("CHART", "cilium").replace("VERSION", "1.18.2") + targets,
        "kps/fleet.yaml": head.replace("CHART", "kube-prometheus-stack").replace("VERSION", "77.6.0"),
    }
    found = {item.name: [release.chart for release in item.releases] for item in put(tmp_path, files).clusters}
    both = ["cilium", "kube-prometheus-stack"]
    assert found == {"east": both, "west": both, tmp_path.name: ["kube-prometheus-stack"]}
    one = put(tmp_path, {"cilium/fleet.yaml": files["cilium/fleet.yaml"].replace(", {clusterName: west}", "")})
    assert [[release.chart for release in item.releases] for item in one.clusters] == [both]


@pytest.mark.parametrize("chart", ["chart", "./chart"])
def test_fleet_installs_a_chart_of_its_own_folder(chart: str, tmp_path: Path) -> None:
    files = {
        "net/fleet.yaml": f"namespace: sys\nhelm: {{chart: {chart}, releaseName: r, values: {{cilium: {{a: 1}}}}}}\n"
        "kustomize: {dir: k}\nyaml: {overlays: [more]}\n",
        "net/chart/Chart.yaml": "name: x\ndependencies: [{name: cilium, version: 1.18.2, condition: cilium.here}]\n",
        "net/chart/values.yaml": "cilium: {b: 2}\n",
    }
    release = only(put(tmp_path, files))
    assert said(release) == ("1.18.2", "r", "sys")
    assert merged(release) == {"a": 1, "b": 2}
    assert [gap.what for gap in release.gaps] == ["the overlay more may change the files of the chart"]
    assert "kustomize changes what the chart renders" in release.unresolved
    off = put(tmp_path, {"net/chart/values.yaml": "cilium: {here: false}\n"})
    assert not off.clusters


def test_all_customizations_of_fleet_may_match_at_once(tmp_path: Path) -> None:
    text = "targetCustomizationMode: AllMatches\nhelm: {chart: cilium, version: 1.18.2, releaseName: r}\n"
    text += "targetCustomizations: [{clusterGroup: g, helm: {values: {debug: {enabled: true}}}}]\n"
    (release,) = [release for item in put(tmp_path, {"net/fleet.yaml": text}).clusters for release in item.releases]
    assert [gap.what for gap in release.gaps] == ["other customizations may match the cluster as well"]


def test_fleet_puts_what_it_looks_up_in_the_cluster_on_top(tmp_path: Path) -> None:
    text = """\
defaultNamespace: elsewhere
helm:
  chart: cilium
  version: 1.18.2
  releaseName: cilium
  values: {debug: {enabled: true}, cluster: {id: 1}, hubble: {enabled: true}}
  valuesFiles: [files.yaml]
  valuesFrom: [{secretKeyRef: {name: looked-up}}]
targetCustomizations:
  - name: east
    clusterSelector: {}
    defaultNamespace: kube-system
    helm:
      values: {debug: {enabled: false}}
      templateValues: {hubble: "{enabled: ${ .ClusterLabels.hubble }}"}
"""
    files = {"cilium/fleet.yaml": text, "cilium/files.yaml": "debug: {verbose: flow}\ncluster: {id: 2}\n"}
    release = only(put(tmp_path, files))
    assert said(release) == ("1.18.2", "cilium", "kube-system")
    data = merged(release)
    assert data["debug"] == {"enabled": False, "verbose": "flow"}
    assert data["cluster"] == {"id": 2}
    assert isinstance(data["hubble"], Unknown)
    assert [(gap.number, gap.what) for gap in release.gaps] == [
        (len(release.layers), "Secret looked-up is read in the cluster")
    ]


def test_an_umbrella_that_nobody_installs_has_no_name(tmp_path: Path) -> None:
    chart = "name: x\ndependencies:\n- {name: cilium, version: 1.18.2, condition: net.enabled}\n"
    on = put(tmp_path / "on", {"on/Chart.yaml": chart, "on/values.yaml": "cilium: {debug: {enabled: true}}\n"})
    release = only(on)
    assert said(release) == ("1.18.2", None, None)
    assert layers(release) == [("on/on/values.yaml", "cilium")]


@pytest.mark.parametrize(
    ("repository", "wrapped"),
    [("oci://registry.example/wrappers", True), ("https://helm.cilium.io/", False), ("https://helm.cilium.io", False)],
)
def test_a_dependency_may_wrap_the_chart_that_it_is_called_after(
    tmp_path: Path, repository: str, wrapped: bool
) -> None:
    chart = f"name: x\ndependencies:\n- {{name: cilium, version: 1.18.2, repository: '{repository}'}}\n"
    values = "cilium: {cilium: {debug: {enabled: true}}}\n"
    found = put(tmp_path, {"c/Chart.yaml": chart, "c/values.yaml": values})
    assert bool(found.clusters) != wrapped
    reason = f"cilium of {repository} wraps the chart: it does not say which version"
    assert found.aside == ((("c/Chart.yaml", reason),) if wrapped else ())


@pytest.mark.parametrize("name", ["x", "cilium"])
def test_a_chart_that_depends_on_a_known_one_wraps_it_whatever_its_own_name(tmp_path: Path, name: str) -> None:
    files = {
        "net/Chart.yaml": f"name: {name}\nversion: 0.1.0\ndependencies:\n- {{name: cilium, version: 1.18.2}}\n",
        "net/values.yaml": "cilium: {debug: {enabled: true}}\n",
        "net/cilium-prod.yaml": "bpf: {masquerade: true}\nhubble: {enabled: true}\n",
    }
    workspace = put(tmp_path, files)
    releases = {release.file: release for cluster in workspace.clusters for release in cluster.releases}
    assert said(releases["net/Chart.yaml"]) == ("1.18.2", None, None)
    assert merged(releases["net/Chart.yaml"]) == {"debug": {"enabled": True}}
    assert "net/cilium-prod.yaml" in releases


def test_an_umbrella_whose_condition_is_off_is_no_release(tmp_path: Path) -> None:
    chart = "name: x\ndependencies:\n- {name: cilium, version: 1.18.2, condition: net.enabled}\n"
    off = put(
        tmp_path, {"c/Chart.yaml": chart, "c/values.yaml": "net: {enabled: false}\ncilium: {debug: {enabled: true}}\n"}
    )
    assert not off.clusters
    assert off.aside == (("c/Chart.yaml", "cilium is switched off by its condition"),)


SWITCHED = "name: x\ndependencies:\n- {name: cilium, alias: net, version: 1.18.2, condition: 'all.here,net.enabled'}\n"


@pytest.mark.parametrize(
    ("values", "given", "on"),
    [
        ("net: {enabled: false}", "valuesObject: {net: {enabled: true}}", True),
        ("net: {enabled: false}", "values: 'net: {enabled: true}'", True),
        ("net: {enabled: false}", "parameters: [{name: net.enabled, value: 'true'}]", True),
        ("net: {enabled: true}", "valuesObject: {net: {enabled: false}}", False),
        ("all: {here: true}\nnet: {enabled: false}", "valuesObject: {}", True),
        ("all: {here: false}\nnet: {enabled: true}", "valuesObject: {}", False),
    ],
)
def test_all_layers_say_whether_a_dependency_is_switched_on(values: str, given: str, on: bool, tmp_path: Path) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: net}\nspec:\n"
    app = f"{head}  destination: {{namespace: sys}}\n  source:\n    path: chart\n    helm:\n      {given}\n"
    found = put(tmp_path, {"chart/Chart.yaml": SWITCHED, "chart/values.yaml": values + "\n", "app.yaml": app})
    assert bool([release for cluster in found.clusters for release in cluster.releases]) is on


@pytest.mark.parametrize("on", [True, False])
def test_a_helm_release_switches_a_dependency(on: bool, tmp_path: Path) -> None:
    text = RELEASE.replace("{chart: cilium, version: 1.18.2}", "{chart: ./chart, sourceRef: {kind: GitRepository}}")
    text += f"  values: {{net: {{enabled: {str(on).lower()}}}}}\n"
    values = f"net: {{enabled: {str(not on).lower()}}}\n"
    found = put(tmp_path, {"chart/Chart.yaml": SWITCHED, "chart/values.yaml": values, "release.yaml": text})
    assert bool([release for cluster in found.clusters for release in cluster.releases]) is on


INNER = "name: inner\ndependencies:\n- {name: cilium, version: 1.18.2, condition: cilium.here, tags: [net]}\n"
OUTER = "name: outer\ndependencies:\n- {name: inner, alias: in, repository: 'file://../inner', condition: in.here}\n"


def nested(folder: Path, outer: str, inner: str, given: str = "{}", files: dict[str, str] | None = None) -> Workspace:
    """An Application with an umbrella in an umbrella."""
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: net}\nspec:\n"
    app = f"{head}  destination: {{namespace: sys}}\n  source: {{path: outer, helm: {{valuesObject: {given}}}}}\n"
    charts = {"outer/Chart.yaml": OUTER, "inner/Chart.yaml": INNER}
    own = {"outer/values.yaml": outer, "inner/values.yaml": inner, "app.yaml": app}
    return put(folder, charts | own | (files or {}))


def test_values_reach_through_two_charts(tmp_path: Path) -> None:
    outer = "in: {cilium: {a: outer, b: outer}, global: {g: lower, h: lower}}\nglobal: {g: outer}\n"
    inner = "cilium: {a: inner, b: inner, c: inner}\nglobal: {g: inner, i: inner}\n"
    release = only(nested(tmp_path, outer, inner, "{in: {cilium: {b: given}}}"))
    assert said(release) == ("1.18.2", "net", "sys")
    assert [file for file, _ in layers(release)] == ["inner/values.yaml"] * 2 + ["outer/values.yaml"] * 3 + ["app.yaml"]
    everywhere = {"g": "outer", "h": "lower", "i": "inner"}
    assert merged(release) == {"a": "outer", "b": "given", "c": "inner", "global": everywhere}


SHARED = [
    (
        "parameters: [{name: global.g, value: argo}, {name: in.global.h, value: x}, {name: in.cilium.a, value: one}]",
        "argo",
    ),
    ("fileParameters: [{name: global.g, path: outer.txt}]", "file"),
]


@pytest.mark.parametrize(("given", "expected"), SHARED)
def test_parameters_reach_a_chart_by_what_is_global(given: str, expected: str, tmp_path: Path) -> None:
    nested(tmp_path, "in: {cilium: {a: outer}}\nglobal: {g: outer}\n", "{}")
    app = (tmp_path / "app.yaml").read_text().replace("valuesObject: {}", given)
    release = only(put(tmp_path, {"app.yaml": app, "outer/outer.txt": "file"}))
    data = merged(release)
    shared = data["global"]
    assert isinstance(shared, dict)
    assert shared["g"] == expected
    if "parameters: " in given and "file" not in given:
        assert data == {"a": "one", "global": {"g": "argo", "h": "x"}}
        patches = (Set(("global", "g"), "new"), Rename(("global", "g"), "k"))
        changed = [release.layers[-1].at_desk((patch,)) for patch in patches]
        where = ("spec", "source", "helm", "parameters", 0)
        assert changed == [(Set((*where, "value"), "new"),), (Set((*where, "name"), "global.k"),)]


def test_what_flux_looks_up_for_an_umbrella(tmp_path: Path) -> None:
    text = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: net, namespace: sys}
spec:
  chart: {spec: {chart: ./inner, sourceRef: {kind: GitRepository, name: x}}}
  valuesFrom:
    - {kind: ConfigMap, name: given}
    - {kind: Secret, name: given, valuesKey: c, targetPath: global.c}
    - {kind: Secret, name: elsewhere, targetPath: cilium.b}
    - {kind: Secret, name: elsewhere, targetPath: other.b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: given, namespace: sys}
data:
  values.yaml: |
    global: {g: 1}
    cilium: {a: 1}
---
apiVersion: v1
kind: Secret
metadata: {name: given, namespace: sys}
data:
  c: Mw==
"""
    release = only(put(tmp_path, {"release.yaml": text, "inner/Chart.yaml": INNER}))
    assert merged(release) == {"a": 1, "b": Unknown("${Secret elsewhere}"), "global": {"g": 1, "c": 3}}


# As real Helm does: null takes a default away only where whoever installs the umbrella says so.
@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ("{a: null, m: {x: null}}", "{}", {"a": "d", "m": {"x": 1, "z": 2}}),
        ("{m: null}", "{}", {"a": "d", "m": {"x": 1, "z": 2}}),
        ("{b: 1}", "{a: null, m: {x: null}}", {"b": 1, "m": {"z": 2}}),
        ("{a: 1, m: {x: 5}}", "{a: null, m: {x: null}}", {"m": {"z": 2}}),
        ("{a: null}", "{a: 2}", {"a": 2, "m": {"x": 1, "z": 2}}),
    ],
)
def test_null_in_the_values_of_an_umbrella_takes_no_default_away(
    own: str, given: str, expected: dict[str, object], tmp_path: Path
) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: net}\nspec:\n"
    app = f"{head}  source: {{path: c, helm: {{valuesObject: {{cilium: {given}}}}}}}\n"
    chart = "name: x\ndependencies: [{name: cilium, version: 1.18.2}]\n"
    release = only(put(tmp_path, {"app.yaml": app, "c/Chart.yaml": chart, "c/values.yaml": f"cilium: {own}\n"}))
    assert Values(list(release.layers), {"a": "d", "m": {"x": 1, "z": 2}}).data == expected


@pytest.mark.parametrize(
    "files",
    [
        {"inner/Chart.yaml": "", "outer/Chart.yaml": "name: outer\n", "outer/charts/in/Chart.yaml": INNER[12:]},
        {
            "inner/Chart.yaml": "",
            "outer/Chart.yaml": OUTER.replace("repository: 'file://../inner'", "version: 0.1.0"),
            "outer/charts/inner/Chart.yaml": INNER,
        },
        {
            "inner/Chart.yaml": "apiVersion: v1\nname: inner\n",
            "inner/requirements.yaml": INNER.replace("name: inner\n", ""),
            "outer/Chart.yaml": "apiVersion: v1\nname: outer\ndependencies: [{name: old, version: 1.0.0}]\n",
            "outer/requirements.yaml": OUTER.replace("name: outer\n", ""),
        },
    ],
    ids=["not-listed", "in-charts", "requirements"],
)
def test_where_a_chart_has_its_charts(files: dict[str, str], tmp_path: Path) -> None:
    release = only(nested(tmp_path, "in: {cilium: {a: outer}}\n", "", files=files))
    assert said(release) == ("1.18.2", "net", "sys")
    assert merged(release) == {"a": "outer"}


# What real Helm does, of which the condition that has a true or false decides, then the tags.
@pytest.mark.parametrize(
    ("outer", "inner", "given", "on"),
    [
        ("", "", "{}", True),
        ("in: {here: false}", "", "{}", False),
        ("in: {here: false}", "", "{in: {here: true}}", True),
        ("in: {cilium: {here: false}}", "", "{}", False),
        ("", "cilium: {here: false}", "{}", False),
        ("", "cilium: {here: false}", "{in: {cilium: {here: true}}}", True),
        ("cilium: {here: false}", "", "{}", True),
        ("tags: {net: false}", "", "{}", False),
        ("", "tags: {net: false}", "{}", False),
        ("tags: {net: true}", "tags: {net: false}", "{}", True),
        ("in: {tags: {net: false}}", "", "{}", True),
        ("", "", "{tags: {net: false}}", False),
        ("tags: {net: 'false'}", "", "{}", True),
        ("tags: {net: false}\nin: {cilium: {here: true}}", "", "{}", True),
    ],
)
def test_each_chart_switches_those_in_it(outer: str, inner: str, given: str, on: bool, tmp_path: Path) -> None:
    found = nested(tmp_path, f"{outer}\n", f"{inner}\n", given)
    assert bool([release for cluster in found.clusters for release in cluster.releases]) is on


@pytest.mark.parametrize(("tags", "on"), [("net: false", False), ("net: false, two: true", True), ("two: true", True)])
def test_one_tag_that_is_true_is_enough(tags: str, on: bool, tmp_path: Path) -> None:
    chart = "name: x\ndependencies:\n- {name: cilium, version: 1.18.2, tags: [net, two]}\n"
    found = put(tmp_path, {"c/Chart.yaml": chart, "c/values.yaml": f"tags: {{{tags}}}\ncilium: {{a: 1}}\n"})
    assert bool(found.clusters) is on


def test_a_parameter_of_the_chart_around_switches_a_dependency(tmp_path: Path) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: net}\nspec:\n"
    parameters = "[{name: all.here, value: 'false'}]"
    app = f"{head}  source: {{path: chart, helm: {{parameters: {parameters}}}}}\n"
    found = put(tmp_path, {"chart/Chart.yaml": SWITCHED, "chart/values.yaml": "x: 1\n", "app.yaml": app})
    assert not found.clusters


def test_a_chart_in_a_chart_that_nobody_installs_is_one_release(tmp_path: Path) -> None:
    files = {"outer/Chart.yaml": OUTER, "inner/Chart.yaml": INNER, "inner/values.yaml": "cilium: {a: 1}\n"}
    release = only(put(tmp_path, files))
    assert (release.file, merged(release)) == ("outer/Chart.yaml", {"a": 1})
    assert release.unresolved == ("nothing in the repository installs this chart: name and namespace are not said",)


def test_charts_that_depend_on_each_other_come_to_an_end(tmp_path: Path) -> None:
    files = {
        "one/Chart.yaml": "name: one\ndependencies: [{name: two, repository: 'file://../two'}]\n",
        "two/Chart.yaml": "name: two\ndependencies: [{name: one, repository: 'file://../one'}, {name: cilium}]\n",
    }
    found = put(tmp_path, files)
    assert {release.file for cluster in found.clusters for release in cluster.releases} <= set(files)


# --- templates ------------------------------------------------------------------------------------


def test_what_a_template_fills_in_is_unknown(tmp_path: Path) -> None:
    text = """\
hubble:
  enabled: #{ hubble_enabled }#
#% if relay %#
  relay: {enabled: true}
#% endif %#
cluster: {name: "{{ name }}", id: 1}
kubeProxyReplacement: true
"""
    data = merged(only(put(tmp_path, {"cilium/values.yaml.j2": text})))
    hubble = data["hubble"]
    assert isinstance(hubble, dict)
    assert isinstance(hubble["enabled"], Unknown)
    assert isinstance(hubble["relay"], Unknown)
    assert data["cluster"] == {"name": Unknown("{{ name }}"), "id": 1}
    assert data["kubeProxyReplacement"] is True


@pytest.mark.parametrize(("helmfile", "found"), [("helmfile.yaml.j2", 1), ("helmfile.yaml", 0)])
def test_a_template_means_the_files_that_templates_become(helmfile: str, found: int, tmp_path: Path) -> None:
    text = "releases: [{name: c, namespace: n, chart: r/cilium, version: 1.18.2, values: [c/values.yaml]}]\n"
    workspace = put(tmp_path, {helmfile: text, "c/values.yaml.j2": 'cluster: {name: "{{ name }}", id: 1}\n'})
    release = next(item for cluster in workspace.clusters for item in cluster.releases if item.file == helmfile)
    assert len(release.layers) == found
    if found:
        assert only(workspace) is release
        assert merged(release) == {"cluster": {"name": Unknown("{{ name }}"), "id": 1}}
    else:
        assert release.unresolved == ("the values file c/values.yaml is not in the repository",)


def test_a_template_with_one_known_key_says_why_it_cannot_be_read(tmp_path: Path) -> None:
    text = "hubble:\n  enabled: {{ .x }}\n"
    assert put(tmp_path, {"some.gotmpl": text}).skipped == (
        ("some.gotmpl", "2:13: a template expression stands here without quotes"),
    )
    # Where there are many files, one key says too little.
    assert not put(tmp_path, {f"{number}.yaml": f"n: {number}\n" for number in range(201)}).skipped


def test_a_declared_file_that_is_a_link_is_listed_once(tmp_path: Path) -> None:
    config = "clusters: [{name: home, releases: [{chart: cilium, version: 1.18.2, values: clusters/cilium.yaml}]}]\n"
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "cilium.yaml").symlink_to("../shared/cilium.yaml")
    values = "hubble: {enabled: true}\nkubeProxyReplacement: true\n"
    release = only(put(tmp_path, {".valuelint.yaml": config, "shared/cilium.yaml": values}))
    assert [layer.file for layer in release.layers] == ["clusters/cilium.yaml"]


@pytest.mark.parametrize(
    "expression", ["{{ if .new }}1.18.2{{ else }}1.17.2{{ end }}", "{{ with .new }}1.18.2{{ end }}"]
)
def test_a_version_under_a_condition_is_not_known(expression: str, tmp_path: Path) -> None:
    text = GENERATED.replace("GENERATOR", "list: {elements: [{new: x, path: {basename: a}}]}")
    release = only(put(tmp_path, {"set.yaml": text.replace("{{ VERSION }}", expression)}))
    assert release.version is None
    assert release.unresolved == (f"the version is {expression}",)


def test_a_template_with_conditions_is_only_edited_where_that_is_safe(tmp_path: Path) -> None:
    text = "hubble:\n  enabled: true\n#% if relay %#\n  relay: {enabled: true}\n#% endif %#\n"
    (layer,) = only(put(tmp_path, {"cilium/values.yaml.j2": text})).layers
    assert layer.at_desk((Set(("hubble", "enabled"), False), Rename(("hubble",), "x")))
    for patch in (Set(("bpf",), {}), Remove(("hubble",)), Set(("hubble", "relay", "enabled"), False)):
        with pytest.raises(CannotPatch, match="conditions"):
            layer.at_desk((patch,))


def test_alternatives_of_a_template_are_no_duplicates(tmp_path: Path) -> None:
    text = "bpf: {}\n#% if a %#\nhubble: {enabled: true}\n#% else %#\nhubble: {enabled: false}\n#% endif %#\nbpf: {}\n"
    (layer,) = only(put(tmp_path, {"cilium/values.yaml.j2": text})).layers
    assert [path for path, _, _ in layer.duplicates()] == [("bpf",)]


def test_braces_in_plain_yaml_are_text(tmp_path: Path) -> None:
    data = merged(only(put(tmp_path, {"cilium/values.yaml": 'hubble: {enabled: "{{ x }}"}\n'})))
    assert data == {"hubble": {"enabled": "{{ x }}"}}


def test_a_file_that_is_no_yaml_yet_is_skipped_with_the_reason(tmp_path: Path) -> None:
    text = "{{ if .x }}\nkind: HelmRelease\nmetadata: {name: cilium}\n{{ end }}\n"
    workspace = put(tmp_path, {"charts/x/templates/cilium.yaml": text, "other.tpl": "{{ define }}\nx: y: z\n"})
    assert [file for file, _ in workspace.skipped] == ["charts/x/templates/cilium.yaml"]
    assert "1:2" in workspace.skipped[0][1]
    assert not workspace.clusters


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("net/values.yaml", "cni: {exclusive: false}\nipam: {mode: kubernetes}\n", True),
        ("net/values.yaml", "cni: {binDirectory: /bin, confDirectory: /etc}\n", False),  # another chart's
        ("net/cilium.yaml", "cni: {exclusive: false, bins: /bin}\nnoOption: 1\nipam: {mode: kubernetes}\n", True),
        ("net/cilium.yaml", "cluster: {network: {cni: {name: none}}, proxy: {disabled: true}}\n", False),
        ("net/values.yaml", "prometheusOperator: {enabled: true}\nfirst: 1\nsecond: 2\ngrafana: {}\ncrds: {}\n", False),
        ("net/kps.yaml", "prometheusOperator: {enabled: true}\nfirst: 1\nsecond: 2\ngrafana: {}\ncrds: {}\n", True),
    ],
)
def test_values_that_nothing_refers_to_are_told_by_their_keys(
    tmp_path: Path, name: str, text: str, found: bool
) -> None:
    assert bool(put(tmp_path, {name: text}).clusters) == found


@pytest.mark.parametrize(
    ("places", "layered"),
    [
        (("environments/prod/addons/kps/values.yaml", "clusters/one/addons/kps/values.yaml"), True),
        (("clusters/two/addons/kps/values.yaml", "clusters/one/addons/kps/values.yaml"), False),
        (("environments/prod/kps/values.yaml", "clusters/one/addons/kps/values.yaml"), False),
    ],
)
def test_values_by_environment_and_by_cluster_are_layers(
    tmp_path: Path, places: tuple[str, str], layered: bool
) -> None:
    found = put(tmp_path, dict.fromkeys(places, "prometheusOperator: {enabled: true}\ngrafana: {enabled: false}\n"))
    gaps = {
        release.file: {(gap.number, gap.what) for gap in release.gaps}
        for cluster in found.clusters
        for release in cluster.releases
    }
    first, second = places
    assert gaps == {
        first: {(number, f"{second} may be laid over it, or below") for number in ((0, 1) if layered else ())},
        second: {(number, f"{first} may be laid over it, or below") for number in ((0, 1) if layered else ())},
    }


def test_a_file_is_judged_as_a_part_of_its_release(tmp_path: Path) -> None:
    from valuelint.workspace.discover import discover

    kustomization = """\
helmCharts:
- {name: cilium, version: 1.18.2, releaseName: net, namespace: kube-system, valuesFile: values.yaml}
"""
    put(tmp_path, {"cilium/kustomization.yaml": kustomization, "cilium/values.yaml": "hubble: {enabled: true}\n"})
    workspace = discover(["cilium/values.yaml"], None, {})
    assert said(only(workspace)) == ("1.18.2", "net", "kube-system")
    assert workspace.shown == frozenset({"cilium/values.yaml"})


def test_flux_takes_in_components(tmp_path: Path) -> None:
    component = """\
kind: Component
configMapGenerator:
  - {name: more, files: [values.yaml=more.yaml]}
patches:
  - target: {kind: HelmRelease}
    patch: |-
      - {op: add, path: /spec/valuesFrom/-, value: {kind: ConfigMap, name: more}}
"""
    values = "  valuesFrom: [{kind: ConfigMap, name: base}]\n"
    files = {
        "base/r.yaml": RELEASE + values,
        "base/kustomization.yaml": "resources: [r.yaml]\nconfigMapGenerator: [{name: base, files: [values.yaml]}]\n",
        "base/values.yaml": "debug: {enabled: true}\nbpf: {masquerade: true}\n",
        "parts/x/kustomization.yaml": component,
        "parts/x/more.yaml": "debug: {enabled: false}\n",
        "home/kustomization.yaml": "resources: [../base]\ncomponents: [../parts/x]\nnamespace: net\n",
    }
    release = only(put(tmp_path, files))
    assert layers(release) == [("base/values.yaml", ""), ("parts/x/more.yaml", "")]
    assert merged(release) == {"debug": {"enabled": False}, "bpf": {"masquerade": True}}


def test_a_single_value_from_a_secret_is_unknown_and_nothing_else_is(tmp_path: Path) -> None:
    values = (
        "  valuesFrom: [{kind: Secret, name: s, targetPath: hubble.tls.ca.cert}]\n  values: {debug: {enabled: true}}\n"
    )
    release = only(put(tmp_path, {"r.yaml": RELEASE + values}))
    assert not release.gaps
    assert release.unresolved == ("no file says the namespace", "Secret s sets hubble.tls.ca.cert")
    data = merged(release)
    assert data["debug"] == {"enabled": True}
    assert data["hubble"] == {"tls": {"ca": {"cert": Unknown("${Secret s}")}}}


def test_helmfile_sets_single_values(tmp_path: Path) -> None:
    text = """\
releases:
  - name: cilium
    namespace: net
    chart: cilium/cilium
    version: 1.18.2
    values: [{debug: {enabled: true}}]
    set: [{name: debug.enabled, value: false}, {name: cluster.id, value: 3}]
"""
    assert merged(only(put(tmp_path, {"helmfile.yaml": text}))) == {"debug": {"enabled": False}, "cluster": {"id": 3}}


def test_a_copy_of_the_chart_itself_is_no_release(tmp_path: Path) -> None:
    files = {
        "cilium/Chart.yaml": "apiVersion: v2\nname: cilium\nversion: 1.18.2\n",
        "cilium/values.yaml": "hubble: {}\nbpf: {}\n",
    }
    assert not put(tmp_path, files).clusters


BOMB = "hubble: &a {x: 1}\n" + "".join(
    f"k{number}: &k{number} [{', '.join([f'*k{number - 1}' if number else '*a'] * 10)}]\n" for number in range(9)
)


@pytest.mark.parametrize("name", ["cilium.yaml", "."])
def test_an_alias_bomb_is_refused_in_every_form(tmp_path: Path, name: str) -> None:
    from valuelint.workspace.discover import discover

    inner = "".join(f"    {line}\n" for line in BOMB.splitlines())
    put(tmp_path, {"cilium.yaml": BOMB, "r/release.yaml": RELEASE + "  values:\n" + inner})
    workspace = discover([name], None, {})
    if name == ".":
        assert "aliases make this more than" in only(workspace).gaps[0].what
        assert "aliases make this more than" in workspace.skipped[0][1]
    else:
        assert [problem.file for problem in workspace.problems] == ["cilium.yaml"]


@pytest.mark.parametrize(
    "kustomizations",
    [
        {f"k{one}": [f"k{other}" for other in range(30) if other != one] for one in range(30)},
        {f"k{one}": [f"k{(one + 1) % 300}", f"k{(one + 7) % 300}"] for one in range(300)},
        {f"k{one}{side}": [f"k{one - 1}a", f"k{one - 1}b"] for one in range(1, 25) for side in "ab"},
    ],
    ids=["each lists all others", "two circles", "a net of many ways"],
)
def test_kustomizations_that_list_each_other_are_no_maze(kustomizations: dict[str, list[str]], tmp_path: Path) -> None:
    files = {
        f"{name}/kustomization.yaml": "resources:\n" + "".join(f"- ../{other}\n" for other in others)
        for name, others in kustomizations.items()
    }
    first = next(iter(kustomizations)) if "k0" in kustomizations else "k0a"
    files[f"{first}/kustomization.yaml"] = files.get(f"{first}/kustomization.yaml", "resources:\n") + "- release.yaml\n"
    files[f"{first}/release.yaml"] = RELEASE + "  values: {debug: {enabled: true}}\n"
    if first == "k0a":
        files["k0b/kustomization.yaml"] = "resources: [../k0a]\n"
    assert said(only(put(tmp_path, files)))[0] == "1.18.2"
