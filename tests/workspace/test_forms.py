"""Every form tells the same story: wrapping values changes neither the findings nor what a fix makes of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.workspace.spelled import STYLES, spelled
from tests.workspace.wrappers import WRAPPERS, Case, Wrapper
from valuelint.lint import engine, fix
from valuelint.lint.diagnostic import Diagnostic
from valuelint.lint.rule import load_rules
from valuelint.syntax import Source, format_path, parse, to_data
from valuelint.values import Layer
from valuelint.workspace.discover import discover
from valuelint.workspace.release import Release, Workspace

RULES = load_rules()
by_form = pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS.keys())

CILIUM = """\
# the agent
prometheus:
  enabled: true  # yes
  serviceMonitor:
    enabled: true
    labels: {release: elsewhere}

hubble:
  enabled: true
  relay:
    enabled: true
    prometheus:
      serviceMonitor:
        enabled: true
  metrics:
    # é: one handler each
    enabled:
      - dns
      - drop:x
    serviceMonitor: {enabled: true}
operator:
  prometheus:
    enabled: "true"
"""
STACK = """\
prometheus:
  prometheusSpec:
    retention: 7d
grafana:
  enabled: true
"""


def read(folder: str, wrap: Wrapper, cases: list[Case]) -> Workspace:
    """The workspace of the files that a form makes, written to a folder, which becomes the current one."""
    for case in cases:
        for name, text in wrap(case).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    os.chdir(folder)
    return discover(["."], None, {})


def cases(cilium: str, stack: str = STACK) -> list[Case]:
    return [
        Case("cilium", "1.18.2", "cilium", "kube-system", cilium),
        Case("kube-prometheus-stack", "79.1.0", "kps", "monitoring", stack),
    ]


@pytest.fixture(autouse=True)
def _come_back() -> object:
    here = os.getcwd()
    yield
    os.chdir(here)


def releases(workspace: Workspace) -> dict[str, Release]:
    return {release.chart: release for cluster in workspace.clusters for release in cluster.releases}


@by_form
def test_a_form_says_all_of_a_release(wrap: Wrapper, tmp_path: Path) -> None:
    workspace = read(str(tmp_path), wrap, cases(CILIUM))
    assert not workspace.problems
    assert len(workspace.clusters) == 1
    found = releases(workspace)
    assert set(found) == {"cilium", "kube-prometheus-stack"}
    for case in cases(CILIUM):
        release = found[case.chart]
        said = (release.version, release.name, release.namespace, release.unresolved)
        assert said == (case.version, case.name, case.namespace, ())
        assert [layer.root is not None for layer in release.layers].count(True) == 1


def at(diagnostic: Diagnostic, text: str) -> tuple[object, ...]:
    """A finding, with its place as the lines of the values in which it stands."""
    place = diagnostic.place
    shown = place.source.text[place.start : place.end]
    line = place.source.line_text(place.line).strip()
    return diagnostic.rule, diagnostic.severity, diagnostic.message, format_path(place.path), shown, line


def findings(workspace: Workspace, text: str) -> list[tuple[object, ...]]:
    return sorted(at(item, text) for item in engine.run(workspace, RULES).findings)


@by_form
def test_a_form_changes_no_finding(wrap: Wrapper, tmp_path: Path) -> None:
    plain = read(str(tmp_path / "plain"), WRAPPERS["values"], cases(CILIUM))
    expected = findings(plain, CILIUM)
    assert len({item[0] for item in expected}) >= 3
    wrapped = read(str(tmp_path / "wrapped"), wrap, cases(CILIUM))
    assert findings(wrapped, CILIUM) == expected


def data(layers: tuple[Layer, ...]) -> list[object]:
    return [layer.data() for layer in layers if layer.root is not None]


@by_form
@pytest.mark.parametrize("level", ["safe", "unsafe"])
def test_a_form_changes_no_fix(wrap: Wrapper, level: str, tmp_path: Path) -> None:
    expected, _ = fixed(str(tmp_path / "plain"), WRAPPERS["values"], cases(CILIUM), level)
    found, texts = fixed(str(tmp_path / "wrapped"), wrap, cases(CILIUM), level)
    assert found == expected
    assert texts


def fixed(folder: str, wrap: Wrapper, given: list[Case], level: str) -> tuple[dict[str, list[object]], dict[str, str]]:
    """The values of each chart after fixing what can be fixed, and the new texts; comments and other lines stay."""
    workspace = read(folder, wrap, given)
    repair = fix.repair(workspace, RULES, level)
    for name, text in repair.texts.items():
        old = Path(folder, name).read_bytes().decode()
        kept = [line for line in old.split("\n") if "#" in line]
        assert [line for line in text.split("\n") if "#" in line] == kept or level == "unsafe"
        Path(folder, name).write_bytes(text.encode())
    again = discover(["."], None, {})
    return {chart: data(release.layers) for chart, release in releases(again).items()}, repair.texts


SWITCH = st.sampled_from(["true", "false", '"true"', "null", "on"])
LABEL = st.sampled_from(["{}", "{release: kps}", "{release: other}", "\n{0}  release: kps  # why"])


@st.composite
def cilium_values(draw: st.DrawFn) -> str:
    """Values of Cilium, with blank lines, comments and odd indentation in between."""
    lines: list[str] = []
    step = draw(st.integers(1, 4))

    def put(depth: int, text: str) -> None:
        pad = " " * (step * depth)
        if draw(st.integers(0, 5)) == 0:
            lines.append(draw(st.sampled_from(["", f"{pad}# note: x", "# far left {"])))
        lines.append(pad + text.replace("{0}", pad))

    for block in draw(st.lists(st.sampled_from(["prometheus", "operator", "hubble", "relay", "envoy"]), unique=True)):
        path = {"operator": ["operator", "prometheus"], "envoy": ["envoy", "prometheus"]}.get(block, [block])
        path = ["hubble", "metrics"] if block == "hubble" else path
        path = ["clustermesh", "apiserver", "metrics"] if block == "relay" else path
        for depth, key in enumerate(path):
            put(depth, f"{key}:")
        depth = len(path)
        if block == "hubble":
            metrics = draw(st.lists(st.sampled_from(["dns", "drop", "tcp", "bogus", "flow:x"]), max_size=3))
            put(depth, f"enabled: {metrics!r}".replace("'", ""))
        elif draw(st.booleans()):
            put(depth, f"enabled: {draw(SWITCH)}")
        put(depth, "serviceMonitor:")
        put(depth + 1, f"enabled: {draw(SWITCH)}")
        if draw(st.booleans()):
            put(depth + 1, f"labels: {draw(LABEL)}".replace("labels: \n", "labels:\n"))
    return "\n".join(lines) + "\n" if lines else "debug: {enabled: false}\n"


@settings(max_examples=max(settings.default.max_examples // 16, 8) if settings.default else 12)
@given(text=cilium_values(), crlf=st.booleans())
@pytest.mark.parametrize("name", [name for name in WRAPPERS if name != "values"])
def test_whatever_the_values_the_form_does_not_matter(name: str, text: str, crlf: bool) -> None:
    def ended(wrap: Wrapper) -> Wrapper:
        if not crlf:
            return wrap
        return lambda case: {file: content.replace("\n", "\r\n") for file, content in wrap(case).items()}

    # Null in a patch, or in an umbrella's own values, is gone before Helm sees it; in values it takes a default away.
    text = text.replace("null", "false") if name in ("patched", "umbrella", "umbrella_in_umbrella") else text
    here = os.getcwd()
    with TemporaryDirectory() as plain, TemporaryDirectory() as wrapped:
        try:
            expected = findings(read(plain, ended(WRAPPERS["values"]), cases(text)), text)
            assert findings(read(wrapped, ended(WRAPPERS[name]), cases(text)), text) == expected
            mended, _ = fixed(plain, ended(WRAPPERS["values"]), cases(text), "unsafe")
            found, _ = fixed(wrapped, ended(WRAPPERS[name]), cases(text), "unsafe")
            assert found == mended
        finally:
            os.chdir(here)


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cilium}
spec:
  destination: {namespace: kube-system}
  syncPolicy: {syncOptions: [ServerSideApply=true]}
  source:
    chart: cilium
    targetRevision: 1.18.2
    helm:
      values: """


def flat(text: str) -> str:
    """The same values without an indented line, as single quotes can hold them."""
    data = to_data(parse(Source.from_text(text))[0].root)
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in data.items())


@settings(max_examples=max(settings.default.max_examples // 8, 8) if settings.default else 12)
@given(
    text=cilium_values(),
    random=st.randoms(use_true_random=False),
    column=st.sampled_from([7, 8, 11]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@pytest.mark.parametrize("style", STYLES)
def test_whatever_the_style_of_a_text_the_findings_stand_where_they_should(
    style: str, text: str, random: Random, column: int, newline: str
) -> None:
    text = flat(text) if style == "single" else text
    made = spelled(text, style, random, APPLICATION, "  project: x\n", column, newline, above=6)
    assume(made is not None)
    assert made is not None
    places = made.places

    def wrap(case: Case) -> dict[str, str]:
        return {"cilium/app.yaml": made.host} if case.chart == "cilium" else WRAPPERS["values"](case)

    def told(workspace: Workspace, where: dict[int, int]) -> list[tuple[object, ...]]:
        found = [item for item in engine.run(workspace, RULES).findings if item.place.file.startswith("cilium/")]
        return sorted(
            (item.rule, item.severity, item.message, format_path(item.place.path), where.get(item.place.start, -1))
            for item in found
        )

    here = os.getcwd()
    with TemporaryDirectory() as plain, TemporaryDirectory() as wrapped:
        try:
            expected = told(read(plain, WRAPPERS["values"], cases(text)), dict(enumerate(places)))
            assert told(read(wrapped, wrap, cases(text)), {place: place for place in places}) == expected
            mended, _ = fixed(plain, WRAPPERS["values"], cases(text), "unsafe")
            found, _ = fixed(wrapped, wrap, cases(text), "unsafe")
            assert found == mended
        finally:
            os.chdir(here)
