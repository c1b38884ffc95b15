"""Ports that releases open on the network of their nodes, and which of them get in each other's way."""

from __future__ import annotations

from valuelint.charts.expressions import go_truth
from valuelint.charts.facts import Facts
from valuelint.light import Iterator, NamedTuple, remembered
from valuelint.predict.cluster import Installed, World
from valuelint.syntax import Path, parse_path


class Port(NamedTuple):
    """A port on the nodes, the path that sets it, and what it is of."""

    installed: Installed
    path: Path
    number: int
    of: str
    needs: list[str]
    """What has to be on for it to be opened."""


def collisions(world: World) -> Iterator[tuple[Port, Port]]:
    """Pairs of programs that would open the same port on the same nodes, as far as the values say for certain."""
    taken: dict[int, list[Port]] = {}
    for installed in world.installed:
        for port in _host_ports(installed):
            for other in taken.setdefault(port.number, []):
                if _is_open(other) and _is_open(port):
                    yield other, port
            taken[port.number].append(port)


def port_paths(facts: Facts) -> Iterator[Path]:
    """The paths that decide which ports a chart opens on nodes."""
    for entry in facts.raw.get("host_ports", ()):
        for text in (entry["path"], *entry["needs"]):
            yield _path(text)


def _host_ports(installed: Installed) -> Iterator[Port]:
    for entry in installed.objects.facts.raw.get("host_ports", ()):
        path = _path(entry["path"])
        value = installed.values.get(path)
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value:
            yield Port(installed, path, value, entry["of"], entry["needs"])


def _is_open(port: Port) -> bool:
    return all(go_truth(port.installed.values.get(_path(path))) is True for path in port.needs)


@remembered
def _path(text: str) -> Path:
    return parse_path(text)
