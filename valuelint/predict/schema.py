"""Whether values have the types that the JSON Schema inside a chart asks for: where not, Helm does not render."""

from __future__ import annotations

from valuelint.light import Any, Iterator
from valuelint.syntax import Path
from valuelint.values import Unknown

Accepted = dict[tuple[str, ...], str | list[Any]]


def mismatches(
    user: dict[str, Any], defaults: dict[str, Any], accepted: Accepted, path: tuple[str, ...] = ()
) -> Iterator[tuple[Path, str, str]]:
    """Each of the user's values that the schema refuses: (path, what stands there, what is wanted).

    The schema of a chart is taken from its defaults and from `accepted`, which holds where it differs from them. An
    option that neither knows may hold anything; null deletes an option before the schema is asked.
    """
    for key, value in user.items():
        here = (*path, key)
        known = key in defaults
        if value is None or isinstance(value, Unknown) or not (known or here in accepted):
            continue
        wanted = accepted.get(here)
        if wanted is None:
            wanted = _type(defaults[key])
        if isinstance(wanted, list):
            if value not in wanted:
                yield here, _type(value), "one of " + ", ".join(str(item) for item in wanted)
        elif not _is(value, wanted.split()):
            yield here, _type(value), wanted.replace(" ", " or ")
        if isinstance(value, dict):
            below = defaults.get(key)
            yield from mismatches(value, below if isinstance(below, dict) else {}, accepted, here)


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "integer" if float(value).is_integer() else "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "any")


def _is(value: Any, names: list[str]) -> bool:
    found = _type(value)
    return found in names or "any" in names or (found == "integer" and "number" in names)
