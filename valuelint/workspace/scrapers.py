"""Monitors and scrape configurations that stand in a repository as objects of their own, beside the charts."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.syntax import SourceError
from valuelint.workspace.release import Scraper
from valuelint.workspace.repository import File, Repository, Unreadable

_KINDS = {
    "monitoring.coreos.com": ("ServiceMonitor", "PodMonitor", "ScrapeConfig"),
    "operator.victoriametrics.com": ("VMServiceScrape", "VMPodScrape", "VMScrapeConfig"),
}


class Scrapers:
    """The objects of a repository that may scrape what a chart installs; they are looked for when somebody asks."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._found: list[Scraper] | None = None

    def all(self) -> list[Scraper]:
        """Every one of them."""
        if self._found is None:
            files = {file.path: file for group in _KINDS for file in self._repository.with_bytes(group.encode())}
            self._found = [scraper for file in files.values() for scraper in _scrapers(file)]
        return self._found


def _scrapers(file: File) -> Iterator[Scraper]:
    try:
        manifests = file.manifests()
    except Unreadable:
        return
    for manifest in manifests:
        if manifest.kind not in _KINDS.get(manifest.api, ()):
            continue
        try:
            spec = manifest.data("spec")
        except SourceError:
            continue
        if isinstance(spec, dict):
            yield Scraper(manifest.kind, manifest.name, file.name, spec)
