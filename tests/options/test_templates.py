"""The scanner of templates: what a template reads of the values, and where it hands on a map whole."""

from __future__ import annotations

import pytest

from valuelint.charts.templates import FREE, READ, REFUSED, Scan, TemplateError, parse, scan

NAMES = {READ: "read", FREE: "free", READ | FREE: "free", REFUSED: "refused", READ | REFUSED: "read"}


def reads(*texts: str) -> dict[str, str]:
    return {".".join(path): NAMES[bits] for path, bits in scan(((), text) for text in texts).items()}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .Values.a.b }}", {"a.b": "read"}),
        ("{{- .Values.a -}}", {"a": "read"}),
        ("{{ $.Values.a }}{{ .Release.Name }}", {"a": "read"}),
        ("{{ .Values.a | quote }}", {"a": "read"}),
        ("{{ .Values.a | toYaml | nindent 2 }}", {"a": "free"}),
        ("{{ toYaml .Values.a }}", {"a": "free"}),
        ('{{ index .Values "a-b" "c" }}', {"a-b.c": "read"}),
        ("{{ index .Values .Values.key }}", {"": "free", "key": "read"}),
        ('{{ (index .Values "a").b }}', {"a.b": "read"}),
        ('{{ get .Values.a "b" }}', {"a.b": "read"}),
        ('{{ if hasKey .Values.a "b" }}{{ .Values.a.b }}{{ end }}', {"a.b": "read"}),
        ('{{ dig "a" "b" "none" .Values.AsMap }}', {"a.b": "read"}),
        ("{{ with .Values.a }}{{ .b }}{{ end }}", {"a": "read", "a.b": "read"}),
        ("{{ with .Values.a }}{{ toYaml . }}{{ end }}", {"a": "free"}),
        ("{{ with .Values.a }}{{ $.Values.b }}{{ end }}", {"a": "read", "b": "read"}),
        ("{{ with $x := .Values.a }}{{ $x.b }}{{ end }}", {"a": "read", "a.b": "read"}),
        ("{{ with .Values.a }}x{{ else }}{{ .Values.b }}{{ end }}", {"a": "read", "b": "read"}),
        ("{{ if .Values.a }}{{ else if .Values.b }}{{ .Values.c }}{{ end }}", {"a": "read", "b": "read", "c": "read"}),
        ("{{ range .Values.a }}{{ .b }}{{ end }}", {"a": "free"}),
        ("{{ range $k, $v := .Values.a }}{{ $v.b }}{{ end }}", {"a": "free"}),
        ("{{ range list .Values.a .Values.b }}{{ .on }}{{ end }}", {"a.on": "read", "b.on": "read"}),
        ("{{ range until 3 }}{{ $.Values.a }}{{ end }}", {"a": "read"}),
        ("{{ $x := .Values.a }}{{ $x.b }}", {"a.b": "read"}),
        (
            "{{ $x := .Values.a }}{{ if .Values.c }}{{ $x = .Values.b }}{{ end }}{{ $x.d }}",
            {"c": "read", "a.d": "read", "b.d": "read"},
        ),
        ("{{ $x := default .Values.a .Values.b }}{{ $x.c }}", {"b": "read", "a.c": "read", "b.c": "read"}),
        ("{{ (.Values.a | default dict).b }}", {"a": "read", "a.b": "read"}),
        ("{{ ternary .Values.a .Values.b .Values.c }}", {"a": "read", "b": "read", "c": "read"}),
        ('{{ $d := dict "x" .Values.a }}{{ $d.x.b }}', {"a.b": "read"}),
        ('{{ $d := dict }}{{ $_ := set $d "x" .Values.a }}{{ $d.x }}', {"a": "free"}),
        ('{{ omit .Values.a "b" | toYaml }}', {"a": "free"}),
        ("{{ merge .Values.a .Values.b | toYaml }}", {"a": "free", "b": "free"}),
        ("{{ tpl .Values.a . }}", {"a": "read"}),
        ("{{ tpl (toYaml .Values.a) . }}", {"a": "free"}),
        ("{{ somethingNew .Values.a }}", {"a": "free"}),
        ('{{ printf "%s" .Values.a }}', {"a": "read"}),
        ("{{ eq .Values.a `raw }}` }}", {"a": "read"}),
        ('{{ eq .Values.a "}}" }}', {"a": "read"}),
        ("{{/* .Values.a */}}", {}),
        ("{{- /* .Values.a\n */ -}}{{ .Values.b }}", {"b": "read"}),
        ('{{ .Values.a }}{{ block "x" . }}{{ .Values.b }}{{ end }}', {"a": "read", "b": "read"}),
        ('{{ lookup "v1" "Secret" .Values.a "x" }}', {"a": "read"}),
        ('{{ if .Values.a }}{{ fail "no" }}{{ end }}', {"a": "refused"}),
        ('{{ if .Values.a }}{{ if .Values.b }}{{ fail "no" }}{{ end }}{{ end }}', {"a": "refused", "b": "refused"}),
        ('{{ if .Values.a }}x{{ else }}{{ fail "no" }}{{ end }}', {"a": "read"}),
        ('{{ if .Values.a }}{{ fail "no" }}{{ end }}{{ .Values.a }}', {"a": "read"}),
        ("{{ .Values.a.AsMap }}", {"a": "read"}),
        ("{{ .Chart.Version }}{{ .Capabilities.KubeVersion.Minor }}", {}),
    ],
)
def test_what_a_template_reads(template: str, expected: dict[str, str]) -> None:
    assert reads(template) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (('{{ define "x" }}{{ .Values.a }}{{ end }}', '{{ include "x" . }}'), {"a": "read"}),
        (('{{ define "x" }}{{ .b }}{{ end }}', '{{ include "x" .Values.a }}'), {"a.b": "read"}),
        (('{{ define "x" }}{{ toYaml . }}{{ end }}', '{{ template "x" .Values.a }}'), {"a": "free"}),
        (('{{ define "x" }}{{ .v.b }}{{ end }}', '{{ include "x" (dict "v" .Values.a) }}'), {"a.b": "read"}),
        (
            (
                '{{ define "x" }}{{ $r := index . 0 }}{{ $r.Values.c }}{{ (index . 1).b }}{{ end }}',
                '{{ include "x" (list $ .Values.a) }}',
            ),
            {"c": "read", "a.b": "read"},
        ),
        (('{{ define "x" }}{{ include "x" . }}{{ .Values.a }}{{ end }}', '{{ include "x" . }}'), {"a": "read"}),
        (("{{ include .Values.name .Values.a }}",), {"name": "read", "a": "free"}),
        (('{{ include "nowhere" .Values.a }}',), {"a": "free"}),
        (('{{ define "unused" }}{{ .Values.a }}{{ end }}',), {"a": "read"}),
        (('{{ define "x" }}{{ .Values.a }}{{ end }}', '{{ include (print "x") . }}'), {"a": "read"}),
    ],
)
def test_named_templates(texts: tuple[str, ...], expected: dict[str, str]) -> None:
    found = reads(*texts)
    found.pop("", None)  # what cannot be followed is everything
    assert found == expected


def test_a_subchart_reads_below_its_key_and_what_is_shared() -> None:
    found = scan([(("sub",), "{{ .Values.a }}{{ .Values.global.b }}"), ((), "{{ .Values.sub.c }}")], ["sub"])
    assert {".".join(path) for path in found} == {"sub.a", "sub.global.b", "global.b", "sub.c"}


@pytest.mark.parametrize("text", ["{{ if .a }}", "{{ end }}", "{{ .a | }}", "{{ (.a }}", "{{ 'x }}", "{{ ; }}"])
def test_what_is_no_template(text: str) -> None:
    with pytest.raises(TemplateError):
        parse(text)


# --- what has to be on ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("{{ .Values.x }}", []),
        ("{{ if .Values.a }}{{ .Values.x }}{{ end }}", ["a"]),
        ("{{ if and .Values.a .Values.b.c }}{{ .Values.x }}{{ end }}", ["a", "b.c"]),
        ("{{ if and .Values.a .Values.x }}y{{ end }}", ["a"]),
        ("{{ if or .Values.a .Values.b }}{{ .Values.x }}{{ end }}", []),
        ("{{ if not .Values.a }}{{ .Values.x }}{{ end }}", []),
        ("{{ if .Values.a }}y{{ else }}{{ .Values.x }}{{ end }}", []),
        ("{{ if .Values.a }}{{ .Values.x }}{{ end }}{{ .Values.x }}", []),
        ("{{ if .Values.a }}{{ if .Values.b }}{{ .Values.x }}{{ end }}{{ .Values.x }}{{ end }}", ["a"]),
        ("{{ with .Values.a }}{{ $.Values.x }}{{ end }}", ["a"]),
        ("{{ range .Values.a }}{{ $.Values.x }}{{ end }}", ["a"]),
        ("{{ $on := .Values.a }}{{ if $on }}{{ .Values.x }}{{ end }}", ["a"]),
        ('{{ define "d" }}{{ .Values.x }}{{ end }}{{ if .Values.a }}{{ include "d" . }}{{ end }}', ["a"]),
        (
            '{{ define "d" }}{{ .Values.x }}{{ end }}{{ if .Values.a }}{{ include "d" . }}{{ end }}{{ include "d" . }}',
            [],
        ),
        ("{{ if .Values.a }}{{ $v := .Values.x }}{{ $v }}{{ end }}", ["a"]),
        ("{{ $v := .Values.x }}{{ if .Values.a }}{{ $v }}{{ end }}", ["a"]),
    ],
)
def test_what_has_to_be_on_for_an_option_to_be_read(text: str, needed: list[str]) -> None:
    seen = Scan()
    seen.run([((), text)])
    assert sorted(".".join(gate) for gate in seen.gates["x",]) == needed
