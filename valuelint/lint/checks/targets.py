"""Checks on what a monitor finds: nothing, or what something else finds as well."""

from __future__ import annotations

from valuelint.charts.versions import is_prerelease
from valuelint.light import Any, Iterator
from valuelint.lint.checks.monitors import discovers, subject_of
from valuelint.lint.rule import Open, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World, install
from valuelint.predict.objects import Monitor, Prometheus, Service
from valuelint.predict.selection import has_port, in_place, is_answered, is_labelled, shown
from valuelint.predict.selectors import match
from valuelint.syntax import Path, format_path
from valuelint.syntax.patches import Set

_NEXT_VERSIONS = 10
"""How many of the versions that follow are looked at for one that puts things right."""


# --- no Service, or none with such a port ---------------------------------------------------------


def without_any(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Monitors that no Service of their own release answers to, whoever selects them."""
    for installed in world.installed:
        for monitor in installed.objects.monitors if installed.objects.facts.services else ():
            asked_by, metrics = monitor.facts.asked_by, monitor.facts.metrics
            if asked_by is None or monitor.rendered is not True or not installed.values.asks(asked_by):
                continue
            if monitor.kind != "ServiceMonitor" or (metrics is not None and not monitor.scope.get(metrics)):
                continue
            services = [each for each in installed.objects.services if in_place(monitor, each)]
            if not any(is_answered(monitor, each) for each in services):
                yield _in_vain(installed, monitor, asked_by, services)


def _in_vain(installed: Installed, monitor: Monitor, asked_by: Path, services: list[Service]) -> Violation:
    """Says what is in the way, by the Service that comes nearest."""
    words = {"kind": monitor.kind, "name": monitor.name, "service": "", "wanted": "", "found": "", "version": ""}
    variant = "no-service"
    for service in services:
        if is_labelled(monitor, service):
            variant, wanted, found = "port", show(monitor.endpoints), show(service.ports)
        elif has_port(monitor, service) and shown(service.name).startswith(shown(monitor.name)):
            missing = match({"matchLabels": monitor.selector}, service.labels).failing()
            variant, wanted = "labels", "; ".join(map(str, missing))
            found = "; ".join(f"{each.key}: {show(each.found)}" for each in missing)
        else:
            continue
        words.update(service=shown(service.name), wanted=wanted, found=found)
        break
    later = _put_right(installed, monitor)
    notes = (
        () if later is None else (f"{installed.chart.title} {later} puts it right: the same values find targets there",)
    )
    return Violation(installed.number, asked_by, variant, words, subject_of(monitor), (), notes)


def _put_right(installed: Installed, monitor: Monitor) -> str | None:
    """The first of the versions that follow in which the same monitor finds a target."""
    release, chart = installed.release, installed.chart
    if release.version is None or installed.version not in chart.versions:
        return None
    later = [each for each in chart.versions[chart.versions.index(installed.version) + 1 :] if not is_prerelease(each)]
    for version in later[:_NEXT_VERSIONS]:
        there = install(installed.number, release, chart, version).objects
        services = [each for each in there.services if each.rendered is True]
        same = [each for each in there.monitors if each.facts.component == monitor.facts.component and each.rendered]
        if any(is_answered(each, service) for each in same for service in services):
            return version
    return None


# --- the same targets by annotation ---------------------------------------------------------------

_ANNOTATION = "__meta_kubernetes_service_annotation_prometheus_io_"
_CHOOSING = ("keep", "drop", "keepequal", "dropequal")


def twice(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Jobs that follow the annotations of Services, beside monitors of the same Services."""
    for owner, prometheus in world.prometheuses():
        for path in prometheus.facts.scrape_paths if prometheus.rendered is True else ():
            jobs = owner.values.get(path)
            for number, job in enumerate(jobs if isinstance(jobs, list) else ()):
                if isinstance(job, dict) and _follows_services(job):
                    yield from _twice(world, owner, prometheus, (*path, number), job)


def _follows_services(job: dict[str, Any]) -> bool:
    """Whether a job scrapes whatever Service is annotated, as far as that can be seen for certain."""
    rules = job.get("relabel_configs")
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        return False
    choosing = [each for each in rules if str(each.get("action", "replace")).lower() in _CHOOSING]
    sources = [each.get("source_labels") for each in choosing]
    about = [source[0] for source in sources if isinstance(source, list) and len(source) == 1]
    if len(about) < len(sources) or not all(isinstance(label, str) and _ANNOTATION in label for label in about):
        return False  # something else decides as well
    return any(
        label == f"{_ANNOTATION}scrape" and each.get("action") == "keep" and each.get("regex") in ("true", True)
        for each, label in zip(choosing, about, strict=True)
    )


def _twice(
    world: World, owner: Installed, prometheus: Prometheus, path: Path, job: dict[str, Any]
) -> Iterator[Violation]:
    configs = job.get("kubernetes_sd_configs")
    found = [
        config
        for config in (configs if isinstance(configs, list) else ())
        if isinstance(config, dict) and config.get("role") in ("endpoints", "endpointslice")
    ]
    for installed in world.installed:
        those = [
            monitor
            for monitor in installed.objects.monitors
            if monitor.rendered is True
            and monitor.facts.annotated.evaluate(monitor.scope) is True
            and any(discovers(config, monitor) for config in found)
            and any(
                selection.selected and mine is prometheus
                for _, mine, selection in world.selections(monitor.kind, monitor.labels, monitor.namespace)
            )
        ]
        if not those:
            continue
        patches = [patch for each in those for patch in each.facts.annotated.invert(each.scope, False) or ()]
        words = {
            "names": sorted(shown(monitor.name) for monitor in those),
            "job": job.get("job_name") or "",
            "changes": ", ".join(
                f"{format_path(patch.path)}: {show(patch.value)}" for patch in patches if isinstance(patch, Set)
            ),
        }
        remedy = Remedy(installed.number, "display", tuple(patches)) if patches else None
        yield Violation(owner.number, path, "twice", words, f"{installed.number}", (), (), remedy)
