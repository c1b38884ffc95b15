"""The list of releases for people: a table a cluster, and below each release where its values come from."""

from __future__ import annotations

from valuelint.light import Any

_HEAD = ("CHART", "VERSION", "NAME", "NAMESPACE", "FILE")
_UNSAID = "?"


def render(data: dict[str, Any], width: int) -> str:
    """The table; what is not known is a question mark."""
    lines: list[str] = []
    rows = data["releases"]
    for cluster in dict.fromkeys(row["cluster"] for row in rows):
        mine = [row for row in rows if row["cluster"] == cluster]
        cells = [
            tuple(str(row[key] or _UNSAID) for key in ("chart", "version", "name", "namespace", "file")) for row in mine
        ]
        widths = [max(len(row[column]) for row in (_HEAD, *cells)) for column in range(len(_HEAD))]
        lines += [f"cluster {cluster}", "  " + _line(_HEAD, widths)]
        for row, cell in zip(mine, cells, strict=True):
            lines.append("  " + _line(cell, widths))
            if row["version_source"] not in (None, row["file"]):
                lines.append(f"    version from {row['version_source']}")
            for number, layer in enumerate(row["layers"], 1):
                where = f" at {layer['path']}" if layer["path"] else ""
                lines.append(f"    layer {number}: {layer['file']}{where}")
            lines += [f"    ? {text}" for text in row["unresolved"]]
        lines.append("")
    for item in data["skipped"]:
        lines.append(f"skipped {item['file']}: {item['reason']}")
    if data["skipped"]:
        lines.append("")
    clusters = len({row["cluster"] for row in rows})
    lines.append(f"{_count(len(rows), 'release')} in {_count(clusters, 'cluster')}" if rows else "no releases found")
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
