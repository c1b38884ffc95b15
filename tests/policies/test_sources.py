"""Policies from folders, packages and commits: found without running anything, fetched only on demand."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from tests.lint.table import RULES
from valuelint import resources
from valuelint.lint.policies import load_policies
from valuelint.workspace.config import read_config
from valuelint.workspace.release import Problem

RULE = """\
summary: Hubble is on.
for: values
charts: {cilium: ">=1.14"}
expect: {hubble.enabled: true}
message: "{subject} has no Hubble"
"""
NO_HASH = "a" * 40


def configured(folder: Path, policies: str) -> Path:
    (folder / "cilium.yaml").write_text("hubble: {enabled: false}\n")
    head = "clusters: [{name: a, releases: [{chart: cilium, version: 1.20.0, values: cilium.yaml}]}]\n"
    (folder / ".valuelint.yaml").write_text(f"{head}policies: {policies}\nselect: [hubble-on]\n")
    return folder


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def valuelint(folder: Path, *arguments: str, **environment: str) -> Ran:
    settings = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "200", **environment}
    settings["PYTHONPATH"] = os.pathsep.join(filter(None, [environment.get("PYTHONPATH", ""), *sys.path[1:]]))
    done = subprocess.run(
        [sys.executable, "-m", "valuelint", *arguments], cwd=folder, env=settings, capture_output=True, text=True
    )
    return Ran(done.returncode, done.stdout, done.stderr)


# --- commits --------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    who = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "core.hooksPath=/dev/null",
    )
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Upstream(NamedTuple):
    url: str
    work: Path
    first: str


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    """A bare repository with a commit that holds a policy."""
    work, bare = tmp_path / "work", tmp_path / "bare.git"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    (work / "rules" / "deep").mkdir(parents=True)
    (work / "rules" / "deep" / "hubble-on.yaml").write_text(RULE)
    (work / "rules" / ".github.yaml").write_text("hidden: true\n")
    (work / "rules" / "script.py").write_text("raise SystemExit('run')\n")
    (work / "elsewhere.yaml").write_text("no: rule\n")
    (work / "rules" / "link.yaml").symlink_to("/etc/hostname")
    (work / ".gitattributes").write_text("*.yaml filter=evil export-ignore\n")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "one")
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    return Upstream(f"file://{bare}", work, git(work, "rev-parse", "HEAD"))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def pinned(upstream: Upstream, rev: str = "", path: str = "rules") -> str:
    return f"[{{git: '{upstream.url}', rev: {rev or upstream.first}, path: {path}}}]"


def test_a_commit_is_used_once_it_is_fetched(upstream: Upstream, here: Path) -> None:
    configured(here, pinned(upstream))
    before = valuelint(here, "check", ".")
    assert before.code == 2
    assert ".valuelint.yaml:2:12: the policies of" in before.err
    assert "run valuelint policies fetch" in before.err
    assert before.err.count("error:") == 1
    fetched = valuelint(here, "policies", "fetch")
    assert (fetched.code, fetched.err) == (0, "")
    assert "fetched, 1 file" in fetched.out
    after = valuelint(here, "check", ".")
    assert after.code == 1
    assert "hubble-on" in after.out
    listed = valuelint(here, "policies", "list")
    assert listed.out.startswith(f"{upstream.url}, rules at {upstream.first[:12]}: 1 rule in {here}")
    assert "here already" in valuelint(here, "policies", "fetch").out


def test_nothing_but_fetch_runs_git(upstream: Upstream, here: Path) -> None:
    configured(here, pinned(upstream))
    (here / "bin").mkdir()
    (here / "bin" / "git").write_text(f"#!/bin/sh\necho ran > {here}/ran\nexit 1\n")
    (here / "bin" / "git").chmod(0o755)
    for command in (("check", "."), ("policies", "list"), ("test",), ("config", "show"), ("rules",)):
        valuelint(here, *command, PATH=str(here / "bin"))
    assert not (here / "ran").exists()
    assert valuelint(here, "policies", "fetch", PATH=str(here / "bin")).code == 2
    assert (here / "ran").exists()


def test_no_filter_of_the_user_is_run(upstream: Upstream, here: Path) -> None:
    configured(here, pinned(upstream))
    (here / "gitconfig").write_text(f'[filter "evil"]\n\tsmudge = touch {here}/ran\n\trequired = true\n')
    assert valuelint(here, "policies", "fetch", GIT_CONFIG_GLOBAL=str(here / "gitconfig")).code == 0
    assert not (here / "ran").exists()


def test_a_branch_that_moves_changes_nothing(upstream: Upstream, here: Path) -> None:
    configured(here, pinned(upstream))
    (upstream.work / "rules" / "deep" / "hubble-on.yaml").write_text(RULE.replace("true", "false"))
    git(upstream.work, "commit", "--quiet", "-am", "two")
    git(upstream.work, "push", "--quiet", upstream.url, "main")
    assert valuelint(here, "policies", "fetch").code == 0
    assert valuelint(here, "check", ".").code == 1
    configured(here, pinned(upstream, git(upstream.work, "rev-parse", "HEAD")))
    behind = valuelint(here, "check", ".")
    assert (behind.code, f"are here at {upstream.first[:12]}, not at" in behind.err) == (2, True)
    assert valuelint(here, "policies", "fetch").code == 0
    assert valuelint(here, "check", ".").code == 0


@pytest.mark.parametrize("harm", ["changed", "added", "removed"])
def test_what_was_changed_in_the_store_is_not_used(harm: str, upstream: Upstream, here: Path) -> None:
    configured(here, pinned(upstream))
    valuelint(here, "policies", "fetch")
    (rule,) = (here / "cache").rglob("hubble-on.yaml")
    if harm == "changed":
        rule.write_text(RULE.replace("true", "false"))
    elif harm == "added":
        (rule.parent / "more.yaml").write_text(RULE)
    else:
        rule.unlink()
    done = valuelint(here, "check", ".")
    assert (done.code, "was changed" in done.err) == (2, True)
    assert valuelint(here, "policies", "fetch").code == 0
    assert valuelint(here, "check", ".").code == 1


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ("[{git: 'file:///nowhere', rev: " + NO_HASH + "}]", "cannot fetch"),
        ("[{git: URL, rev: " + NO_HASH + "}]", "there is no such commit"),
        ("[{git: URL, rev: FIRST, path: nowhere}]", "it holds no YAML file in nowhere"),
    ],
)
def test_what_cannot_be_fetched(policies: str, said: str, upstream: Upstream, here: Path) -> None:
    configured(here, policies.replace("URL", f"'{upstream.url}'").replace("FIRST", upstream.first))
    done = valuelint(here, "policies", "fetch")
    assert (done.code, said in done.err, "Traceback" in done.err) == (2, True, False), done.err
    assert ".valuelint.yaml:2:12: " in done.err
    left = [path for path in (here / "cache").rglob("*") if path.is_file()]
    assert left == []


@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        ("{git: 'https://a/b', rev: main}", "1:38", "a branch or tag can be moved"),
        ("{git: 'https://a/b', rev: v1.2.0}", "1:38", "a branch or tag can be moved"),
        ("{git: 'https://a/b', rev: abc1234}", "1:38", "only a part of a hash"),
        ("{git: 'https://a/b'}", "1:12", "needs a rev"),
        ("{git: '--upload-pack=touch /tmp/x', rev: " + NO_HASH + "}", "1:18", "is no URL"),
        ("{git: 'ext::sh -c touch', rev: " + NO_HASH + "}", "1:18", "is no URL"),
        ("{git: 'http://a/b', rev: " + NO_HASH + "}", "1:18", "is no URL"),
        ("{git: 'ssh://-oProxyCommand=x/y', rev: " + NO_HASH + "}", "1:18", "is no URL"),
        ("{git: '-oProxyCommand=x@h:p', rev: " + NO_HASH + "}", "1:18", "is no URL"),
        ("{git: '../bare.git', rev: " + NO_HASH + "}", "1:18", "is no URL"),
        ("{git: 'https://a/b', rev: " + NO_HASH + ", path: ../x}", "1:86", "leads out of the repository"),
        ("{git: 'https://a/b', rev: " + NO_HASH + ", path: /etc}", "1:86", "leads out of the repository"),
        ("{git: 'https://a/b', revision: x}", "1:33", "known are package, git, rev, path"),
        ("{package: a, git: 'https://a/b'}", "1:12", "is a folder, a package, or a commit"),
        ("{package: a, rev: x}", "1:30", "a package has no rev"),
        ("{package: '../a'}", "1:22", "is no name of a package"),
        ("{}", "1:12", "is a folder, a package, or a commit"),
        ("[a]", "1:12", "a source of policies is a map"),
    ],
)
def test_what_can_be_no_source(source: str, place: str, said: str, tmp_path: Path) -> None:
    (tmp_path / ".valuelint.yaml").write_text(f"policies: [{source}]\n")
    with pytest.raises(Problem) as caught:
        read_config(str(tmp_path / ".valuelint.yaml"), ".valuelint.yaml")
    problem = caught.value
    assert f"{problem.line}:{problem.column}" == place, problem
    assert said in str(problem)


# --- packages -------------------------------------------------------------------------------------


def wheel(folder: Path, name: str, entry: str, files: dict[str, str]) -> Path:
    """A wheel, written by hand: an archive with metadata."""
    info = f"{name}-1.0.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": entry,
    }
    record = "".join(f"{file},,\n" for file in (*contents, f"{info}/RECORD"))
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)
    return path


ENTRY = "[valuelint.policies]\nall = acme_policies.rules\n"
FILES = {
    "acme_policies/__init__.py": "raise SystemExit('imported')\n",
    "acme_policies/rules/__init__.py": "raise SystemExit('imported')\n",
    "acme_policies/rules/hubble-on.yaml": RULE,
}


def installed(folder: Path, entry: str = ENTRY) -> str:
    """A folder that a wheel was installed into, by pip."""
    path = wheel(folder, "acme_policies", entry, FILES)
    target = folder / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
    command += ["--disable-pip-version-check", "--target", str(target), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return str(target)


@pytest.mark.slow
def test_policies_of_an_installed_package(here: Path, tmp_path: Path) -> None:
    configured(here, "[{package: acme-policies}]")
    absent = valuelint(here, "check", ".")
    assert absent.code == 2
    assert ".valuelint.yaml:2:12: there is no package acme-policies" in absent.err
    assert "pip install acme-policies" in absent.err
    site = installed(tmp_path)
    done = valuelint(here, "check", ".", PYTHONPATH=site)
    assert (done.code, "hubble-on" in done.out, done.err) == (1, True, "")
    listed = valuelint(here, "policies", "list", PYTHONPATH=site)
    assert listed.out == f"package acme-policies: 1 rule in {site}/acme_policies/rules\n"
    shown = valuelint(here, "config", "show", PYTHONPATH=site)
    assert "policies: package acme-policies" in shown.out
    assert "no examples" in valuelint(here, "test", PYTHONPATH=site).out


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("", "the package acme-policies holds no policies"),
        ("[valuelint.policies]\nall = acme_policies.nowhere\n", "no such folder is installed"),
        ("[valuelint.policies]\nall = ../../etc\n", "no such folder is installed"),
    ],
)
def test_packages_without_policies(
    entry: str, said: str, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(wheel(tmp_path, "acme_policies", entry, FILES)) as archive:
        archive.extractall(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    configured(here, "[{package: acme-policies}]")
    with pytest.raises(Problem, match=said):
        read_config(str(here / ".valuelint.yaml"), ".valuelint.yaml")


def test_sources_of_what_is_extended(upstream: Upstream, here: Path) -> None:
    configured(here, "[mine]\nextends: base.yaml")
    (here / "mine").mkdir()
    (here / "base.yaml").write_text(f"policies: {pinned(upstream)}\n")
    done = valuelint(here, "policies", "fetch")
    assert (done.code, "fetched, 1 file" in done.out) == (0, True)
    shown = valuelint(here, "policies", "list")
    assert [line.split(":")[-1].split()[0] for line in shown.out.splitlines()] == ["1", "0"]
    assert valuelint(here, "check", ".").code == 1


def test_a_folder_of_two_names_is_read_once(here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "hubble-on.yml").write_text(RULE)
    rules, problems = load_policies([str(here / "mine"), str(here / "mine" / ".")], [rule.id for rule in RULES])
    assert ([rule.id for rule in rules], problems) == (["hubble-on"], [])


@pytest.mark.parametrize(
    ("policies", "valid"),
    [
        (["mine", {"package": "a"}, {"git": "https://a/b", "rev": NO_HASH, "path": "rules"}], True),
        ("mine", True),
        ([{"git": "https://a/b"}], False),
        ([{"git": "https://a/b", "rev": "main"}], False),
        ([{"package": "a", "rev": NO_HASH}], False),
    ],
)
def test_the_schema_for_editors_knows_them(policies: object, valid: bool) -> None:
    schema = resources.load("schemas/config.schema.json")
    assert jsonschema.Draft202012Validator(schema).is_valid({"policies": policies}) is valid
