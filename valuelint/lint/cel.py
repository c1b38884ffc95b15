"""Expressions in CEL, through the optional package cel-expr-python: loaded only when a rule holds one."""

from __future__ import annotations

from valuelint.light import Any, NamedTuple
from valuelint.values import Unknown

VARIABLES = ("self", "values", "release", "cluster", "monitors", "prometheus", "params")

MISSING = "the package cel-expr-python is not installed"
INSTALL = "pip install 'valuelint[cel]'"


class NoCel(Exception):  # noqa: N818 - says what it is
    """A rule holds an expression, and the package that evaluates them is not there."""


class BadExpression(Exception):  # noqa: N818
    """An expression that does not compile; line and column are those within it."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class Refusal(NamedTuple):
    """What an expression says that could not be evaluated."""

    reason: str


_compiled: dict[str, Any] = {}


def compiled(expression: str) -> Any:
    """An expression, ready to be evaluated. Raises NoCel and BadExpression."""
    if expression not in _compiled:
        try:
            from cel_expr_python import cel
        except ImportError:
            raise NoCel(f"{MISSING}; {INSTALL}") from None
        environment = _compiled.get("")
        if environment is None:
            environment = _compiled[""] = cel.NewEnv(variables=dict.fromkeys(VARIABLES, cel.Type.DYN))
        try:
            found = environment.compile(expression)
        except Exception as error:  # the package has no class of its own for this
            raise _explained(str(error)) from None
        if found.return_type().name() not in ("BOOL", "DYN"):
            raise BadExpression(f"it gives {found.return_type().name().lower()}, not true or false", 1, 1)
        _compiled[expression] = (environment, found)
    return _compiled[expression]


def _explained(text: str) -> BadExpression:
    import re

    match = re.search(r"<input>:(\d+):(\d+): (.*)", text)
    if match is None:
        return BadExpression(text.partition("\n")[0], 1, 1)
    return BadExpression(match[3], int(match[1]), int(match[2]))


def evaluate(expression: str, variables: dict[str, Any]) -> bool | Refusal:
    """What an expression says: true, false, or why it could not be evaluated."""
    environment, program = compiled(expression)
    try:
        value = program.eval(environment.Activation({name: _plain(item) for name, item in variables.items()}))
        answer = value.plain_value()
    except Exception as error:
        return Refusal(str(error).partition("\n")[0])
    if isinstance(answer, bool):
        return answer
    return Refusal(str(answer).partition("\n")[0])


def _plain(data: Any) -> Any:
    """Data that an expression can hold; an unknown value is the text in its place."""
    if isinstance(data, Unknown):
        return data.text
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data
