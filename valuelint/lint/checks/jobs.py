"""Checks on scrape jobs that the values of a Prometheus write out themselves."""

from __future__ import annotations

from valuelint.light import Any, Iterator
from valuelint.lint.rule import Open, Related, Remedy, Rule, Violation
from valuelint.predict.cluster import Installed, World
from valuelint.syntax import Path, SourceError, format_path, load_data, parse_path
from valuelint.syntax.patches import Set
from valuelint.values import Unknown

Found = Iterator[Violation | Open]


def unreadable(world: World, rule: Rule) -> Found:
    """Scrape jobs that are no list of jobs: the operator cannot put them into the configuration."""
    for installed in world.installed:
        for path in map(parse_path, rule.data["given"]):
            jobs = installed.values.get(path)
            words = {"path": format_path(path)}
            if isinstance(jobs, str) and "{{" not in jobs:  # as a template it is filled in first
                try:
                    jobs = load_data(jobs) if jobs.strip() else []
                except SourceError as error:
                    words["why"] = f"line {error.line} of the text: {error.message}"
                    yield Violation(installed.number, path, "no-yaml", words)
                    continue
            if isinstance(jobs, list):
                for number, job in enumerate(jobs):
                    if isinstance(job, dict) and not job.get("job_name", True):
                        continue
                    if not isinstance(job, (dict, Unknown)) or (isinstance(job, dict) and "job_name" not in job):
                        inside = isinstance(installed.values.get(path), list)
                        words = {"path": format_path((*path, number)), "number": str(number + 1)}
                        yield Violation(installed.number, (*path, number) if inside else path, "no-job", words)
            elif jobs and not isinstance(jobs, Unknown) and not (isinstance(jobs, str) and "{{" in jobs):
                words["what"] = "a map" if isinstance(jobs, dict) else "a text"
                yield Violation(installed.number, path, "no-list", words)


def former_ports(world: World, rule: Rule) -> Found:
    """Targets of Cilium at a port that its metrics have left."""
    left = [
        (installed, parse_path(port["path"]), str(port["former"]))
        for installed in world.installed
        for port in installed.objects.facts.raw.get("host_ports", ())
        if "former" in port
    ]
    for installed in world.installed:
        for path in map(parse_path, rule.data["given"]):
            jobs = installed.values.get(path)
            for number, job in enumerate(jobs if isinstance(jobs, list) else ()):
                text = repr(job).lower()
                if not isinstance(job, dict) or not ("cilium" in text or "hubble" in text):
                    continue
                for at, target in _texts(job, (*path, number)):
                    yield from _former(installed, at, target, left)


def _former(installed: Installed, at: Path, target: str, left: list[tuple[Installed, Path, str]]) -> Found:
    for cilium, path, former in left:
        now = cilium.values.get(path)
        open_ports = [str(cilium.values.get(other)) for owner, other, _ in left if owner is cilium]
        if not target.endswith(f":{former}") or isinstance(now, Unknown) or former in open_ports or now is None:
            continue
        words = {"target": target, "former": former, "now": str(now), "option": format_path(path)}
        patch = Set(at, target[: -len(former)] + str(now))
        related = (Related(cilium.number, path, None, f"the port is {now}"),)
        written = cilium.values.resolve(path).layer is not None
        remedy = Remedy(installed.number, "unsafe", (patch,))
        yield Violation(installed.number, at, "left", words, "", related if written else (), (), remedy)


def _texts(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts in some data, with their paths."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value, (*path, key))
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from _texts(item, (*path, number))
