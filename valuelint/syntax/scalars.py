"""What a scalar means to Helm: the value a written text becomes, and the text that becomes a given value.

Helm reads YAML with goyaml.v2 and turns the result into JSON, so YAML 1.1 words are booleans, underscores
may stand in numbers, `1:30` and dates are strings, and every number is a float64.
"""

from __future__ import annotations

import struct

Value = None | bool | int | float | str

TAG = "tag:yaml.org,2002:"
_LARGEST_EXACT = 2**53

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
NOT_FINITE = {
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ".inf"),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), "-.inf"),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ".nan"),
}
_NUMBER_STARTS = frozenset("0123456789+-.")
_BASES = {"0x": 16, "0b": 2, "0o": 8}
_DIGITS = {16: "0123456789abcdefABCDEF", 2: "01", 8: "01234567", 10: "0123456789"}

# Tags that goyaml resolves; a scalar with any other tag is the string it is written as.
_TYPES: dict[str, tuple[type, ...]] = {
    TAG + "bool": (bool,),
    TAG + "int": (int,),
    TAG + "float": (int, float),
    TAG + "null": (type(None),),
}


class TagError(ValueError):
    """A tag that does not fit its scalar, such as `!!int x`."""


def resolve(raw: str, style: str, tag: str | None) -> Value:
    """The Helm-typed value of a scalar; raises TagError where its tag does not fit.

    Numbers are float64 to Helm. Here one is an int where it is integral and no larger than 2**53, where every
    integer is exact, and else a float.
    """
    if tag is None:
        return raw if style != "plain" else plain_value(raw)
    if tag == TAG + "binary":
        return _binary(raw)
    kinds = _TYPES.get(tag)
    if kinds is None:
        return raw
    number = _number(raw)
    found: object = raw if number is None else number
    if raw in _WORDS:
        found = _WORDS[raw]
    if raw in NOT_FINITE and tag == TAG + "float":
        found = float(NOT_FINITE[raw].replace(".", ""))
    if type(found) not in kinds:
        raise TagError(f"!!{tag[len(TAG) :]} does not fit {raw!r}")
    return _exact(found) if isinstance(found, (int, float)) else found  # type: ignore[return-value]


def plain_value(raw: str) -> Value:
    """The value of an untagged plain scalar. `.inf` and `.nan` stay text: JSON, and so Helm, has no such
    numbers.
    """
    if raw in _WORDS:
        return _WORDS[raw]
    if raw[0] in _NUMBER_STARTS:
        number = _number(raw)
        if number is not None:
            return _exact(number)
    return raw


def key_text(raw: str, style: str, tag: str | None) -> str:
    """A key as Helm's maps hold it: `on` is "true", `0x1F` is "31"; TagError for a key Helm refuses."""
    if style == "plain" or tag is not None:
        if raw in NOT_FINITE and tag in (None, TAG + "float"):
            return NOT_FINITE[raw]
        value: object = _untyped_number(raw) if tag is None else resolve(raw, style, tag)
        if value is None and tag is None:
            value = plain_value(raw)
        if value is None:
            raise TagError("a key is null")
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            if value >= 2**63:
                raise TagError("a key is an integer beyond 64 bits")
            return str(value)
        if isinstance(value, float):
            return _float_key(value)
        return str(value)
    return raw


def _untyped_number(raw: str) -> int | float | None:
    return _number(raw) if raw and raw[0] in _NUMBER_STARTS else None


def _exact(number: int | float) -> int | float:
    """A float64 as Python sees it best: an int where that loses nothing."""
    if isinstance(number, bool):
        return number
    value = float(number)
    return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value


def _number(raw: str) -> int | float | None:
    """The number goyaml reads, or None. Ints beyond 64 bits become floats when written in decimal, else
    strings.
    """
    plain = raw.replace("_", "")
    signed = plain[:1] in ("+", "-")
    digits = plain[1:] if signed else plain
    prefix = digits[:2].lower()
    base = _BASES.get(prefix)
    if base is not None:
        body = digits[2:]
        if plain[:2] == "0b" and body[:1] in ("+", "-"):
            # goyaml reads binary a second time, with a parser that takes a sign behind the prefix.
            return _integer(body[1:], base, body[0] == "-", True)
        return _integer(body, base, plain[0] == "-", signed)
    octal = len(digits) > 1 and digits[0] == "0"
    number = _integer(digits, 8 if octal else 10, plain[:1] == "-", signed)
    if number is not None or plain.strip("0123456789+-.eE"):
        return number
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if value - value == 0 else None


def _integer(digits: str, base: int, negative: bool, signed: bool) -> int | None:
    """An integer that fits 64 bits; only one without a sign may use them all."""
    if not digits or digits.strip(_DIGITS[base]):
        return None
    value = int(digits, base) if len(digits) <= 64 else 2**64
    if negative:
        value = -value
    return value if -(2**63) <= value < (2**63 if signed else 2**64) else None


def _float_key(value: float) -> str:
    """A float key as Go writes it: the shortest text of the 32-bit float, with an exponent from a million
    on.
    """
    try:
        single = struct.pack("f", value)
    except OverflowError:
        return "-.inf" if value < 0 else ".inf"
    texts = (f"{value:.{places}e}" for places in range(9))
    shortest = next(text for text in texts if struct.pack("f", float(text)) == single)
    mantissa, _, exponent = shortest.partition("e")
    power = int(exponent)
    if not -4 <= power < 6:
        return f"{mantissa}e{power:+03d}"
    places = max(len(mantissa.lstrip("-")) - 2 - power, 0)
    return f"{float(shortest):.{places}f}"


def _binary(raw: str) -> str:
    import binascii

    try:
        data = binascii.a2b_base64("".join(raw.split()), strict_mode=True)
    except binascii.Error:
        raise TagError("!!binary is not base64") from None
    return data.decode("utf-8", "replace")
