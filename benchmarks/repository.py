"""Measures a check of a large GitOps repository: 10,000 YAML files, of which one in a hundred holds values.

The budget: three times walking and reading all files plus event-scanning the candidates, in one process each, taken
in turns. With --gate a missed budget is exit code 1.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUDGET = 3.0

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app: app-{number}, tier: backend}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: app-{number}}}
  template:
    metadata:
      labels: {{app: app-{number}}}
    spec:
      containers:
        - name: app
          image: registry.example/app-{number}:1.2.3
          ports:
            - containerPort: 8080
          env:
            - name: LOG_LEVEL
              value: info
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
"""
POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: app-{number}
spec:
  endpointSelector:
    matchLabels: {{app: app-{number}}}
  ingress:
    - fromEndpoints:
        - matchLabels: {{tier: frontend}}
"""
KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: team-{team}
resources:
{resources}"""
SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: team-{team}
spec:
  path: ./clusters/c{cluster}/team-{team}
  targetNamespace: team-{team}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {chart}
  namespace: {namespace}
spec:
  chart:
    spec:
      chart: {chart}
      version: {version}
  values:
{values}"""
CILIUM = """\
    hubble:
      enabled: true
      metrics:
        enabled: [dns, drop, tcp, flow]
        serviceMonitor: {enabled: true, labels: {release: kube-prometheus-stack}}
      relay: {enabled: true}
    prometheus:
      enabled: true
      serviceMonitor: {enabled: true}
    operator:
      prometheus: {enabled: true}
      replicas: 2
      rollOutPods: true
    # as small as the nodes are
    resources:
      requests:
        cpu: 100m
        memory: 512Mi
      limits:
        memory: 1Gi
    tolerations:
      - operator: Exists
        effect: NoSchedule
      - key: node.kubernetes.io/not-ready
        operator: Exists
    ipam:
      mode: kubernetes
    kubeProxyReplacement: true
    k8sServiceHost: localhost
    k8sServicePort: 7445
    securityContext:
      capabilities:
        ciliumAgent: [CHOWN, KILL, NET_ADMIN, NET_RAW, IPC_LOCK, SYS_ADMIN, SYS_RESOURCE]
        cleanCiliumState: [NET_ADMIN, SYS_ADMIN, SYS_RESOURCE]
    cgroup:
      autoMount:
        enabled: false
      hostRoot: /sys/fs/cgroup
"""
STACK = """\
    grafana: {enabled: true}
    prometheus:
      prometheusSpec:
        retention: 10d
        serviceMonitorSelectorNilUsesHelmValues: false
        resources:
          requests:
            cpu: 200m
            memory: 1Gi
        storageSpec:
          volumeClaimTemplate:
            spec:
              storageClassName: fast
              resources:
                requests:
                  storage: 50Gi
      ingress:
        enabled: true
        ingressClassName: internal
        hosts: [prometheus.example.com]
    alertmanager:
      config:
        route:
          receiver: team
          group_by: [alertname, job]
          routes:
            - receiver: nobody
              matchers: [alertname = "Watchdog"]
        receivers:
          - name: nobody
          - name: team
            webhook_configs:
              - url: http://hook.example.com/alerts
                send_resolved: true
    # what a managed control plane does not show
    kubeEtcd: {enabled: false}
    kubeScheduler: {enabled: false}
    kubeControllerManager: {enabled: false}
    kubeProxy: {enabled: false}
"""


def write(folder: Path, count: int) -> int:
    """Writes a repository of about so many files; gives their number."""
    clusters = max(count // 200, 1)
    written = 0
    for cluster in range(clusters):
        base = folder / "clusters" / f"c{cluster}"
        for chart, namespace, version, values in (
            ("cilium", "kube-system", "1.18.2", CILIUM),
            ("kube-prometheus-stack", "monitoring", "79.1.0", STACK),
        ):
            place = base / "infrastructure" / chart / "release.yaml"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(RELEASE.format(chart=chart, namespace=namespace, version=version, values=values))
            written += 1
        for team in range(18):
            place = base / f"team-{team}"
            place.mkdir(parents=True)
            (base / f"team-{team}.yaml").write_text(SYNC.format(team=team, cluster=cluster))
            names = [f"app-{number}.yaml" for number in range(9)]
            for number, name in enumerate(names):
                form = POLICY if number == 8 else DEPLOYMENT
                (place / name).write_text(form.format(number=number, team=team))
            resources = "".join(f"  - {name}\n" for name in names)
            (place / "kustomization.yaml").write_text(KUSTOMIZATION.format(team=team, resources=resources))
            written += 11
    return written


YARDSTICK = """
import os, sys
sys.path.insert(0, sys.argv[2])
from valuelint.syntax import libyaml
held = []
for parent, folders, files in os.walk(sys.argv[1]):
    for name in files:
        with open(os.path.join(parent, name), "rb") as file:
            data = file.read()
        if b"HelmRelease" in data:
            held.append(data)
from yaml.events import StreamEndEvent
for data in held:
    get_event = libyaml.event_parser(data.decode()).get_event
    while get_event().__class__ is not StreamEndEvent:
        pass
"""


def main() -> int:
    """Prints the medians and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--gate", action="store_true")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        count = write(Path(name), given.files)
        check = [sys.executable, "-m", "valuelint", "check", "--quiet", "--fail-on", "never", "."]
        yardstick = [sys.executable, "-c", YARDSTICK, name, str(ROOT)]
        times: dict[str, list[float]] = {"check": [], "yardstick": []}
        for _ in range(given.runs + 1):
            for what, command in (("check", check), ("yardstick", yardstick)):
                start = time.perf_counter()
                env = {"PYTHONPATH": str(ROOT), "PATH": ""}
                subprocess.run(command, cwd=name, env=env, check=True, stdout=subprocess.DEVNULL)
                times[what].append(time.perf_counter() - start)
        ours, theirs = (statistics.median(times[what][1:]) for what in ("check", "yardstick"))
    print(f"{count} files: check {ours:.2f} s, walking, reading and scanning {theirs:.2f} s, {ours / theirs:.2f} x")
    return 1 if given.gate and ours / theirs > BUDGET else 0


if __name__ == "__main__":
    sys.exit(main())
