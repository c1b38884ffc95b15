"""Policies: rules that somebody else wrote, read from folders and made into rules as good as ours."""

from __future__ import annotations

import os
from difflib import get_close_matches

from valuelint.charts.facts import chart_names
from valuelint.charts.versions import Range, parse_version
from valuelint.light import Any, Iterable, Iterator
from valuelint.lint.checks.policies import PLACEHOLDER, is_duration, parse_field
from valuelint.lint.rule import Rule, complete, read_rule
from valuelint.lint.shape import brief, first_flaw
from valuelint.lint.views import ALWAYS, FIELDS
from valuelint.syntax import Document, Path, Scalar, Source, SourceError, find, format_path, parse, parse_path, to_data
from valuelint.workspace.release import Problem
from valuelint.workspace.settings import environments
from valuelint.workspace.sources import policy_files

PLAIN = ("subject", "path", "value")
"""Placeholders that are no paths."""


def load_policies(folders: Iterable[str], taken: Iterable[str]) -> tuple[list[Rule], list[Problem]]:
    """The rules in some folders, and what is wrong with their files; the ids of others are taken.

    One that replaces another takes its place: one of those taken, or one of a folder before its own.
    """
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    reserved = set(taken)
    for file in dict.fromkeys(os.path.normpath(file) for folder in folders for file in policy_files(folder)):
        shown = _shown(file)
        try:
            rule = read_policy(file, shown)
            if not rule.data.get("replaces", False):
                _refuse_twin(rule, shown, rules, reserved)
            elif rule.id not in reserved and rule.id not in rules:
                close = get_close_matches(rule.id, sorted({*reserved, *rules}), 1)
                remedy = f"did you mean {close[0]}? Else take replaces away" if close else "take replaces away"
                raise at(_document(file, shown), ("replaces",), f"there is no rule {rule.id} to replace", remedy, True)
            rules[rule.id] = rule
        except Problem as problem:
            problems.append(problem)
    return list(rules.values()), problems


def _shown(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative


def _refuse_twin(rule: Rule, shown: str, rules: dict[str, Rule], reserved: set[str]) -> None:
    """Raises Problem for an id that another rule has; nothing is replaced by accident."""
    replace = "or say replaces: true in it, so that it takes the place of the other"
    if rule.id in rules:
        message = f"{_shown(rules[rule.id].file)} is the rule {rule.id}, too"
        raise Problem(message, shown, 1, 1, f"rename one of the two, {replace}")
    if rule.id in reserved:
        message = f"valuelint has a rule {rule.id} of its own"
        raise Problem(message, shown, 1, 1, f"give the file another name, {replace}")


def read_policy(file: str, shown: str) -> Rule:
    """The rule that a file holds. Raises Problem at the first thing that is wrong."""
    name = os.path.splitext(os.path.basename(file))[0]
    return policy_of(_document(file, shown), name, file)


def _document(file: str, shown: str) -> Document:
    try:
        documents = parse(Source.read(file, shown))
    except SourceError as error:
        raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None
    except OSError as error:
        raise Problem(f"cannot read it: {error.strerror}", shown) from None
    refuse_several(documents, "a rule")
    return documents[0]


def refuse_several(documents: list[Document], what: str) -> None:
    """Raises Problem for a file that holds more than one document."""
    filled = [document for document in documents if document.root is not None]
    if len(filled) > 1:
        line, column = filled[1].source.position(filled[1].root.start if filled[1].root is not None else 0)
        message = f"{what} is one YAML document, this file holds several"
        raise Problem(message, filled[1].source.name, line, column, "give each a file of its own")


def policy_of(document: Document, name: str, file: str) -> Rule:
    """The rule in a document. Raises Problem."""
    source = document.source
    try:
        data = {} if document.root is None else to_data(document.root, source=source)
    except SourceError as error:
        raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None
    if not isinstance(data, dict):
        raise at(document, (), "a rule is a map", "docs/policies.md shows one")
    _shaped(document, data)
    _meant(document, data, name)
    rule = read_rule(name, complete(data))._replace(file=file)
    if "check" not in data:
        return rule
    ours = _ours(name)
    level = rule.data["fix_safety"]["level"]
    return rule._replace(
        level="" if level == ours["fix_safety"]["level"] else "off" if level == "none" else level,
        left_out=tuple(chart for chart in ours["charts"] if chart not in rule.data["charts"]),
    )


def _ours(name: str) -> dict[str, Any]:
    """The rule of a name that valuelint ships; empty if there is none."""
    from valuelint import resources

    file = f"{name}.yaml"
    return resources.load(f"rules/{file}") if file in resources.names("rules") else {}


# --- what is wrong with a file --------------------------------------------------------------------


def at(document: Document, path: Path, message: str, remedy: str, key: bool = False) -> Problem:
    """A problem at a path of the file, or at the nearest thing above it."""
    source = document.source
    offset = 0 if document.root is None else document.root.start
    for length in range(len(path), 0, -1):
        found = find(document.root, path[:length])
        if found is not None:
            at_key = found.entry is not None and (key or length < len(path))
            offset = found.entry.key.start if at_key and found.entry is not None else found.node.start
            break
    line, column = source.position(offset)
    return Problem(message, source.name, line, column, remedy)


def _shaped(document: Document, data: dict[str, Any]) -> None:
    """Raises Problem unless the data have the shape of a rule's file."""
    from valuelint import resources

    if "check" in data and data.get("replaces") is not True:
        remedy = "write expect: or cel:, or add replaces: true to a changed copy of one of them"
        raise at(document, ("check",), "check is for rules of valuelint", remedy, key=True)
    flaw = first_flaw(data, resources.load("schemas/rule.schema.json"))
    if flaw is not None:
        raise at(document, *flaw)


def _meant(document: Document, data: dict[str, Any], name: str) -> None:
    """Raises Problem for what has the right shape and no meaning."""
    if not name or not all((part.isalnum() and part.islower()) or part.isdigit() for part in name.split("-")):
        raise at(
            document, (), f"{name} is no name for a rule", "name the file after the rule: small letters and dashes"
        )
    for chart, versions in data.get("charts", {}).items():
        _check_chart(document, ("charts", chart), chart)
        try:
            Range.parse(versions)
        except ValueError as error:
            raise at(document, ("charts", chart), brief(str(error)), "such as '>=1.16 <1.20'") from None
    places: list[Path] = [("environments",)]
    for kind in ("bad", "good"):
        listed = data.get("examples", {}).get(kind, ())
        for number, example in enumerate(listed):
            check_example(document, ("examples", kind, number), example)
        places += [("examples", kind, number, "config", "environment") for number in range(len(listed))]
    for place in places:
        for number, environment in enumerate(_within(data, place) or ()):
            if environment not in environments():
                close = get_close_matches(environment, environments(), 1)
                remedy = f"did you mean {close[0]}?" if close else f"known are {', '.join(environments())}"
                raise at(document, (*place, number), f"there is no environment {environment}", remedy)
    if "check" in data:
        _meant_as_ours(document, data, name)
        return
    for number, text in enumerate(data.get("given", ())):
        try:
            parse_path(text)
        except ValueError as error:
            raise at(document, ("given", number), str(error), "a path of the values, such as hubble.ui") from None
    for path, text in _fields(data):
        _check_field(document, data, path, text)
    for path, text in _texts(data):
        for match in PLACEHOLDER.finditer(text):
            _check_placeholder(document, data, path, match[1])
    for path, value in _values(data):
        for text in _strings(value):
            for match in PLACEHOLDER.finditer(text):
                if match[1].startswith("params."):
                    _check_param(document, data, path, match[1], key=False)
    for key in ("when", "expect"):
        for field, wanted in data.get(key, {}).items():
            if isinstance(wanted, dict):
                _check_schema(document, (key, field), wanted, data)
    if "cel" in data:
        _check_expression(document, data["cel"])


def check_example(document: Document, path: Path, example: dict[str, Any]) -> None:
    """Raises Problem for a chart or a version in an example that there cannot be."""
    for chart, release in example["releases"].items():
        where: Path = (*path, "releases", chart)
        _check_chart(document, where, chart)
        try:
            parse_version(release.get("version", "1.0.0"))
        except ValueError as error:
            raise at(document, (*where, "version"), brief(str(error)), "such as 1.20.0") from None


def _check_chart(document: Document, path: Path, chart: str) -> None:
    if chart not in chart_names():
        close = get_close_matches(chart, chart_names(), 1)
        remedy = f"did you mean {close[0]}?" if close else f"known are {', '.join(chart_names())}"
        raise at(document, path, f"there is no chart {chart}", remedy, key=True)


def _within(data: Any, path: Path) -> Any:
    """What stands at a path; None where nothing does."""
    for part in path:
        data = data[part] if isinstance(part, int) else data.get(part)
        if data is None:
            return None
    return data


def _meant_as_ours(document: Document, data: dict[str, Any], name: str) -> None:
    """Raises Problem where a changed copy of a rule of valuelint says what the check behind that rule does not know."""
    ours = _ours(name)
    if "check" not in ours:
        remedy = "valuelint rules lists them; the file is called as the rule that it replaces"
        raise at(document, ("check",), f"valuelint has no rule {name} with a check", remedy, key=True)
    for key in ("check", "scope"):
        if data[key] != ours[key]:
            raise at(document, (key,), f"the {key} of {name} is {ours[key]}", "what looks for it stays as it is")
    if "params" in data:
        raise at(document, ("params",), f"the check of {name} has no parameters", "take params away", key=True)
    for variant in data["messages"]:
        if variant not in ours["messages"]:
            remedy = f"known are {', '.join(ours['messages'])}"
            raise at(document, ("messages", variant), f"{name} has no variant {variant}", remedy, key=True)
    for variant, words in ours["messages"].items():
        if variant not in data["messages"]:
            raise at(document, ("messages",), f"the variant {variant} is missing", f"add {variant}: …", key=True)
        _check_wording(document, ("messages", variant), data["messages"][variant], words)


def _check_wording(document: Document, path: Path, words: dict[str, Any], ours: dict[str, Any]) -> None:
    for part, _ in _said(ours):
        if part[0] in ("fix", "fixes") and part not in [given for given, _ in _said(words)]:
            remedy = "the check offers that fix, and it needs a title"
            raise at(document, path, f"{format_path(part)} is missing", remedy, key=True)
    known = sorted({name for _, text in _said(ours) for name in _names(text)})
    for where, text in _said(words):
        try:
            names = _names(text)
        except ValueError as error:
            remedy = "a brace that is meant itself is doubled"
            raise at(document, (*path, *where), f"{text}: {error}", remedy) from None
        for name in names:
            if name not in known:
                close = get_close_matches(name, known, 1)
                listed = ", ".join(f"{{{each}}}" for each in known) or "none here"
                remedy = f"did you mean {{{close[0]}}}?" if close else f"known are {listed}"
                raise at(document, (*path, *where), f"there is no {{{name}}}", remedy)


def _said(words: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The texts of a wording, each with where it stands in it."""
    yield from (((key,), words[key]) for key in ("message", "label", "fix") if key in words)
    yield from ((("notes", number), text) for number, text in enumerate(words.get("notes", ())))
    yield from ((("fixes", key), text) for key, text in words.get("fixes", {}).items())


def _names(text: str) -> list[str]:
    """The placeholders of a text, whole: with what makes more of one than a name. Raises ValueError."""
    from string import Formatter

    found = []
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None:
            found.append(name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
    return found


def _fields(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The paths of values that a policy speaks of, each with where it does."""
    for key in ("when", "expect"):
        yield from (((key, text), text) for text in data.get(key, {}))
    for key in ("set", "append", "rename"):
        yield from ((("fix", key, text), text) for text in data.get("fix", {}).get(key, {}))
    yield from ((("fix", "remove", number), text) for number, text in enumerate(data.get("fix", {}).get("remove", ())))
    if "at" in data:
        yield ("at",), data["at"]


def _texts(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The texts of a policy that may hold placeholders."""
    for key in ("message", "label"):
        if key in data:
            yield (key,), data[key]
    yield from ((("notes", number), text) for number, text in enumerate(data.get("notes", ())))
    if "title" in data.get("fix", {}):
        yield ("fix", "title"), data["fix"]["title"]


def _values(data: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The values of a policy that may hold parameters, each with where it stands."""
    for key in ("when", "expect"):
        yield from (((key, field), wanted) for field, wanted in data.get(key, {}).items())
    for key in ("set", "append", "rename"):
        yield from ((("fix", key, field), value) for field, value in data.get("fix", {}).get(key, {}).items())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _check_field(document: Document, data: dict[str, Any], path: Path, text: str) -> None:
    for match in PLACEHOLDER.finditer(text):
        _check_param(document, data, path, match[1], key=True)
    plain = PLACEHOLDER.sub("x", text)
    try:
        field = parse_field(plain)
    except ValueError as error:
        raise at(document, path, str(error), "write it as findings do: a.b[0].c", key=True) from None
    _check_root(document, data, path, field, text, key=path[-1] == text)


def _check_root(document: Document, data: dict[str, Any], path: Path, field: Path, text: str, key: bool) -> None:
    fields = FIELDS[data["for"]]
    first = str(field[0]) if field else ""
    known = ALWAYS if fields is None else (*fields, *ALWAYS)
    if first.startswith("$") and (first not in known or (data["for"] == "cluster" and first != "$cluster")):
        raise at(document, path, f"there is no {first}", f"known are {', '.join(known)}", key)
    if fields is not None and first not in known:
        close = get_close_matches(first, known, 1)
        remedy = f"did you mean {close[0]}?" if close else f"it has {', '.join(known)}"
        raise at(document, path, f"a {data['for']} has no {first}", remedy, key)


def _check_placeholder(document: Document, data: dict[str, Any], path: Path, name: str) -> None:
    if name in PLAIN:
        return
    if name.startswith("params."):
        _check_param(document, data, path, name, key=False)
        return
    try:
        field = parse_field(name)
    except ValueError as error:
        raise at(document, path, f"{{{name}}}: {error}", "a placeholder holds a path") from None
    _check_root(document, data, path, field, name, key=False)


def _check_param(document: Document, data: dict[str, Any], path: Path, name: str, key: bool) -> None:
    known = [f"params.{each}" for each in data.get("params", {})]
    if name not in known:
        close = get_close_matches(name, known, 1)
        remedy = f"did you mean {{{close[0]}}}?" if close else f"known are {', '.join(known) or 'none; add params:'}"
        raise at(document, path, f"there is no parameter {{{name}}}", remedy, key)


def _check_schema(document: Document, path: Path, schema: dict[str, Any], data: dict[str, Any]) -> None:
    import jsonschema

    from valuelint.lint.checks.policies import with_params

    filled = with_params(schema, {name: item["default"] for name, item in data.get("params", {}).items()})
    _check_inside(document, path, filled)
    try:
        jsonschema.Draft202012Validator.check_schema(filled)
    except jsonschema.SchemaError as error:
        raise at(document, (*path, *error.absolute_path), brief(error.message), "a map here is a JSON Schema") from None
    known = {*jsonschema.Draft202012Validator.VALIDATORS, "version", "duration", "absent", "description", "default"}
    for key in filled:
        if key not in known:
            close = get_close_matches(key, sorted(known), 1)
            remedy = f"did you mean {close[0]}? " if close else ""
            remedy += "a map here is a JSON Schema; one that is meant itself is written {const: …}"
            raise at(document, (*path, key), f"JSON Schema has no {key}", remedy, key=True)
    if "version" in filled:
        try:
            Range.parse(str(filled["version"]))
        except ValueError as error:
            raise at(document, (*path, "version"), str(error), "such as '>=1.18'") from None
    if "duration" in filled and not (is_duration("0", filled["duration"]) or is_duration("9999y", filled["duration"])):
        raise at(document, (*path, "duration"), f"{filled['duration']} compares nothing", "such as '>=30s'")


def _check_inside(document: Document, path: Path, schema: Any) -> None:
    """Raises Problem for what the schema of schemas lets pass: a pattern that is none, and schemas from elsewhere."""
    import re

    parts = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    for key, value in parts:
        patterns = [value] if key == "pattern" else list(value) if key == "patternProperties" else []
        for pattern in patterns:
            try:
                re.compile(str(pattern))
            except re.error as error:
                raise at(document, (*path, key), f"{pattern}: {error}", "a pattern is a regular expression") from None
        if key in ("$ref", "$dynamicRef") and isinstance(value, str):
            message, remedy = f"{value} lies elsewhere", "nothing is looked up or fetched; write the schema out here"
            raise at(document, (*path, key), message, remedy)
        if key not in ("const", "enum", "default"):
            _check_inside(document, (*path, key), value)


def _check_expression(document: Document, expression: str) -> None:
    from valuelint.lint.cel import BadExpression, NoCel, compiled

    try:
        compiled(expression)
    except NoCel as error:
        raise at(
            document, ("cel",), f"it holds an expression, and {error}", "rules with expect: need nothing"
        ) from None
    except BadExpression as error:
        problem = at(document, ("cel",), f"the expression: {error}", "docs/policies.md shows what it can use")
        found = find(document.root, ("cel",))
        style = found.node.style if found is not None and isinstance(found.node, Scalar) else ""
        if style == "literal":
            problem.line += error.line
            text = document.source.line_text(problem.line)
            problem.column = len(text) - len(text.lstrip()) + error.column
        elif style != "folded" and error.line == 1:
            problem.column += error.column - (style == "plain")
        raise problem from None
