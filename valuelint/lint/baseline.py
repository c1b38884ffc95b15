"""Baselines: the findings of a day, written down, so that only new ones are reported from then on.

A finding is known again by its rule, its file and the path of its value, never by its line. Where there were two of a
kind, a third one is new.
"""

from __future__ import annotations

import json
import os
from collections import Counter

from valuelint.light import Any, Container, NamedTuple
from valuelint.lint.diagnostic import Diagnostic, Report, Suppressed
from valuelint.syntax import format_path

FORMAT = "valuelint-baseline/1"

Key = tuple[str, str, str]
"""File, rule, path."""


class Compared(NamedTuple):
    """A report with only the new findings, and what the baseline holds that is gone."""

    report: Report
    gone: tuple[Key, ...]


class BadBaseline(Exception):  # noqa: N818 - says what it is
    """A file that is no baseline; `str()` says why."""


def key_of(finding: Diagnostic, folder: str) -> Key:
    """What a finding is known by; its file relative to the folder of the baseline."""
    file = os.path.relpath(os.path.realpath(finding.place.file), os.path.realpath(folder)).replace(os.sep, "/")
    return file, finding.rule, format_path(finding.place.path)


def write(report: Report, folder: str) -> str:
    """The text of a baseline that lies in a folder."""
    counts = Counter(key_of(finding, folder) for finding in report.findings)
    findings: list[dict[str, Any]] = []
    for (file, rule, path), count in sorted(counts.items()):
        findings.append({"file": file, "rule": rule, "path": path} | ({"count": count} if count > 1 else {}))
    return json.dumps({"format": FORMAT, "findings": findings}, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> Counter[Key]:
    """The findings that a baseline holds. Raises BadBaseline."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise BadBaseline(f"its format is {data['format']}, not {FORMAT}")
        known: Counter[Key] = Counter()
        for item in data["findings"]:
            known[str(item["file"]), str(item["rule"]), str(item["path"])] += int(item.get("count", 1))
    except json.JSONDecodeError as error:
        raise BadBaseline(f"line {error.lineno}: {error.msg}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBaseline(f"it is no {FORMAT}: {error}") from None
    return known


def compare(report: Report, known: Counter[Key], folder: str, seen: Container[str]) -> Compared:
    """The report without the findings that a baseline holds.

    `seen` are the files that were looked at: what is known of others is not gone. Nor is what is undecided now.
    """
    left = Counter(known)
    new = []
    suppressed = list(report.suppressed)
    for finding in report.findings:
        key = key_of(finding, folder)
        if left[key] > 0:
            left[key] -= 1
            suppressed.append(Suppressed(finding, "baseline"))
        else:
            new.append(finding)
    undecided = {(_relative(item.file, folder), item.rule) for item in report.undecided}
    gone = [
        key
        for key, count in sorted(left.items())
        for _ in range(count)
        if (key[0] in seen or not os.path.exists(os.path.join(folder, key[0]))) and key[:2] not in undecided
    ]
    return Compared(report._replace(findings=tuple(new), suppressed=tuple(suppressed)), tuple(gone))


def _relative(file: str, folder: str) -> str:
    return os.path.relpath(os.path.realpath(file), os.path.realpath(folder)).replace(os.sep, "/")


def files_seen(names: Container[str] | None, files: list[str], folder: str) -> set[str]:
    """The files that were looked at, as a baseline names them; `names` are those asked for, None for all."""
    return {_relative(file, folder) for file in files if names is None or file in names}
