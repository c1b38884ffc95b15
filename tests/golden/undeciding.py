"""Leaves that no case can let decide in a certain state, and why: (place, leaf, state, reason)."""

from __future__ import annotations

_AUTHORITY = "would need a true certificate authority in the values: Helm stops at anything else"
_ASKED_ONLY = "asked for the sake of the map around it; the answer is the same either way"
_EARLIER = "another check of the chart stops the render in this state"
_SAME = "a key that is null or empty is text without a letter as well, which the leaf beside it sees first"
_NO_MAP = "what is no map stops the render in the templates as well"

UNDECIDING: dict[str, list[tuple[str, str, bool, str]]] = {
    "cilium": [
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
    "tetragon": [
        (
            "guards.missing-map-of-export",
            "export.stdout map",
            False,
            "where the map is missing, so is the image inside it",
        ),
    ],
}
