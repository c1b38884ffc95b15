"""Monitors and scrape configurations that stand in a repository as objects of their own, beside the charts."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.syntax import SourceError
from valuelint.workspace.release import Scraper
from valuelint.workspace.repository import File, Repository

_KINDS = {
    "monitoring.coreos.com": ("ServiceMonitor", "PodMonitor", "ScrapeConfig"),
    "operator.victoriametrics.com": ("VMServiceScrape", "VMPodScrape", "VMScrapeConfig"),
}

_SHARED = b"s.com/"
"""What the API versions of all of them have in common, so that most files are looked through once."""


def scrapers(repository: Repository) -> list[Scraper]:
    """The objects of a repository that may scrape what a chart installs."""
    groups = [group.encode() for group in _KINDS]
    files = [file for file in repository.with_bytes(_SHARED) if any(group in file.data for group in groups)]
    return [scraper for file in files for scraper in _scrapers(file)]


def _scrapers(file: File) -> Iterator[Scraper]:
    for manifest in file.manifests():
        if manifest.kind not in _KINDS.get(manifest.api, ()):
            continue
        try:
            spec = manifest.data("spec")
        except SourceError:
            continue
        if isinstance(spec, dict):
            yield Scraper(manifest.kind, manifest.name, file.name, spec)
