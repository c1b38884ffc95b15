"""Kubernetes' LabelSelector, with values that may be unknown."""

from __future__ import annotations

from valuelint.charts.expressions import go_text
from valuelint.light import Any, NamedTuple
from valuelint.values import Unknown, holds_unknown

NAMESPACE_NAME = "kubernetes.io/metadata.name"
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


class Requirement(NamedTuple):
    """One requirement of a selector, and what it makes of some labels."""

    key: str
    operator: str
    values: tuple[Any, ...]
    holds: bool | None
    found: Any
    """The label's value; None where the label is absent."""

    def __str__(self) -> str:
        shown = ", ".join(value.text if isinstance(value, Unknown) else go_text(value) for value in self.values)
        if self.operator == "In" and len(self.values) == 1:
            return f"{self.key}: {shown}"
        return f"{self.key} {self.operator} [{shown}]" if self.values else f"{self.key} {self.operator}"


class Match(NamedTuple):
    """Whether a selector matches, requirement by requirement."""

    matches: bool | None
    requirements: tuple[Requirement, ...]

    def failing(self) -> list[Requirement]:
        """The requirements that do not hold."""
        return [requirement for requirement in self.requirements if requirement.holds is False]

    def open(self) -> list[Requirement]:
        """The requirements that cannot be decided."""
        return [requirement for requirement in self.requirements if requirement.holds is None]


def match(selector: Any, labels: dict[str, Any] | Unknown, only_known: str | None = None) -> Match:
    """A LabelSelector on labels: null matches nothing, {} everything, else all requirements have to hold.

    With `only_known`, no other label than that one is known (the labels of a namespace, of which text shows the name).
    A selector that is not known, or that the API server would refuse (an operator that does not exist), is undecided.
    """
    if selector is None:
        return Match(False, ())
    if not isinstance(selector, dict) or isinstance(labels, Unknown):
        return Match(True if selector == {} else None, ())
    requirements = []
    given = selector.get("matchLabels")
    if isinstance(given, Unknown):
        return Match(None, ())
    for key, value in (given or {}).items() if isinstance(given, dict) or given is None else ():
        requirements.append(_requirement(key, "In", (value,), labels, only_known))
    expressions = selector.get("matchExpressions")
    if isinstance(expressions, Unknown):
        return Match(None, tuple(requirements))
    for item in expressions if isinstance(expressions, list) else ():
        if not isinstance(item, dict):
            return Match(None, tuple(requirements))
        wanted = item.get("values") or ()
        values = tuple(wanted) if isinstance(wanted, (list, tuple)) else (wanted,)
        key = item.get("key")
        requirements.append(
            _requirement(key if isinstance(key, str) else "", str(item.get("operator")), values, labels, only_known)
        )
    answers = [requirement.holds for requirement in requirements]
    verdict = False if False in answers else None if None in answers else True
    return Match(verdict, tuple(requirements))


def _requirement(
    key: str, operator: str, values: tuple[Any, ...], labels: dict[str, Any], only_known: str | None
) -> Requirement:
    found = labels.get(key)
    return Requirement(key, operator, values, _holds(key, operator, values, labels, only_known), found)


def _holds(
    key: str, operator: str, values: tuple[Any, ...], labels: dict[str, Any], only_known: str | None
) -> bool | None:
    if operator not in OPERATORS or (only_known is not None and key != only_known):
        return None
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) == (operator == "Exists")
    wanted = operator == "In"
    if key not in labels:  # NotIn holds where the label is absent
        return not wanted
    found = labels[key]
    if isinstance(found, Unknown) or holds_unknown(list(values)):
        known = not isinstance(found, Unknown) and found in [
            value for value in values if not isinstance(value, Unknown)
        ]
        return wanted if known else None
    return (found in values) == wanted
