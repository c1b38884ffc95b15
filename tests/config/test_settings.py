"""What a configuration says of rules: read, merged, shown, and applied."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from valuelint import resources
from valuelint.lint import engine
from valuelint.lint.diagnostic import Report
from valuelint.lint.rule import load_rules
from valuelint.syntax import Source, parse, parse_path, to_data
from valuelint.workspace.config import find_config, read_config
from valuelint.workspace.discover import discover
from valuelint.workspace.release import Problem
from valuelint.workspace.settings import Settings, below, environments, in_files, parse_pattern

ROOT = Path(__file__).parents[2]
RULES = load_rules()
SCHEMA: dict[str, Any] = resources.load("schemas/config.schema.json")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

RELAY = """\
hubble:
  relay:
    enabled: true
    prometheus:
      serviceMonitor:
        enabled: true
  ui:
    enabled: true
    frontend: {}
"""
HEAD = "clusters: [{name: a, releases: [{chart: cilium, version: 1.20.0, values: lab/cilium.yaml}]}]\n"


def write(folder: Path, **files: str) -> Path:
    (folder / "lab").mkdir(exist_ok=True)
    (folder / "lab" / "cilium.yaml").write_text(RELAY)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def settings(text: str, folder: Path) -> Settings:
    (folder / ".valuelint.yaml").write_text(text)
    found = read_config(str(folder / ".valuelint.yaml"), ".valuelint.yaml").settings
    assert found is not None
    return found


def lint(folder: Path, text: str) -> Report:
    write(folder)
    (folder / ".valuelint.yaml").write_text(HEAD + text)
    workspace = discover([str(folder)], None, {})
    assert workspace.problems == ()
    return engine.run(workspace, RULES)


# --- applied --------------------------------------------------------------------------------------

NOT_RENDERED = "monitor-not-rendered"


@pytest.mark.parametrize(
    ("text", "found", "suppressed"),
    [
        ("", [(NOT_RENDERED, "error")], 0),
        (f"severity: {{{NOT_RENDERED}: info}}\n", [(NOT_RENDERED, "info")], 0),
        (f"severity: {{{NOT_RENDERED}: off}}\n", [], 0),
        ("select: [guard]\n", [], 0),
        (f"select: {NOT_RENDERED}\n", [(NOT_RENDERED, "error")], 0),
        (f"ignore: [{NOT_RENDERED}]\n", [], 1),
        (f"ignore: [{{rule: {NOT_RENDERED}}}]\n", [], 1),
        (f"ignore: [{{rule: {NOT_RENDERED}, files: lab}}]\n", [], 1),
        (f"ignore: [{{rule: {NOT_RENDERED}, files: ['**/*.yaml'], path: hubble.relay}}]\n", [], 1),
        (f"ignore: [{{rule: {NOT_RENDERED}, path: hubble.*.prometheus}}]\n", [], 1),
        (f"ignore: [{{rule: {NOT_RENDERED}, files: prod}}]\n", [(NOT_RENDERED, "error")], 0),
        (f"ignore: [{{rule: {NOT_RENDERED}, path: hubble.ui}}]\n", [(NOT_RENDERED, "error")], 0),
        ("ignore: [guard]\n", [(NOT_RENDERED, "error")], 0),
        (f"ignore: [{{rule: {NOT_RENDERED}, until: 2999-12-31}}]\n", [], 1),
        (f"ignore: [{{rule: {NOT_RENDERED}, until: 2020-01-01}}]\n", [(NOT_RENDERED, "error")], 0),
        (f"overrides: [{{files: lab/**, severity: {{{NOT_RENDERED}: warning}}}}]\n", [(NOT_RENDERED, "warning")], 0),
        (f"overrides: [{{files: lab, severity: {{{NOT_RENDERED}: off}}}}]\n", [], 0),
        (f"overrides: [{{files: prod, severity: {{{NOT_RENDERED}: off}}}}]\n", [(NOT_RENDERED, "error")], 0),
    ],
)
def test_what_it_makes_of_findings(text: str, found: list[tuple[str, str]], suppressed: int, tmp_path: Path) -> None:
    report = lint(tmp_path, text)
    mine = [(item.rule, item.severity) for item in report.findings if item.rule in (NOT_RENDERED, "guard")]
    assert (mine, len(report.suppressed)) == (found, suppressed)


@pytest.mark.parametrize(("paths", "shown"), [([], True), (["."], True), (["lab"], False)])
@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (f"{{rule: {NOT_RENDERED}, until: 2020-01-01}}", "what was to wait until 2020-01-01 has waited"),
        ("{rule: guard, path: hubble.relay, reason: x}", "guard finds nothing"),
    ],
)
def test_an_entry_that_does_nothing_is_a_finding(
    entry: str, words: str, paths: list[str], shown: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    (tmp_path / ".valuelint.yaml").write_text(f"{HEAD}ignore:\n  - {entry}\n")
    monkeypatch.chdir(tmp_path)
    found = [item for item in engine.run(discover(paths, None, {}), RULES).findings if item.rule == "suppression"]
    assert [words in item.message for item in found] == [True] * shown
    assert {(item.place.file, item.place.line) for item in found} <= {(".valuelint.yaml", 3)}
    # The change is shown; what a whole configuration accepts is not for a fix to decide.
    fixes = [item.fix for item in found if item.fix is not None]
    assert [fix.applicability for fix in fixes] == ["display"] * shown
    for fix in fixes:
        text = (tmp_path / ".valuelint.yaml").read_text()
        for edit in sorted(fix.edits, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        assert text == f"{HEAD}ignore: []\n"


def test_a_strict_house_wants_reasons_there_too(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / ".valuelint.yaml").write_text(f"{HEAD}profile: strict\nignore: [{NOT_RENDERED}]\n")
    workspace = discover([str(tmp_path)], None, {})
    assert [item.message for item in engine.run(workspace, RULES).findings if item.rule == "suppression"] == [
        "a finding is accepted here without a reason"
    ]


# --- environments ---------------------------------------------------------------------------------

PENDING, TRUSTED = "operator-pending", "crds-not-trusted"
HERE = HEAD.replace("name: a,", "name: a, environment: ENVIRONMENT,")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HEAD, {TRUSTED: "info"}),
        (HEAD + "environment: single-node\n", {TRUSTED: "info", PENDING: "warning"}),
        (HEAD + "environment: offline-rendering\n", {TRUSTED: "error"}),
        (HEAD + "environment: [offline-rendering, single-node]\n", {TRUSTED: "error", PENDING: "warning"}),
        (HERE.replace("ENVIRONMENT", "single-node"), {TRUSTED: "info", PENDING: "warning"}),
        (HERE.replace("ENVIRONMENT", "[single-node]"), {TRUSTED: "info", PENDING: "warning"}),
        (
            HERE.replace("ENVIRONMENT", "single-node") + "environment: offline-rendering\n",
            {TRUSTED: "error", PENDING: "warning"},
        ),
        (HEAD + "environment: offline-rendering\nseverity: {crds-not-trusted: warning}\n", {TRUSTED: "warning"}),
        (HEAD + "environment: single-node\nseverity: {operator-pending: off}\n", {TRUSTED: "info"}),
        (HEAD + "profile: pedantic\n", {TRUSTED: "info"}),
        (HEAD + "select: [operator-pending]\n", {PENDING: "warning"}),
        (HEAD + "environment: []\n", {TRUSTED: "info"}),
    ],
)
def test_what_an_environment_changes(text: str, found: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "lab" / "cilium.yaml").write_text(
        RELAY + "prometheus: {enabled: true, serviceMonitor: {enabled: true}}\n"
    )
    (tmp_path / ".valuelint.yaml").write_text(text)
    workspace = discover([str(tmp_path)], None, {})
    assert workspace.problems == ()
    report = engine.run(workspace, RULES)
    assert {item.rule: item.severity for item in report.findings if item.rule in (PENDING, TRUSTED)} == found


def test_an_environment_is_of_one_cluster(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / ".valuelint.yaml").write_text(
        "clusters:\n"
        "  - {name: b, releases: [{chart: cilium, version: 1.20.0, values: lab/cilium.yaml}]}\n"
        "  - {name: a, environment: [single-node],\n"
        "     releases: [{chart: cilium, version: 1.20.0, values: lab/cilium.yaml}]}\n"
    )
    report = engine.run(discover([str(tmp_path)], None, {}), RULES)
    assert [item.cluster for item in report.findings if item.rule == PENDING] == ["a"]


def test_the_environment_of_a_base(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("environment: single-node\n")
    assert settings("extends: base.yaml\nprofile: strict\n", tmp_path).environment == ("single-node",)
    assert settings("extends: base.yaml\nenvironment: offline-rendering\n", tmp_path).environment == (
        "offline-rendering",
    )


def test_environments_are_as_the_page_and_the_schema_say() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    known = environments()
    assert list(known) == SCHEMA["$defs"]["environments"]["enum"]
    for name, told in known.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`")]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        own = [rule.id for rule in RULES if name in rule.data.get("environments", ())]
        assert cells[1:3] == [told["summary"], "; ".join(told["assumes"])]
        assert re.findall(r"\[([a-z-]+)\]", cells[3]) == own
        assert set(told.get("severity", {})) <= {rule.id for rule in RULES}
        assert set(told) <= {"summary", "assumes", "severity"}
        assert own


def test_show_says_what_an_environment_assumes(tmp_path: Path) -> None:
    (tmp_path / ".valuelint.yaml").write_text(
        "environment: offline-rendering\nclusters: [{name: a, environment: single-node}]\n"
    )
    shown = [line.split("#") for line in run(tmp_path, "config", "show").stdout.splitlines()]
    lines = {text.strip(): place.strip() for text, place in shown}
    assert lines["environment: [offline-rendering]"] == ".valuelint.yaml:1:14"
    assert lines["clusters.a.environment: [single-node]"] == ".valuelint.yaml"
    assert lines["environment.single-node: The cluster has one node."] == "valuelint"
    assert lines["severity.crds-not-trusted: error"] == "environment offline-rendering"


# --- merged ---------------------------------------------------------------------------------------


def test_what_stands_here_wins_over_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "profile: strict\nfail_on: error\nseverity: {guard: off, suppression: info}\nselect: [guard]\n"
        "ignore: [guard]\nexpect: {monitor_namespace: a}\nfix: {guard: off}\nparameters: {guard: {a: 1, b: 2}}\n"
    )
    text = "extends: base.yaml\nseverity: {guard: warning}\nignore: [suppression]\nparameters: {guard: {b: 3}}\n"
    found = settings(text, tmp_path)
    assert (found.profile, found.strict, found.fail_on, found.select) == ("strict", True, "error", ("guard",))
    assert found.severity == {"guard": "warning", "suppression": "info"}
    assert [item.rule for item in found.accepted] == ["guard", "suppression"]
    assert found.parameters == {"guard": {"a": 1, "b": 3}}
    config = read_config(str(tmp_path / ".valuelint.yaml"), ".valuelint.yaml")
    assert (config.expect, config.fix) == ({"monitor_namespace": "a"}, {"guard": "off"})


def test_a_bomb_is_a_problem(tmp_path: Path) -> None:
    lines = "".join(f"    d{n}: &d{n} [{', '.join([f'*d{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(Problem, match="aliases make this more than"):
        settings("parameters:\n  guard:\n    d0: &d0 [x, x]\n" + lines, tmp_path)


def test_the_later_of_two_bases_wins(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("severity: {guard: info}\nfail_on: error\n")
    (tmp_path / "b.yaml").write_text("severity: {guard: error}\nprofile: pedantic\n")
    found = settings("extends: [a.yaml, b.yaml]\n", tmp_path)
    assert (found.severity, found.fail_on, found.profile) == ({"guard": "error"}, "error", "pedantic")


@pytest.mark.parametrize(
    ("profile", "threshold", "strict"),
    [("default", "warning", False), ("strict", "warning", True), ("pedantic", "info", True)],
)
def test_profiles(profile: str, threshold: str, strict: bool, tmp_path: Path) -> None:
    found = settings(f"profile: {profile}\n", tmp_path)
    assert (found.threshold, found.strict) == (threshold, strict)
    assert settings(f"profile: {profile}\nfail_on: never\n", tmp_path).threshold == "never"


# --- globs and paths ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "glob", "meant"),
    [
        ("a/b.yaml", "a/b.yaml", True),
        ("a/b.yaml", "a", True),
        ("a/b.yaml", "a/", True),
        ("a/b.yaml", "./a", True),
        ("a/b.yaml", "*.yaml", False),
        ("b.yaml", "*.yaml", True),
        ("a/b.yaml", "*/*.yaml", True),
        ("a/c/b.yaml", "a/*.yaml", False),
        ("a/c/b.yaml", "a/**/*.yaml", True),
        ("a/b.yaml", "a/**/*.yaml", True),
        ("a/c/b.yaml", "**/b.yaml", True),
        ("ab/b.yaml", "a", False),
        ("../a/b.yaml", "a", False),
    ],
)
def test_globs(file: str, glob: str, meant: bool, tmp_path: Path) -> None:
    assert in_files(str(tmp_path / file), glob, str(tmp_path)) is meant


@pytest.mark.parametrize(
    ("path", "wanted", "meant"),
    [
        ("a.b", "a.b", True),
        ("a.b.c", "a.b", True),
        ("a", "a.b", False),
        ("a.c", "a.b", False),
        ("a.b.c", "a.*.c", True),
        ("a[0].b", "a[0]", True),
        ("a[1].b", "a[0]", False),
        ("a[1].b", "a.*.b", True),
        ("a[1].b", "a[*].b", True),
        ("a.b", "*.b", True),
        ("a.b", "*", True),
    ],
)
def test_paths(path: str, wanted: str, meant: bool) -> None:
    assert below(parse_path(path), parse_pattern(wanted)) is meant


# --- what is wrong with it ------------------------------------------------------------------------

KNOWN = "known are single-node, managed-control-plane, offline-rendering"
WRONG = {
    "an unknown key": ("severty: {}\n", 1, 1, "did you mean severity?"),
    "an unknown profile": ("profile: strikt\n", 1, 10, "did you mean strict?"),
    "an unknown threshold": ("fail_on: fatal\n", 1, 10, "known are error, warning, info, never"),
    "an unknown rule": ("severity:\n  gaurd: off\n", 2, 3, "did you mean guard?"),
    "an unknown severity": ("severity: {guard: fatal}\n", 1, 19, "known are error, warning, info, off"),
    "an unknown rule to select": ("select: [guard, gaurd]\n", 1, 17, "did you mean guard?"),
    "an unknown rule to ignore": ("ignore: [{rule: gaurd}]\n", 1, 17, "did you mean guard?"),
    "an entry without a rule": ("ignore: [{path: a}]\n", 1, 10, "add rule: …"),
    "an entry with an unknown key": ("ignore: [{rule: guard, file: a}]\n", 1, 24, "did you mean files?"),
    "a day that is none": ("ignore: [{rule: guard, until: soon}]\n", 1, 31, "such as 2027-01-31"),
    "a path that is none": ("ignore: [{rule: guard, path: 'a[b'}]\n", 1, 30, "write it as findings do: a.b[0].c"),
    "an override without files": ("overrides: [{severity: {}}]\n", 1, 13, "add files: [clusters/lab/**]"),
    "parameters that are no map": ("parameters: {guard: 1}\n", 1, 21, "write name: value"),
    "an unknown environment": ("environment: [singel-node]\n", 1, 15, "did you mean single-node?"),
    "an unknown environment of a cluster": ("clusters: [{name: a, environment: x}]\n", 1, 35, KNOWN),
    "a folder that is not there": ("policies: [nowhere]\n", 1, 12, "policies are folders of rule files"),
    "a base that is not there": ("extends: nowhere.yaml\n", 1, 10, "extends names files beside this one"),
    "a base that is itself": ("extends: .valuelint.yaml\n", 1, 10, "take one of the two away"),
    "a list of severities": ("severity: [guard]\n", 1, 11, "see docs/configuration.md"),
}


@pytest.mark.parametrize(("text", "line", "column", "remedy"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_has_a_place_and_a_remedy(text: str, line: int, column: int, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        settings(text, tmp_path)
    problem = caught.value
    assert (problem.file, problem.line, problem.column, problem.remedy) == (".valuelint.yaml", line, column, remedy)


# What no schema can say: which rules and files there are, and how days and paths are written.
READER_ONLY = ("not there", "itself", "rule to", "a day", "a path", "an unknown rule")


@pytest.mark.parametrize("name", [name for name in WRONG if not any(word in name for word in READER_ONLY)])
def test_the_schema_sees_it_too(name: str) -> None:
    documents = parse(Source.from_text(WRONG[name][0]))
    assert not VALIDATOR.is_valid(to_data(documents[0].root))


# --- pyproject.toml -------------------------------------------------------------------------------


def test_a_project_of_python(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n\n[tool.valuelint]\nfail_on = "error"\nselect = ["monitor-not-rendered"]\n'
        '[[tool.valuelint.clusters]]\nname = "a"\n[[tool.valuelint.clusters.releases]]\nchart = "cilium"\n'
        'version = "1.20.0"\nvalues = ["lab/cilium.yaml"]\n[tool.valuelint.severity]\nmonitor-not-rendered = "info"\n'
    )
    assert find_config(str(tmp_path / "lab")) == str(tmp_path / "pyproject.toml")
    report = engine.run(discover([str(tmp_path)], None, {}), RULES)
    assert [(item.rule, item.severity) for item in report.findings] == [(NOT_RENDERED, "info")]


@pytest.mark.parametrize(
    ("text", "line", "column", "remedy"),
    [
        ('[tool.valuelint]\nprofile = "strict"\nfail_onn = "error"\n', 3, 1, "did you mean fail_on?"),
        ('[tool.valuelint]\n\n[tool.valuelint.severity]\ngaurd = "off"\n', 4, 1, "did you mean guard?"),
        ("[tool.valuelint]\nprofile = \n", 2, 11, "this is no TOML"),
    ],
)
def test_what_is_wrong_in_a_project_of_python(text: str, line: int, column: int, remedy: str, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    with pytest.raises(Problem) as caught:
        read_config(str(file), "pyproject.toml")
    assert (caught.value.line, caught.value.column, caught.value.remedy) == (line, column, remedy)


def test_a_project_without_our_table_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    (tmp_path / ".valuelint.yaml").write_text("")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.other]\nx = "[tool.valuelint]"\n')
    assert find_config(str(tmp_path / "a")) == str(tmp_path / ".valuelint.yaml")


# --- commands -------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "valuelint", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )


def test_show_says_what_is_in_force_and_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("fail_on: error\nseverity: {guard: off}\n")
    (tmp_path / ".valuelint.yaml").write_text("extends: base.yaml\nprofile: strict\nfix: {guard: off}\n")
    lines = [line.split("  # ") for line in run(tmp_path, "config", "show").stdout.splitlines()]
    assert {text.rstrip(): place.strip() for text, place in lines} == {
        "profile: strict": ".valuelint.yaml:2:10",
        "fail_on: error": "base.yaml:1:10",
        "select: all rules": "default",
        "policies: none": "default",
        "severity.guard: off": "base.yaml:2:19",
        "fix.guard: off": ".valuelint.yaml",
    }


@pytest.mark.parametrize(
    ("config", "options", "code"),
    [
        ("", [], 1),
        ("fail_on: never\n", [], 0),
        ("fail_on: never\n", ["--fail-on", "error"], 1),
        (f"severity: {{{NOT_RENDERED}: info}}\n", [], 0),
        (f"severity: {{{NOT_RENDERED}: info}}\nprofile: pedantic\n", [], 1),
        (f"ignore: [{NOT_RENDERED}]\n", [], 0),
        (f"ignore: [{NOT_RENDERED}]\n", ["--no-ignores"], 1),
        ("severity: {gaurd: off}\n", [], 2),
    ],
)
def test_the_exit_code(config: str, options: list[str], code: int, tmp_path: Path) -> None:
    write(tmp_path)
    only = "" if "severity" in config else "select: [monitor-not-rendered]\n"
    (tmp_path / ".valuelint.yaml").write_text(HEAD + only + config)
    done = run(tmp_path, "check", ".", *options)
    assert done.returncode == code, done.stdout + done.stderr


def test_init_writes_what_it_finds(tmp_path: Path) -> None:
    write(tmp_path)
    assert run(tmp_path, "init").returncode == 0
    text = (tmp_path / ".valuelint.yaml").read_text()
    config = read_config(str(tmp_path / ".valuelint.yaml"), ".valuelint.yaml")
    (release,) = config.clusters[0].releases
    assert (release.chart, [file for file, _ in release.values]) == ("cilium", ["lab/cilium.yaml"])
    assert "# version:" in text
    again = run(tmp_path, "init")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert (tmp_path / ".valuelint.yaml").read_text() == text


def test_init_finds_nothing_in_an_empty_folder(tmp_path: Path) -> None:
    assert run(tmp_path, "init").returncode == 0
    assert read_config(str(tmp_path / ".valuelint.yaml"), ".valuelint.yaml").clusters == ()


def test_the_suggestions_of_init_are_right(tmp_path: Path) -> None:
    """With the comments taken away, what it suggests is a configuration."""
    from valuelint.cli.init import REST

    (tmp_path / "policies").mkdir()
    found = settings("".join(line[2:] for line in REST.splitlines(keepends=True)), tmp_path)
    assert (found.profile, found.fail_on, len(found.accepted), len(found.overrides)) == ("strict", "error", 1, 1)
