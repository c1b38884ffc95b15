"""A release and its cluster: what a user installs, with the layers of values that go into it."""

from __future__ import annotations

from valuelint.light import TYPE_CHECKING, Any, Callable, NamedTuple
from valuelint.syntax import Document, Path, Scalar, Source, resolve_alias
from valuelint.values import Layer

if TYPE_CHECKING:
    from valuelint.workspace.settings import Settings


class Problem(Exception):  # noqa: N818 - it is collected, not always raised
    """Input that cannot be used: one message with file, place and remedy. Everything else is still checked."""

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.remedy = remedy

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text}; {self.remedy}" if self.remedy else text


class Origin(NamedTuple):
    """The place in a file that says something about a release, such as its name."""

    source: Source
    start: int
    end: int
    path: Path


OPTIONS: Path = ("syncPolicy", "syncOptions")
"""Where the options of a delivery stand in the `spec` of an Application."""


class Delivery(NamedTuple):
    """What applies the objects of a release in Helm's place, and how it is told to.

    `options` are as they are written, such as `ServerSideApply=true`; without `crds`, the CRDs of the chart are left
    out. `origin` is the place that says so, or that could. `layer` is the map that holds the options at the path
    `OPTIONS`, where it may be changed; it is `shared` where it makes more than this release.
    """

    by: str
    options: tuple[str, ...]
    crds: bool
    origin: Origin | None
    layer: Layer | None = None
    shared: bool = False

    def renewed(self, documents: dict[str, list[Document]]) -> Delivery:
        """The delivery as newer documents of the files that are named have it."""
        if self.layer is None or self.layer.source.name not in documents:
            return self
        layer = self.layer.renewed(documents[self.layer.source.name][self.layer.document.index])
        found = layer.find(OPTIONS)
        listed = getattr(None if found is None else resolve_alias(found.node), "items", ())
        options = tuple(item.raw for item in map(resolve_alias, listed) if isinstance(item, Scalar))
        return self._replace(options=options, layer=layer)


class Gap(NamedTuple):
    """A layer that nobody can read: it stands before the layer of that number. `what` is one sentence."""

    number: int
    what: str


class Beside(NamedTuple):
    """A key of an umbrella chart's values beside the block of one of its charts.

    Both keys stand at the top of `layer`, which is all of those values. It is the block of another `chart` of the
    umbrella, or no chart there answers to it, and `chart` is empty; then the umbrella's own templates, in its `folder`,
    may read it. There are none where that is empty.
    """

    layer: Layer
    key: str
    block: str
    folder: str = ""
    chart: str = ""


class Release(NamedTuple):
    """One release of a chart. `version`, `name` and `namespace` are None where nothing says them.

    `layers` stand in the order in which Helm merges them. `origins` maps "version", "name" and "namespace" to the
    place that says it, where that is a file. `file` is what makes it a release: the envelope, or the values file
    itself. `version_text` is the version as it is written, a range perhaps, and `version_source` the file that says it.
    `unresolved` says what could not be found out, `gaps` where in the layers something is missing, `beside` what stands
    around the layers. `delivery` is None where Helm applies it, or where nobody knows for sure what does. `fork` is
    what the chart is called, where a distribution made it of the one that it is taken for.
    """

    chart: str
    version: str | None
    name: str | None
    namespace: str | None
    layers: tuple[Layer, ...]
    origins: dict[str, Origin]
    file: str = ""
    version_text: str | None = None
    version_source: str | None = None
    unresolved: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    beside: tuple[Beside, ...] = ()
    delivery: Delivery | None = None
    fork: str = ""

    @property
    def title(self) -> str:
        """How messages call the release: its name, else its chart."""
        return self.name or self.chart

    @property
    def sources(self) -> dict[str, Source]:
        """The files that a fix of this release may change, by their names."""
        told = self.delivery.layer if self.delivery is not None else None
        return {layer.source.name: layer.source for layer in (*self.layers, *((told,) if told is not None else ()))}

    @property
    def missing(self) -> tuple[int, ...]:
        """Where layers are missing, as numbers of the layers that stand above."""
        return tuple(gap.number for gap in self.gaps)

    def renewed(self, documents: dict[str, list[Document]]) -> Release:
        """The release with newer documents of the files that are named."""

        def again(layer: Layer) -> Layer:
            name = layer.source.name
            return layer.renewed(documents[name][layer.document.index]) if name in documents else layer

        beside = [item._replace(layer=again(item.layer)) for item in self.beside]
        return self._replace(
            layers=tuple(again(layer) for layer in self.layers),
            beside=tuple(item for item in beside if item.layer.find((item.key,)) is not None),
            delivery=None if self.delivery is None else self.delivery.renewed(documents),
        )


class Scraper(NamedTuple):
    """An object that scrapes without any chart's doing: a ServiceMonitor that stands in the repository, say."""

    kind: str
    name: str
    file: str
    spec: dict[str, Any]


def _no_scrapers() -> list[Scraper]:
    return []


class Cluster(NamedTuple):
    """The releases that live together. `complete` is False where a part of it could not be read.

    `others` are releases that are known and not judged: too old, or only there to bootstrap one that is.
    """

    name: str
    releases: tuple[Release, ...]
    complete: bool
    expected: dict[str, str]
    """What the configuration expects, such as `monitor_namespace`."""
    others: tuple[Release, ...] = ()
    levels: dict[str, str] = {}  # noqa: RUF012 - a field of a record
    """How far the fixes of a rule may go, where the configuration says it: safe, unsafe, display or off."""
    settings: Settings | None = None
    """How rules are applied; None as they are by themselves."""
    scrapers: Callable[[], list[Scraper]] = _no_scrapers
    """What else in the repository may scrape something, in this cluster or in another; found when it is called."""


class Workspace(NamedTuple):
    """What a run looks at.

    `shown` names the files whose findings are wanted (None: all). `passed_over` are readable files that hold no values
    of a known chart, `skipped` pairs of file and reason, `problems` what makes the run fail.
    """

    clusters: tuple[Cluster, ...]
    shown: frozenset[str] | None
    passed_over: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]
    aside: tuple[tuple[str, str], ...] = ()
    """Files that hold no release by themselves, with the reason; nothing is wrong with them."""
