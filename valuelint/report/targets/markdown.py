"""For a pull request: the same tables in GitHub's Markdown."""

from __future__ import annotations

from valuelint.light import Any
from valuelint.report import Options
from valuelint.report._common import visible
from valuelint.report.targets import (
    Answer,
    evaluated,
    failures,
    home,
    loaded,
    name_of,
    nothing_to_say,
    rule_names,
    scraped,
    selectors,
    sidecar,
    stopped,
    title,
    word,
)

HEAD, SEPARATOR, TAIL = "", "\n", ""

_MARKS = {"yes": "✅", "no": "❌", "?": "❔"}
_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|~#@"})


def cluster(data: dict[str, Any], options: Options) -> str:
    name, *releases = title(data)
    blocks = [f"### {_escape(name)}", " · ".join(_escape(release) for release in releases)]
    blocks += [f"> **{_escape(name)}** {_escape(what)}" for name, what in failures(data)]
    heads = ("Monitor", "Rendered", "Namespace", "Scraped", "Why")
    at_home, gone = home(data), stopped(data)
    shown: list[tuple[str, ...]] = []
    calm: dict[str, list[tuple[str, ...]]] = {}
    for row in data["monitors"]:
        quiet = "not rendered" if row["release"] in gone else nothing_to_say(row) if row["release"] in at_home else ""
        (calm.setdefault(quiet, []) if quiet else shown).append(_row(row, scraped(row)))
    if shown:
        blocks.append(_table(heads, shown))
    blocks += [_folded(f"{len(rows)} more monitors, {quiet}", _table(heads, rows)) for quiet, rows in calm.items()]
    dashboards = [_row(row, loaded(row)) for row in data["dashboards"] if row["release"] not in gone]
    if dashboards:
        table = _table(("Dashboard", "Rendered", "Namespace", "Loaded", "Why"), dashboards)
        blocks.append(
            _folded(f"{sum(row[3] == 'yes' for row in dashboards)} of {len(dashboards)} dashboards are loaded", table)
        )
    rules = [
        (rule_names(row), row["namespace"] or "", word(answer.holds), answer.why)
        for row in data["rules"]
        for answer in [evaluated(row)]
    ]
    if rules:
        blocks.append(_folded("Rules", _table(("Rules", "Namespace", "Evaluated", "Why"), rules)))
    for prometheus in data["prometheus"]:
        name = f"{prometheus['kind']} {prometheus['namespace'] or '?'}/{prometheus['name'] or '?'}"
        blocks.append(_folded(f"Selectors of {_escape(name)}", _table(("Selects", "Which"), selectors(prometheus))))
    for grafana in data["grafana"]:
        blocks.append(
            f"Grafana of {_escape(str(grafana['release'] or 'a release'))} loads {_escape(sidecar(grafana))}."
        )
    return "\n\n".join(blocks) + "\n"


def _row(row: dict[str, Any], answer: Answer) -> tuple[str, ...]:
    where = row["namespace"] or "?" if row["rendered"] is not False else ""
    return name_of(row), word(row["rendered"]), where, word(answer.holds), answer.why


def _table(heads: tuple[str, ...], rows: list[Any]) -> str:
    lines = [heads, ["---"] * len(heads), *([_MARKS.get(cell) or _escape(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _folded(summary: str, table: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{table}\n\n</details>"


def _escape(text: str) -> str:
    """Text that Markdown leaves alone: values may hold anything."""
    return visible(text).translate(_SPECIAL)
