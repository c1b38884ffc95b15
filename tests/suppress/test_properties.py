"""Suppressions that accept nothing, anywhere in a file: `fix` takes them away and leaves every other byte as it was."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lint.table import RULES, cilium, cluster, kps
from valuelint.lint import engine
from valuelint.lint.fix import repair
from valuelint.values import Values

LINES = [
    "# at the top\n",
    "hubble:\n",
    "  enabled: true # stays\n",
    "  metrics:\n",
    "    enabled:\n",
    "      - dns\n",
    "      - 'drop # no comment'\n",
    "\n",
    "  ui: {enabled: false, frontend: {extraEnv: [\n",
    "    {name: A, value: b}]}}\n",
    "extraConfig:\n",
    "  text: |\n",
    "    # valuelint: ignore[guard] no comment\n",
    "    line\n",
    "  ä: ö\n",
]
# Behind these a comment would be part of a text.
CLOSED = {11, 12, 13}
OPEN = "grafana: {enabled: false}\nprometheus: {prometheusSpec: {serviceMonitorSelectorNilUsesHelmValues: false}}\n"

USELESS = st.sampled_from(
    [
        "# valuelint: ignore[guard] x",
        "# valuelint: ignore-file[guard,crds-not-trusted]",
        "# valuelint: snooze[guard] 2020-01-01 over",
        "#valuelint:ignore[ guard , monitor-not-rendered ] two",
    ]
)
BEHIND = st.dictionaries(st.sampled_from([n for n in range(len(LINES)) if n not in CLOSED and n != 7]), USELESS)
BEFORE = st.dictionaries(st.sampled_from([n for n in range(len(LINES)) if n not in CLOSED]), USELESS)


@settings(max_examples=60, deadline=None)
@given(BEHIND, BEFORE, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]), st.booleans())
def test_what_accepts_nothing_goes_and_nothing_else(
    behind: dict[int, str], before: dict[int, str], newline: str, mark: str, final: bool
) -> None:
    made, plain = [], []
    for number, line in enumerate(LINES):
        if number in before:
            made.append(" " * (len(line) - len(line.lstrip(" "))) + before[number] + "\n")
        made.append(line[:-1] + (" " + behind[number] if number in behind else "") + "\n")
        plain.append(line)
    texts = ["".join(made), "".join(plain)]
    if not final:
        texts = [text.removesuffix("\n") for text in texts]
    given_text, wanted = (text.replace("\n", newline) for text in texts)
    workspace = cluster(cilium(mark + given_text)._replace(texts=(mark + given_text,)), kps(OPEN))
    only = [rule for rule in RULES if rule.id in ("guard", "crds-not-trusted", "monitor-not-rendered", "suppression")]
    result = repair(workspace, only, "safe")
    assert result.texts.get("cilium.yaml", given_text) == wanted
    assert bool(result.fixed) is bool(behind or before)


@settings(max_examples=30, deadline=None)
@given(BEHIND, BEFORE)
def test_a_suppression_changes_no_value(behind: dict[int, str], before: dict[int, str]) -> None:
    text = "".join(
        (before[number] + "\n" if number in before else "")
        + (line[:-1] + " " + behind[number] + "\n" if number in behind else line)
        for number, line in enumerate(LINES)
    )
    layers = [
        cluster(cilium()._replace(texts=(each,))).clusters[0].releases[0].layers for each in (text, "".join(LINES))
    ]
    assert Values(list(layers[0]), {}).user == Values(list(layers[1]), {}).user
    assert engine.run(cluster(cilium()._replace(texts=(text,))), []).findings == ()
