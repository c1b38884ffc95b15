"""Go templates that are YAML but for expressions without quotes: `port: {{ .Values.port }}`.

Each character of an expression is stood in for by one that means nothing to YAML, so that the text can be parsed and
every offset stays what it is. What steers the template over several lines is not looked through.
"""

from __future__ import annotations

import re

from valuelint.syntax.nodes import Alias, Document, Mapping, Node, Scalar, Sequence

_ACTION = re.compile(r"\{\{(?:`[^`\n]*`|\"(?:[^\"\\\n]|\\.)*\"|[^`\"\n])*?\}\}")
_SILENT = re.compile(r"\{\{-?\s*(?:/\*.*?\*/|\$\w+\s*:=\s*\.[\w.]*)\s*-?\}\}")
_OPENS = re.compile(r"\{\{-?\s*(?:if|range|with|define|block)\b")
_CLOSES = re.compile(r"\{\{-?\s*end\b")
_QUOTED = re.compile(r"(\{\{(?:(?!\}\}).)*?)\s*\|\s*quote\s*(-?\}\})")
_BASE = 0xE000
_STAND_INS = re.compile("[\ue000-\uefff]")
_ORIGINAL = {_BASE + code: code for code in range(0x1000)}


def masked(text: str) -> str | None:
    """A template with its expressions stood in for; None where it cannot be read as YAML that way."""
    if "{{" not in text or _STAND_INS.search(text) is not None:
        return None
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "{{" not in line:
            continue
        if len(_OPENS.findall(line)) != len(_CLOSES.findall(line)):
            return None
        if line.lstrip().startswith("#"):
            continue
        rest = _SILENT.sub(lambda match: " " * len(match[0]), line)
        if not rest.strip():
            lines[number] = rest
            continue
        if line.lstrip().startswith("{{"):
            return None
        lines[number] = _ACTION.sub(_stand_ins, line)
    return "\n".join(lines)


def unmask(documents: list[Document]) -> bool:
    """Gives the scalars of a masked text what stands there; whether that is possible: no key may hold an expression."""
    seen: set[int] = set()
    return all(document.root is None or _unmask(document.root, seen) for document in documents)


def _stand_ins(match: re.Match[str]) -> str:
    text = match[0]
    return text if any(ord(char) >= 0x1000 for char in text) else "".join(chr(_BASE + ord(char)) for char in text)


def _unmask(node: Node, seen: set[int]) -> bool:
    if id(node) in seen or isinstance(node, Alias):
        return True
    seen.add(id(node))
    if isinstance(node, Mapping):
        return all(_STAND_INS.search(entry.key_text) is None and _unmask(entry.value, seen) for entry in node.entries)
    if isinstance(node, Sequence):
        return all(_unmask(item, seen) for item in node.items)
    if isinstance(node, Scalar):
        raw = node.raw.translate(_ORIGINAL)
        quoted = _QUOTED.fullmatch(raw) if node.style == "plain" and raw != node.raw else None
        if quoted is not None:
            raw, node.style = f"{quoted[1]} {quoted[2]}", "double"
        node.raw = raw
    return True
