"""Leaves that no case can let decide in a certain state, and why: (place, leaf, state, reason)."""

from __future__ import annotations

UNDECIDING: dict[str, list[tuple[str, str, bool, str]]] = {}
