"""`valuelint test` and `valuelint new-rule`, and that docs/policies.md can be followed to the letter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from valuelint.lint.rule import load_rules
from valuelint.lint.trials import collect, hold

ROOT = Path(__file__).parents[2]

RULE = """\
summary: A rule of this test.
for: values
charts: {cilium: ">=1.14"}
expect: {hubble.enabled: true}
message: "{path} is {value}"
fix: {set: {hubble.enabled: true}}
examples:
  bad:
    - title: Hubble is off
      releases: {cilium: {version: 1.20.0, values: "hubble: {enabled: false}\\n"}}
      finds: [{path: hubble.enabled, severity: warning}]
      fixed: {cilium: "hubble: {enabled: true}\\n"}
  good:
    - title: Hubble is on
      releases: {cilium: {version: 1.20.0}}
"""

TESTS = """\
tests:
  - title: Nobody knows
    releases: {cilium: {version: 1.20.0, values: "hubble: {enabled: '${X}'}\\n"}}
    undecided: true
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "valuelint", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )


def rulings(folder: Path, rule: str = RULE, tests: str = "") -> list[tuple[str, ...]]:
    (folder / "mine.yaml").write_text(rule)
    if tests:
        (folder / "mine_test.yaml").write_text(tests)
    collection = collect([str(folder)])
    assert collection.problems == []
    return [hold(trial, load_rules()).wrong for trial in collection.trials]


def test_all_is_well(tmp_path: Path) -> None:
    assert rulings(tmp_path, tests=TESTS) == [(), (), ()]


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        (
            "severity: warning}]",
            "severity: error}]",
            ["expected: error at hubble.enabled of cilium", "found:    warning at hubble.enabled of cilium"],
        ),
        (
            "hubble.enabled: true}\nmess",
            "hubble.enabled: false}\nmess",
            ["expected: warning at hubble.enabled of cilium", "found:    nothing"],
        ),
        ("path: hubble.enabled", "path: hubble", ["expected: warning at hubble of cilium"]),
        (
            '{cilium: "hubble: {enabled: true}\\n"}',
            '{cilium: "hubble: {enabled: on}\\n"}',
            ["-hubble: {enabled: on}", "+hubble: {enabled: true}"],
        ),
        ("fix: {set: {hubble.enabled: true}}\n", "", ["the fix changes nothing of cilium"]),
        ('      fixed: {cilium: "hubble: {enabled: true}\\n"}\n', "", ["the fix changes cilium:"]),
        (
            "releases: {cilium: {version: 1.20.0}}",
            "releases: {cilium: {version: 1.20.0, values: 'a: ['}}",
            ["the values of cilium.yaml cannot be read"],
        ),
        (
            "releases: {cilium: {version: 1.20.0}}",
            "releases: {cilium: {version: 1.20.0, values: 'hubble: {enabled: \"${X}\"}'}}",
            ["left open: it is"],
        ),
        ("title: Hubble is on", "undecided: true\n      title: Hubble is on", ["expected something undecided"]),
    ],
)
def test_what_is_not_as_the_example_says(before: str, after: str, wrong: list[str], tmp_path: Path) -> None:
    assert before in RULE
    lines = [line for ruling in rulings(tmp_path, RULE.replace(before, after)) for line in ruling]
    for expected in wrong:
        assert any(line.startswith(expected) for line in lines), lines


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("mine_test.yaml", "tests: []\n", 1, "tests is empty"),
        ("mine_test.yaml", "tests:\n- {title: x}\n", 2, "releases is missing"),
        ("mine_test.yaml", "a: [\n", 2, "a value is expected here"),
        ("other_test.yaml", TESTS, 1, "there is no rule other beside it"),
        ("mine.yaml", "summary: x\n", 1, "is missing"),
    ],
)
def test_a_file_that_cannot_be_used(name: str, text: str, line: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULE)
    (tmp_path / name).write_text(text)
    (problem, *_) = collect([str(tmp_path)]).problems
    assert message in problem.message
    assert (Path(problem.file).name, problem.line) == (name, line)


def test_a_file_of_tests_names_its_rule(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULE)
    (tmp_path / "more_test.yaml").write_text("rule: mine\n" + TESTS)
    collection = collect([str(tmp_path / "more_test.yaml")])
    assert [(trial.rule.id, trial.example.title) for trial in collection.trials] == [("mine", "Nobody knows")]


# --- the commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "code", "words"),
    [
        (RULE, 0, "mine.yaml: 1 bad, 1 good, 1 fixed ... ok"),
        (RULE.replace("severity: warning}]", "severity: error}]"), 1, "mine.yaml: 1 bad, 1 good, 1 fixed ... 1 FAILED"),
        (RULE.partition("examples:")[0], 3, "mine.yaml: no examples"),
        (RULE.replace("expect:", "expct:"), 2, "did you mean expect?"),
    ],
)
def test_what_it_prints(rule: str, code: int, words: str, tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.yaml").write_text(rule)
    done = run(tmp_path, "test")
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout + done.stderr


def test_without_policies_it_says_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path, "test")
    assert (done.returncode, "new-rule NAME writes one" in done.stderr) == (2, True)


def test_for_a_ci_system(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULE.replace("path: hubble.enabled", "path: hubble"))
    done = run(tmp_path, "test", "mine.yaml", "--format", "junit", "--output", "out.xml")
    assert (done.returncode, done.stdout) == (1, "")
    suites = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suites.iter("testcase")] == ["Hubble is off", "Hubble is on"]


def test_a_new_rule_passes_its_tests_at_once(tmp_path: Path) -> None:
    assert run(tmp_path, "new-rule", "team-label").returncode == 0
    done = run(tmp_path, "test")
    assert done.stdout.startswith("policies/team-label.yaml: 2 bad, 2 good, 2 fixed ... ok\n"), done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["Team", "team_label", "-x", "guard", "../x", "there"])
def test_a_name_that_cannot_be(name: str, tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "there.yaml").write_text("mine\n")
    assert run(tmp_path, "new-rule", "--", name).returncode == 2
    assert (tmp_path / "policies" / "there.yaml").read_text() == "mine\n"
    assert [file.name for file in (tmp_path / "policies").iterdir()] == ["there.yaml"]


# --- the page -------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "policies.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    """The first three files, in an empty folder; then the examples, the fix and the parameters."""
    for block in BLOCKS[:3]:
        file = tmp_path / block.partition("\n")[0].removeprefix("# ")
        file.parent.mkdir(exist_ok=True)
        file.write_text(block)
    done = run(tmp_path, "check", ".")
    shown = re.findall(r"```text\n\$ valuelint check \.\n(.*?)```", PAGE, re.DOTALL)[0]
    assert done.stdout.startswith(shown), done.stdout + done.stderr
    assert done.returncode == 1
    policy = tmp_path / "policies" / "team-label.yaml"
    policy.write_text(policy.read_text() + BLOCKS[3])
    tried = run(tmp_path, "test").stdout
    assert tried.startswith("policies/team-label.yaml: 1 bad, 1 good ... ok\n\n2 passed\n"), tried
    fix, params, tune = (
        next(block for block in BLOCKS[4:] if each in block) for each in ("fix:", "params:", "overrides:")
    )
    policy.write_text(policy.read_text().partition("examples:")[0] + fix + params.partition("\n")[2])
    config = tmp_path / ".valuelint.yaml"
    config.write_text(config.read_text() + tune.partition("\n")[2])
    assert run(tmp_path, "fix", "--unsafe", ".").returncode == 0
    assert "labels:\n        team: platform\n" in (tmp_path / "cilium.yaml").read_text()


def test_the_expression_of_the_page_works(tmp_path: Path) -> None:
    (block,) = [block for block in BLOCKS if "cel:" in block]
    (tmp_path / "one-prometheus.yaml").write_text(block)
    collection = collect([str(tmp_path)])
    assert (collection.problems, [rule.id for rule in collection.untested]) == ([], ["one-prometheus"])


def test_the_page_names_every_key() -> None:
    from valuelint import resources
    from valuelint.lint.views import ALWAYS, FIELDS

    schema = resources.load("schemas/rule.schema.json")
    ours = {"since", "check", "scope", "texts", "messages", "fix_safety", "sources", "see", "remedy"}
    words = {*schema["properties"], *FIELDS, *ALWAYS} - ours
    words |= {field for fields in FIELDS.values() if fields for field in fields}
    words |= set(schema["properties"]["fix"]["properties"]) - {"title", "safety", "reason"}
    assert {word for word in words if f"`{word}`" not in PAGE} == set()


OF_A_CLUSTER = """\
summary: Production runs a Cilium that is looked after.
for: values
charts: {cilium: "*"}
when: {$cluster: {pattern: "^prod"}}
expect: {$release.version: {version: ">=1.18"}}
message: "{$cluster} runs Cilium {value}"
examples:
  bad:
    - title: An old one in production
      config: {cluster: prod-1}
      releases: {cilium: {version: 1.16.0, values: "debug: {enabled: true}"}}
      finds: [{path: debug, severity: warning}]
  good:
    - title: An old one elsewhere
      releases: {cilium: {version: 1.16.0, values: "debug: {enabled: true}"}}
"""


def test_an_example_may_name_its_cluster(tmp_path: Path) -> None:
    assert rulings(tmp_path, OF_A_CLUSTER) == [(), ()]
    assert "found:    nothing" in rulings(tmp_path, OF_A_CLUSTER.replace("cluster: prod-1", "cluster: lab"))[0]


DECLARED = """\
policies: [policies]
clusters:
  - name: prod
    paths: [apps]
    releases:
      - {chart: cilium, name: cilium, version: 1.16.0, values: cilium.yaml}
"""
HELM_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium-two}
spec:
  chart: {spec: {chart: cilium, version: 1.17.0, sourceRef: {kind: HelmRepository, name: cilium}}}
  values:
    debug: {enabled: true}
"""


def test_what_a_release_is_is_shown_where_that_is_said(tmp_path: Path) -> None:
    """In the release itself; where something else says it, the values are where the reader is."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "apps").mkdir()
    (tmp_path / "policies" / "looked-after.yaml").write_text(OF_A_CLUSTER.partition("examples:")[0])
    (tmp_path / ".valuelint.yaml").write_text(DECLARED)
    (tmp_path / "cilium.yaml").write_text("debug: {enabled: true}\n")
    (tmp_path / "apps" / "cilium.yaml").write_text(HELM_RELEASE)
    done = run(tmp_path, "check", "-q", ".")
    assert done.stdout.splitlines() == [
        "apps/cilium.yaml:5:42: warning[looked-after] prod runs Cilium 1.17.0",
        "cilium.yaml:1:1: warning[looked-after] prod runs Cilium 1.16.0",
    ]
    done = run(tmp_path, "check", "cilium.yaml")
    assert "::: .valuelint.yaml:6:48" in done.stdout, done.stdout
