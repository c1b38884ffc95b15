"""For people: Prometheus' Targets page as a table, readable at 100 columns."""

from __future__ import annotations

import re

from valuelint.light import Any, Callable, Iterator, NamedTuple
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

HEAD, SEPARATOR, TAIL = "", "\n\n", ""

_FEW = 3
"""So many rows about which there is nothing to say are still shown one by one."""
_NARROW = 24
"""The last column is never squeezed below this; the table then becomes wider than asked for."""
_WORD = re.compile(r"[^./]*[./]?(?=.)|.+")
_COLORS = {"yes": "32", "no": "31", "?": "33"}


class Line(NamedTuple):
    """A row of a table, and what `--verbose` adds below it."""

    cells: tuple[str, ...]
    details: tuple[str, ...] = ()


def cluster(data: dict[str, Any], options: Options) -> str:
    paint = _color if options.color else _plain
    blocks = ["\n".join(_bold(line, paint) for line in _broken(" · ".join(title(data)), options.width, "  "))]
    problems = [f"{paint('!', '31')} {visible(name)} {visible(what)}" for name, what in failures(data)]
    if problems:
        blocks.append("\n".join(problems))
    blocks += [
        _table(("MONITOR", "RENDERED", "NAMESPACE", "SCRAPED", "WHY"), _monitors(data, options), options, paint),
        _table(("DASHBOARD", "RENDERED", "NAMESPACE", "LOADED", "WHY"), _dashboards(data, options), options, paint),
        _table(("RULES", "NAMESPACE", "EVALUATED", "WHY"), _rules(data, options), options, paint),
    ]
    for prometheus in data["prometheus"]:
        heading = f"{prometheus['kind']} {prometheus['namespace'] or '?'}/{prometheus['name'] or '?'} selects"
        blocks.append(_listing(heading, selectors(prometheus), paint))
    for grafana in data["grafana"]:
        owner = visible(grafana["release"] or "a release")
        blocks.append(f"{_bold('Grafana', paint)} of {owner} loads {visible(sidecar(grafana))}")
    return "\n\n".join(block for block in blocks if block) + "\n"


# --- rows -----------------------------------------------------------------------------------------


def _monitors(data: dict[str, Any], options: Options) -> list[Line]:
    """Monitors, those of the releases without a Prometheus first: they are what is in question."""
    at_home, gone = home(data), stopped(data)
    lines: list[Line] = []
    calm: dict[tuple[str, str], list[Any]] = {}
    for row in sorted(data["monitors"], key=lambda row: row["release"] in at_home):
        quiet = "not rendered, see above" if row["release"] in gone else ""
        if row["release"] in at_home:
            quiet = quiet or nothing_to_say(row)
        if quiet and not options.verbose:
            calm.setdefault((row["chart"], quiet), []).append(row)
        else:
            lines.append(_monitor(row, scraped(row), options))
    for (chart, quiet), group in calm.items():
        if len(group) <= _FEW:
            lines += [_monitor(row, scraped(row), options) for row in group]
        else:
            names = ", ".join(dict.fromkeys(row["component"] for row in group))
            lines.append(Line(("", f"{len(group)} more of {chart}, {quiet}: {names}")))
    return lines


def _monitor(row: dict[str, Any], answer: Answer, options: Options) -> Line:
    where = row["namespace"] or "?" if row["rendered"] is not False else ""
    cells = (name_of(row), word(row["rendered"]), where, word(answer.holds), answer.why)
    return Line(cells, tuple(_reasons(row)) if options.verbose else ())


def _reasons(row: dict[str, Any]) -> Iterator[str]:
    for why in row["why"]:
        yield f"{word(row['rendered'])}: {why['text']}"
    if row["rendered"] is False:
        return
    labels = row["labels"]
    if labels is not None:
        yield "labels: " + (
            ", ".join(f"{key}={'?' if value is None else value}" for key, value in labels.items()) or "none"
        )
    yield "endpoints: " + (", ".join(str(port) for port in row["endpoints"] or ()) or "none")
    if row["targets"] is not None:
        yield "hits: " + (", ".join(row["targets"]) or "no port of a Service")
    for verdict in row["selected_by"]:
        yield f"{verdict['namespace'] or '?'}/{verdict['prometheus'] or '?'}: {verdict['why']}"


def _dashboards(data: dict[str, Any], options: Options) -> list[Line]:
    lines = []
    gone = stopped(data)
    for row in data["dashboards"]:
        if row["release"] in gone and not options.verbose:
            continue
        answer = loaded(row)
        where = row["namespace"] or "?" if row["rendered"] is not False else ""
        details = []
        if options.verbose and row["labels"]:
            details.append("labels: " + ", ".join(f"{key}={value}" for key, value in row["labels"].items()))
        lines.append(Line((name_of(row), word(row["rendered"]), where, word(answer.holds), answer.why), tuple(details)))
    return lines


def _rules(data: dict[str, Any], options: Options) -> list[Line]:
    lines = []
    for row in data["rules"]:
        answer = evaluated(row)
        details = []
        if options.verbose and row["labels"]:
            details.append("labels: " + ", ".join(f"{key}={value}" for key, value in row["labels"].items()))
        lines.append(Line((rule_names(row), row["namespace"] or "?", word(answer.holds), answer.why), tuple(details)))
    return lines


# --- tables ---------------------------------------------------------------------------------------

Paint = Callable[[str, str], str]


def _table(heads: tuple[str, ...], lines: list[Line], options: Options, paint: Paint) -> str:
    """A table whose last column is broken into lines; a row of two cells is a remark across all columns."""
    if not lines:
        return ""
    count = len(heads)
    widths = [
        max(len(heads[at]), *(len(visible(line.cells[at])) for line in lines if len(line.cells) == count), 0)
        for at in range(count - 1)
    ]
    indent = sum(widths) + 2 * len(widths)
    room = max(options.width - indent, _NARROW)
    out = [
        "  ".join(
            [paint(head.ljust(width), "2") for head, width in zip(heads, widths, strict=False)]
            + [paint(heads[-1], "2")]
        )
    ]
    for line in lines:
        if len(line.cells) != count:
            out += _broken(visible(line.cells[1]), options.width, "  ")
            continue
        shown = [visible(cell) for cell in line.cells]
        cells = [_cell(cell, width, paint) for cell, width in zip(shown, widths, strict=False)]
        reason = _broken(shown[-1], room, "")
        out.append(("  ".join(cells) + "  " + (reason[0] if reason else "")).rstrip())
        out += [" " * indent + more for more in reason[1:]]
        for detail in line.details:
            out += ["    " + more for more in _broken(visible(detail), options.width - 4, "  ")]
    return "\n".join(out)


def _cell(cell: str, width: int, paint: Paint) -> str:
    return paint(cell, _COLORS[cell]) + " " * (width - len(cell)) if cell in _COLORS else cell.ljust(width)


def _broken(text: str, width: int, indent: str) -> list[str]:
    """A text in lines of a width, broken between words, and in long words at dots and slashes."""
    lines: list[str] = []
    for whole in text.split(" "):
        glue = " "
        for part in [whole] if len(whole) <= width else _WORD.findall(whole):
            if lines and len(lines[-1]) + len(glue) + len(part) <= width:
                lines[-1] += glue + part
            else:
                lines.append(indent + part if lines else part)
            glue = ""
    return lines


def _listing(heading: str, items: list[tuple[str, str]], paint: Paint) -> str:
    width = max(len(name) for name, _ in items)
    return "\n".join([_bold(heading, paint), *(f"  {name.ljust(width)}  {visible(what)}" for name, what in items)])


def _bold(text: str, paint: Paint) -> str:
    return paint(visible(text), "1")


def _plain(text: str, code: str) -> str:
    return text


def _color(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if text else text
