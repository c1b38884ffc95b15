"""The same values in every form: what each form's files look like, with the values' lines put in where they belong."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import NamedTuple

CHARTS = {
    "cilium": ("kube-system", "https://helm.cilium.io"),
    "kube-prometheus-stack": ("monitoring", "https://x/charts"),
}


class Case(NamedTuple):
    """A chart's values, and what the release is called."""

    chart: str
    version: str
    name: str
    namespace: str
    text: str


Files = dict[str, str]
Wrapper = Callable[[Case], Files]


def _at(text: str, spaces: int) -> str:
    return indent(text, " " * spaces)


def values(case: Case) -> Files:
    """A plain values file, put together by kustomize."""
    return {
        f"{case.chart}/values.yaml": case.text,
        f"{case.chart}/kustomization.yaml": f"""\
helmCharts:
- name: {case.chart}
  repo: {CHARTS[case.chart][1]}
  version: {case.version}
  releaseName: {case.name}
  namespace: {case.namespace}
  valuesFile: values.yaml
""",
    }


def values_inline(case: Case) -> Files:
    return {
        f"{case.chart}/kustomization.yaml": f"""\
namespace: {case.namespace}
helmCharts:
  - name: {case.chart}
    version: {case.version}
    releaseName: {case.name}
    valuesInline:
{_at(case.text, 6)}"""
    }


def generator(case: Case) -> Files:
    return {
        f"{case.chart}/kustomization.yaml": "generators: [chart.yaml]\n",
        f"{case.chart}/chart.yaml": f"""\
apiVersion: builtin
kind: HelmChartInflationGenerator
metadata:
  name: {case.chart}
name: {case.chart}
version: {case.version}
releaseName: {case.name}
namespace: {case.namespace}
valuesInline:
{_at(case.text, 2)}""",
    }


def helm_release(case: Case) -> Files:
    return {
        f"{case.chart}/release.yaml": f"""\
apiVersion: helm.toolkit.fluxcd.io/v2beta1
kind: HelmRelease
metadata:
  name: {case.name}
  namespace: {case.namespace}
spec:
  chart:
    spec:
      chart: {case.chart}
      version: {case.version}
      sourceRef: {{kind: HelmRepository, name: x}}
  values:
{_at(case.text, 4)}"""
    }


def helm_release_in_parts(case: Case) -> Files:
    """Version, namespace and values in files of their own."""
    return {
        f"apps/{case.chart}/ks.yaml": f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {case.chart}
spec:
  path: ./apps/{case.chart}/app
  targetNamespace: {case.namespace}
""",
        f"apps/{case.chart}/app/kustomization.yaml": f"""\
resources:
  - source.yaml
  - release.yaml
configMapGenerator:
  - name: {case.chart}-values
    files: [values.yaml=helm.yaml]
""",
        f"apps/{case.chart}/app/source.yaml": f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: {case.chart}
spec:
  url: oci://registry.example/charts/{case.chart}
  ref:
    tag: {case.version}
""",
        f"apps/{case.chart}/app/release.yaml": f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {case.name}
spec:
  chartRef:
    kind: OCIRepository
    name: {case.chart}
  valuesFrom:
    - kind: ConfigMap
      name: {case.chart}-values
""",
        f"apps/{case.chart}/app/helm.yaml": case.text,
    }


def config_map(case: Case) -> Files:
    """Values in the text of a ConfigMap."""
    return {
        f"{case.chart}/all.yaml": f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {case.chart}-values
data:
  more.yaml: |
{_at(case.text, 4)}---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {case.name}
  namespace: {case.namespace}
spec:
  chart:
    spec:
      chart: {case.chart}
      version: {case.version}
  valuesFrom:
    - kind: ConfigMap
      name: {case.chart}-values
      valuesKey: more.yaml
"""
    }


def patched(case: Case) -> Files:
    """Values that an overlay patches in."""
    return {
        f"base/{case.chart}/release.yaml": f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {case.name}
spec:
  chart:
    spec:
      chart: {case.chart}
      version: 1.0.0
""",
        f"base/{case.chart}/kustomization.yaml": "resources: [release.yaml]\n",
        f"home/{case.chart}/kustomization.yaml": f"""\
namespace: {case.namespace}
resources:
  - ../../base/{case.chart}
patches:
  - patch: |
      apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata:
        name: {case.name}
      spec:
        chart:
          spec:
            version: {case.version}
        values:
{_at(case.text, 10)}""",
    }


def application(case: Case) -> Files:
    return {
        f"{case.chart}.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {case.name}
spec:
  destination:
    server: https://kubernetes.default.svc
    namespace: {case.namespace}
  syncPolicy: {{syncOptions: [ServerSideApply=true]}}
  source:
    repoURL: {CHARTS[case.chart][1]}
    chart: {case.chart}
    targetRevision: {case.version}
    helm:
      valuesObject:
{_at(case.text, 8)}"""
    }


def application_text(case: Case) -> Files:
    return {
        f"{case.chart}.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: some-app
spec:
  syncPolicy: {{syncOptions: [ServerSideApply=true]}}
  source:
    chart: {case.chart}
    targetRevision: {case.version}
    helm:
      releaseName: {case.name}
      values: |-
{_at(case.text, 8)}
  destination: {{namespace: {case.namespace}}}
"""
    }


def application_with_files(case: Case) -> Files:
    return {
        f"apps/{case.chart}.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {case.name}}}
spec:
  destination: {{namespace: {case.namespace}}}
  syncPolicy: {{syncOptions: [ServerSideApply=true]}}
  sources:
    - repoURL: https://x/charts
      chart: {case.chart}
      targetRevision: {case.version}
      helm:
        valueFiles: [$here/values/{case.chart}.yaml]
    - repoURL: https://x/this.git
      ref: here
""",
        f"values/{case.chart}.yaml": case.text,
    }


def application_set(case: Case) -> Files:
    return {
        f"{case.chart}.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: all}}
spec:
  goTemplate: true
  generators:
    - list:
        elements:
          - {{name: {case.name}, space: {case.namespace}, version: {case.version}}}
  template:
    metadata:
      name: '{{{{ .name }}}}'
    spec:
      syncPolicy: {{syncOptions: [ServerSideApply=true]}}
      destination:
        namespace: '{{{{ .space }}}}'
      source:
        chart: {case.chart}
        targetRevision: '{{{{ .version }}}}'
        helm:
          valuesObject:
{_at(case.text, 12)}"""
    }


def helm_chart(case: Case) -> Files:
    return {
        f"{case.chart}.yaml": f"""\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata:
  name: {case.name}
  namespace: kube-system
spec:
  chart: {case.chart}
  version: {case.version}
  targetNamespace: {case.namespace}
  valuesContent: |-
{_at(case.text, 4)}"""
    }


def umbrella(case: Case) -> Files:
    return {
        f"charts/{case.chart}/Chart.yaml": f"""\
apiVersion: v2
name: platform
version: 0.0.0
dependencies:
  - name: {case.chart}
    version: {case.version}
    repository: {CHARTS[case.chart][1]}
""",
        f"charts/{case.chart}/values.yaml": f"other: 1\n{case.chart}:\n{_at(case.text, 2)}",
        f"apps/{case.chart}.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {case.name}}}
spec:
  destination: {{namespace: {case.namespace}}}
  syncPolicy: {{syncOptions: [ServerSideApply=true]}}
  source: {{repoURL: https://x/this.git, path: charts/{case.chart}}}
""",
    }


def umbrella_in_umbrella(case: Case) -> Files:
    files = umbrella(case)
    folder = f"charts/{case.chart}"
    return {
        f"{folder}/charts/inner/Chart.yaml": files[f"{folder}/Chart.yaml"].replace("platform", "inner"),
        f"{folder}/Chart.yaml": "apiVersion: v2\nname: platform\nversion: 0.0.0\n",
        f"{folder}/values.yaml": f"inner:\n  {case.chart}:\n{_at(case.text, 4)}",
        f"apps/{case.chart}.yaml": files[f"apps/{case.chart}.yaml"],
    }


def helmfile(case: Case) -> Files:
    return {
        f"{case.chart}.helmfile.yaml": f"""\
repositories:
  - {{name: r, url: "{CHARTS[case.chart][1]}"}}
releases:
  - name: {case.name}
    namespace: {case.namespace}
    chart: r/{case.chart}
    version: {case.version}
    values:
      - {case.chart}.values.yaml.gotmpl
""",
        f"{case.chart}.values.yaml.gotmpl": case.text,
    }


def helmfile_inline(case: Case) -> Files:
    return {
        f"{case.chart}.helmfile.yaml": f"""\
templates:
  default: &default
    namespace: {case.namespace}
---
releases:
  - name: {case.name}
    namespace: {case.namespace}
    chart: oci://registry.example/{case.chart}
    version: {case.version}
    values:
      -
{_at(case.text, 8)}"""
    }


def helmfile_template(case: Case) -> Files:
    """A helmfile that is no YAML before the values of its only environment are filled in."""
    return {
        f"{case.chart}.helmfile.yaml.gotmpl": f"""\
environments:
  prod: {{values: [{case.chart}.environment.yaml]}}
---
releases:
  - name: {{{{ .Values.name }}}}
    namespace: {{{{ .Values.namespace | quote }}}}
    chart: oci://registry.example/{case.chart}
    version: {{{{ .Values.version }}}}
    values:
      -
{_at(case.text, 8)}""",
        f"{case.chart}.environment.yaml": f"""\
name: {case.name}
namespace: {case.namespace}
version: {case.version}
""",
    }


def fleet(case: Case) -> Files:
    return {
        f"{case.chart}/fleet.yaml": f"""\
defaultNamespace: {case.namespace}
helm:
  releaseName: {case.name}
  chart: {case.chart}
  repo: {CHARTS[case.chart][1]}
  version: {case.version}
  values:
{_at(case.text, 4)}"""
    }


WRAPPERS: dict[str, Wrapper] = {
    wrap.__name__: wrap
    for wrap in (
        values,
        values_inline,
        generator,
        helm_release,
        helm_release_in_parts,
        config_map,
        patched,
        application,
        application_text,
        application_with_files,
        application_set,
        helm_chart,
        umbrella,
        umbrella_in_umbrella,
        helmfile,
        helmfile_inline,
        helmfile_template,
        fleet,
    )
}
