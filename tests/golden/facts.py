"""The golden facts: for values and a chart's version, what Helm made of them; and the same as predicted, to compare.

A case is one line of `<chart>.jsonl.gz`: version, release, namespace, values, and under `expect` what matters to
monitoring. Nothing of a chart's text is in it. `oracle.py` writes these files with the real Helm.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from valuelint.charts.facts import SELECTORS, load_chart
from valuelint.predict.cluster import scraped_targets
from valuelint.predict.objects import Objects, objects
from valuelint.values import Values
from valuelint.values.merge import coalesce

FOLDER = Path(__file__).parent
CHARTS = sorted(file.name.removesuffix(".jsonl.gz") for file in FOLDER.glob("*.jsonl.gz"))

Case = dict[str, Any]
Expect = dict[str, Any]

VERSION_LABELS = {"app.kubernetes.io/version", "helm.sh/chart", "chart"}
"""Labels that name a version, of a subchart perhaps: judged only where the facts speak of them."""


def read(chart: str) -> list[Case]:
    with gzip.open(FOLDER / f"{chart}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write(chart: str, cases: Iterable[Case]) -> None:
    """In the same order and with the same bytes for the same cases."""
    lines = "".join(
        json.dumps(case, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for case in cases
    )
    (FOLDER / f"{chart}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 9, mtime=0))


def values_of(chart: str, case: Case) -> Values:
    known = load_chart(chart)
    assert known is not None
    values = Values([], known.table.defaults(case["version"]))
    values.user = case["values"]
    values.data = coalesce(case["values"], values.defaults)
    return values


def rendered(chart: str, case: Case) -> Objects:
    known = load_chart(chart)
    assert known is not None
    return objects(known.at(case["version"]), values_of(chart, case), case["release"], case["namespace"])


def predicted(found: Objects) -> Expect:
    """What the objects amount to, in the form of `expect`."""
    if found.renders() is not True:
        return {"renders": found.renders(), "bare": found.renders(with_crds=False)}
    prometheus, operator, sidecar = found.prometheus, found.operator, found.sidecar
    return {
        "renders": True,
        "bare": found.renders(with_crds=False),
        "monitors": sorted(
            [
                each.kind,
                each.namespace,
                each.name,
                each.labels,
                sorted((port or None for port in each.endpoints), key=str) if each.facts.endpoints else None,
                scraped_targets(each, found.services) if found.facts.services else None,
            ]
            for each in found.monitors
            if each.rendered
        ),
        "dashboards": grouped(
            (
                each.name,
                [each.namespace, each.labels, each.annotations if each.facts.annotations is not None else None],
            )
            for each in found.dashboards
            if each.rendered
        ),
        "rules": unique([each.namespace, each.labels] for each in found.rules if each.rendered),
        "prometheus": [
            prometheus.kind,
            prometheus.namespace,
            prometheus.name,
            {name: prometheus.selectors[name] for name in SELECTORS},
        ]
        if prometheus is not None and prometheus.rendered
        else None,
        "operator": {
            "namespaces": sorted(operator.namespaces, key=str),
            "deny_namespaces": sorted(operator.deny_namespaces, key=str),
            "prometheus_instance_namespaces": sorted(operator.prometheus_instance_namespaces, key=str),
        }
        if operator is not None and operator.installed
        else None,
        "sidecar": {
            "label": sidecar.label,
            "label_value": sidecar.label_value or None,
            "search_namespace": sidecar.search_namespace or None,
            "namespace": sidecar.namespace,
            "resource": sidecar.resource,
            "cluster_wide": sidecar.cluster_wide,
        }
        if sidecar is not None and sidecar.enabled
        else None,
    }


def unique(items: Iterable[Any]) -> list[Any]:
    """Each item once, in a fixed order."""
    found = {json.dumps(item, sort_keys=True, default=str): item for item in items}
    return [found[key] for key in sorted(found)]


def grouped(items: Iterable[tuple[Any, list[Any]]]) -> list[Any]:
    """Items that differ only in their names as one; [..., names]."""
    groups: dict[str, tuple[list[Any], list[Any]]] = {}
    for name, rest in items:
        groups.setdefault(json.dumps(rest, sort_keys=True, default=str), (rest, []))[1].append(name)
    return [[*rest, sorted(names, key=str)] for _, (rest, names) in sorted(groups.items())]


# --- comparing ------------------------------------------------------------------------------------


def differences(expect: Expect, found: Expect) -> Iterator[str]:
    """Where a prediction is not what Helm did."""
    for key in ("renders", "bare"):
        if expect[key] is not found[key]:
            yield f"{key}: Helm {expect[key]}, predicted {found[key]}"
    if not (expect["renders"] and found["renders"]):
        return
    yield from _monitor_differences(expect["monitors"], found["monitors"])
    yield from _dashboard_differences(expect["dashboards"], found["dashboards"])
    rules = [[namespace, _judged(labels, found["rules"])] for namespace, labels in expect["rules"]]
    if unique(rules) != unique(found["rules"]):
        yield f"rules: Helm {unique(rules)}, predicted {found['rules']}"
    for key in ("prometheus", "operator", "sidecar"):
        if expect[key] != found[key]:
            yield f"{key}: Helm {expect[key]}, predicted {found[key]}"


def _judged(labels: dict[str, Any], predicted_rows: list[Any]) -> dict[str, Any]:
    spoken = {key for row in predicted_rows for key in row[1]}
    return {key: value for key, value in labels.items() if key not in VERSION_LABELS or key in spoken}


def _monitor_differences(expect: list[Any], found: list[Any]) -> Iterator[str]:
    wanted = {tuple(row[:3]): row[3:] for row in expect}
    given = {tuple(row[:3]): row[3:] for row in found}
    if wanted.keys() != given.keys():
        yield f"monitors: Helm alone {wanted.keys() - given.keys()}, predicted alone {given.keys() - wanted.keys()}"
    for key in wanted.keys() & given.keys():
        labels, ports, targets = wanted[key]
        own = {name: text for name, text in labels.items() if name not in VERSION_LABELS or name in given[key][0]}
        if own != given[key][0]:
            yield f"labels of {'/'.join(key)}: Helm {own}, predicted {given[key][0]}"
        if given[key][1] is not None and ports != given[key][1]:
            yield f"ports of {'/'.join(key)}: Helm {ports}, predicted {given[key][1]}"
        if given[key][2] is not None and targets != given[key][2]:
            yield f"targets of {'/'.join(key)}: Helm {targets}, predicted {given[key][2]}"


def _dashboard_differences(expect: list[Any], found: list[Any]) -> Iterator[str]:
    named = all(name is not None for row in found for name in row[3])
    annotated = all(row[2] is not None for row in found)

    def view(rows: list[Any]) -> list[Any]:
        return unique([row[0], row[1], row[2] if annotated else None, row[3] if named else None] for row in rows)

    if view(expect) != view(found):
        yield f"dashboards: Helm {view(expect)}, predicted {view(found)}"
