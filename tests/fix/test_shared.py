"""A file that several clusters share: what is right for one of them must not be wrong for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from valuelint.lint.fix import Repair, repair
from valuelint.lint.rule import load_rules
from valuelint.workspace.discover import discover


def fixed(folder: Path, values: str, *versions: str, stacks: tuple[str, ...] = ()) -> Repair:
    """The safe fixes of one file that is the values of Cilium in a cluster of each version."""
    lines = ["clusters:"]
    for number, version in enumerate(versions):
        lines += [f"  - name: c{number}", "    releases:"]
        lines.append(
            f"      - {{chart: cilium, version: {version}, name: cilium, namespace: kube-system, values: c.yaml}}"
        )
        if stacks:
            stack = "chart: kube-prometheus-stack, version: 88.5.3, namespace: monitoring"
            lines.append(f"      - {{{stack}, name: {stacks[number]}, values: k.yaml}}")
    (folder / ".valuelint.yaml").write_text("\n".join(lines) + "\n")
    (folder / "c.yaml").write_text(values)
    (folder / "k.yaml").write_text("grafana: {enabled: false}\n")
    return repair(discover([str(folder)], None, {}), load_rules(), "safe")


@pytest.mark.parametrize(
    ("values", "old", "new", "said"),
    [
        ("hostPort: {enabled: true}\n", "1.15.5", "1.19.0", "its chart reads hostPort.enabled"),
        ("tunnel: disabled\n", "1.13.5", "1.18.5", "its chart reads tunnel"),
        ("kubeProxyReplacement: strict\n", "1.13.5", "1.18.5", "does not render"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_another_version_still_needs_it(
    tmp_path: Path, values: str, old: str, new: str, said: str, turned: bool
) -> None:
    values += "k8sServiceHost: api\nk8sServicePort: 6443\n"
    done = fixed(tmp_path, values, *((new, old) if turned else (old, new)))
    assert done.texts == {}
    assert [said in failed.reason for failed in done.failed] == [True]


def test_both_want_the_same(tmp_path: Path) -> None:
    done = fixed(tmp_path, "prometheus:\n  enabled: 'false'\n", "1.15.19", "1.18.5")
    assert list(done.texts.values()) == ["prometheus:\n  enabled: false\n"]
    assert done.failed == ()


def test_each_wants_another_label(tmp_path: Path) -> None:
    monitor = "prometheus:\n  enabled: true\n  serviceMonitor:\n    enabled: true\n    trustCRDsExist: true\n"
    done = fixed(tmp_path, monitor, "1.18.5", "1.18.5", stacks=("one", "two"))
    assert list(done.texts.values()) == [monitor + "    labels:\n      release: one\n"]
    assert "(in cluster c0)" in done.failed[0].reason
    assert [finding.rule for finding in done.left.findings if finding.severity == "error"] == ["monitor-not-selected"]
