"""Rules that are written as data: what is expected of values, monitors and the rest, judged against a world."""

from __future__ import annotations

import re

from valuelint.light import Any, Iterator, NamedTuple
from valuelint.lint.rule import Open, Related, Remedy, Rule, Violation, is_given, show
from valuelint.lint.views import Subject, subjects
from valuelint.predict.cluster import World
from valuelint.syntax import Path, format_path
from valuelint.syntax.patches import Append, CannotPatch, Patch, Remove, Rename, Set, plain_copy
from valuelint.values import Unknown, holds_unknown

PLACEHOLDER = re.compile(r"\{([$\w*][^{}\s]*)\}")
"""`{path}` in a text. Other braces stay as they are."""


class Verdict(NamedTuple):
    """What an expectation comes to at one path: True, False, or None where that cannot be known."""

    path: Path
    holds: bool | None
    value: Any


def judge(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """What a policy finds in a world."""
    for subject in subjects(world, rule.data["for"], rule.data.get("charts", {})):
        if "given" in rule.data and rule.data["for"] != "cluster" and not is_given(rule, world.of(subject.release)):
            continue
        params = _params(world, rule, subject)
        conditions = [verdict.holds for verdict in _verdicts(rule, "when", subject, params)]
        if False in conditions:
            continue
        failed: list[Verdict] = []
        unknown: list[str] = []
        if "cel" in rule.data:
            _judge_expression(world, rule, subject, params, failed, unknown)
        else:
            verdicts = list(_verdicts(rule, "expect", subject, params))
            failed = [verdict for verdict in verdicts if verdict.holds is False]
            unknown = [show(verdict.value) for verdict in verdicts if verdict.holds is None]
        if failed and subject.sure and None not in conditions:
            yield _violation(world, rule, subject, failed, params)
        elif failed or unknown:
            title = filled(rule.data["message"], subject, None, params)
            reasons = unknown or ["what decides whether it applies"]
            yield Open(subject.release, title, "; ".join(dict.fromkeys(reasons)))


def _params(world: World, rule: Rule, subject: Subject) -> dict[str, Any]:
    """The parameters of a rule, as they are for the files of a release."""
    params = dict(rule.params)
    settings = world.cluster.settings
    if settings is not None and settings.overrides and world.installed:
        release = world.of(subject.release).release
        file = release.file or (release.layers[-1].file if release.layers else "")
        for override in settings.overrides:
            if override.covers(file):
                params.update(override.parameters.get(rule.id, {}))
    return params


# --- expectations ---------------------------------------------------------------------------------


def _verdicts(rule: Rule, key: str, subject: Subject, params: dict[str, Any]) -> Iterator[Verdict]:
    for text, wanted in rule.data.get(key, {}).items():
        wanted = with_params(wanted, params)
        for path, value in values_at(subject.data, parse_field(with_params(text, params))):
            yield Verdict(path, meets(value, wanted), value)


def parse_field(text: str) -> Path:
    """A path as policies write it: `$release.name`, `*` for every key or item. Raises ValueError."""
    from valuelint.workspace.settings import parse_pattern

    if text.startswith("$"):
        first, _, rest = text.partition(".")
        return (first, *(parse_pattern(rest) if rest else ()))
    return parse_pattern(text)


def values_at(data: Any, path: Path) -> list[tuple[Path, Any]]:
    """What stands at a path, once for each key or item that a star stands for; None where nothing does."""
    found: list[tuple[Path, Any]] = [((), data)]
    for part in path:
        step: list[tuple[Path, Any]] = []
        for at, value in found:
            if isinstance(value, Unknown):
                step.append(((*at, part), value))
            elif part == "*":
                items = (
                    value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
                )
                step += [((*at, key), item) for key, item in items if not str(key).startswith("$")]
            elif isinstance(value, dict):
                step.append(((*at, part), value.get(part)))
            elif isinstance(value, list) and isinstance(part, int) and -len(value) <= part < len(value):
                step.append(((*at, part), value[part]))
            else:
                step.append(((*at, part), None))
        found = step
    return found


def meets(value: Any, wanted: Any) -> bool | None:
    """Whether a value is what is wanted: a literal, or a map that is a JSON Schema."""
    if isinstance(value, Unknown) or holds_unknown(value):
        return None
    if not isinstance(wanted, dict):
        from valuelint.syntax.edits import same

        return same(value, wanted)
    if value is None or (value == "" and "duration" in wanted):  # the charts leave an empty duration out
        return bool(wanted.get("absent", False)) or "null" in _types(wanted) or wanted.get("const", 0) is None
    return bool(_validator(wanted).is_valid(value))


def _types(schema: dict[str, Any]) -> Any:
    return schema.get("type", ())


_validators: dict[str, Any] = {}


def _validator(schema: dict[str, Any]) -> Any:
    key = repr(schema)
    if key not in _validators:
        _validators[key] = _validator_class()(schema)
    return _validators[key]


_classes: list[Any] = []


def _validator_class() -> Any:
    """JSON Schema with two keywords more: `version` and `duration`, each with a comparison."""
    if not _classes:
        import jsonschema

        def version(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
            if not in_versions(value, wanted):
                yield jsonschema.ValidationError(f"{value} is no version {wanted}")

        def duration(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
            if not is_duration(value, wanted):
                yield jsonschema.ValidationError(f"{value} is no duration {wanted}")

        extended = {"version": version, "duration": duration}
        extend: Any = jsonschema.validators.extend
        _classes.append(extend(jsonschema.Draft202012Validator, extended))
    return _classes[0]


def in_versions(value: Any, wanted: str) -> bool:
    """Whether a text is a version in a range."""
    from valuelint.charts.versions import Range

    try:
        return Range.parse(wanted).contains(str(value).removeprefix("v"))
    except ValueError:
        return False


_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w|y)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(\S+)")


def seconds(text: Any) -> float | None:
    """A duration as Prometheus writes it; None for what is none."""
    if text == "0":
        return 0.0
    if not isinstance(text, str) or not re.fullmatch(r"(?:\d+(?:ms|[smhdwy]))+", text):
        return None
    return sum(int(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))


def is_duration(value: Any, wanted: str) -> bool:
    """Whether a text is a duration that a comparison such as `>=30s` holds for."""
    match = _COMPARISON.fullmatch(str(wanted).strip())
    limit, given = seconds(match[2]) if match else None, seconds(value)
    if match is None or limit is None or given is None:
        return False
    return {">=": given >= limit, "<=": given <= limit, ">": given > limit, "<": given < limit}[match[1]]


# --- expressions ----------------------------------------------------------------------------------


def _judge_expression(
    world: World, rule: Rule, subject: Subject, params: dict[str, Any], failed: list[Verdict], unknown: list[str]
) -> None:
    from valuelint.lint.cel import Refusal, evaluate

    data = {**subject.data, "params": params}
    expression = rule.data["cel"]
    answer = evaluate(expression, _variables(world, subject, data))
    if answer is True:
        return
    at = parse_field(rule.data["at"]) if "at" in rule.data else ()
    value = values_at(subject.data, at)[0][1] if at else None
    if isinstance(answer, Refusal):
        unknown.append(f"the expression: {answer.reason}")
    elif holds_unknown(data):
        unknown.append("values that are not known")
    else:
        failed.append(Verdict(at, False, value))


def _variables(world: World, subject: Subject, data: dict[str, Any]) -> dict[str, Any]:
    """What an expression sees, beside the subject itself, which is `self`."""
    (cluster,) = subjects(world, "cluster", {})
    return {
        "self": {key: value for key, value in data.items() if not key.startswith("$")},
        "values": data.get("$values", {}),
        "release": data.get("$release", {}),
        "cluster": {key: value for key, value in cluster.data.items() if not key.startswith("$")},
        "monitors": cluster.data["monitors"],
        "prometheus": cluster.data["prometheus"],
        "params": data["params"],
    }


# --- what is said, and done about it --------------------------------------------------------------


def _violation(world: World, rule: Rule, subject: Subject, failed: list[Verdict], params: dict[str, Any]) -> Violation:
    first = failed[0]
    release, path = _home(subject, first.path)
    related = []
    origin = None
    if _of_release(first.path):
        mine = world.of(release).release
        origin = mine.origins.get(str(first.path[-1]))
        # Whoever asks for the values of a release wants to hear of it, also where something else says what it is.
        if origin is not None and origin.source.name not in (mine.file, *(layer.source.name for layer in mine.layers)):
            related.append(Related(release, None, origin, f"{show(first.value)} is said here"))
            origin = None
    for verdict in failed[1:]:
        other, there = _home(subject, verdict.path)
        if (other, there) != (release, path):
            related.append(Related(other, there, None, f"{_name(verdict.path)}: {show(verdict.value)}"))
    data = rule.data
    words = {"message": filled(data["message"], subject, first, params)}
    words["label"] = filled(data["label"], subject, first, params) if "label" in data else "here"
    notes = [filled(note, subject, first, params) for note in data.get("notes", ())]
    notes += [f"{_name(verdict.path)} is {show(verdict.value)}, too" for verdict in failed[1:]] if not related else []
    remedy = _remedy(rule, subject, params)
    if remedy is not None:
        words["fix"] = filled(data["fix"].get("title") or _title(remedy), subject, first, params)
    return Violation(release, path, "found", words, subject.name, tuple(related), tuple(notes), remedy, origin=origin)


def _of_release(path: Path) -> bool:
    """Whether a path is about what a release is, not about its values: `$release.version`, `charts.cilium.name`."""
    return path[:1] == ("$release",) or (path[:1] == ("charts",) and len(path) == 3)


def _home(subject: Subject, path: Path) -> tuple[int, Path]:
    return (subject.home(path) if path else None) or (subject.release, subject.anchor)


def _name(path: Path) -> str:
    return ".".join(filter(None, [*(str(part) for part in path[:1]), format_path(path[1:])]))


def filled(template: str, subject: Subject, verdict: Verdict | None, params: dict[str, Any]) -> str:
    """A text with its placeholders filled in."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name == "subject":
            return subject.title
        if name in ("path", "value"):
            if verdict is None:
                return "it"
            return _name(verdict.path) if name == "path" else show(verdict.value)
        if name.startswith("params."):
            return show(params.get(name.removeprefix("params."), ""))
        (_, value), *_ = values_at(subject.data, parse_field(name)) or [((), None)]
        return show(value)

    return PLACEHOLDER.sub(fill, template)


def with_params(value: Any, params: dict[str, Any]) -> Any:
    """Data with parameters filled in; a text that is nothing but one becomes its value, of whatever type."""
    if isinstance(value, dict):
        return {with_params(key, params): with_params(item, params) for key, item in value.items()}
    if isinstance(value, list):
        return [with_params(item, params) for item in value]
    if not isinstance(value, str) or "{params." not in value:
        return value
    whole = re.fullmatch(r"\{params\.([\w-]+)\}", value)
    if whole:
        return params.get(whole[1])
    return re.sub(r"\{params\.([\w-]+)\}", lambda match: show(params.get(match[1], "")), value)


def _remedy(rule: Rule, subject: Subject, params: dict[str, Any]) -> Remedy | None:
    """The patches of a fix, on the values of one release; None where no value stands behind a path."""
    fix = rule.data.get("fix")
    if fix is None:
        return None
    patches: list[Patch] = []
    releases = set()
    for kind in ("set", "append", "rename", "remove"):
        given = fix.get(kind, {})
        pairs = given.items() if isinstance(given, dict) else [(path, None) for path in given]
        for text, value in pairs:
            path = parse_field(with_params(text, params))
            home = subject.home(path)
            if home is None or not home[1]:
                return None
            value = with_params(value, params)
            if kind == "set" and all(_is(there, value) for _, there in values_at(subject.data, path)):
                continue  # it is so already
            releases.add(home[0])
            patches.append(_patch(kind, home[1], value))
    if len(releases) != 1:
        return None
    return Remedy(releases.pop(), fix.get("safety", "unsafe"), tuple(patches))


def _is(there: Any, value: Any) -> bool:
    from valuelint.syntax.edits import same

    return not isinstance(there, Unknown) and not holds_unknown(there) and same(there, value)


def _patch(kind: str, path: Path, value: Any) -> Patch:
    if kind == "remove":
        return Remove(path)
    if kind == "rename":
        return Rename(path, str(value))
    try:
        value = plain_copy(value)
    except CannotPatch as error:
        raise ValueError(str(error)) from None
    return Set(path, value) if kind == "set" else Append(path, value)


def _title(remedy: Remedy) -> str:
    def told(patch: Any) -> str:
        name = format_path(patch.path)
        if isinstance(patch, Set):
            return f"set {name} to {show(patch.value)}"
        if isinstance(patch, Append):
            return f"add {show(patch.value)} to {name}"
        return f"rename {name} to {patch.key}" if isinstance(patch, Rename) else f"take {name} away"

    return ", ".join(told(patch) for patch in remedy.patches)
