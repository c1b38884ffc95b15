"""For GitLab's Code Quality widget."""

from __future__ import annotations

import json

from valuelint.lint.diagnostic import Report
from valuelint.report import Options
from valuelint.report._common import details, fingerprints, relative

_SEVERITY = {"error": "major", "warning": "minor", "info": "info"}


def render(report: Report, options: Options) -> str:
    content = [
        {
            "check_name": finding.rule,
            "description": f"{finding.rule}: {finding.message}",
            "content": {"body": "\n\n".join(details(finding))},
            "severity": _SEVERITY[finding.severity],
            "fingerprint": fingerprint,
            "location": {
                "path": relative(finding.place.file, options.root),
                "lines": {"begin": finding.place.line, "end": finding.place.end_line},
            },
        }
        for finding, fingerprint in fingerprints(report.findings, options.root)
    ]
    return json.dumps(content, indent=2) + "\n"
