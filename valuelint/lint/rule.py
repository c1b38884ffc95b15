"""A rule as data: its declaration, its words, and what its check yields."""

from __future__ import annotations

import sys
from importlib import import_module

from valuelint import resources
from valuelint.charts.expressions import go_text
from valuelint.light import Any, Callable, Iterator, NamedTuple, cast
from valuelint.predict.cluster import Installed, World
from valuelint.syntax import Path, parse_path
from valuelint.values import Layer, Unknown
from valuelint.workspace.release import Origin


class BrokenRule(Exception):  # noqa: N818 - says what it is
    """A rule, or the check behind it, does not work: a mistake in valuelint or in a policy, never in the values."""

    def __init__(self, rule_id: str, cause: Exception, file: str = "") -> None:
        super().__init__(f"the rule {rule_id} is broken: {type(cause).__name__}: {cause}")
        self.file = file
        """The policy that it is, if it is one."""


class Wording(NamedTuple):
    """How one variant of a violation is said. Texts hold placeholders such as {name}, filled in from the violation."""

    severity: str
    message: str
    label: str
    notes: tuple[str, ...]
    fix: str
    fixes: dict[str, str]

    def title(self, side: str) -> str:
        """What the remedy at a side does."""
        return self.fixes.get(side, self.fix)


class Rule(NamedTuple):
    """A rule: `check` finds, `wordings` say. `data` is the whole file, with documentation and examples."""

    id: str
    severity: str
    check: str
    wordings: dict[str, Wording]
    data: dict[str, Any]
    params: dict[str, Any] = {}  # noqa: RUF012 - a default that nobody changes
    """The values of its parameters, by name."""
    file: str = ""
    """Where it stands, if it is not one of ours."""
    level: str = ""
    """How far its fixes go, whatever its check says: safe, unsafe, display or off; empty leaves it to the check."""
    left_out: tuple[str, ...] = ()
    """Charts that it no longer speaks of, if it takes the place of one of ours."""

    @property
    def summary(self) -> str:
        """One line: what it finds."""
        return cast(str, self.data["summary"])

    @property
    def fixable(self) -> bool:
        """Whether any of its findings comes with a fix."""
        return any(wording.fix or wording.fixes for wording in self.wordings.values())


class Related(NamedTuple):
    """A place that has to do with a violation: a path of a release's values, or where a file says something of it."""

    release: int
    path: Path | None
    origin: Origin | None
    message: str


class Promise(NamedTuple):
    """What a fix claims to bring about: a monitor is then "rendered" or "selected", a dashboard "picked-up"."""

    release: int
    effect: str
    subject: str


class Remedy(NamedTuple):
    """Patches on the values of one release, how far they may be applied, and what they claim.

    `side` is where it puts something right that has two ends: "monitor", "common" or "prometheus". One that is
    `asked_for` is only taken where the user names its side. `layer` is the one to patch, where that is none of the
    release's.
    """

    release: int
    applicability: str
    patches: tuple[Any, ...]
    promises: tuple[Promise, ...] = ()
    side: str = ""
    asked_for: bool = False
    layer: Layer | None = None


class Violation(NamedTuple):
    """What a check finds: a path in a release's values, never a position.

    `variant` chooses the wording, `words` fill its placeholders. `subject` tells apart what is found at one path.
    """

    release: int
    path: Path
    variant: str
    words: dict[str, Any]
    subject: str = ""
    related: tuple[Related, ...] = ()
    notes: tuple[str, ...] = ()
    remedy: Remedy | None = None
    within: tuple[int, int] | None = None
    """Part of the scalar at the path, as offsets into its text, where only that part is wrong."""
    at_key: bool = False
    """The key is wrong, not its value."""
    origin: Origin | None = None
    """What is wrong stands here, outside of the values; the path is for want of such a place."""
    in_every_version: bool = False
    """It was found by a look at all versions, however few of them the facts tell apart."""
    layer: Layer | None = None
    """The path is one of this layer, where that is none of the release's: an umbrella's values around them."""
    others: tuple[Remedy, ...] = ()
    """Other remedies for the same, in the order in which they are taken where the first cannot be."""


class Open(NamedTuple):
    """What a check cannot decide, and the option or key that would decide it."""

    release: int
    message: str
    decided_by: str


Check = Callable[[World, Rule], Iterator[Violation | Open]]


def load_rules(examples: bool = True) -> list[Rule]:
    """The catalogue, sorted by id; without the rules' examples, and their prose, it takes a fraction of the time.

    Raises OSError, SourceError, KeyError if a file is not what it must be.
    """
    contents = resources.load_folder("rules") if examples else _without_examples()
    return [
        read_rule(name.removesuffix(".yaml"), complete(data))
        for name, data in sorted(contents.items())
        if name.endswith(".yaml")
    ]


def _without_examples() -> dict[str, Any]:
    files = [f"rules/{name}" for name in resources.names("rules") if name.endswith(".yaml")]
    found: dict[str, Any] = resources.derived(files[0], "for-checks", _leave_out_examples, files[1:])
    return found


def _leave_out_examples() -> dict[str, Any]:
    contents = resources.load_folder("rules")
    return {
        name: {key: part for key, part in data.items() if key not in _FOR_READERS} for name, data in contents.items()
    }


_FOR_READERS = frozenset(("examples", "why", "remedy", "sources", "see"))
"""What a check does not need: examples, which are tests, and prose."""


def complete(data: dict[str, Any]) -> dict[str, Any]:
    """A rule with everything that rules have. What one without a check does not say is as little as can be."""
    if "check" in data:
        return data
    kind = data["for"]
    fix = data.get("fix")
    words: dict[str, Any] = {"message": "{message}", "label": "{label}"}
    if fix is not None:
        words["fix"] = "{fix}"
    severity = data.get("severity", "warning")
    return {
        "severity": severity,
        "since": "",
        "scope": "cluster" if kind in ("cluster", "pair") or "cel" in data else "release",
        "charts": {},
        "why": data["summary"],
        "remedy": "Change what the finding points to.",
        "fix_safety": {
            "level": "none" if fix is None else fix.get("safety", "unsafe"),
            "reason": "There is no fix." if fix is None else fix.get("reason", "As its author has it."),
        },
        "sources": [],
        "see": [],
        "examples": {"bad": [], "good": []},
        **{key: value for key, value in data.items() if key != "fix_safety"},
        "check": "policies.judge",
        "messages": {"found": words},
    }


def read_rule(rule_id: str, data: dict[str, Any]) -> Rule:
    """A rule from its file's content."""
    severity = data["severity"]
    wordings = {variant: _wording(words, severity) for variant, words in data["messages"].items()}
    params = {name: item["default"] for name, item in data.get("params", {}).items()}
    return Rule(rule_id, severity, data["check"], wordings, data, params)


def tuned(rule: Rule, severity: str, params: dict[str, Any]) -> Rule:
    """The rule with another severity (unless that is empty) for all that it finds, and with parameters replaced."""
    if severity:
        wordings = {variant: wording._replace(severity=severity) for variant, wording in rule.wordings.items()}
        rule = rule._replace(severity=severity, wordings=wordings)
    return rule._replace(params={**rule.params, **params}) if params else rule


def _wording(data: dict[str, Any], severity: str) -> Wording:
    return Wording(
        data.get("severity", severity),
        data["message"],
        data.get("label", ""),
        tuple(data.get("notes", ())),
        data.get("fix", ""),
        data.get("fixes", {}),
    )


def is_given(rule: Rule, installed: Installed) -> bool:
    """Whether the release's own values say something at a path that the rule wants to be `given`."""
    return any(_says(installed.values.user, parse_path(path)) for path in rule.data["given"])


def _says(data: Any, path: Path) -> bool:
    for part in path:
        if isinstance(part, str) and isinstance(data, dict):
            data = data.get(part)
        else:
            return False
    return data is not None and not isinstance(data, Unknown)


def find_check(rule: Rule) -> Check:
    """The function behind a rule's `check`: `monitors.not_selected` is in valuelint/lint/checks/monitors.py."""
    return cast(Check, _function(rule))


def find_review(rule: Rule) -> Callable[..., Any]:
    """The function behind the `check` of a rule of scope `workspace`: it gets all outcomes and the rule."""
    return cast("Callable[..., Any]", _function(rule))


def _function(rule: Rule) -> Any:
    module, _, function = rule.check.partition(".")
    name = f"valuelint.lint.checks.{module}"
    return getattr(sys.modules.get(name) or import_module(name), function)


def fill(template: str, words: dict[str, Any]) -> str:
    """A template with its placeholders filled in; an unknown value is shown by what stands in its place."""
    if "{" not in template:
        return template
    return template.format_map({key: show(value) for key, value in words.items()})


def show(value: Any) -> str:
    """A value for people."""
    if isinstance(value, Unknown):
        return f"({value.text})"
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return ", ".join(show(item) for item in value) or "[]"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {show(item)}" for key, item in value.items()) or "{}"
    return go_text(value)
