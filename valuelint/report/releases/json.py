"""The list of releases as JSON."""

from __future__ import annotations

import json

from valuelint.light import Any


def render(data: dict[str, Any], width: int) -> str:
    """The data as they are."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
