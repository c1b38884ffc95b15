"""The compiler of tables: charts in folders and archives, what is kept of them, and that nothing is lost."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuelint.charts import compiler
from valuelint.charts.compiler import CompileError, Facts, dumps, fact, fold, unfold
from valuelint.charts.tables import ABSENT, OPAQUE, Table

DIGEST = "sha256:" + "0a" * 32

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n"
    "- {name: inner, version: 1.x.x, alias: sub, condition: sub.on}\n"
    "- {name: not-fetched, version: 1.x.x}\n",
    "values.yaml": "on: yes\ncount: 1.0\nempty: {}\nnone:\nscript: |\n  a\n  b\n"
    "sub: {color: red, size: null}\nglobal: {registry: r}\n"
    f"image: {{digest: '{DIGEST}'}}\n",
    "values.schema.json": '{"properties": {"none": {"type": ["string", "null"]}, "count": {"type": "integer"}}}',
    "templates/secret.yaml": "{{ .Values.none }}",
    "charts/inner/Chart.yaml": "name: inner\nversion: 1.2.3\n",
    "charts/inner/values.yaml": "color: blue\nsize: 3\ndeep: {er: x}\n",
    "charts/inner/charts/README.md": "nothing",
}

EXPECTED: dict[str, Any] = {
    "true": True,
    "count": 1,
    "image": {"digest": OPAQUE},
    "empty": {},
    "none": None,
    "script": OPAQUE,
    "sub": {"color": "red", "deep": {"er": "x"}, "global": {"registry": "r"}},
    "global": {"registry": "r"},
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def archive(files: dict[str, str] | dict[str, bytes], root: str = "demo") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(f"{root}/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def table(output: Path, chart: str = "demo") -> Table:
    return Table(chart, json.loads((output / chart / "defaults.json").read_text()))


def test_folder_and_archive_give_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path / "demo", FILES)
    packed = tmp_path / "demo-1.0.0.tgz"
    packed.write_bytes(archive(FILES))
    inner = {
        name.removeprefix("charts/inner/"): text for name, text in FILES.items() if name.startswith("charts/inner/")
    }
    outer = {name: text.encode() for name, text in FILES.items() if not name.startswith("charts/")}
    nested = tmp_path / "nested.tgz"
    nested.write_bytes(archive({**outer, "charts/inner-1.2.3.tgz": archive(inner, "inner")}))
    assert compiler.read(str(folder)) == compiler.read(str(packed)) == compiler.read(str(nested))


def test_a_charts_defaults(tmp_path: Path) -> None:
    files = compiler.compile_charts([str(write(tmp_path / "demo", FILES))], str(tmp_path / "out"))
    assert files == [str(tmp_path / "out" / "demo" / name) for name in ("defaults.json", "options.json", "gates.json")]
    made = table(tmp_path / "out")
    assert made.versions == ["1.0.0"]
    assert made.defaults("1.0.0") == EXPECTED
    assert made.subcharts("1.0.0") == {"sub": "sub.on"}
    assert made.has_schema("1.0.0")
    assert made.accepted("1.0.0") == {
        ("empty",): "any",
        ("global",): "any",
        ("image",): "any",
        ("none",): "null string",
        ("script",): "any",
        ("sub",): "any",
        ("true",): "any",
    }


def test_a_new_release_needs_its_own_archive_only(tmp_path: Path) -> None:
    def release(version: str, values: str) -> str:
        files = {"Chart.yaml": f"name: demo\nversion: {version}\n", "values.yaml": values}
        return str(write(tmp_path / version, files))

    first, second, between = release("v1.0.0", "a: 1\n"), release("1.2.0", "a: 2\nb: {}\n"), release("1.1.0", "a: 1\n")
    output = str(tmp_path / "out")
    compiler.compile_charts([first, second], output)
    compiler.compile_charts([between], output)
    assert table(tmp_path / "out").history(("a",)) == [("1.0.0", "1.1.0", 1), ("1.2.0", "1.2.0", 2)]
    at_once = str(tmp_path / "at-once")
    compiler.compile_charts([second, between, first], at_once)
    text = (tmp_path / "out" / "demo" / "defaults.json").read_text()
    assert (tmp_path / "at-once" / "demo" / "defaults.json").read_text() == text
    compiler.compile_charts([release("1.2.0", "a: 3\n")], output)
    assert table(tmp_path / "out").defaults("1.2.0") == {"a": 3}


def test_a_chart_inside_that_no_dependency_names_is_always_on(tmp_path: Path) -> None:
    files = {**FILES, "Chart.yaml": "name: demo\nversion: 1.0.0\n"}
    compiler.compile_charts([str(write(tmp_path / "demo", files))], str(tmp_path / "out"))
    assert table(tmp_path / "out").subcharts("1.0.0") == {"inner": ""}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("text", "text"),
        ("", ""),
        ("x" * 200, "x" * 200),
        ("x" * 201, OPAQUE),
        ("two\nlines", OPAQUE),
        (DIGEST, OPAQUE),
        ("{{ $.Release.Name }}", "{{ $.Release.Name }}"),
        ("{{ if .Values.a }}" + "x" * 60 + "{{ end }}", OPAQUE),
        ([{"regex": "a\nb", "n": 1}], [{"regex": OPAQUE, "n": 1}]),
        (None, None),
        (False, False),
        (1.5, 1.5),
    ],
)
def test_facts_are_kept_and_texts_are_not(value: Any, kept: Any) -> None:
    assert fact(value) == kept


@pytest.mark.parametrize(
    ("schema", "default", "expected"),
    [
        ({"type": "string"}, "x", None),
        ({"type": "string"}, None, "string"),
        ({"type": ["null", "string"]}, "x", "null string"),
        ({"type": "number"}, 1, "number"),
        ({"type": "boolean"}, True, None),
        ({"type": "object"}, {}, None),
        ({"type": "array"}, [], None),
        ({"enum": ["a", "b"]}, "a", ["a", "b"]),
        ({"oneOf": [{"type": "null"}, {"enum": ["a", "b"]}]}, None, ["a", "b", None]),
        ({"anyOf": [{"type": "string"}, {"type": ["integer", "null"]}]}, None, "integer null string"),
        ({"anyOf": [{"type": "string"}, {"enum": [1]}]}, None, "any"),
        ({}, "x", "any"),
    ],
)
def test_what_a_schema_accepts_is_kept_where_the_default_does_not_tell(
    schema: dict[str, Any], default: Any, expected: Any
) -> None:
    found = dict(compiler.types({"properties": {"key": schema}}, {"key": default}))
    assert found == ({} if expected is None else {("key",): expected})


def test_an_option_of_the_schema_without_a_default_is_kept() -> None:
    schema = {"properties": {"a": {"properties": {"b": {"type": "string"}}, "type": "object"}}}
    assert dict(compiler.types(schema, {})) == {("a",): "object", ("a", "b"): "string"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"values.yaml": "a: 1\n"}, r"no Chart\.yaml"),
        ({**FILES, "Chart.yaml": "version: 1.0.0\n"}, "names no chart"),
        ({**FILES, "Chart.yaml": "name: demo\nversion: newest\n"}, "is not a version"),
        ({**FILES, "Chart.yaml": "name: demo\n"}, "is not a version"),
        ({**FILES, "values.yaml": "- a\n"}, "no mapping"),
        ({**FILES, "values.yaml": "a: [\n"}, "values.yaml"),
        ({**FILES, "values.schema.json": "{"}, "Expecting"),
        ({**FILES, "charts/inner/charts/x/Chart.yaml": "name: x\nversion: 1.0.0\n"}, "has subcharts"),
        ({**FILES, "Chart.yaml": FILES["Chart.yaml"].replace("alias: sub", "tags: [x]")}, "tags"),
        ({**FILES, "Chart.yaml": FILES["Chart.yaml"].replace("alias: sub", "import-values: [x]")}, "import-values"),
    ],
)
def test_a_chart_that_cannot_be_compiled_is_named(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    folder = str(write(tmp_path / "demo", files))
    with pytest.raises(CompileError, match=reason) as caught:
        compiler.read(folder)
    assert str(caught.value).startswith(folder)


@pytest.mark.parametrize("values", [f"a: {ABSENT}\n", f"a: [{OPAQUE}]\n", "a: {'': 1}\n"])
def test_a_default_that_a_table_would_misread_is_refused(tmp_path: Path, values: str) -> None:
    chart = compiler.read(str(write(tmp_path / "demo", {**FILES, "values.yaml": values})))
    with pytest.raises(CompileError, match=r"demo 1\.0\.0: .*meaning of its own"):
        compiler.facts(chart)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(write(tmp_path / "demo", FILES))
    assert compiler.main(["--output", str(tmp_path / "out"), folder]) == 0
    assert "defaults.json" in capsys.readouterr().out
    assert compiler.main(["--output", str(tmp_path / "out"), str(tmp_path / "nothing")]) == 1
    assert "no such file or folder" in capsys.readouterr().err
    assert compiler.main([]) == 2
    assert "usage" in capsys.readouterr().err


SCALARS = st.sampled_from([None, True, False, 0, 1, 1.5, "", "text", OPAQUE, "1"])
LEAVES: st.SearchStrategy[Any] = SCALARS | st.just({}) | st.lists(SCALARS, max_size=2)
KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(LEAVES, lambda below: st.dictionaries(KEYS, below, max_size=3), max_leaves=6)
MAPS = st.dictionaries(KEYS, VALUES, max_size=3)
NUMBERS = ["1.0.0-rc.1", "1.0.0", "1.9.0", "1.10.0"]


@st.composite
def releases(draw: st.DrawFn) -> dict[str, Facts]:
    def flat() -> dict[tuple[str, ...], Any]:
        return compiler.flat(draw(MAPS))

    return {
        version: Facts(
            schema=draw(st.booleans()),
            defaults=flat(),
            types=flat(),
            subcharts={key: (draw(st.sampled_from(["", "a.b"])), flat()) for key in draw(st.sets(KEYS, max_size=2))},
        )
        for version in draw(st.lists(st.sampled_from(NUMBERS), min_size=1, unique=True))
    }


@given(releases())
def test_a_table_says_what_was_put_in(known: dict[str, Facts]) -> None:
    text = dumps(fold("demo", known))
    again = unfold(json.loads(text))
    assert {version: canonical(facts) for version, facts in again.items()} == {
        version: canonical(facts) for version, facts in known.items()
    }
    assert dumps(fold("demo", again)) == text


def canonical(facts: Facts) -> str:
    """Written out, so that 1, 1.0 and true differ; in one order, because a table keeps none."""
    return json.dumps(
        [
            facts.schema,
            sorted((path, repr(value)) for path, value in facts.defaults.items()),
            sorted((path, repr(value)) for path, value in facts.types.items()),
            sorted(
                (key, condition, sorted((path, repr(value)) for path, value in own.items()))
                for key, (condition, own) in facts.subcharts.items()
            ),
        ]
    )


# --- archives that nobody should trust ---------------------------------------------------------------

ABOUT = "apiVersion: v2\nname: demo\nversion: 1.0.0\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no archive at all", "it is no archive of a chart, or a damaged one; download it again"),
        (archive({"Chart.yaml": ABOUT, "values.yaml": "a: 1\n" * 999})[:150], "a damaged one; download it again"),
        (archive({"Chart.yaml": ABOUT, "../../evil": "a"}), "a file outside of its folder: 'demo/../../evil'"),
        (archive({"Chart.yaml": ABOUT}, root="/demo"), "a file outside of its folder: '/demo/Chart.yaml'"),
        (archive({"Chart.yaml": ABOUT.replace("demo", "../../evil")}), "Chart.yaml names no chart"),
        (archive({"Chart.yaml": ABOUT + "dependencies: 3\n"}), "the dependencies in Chart.yaml are no list"),
        (archive({"Chart.yaml": ABOUT, "values.schema.json": "[1"}), "values.schema.json: Expecting"),
        (archive({"Chart.yaml": ABOUT, "templates/a.yaml": "{{ if }}"}), "templates/a.yaml: an empty command"),
        (
            archive({"Chart.yaml": ABOUT, "templates/a.yaml": "{{ " + "(" * 9999 + "}}"}),
            "nest deeper than anybody can follow",
        ),
    ],
)
def test_an_archive_that_is_none_is_one_error(tmp_path: Path, data: bytes, reason: str) -> None:
    file = tmp_path / "demo.tgz"
    file.write_bytes(data)
    with pytest.raises(CompileError) as caught:
        compiler.read(str(file))
    assert str(caught.value).startswith(f"{file}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inside", [False, True])
def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    monkeypatch.setattr(compiler, "LARGEST", 2_000_000)
    half = {"Chart.yaml": ABOUT.encode(), "templates/a": b" " * 1_500_000}
    file = tmp_path / "demo.tgz"
    file.write_bytes(archive({**half, "charts/a.tgz": archive(half)} if inside else {**half, "b": b" " * 1_500_000}))
    with pytest.raises(CompileError, match="it unpacks to more than 2 MB"):
        compiler.read(str(file))


# --- templates that use all of the values --------------------------------------------------------------


def options_of(tmp_path: Path, files: dict[str, str]) -> dict[tuple[str, ...], Any]:
    return dict(compiler.options(compiler.read(str(write(tmp_path / "demo", files)))))


@pytest.mark.parametrize("template", ["{{ toYaml .Values }}", "{{ range $k, $v := .Values }}{{ $k }}{{ end }}"])
def test_a_template_that_uses_all_values_leaves_every_key_open(tmp_path: Path, template: str) -> None:
    files = {"Chart.yaml": ABOUT, "values.yaml": "a: {b: 1}\n", "templates/a.yaml": template}
    assert options_of(tmp_path, files) == {(): "f"}


def test_a_named_template_that_is_not_there_may_read_anything_if_a_chart_is_missing(tmp_path: Path) -> None:
    files = {"Chart.yaml": ABOUT, "values.yaml": "a: 1\n", "templates/a.yaml": '{{ include "common.all" . }}'}
    assert options_of(tmp_path / "whole", files) == {}
    files["Chart.yaml"] += "dependencies: [{name: common, version: 1.x.x}]\n"
    assert options_of(tmp_path / "part", files) == {(): "f"}


def test_a_default_text_that_names_options_is_a_template(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": ABOUT,
        "values.yaml": "more: {size: 1}\nodd: '{{ .Values.'\nconfig: '{{ toYaml .Values.more }} {{ .Values.less }}'\n",
        "templates/a.yaml": "{{ tpl .Values.config . }}{{ .Values.more.size }}",
    }
    assert options_of(tmp_path, files) == {("more",): "f", ("less",): "r"}


# --- what has to be on ----------------------------------------------------------------------------


def test_what_options_need_is_kept_version_by_version(tmp_path: Path) -> None:
    about = ABOUT.replace("1.0.0", "{}")
    values = "on: false\nx: {}\ny: {z: 1, w: 2}\n"
    for version, text in (
        ("1.0.0", "{{ if .Values.on }}{{ toYaml .Values.x }}{{ .Values.y.z }}{{ end }}{{ .Values.y.w }}"),
        ("1.1.0", "{{ .Values.y.z }}{{ if .Values.on }}{{ .Values.y.w }}{{ toYaml .Values.x }}{{ end }}"),
    ):
        files = {"Chart.yaml": about.format(version), "values.yaml": values, "templates/a.yaml": text}
        # one after the other: what is stored stays
        compiler.compile_charts([str(write(tmp_path / version, files))], str(tmp_path / "out"))
    data = json.loads((tmp_path / "out" / "demo" / "gates.json").read_text())
    assert compiler.unfold_options(data, "gates") == {
        "1.0.0": {("x",): "on", ("y", "z"): "on"},
        "1.1.0": {("x",): "on", ("y", "w"): "on"},
    }
