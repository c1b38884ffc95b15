"""Policies: what they find, what they do about it, and what is said of a file that is wrong."""

# ruff: noqa: E501 - the tables hold texts as they are

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.lint.table import RULES, cilium, cluster, kps
from valuelint.lint import engine
from valuelint.lint.checks.policies import is_duration, meets, parse_field, seconds, values_at
from valuelint.lint.fix import repair
from valuelint.lint.policies import load_policies, policy_of
from valuelint.lint.rule import Rule, tuned
from valuelint.lint.tuning import complaints
from valuelint.syntax import Source, format_path, parse
from valuelint.values import Unknown
from valuelint.workspace.config import read_config
from valuelint.workspace.release import Problem, Workspace
from valuelint.workspace.settings import Override, Settings

VALUES = """
    hubble:
      metrics:
        enabled: [dns, "drop:sourceContext=pod"]
        serviceMonitor: {enabled: true, interval: 10s, labels: {release: kps}}
    operator:
      prometheus:
        serviceMonitor:
          enabled: true
          labels: {team: network}
    prometheus: {enabled: true}
    """
STACK = """
    grafana: {enabled: false}
    prometheus: {prometheusSpec: {scrapeInterval: 15s, replicas: 1}}
    """
CILIUM = "charts: {cilium: '>=1.14'}\n"
KPS = "charts: {kube-prometheus-stack: '>=50'}\n"


def policy(text: str, name: str = "mine") -> Rule:
    """The rule of some text, with a summary and a message where there is none."""
    text = textwrap.dedent(text).strip() + "\n"
    for key, value in (("summary", "A rule of this test."), ("message", '"{subject}: {path} is {value}"')):
        if not any(line.startswith(f"{key}:") for line in text.splitlines()):
            text += f"{key}: {value}\n"
    return policy_of(parse(Source.from_text(text, f"{name}.yaml"))[0], name, "")


def world(values: str = VALUES, stack: str = STACK, **more: Any) -> Workspace:
    return cluster(cilium(values, **more), kps(stack))


def found(rule: Rule, given: Workspace | None = None) -> list[tuple[str, str, str]]:
    """Message, file and path of each finding."""
    report = engine.run(world() if given is None else given, [rule])
    return [(item.message, item.place.file, format_path(item.place.path)) for item in report.findings]


# --- subjects -------------------------------------------------------------------------------------

HUBBLE = "hubble.metrics.serviceMonitor"
OPERATOR = "operator.prometheus.serviceMonitor"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "for: values\n" + CILIUM + "expect: {hubble.enabled: false}",
            [("cilium: hubble.enabled is true", "cilium.yaml", "hubble")],
        ),
        ("for: values\n" + CILIUM + "expect: {hubble.enabled: true}", []),
        ("for: values\n" + CILIUM + "expect: {nothing.like.this: null}", []),
        (
            "for: values\n" + CILIUM + "expect: {prometheus.enabled: false}",
            [("cilium: prometheus.enabled is true", "cilium.yaml", "prometheus.enabled")],
        ),
        (
            "for: values\n" + KPS + "expect: {prometheus.prometheusSpec.replicas: {minimum: 2}}",
            [
                (
                    "kps: prometheus.prometheusSpec.replicas is 1",
                    "kube-prometheus-stack.yaml",
                    "prometheus.prometheusSpec.replicas",
                )
            ],
        ),
        ("for: values\ncharts: {cilium: '<1.20'}\nexpect: {hubble.enabled: false}", []),
        (
            "for: values\n" + CILIUM + "expect: {'hubble.metrics.enabled.*': {pattern: ';'}}",
            [("cilium: hubble.metrics.enabled[0] is dns", "cilium.yaml", "hubble.metrics.enabled[0]")],
        ),
        (
            "for: monitor\n" + CILIUM + "expect: {labels.team: {minLength: 1}}",
            [("ServiceMonitor hubble: labels.team is null", "cilium.yaml", f"{HUBBLE}.labels")],
        ),
        (
            "for: monitor\n" + CILIUM + "when: {component: cilium-operator}\nexpect: {labels.team: x}",
            [("ServiceMonitor cilium-operator: labels.team is network", "cilium.yaml", f"{OPERATOR}.labels.team")],
        ),
        (
            "for: monitor\n" + CILIUM + "expect: {options.interval: {duration: '>=30s', absent: true}}",
            [
                ("ServiceMonitor hubble: options.interval is 10s", "cilium.yaml", f"{HUBBLE}.interval"),
                ("ServiceMonitor cilium-operator: options.interval is 10s", "cilium.yaml", OPERATOR),
            ],
        ),
        (
            "for: monitor\n" + CILIUM + "when: {scraped_by: {minItems: 1}}\nexpect: {component: none}",
            [("ServiceMonitor hubble: component is hubble", "cilium.yaml", f"{HUBBLE}.enabled")],
        ),
        (
            "for: endpoint\n" + CILIUM + "when: {monitor.component: hubble}\nexpect: {port: web}",
            [
                (
                    "port hubble-metrics of ServiceMonitor hubble: port is hubble-metrics",
                    "cilium.yaml",
                    f"{HUBBLE}.enabled",
                )
            ],
        ),
        (
            "for: prometheus\nexpect: {options.scrapeInterval: 30s}",
            [
                (
                    "Prometheus kps-kube-prometheus-stack-prometheus: options.scrapeInterval is 15s",
                    "kube-prometheus-stack.yaml",
                    "prometheus.prometheusSpec.scrapeInterval",
                )
            ],
        ),
        ("for: prometheus\nexpect: {selectors.service_monitor_selector.matchLabels.release: kps}", []),
        (
            "for: pair\n" + CILIUM + "when: {monitor.component: cilium-operator}\nexpect: {selected: true}",
            [
                (
                    "ServiceMonitor cilium-operator and Prometheus kps-kube-prometheus-stack-prometheus: selected is false",
                    "cilium.yaml",
                    f"{OPERATOR}.enabled",
                )
            ],
        ),
        (
            "for: cluster\nexpect: {charts.cilium.version: {version: '>=1.21'}}",
            [("cluster example: charts.cilium.version is 1.20.0", "cilium.yaml", "hubble")],
        ),
        ("for: cluster\nexpect: {charts.cilium.version: {version: '>=1.18'}}", []),
        (
            "for: cluster\nexpect: {monitors: {minItems: 99}}\nmessage: too few in {name}",
            [("too few in example", "cilium.yaml", "hubble")],
        ),
        ("for: monitor\n" + CILIUM + "when: {$release.version: {version: '<1.15'}}\nexpect: {kind: PodMonitor}", []),
        ("for: monitor\n" + CILIUM + "when: {$values.prometheus.enabled: false}\nexpect: {kind: PodMonitor}", []),
    ],
)
def test_what_it_finds(text: str, wanted: list[tuple[str, str, str]]) -> None:
    assert found(policy(text)) == wanted


def test_dashboards() -> None:
    rule = policy("for: dashboard\n" + CILIUM + "expect: {namespace: grafana}\n")
    given = world("dashboards: {enabled: true, namespace: monitoring}\n")
    assert [path for _, _, path in found(rule, given)] == ["dashboards.namespace"]


@pytest.mark.parametrize(
    ("text", "count", "undecided"),
    [
        ("for: values\n" + CILIUM + "expect: {hubble.ui.enabled: false}", 0, 1),
        ("for: values\n" + CILIUM + "when: {hubble.ui.enabled: true}\nexpect: {hubble.enabled: false}", 0, 1),
        ("for: values\n" + CILIUM + "when: {hubble.ui.enabled: true}\nexpect: {hubble.enabled: true}", 0, 0),
        ("for: values\n" + CILIUM + "when: {hubble.enabled: false}\nexpect: {hubble.ui.enabled: true}", 0, 0),
    ],
)
def test_what_is_not_known_is_left_open(text: str, count: int, undecided: int) -> None:
    report = engine.run(world("hubble: {ui: {enabled: '${UI}'}}\n"), [policy(text)])
    assert (len(report.findings), len(report.undecided)) == (count, undecided)


def test_several_expectations_are_one_finding() -> None:
    rule = policy(
        "for: values\n" + CILIUM + "expect: {hubble.metrics.serviceMonitor.interval: 30s, prometheus.enabled: false}"
    )
    (finding,) = engine.run(world(), [rule]).findings
    assert [item.message for item in finding.related] == ["prometheus.enabled: true"]


# --- expectations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "wanted", "holds"),
    [
        (1, 1, True),
        (True, 1, False),
        (1, True, False),
        (None, None, True),
        (None, False, False),
        ([1], [1], True),
        ("a", {"type": "string"}, True),
        (None, {"type": "string"}, False),
        (None, {"type": ["string", "null"]}, True),
        (None, {"absent": True, "minLength": 3}, True),
        ("a", {"absent": True, "minLength": 3}, False),
        (None, {"pattern": "x"}, False),
        (None, {"const": None}, True),
        ({}, {"const": {}}, True),
        (Unknown("x"), 1, None),
        ([Unknown("x")], {"minItems": 1}, None),
        ("1.18.2", {"version": ">=1.18"}, True),
        ("1.17.9", {"version": ">=1.18"}, False),
        ("v1.18.2", {"version": ">=1.18 <2"}, True),
        ("soon", {"version": ">=1.18"}, False),
        ("30s", {"duration": ">=30s"}, True),
        ("", {"duration": ">=30s"}, False),
        ("", {"duration": ">=30s", "absent": True}, True),
        ("1m30s", {"duration": "<=1m"}, False),
        ("500ms", {"duration": "<1s"}, True),
        (30, {"duration": ">=30s"}, False),
        ("30", {"duration": ">=30s"}, False),
        ("0", {"duration": "<1s"}, True),
        ("1h", {"duration": ">59m"}, True),
    ],
)
def test_what_is_wanted(value: Any, wanted: Any, holds: bool | None) -> None:
    assert meets(value, wanted) is holds


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("30s", 30), ("1h30m", 5400), ("1d", 86400), ("", None), (5, None)]
)
def test_durations(text: Any, number: float | None) -> None:
    assert seconds(text) == number
    assert not is_duration(text, "never")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("a.b", [(("a", "b"), 1)]),
        ("a.*", [(("a", "b"), 1), (("a", "c"), [2, 3])]),
        ("a.c[1]", [(("a", "c", 1), 3)]),
        ("a.c.*", [(("a", "c", 0), 2), (("a", "c", 1), 3)]),
        ("a.c[9]", [(("a", "c", 9), None)]),
        ("a.b.c", [(("a", "b", "c"), None)]),
        ("x.*", []),
        ("u.v", [(("u", "v"), Unknown("?"))]),
        ("$release.name", [(("$release", "name"), "r")]),
    ],
)
def test_paths(path: str, wanted: Any) -> None:
    data = {"a": {"b": 1, "c": [2, 3]}, "u": Unknown("?"), "$release": {"name": "r"}}
    assert values_at(data, parse_field(path)) == wanted


# --- parameters, texts and fixes ------------------------------------------------------------------

TEAM = """
for: monitor
charts: {cilium: ">=1.14"}
params:
  label: {default: team}
  team: {default: network}
when: {component: hubble}
expect:
  labels.{params.label}: {minLength: 2}
message: "{kind} {name} of {$release.name} has no {params.label}, {other} is {labels.release}"
notes: ["{path}: {value}", "{params.team}"]
label: "of {params.team}"
fix:
  title: call it {params.team}
  safety: safe
  set: {"labels.{params.label}": "{params.team}"}
""".replace("{other}", "release")


def test_texts_are_filled_in() -> None:
    (finding,) = engine.run(world(), [policy(TEAM)]).findings
    assert finding.message == "ServiceMonitor hubble of cilium has no team, release is kps"
    assert finding.notes == ("labels.team: null", "network")
    assert finding.place.message == "of network"
    assert finding.fix is not None
    assert (finding.fix.title, finding.fix.applicability) == ("call it network", "safe")


def test_parameters_come_from_the_configuration() -> None:
    rule = tuned(policy(TEAM), "error", {"label": "release"})
    assert found(rule) == []
    given = world()
    settings = Settings(policies=(".",), overrides=(Override(("*.yaml",), {}, {"mine": {"team": "other"}}, "."),))
    given = given._replace(clusters=(given.clusters[0]._replace(settings=settings),))
    (finding,) = engine.run(given, [policy(TEAM)]).findings
    assert finding.notes == ("labels.team: null", "other")


@pytest.mark.parametrize(
    ("fix", "line"),
    [
        ("set: {hubble.enabled: true}", "hubble: {enabled: true, metrics: {enabled: [dns]}, relay: {}}"),
        (
            "set: {prometheus.enabled: '{params.flag}'}",
            "hubble: {enabled: false, metrics: {enabled: [dns]}, relay: {}}\nprometheus:\n  enabled: true",
        ),
        ("remove: [hubble.enabled]", "hubble: {metrics: {enabled: [dns]}, relay: {}}"),
        (
            "append: {hubble.metrics.enabled: drop}\n  remove: [hubble.enabled]",
            "hubble: {metrics: {enabled: [dns, drop]}, relay: {}}",
        ),
        ("rename: {hubble.enabled: on_}", "hubble: {on_: false, metrics: {enabled: [dns]}, relay: {}}"),
    ],
)
def test_fixes(fix: str, line: str) -> None:
    rule = policy(
        f"for: values\n{CILIUM}params: {{flag: {{default: true}}}}\n"
        f"expect: {{hubble: {{not: {{properties: {{enabled: {{const: false}}}}, required: [enabled]}}}}}}\nfix:\n  {fix}\n"
    )
    text = "hubble: {enabled: false, metrics: {enabled: [dns]}, relay: {}}\n"
    result = repair(world(text), [rule], "unsafe")
    if "prometheus" in line:  # it would not put the matter right, so nothing is written
        assert (result.texts, len(result.failed)) == ({}, 1)
    else:
        assert result.texts == {"cilium.yaml": line + "\n"}


def test_a_fix_without_a_place_in_the_values_is_none() -> None:
    rule = policy("for: monitor\n" + CILIUM + "expect: {kind: PodMonitor}\nfix: {set: {kind: PodMonitor}}")
    assert {item.fix for item in engine.run(world(), [rule]).findings} == {None}


# --- files that are wrong -------------------------------------------------------------------------

HEAD = "summary: A rule of this test.\nfor: monitor\nmessage: it is wrong\n"
BOMB = "d0: &d0 [x, x]\n" + "".join(f"d{n}: &d{n} [{', '.join([f'*d{n - 1}'] * 9)}]\n" for n in range(1, 10))
WRONG: dict[str, tuple[str, int, int, str, str]] = {
    "no map": ("- a\n", 1, 1, "a rule is a map", ""),
    "no summary": ("for: values\n", 1, 1, "summary is missing", "in one sentence"),
    "no subject": ("summary: A rule.\nexpect: {a: 1}\nmessage: x\n", 1, 1, "for is missing", "names what it looks at"),
    "nothing expected": (HEAD, 1, 1, "the file has none of expect, cel", "says what must hold"),
    "an unknown key": (HEAD + "expct: {kind: x}\n", 4, 1, "there is no key expct here", "did you mean expect?"),
    "an unknown subject": (
        HEAD.replace("monitor", "monitr") + "expect: {a: 1}\n",
        2,
        6,
        "monitr is no value of for",
        "did you mean monitor?",
    ),
    "an unknown severity": (
        HEAD + "expect: {kind: x}\nseverity: eror\n",
        5,
        11,
        "eror is no value of severity",
        "did you mean error?",
    ),
    "an unknown field": (HEAD + "expect:\n  lables.team: x\n", 5, 3, "a monitor has no lables", "did you mean labels?"),
    "an unknown field of all": (HEAD + "expect: {$relase.name: x}\n", 4, 10, "there is no $relase", "known are"),
    "an unknown chart": (
        HEAD + "expect: {kind: x}\ncharts: {cillium: '>=1'}\n",
        5,
        10,
        "there is no chart cillium",
        "did you mean cilium?",
    ),
    "no range": (HEAD + "expect: {kind: x}\ncharts: {cilium: soon}\n", 5, 18, "soon", "such as"),
    "no path": (HEAD + "expect: {'labels[': x}\n", 4, 10, "labels[", "write it as findings do"),
    "an unknown placeholder": (
        HEAD.replace("it is wrong", "'{nam}'") + "expect: {kind: x}\n",
        3,
        10,
        "a monitor has no nam",
        "did you mean name?",
    ),
    "an unknown parameter": (
        HEAD + "expect: {kind: '{params.kind}'}\n",
        4,
        16,
        "there is no parameter {params.kind}",
        "add params:",
    ),
    "an unknown parameter of a fix": (
        HEAD + "params: {team: {default: a}}\nexpect: {kind: x}\nfix:\n  set: {labels.team: '{params.taem}'}\n",
        7,
        22,
        "there is no parameter {params.taem}",
        "did you mean {params.team}?",
    ),
    "a parameter without a default": (
        HEAD + "params: {team: {}}\nexpect: {kind: x}\n",
        4,
        10,
        "default is missing",
        "when nobody sets it",
    ),
    "a schema that is none": (HEAD + "expect: {kind: {type: txt}}\n", 4, 23, "'txt'", "JSON Schema"),
    "an unknown keyword": (
        HEAD + "expect: {kind: {minLenght: 1}}\n",
        4,
        17,
        "JSON Schema has no minLenght",
        "did you mean minLength?",
    ),
    "a map that is meant itself": (
        HEAD + "expect: {labels: {owner: a}}\n",
        4,
        19,
        "JSON Schema has no owner",
        "meant itself",
    ),
    "a comparison that is none": (
        HEAD + "expect: {options.interval: {duration: 30s}}\n",
        4,
        39,
        "30s compares nothing",
        "such as '>=30s'",
    ),
    "a version that is none": (HEAD + "expect: {$release.version: {version: new}}\n", 4, 38, "new", "such as '>=1.18'"),
    "a pattern that is none": (
        HEAD + "expect: {kind: {pattern: '(a'}}\n",
        4,
        26,
        "(a: missing )",
        "a regular expression",
    ),
    "a pattern deep inside": (
        HEAD + "expect: {labels: {allOf: [{patternProperties: {'[': true}}]}}\n",
        4,
        47,
        "[: unterminated",
        "a regular expression",
    ),
    "a schema from elsewhere": (
        HEAD + "expect: {kind: {$ref: 'https://a.example/x'}}\n",
        4,
        23,
        "lies elsewhere",
        "nothing is looked up",
    ),
    "both": (HEAD + "expect: {kind: x}\ncel: 'true'\n", 5, 1, "it has both expect and cel", "take one"),
    "code": (
        HEAD + "check: os.system\nexpect: {kind: x}\n",
        4,
        1,
        "check is for rules of valuelint",
        "write expect: or cel:",
    ),
    "a fix that does nothing": (
        HEAD + "expect: {kind: x}\nfix: {title: none}\n",
        5,
        1,
        "fix has none of set, remove, append, rename",
        "add set: …",
    ),
    "an expression that is none": (
        HEAD + "cel: self.kind ==\n",
        4,
        18,
        "the expression: Syntax error",
        "docs/policies.md",
    ),
    "an expression in a block": (
        HEAD + "cel: |\n  self.kind == 'x' &&\n  nope.x\n",
        6,
        7,
        "the expression: undeclared reference",
        "docs/policies.md",
    ),
    "an expression that is no condition": (HEAD + "cel: 1 + 1\n", 4, 6, "it gives int, not true or false", ""),
    "a bomb": (BOMB + HEAD + "expect: {a: *d9}\n", 1, 1, "aliases make this more than", "write values out"),
    "no YAML": ("a: [\n", 2, 1, "a value is expected here", ""),
}


@pytest.mark.parametrize(("text", "line", "column", "message", "remedy"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_named_with_its_place(
    text: str, line: int, column: int, message: str, remedy: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    rules, (problem,) = load_policies([str(tmp_path)], [])
    assert rules == []
    assert message in problem.message
    assert remedy in problem.remedy
    assert (problem.line, problem.column) == (line, column)


@pytest.mark.parametrize("name", ["My Rule", "rule_", "-a"])
def test_the_name_of_a_rule(name: str) -> None:
    with pytest.raises(Problem, match="is no name for a rule"):
        policy("for: values\nexpect: {a: 1}", name)


def test_ids_are_told_apart(tmp_path: Path) -> None:
    for name in ("guard.yaml", "mine.yaml", "deep/mine.yaml", "mine_test.yaml", ".hidden.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(HEAD + "expect: {kind: x}\n")
    rules, problems = load_policies([str(tmp_path), str(tmp_path / "deep")], [rule.id for rule in RULES])
    assert [rule.id for rule in rules] == ["mine"]
    replace = ", or say replaces: true in it, so that it takes the place of the other"
    remedies = [problem.remedy for problem in problems]
    assert remedies == [f"give the file another name{replace}", f"rename one of the two{replace}"]


# --- expressions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "expression", "count"),
    [
        ("values", "values.prometheus.enabled", 0),
        ("values", "!values.prometheus.enabled", 1),
        ("values", "self.hubble.metrics.enabled.all(x, x.contains('Context'))", 1),
        ("monitor", "self.kind == 'ServiceMonitor'", 0),
        ("monitor", "has(self.labels.team)", 1),
        ("monitor", "release.name == params.name", 0),
        ("cluster", "monitors.exists(m, m.component == 'hubble')", 0),
        ("cluster", "cluster.charts.cilium.version.startsWith('1.19')", 1),
        ("cluster", "prometheus.size() == 1", 0),
    ],
)
def test_expressions(subject: str, expression: str, count: int) -> None:
    charts = "" if subject == "cluster" else CILIUM
    rule = policy(
        f"for: {subject}\n{charts}params: {{name: {{default: cilium}}}}\ncel: {json.dumps(expression)}\nmessage: not so"
    )
    assert len(found(rule)) == count


def test_an_expression_points_to_a_path() -> None:
    rule = policy("for: values\n" + CILIUM + "at: prometheus.enabled\ncel: '!values.prometheus.enabled'\n")
    assert found(rule) == [("cilium: prometheus.enabled is true", "cilium.yaml", "prometheus.enabled")]


@pytest.mark.parametrize(
    ("values", "expression", "reason"),
    [
        ("prometheus: {enabled: true}\n", "values.nothing.here", "Key not found"),
        ("prometheus: {enabled: '${X}'}\n", "values.prometheus.enabled == 'x'", "values that are not known"),
    ],
)
def test_an_expression_that_cannot_be_evaluated_is_left_open(values: str, expression: str, reason: str) -> None:
    rule = policy("for: values\n" + CILIUM + f"cel: {expression}\nmessage: not so")
    report = engine.run(world(values), [rule])
    assert report.findings == ()
    assert reason in report.undecided[0].decided_by


def test_without_the_package_an_expression_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    with pytest.raises(Problem, match=r"cel-expr-python is not installed; pip install 'valuelint\[cel\]'"):
        policy("for: values\ncel: values.never.compiled.before")
    assert policy("for: values\nexpect: {a: 1}").id == "mine"


def test_a_parameter_that_breaks_a_policy_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "cilium.yaml").write_text("operator: {replicas: 1}\n")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.yaml").write_text(
        HEAD.replace("monitor", "values")
        + "params: {least: {default: 2}}\nexpect: {operator.replicas: {minimum: '{params.least}'}}\n"
    )
    (tmp_path / ".valuelint.yaml").write_text(
        "clusters: [{name: a, releases: [{chart: cilium, version: 1.20.0, values: cilium.yaml}]}]\n"
        "policies: policies\nparameters: {mine: {least: many}}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "valuelint", "check", "."],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: policies/mine.yaml: the rule mine is broken: TypeError"), done.stderr


def test_a_parameter_that_no_rule_has_is_named(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.yaml").write_text(HEAD + "params: {least: {default: 2}}\nexpect: {kind: x}\n")
    (tmp_path / ".valuelint.yaml").write_text("policies: policies\nparameters: {mine: {last: 3}}\n")
    config = read_config(str(tmp_path / ".valuelint.yaml"), ".valuelint.yaml")
    assert config.settings is not None
    (problem,) = complaints(load_policies(list(config.settings.policies), [])[0], config.settings)
    assert complaints([], config.settings, {"mine"}) == []  # its file is wrong, which is said already
    assert str(problem) == ".valuelint.yaml:2:20: the rule mine has no parameter last; known are least"
