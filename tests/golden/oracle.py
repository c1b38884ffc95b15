"""Asks the real Helm what the golden cases render, with helm-python-sdk and charts that you provide.

    make oracle CHARTS=FOLDER                  write the expectations of tests/golden/*.jsonl.gz anew
    make oracle-fuzz CHARTS=FOLDER N=200       random values instead, compared with the prediction on the spot

    python -m tests.golden.oracle CHARTS [--add CASES.jsonl] [--only CHART] [--fuzz N] [--seed TEXT]

FOLDER holds charts as folders or .tgz archives, subcharts included. `--add` takes lines of version, release, namespace
and values for the chart named with `--only`.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import tarfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.golden.facts import CHARTS, Case, Expect, differences, grouped, predicted, read, rendered, unique, write

_ASKS = re.compile(r"\(?\.Capabilities\.APIVersions\.Has \"monitoring\.coreos\.com/[^\"]*\"\)?")
"""How a template asks whether the monitors' CRDs are there. Helm alone says no; `true` instead says yes."""

_KIND = re.compile(
    r"^kind: *[\"']?(ServiceMonitor|PodMonitor|PrometheusRule|Prometheus|PrometheusAgent|ConfigMap|Service|Deployment|"
    r"StatefulSet|ClusterRole|\w*List)[\"']? *$",
    re.M,
)
_SELECTORS = {
    f"{snake}{end}": f"{camel}{End}"
    for snake, camel in (
        ("service_monitor", "serviceMonitor"),
        ("pod_monitor", "podMonitor"),
        ("rule", "rule"),
        ("probe", "probe"),
        ("scrape_config", "scrapeConfig"),
    )
    for end, End in (("_selector", "Selector"), ("_namespace_selector", "NamespaceSelector"))
}


class Library:
    """The charts of a folder, by name and version."""

    def __init__(self, folder: str) -> None:
        self.helm = import_module("helm_python")
        self.yaml = import_module("yaml")
        self.loader = getattr(self.yaml, "CSafeLoader", self.yaml.SafeLoader)
        self.folder = Path(folder)
        self._archives: dict[tuple[str, str, bool], bytes] = {}

    def place(self, chart: str, version: str) -> Path:
        """Where a version lies. Raises FileNotFoundError."""
        for name in (f"{chart}-{version}", f"{chart}-v{version}"):
            for candidate in (self.folder / name, self.folder / f"{name}.tgz"):
                if candidate.exists():
                    return candidate
        raise FileNotFoundError(f"{self.folder} holds no {chart}-{version} (folder or .tgz)")

    def render(self, chart: str, case: Case, crds: bool) -> dict[str, str] | None:
        """The manifests by template; None where Helm stops."""
        try:
            # A loaded chart remembers which subcharts were off, so that each render loads its own.
            with self.helm.Chart.load_archive(self._archive(chart, case["version"], crds)) as loaded:
                found: dict[str, str] = loaded.render(case["values"], name=case["release"], namespace=case["namespace"])
                return found
        except self.helm.HelmError:
            return None

    def expect(self, chart: str, case: Case) -> Expect:
        """What Helm makes of a case."""
        bare = self.render(chart, case, crds=False)
        manifests = bare if not self.asks(chart, case["version"]) else self.render(chart, case, crds=True)
        if manifests is None:
            return {"renders": False, "bare": bare is not None}
        try:
            return facts(list(self.objects(manifests)), case["namespace"], bare is not None)
        except self.yaml.YAMLError:  # Helm renders it and then stumbles over it
            return {"renders": False, "bare": False}

    def asks(self, chart: str, version: str) -> bool:
        """Whether the chart looks for the monitors' CRDs."""
        return self._archive(chart, version, True) != self._archive(chart, version, False)

    def _archive(self, chart: str, version: str, crds: bool) -> bytes:
        key = chart, version, crds
        if key not in self._archives:
            if len(self._archives) > 8:
                self._archives.clear()
            self._archives[key] = _pack(self.place(chart, version), chart, crds)
        return self._archives[key]

    def objects(self, manifests: dict[str, str]) -> Iterator[tuple[str, Any]]:
        """The objects that matter, with the templates they are from."""
        for template, text in sorted(manifests.items()):
            if template.endswith("NOTES.txt"):
                continue
            for document in re.split(r"^---.*$", text, flags=re.M):
                if _KIND.search(document):
                    yield from ((template, item) for item in _flat(self.yaml.load(_short(document), self.loader)))


def _pack(place: Path, chart: str, crds: bool) -> bytes:
    """A chart as an archive; with `crds`, one that takes the monitors' CRDs for granted."""
    files: dict[str, bytes] = {}
    if place.is_dir():
        for file in sorted(place.rglob("*")):
            if file.is_file():
                files[f"{chart}/{file.relative_to(place).as_posix()}"] = file.read_bytes()
    else:
        with tarfile.open(place) as archive:
            for member in archive:
                opened = archive.extractfile(member) if member.isfile() else None
                if opened is not None:
                    files[member.name] = opened.read()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, data in files.items():
            if crds and "/templates/" in name:
                data = _ASKS.sub("true", data.decode()).encode()
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return packed.getvalue()


def _short(document: str) -> str:
    """A manifest without what is bulky and does not matter: the text of dashboards, the rules in PrometheusRules."""
    head, found, data = document.partition("\ndata:\n")
    keys = re.findall(r"^ +([\w.-]+\.json):", data, re.M) if found else []
    if keys:
        return head + found + "".join(f"  {key}: ''\n" for key in keys)
    if re.search(r"^kind: *PrometheusRule *$", document, re.M):
        return document.partition("\nspec:")[0]
    return document


def _flat(parsed: Any) -> Iterator[Any]:
    if isinstance(parsed, dict) and str(parsed.get("kind")).endswith("List"):
        for item in parsed.get("items") or ():
            yield from _flat(item)
    elif isinstance(parsed, dict):
        yield parsed


# --- from manifests to facts ----------------------------------------------------------------------


def facts(items: list[tuple[str, Any]], home: str, bare: bool) -> Expect:
    """What the objects of a release amount to."""
    services = [item for _, item in items if item["kind"] == "Service"]
    prometheus = [_prometheus(item, home) for _, item in items if item["kind"] in ("Prometheus", "PrometheusAgent")]
    workloads = [(template, item) for template, item in items if item["kind"] in ("Deployment", "StatefulSet")]
    wide = any(_reads_config_maps(template, item) for template, item in items if item["kind"] == "ClusterRole")
    return {
        "renders": True,
        "bare": bare,
        "monitors": sorted(
            [
                item["kind"],
                _namespace(item, home),
                item["metadata"]["name"],
                item["metadata"].get("labels") or {},
                sorted((endpoint.get("port") for endpoint in _endpoints(item)), key=str),
                _targets(item, services, home),
            ]
            for _, item in items
            if item["kind"] in ("ServiceMonitor", "PodMonitor")
        ),
        "dashboards": grouped(
            (item["metadata"]["name"], [_namespace(item, home), *_marks(item)])
            for template, item in items
            if item["kind"] == "ConfigMap"
            and "dashboard" in template
            and any(key.endswith(".json") for key in item.get("data") or ())
        ),
        "rules": unique(
            [_namespace(item, home), _marks(item)[0]] for _, item in items if item["kind"] == "PrometheusRule"
        ),
        "prometheus": prometheus[0] if prometheus else None,
        "operator": next((found for _, item in workloads if (found := _operator(item)) is not None), None),
        "sidecar": next((found for _, item in workloads if (found := _sidecar(item, home, wide)) is not None), None),
    }


def _namespace(item: Any, home: str) -> Any:
    return item["metadata"].get("namespace") or home


def _marks(item: Any) -> tuple[Any, Any]:
    return item["metadata"].get("labels") or {}, item["metadata"].get("annotations") or {}


def _endpoints(item: Any) -> list[Any]:
    spec = item.get("spec") or {}
    return spec.get("endpoints") or spec.get("podMetricsEndpoints") or []


def _targets(monitor: Any, services: list[Any], home: str) -> list[str]:
    """The ports of Services of the release that a ServiceMonitor hits."""
    spaces = monitor["spec"].get("namespaceSelector") or {}
    wanted = ((monitor["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    within = spaces.get("matchNames") or [_namespace(monitor, home)]
    return sorted(
        f"{service['metadata']['name']}:{port['name']}"
        for service in services
        if (spaces.get("any") or _namespace(service, home) in within) and wanted <= _marks(service)[0].items()
        for endpoint in _endpoints(monitor)
        for port in service["spec"].get("ports") or ()
        if port.get("name") is not None and port["name"] == endpoint.get("port")
    )


def _prometheus(item: Any, home: str) -> list[Any]:
    spec = item.get("spec") or {}
    selectors = {snake: spec.get(camel) for snake, camel in _SELECTORS.items()}
    for unused in ("probe_namespace_selector", "scrape_config_namespace_selector"):
        del selectors[unused]
    return [item["kind"], _namespace(item, home), item["metadata"]["name"], selectors]


def _containers(item: Any) -> list[Any]:
    pod = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
    listed = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    return [container for container in listed if isinstance(container, dict)]  # values can put anything there


def _operator(item: Any) -> dict[str, list[str]] | None:
    for container in _containers(item):
        arguments = [str(argument) for argument in container.get("args") or ()]
        if any(argument.startswith("--prometheus-config-reloader") for argument in arguments):
            return {
                option.replace("-", "_"): sorted(
                    {
                        name
                        for argument in arguments
                        if argument.startswith(f"--{option}=")
                        for name in argument.partition("=")[2].split(",")
                        if name
                    }
                )
                for option in ("namespaces", "deny-namespaces", "prometheus-instance-namespaces")
            }
    return None


def _sidecar(item: Any, home: str, wide: bool) -> dict[str, Any] | None:
    for container in _containers(item):
        told = {each.get("name"): each.get("value") for each in container.get("env") or () if isinstance(each, dict)}
        if "sc-dashboard" in str(container.get("name")) and "LABEL" in told:
            return {
                "label": told["LABEL"],
                "label_value": told.get("LABEL_VALUE") or None,
                "search_namespace": told.get("NAMESPACE") or None,
                "namespace": _namespace(item, home),
                "resource": told.get("RESOURCE"),
                "cluster_wide": wide,
            }
    return None


def _reads_config_maps(template: str, item: Any) -> bool:
    rules = item.get("rules") or ()
    return "/grafana/" in template and any("configmaps" in (rule.get("resources") or ()) for rule in rules)


# --- the tool -------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts")
    parser.add_argument("--add", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--fuzz", type=int)
    parser.add_argument("--seed", default="")
    options = parser.parse_args(arguments)
    library = Library(options.charts)
    wrong = 0
    for chart in [options.only] if options.only else CHARTS:
        if options.fuzz is not None:
            from tests.golden.generate import random_cases

            cases = random_cases(chart, options.fuzz, options.seed)
        else:
            cases = iter(_inputs(chart, options.add))
        done = []
        left = 0
        for case in cases:
            try:
                done.append({**case, "expect": library.expect(chart, case)})
            except FileNotFoundError as error:
                if "expect" not in case:
                    print(f"error: {error}", file=sys.stderr)
                    return 2
                done.append(case)
                left += 1
                continue
            found = list(differences(done[-1]["expect"], predicted(rendered(chart, case))))
            wrong += bool(found)
            if found:
                print(json.dumps(case, sort_keys=True), *found, sep="\n  ", flush=True)
        if options.fuzz is None:
            write(chart, done)
        kept = f", {left} of them kept as they are: their charts are not in the folder" if left else ""
        print(f"{chart}: {len(done)} cases{kept}", flush=True)
    print(f"{wrong} cases are not predicted as Helm renders them")
    return 1 if wrong else 0


def _inputs(chart: str, added: Path | None) -> list[Case]:
    cases = read(chart) if chart in CHARTS else []
    if added is not None:
        cases += [json.loads(line) for line in added.read_text(encoding="utf-8").splitlines()]
    kept: dict[str, Case] = {}
    for case in cases:
        asked = {key: case[key] for key in ("version", "release", "namespace", "values")}
        known = {"expect": case["expect"]} if "expect" in case else {}
        kept.setdefault(json.dumps(asked, sort_keys=True), {**asked, **known})
    return list(kept.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
