"""Rules of valuelint declared anew from outside: what may be changed, what is said of it, and never by accident."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lint.table import RULES
from valuelint import resources
from valuelint.lint.policies import load_policies
from valuelint.lint.rule import Rule
from valuelint.lint.trials import collect, hold

IDS = [rule.id for rule in RULES]
VALUES = """\
prometheus:
  enabled: true
hubble:
  relay:
    enabled: true
    prometheus:
      serviceMonitor:
        enabled: true
"""
CONFIG = """\
clusters: [{name: a, releases: [{chart: cilium, version: 1.20.0, values: cilium.yaml}]}]
select: [monitor-not-rendered]
policies: [mine]
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "valuelint", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def replacing(folder: Path, rule: str, **changes: Any) -> Path:
    """A copy of one of our rules that takes its place, with other content under some keys."""
    data = {**resources.load(f"rules/{rule}.yaml"), "replaces": True, **changes}
    (folder / "mine").mkdir(exist_ok=True)
    file = folder / "mine" / f"{rule}.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000))
    return file


def project(folder: Path) -> Path:
    (folder / "mine").mkdir(exist_ok=True)
    (folder / "cilium.yaml").write_text(VALUES)
    (folder / ".valuelint.yaml").write_text(CONFIG)
    return folder


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_copy_of_each_works_as_it_does(rule: Rule, tmp_path: Path) -> None:
    file = tmp_path / f"{rule.id}.yaml"
    file.write_text("replaces: true\n" + resources.text(f"rules/{rule.id}.yaml"), encoding="utf-8")
    collection = collect([str(file)])
    assert (collection.problems, collection.untested) == ([], [])
    assert len(collection.trials) == sum(len(each) for each in rule.data["examples"].values())
    for trial in collection.trials:
        assert hold(trial, RULES).wrong == (), trial.example.title
    found, problems = load_policies([str(tmp_path)], IDS)
    assert ([each.id for each in found], problems) == ([rule.id], [])


def said(rule: str) -> dict[str, Any]:
    messages: dict[str, Any] = resources.load(f"rules/{rule}.yaml")["messages"]
    return messages


def test_what_is_changed_is_what_is_said(tmp_path: Path) -> None:
    project(tmp_path)
    before = run(tmp_path, "check", ".")
    assert (before.returncode, "error[monitor-not-rendered]" in before.stdout) == (1, True)
    messages = {
        name: {**words, "message": "NOBODY WATCHES {component}"} for name, words in said("monitor-not-rendered").items()
    }
    for words in messages.values():
        words.pop("severity", None)
    replacing(tmp_path, "monitor-not-rendered", messages=messages, severity="info")
    after = run(tmp_path, "check", ".")
    assert "info[monitor-not-rendered]: NOBODY WATCHES" in after.stdout, after.stderr
    assert after.returncode == 0


def test_how_far_its_fixes_go(tmp_path: Path) -> None:
    project(tmp_path)
    assert run(tmp_path, "fix", "--check", ".").returncode == 1
    for level in ("display", "none"):
        replacing(tmp_path, "monitor-not-rendered", fix_safety={"level": level, "reason": "We look at it ourselves."})
        done = run(tmp_path, "fix", "--unsafe", ".")
        assert (done.returncode, (tmp_path / "cilium.yaml").read_text()) == (1, VALUES), done.stdout
        assert ("+       enabled: true" in run(tmp_path, "check", ".").stdout) is (level == "display")
    replacing(tmp_path, "monitor-not-rendered")
    assert run(tmp_path, "fix", ".").returncode == 0
    assert (tmp_path / "cilium.yaml").read_text() != VALUES


def test_a_fix_may_become_safe(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / ".valuelint.yaml").write_text(CONFIG.replace("monitor-not-rendered", "crds-not-trusted"))
    values = "prometheus: {enabled: true, serviceMonitor: {enabled: true}}\n"
    (tmp_path / "cilium.yaml").write_text(values)
    run(tmp_path, "fix", ".")
    assert (tmp_path / "cilium.yaml").read_text() == values
    replacing(tmp_path, "crds-not-trusted", fix_safety={"level": "safe", "reason": "Our CRDs are always there."})
    run(tmp_path, "fix", ".")
    assert "trustCRDsExist: true" in (tmp_path / "cilium.yaml").read_text()


@pytest.mark.parametrize(
    ("charts", "found"),
    [({"cilium": ">=1.20"}, True), ({"cilium": "<1.20"}, False), ({"kube-prometheus-stack": ">=36"}, False)],
)
def test_the_charts_that_it_speaks_of(charts: dict[str, str], found: bool, tmp_path: Path) -> None:
    project(tmp_path)
    replacing(tmp_path, "monitor-not-rendered", charts=charts)
    assert ("[monitor-not-rendered]" in run(tmp_path, "check", ".").stdout) is found


def test_its_examples_are_tests(tmp_path: Path) -> None:
    project(tmp_path)
    file = replacing(tmp_path, "monitor-not-rendered")
    assert run(tmp_path, "test").returncode == 0
    messages = {name: {**words, "severity": "info"} for name, words in said("monitor-not-rendered").items()}
    replacing(tmp_path, "monitor-not-rendered", messages=messages)
    done = run(tmp_path, "test", str(file))
    assert (done.returncode, "expected: error at" in done.stdout) == (1, True)


def test_a_policy_may_take_its_place(tmp_path: Path) -> None:
    project(tmp_path)
    text = 'summary: Ours.\nreplaces: true\nfor: values\nexpect: {hubble.relay.enabled: false}\nmessage: "no relay"\n'
    (tmp_path / "mine" / "monitor-not-rendered.yaml").write_text(text)
    done = run(tmp_path, "check", ".")
    assert "warning[monitor-not-rendered]: no relay" in done.stdout
    assert done.stdout.count("[monitor-not-rendered]") == 1


def test_a_source_further_down_takes_the_place_of_one_further_up(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "all").mkdir()
    text = 'summary: Ours.\nfor: values\nexpect: {hubble.relay.enabled: false}\nmessage: "SAYS"\n'
    (tmp_path / "all" / "relay.yaml").write_text(text.replace("SAYS", "all"))
    (tmp_path / "mine" / "relay.yaml").write_text(text.replace("SAYS", "mine") + "replaces: true\n")
    config = CONFIG.replace("monitor-not-rendered", "relay")
    (tmp_path / ".valuelint.yaml").write_text(config.replace("[mine]", "[all, mine]"))
    assert "[relay]: mine" in run(tmp_path, "check", ".").stdout
    (tmp_path / ".valuelint.yaml").write_text(config.replace("[mine]", "[mine, all]"))
    done = run(tmp_path, "check", ".")
    assert (done.returncode, "there is no rule relay to replace" in done.stderr) == (2, True)


def test_it_is_shown_as_yours(tmp_path: Path) -> None:
    project(tmp_path)
    run(tmp_path, "new-rule", "monitor-not-rendered", "--replace", "--folder", "mine")
    assert (
        "mine/monitor-not-rendered.yaml, in place of another" in run(tmp_path, "explain", "monitor-not-rendered").stdout
    )
    assert "in place of another" in " ".join(run(tmp_path, "rules").stdout.split())
    shown = [line.split("#") for line in run(tmp_path, "config", "show").stdout.splitlines()]
    assert ["rules.monitor-not-rendered: in place of another", "mine/monitor-not-rendered.yaml"] in [
        [part.strip() for part in parts] for parts in shown
    ]


def test_another_configuration_keeps_ours(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        project(tmp_path / name)
    text = 'summary: Ours.\nreplaces: true\nfor: values\nexpect: {hubble.relay.enabled: false}\nmessage: "no relay"\n'
    (tmp_path / "one" / "mine" / "monitor-not-rendered.yaml").write_text(text)
    (tmp_path / "two" / ".valuelint.yaml").write_text(CONFIG.splitlines()[0] + "\n")
    done = run(tmp_path, "check", "one", "two")
    assert "warning[monitor-not-rendered]: no relay\n --> one/cilium.yaml" in done.stdout
    assert "error[monitor-not-rendered]" in done.stdout
    assert done.stdout.count("no relay") == 1


def test_two_configurations_may_have_policies_of_one_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        project(tmp_path / name)
        text = f'summary: Ours.\nfor: values\nexpect: {{hubble.relay.enabled: false}}\nmessage: "by {name}"\n'
        (tmp_path / name / "mine" / "relay.yaml").write_text(text)
        (tmp_path / name / ".valuelint.yaml").write_text(CONFIG.replace("monitor-not-rendered", "relay"))
    done = run(tmp_path, "check", "one", "two")
    assert (done.stderr, done.returncode) == ("", 1)
    assert "by one\n --> one/" in done.stdout
    assert "by two\n --> two/" in done.stdout


WORDS = {
    name: {key: text for key, text in words.items() if key not in ("fix", "fixes")}
    for name, words in said("crds-not-trusted").items()
}


@pytest.mark.parametrize(
    ("changes", "message", "remedy"),
    [
        ({"replaces": False}, "check is for rules of valuelint", "add replaces: true to a changed copy"),
        ({"check": "render.guards"}, "the check of crds-not-trusted is render.crds", "stays as it is"),
        ({"scope": "cluster"}, "the scope of crds-not-trusted is release", "stays as it is"),
        ({"params": {"a": {"default": 1}}}, "has no parameters", "take params away"),
        (
            {"messages": {**said("crds-not-trusted"), "more": WORDS["switch"]}},
            "has no variant more",
            "known are switch",
        ),
        (
            {"messages": {"switch": said("crds-not-trusted")["switch"]}},
            "the variant no-switch is missing",
            "add no-switch",
        ),
        ({"messages": WORDS}, "fix is missing", "it needs a title"),
        (
            {"messages": {**said("crds-not-trusted"), "no-switch": {"message": "{relase}", "label": "x"}}},
            "there is no {relase}",
            "{release}",
        ),
        (
            {"messages": {**said("crds-not-trusted"), "no-switch": {"message": "{release.__class__}", "label": "x"}}},
            "there is no {release.__class__}",
            "{release}",
        ),
        (
            {"messages": {**said("crds-not-trusted"), "no-switch": {"message": "{release:>999999999}", "label": "x"}}},
            "there is no {release:>999999999}",
            "known are {release}",
        ),
        (
            {"messages": {**said("crds-not-trusted"), "no-switch": {"message": "{release", "label": "x"}}},
            "expected '}' before end of string",
            "is doubled",
        ),
    ],
)
def test_what_may_not_be_changed(changes: dict[str, Any], message: str, remedy: str, tmp_path: Path) -> None:
    file = replacing(tmp_path, "crds-not-trusted", **changes)
    rules, (problem,) = load_policies([str(file.parent)], IDS)
    assert rules == []
    assert message in problem.message
    assert remedy in problem.remedy
    assert problem.line is not None
    assert problem.line > 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("guard", "", "valuelint has a rule guard of its own; give the file another name, or say replaces: true"),
        ("gard", "replaces: true\n", "there is no rule gard to replace; did you mean guard?"),
        ("mine-alone", "replaces: true\n", "there is no rule mine-alone to replace; take replaces away"),
    ],
)
def test_nothing_is_replaced_by_accident(name: str, text: str, said: str, tmp_path: Path) -> None:
    policy = 'summary: Ours.\nfor: values\nexpect: {a: 1}\nmessage: "x"\n'
    (tmp_path / f"{name}.yaml").write_text(policy + text)
    rules, problems = load_policies([str(tmp_path)], IDS)
    assert rules == []
    assert [said in str(problem) for problem in problems] == [True], problems


def test_a_copy_under_another_name(tmp_path: Path) -> None:
    replacing(tmp_path, "guard").rename(tmp_path / "mine" / "guard-two.yaml")
    _, (problem,) = load_policies([str(tmp_path / "mine")], IDS)
    assert "valuelint has no rule guard-two with a check" in problem.message


def test_new_rule_copies_only_what_there_is(tmp_path: Path) -> None:
    done = run(tmp_path, "new-rule", "nothing-like-it", "--replace")
    assert (done.returncode, "valuelint has no rule nothing-like-it" in done.stderr) == (2, True)
    done = run(tmp_path, "new-rule", "guard")
    assert (done.returncode, "--replace copies it" in done.stderr) == (2, True)
