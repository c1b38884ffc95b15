"""What a scalar means to Helm: the value a written text becomes, and the text that becomes a given value.

Helm reads YAML with goyaml.v2 and turns the result into JSON, so YAML 1.1 words are booleans, underscores
may stand in numbers, `1:30` and dates are strings, and every number is a float64.
"""

from __future__ import annotations

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

    Numbers are float64 to Helm. Here one is an int where it is integral and no larger than 2**53, up to
    where every integer is exact, and a float otherwise.
    """
    if tag is None and style != "plain":
        return raw
    value = _typed(raw, tag)
    if value.__class__ is int or value.__class__ is float:
        return as_helm_number(value)
    return value


def as_helm_number(number: int | float) -> int | float:
    """A float64, given as an int where it is integral and no larger than 2**53."""
    value = float(number)
    return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value


def key_text(raw: str, style: str, tag: str | None) -> str:
    """A key as Helm's maps hold it: `on` is "true", `0x1F` is "31"; TagError for a key Helm refuses."""
    if tag is None and style != "plain":
        return raw
    value = _typed(raw, tag)
    if isinstance(value, str):
        return NOT_FINITE.get(value, value) if tag is None else value
    if value is None:
        raise TagError("it is null")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_key(value)
    if value >= 2**63:
        raise TagError("it is an integer beyond 64 bits")
    return str(value)


def _typed(raw: str, tag: str | None) -> Value:
    """What goyaml makes of an unquoted or tagged scalar, ints and floats told apart."""
    kinds = None
    if tag is not None:
        if tag == TAG + "binary":
            return _binary(raw)
        kinds = _TYPES.get(tag)
        if kinds is None:
            return raw
    value: Value = raw
    if raw in _WORDS:
        value = _WORDS[raw]
    elif raw[0] in _NUMBER_STARTS:
        number = _number(raw)
        if number is not None:
            value = number
        elif kinds is not None and raw in NOT_FINITE:
            value = float(NOT_FINITE[raw].replace(".", ""))
    if kinds is not None:
        assert tag is not None
        # goyaml widens an int to a float where its tag says so, but none beyond the signed 64 bits.
        wide = float in kinds and isinstance(value, int) and value >= 2**63
        if type(value) not in kinds or wide:
            raise TagError(f"!!{tag[len(TAG) :]} does not fit {raw!r}")
        if float in kinds:
            return float(value)  # type: ignore[arg-type]
    return value


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
    """A float key as Go writes it: the shortest text of the 32-bit float, exponents from a million on."""
    single = _single(value)
    if single - single != 0:
        return ".nan" if single != single else ".inf" if single > 0 else "-.inf"
    texts = (f"{single:.{places}e}" for places in range(9))
    shortest = next(text for text in texts if _single(float(text)) == single)
    mantissa, _, exponent = shortest.partition("e")
    power = int(exponent)
    if not -4 <= power < 6:
        return f"{mantissa}e{power:+03d}"
    places = max(len(mantissa.lstrip("-").replace(".", "")) - 1 - power, 0)
    return f"{float(shortest):.{places}f}"


def _single(value: float) -> float:
    """A float64 rounded to 32 bits."""
    import struct

    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _binary(raw: str) -> str:
    import binascii

    try:
        data = binascii.a2b_base64("".join(raw.split()), strict_mode=True)
    except binascii.Error:
        raise TagError("!!binary is not base64") from None
    return data.decode("utf-8", "replace")
