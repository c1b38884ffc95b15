"""For programs: the frozen shape `valuelint-targets/1` (schemas/targets.schema.json), a cluster a line."""

from __future__ import annotations

import json

from valuelint.light import Any
from valuelint.report import Options

FORMAT = "valuelint-targets/1"

_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


HEAD = f'{{"format":"{FORMAT}","clusters":[\n'
SEPARATOR = ",\n"
TAIL = "\n]}\n"


def cluster(data: dict[str, Any], options: Options) -> str:
    return _encode(data)
