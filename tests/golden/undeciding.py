"""Leaves that no case can let decide in a certain state, and why: (place, leaf, state, reason)."""

from __future__ import annotations

_OWN_DURATION = "the chart's own durations are durations; the leaf saves a look at them"
_OWN_TAG = "the chart's own tags pass the checks that follow"
_AUTHORITY = "would need a true certificate authority in the values: Helm stops at anything else"
_ASKED_ONLY = "asked for the sake of the map around it; the answer is the same either way"
_EARLIER = "another check of the chart stops the render in this state"
_SAME = "a key that is null or empty is text without a letter as well, which the leaf beside it sees first"
_NO_ITEM = "an empty list has no item that could show it"
_INSIDE = "where the map is missing, so is what is asked of it next"
_TEXT = "only an empty text comes here, and the API server refuses such an object"
_OWN = "the block comes back from the subchart where it is null"
_NO_MAP = "what is no map stops the render in the templates as well"

UNDECIDING: dict[str, list[tuple[str, str, bool, str]]] = {
    "cilium": [
        ("guards.no-duration", "operator.identityHeartbeatTimeout changed", False, _OWN_DURATION),
        ("guards.no-duration", "operator.identityGCInterval changed", False, _OWN_DURATION),
        ("guards.no-duration", "operator.endpointGCInterval changed", False, _OWN_DURATION),
        ("guards.no-duration", "operator.nodeGCInterval changed", False, _OWN_DURATION),
        ("guards.no-duration", "bpf.monitorInterval changed", False, _OWN_DURATION),
        ("guards.no-duration", "ipam.ciliumNodeUpdateRate changed", False, _OWN_DURATION),
        ("guards.no-duration", "l2NeighDiscovery.refreshPeriod changed", False, _OWN_DURATION),
        ("guards.no-duration", "authentication.gcInterval changed", False, _OWN_DURATION),
        ("guards.no-duration", "authentication.mutual.connectTimeout changed", False, _OWN_DURATION),
        ("guards.no-duration", "envoyConfig.retryInterval changed", False, _OWN_DURATION),
        ("guards.no-duration", "hubble.export.static.aggregationInterval changed", False, _OWN_DURATION),
        ("guards.hubble-ui-no-version", "hubble.ui.backend.image.tag changed", False, _OWN_TAG),
        ("guards.hubble-ui-no-version", "hubble.ui.frontend.image.tag changed", False, _OWN_TAG),
        ("guards.hubble-ui-too-old", "hubble.ui.backend.image.tag changed", False, _OWN_TAG),
        ("guards.hubble-ui-too-old", "hubble.ui.frontend.image.tag changed", False, _OWN_TAG),
        (
            "guards.certificate-authority-without-key",
            "clustermesh.apiserver.tls.auto.enabled truthy",
            False,
            _AUTHORITY,
        ),
        ("guards.certificate-authority-without-key", "clustermesh.apiserver.tls.ca.key falsy", False, _AUTHORITY),
        ("guards.certificate-authority-without-key", "hubble.tls.ca.key falsy", False, _AUTHORITY),
        (
            "guards.clustermesh-helm-certificates-broken",
            "clustermesh.apiserver.tls.auto.enabled truthy",
            False,
            _AUTHORITY,
        ),
        ("guards.hubble-cron-job-broken", "hubble.tls.ca null", False, _NO_MAP),
        ("guards.hubble-ui-client-certificate-missing", "hubble.relay.enabled truthy", False, _EARLIER),
        (
            "guards.ingress-kube-proxy-replacement-or-node-port",
            "kubeProxyReplacement absent",
            True,
            "absent is no known word either: the other branch holds too",
        ),
        ("guards.kube-proxy-replacement", "kubeProxyReplacement falsy", False, _SAME),
        ("guards.kube-proxy-replacement", "kubeProxyReplacement falsy", True, _SAME),
        ("guards.kube-proxy-replacement", "kubeProxyReplacement null", True, _SAME),
        ("guards.kube-proxy-replacement", "kubeProxyReplacement set", False, _SAME),
        ("guards.monitor-crds", "prometheus.serviceMonitor map", False, _NO_MAP),
        ("guards.removed-in-1.15", "clustermesh.apiserver.tls map", False, _NO_MAP),
        ("monitors.hubble-relay", "hubble.enabled truthy", False, _EARLIER),
        ("services.hubble-relay-metrics", "hubble.enabled truthy", False, _EARLIER),
        (
            "services.clustermesh-apiserver-metrics",
            "clustermesh.apiserver.kvstoremesh.enabled truthy",
            False,
            _ASKED_ONLY,
        ),
        (
            "services.clustermesh-apiserver-metrics",
            "clustermesh.apiserver.kvstoremesh.enabled truthy",
            True,
            _ASKED_ONLY,
        ),
    ],
    "kube-prometheus-stack": [
        (
            "conditions.grafana_workload",
            "grafana.persistence.enabled truthy",
            False,
            "without it the first branch holds as well",
        ),
        ("guards.kube-state-metrics-values-no-map", "kube-state-metrics set", False, _OWN),
        ("guards.node-exporter-values-no-map", "prometheus-node-exporter set", False, _OWN),
        ("guards.operator-namespaces-no-list", "prometheusOperator.namespaces truthy", False, _INSIDE),
        ("monitors.additional-pod-monitors", "prometheus.additionalPodMonitors truthy", False, _NO_ITEM),
        ("monitors.additional-service-monitors", "prometheus.additionalServiceMonitors truthy", False, _NO_ITEM),
        ("operator.namespaces[0]", "prometheusOperator.namespaces truthy", False, _INSIDE),
        ("operator.namespaces[1]", "prometheusOperator.namespaces truthy", False, _INSIDE),
        ("prometheus.probe_selector[1]", "prometheus.prometheusSpec.probeSelector set", True, _TEXT),
        ("prometheus.rule_selector[2]", "prometheus.prometheusSpec.ruleSelector set", True, _TEXT),
        ("prometheus.scrape_config_selector[1]", "prometheus.prometheusSpec.scrapeConfigSelector set", True, _TEXT),
        ("prometheus.service_monitor_selector[1]", "prometheus.prometheusSpec.serviceMonitorSelector set", True, _TEXT),
    ],
    "tetragon": [
        (
            "guards.missing-map-of-export",
            "export.stdout map",
            False,
            _INSIDE,
        ),
    ],
}
