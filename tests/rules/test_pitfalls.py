"""docs/pitfalls.md: every pitfall that it gives to a rule is found by that rule, in values that have it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lint.table import RULES, cilium, cluster, kps
from valuelint.lint import engine
from valuelint.workspace.release import Delivery, Workspace
from valuelint.workspace.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "pitfalls.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.*?) \| \[([a-z-]+)\]\(rules\.md#([a-z-]+)\) \|", PAGE, re.MULTILINE)

OPEN = "grafana: {enabled: false}\nprometheus: {prometheusSpec: {serviceMonitorSelectorNilUsesHelmValues: false}}\n"
OPERATOR = "operator: {prometheus: {enabled: true, serviceMonitor: {enabled: true}}}\n"


def stack(selector: str) -> str:
    return f"grafana: {{enabled: false}}\nprometheus: {{prometheusSpec: {{{selector}}}}}\n"


# The pitfall as the page calls it: Cilium's values and version, the stack's values.
CASES: dict[str, tuple[str, str, str]] = {
    "no label `release` on a monitor": (OPERATOR, "1.20.0", "grafana: {enabled: false}\n"),
    "an empty selector, meant to select everything": (OPERATOR, "1.20.0", stack("serviceMonitorSelector: {}")),
    "an open selector for monitors, a closed one for rules": ("", "", OPEN),
    "`matchNames` in a selector of namespaces": (
        "",
        "",
        stack("serviceMonitorNamespaceSelector: {matchNames: [kube-system]}"),
    ),
    '`"false"` in quotes': (OPERATOR, "1.20.0", stack('serviceMonitorSelectorNilUsesHelmValues: "false"')),
    "an option of the spec outside of `prometheusSpec`": (
        OPERATOR,
        "1.20.0",
        "prometheus: {serviceMonitorSelectorNilUsesHelmValues: false}\n",
    ),
    "a selector of one's own, and the chart's own monitors lost": (
        "",
        "",
        stack("serviceMonitorSelector: {matchLabels: {team: a}}"),
    ),
    "another label than the selector's": (
        OPERATOR,
        "1.20.0",
        stack("serviceMonitorSelector: {matchLabels: {team: a}}"),
    ),
    "`commonLabels` that overwrite `release`": ("", "", "grafana: {enabled: false}\ncommonLabels: {release: other}\n"),
    "the name of the chart for that of the release": (
        "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: kube-prometheus-stack}}}}\n",
        "1.20.0",
        "grafana: {enabled: false}\n",
    ),
    "a label that is no text": (
        "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: true}}}}\n",
        "1.20.0",
        "grafana: {enabled: false}\n",
    ),
    "the monitor of another chart in the same umbrella, without the label": (
        "",
        "",
        "kube-prometheus-stack: {grafana: {enabled: false}}\nvelero: {metrics: {serviceMonitor: {enabled: true}}}\n",
    ),
    "`ignoreNamespaceSelectors`, and a monitor in another namespace than its Services": (
        "operator: {prometheus: {serviceMonitor: {enabled: true, namespace: monitoring, labels: {release: kps}}}}\n",
        "1.20.0",
        stack("ignoreNamespaceSelectors: true"),
    ),
    "the same for the stack's own monitors, before 55.5.2": ("", "", stack("ignoreNamespaceSelectors: true")),
    "Envoy's monitor in 1.14.0 to 1.14.6": (
        "proxy: {prometheus: {enabled: true}}\nenvoy: {enabled: true, prometheus: {serviceMonitor: {enabled: true}}}\n",
        "1.14.6",
        OPEN,
    ),
    "Envoy's monitor in 1.16.0 and 1.16.1": (
        "envoy: {prometheus: {serviceMonitor: {enabled: true}}}\n",
        "1.16.1",
        OPEN,
    ),
    "`commonLabels` that replace the label a monitor looks for": (
        "commonLabels: {k8s-app: a}\nhubble: {metrics: {enabled: [dns], serviceMonitor: {enabled: true}}}\n",
        "1.20.0",
        OPEN,
    ),
    "the agent's monitor on, its metrics off": ("prometheus: {serviceMonitor: {enabled: true}}\n", "1.20.0", OPEN),
    "Hubble's monitor on, no list of metrics": (
        "hubble: {metrics: {serviceMonitor: {enabled: true}}}\n",
        "1.20.0",
        OPEN,
    ),
    "Hubble's monitor on, an empty list": (
        "hubble: {metrics: {enabled: [], serviceMonitor: {enabled: true}}}\n",
        "1.20.0",
        OPEN,
    ),
    "Hubble off, its monitor on": (
        "hubble: {enabled: false, metrics: {enabled: [dns], serviceMonitor: {enabled: true}}}\n",
        "1.20.0",
        OPEN,
    ),
    "the relay's monitor on, its metrics off": (
        "hubble: {relay: {enabled: true, prometheus: {serviceMonitor: {enabled: true}}}}\n",
        "1.20.0",
        OPEN,
    ),
    "the operator's monitor on, metrics off by default before 1.15": (
        "operator: {prometheus: {serviceMonitor: {enabled: true}}}\n",
        "1.14.3",
        OPEN,
    ),
    "Envoy's monitor on, Envoy inside the agent": (
        "envoy: {enabled: false, prometheus: {serviceMonitor: {enabled: true}}}\n",
        "1.19.6",
        OPEN,
    ),
    "the clustermesh's monitor on, no apiserver": (
        "clustermesh: {apiserver: {metrics: {serviceMonitor: {enabled: true}}}}\n",
        "1.20.0",
        OPEN,
    ),
    "a list of the agent's metrics, metrics off": (
        "prometheus: {metrics: [+cilium_bpf_map_pressure]}\n",
        "1.20.0",
        OPEN,
    ),
    "an entry of that list without a sign": (
        "prometheus: {enabled: true, metrics: [cilium_bpf_map_pressure]}\n",
        "1.20.0",
        OPEN,
    ),
    "several entries of that list, in 1.14.0 to 1.14.5": (
        "prometheus: {enabled: true, metrics: [+cilium_bpf_map_pressure, -cilium_node_connectivity_status]}\n",
        "1.14.5",
        OPEN,
    ),
    '`"false"` in quotes for the agent\'s metrics, before 1.16': ('prometheus: {enabled: "false"}\n', "1.15.19", OPEN),
    "dynamic metrics of Hubble, before 1.17": (
        "hubble: {metrics: {dynamic: {enabled: true}, serviceMonitor: {enabled: true}}}\n",
        "1.16.5",
        OPEN,
    ),
    "a fixed and a dynamic list of Hubble's metrics": (
        "hubble: {metrics: {enabled: [dns], dynamic: {enabled: true}}}\n",
        "1.20.0",
        OPEN,
    ),
    "dynamic metrics of Hubble alone, in 1.17.2 and 1.17.3": (
        "hubble: {metrics: {dynamic: {enabled: true}}}\n",
        "1.17.3",
        OPEN,
    ),
    "dashboards on, metrics off": ("hubble: {metrics: {dashboards: {enabled: true}}}\n", "1.20.0", ""),
    "the agent's dashboard on, its metrics off": ("dashboards: {enabled: true}\n", "1.20.0", OPEN),
    "dashboards that draw labels which the metrics lack": (
        "hubble: {metrics: {enabled: [dns], dashboards: {enabled: true}}}\n",
        "1.20.0",
        "",
    ),
    "metrics on, and nothing that scrapes them": ("prometheus: {enabled: true}\n", "1.20.0", OPEN),
    "the namespace of Hubble's monitor": (
        "hubble: {metrics: {enabled: [dns], serviceMonitor: {enabled: true, namespace: monitoring}}}\n",
        "1.20.0",
        OPEN,
    ),
    "monitors scattered over namespaces": (
        "prometheus: {enabled: true, serviceMonitor: {enabled: true, namespace: monitoring}}\n" + OPERATOR,
        "1.20.0",
        OPEN,
    ),
    "a dashboard in a namespace that the sidecar does not search": (
        "dashboards: {enabled: true, namespace: monitoring}\noperator: {dashboards: {enabled: true}}\n",
        "1.20.0",
        "grafana: {sidecar: {dashboards: {searchNamespace: monitoring}}}\n",
    ),
    "a dashboard with another label than the sidecar's": ("dashboards: {enabled: true, label: other}\n", "1.20.0", ""),
    "a folder in an annotation that the sidecar does not read": (
        "dashboards: {enabled: true, annotations: {grafana_folder: Cilium}}\n",
        "1.20.0",
        "",
    ),
    "a number for the value of that label": ("dashboards: {enabled: true, labelValue: 1}\n", "1.20.0", ""),
    "rendered where the CRDs are not known": (
        "prometheus: {enabled: true, serviceMonitor: {enabled: true}}\n",
        "1.20.0",
        OPEN,
    ),
    "the stack in an Application of Argo CD without `ServerSideApply=true`": ("", "", OPEN),
    "certificates of Hubble that Helm makes": ("hubble: {relay: {enabled: true}}\n", "1.20.0", OPEN),
    "no password for Grafana, from 79 on": ("", "", "grafana: {defaultDashboardsEnabled: true}\n"),
    "`trustCRDsExist` at a monitor that does not read it": (
        "operator: {prometheus: {serviceMonitor: {enabled: true, trustCRDsExist: true}}}\n",
        "1.20.0",
        OPEN,
    ),
    "a backslash from a command line in a metric": (
        'hubble: {metrics: {enabled: ["httpV2:labelsContext=source_ip\\\\,destination_ip"]}}\n',
        "1.20.0",
        OPEN,
    ),
    "`http` beside `httpV2`": ("hubble: {metrics: {enabled: [http, httpV2]}}\n", "1.20.0", OPEN),
    "a metric that does not exist": ("hubble: {metrics: {enabled: [dnss]}}\n", "1.20.0", OPEN),
    "a label or context that does not exist": (
        'hubble: {metrics: {enabled: ["dns:labelsContext=source_pods"]}}\n',
        "1.20.0",
        OPEN,
    ),
    "a text for the list of metrics": ("hubble: {metrics: {enabled: 'dns,drop'}}\n", "1.20.0", OPEN),
    "the same, before Cilium had a schema": ("hubble: {metrics: {enabled: 'dns,drop'}}\n", "1.15.8", OPEN),
    "a label by pod without its namespace": (
        "hubble: {metrics: {enabled: ['drop:labelsContext=source_pod']}}\n",
        "1.20.0",
        OPEN,
    ),
    "contexts by pod or address": ("hubble: {metrics: {enabled: ['drop:sourceContext=pod']}}\n", "1.20.0", OPEN),
    "exemplars without OpenMetrics": ('hubble: {metrics: {enabled: ["httpV2:exemplars=true"]}}\n', "1.20.0", OPEN),
    "scrape jobs that look for Cilium at its ports from before 1.12": (
        "prometheus: {enabled: true}\n",
        "1.20.0",
        stack("additionalScrapeConfigs: [{job_name: cilium, static_configs: [{targets: ['10.0.0.1:9090']}]}]"),
    ),
    "scrape jobs that are no list": ("", "", stack("additionalScrapeConfigs: {job_name: nodes}")),
    "two programs on one port of the nodes": ("prometheus: {enabled: true, port: 9100}\n", "1.20.0", OPEN),
    "a timeout longer than the interval": (
        "prometheus: {enabled: true, serviceMonitor: {enabled: true, interval: 10s, scrapeTimeout: 30s}}\n",
        "1.20.0",
        OPEN,
    ),
    "a job for annotated Services, which have monitors": (
        "",
        "",
        stack(
            "additionalScrapeConfigs: [{job_name: a, kubernetes_sd_configs: [{role: endpoints}], relabel_configs: "
            "[{source_labels: [__meta_kubernetes_service_annotation_prometheus_io_scrape], action: keep, "
            "regex: true}]}]"
        ),
    ),
    "kube-proxy watched, and replaced": (
        "kubeProxyReplacement: true\nk8sServiceHost: a\nk8sServicePort: 6443\n",
        "1.20.0",
        OPEN,
    ),
    "a control plane that somebody else runs, watched": ("", "", OPEN),
    "two operators on one node": ("hubble: {relay: {enabled: true}}\n", "1.20.0", OPEN),
    "kube-proxy replaced, the API server not named": ("kubeProxyReplacement: true\n", "1.20.0", OPEN),
    "old words of `kubeProxyReplacement`": ("kubeProxyReplacement: strict\n", "1.18.2", OPEN),
    "`tunnel: disabled`": ("tunnel: disabled\n", "1.18.2", OPEN),
    "strict encryption that is off after an upgrade": (
        "encryption: {strictMode: {enabled: true, cidr: 10.0.0.0/8}}\n",
        "1.20.0",
        OPEN,
    ),
    "`proxy.prometheus`": ("proxy: {prometheus: {enabled: true}}\n", "1.18.2", OPEN),
    "options that are gone and do nothing": (
        "externalIPs: {enabled: true}\nsockops: {enabled: true}\n",
        "1.20.0",
        OPEN,
    ),
    "options that are gone and stop the render": ("containerRuntime: {integration: crio}\n", "1.18.2", OPEN),
    "options of the stack that moved": ("", "", OPEN + "kubeStateMetrics: {serviceMonitor: {interval: 5s}}\n"),
    "a typo": ("prometheus: {enable: true}\n", "1.20.0", OPEN),
    "a key twice": ("prometheus: {enabled: true}\nhubble: {}\nprometheus: {port: 9962}\n", "1.20.0", OPEN),
    "values under the name of the chart": ("cilium: {prometheus: {enabled: true}}\n", "1.20.0", OPEN),
    "options of Cilium below `global`": ("global: {hubble: {enabled: true, listenAddress: ':4244'}}\n", "1.20.0", OPEN),
    "`additionalServiceMonitors` at the top": ("", "", OPEN + "additionalServiceMonitors: [{name: a}]\n"),
    "an id of a cluster without its name": ("cluster: {id: 3}\n", "1.20.0", OPEN),
    "Hubble UI without the relay": ("hubble: {ui: {enabled: true}}\n", "1.20.0", OPEN),
}


def test_the_page_and_the_cases_are_the_same() -> None:
    assert [title for title, _, _ in ROWS] == list(CASES)
    assert all(shown == anchor for _, shown, anchor in ROWS)


# What values alone do not show: the configuration has to say it, or to ask for remarks.
SAID = {
    "an open selector for monitors, a closed one for rules": Settings(profile="pedantic"),
    "contexts by pod or address": Settings(profile="pedantic"),
    "certificates of Hubble that Helm makes": Settings(environment=("offline-rendering",)),
    "no password for Grafana, from 79 on": Settings(environment=("offline-rendering",)),
    "a control plane that somebody else runs, watched": Settings(environment=("managed-control-plane",)),
    "two operators on one node": Settings(environment=("single-node",)),
}


# Pitfalls that newer versions of the stack do not have.
OLD = {"the same for the stack's own monitors, before 55.5.2": "55.5.1"}

# Pitfalls of what applies the stack, not of its values.
APPLIED = {
    "the stack in an Application of Argo CD without `ServerSideApply=true`": Delivery("Argo CD", (), True, None),
}


# Pitfalls of charts that stand beside the stack in an umbrella chart: the values are those of the umbrella.
UMBRELLA = {"the monitor of another chart in the same umbrella, without the label": ("velero",)}


def found(given: Workspace) -> set[str]:
    return {finding.rule for finding in engine.run(given, RULES).findings}


def test_the_page_says_what_has_to_be_said() -> None:
    for title, settings in SAID.items():
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {title} |")]
        assert f"`{settings.environment[0] if settings.environment else settings.profile}`" in row


@pytest.mark.parametrize(("title", "rule"), [(title, rule) for title, rule, _ in ROWS], ids=[row[0] for row in ROWS])
def test_the_rule_finds_it(title: str, rule: str) -> None:
    values, version, other = CASES[title]
    releases = [cilium(values, version=version)] if values else []
    stack = kps(*([other] if other else []), version=OLD.get(title, "88.5.3"))
    if title in UMBRELLA:
        stack = stack._replace(under=stack.chart, beside=UMBRELLA[title])
    given = cluster(*releases, stack._replace(delivery=APPLIED.get(title)))
    assert (rule in found(given)) is (title not in SAID)
    if title in SAID:
        said = given.clusters[0]._replace(settings=SAID[title])
        assert rule in found(given._replace(clusters=(said,)))


def test_what_the_page_leaves_open_is_left_open() -> None:
    """The selector of namespaces asks for a label that only the cluster knows."""
    selector = stack("serviceMonitorNamespaceSelector: {matchLabels: {monitored: 'yes'}}")
    labelled = "operator: {prometheus: {serviceMonitor: {enabled: true, labels: {release: kps}}}}\n"
    report = engine.run(cluster(cilium(labelled), kps(selector)), RULES)
    assert "monitor-not-selected" in {item.rule for item in report.undecided}
