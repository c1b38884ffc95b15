"""The rules for people and programs: a list of all, and each one explained under fixed headings."""

from __future__ import annotations

import re
import textwrap

from valuelint.light import Any, Iterable, Iterator
from valuelint.lint.diagnostic import SEVERITIES
from valuelint.lint.examples import DELIVERY, Example, Given, examples
from valuelint.lint.rule import Rule

FORMATS = ("text", "json", "markdown")

WIDTH = 100
"""Columns of text; values of an example are never broken."""

_SHOWN = (2, 2)
"""How many bad and good examples are shown; the rest stands in the rule's file."""

_FIXES = {"safe": "safe", "unsafe": "at most unsafe", "display": "shown only", "none": "none"}


def render_list(rules: list[Rule], output_format: str) -> str:
    """All rules: a table, or in markdown a page with everything, or as JSON."""
    if output_format == "json":
        return _dump({"format": "valuelint-rules/1", "rules": [as_data(rule) for rule in rules]})
    if output_format == "markdown":
        return _page(rules)
    wide = max((len(rule.id) for rule in rules), default=0)
    lines = [f"{'rule':{wide}}  {'severity':8}  {'fix':14}  what it finds"]
    for rule in rules:
        start = f"{rule.id:{wide}}  {rule.severity:8}  {_FIXES[rule.data['fix_safety']['level']]:14}  "
        instead = f" ({rule.file}, in place of another)" if rule.data.get("replaces") else ""
        only = _only(rule)
        lines += _wrapped(rule.summary + (f" (Only {only}.)" if only else "") + instead, start, " " * len(start))
    lines += ["", "`valuelint explain RULE` says more of one."]
    return "\n".join(lines) + "\n"


def render_rule(rule: Rule, output_format: str) -> str:
    """A rule under the headings that all of them have."""
    if output_format == "json":
        return _dump({"format": "valuelint-rule/1", **as_data(rule)})
    if output_format == "markdown":
        return "\n".join(_section(rule, "#")) + "\n"
    return "\n".join(_explained(rule)) + "\n"


def as_data(rule: Rule) -> dict[str, Any]:
    """Everything about a rule, as plain data."""
    data = {
        key: value for key, value in rule.data.items() if key not in ("check", "scope", "messages", "message", "label")
    }
    messages = [{"severity": severity, "message": message} for severity, message in _headlines(rule)]
    return {"id": rule.id, **data, "fixable": rule.fixable, "messages": messages}


def _dump(data: dict[str, Any]) -> str:
    import json

    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _headlines(rule: Rule) -> list[tuple[str, str]]:
    """What the rule says, the worst first, with <name> where it fills something in."""
    found = {
        (wording.severity, _open(rule.summary if text == "{message}" else text))
        for wording in rule.wordings.values()
        for text in (rule.data.get("message", wording.message),)
    }
    return sorted(found, key=lambda item: (-SEVERITIES.index(item[0]), item[1]))


def _open(template: str) -> str:
    return re.sub(r"\{([\w.$]+)\}", lambda match: f"<{match[1].replace('_', ' ')}>", template)


def _charts(rule: Rule) -> str:
    charts = ", ".join(f"{chart} {versions}" for chart, versions in rule.data["charts"].items()) or "every chart"
    only = _only(rule)
    return charts + (f", only {only}" if only else "")


def _only(rule: Rule) -> str:
    """Where the configuration has to say something for a rule to apply."""
    if "environments" in rule.data:
        return f"in {' or '.join(rule.data['environments'])}"
    return f"in the profile {rule.data['profile']}" if "profile" in rule.data else ""


def _chosen(rule: Rule) -> tuple[list[tuple[str, Example]], int]:
    """The examples to show, each as "bad" or "good", and how many there are besides."""
    every = examples(rule)
    bad, good = [item for item in every if item.bad], [item for item in every if not item.bad]
    shown = [("bad", item) for item in bad[: _SHOWN[0]]] + [("good", item) for item in good[: _SHOWN[1]]]
    return shown, len(every) - len(shown)


def _release(given: Given) -> str:
    """`kube-prometheus-stack 52.1.0, release prometheus, namespace monitoring`."""
    parts = [f"{given.chart} {given.version or '(any version)'}"]
    parts += [f"release {given.name}"] if given.name else []
    parts += [f"namespace {given.namespace}"] if given.namespace else []
    parts += [", ".join((f"applied by {given.delivery.by}", *given.delivery.options))] if given.delivery else []
    return ", ".join(parts)


def _after(example: Example) -> tuple[Given, ...]:
    """The releases that the fixes change, with their new values; and what delivers one, if that changes."""
    fixed = example.fixed or {}
    releases = [item._replace(texts=fixed[item.chart]) for item in example.releases if item.chart in fixed]
    for item in example.releases:
        if item.delivery is not None and DELIVERY in fixed:
            releases.append(Given(f"what delivers {item.chart}", item.version, None, None, fixed[DELIVERY]))
    return tuple(releases)


def _found(example: Example) -> list[str]:
    charts = {given.chart for given in example.releases}
    return [
        f"{severity} at {path}" + (f" of {chart}" if len(charts) > 1 else "") for chart, path, severity in example.finds
    ]


def _more(rule: Rule, count: int) -> str:
    return f"{count} more in {rule.file or f'rules/{rule.id}.yaml'}; all of them are run as tests."


def _since(rule: Rule) -> str:
    if not rule.file:
        return f"valuelint {rule.data['since']}"
    instead = f", in place of another rule {rule.id}" if rule.data.get("replaces") else ""
    return f"a policy of yours: {rule.file}{instead}"


def _source(source: dict[str, str]) -> tuple[str, str, str]:
    """What a source is called, where it is, and what it says."""
    if "thread" in source:
        repository, _, number = source["thread"].partition("#")
        return source["thread"], f"https://github.com/{repository}/issues/{number}", source["says"]
    if "url" in source:
        return source["url"], source["url"], source["says"]
    return f"rendered with the real chart, {source['rendered']}", "", source["says"]


# --- text -----------------------------------------------------------------------------------------


def _explained(rule: Rule) -> Iterator[str]:
    level = rule.data["fix_safety"]["level"]
    yield rule.id
    yield f"{rule.severity}, fix: {_FIXES[level]}, for {_charts(rule)}"
    yield from _heading("What it finds")
    yield from _wrapped(rule.summary)
    for severity, message in _headlines(rule):
        yield from _wrapped(f"{severity}: {message}", "  - ", "    ")
    yield from _heading("Why it matters")
    yield from _paragraphs(rule.data["why"])
    yield from _heading("What to do")
    yield from _paragraphs(rule.data["remedy"])
    yield from _heading("Fix safety")
    yield from _paragraphs(f"{_FIXES[level].capitalize()}. {rule.data['fix_safety']['reason']}")
    yield from _heading("Examples")
    shown, more = _chosen(rule)
    for kind, example in shown:
        yield from _wrapped(f"{kind}: {example.title}", "  ", "       ")
        yield from _releases(example.releases)
        if example.expected:
            yield f"    expected: {', '.join(f'{key} {value}' for key, value in example.expected.items())}"
        for line in _found(example):
            yield from _wrapped(f"=> {line}", "    ", "       ")
        if example.fixed is not None:
            yield "  fixed:"
            yield from _releases(_after(example))
        yield ""
    if more:
        yield from _wrapped(_more(rule, more))
    yield from _heading("Since")
    yield f"  {_since(rule)}"
    if rule.data["sources"]:
        yield from _heading("Sources")
    for source in rule.data["sources"]:
        name, _, says = _source(source)
        yield from _wrapped(f"{name}: {says}", "  - ", "    ")
    if rule.data["see"]:
        yield from _heading("See")
        yield from _wrapped(", ".join(rule.data["see"]))


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield text


def _wrapped(text: str, first: str = "  ", rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ""
        yield from _wrapped(" ".join(paragraph.split()))


def _releases(releases: Iterable[Given]) -> Iterator[str]:
    for given in releases:
        yield f"    {_release(given)}" + ("" if given.texts else ", no values")
        for number, text in enumerate(given.texts):
            if number:
                yield "    and over it"
            for line in text.splitlines():
                yield f"      {line}".rstrip()


# --- markdown -------------------------------------------------------------------------------------


def _page(rules: list[Rule]) -> str:
    lines = [
        "# Rules",
        "",
        "<!-- written by `make docs` from the files in rules/; change those -->",
        "",
        "A rule finds one thing. `valuelint explain RULE` shows the same in a terminal. How far a fix may be applied:",
        "",
        "- *safe*: `valuelint fix` applies it. What the values mean stays, or what they already ask for becomes true.",
        "- *unsafe*: `valuelint fix --unsafe` applies it. The release changes in a way that somebody should look at.",
        "- *shown only*: nothing applies it; it is there to be read.",
        "",
        "| rule | severity | fix | what it finds |",
        "|---|---|---|---|",
    ]
    for rule in rules:
        level = _FIXES[rule.data["fix_safety"]["level"]]
        lines.append(f"| [{rule.id}](#{rule.id}) | {rule.severity} | {level} | {rule.summary} |")
    for rule in rules:
        lines += ["", *_section(rule, "##")]
    return "\n".join(lines) + "\n"


def _section(rule: Rule, hashes: str) -> Iterator[str]:
    level = rule.data["fix_safety"]["level"]

    def heading(text: str) -> Iterator[str]:
        yield from ("", f"{hashes}# {text}", "")

    yield f"{hashes} {rule.id}"
    yield from heading("What it finds")
    yield f"{rule.summary} For {_charts(rule)}."
    yield ""
    for severity, message in _headlines(rule):
        yield f"- {severity}: `{message}`"
    yield from heading("Why it matters")
    yield rule.data["why"].strip()
    yield from heading("What to do")
    yield rule.data["remedy"].strip()
    yield from heading("Fix safety")
    yield f"*{_FIXES[level].capitalize()}.* {rule.data['fix_safety']['reason'].strip()}"
    yield from heading("Examples")
    shown, more = _chosen(rule)
    for kind, example in shown:
        yield f"**{kind.capitalize()}: {example.title}**"
        yield ""
        yield from _blocks(example.releases)
        for key, value in example.expected.items():
            yield f"`expect.{key}` of the configuration: `{value}`"
            yield ""
        if example.finds:
            yield "Finds: " + "; ".join(f"`{line}`" for line in _found(example)) + "."
            yield ""
        if example.fixed is not None:
            yield "**Fixed**"
            yield ""
            yield from _blocks(_after(example))
    yield _more(rule, more) if more else "All of them are run as tests."
    yield from heading("Since")
    yield _since(rule)
    if rule.data["sources"]:
        yield from heading("Sources")
    for source in rule.data["sources"]:
        name, link, says = _source(source)
        yield f"- [{name}]({link}): {says}" if link else f"- {name}: {says}"
    if rule.data["see"]:
        yield from heading("See")
        yield ", ".join(f"[{other}](#{other})" for other in rule.data["see"])


def _blocks(releases: Iterable[Given]) -> Iterator[str]:
    for given in releases:
        yield _release(given) + (":" if given.texts else ", no values")
        yield ""
        for number, text in enumerate(given.texts):
            if number:
                yield from ("and over it:", "")
            yield from ("```yaml", text.rstrip("\n"), "```", "")
