"""Checks on the render itself: values with which Helm stops."""

from __future__ import annotations

from valuelint.charts.expressions import go_truth
from valuelint.light import Any, Iterator
from valuelint.lint.checks.options import claims, listed
from valuelint.lint.rule import Open, Related, Remedy, Rule, Violation, show
from valuelint.predict.cluster import Installed, World
from valuelint.predict.objects import Stop
from valuelint.syntax import Path, format_path
from valuelint.syntax.patches import Set


def _written(installed: Installed, stop: Stop) -> list[Path]:
    """The deciding paths that the user wrote: first the values that make the guard fire."""
    fired = [reason.path for reason in stop.reasons]
    paths = dict.fromkeys([path for path in stop.paths if path in fired] + fired + list(stop.paths))
    return list(dict.fromkeys(found for path in paths if (found := _said(installed, path)) is not None))


def _said(installed: Installed, path: Path) -> Path | None:
    """The path if the user wrote it, or the map above it that the user took away."""
    if installed.values.resolve(path).layer is not None:
        return path
    user: Any = installed.values.user
    for depth, key in enumerate(path):
        if not isinstance(user, dict) or key not in user:
            return None
        user = user[key]
        if user is None:
            return path[: depth + 1]
    return None


def _release(installed: Installed) -> str:
    """The chart, and its version where that is said."""
    title = installed.chart.title
    return title if installed.release.version is None else f"{title} {installed.version}"


def crds(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Releases that render only where the CRDs of their monitors are known to Helm."""
    for installed in world.installed:
        for stop in installed.objects.stops:
            written = _written(installed, stop) if stop.kind == "capability" else []
            if not written or stop.holds is not True:
                continue
            words = {"release": _release(installed)}
            asked = [path for path in written if path in stop.paths and go_truth(installed.values.get(path))] or written
            related = tuple(Related(installed.number, path, None, "this one too") for path in asked[1:])
            remedy = None
            if stop.switch is not None:
                words["switch"] = format_path(stop.switch)
                remedy = Remedy(installed.number, "unsafe", (Set(stop.switch, True),))
            variant = "switch" if stop.switch is not None else "no-switch"
            if installed.release.version is None:
                variant, remedy = "any-version", None
            yield Violation(installed.number, asked[0], variant, words, stop.id, related, (), remedy)


def guard(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """Values that the chart refuses: the render, and with it the deploy, stops."""
    for installed in world.installed:
        for stop in installed.objects.stops:
            if stop.kind == "capability" or stop.holds is not True or claims(installed, stop):
                continue
            written = _written(installed, stop)
            if not written:
                continue
            words = {
                "message": stop.message,
                "path": format_path(written[0]),
                "release": _release(installed),
            }
            related = tuple(Related(installed.number, path, None, "together with this") for path in written[1:3])
            remedy = None
            if stop.cure:
                # Against what the user wrote, it is the user's to say which of the two was meant.
                refused = any(installed.values.resolve(path).layer is not None for path, _ in stop.cure)
                patches = tuple(Set(path, value) for path, value in stop.cure)
                remedy = Remedy(installed.number, "display" if refused else "safe", patches)
                words["cure"] = "; ".join(f"{format_path(path)}: {show(value)}" for path, value in stop.cure)
            elif (meant := _meant(stop)) is not None:
                words["cure"] = f"{format_path(stop.paths[0])}: [{show(meant)}]"
                remedy = Remedy(installed.number, "safe", (Set(stop.paths[0], meant),))
            yield Violation(installed.number, written[0], stop.kind, words, stop.id, related, (), remedy)


def _meant(stop: Stop) -> list[str] | None:
    """The list that a text was meant for, where the chart stops at a text in its place."""
    for reason in stop.reasons:
        if reason.path == stop.paths[0] and reason.wants == "a list" and isinstance(reason.value, str):
            return listed(reason.value)
    return None
