"""What is wrong with the shape of data that a JSON Schema of ours describes, in words of the file."""

from __future__ import annotations

from difflib import get_close_matches

from valuelint.light import Any, NamedTuple
from valuelint.syntax import Path, format_path

_KINDS = {
    "object": "a map",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "number": "a number",
    "integer": "a whole number",
    "null": "nothing",
}

_NAMES = "names of small letters, digits and dashes"

_PAGE = "docs/policies.md shows one"


class Flaw(NamedTuple):
    """The first thing that is wrong: where, what, and what was expected. `key`: it is the key that is wrong."""

    path: Path
    message: str
    remedy: str
    key: bool = False


def first_flaw(data: Any, schema: dict[str, Any]) -> Flaw | None:
    """What is wrong with data, the nearest to the top first; None if nothing is."""
    import jsonschema

    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(data), key=_depth)
    if not errors:
        return None
    error = errors[0]
    while error.context and not all("required" in each for each in error.validator_value):
        error = min(error.context, key=_depth)
    return _flaw(error, tuple(error.absolute_path))


def _depth(error: Any) -> tuple[int, bool, list[str]]:
    return len(error.absolute_path), error.validator != "additionalProperties", [str(p) for p in error.absolute_path]


def _flaw(error: Any, path: Path) -> Flaw:
    name = format_path(path[-1:]) if path and isinstance(path[-1], str) else "this" if path else "the file"
    wanted, given = error.validator_value, error.instance
    if error.schema is False:
        return Flaw(path, f"{name} cannot stand here", _PAGE, key=True)
    expected = error.schema.get("description", _PAGE)
    if error.validator == "additionalProperties" and isinstance(given, dict):
        return _unknown_key(error, path)
    if error.validator == "required":
        missing = next(key for key in wanted if key not in given)
        return Flaw(path, f"{missing} is missing", _TOLD.get(missing, f"add {missing}: …"), key=True)
    if error.validator in ("oneOf", "anyOf"):
        keys = [each["required"][0] for each in wanted if "required" in each]
        there = [key for key in keys if isinstance(given, dict) and key in given]
        if len(there) > 1:
            message = f"it has both {there[0]} and {there[1]}"
            return Flaw((*path, there[1]), message, "take one of the two away", key=True)
        if keys:
            remedy = _TOLD.get(keys[0], f"add {keys[0]}: …")
            return Flaw(path, f"{name} has none of {', '.join(keys)}", remedy, key=True)
    if error.validator == "enum":
        shown = [str(item) for item in wanted]
        close = get_close_matches(brief(given), shown, 1)
        remedy = f"did you mean {close[0]}?" if close else f"it is one of {', '.join(shown)}"
        return Flaw(path, f"{brief(given)} is no value of {name}", remedy)
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return Flaw(path, f"{name} is {' or '.join(_KINDS[kind] for kind in kinds)}, not {_kind(given)}", expected)
    if error.validator in ("minItems", "minProperties", "minLength"):
        few = f"is too short: at least {wanted} characters" if given else "is empty"
        return Flaw(path, f"{name} {few}", expected)
    if error.validator == "maxLength":
        return Flaw(path, f"{name} is too long: {len(given)} characters, {wanted} at most", expected)
    if error.validator == "uniqueItems":
        return Flaw(path, f"{name} says the same twice", "take one of the two away")
    if error.validator == "pattern":
        return Flaw(path, f"{brief(given)} is no {name}", expected)
    return Flaw(path, f"{name}: {brief(error.message)}", expected)


def _unknown_key(error: Any, path: Path) -> Flaw:
    import re

    known = sorted(error.schema.get("properties", {}))
    patterns = error.schema.get("patternProperties", {})
    key = next(
        key for key in error.instance if key not in known and not any(re.search(each, str(key)) for each in patterns)
    )
    close = get_close_matches(str(key), known, 1)
    remedy = f"did you mean {close[0]}?" if close else f"known are {', '.join(known) or _NAMES}"
    return Flaw((*path, key), f"there is no key {brief(key)} here", remedy, key=True)


def brief(value: Any) -> str:
    """A value in a few words."""
    text = value if isinstance(value, str) else _kind(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a map" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a text"


_TOLD = {
    "summary": "summary: says in one sentence what it finds",
    "for": (
        "for: names what it looks at: values, monitor, dashboard, prometheus, endpoint, cluster, pair; "
        "a copy of a rule of ours has a check instead"
    ),
    "message": "message: says what is wrong, with placeholders such as {name}",
    "expect": "expect: says what must hold, cel: says it as an expression",
    "default": "default: is what a parameter is when nobody sets it",
}
