"""Checks the Helm values of Cilium and kube-prometheus-stack against each other, offline."""
