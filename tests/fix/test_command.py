"""`valuelint fix` as a command: its options, one by one at a terminal, and files that belong together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "valuelint", "fix"]

CONFIG = """\
clusters:
  - name: home
    releases:
      - {chart: cilium, version: 1.17.18, name: cilium, namespace: kube-system, values: [cilium.yaml]}
      - {chart: kube-prometheus-stack, version: 88.5.3, name: kps, namespace: monitoring, values: [kps.yaml]}
"""
CILIUM = """\
prometheus:
  enabled: true
  serviceMonitor:
    enabled: true
    labels:
      release: one # wrong
operator:
  prometheus:
    serviceMonitor: {enabled: true, labels: {release: two}}
hubble:
  relay:
    enabled: true
    prometheus:
      serviceMonitor: {enabled: true, labels: {release: kps}}
"""
LABELS = CILIUM.replace("one # wrong", "kps # wrong").replace("two", "kps")
METRICS = CILIUM.replace("labels: {release: kps}}\n", "labels: {release: kps}}\n      enabled: true\n")
SAFE = METRICS.replace("one # wrong", "kps # wrong").replace("two", "kps")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".valuelint.yaml").write_text(CONFIG)
    (tmp_path / "cilium.yaml").write_text(CILIUM)
    (tmp_path / "kps.yaml").write_text("grafana: {enabled: false}\n")
    return tmp_path


def fix(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def held(folder: Path) -> str:
    return (folder / "cilium.yaml").read_text()


def test_safe_fixes_are_written(home: Path) -> None:
    done = fix(home, ".")
    assert held(home) == SAFE
    assert "3 fixes applied" in done.stderr
    assert "1 monitor is now rendered" in done.stderr
    assert "2 monitors are now selected by Prometheus" in done.stderr
    assert fix(home, "--check", ".").stdout == ""


def test_check_names_the_files(home: Path) -> None:
    done = fix(home, "--check", ".")
    assert (done.returncode, done.stdout, done.stderr) == (1, "cilium.yaml\n", "")
    assert held(home) == CILIUM
    fix(home, ".")
    done = fix(home, "--check", ".")
    assert (done.returncode, done.stdout) == (0, "")


def test_diff_writes_nothing(home: Path) -> None:
    done = fix(home, "--diff", ".")
    assert done.returncode == 1
    assert "-      release: one # wrong\n+      release: kps # wrong\n" in done.stdout
    assert held(home) == CILIUM


def test_only_a_rule(home: Path) -> None:
    fix(home, "--only", "monitor-not-selected", ".")
    assert held(home) == LABELS
    done = fix(home, "--only", "no-such-rule", ".")
    assert done.returncode == 2
    assert "unknown rule no-such-rule" in done.stderr


def test_hooks_want_to_fail_when_something_was_fixed(home: Path) -> None:
    assert fix(home, "--exit-non-zero-on-fix", "--fail-on", "never", ".").returncode == 1
    assert fix(home, "--exit-non-zero-on-fix", "--fail-on", "never", ".").returncode == 0


def test_sides(home: Path) -> None:
    done = fix(home, "--side", "prometheus", "--unsafe", "--only", "monitor-not-selected", ".")
    assert "fixed cilium.yaml:6: monitor-not-selected: let Prometheus select it: prometheus." in done.stdout
    assert "serviceMonitorSelectorNilUsesHelmValues: false (in kps.yaml)\n" in done.stdout
    assert held(home) == CILIUM
    assert (home / "kps.yaml").read_text() == (
        "grafana: {enabled: false}\n"
        "prometheus:\n  prometheusSpec:\n    serviceMonitorSelectorNilUsesHelmValues: false\n"
    )


def test_options_that_exclude_each_other(home: Path) -> None:
    done = fix(home, "--diff", "--check", ".")
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


@pytest.mark.parametrize(
    ("level", "expected", "shown"),
    [
        ("safe", LABELS, True),
        ("unsafe", CILIUM, True),
        ("display", CILIUM, True),
        ("off", CILIUM, False),
    ],
)
def test_levels_in_the_configuration(home: Path, level: str, expected: str, shown: bool) -> None:
    (home / ".valuelint.yaml").write_text(CONFIG + f"fix:\n  monitor-not-selected: {level}\n")
    done = fix(home, "--only", "monitor-not-selected", "--check", ".")
    assert bool(done.stdout) is (expected == LABELS)
    fix(home, "--only", "monitor-not-selected", ".")
    assert held(home) == expected
    (home / "cilium.yaml").write_text(CILIUM)
    fix(home, "--only", "monitor-not-selected", "--unsafe", ".")
    assert held(home) == (LABELS if level in ("safe", "unsafe") else CILIUM)
    (home / "cilium.yaml").write_text(CILIUM)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    check = [*COMMAND[:-1], "check", "."]
    said = subprocess.run(check, cwd=home, env=environment, capture_output=True, text=True).stdout
    assert (f"fix ({level}): label the monitor" in said) is shown


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "fix: {monitor-not-selcted: safe}\n",
            "fix has no key monitor-not-selcted; did you mean monitor-not-selected?",
        ),
        ("fix: {guard: maybe}\n", "guard has no level maybe; known are safe, unsafe, display, off"),
        ("fix: [guard]\n", "fix is a map with rules by their ids"),
    ],
)
def test_a_wrong_configuration(home: Path, given: str, message: str) -> None:
    (home / ".valuelint.yaml").write_text(CONFIG + given)
    done = fix(home, ".")
    assert done.returncode == 2
    assert message in done.stderr


# --- files that belong together -------------------------------------------------------------------

LAYERS = CONFIG.replace("[cilium.yaml]", "[cilium.yaml, more.yaml]")
MORE = "envoy: {prometheus: {serviceMonitor: {enabled: true, labels: {release: three}}}}\n"


def test_a_file_that_cannot_be_written_holds_up_the_cluster(home: Path) -> None:
    (home / ".valuelint.yaml").write_text(LAYERS)
    (home / "more.yaml").write_text(MORE)
    (home / "more.yaml").chmod(0o444)
    done = fix(home, ".")
    assert done.returncode == 2
    assert "error: cannot write more.yaml: it is read-only; make it writable first" in done.stderr
    assert "written: nothing (--keep-going writes what can be written)" in done.stderr
    assert (held(home), (home / "more.yaml").read_text()) == (CILIUM, MORE)
    done = fix(home, "--keep-going", ".")
    assert done.returncode == 2
    assert "written: cilium.yaml" in done.stderr
    assert (held(home), (home / "more.yaml").read_text()) == (SAFE, MORE)


# --- at a terminal --------------------------------------------------------------------------------


def at_terminal(folder: Path, answers: str, *arguments: str) -> tuple[str, int]:
    """Plays a dialogue through a terminal; what was shown, and the exit code."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(COMMAND[0], [*COMMAND, "-i", *arguments])
    shown = b""
    left = list(answers)
    asked = 0
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
        if shown.count(b"[n]: ") > asked:
            asked += 1
            os.write(terminal, (left.pop(0) if left else "q").encode() + b"\n")
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("q", CILIUM),
        ("nnnn", CILIUM),
        ("ynnn", CILIUM.replace("one # wrong", "kps # wrong")),
        ("nynn", CILIUM.replace("two", "kps")),
        ("yq", CILIUM.replace("one # wrong", "kps # wrong")),
        ("sn", CILIUM),
        ("sy", METRICS),
        ("?yq", CILIUM.replace("one # wrong", "kps # wrong")),
    ],
)
def test_one_by_one(home: Path, answers: str, expected: str) -> None:
    shown, _ = at_terminal(home, answers, "--only", "monitor-not-selected", "--only", "monitor-not-rendered", ".")
    found = sorted([held(home), expected])
    assert found[0] == found[1], shown
    assert "apply it? (y: yes, n: no, a: this and the rest, s: skip the rule, q: quit)" in shown
    assert "release: kps # wrong" in shown or "enabled: true" in shown


def test_all_of_the_rest(home: Path) -> None:
    at_terminal(home, "a", "--only", "monitor-not-selected", "--only", "monitor-not-rendered", ".")
    assert held(home) == SAFE


def test_interrupted(home: Path) -> None:
    shown, code = at_terminal(home, "y\x03", "--only", "monitor-not-selected", ".")
    assert held(home) == CILIUM
    assert code == 130
    assert "interrupted" in shown


def test_no_terminal(home: Path) -> None:
    done = fix(home, "-i", ".")
    assert done.returncode == 2
    assert "there is no terminal to ask at; --diff shows the fixes, --only RULE applies those of a rule" in done.stderr
    assert held(home) == CILIUM
