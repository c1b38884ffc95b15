"""Hubble's metric strings: what the agent takes is left alone, what it does not take is found and put into words."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuelint import resources
from valuelint.charts import hubble
from valuelint.charts.facts import specialise
from valuelint.charts.versions import Range, parse_version

RAW: dict[str, Any] = resources.load("schemas/cilium/hubble-metrics.yaml")["hubble_metrics"]

# One version for each stretch that the facts tell apart.
VERSIONS = (
    "1.10.0",
    "1.12.14",
    "1.13.0",
    "1.13.8",
    "1.14.6",
    "1.15.15",
    "1.16.19",
    "1.17.4",
    "1.18.1",
    "1.18.2",
    "1.19.6",
    "1.20.0",
)


def at(version: str) -> dict[str, Any]:
    narrowed: dict[str, Any] = specialise(RAW, parse_version(version))
    return narrowed


FACTS = {version: at(version) for version in VERSIONS}


def problems(text: str, version: str) -> list[hubble.Problem]:
    return hubble.check(text, FACTS.get(version) or at(version))


def repaired(text: str, found: list[hubble.Problem]) -> str:
    for problem in reversed(found):
        if problem.suggestion is not None:
            text = text[: problem.start] + problem.suggestion + text[problem.end :]
    return text


# Reading


def test_offsets_of_a_metric() -> None:
    text = "httpV2:exemplars=true;labelsContext=source_ip,destination_ip"
    metric = hubble.parse_metric(text)
    assert metric.name == text[metric.start : metric.name_end] == "httpV2"
    assert [(option.key, option.value) for option in metric.options] == [
        ("exemplars", "true"),
        ("labelsContext", "source_ip,destination_ip"),
    ]
    assert [text[option.start : option.end] for option in metric.options] == text.partition(":")[2].split(";")
    assert text[metric.options[1].value_start :] == "source_ip,destination_ip"


@pytest.mark.parametrize(
    ("text", "names", "options"),
    [
        ("", [], []),
        ("dns", ["dns"], [[]]),
        ("dns:query;;ignoreAAAA;", ["dns"], [["query", "ignoreAAAA"]]),
        (" dns:query\tdrop ", ["dns", "drop"], [["query"], []]),
        ("flow # as before", ["flow"], [[]]),
        ("flow:a=b=c:d", ["flow"], [["a"]]),
    ],
)
def test_an_item_is_split_as_the_agent_splits_it(text: str, names: list[str], options: list[list[str]]) -> None:
    metrics = hubble.parse_metrics(text)
    assert [metric.name for metric in metrics] == names
    assert [[option.key for option in metric.options] for metric in metrics] == options
    assert all(text[metric.start : metric.name_end] == metric.name for metric in metrics)


# What is left alone

RIGHT_EVERYWHERE = [
    "",
    "dns",
    "dns:query;ignoreAAAA",
    "dns:QUERY;ignoreaaaa",
    "dns:query=true",
    "drop:destinationContext=pod|dns|ip;sourceContext=pod|dns|ip",
    "flow:SOURCECONTEXT=Identity|NAMESPACE",
    "port-distribution",
    "tcp:;sourceContext=pod;",
    "dns drop tcp",
    "http",
    "${HUBBLE_METRIC}",
    "httpV9:{{ .Values.options }}",
    "flow # counted per node",
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("text", RIGHT_EVERYWHERE)
def test_what_every_version_takes_is_left_alone(text: str, version: str) -> None:
    assert problems(text, version) == []


LABELS = "source_namespace,source_workload,destination_namespace,destination_workload,traffic_direction"


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.12.14", "flows-to-world:any-drop;port"),
        ("1.13.0", f"httpV2:exemplars=true;labelsContext={LABELS}"),
        ("1.13.0", "policy:sourceContext=workload-name|reserved-identity;destinationContext=app"),
        ("1.13.0", "kafka:sourceContext=pod-short"),
        ("1.13.8", "flow:sourceContext=pod-name"),
        ("1.14.6", "flow:sourceEgressContext=pod;destinationIngressContext=workload-name"),
        ("1.15.15", "flow:sourceContext=workload;labelsContext=source_workload_kind"),
        ("1.17.4", "flow:sourceContext=pod,dns"),
        ("1.18.1", "flow:labelsContext=source_ip|destination_ip"),
        ("1.19.6", "flow:sourceContext=;labelsContext=,source_ip,"),
        ("1.20.0", "flow:sourceContext=pod||dns|"),
        ("1.20.0", "sctp:sourceContext=namespace"),
    ],
)
def test_what_one_version_takes_is_left_alone(version: str, text: str) -> None:
    assert problems(text, version) == []


# What is found


@pytest.mark.parametrize(
    ("version", "text", "kind", "marked", "suggestion", "effect"),
    [
        ("1.16.19", "htpV2", "name", "htpV2", "httpV2", "hubble"),
        ("1.18.1", "httpv2", "name", "httpv2", "httpV2", "agent"),
        ("1.20.0", "port_distribution", "name", "port_distribution", "port-distribution", "skipped"),
        ("1.20.0", "hubble_drop_total", "name", "hubble_drop_total", "drop", "skipped"),
        ("1.20.0", "policy-verdict:sourceContext=pod", "name", "policy-verdict", "policy", "skipped"),
        ("1.20.0", "http_requests", "name", "http_requests", "httpV2", "skipped"),
        ("1.20.0", "elsewhere", "name", "elsewhere", None, "skipped"),
        ("1.20.0", "source_namespace", "name", "source_namespace", None, "skipped"),
        ("1.16.19", "labelsContext=source_ip", "name", "labelsContext=source_ip", None, "hubble"),
        ("1.20.0", "dns,drop", "separator", ",", None, "skipped"),
        ("1.20.0", "dns;query", "separator", ";", ":", "skipped"),
        ("1.20.0", "flow=sourceContext=pod", "separator", "=", ":", "skipped"),
        ("1.10.0", "flow:", "separator", ":", "", "manifest"),
        ("1.20.0", "dns: query", "separator", " ", "", "manifest"),
        ("1.15.15", "flow:labelsContext=source_ip, source_pod", "separator", " ", "", "hubble"),
        ("1.20.0", "flow:sourceContext=pod |dns", "separator", " ", "", "skipped"),
        ("1.20.0", "flow:labelsContext=source_ip source_pod", "separator", " ", None, "skipped"),
        ("1.16.19", r"flow:labelsContext=source_ip\,source_pod", "separator", r"source_ip\,source_pod",
         "source_ip,source_pod", "hubble"),
        ("1.20.0", r"flow:sourceContext=pod\|dns", "separator", r"pod\|dns", "pod|dns", "agent"),
        ("1.16.19", "flow:sourceContext=pod,dns", "separator", "pod,dns", "pod|dns", "hubble"),
        ("1.20.0", "flow:labelsContext=source_ip|source_pod", "separator", "source_ip|source_pod",
         "source_ip,source_pod", "agent"),
        ("1.20.0", "flow:labelsContext=source_ip;source_pod", "separator", ";", ",", "ignored"),
        ("1.20.0", "flow:sourceContext=pod;dns", "separator", ";", "|", "ignored"),
        ("1.16.19", "flow:sourceContext=pod|", "separator", "|", "", "hubble"),
        ("1.16.19", "flow:labelsContext=,source_ip", "separator", ",", "", "hubble"),
        ("1.16.19", "flow:sourceContext=", "separator", ":sourceContext=", "", "hubble"),
        ("1.16.19", "dns:sourceContext=;query", "separator", "sourceContext=;", "", "hubble"),
        ("1.20.0", "flow:sourceContext", "context", "sourceContext", None, "agent"),
        ("1.20.0", "flow:sourceContext=workloads", "context", "workloads", "workload", "agent"),
        ("1.13.0", "flow:sourceContext=pod-name", "context", "pod-name", None, "hubble"),
        ("1.20.0", "flow:labelsContext=Source_ip", "label", "Source_ip", "source_ip", "agent"),
        ("1.20.0", "flow:labelsContext=source_ip,source_namespce", "label", "source_namespce",
         "source_namespace", "agent"),
        ("1.20.0", "flow:labelContext=source_ip", "option", "labelContext", "labelsContext", "ignored"),
        ("1.13.8", "dns:query;ignoreAAAA,", "option", "ignoreAAAA,", "ignoreAAAA", "ignored"),
        ("1.20.0", "drop:any-drop", "option", "any-drop", None, "ignored"),
        ("1.12.14", "flow:labelsContext=source_ip", "option", "labelsContext", None, "ignored"),
        ("1.20.0", "dns:query=false", "option", "query=false", None, "ignored"),
        ("1.20.0", "httpV2:exemplars", "option", "exemplars", "exemplars=true", "ignored"),
        ("1.20.0", "httpV2:exemplars=True", "option", "exemplars=True", "exemplars=true", "ignored"),
    ],
)  # fmt: skip
def test_what_is_found(version: str, text: str, kind: str, marked: str, suggestion: str | None, effect: str) -> None:
    (found,) = problems(text, version)
    assert (found.kind, text[found.start : found.end], found.suggestion, found.effect) == (
        kind,
        marked,
        suggestion,
        effect,
    )
    if suggestion is not None:
        assert problems(repaired(text, [found]), version) == []


@pytest.mark.parametrize(
    ("version", "text", "versions"),
    [
        ("1.12.14", "httpV2", "since 1.13"),
        ("1.20.0", "kafka", "from 1.13 to 1.19"),
        ("1.15.15", "flow:sourceContext=pod-short", "up to 1.13"),
        ("1.14.6", "flow:sourceContext=WORKLOAD", "since 1.15"),
        ("1.14.6", "flow:labelsContext=source_workload_kind", "since 1.15"),
        ("1.13.8", "flow:sourceEgressContext=pod", "since 1.14"),
        ("1.12.14", "flows-to-world:syn-only", "since 1.13"),
    ],
)
def test_words_of_other_versions(version: str, text: str, versions: str) -> None:
    (found,) = problems(text, version)
    assert found.versions == versions
    assert versions in found.message


@pytest.mark.parametrize(
    ("version", "text", "quoted"),
    [
        ("1.16.19", "htp", "\"metric 'htp' does not exist\""),
        ("1.18.1", "htp", "\"metric 'htp' does not exist\""),
        ("1.18.2", "htp", '"Skipping unknown hubble metric"'),
        ("1.20.0", "flow:sourceContext=pods", "\"unknown context 'pods'\""),
        ("1.20.0", r"flow:labelsContext=source_ip\,source_pod", '"invalid labelsContext value: source_ip\\"'),
    ],
)
def test_messages_quote_the_agent(version: str, text: str, quoted: str) -> None:
    (found,) = problems(text, version)
    assert quoted in found.message


def test_every_problem_of_an_item_is_found() -> None:
    text = "httpV2:exemplar=true;sourceContext=pods|ip;labelsContext=source_ip,destination_port"
    found = problems(text, "1.20.0")
    assert [text[item.start : item.end] for item in found] == ["exemplar", "pods", "destination_port"]


# The agent, written down a second time: what is fatal to it must be found, and nothing else may be called fatal.


def agent_takes(text: str, version: str) -> bool:
    facts = FACTS[version]
    minor = int(version.split(".")[1])
    for part in text.split():
        name, _, options = part.partition(":")
        if name not in facts["names"]:
            return False
        for option in filter(None, options.split(";")):
            key, equals, value = option.partition("=")
            key = key.lower()
            if key == "labelscontext" and minor >= 13:
                known, separator = set(facts["labels"]), ","
            elif key in {word.lower() for word in facts["context_options"]}:
                known, separator, value = set(facts["contexts"]), "|", value.lower()
            else:
                continue
            if 17 <= minor < 20:
                separator = "|" if "|" in value else ","
            values = value.split(separator)
            if minor >= 17 and equals:
                values = [word for word in values if word]
            if not known.issuperset(values):
                return False
    return True


WORDS = [
    *RAW["names"],
    *RAW["context_options"],
    *RAW["labels_options"],
    *RAW["contexts"],
    *RAW["labels"],
    *("query", "exemplars", "port", "true", "nothing", "Source_ip", "POD"),
]
TEXTS = st.lists(st.sampled_from(WORDS) | st.sampled_from([":", ";", "=", "|", ",", " ", "\\", "-"]), max_size=12).map(
    "".join
) | st.builds(
    "{}:{}={}".format,
    st.sampled_from(sorted(RAW["names"])),
    st.sampled_from([*RAW["context_options"], *RAW["labels_options"], "labelscontext"]),
    st.lists(st.sampled_from([*RAW["contexts"], *RAW["labels"], "", "POD"]), max_size=3).flatmap(
        lambda words: st.sampled_from("|,;").map(lambda separator: separator.join(words))
    ),
)


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.sampled_from(VERSIONS))
def test_as_strict_as_the_agent_and_no_stricter(text: str, version: str) -> None:
    found = problems(text, version)
    if re.search(r":(\s|$)", text):
        assert [problem.effect for problem in found] == ["manifest"]
    else:
        assert any(problem.effect != "ignored" for problem in found) is not agent_takes(text, version)


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.sampled_from(VERSIONS))
def test_problems_lie_in_the_text_and_apart(text: str, version: str) -> None:
    found = problems(text, version)
    assert all(0 <= problem.start < problem.end <= len(text) for problem in found)
    spans = sorted((problem.start, problem.end) for problem in found)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


# The list


@pytest.mark.parametrize(
    ("version", "items", "expected"),
    [
        ("1.20.0", ["dns", "drop", "httpV2"], []),
        ("1.12.14", ["http", "httpV2"], []),
        ("1.13.0", ["httpV2:exemplars=true", "http"], [("conflict", 0, 1, "hubble")]),
        ("1.20.0", ["http", "httpV2"], [("conflict", 0, 1, "agent")]),
        ("1.16.19", ["dns", "drop", "dns:query"], [("duplicate", 0, 2, "ignored")]),
        ("1.17.4", ["dns", "drop", "dns:query"], [("duplicate", 0, 2, "agent")]),
        ("1.20.0", ["dns drop dns"], [("duplicate", 0, 0, "agent")]),
        ("1.20.0", ["nothing", "nothing", "${A}", "${A}"], []),
    ],
)
def test_clashes(version: str, items: list[str], expected: list[tuple[str, int, int, str]]) -> None:
    found = hubble.clashes(items, FACTS[version])
    assert [(clash.kind, clash.first, clash.second, clash.effect) for clash in found] == expected
    for clash in found:
        assert items[clash.second][clash.start : clash.end]


def test_a_conflict_names_the_metric_to_keep() -> None:
    (clash,) = hubble.clashes(["httpV2", "http"], FACTS["1.20.0"])
    assert "plugin http conflicts with plugin httpV2" in clash.message
    assert "keep `httpV2`" in clash.message


# Entries of hubble.metrics.dynamic


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"name": "dns"}, []),
        ({"name": "dns", "contextOptions": None, "includeFilters": []}, []),
        ({"name": "flow", "contextOptions": [{"name": "sourceContext", "values": ["pod", "DNS"]}]}, []),
        ({"name": "flow", "contextOptions": [{"name": "labelsContext", "values": ["source_ip"]}]}, []),
        ({"name": "dns", "contextOptions": [{"name": "query"}]}, []),
        ({"name": "${METRIC}"}, []),
        ("dns", [((), None)]),
        ({"contextOptions": []}, [((), None)]),
        ({"name": 5}, [(("name",), None)]),
        ({"name": "htpV2"}, [(("name",), "httpV2")]),
        ({"name": "kafka"}, [(("name",), None)]),
        ({"name": "dns", "contextOptions": {"name": "query"}}, [(("contextOptions",), None)]),
        ({"name": "dns", "contextOptions": ["query"]}, [(("contextOptions", 0), None)]),
        (
            {"name": "flow", "contextOptions": [{"name": "sourceContext", "values": "pod"}]},
            [(("contextOptions", 0, "values"), None)],
        ),
        (
            {"name": "flow", "contextOptions": [{"name": "sourceContext", "values": ["pod", "ips"]}]},
            [(("contextOptions", 0, "values", 1), "ip")],
        ),
        (
            {"name": "flow", "contextOptions": [{"name": "labelsContext", "values": ["source_ip,source_pod"]}]},
            [(("contextOptions", 0, "values", 0), None)],
        ),
    ],
)
def test_entries(entry: object, expected: list[tuple[tuple[str | int, ...], str | None]]) -> None:
    found = hubble.check_entry(entry, FACTS["1.20.0"])
    assert [(problem.path, problem.suggestion) for problem in found] == expected


# Dashboards


def missing(version: str, *items: str, dashboards: list[str] | None = None) -> list[tuple[str, tuple[str, ...], int]]:
    metrics = [metric for item in items for metric in hubble.parse_metrics(item)]
    found = hubble.missing(metrics, FACTS[version], dashboards)
    return [(item.dashboard, item.any_of, item.panels) for item in found]


ALL = ("dns", "drop", "flow", "icmp", "port-distribution", "tcp")


def test_no_dashboards_before_1_13() -> None:
    assert missing("1.12.14") == []


def test_either_of_the_http_metrics_will_do() -> None:
    dashboard = "hubble-l7-http-metrics-by-workload"
    assert missing("1.13.0") == [(dashboard, ("httpV2", "http"), 9)]
    assert missing("1.13.0", "http") == missing("1.13.0", "httpV2") == []


def test_no_metric_is_asked_for_that_another_excludes() -> None:
    assert missing("1.20.0", *ALL, "httpV2") == []
    assert missing("1.20.0", *ALL, "http") == []


def test_missing_metrics_and_their_panels() -> None:
    assert missing("1.20.0", "dns", "drop", "flow", "httpV2", "icmp", dashboards=["hubble-dashboard"]) == [
        ("hubble-dashboard", ("tcp",), 4),
        ("hubble-dashboard", ("port-distribution",), 2),
    ]
    assert missing("1.20.0", *ALL, dashboards=["hubble-dashboard"]) == [("hubble-dashboard", ("httpV2", "http"), 5)]
    assert missing("1.20.0", "drop", "flow", "icmp", dashboards=["hubble-network-overview-namespace"]) == [
        ("hubble-network-overview-namespace", ("tcp",), 1)
    ]


def unlabelled(item: str, *, thorough: bool = False) -> list[tuple[str, tuple[str, ...], int]]:
    found = hubble.unlabelled(hubble.parse_metrics(item), FACTS["1.20.0"], thorough=thorough)
    return [(gap.dashboard, gap.labels, gap.panels) for gap in found]


WORKLOADS = ("destination_namespace", "destination_workload", "source_namespace", "source_workload")


def test_labels_to_choose_by() -> None:
    dashboard = "hubble-l7-http-metrics-by-workload"
    assert unlabelled("http") == [(dashboard, WORKLOADS, 9)]
    assert unlabelled(f"httpV2:labelsContext={','.join(WORKLOADS)}") == []
    assert unlabelled(f"httpV2:labelscontext={','.join(WORKLOADS[:3])}") == [(dashboard, WORKLOADS[3:], 6)]
    assert unlabelled("dns drop flow") == []


def test_labels_to_group_by() -> None:
    (gap,) = unlabelled(f"http:labelsContext={','.join(WORKLOADS)}", thorough=True)
    assert gap == ("hubble-l7-http-metrics-by-workload", ("status",), 5)
    assert unlabelled("dns:query;sourceContext=pod", thorough=True) == [
        ("hubble-dashboard", ("destination",), 1),
        ("hubble-dns-namespace", ("destination_namespace", "source_namespace", "destination"), 4),
    ]


def test_the_remedy_names_the_options() -> None:
    facts = FACTS["1.20.0"]
    (gap,) = hubble.unlabelled(hubble.parse_metrics("http"), facts)
    assert "give `http` `labelsContext` with destination_namespace, " in gap.message
    (gap, _) = hubble.unlabelled(hubble.parse_metrics("dns"), facts, thorough=True)
    assert "`destinationContext` and `query`" in gap.message


# The facts


def versioned(section: dict[str, Any]) -> dict[str, str]:
    return {word: data["versions"] for word, data in section.items() if "versions" in data}


def test_boundaries_in_words_are_those_of_the_ranges() -> None:
    options = versioned(RAW["context_options"]) | versioned(RAW["labels_options"])
    for data in RAW["names"].values():
        options |= versioned(data.get("options", {}))
    sections = {
        "names": versioned(RAW["names"]),
        "options": options,
        "contexts": versioned(RAW["contexts"]),
        "labels": versioned(RAW["labels"]),
    }
    for section, ranges in sections.items():
        words = RAW["elsewhere"][section]
        assert words.keys() == ranges.keys()
        for word, text in words.items():
            held = Range.parse(ranges[word])
            named = re.fullmatch(r"(?:since|from) ([\d.]+)(?: to ([\d.]+))?|up to ([\d.]+)", text)
            assert named, text
            first, last, until = named.groups()
            if first:
                assert held.contains(first)
                assert not held.contains(before(first))
            if last or until:
                assert held.contains(f"{last or until}.99")
                assert not held.contains(after(last or until))
            if first and not last:
                assert held.contains("9.0.0")


def before(version: str) -> str:
    """The last release before one that a boundary names."""
    major, minor, *patch = map(int, version.split("."))
    return f"{major}.{minor}.{patch[0] - 1}" if patch else f"{major}.{minor - 1}.99"


def after(version: str) -> str:
    major, minor = map(int, version.split("."))
    return f"{major}.{minor + 1}.0"


@pytest.mark.parametrize("version", [*VERSIONS, "1.13.0-rc0", "1.17.0-pre.1", "1.18.0-rc.0", "1.21.0-pre.0"])
def test_alternatives_leave_exactly_one(version: str) -> None:
    facts = at(version)
    assert len(facts["grammar"]) == len(facts["agent"]) == len(facts["says"]["unknown_name"]) == 1
    for data in facts["names"].values():
        names = [series["name"] for series in data["series"]]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("version", VERSIONS)
def test_dashboards_draw_what_some_metric_exports(version: str) -> None:
    facts = FACTS[version]
    exported = {series["name"] for data in facts["names"].values() for series in data["series"]}
    options = [*facts["context_options"].values(), *facts["names"]["dns"]["options"].values()]
    labels = {"status", *facts["labels"], *(data["adds"] for data in options if "adds" in data)}
    for data in facts["dashboards"].values():
        assert sum(draw["count"] for draw in data["draws"]) == data["panels"]
        for draw in data["draws"]:
            assert exported.issuperset(draw["series"])
            assert labels.issuperset([*draw.get("select", []), *draw.get("narrow", []), *draw.get("group", [])])
