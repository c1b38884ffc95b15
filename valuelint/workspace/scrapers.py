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
    """The objects of some files that may scrape what a chart installs; the files are parsed when somebody asks."""

    def __init__(self, repository: Repository) -> None:
        files = {file.path: file for group in _KINDS for file in repository.with_bytes(group.encode())}
        self._files = list(files.values())
        self._found: list[Scraper] | None = None

    def all(self) -> list[Scraper]:
        """Every one of them."""
        if self._found is None:
            self._found = [scraper for file in self._files for scraper in _scrapers(file)]
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
