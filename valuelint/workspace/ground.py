"""What every envelope stands on: the repository, the ways to its files, and what has been found so far."""

from __future__ import annotations

import os

from valuelint.light import Iterator
from valuelint.syntax import SourceError
from valuelint.workspace.argo import App, applications, argo_syncs
from valuelint.workspace.kustomize import Reach, Syncs, Way, flux_syncs
from valuelint.workspace.repository import File, Repository


class Ground:
    """The repository and what the envelopes share.

    `delivered` are the folders of charts that some release installs; `aside` are files that hold no release and the
    reason, with whether somebody should look at them. `idle` are the names of the values files of releases that are
    switched off.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._apps: dict[str, list[App]] = {}
        self._subcharts: dict[str, list[File]] | None = None
        self.reach = Reach(repository, Syncs(repository, (flux_syncs, lambda _, file: argo_syncs(self, file))))
        self.delivered: set[str] = set()
        self.idle: set[str] = set()
        self.aside: list[tuple[File, str, bool]] = []

    def subcharts(self, folder: str) -> list[File]:
        """The Chart.yaml of each chart that lies in `charts` of the one in a folder."""
        if self._subcharts is None:
            self._subcharts = {}
            for file in self.repository.named("Chart.yaml"):
                above, inside = os.path.split(os.path.dirname(file.folder))
                if inside == "charts":
                    self._subcharts.setdefault(above, []).append(file)
        return self._subcharts.get(folder, [])

    def apps(self, file: File) -> list[App]:
        """The Argo CD Applications that a file declares or generates."""
        if file.path not in self._apps:
            try:
                self._apps[file.path] = list(applications(self.repository, file))
            except SourceError:
                self._apps[file.path] = []
        return self._apps[file.path]

    def ways(self, file: File) -> list[Way]:
        """The ways to a file."""
        return self.reach.ways(file)

    def candidates(self, first: bytes, *more: bytes) -> Iterator[File]:
        """Files with some bytes that name a known chart."""
        for file in self.repository.with_bytes(first, *more):
            if self.repository.mentions(file):
                yield file
