r"""Hubble's metric strings (`hubble.metrics.enabled`): reads them as the agent does, and says what it would not take.

The functions work on the section `hubble_metrics` of schemas/cilium/hubble-metrics.yaml, narrowed to one version of
Cilium and passed in as plain data:

    names            {metric: {options: {option: {flag | value, adds}}, conflicts: [{name}], superseded: [{by}],
                     series: [{name, labels: [...]}]}}
    context_options  {option: {adds: label}}            values are contexts
    labels_options   {option: {}}                       values are labels
    contexts         {context: {}}
    labels           {label: {}}
    elsewhere        {names | options | contexts | labels: {word: "since 1.13"}}   other versions, in words
    grammar          [{empty: bool, either: bool}]      one item, as in `agent` and `says.unknown_name`
    agent            [{unknown_name, bad_value: hubble | agent | skipped, duplicate: last | panic}]
    says             {unknown_name: [{text}], unknown_context, unknown_label, conflict: text with `{}`}
    dashboards       {ConfigMap: {title, panels, draws: [{count, series: [...], select, narrow, group: [...]}]}}
    dynamic          {}                                 only where the chart has hubble.metrics.dynamic

How the agent reads the list, in every version: the chart writes the items into one unquoted YAML scalar, the agent
splits that at white space, and each part is `name[:option[=value][;option[=value]]...]`. Case counts in names and
in labels, not in options and contexts. An option that is not known is passed over without a word.

Whatever the agent takes in that version is left alone, however odd it looks; so are texts with placeholders.
"""

from __future__ import annotations

from valuelint.light import TYPE_CHECKING, Any, Collection, Iterable, Iterator, Mapping, NamedTuple, Sequence, pattern

if TYPE_CHECKING:
    import re

Facts = Mapping[str, Any]

_PLACEHOLDERS = ("${", "{{", "ENC[")
_FALSE = frozenset({"false", "no", "off", "0"})
_TRUE = frozenset({"", "true", "yes", "on", "1"})
_COMMENT = pattern(r"(?:^|\s)#")
_COLON_AND_SPACE = pattern(r":(\s+|$)")
_SEPARATOR = pattern("[,;=|]")
_SEPARATORS = ",;|="


class Option(NamedTuple):
    """`key` or `key=value`; the offsets are those of the whole, those of the value begin at `value_start`."""

    key: str
    value: str | None
    start: int
    end: int
    value_start: int


class Metric(NamedTuple):
    """One metric of a string, with the offsets of all of it and of its name's end."""

    name: str
    options: tuple[Option, ...]
    start: int
    end: int
    name_end: int


class Problem(NamedTuple):
    """What the agent would not take, or would pass over.

    `suggestion` replaces the text between `start` and `end`. `versions` says where else the word is right, as in
    "since 1.13". `effect` is hubble, agent or skipped as in the facts, `ignored` for an option without effect, or
    `manifest` where the rendered ConfigMap is broken.
    """

    kind: str
    start: int
    end: int
    message: str
    suggestion: str | None = None
    versions: str | None = None
    effect: str = "ignored"


class Clash(NamedTuple):
    """Two metrics that cannot stand in one list: `conflict` or `duplicate`, by the indexes of their items."""

    kind: str
    first: int
    second: int
    start: int
    end: int
    message: str
    effect: str


class EntryProblem(NamedTuple):
    """A problem of an entry of `hubble.metrics.dynamic.config.content`, at a path inside the entry."""

    path: tuple[str | int, ...]
    kind: str
    message: str
    suggestion: str | None = None


class Missing(NamedTuple):
    """A metric that a dashboard draws and the list lacks; any one of `any_of` would do, the best first."""

    dashboard: str
    title: str
    any_of: tuple[str, ...]
    series: tuple[str, ...]
    panels: int
    total: int
    message: str


class Gap(NamedTuple):
    """Labels that a dashboard's queries use and a metric of the list is not given."""

    dashboard: str
    title: str
    metric: str
    labels: tuple[str, ...]
    panels: int
    total: int
    message: str


# Reading


def parse_metrics(text: str) -> tuple[Metric, ...]:
    """The metrics of an item: most have one, but the agent splits at white space."""
    metrics, at = [], 0
    for word in _without_comment(text).split():
        start = text.index(word, at)
        at = start + len(word)
        metrics.append(_parse(text, start, at))
    return tuple(metrics)


def parse_metric(text: str) -> Metric:
    """The text as one metric, whatever it holds; offsets are into the text."""
    return _parse(text, 0, len(text))


def _parse(text: str, start: int, end: int) -> Metric:
    colon = text.find(":", start, end)
    if colon < 0:
        return Metric(text[start:end], (), start, end, end)
    options = []
    for first, last in _split(text, ";", colon + 1, end):
        if first == last:
            continue
        equals = text.find("=", first, last)
        if equals < 0:
            options.append(Option(text[first:last], None, first, last, last))
        else:
            options.append(Option(text[first:equals], text[equals + 1 : last], first, last, equals + 1))
    return Metric(text[start:colon], tuple(options), start, end, colon)


def _split(text: str, separator: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while True:
        found = text.find(separator, start, end)
        if found < 0:
            yield start, end
            return
        yield start, found
        start = found + len(separator)


def _without_comment(text: str) -> str:
    """The item as far as YAML reads it: the chart writes it unquoted, so ` #` begins a comment."""
    comment = _COMMENT.search(text) if "#" in text else None
    return text[: comment.start()] if comment else text


# Checking one item


def check(text: str, facts: Facts) -> list[Problem]:
    """What is wrong with an item of `hubble.metrics.enabled`, in the order of the text."""
    if any(mark in text for mark in _PLACEHOLDERS):
        return []
    body = _without_comment(text)
    spaced = body.endswith(":") or (":" in body and any(map(str.isspace, body)))
    colon = _COLON_AND_SPACE.search(body) if spaced else None
    if colon:
        return [_colon_and_space(body, colon)]
    checker = _Checker(body, facts)
    checker.run()
    return checker.problems


def _colon_and_space(text: str, match: re.Match[str]) -> Problem:
    end_of_text = match.end() == len(text)
    start = match.start() if end_of_text else match.start(1)
    return Problem(
        "separator",
        start,
        match.end(),
        (
            "a colon with nothing behind it is a key to YAML"
            if end_of_text
            else "a colon with a space behind it is a key to YAML"
        )
        + ": the chart writes the items unquoted into the ConfigMap cilium-config, and the manifest breaks; "
        + ("drop the colon" if end_of_text else "write the options right behind the colon"),
        suggestion="",
        effect="manifest",
    )


class _Checker:
    """One item on its way through the checks."""

    def __init__(self, text: str, facts: Facts) -> None:
        self.text = text
        self.facts = facts
        self.problems: list[Problem] = []
        grammar = _first(facts, "grammar")
        self.empty_values = bool(grammar.get("empty", True))
        self.either = bool(grammar.get("either", True))
        self.agent = _first(facts, "agent")

    def run(self) -> None:
        metrics = parse_metrics(self.text)
        names = self.facts["names"]
        before: Metric | None = None
        for metric in metrics:
            if metric.name in names:
                self.options(metric)
            elif before is not None and self.goes_on(before, metric):
                self.space(before, metric)
            else:
                self.name(metric)
            before = metric

    def add(
        self,
        kind: str,
        start: int,
        end: int,
        message: str,
        suggestion: str | None = None,
        versions: str | None = None,
        effect: str = "ignored",
    ) -> None:
        self.problems.append(Problem(kind, start, end, message, suggestion, versions, effect))

    def unknown_name(self, name: str) -> tuple[str, str]:
        """The effect of a name the agent does not know, and the words for it."""
        effect = self.agent.get("unknown_name", "skipped")
        says = _first(self.facts["says"], "unknown_name").get("text", "")
        return effect, _consequence(effect, says.format(name))

    def bad_value(self, says: str, value: str) -> tuple[str, str]:
        effect = self.agent.get("bad_value", "agent")
        return effect, _consequence(effect, self.facts["says"][says].format(value))

    # Names

    def goes_on(self, before: Metric, metric: Metric) -> bool:
        """Whether a word seems meant as the continuation of the word before it, not as a metric."""
        if not before.options and before.name_end == before.end:
            return False
        if self.text[before.end - 1] in _SEPARATORS or self.text[metric.start] in _SEPARATORS:
            return True
        return self.is_value(metric.name) or _known_key(self.facts, metric.name.partition("=")[0])

    def is_value(self, word: str) -> bool:
        facts = self.facts
        return word in facts["labels"] or word in facts["contexts"] or word in facts["elsewhere"]["labels"]

    def space(self, before: Metric, metric: Metric) -> None:
        word = self.text[metric.start : metric.end]
        effect, follows = self.unknown_name(metric.name)
        joined = self.text[before.end - 1] in _SEPARATORS or self.text[metric.start] in _SEPARATORS
        # What hangs in the air before the space is the same mistake, not one more.
        self.problems = [problem for problem in self.problems if problem.end != before.end or problem.suggestion != ""]
        self.add(
            "separator",
            before.end,
            metric.start,
            f"the agent splits the list at white space, so `{word}` becomes a metric of its own: {follows}; "
            "write the options of a metric without spaces",
            suggestion="" if joined else None,
            effect=effect,
        )

    def name(self, metric: Metric) -> None:
        name = metric.name
        start, end = metric.start, metric.name_end if metric.name else metric.end
        effect, follows = self.unknown_name(name)
        names = self.facts["names"]
        versions = self.facts["elsewhere"]["names"].get(name)
        if versions:
            message = f"the Hubble metric `{name}` exists in Cilium {versions}, not in this version: {follows}"
            self.add("name", start, end, message, versions=versions, effect=effect)
            return
        if self.separator_in_name(metric, effect, follows):
            return
        key = name.partition("=")[0]
        if self.is_value(key) or _known_key(self.facts, key):
            what = "an option" if _known_key(self.facts, key) else "a value of labelsContext or of a context option"
            message = (
                f"`{name}` is {what}, not a metric: {follows}; it belongs to the metric it is meant for, "
                "so quote that item where a comma or a line break split it"
            )
            self.add("name", start, end, message, effect=effect)
            return
        suggestion = _closest(name, _metric_words(names))
        message = f"`{name}` is not a Hubble metric: {follows}"
        message += f"; did you mean `{suggestion}`?" if suggestion else f"; there are {_enumerate(sorted(names))}"
        self.add("name", start, end, message, suggestion, effect=effect)

    def separator_in_name(self, metric: Metric, effect: str, follows: str) -> bool:
        """A name that runs into what stands behind it: `dns,drop`, `dns;query`, `flow=sourceContext=pod`."""
        found = _SEPARATOR.search(metric.name) if any(mark in metric.name for mark in ",;=|") else None
        names = self.facts["names"]
        if not found or metric.name[: found.start()] not in names:
            return False
        at = metric.start + found.start()
        if found.group() in ";=":
            message = (
                f"`:` stands between a metric and its options, `{found.group()}` does not: {follows} "
                f"(for it the name is `{metric.name}`)"
            )
            self.add("separator", at, at + 1, message, suggestion=":", effect=effect)
            return True
        if all(word.partition(":")[0] in names for word in metric.name.replace("|", ",").split(",")):
            message = f"`{found.group()}` does not separate metrics: {follows}; make each metric an item of the list"
            self.add("separator", at, at + 1, message, effect=effect)
            return True
        return False

    # Options

    def options(self, metric: Metric) -> None:
        own = {key.lower(): (key, data) for key, data in self.facts["names"][metric.name].get("options", {}).items()}
        contexts = {key.lower() for key in self.facts["context_options"]}
        labels = {key.lower() for key in self.facts["labels_options"]}
        before: Option | None = None
        for option in metric.options:
            key = option.key.lower()
            if key in own:
                self.own_option(option, *own[key])
            elif key in contexts:
                self.contexts(option)
            elif key in labels:
                self.labels(option)
            elif not self.cut_off(before, option):
                self.unknown_option(metric, option)
            before = option

    def own_option(self, option: Option, key: str, data: Mapping[str, Any]) -> None:
        value = (option.value or "").lower()
        if data.get("flag") and value in _FALSE:
            self.add(
                "option",
                option.start,
                option.end,
                f"`{option.key}={option.value}` switches {key} on: the agent looks only at whether the option is "
                "there; leave it out to switch it off",
            )
        wanted = data.get("value")
        if wanted is not None and option.value != wanted and value in _TRUE:
            written = self.text[option.start : option.end]
            self.add(
                "option",
                option.start,
                option.end,
                f"`{written}` does nothing: the agent takes only `{key}={wanted}`",
                suggestion=f"{key}={wanted}",
            )

    def cut_off(self, before: Option | None, option: Option) -> bool:
        """A value behind `;`, where it ends the option: `labelsContext=source_ip;destination_ip`."""
        if before is None or not before.value or option.value is not None:
            return False
        for options, words, separator in (
            ("labels_options", self.facts["labels"], ","),
            ("context_options", self.facts["contexts"], "|"),
        ):
            if before.key.lower() in map(str.lower, self.facts[options]) and option.key in words:
                self.add(
                    "separator",
                    option.start - 1,
                    option.start,
                    f"`;` ends {before.key}, so the agent takes `{option.key}` for an option and passes over it; "
                    f"its values are separated by `{separator}`",
                    suggestion=separator,
                )
                return True
        return False

    def unknown_option(self, metric: Metric, option: Option) -> None:
        facts = self.facts
        key = option.key
        end = option.start + len(key) if key else option.end
        versions = _folded(facts["elsewhere"]["options"], key)
        elsewhere = sorted(
            name for name, data in facts["names"].items() if _folded(data.get("options", {}), key) is not None
        )
        start = f"`{key}` is not an option of {metric.name}, and the agent passes over it without a word"
        if elsewhere:
            message = f"{start}: it belongs to {_enumerate(elsewhere, 'or')}"
            self.add("option", option.start, end, message)
        elif versions:
            message = f"the option `{key}` exists in Cilium {versions}; this version passes over it without a word"
            self.add("option", option.start, end, message, versions=versions)
        else:
            words = [*facts["names"][metric.name].get("options", {}), *facts["context_options"]]
            words += facts["labels_options"]
            suggestion = _closest(key, {word: word for word in words})
            message = start + (f"; did you mean `{suggestion}`?" if suggestion else "")
            self.add("option", option.start, end, message, suggestion)

    # Values

    def contexts(self, option: Option) -> None:
        self.values(option, "|", ",", self.facts["contexts"], "context", "unknown_context")

    def labels(self, option: Option) -> None:
        self.values(option, ",", "|", self.facts["labels"], "label", "unknown_label")

    def values(self, option: Option, separator: str, other: str, known: Collection[str], kind: str, says: str) -> None:
        fold = kind == "context"
        if option.value is None:
            effect, follows = self.bad_value(says, "")
            message = f"{option.key} has no value: {follows}; write `{option.key}=` and its values"
            self.add(kind, option.start, option.end, message, effect=effect)
            return
        start, end = option.value_start, option.end
        used = separator
        if self.either:
            used = "|" if "|" in option.value else ","
        for first, last in _split(self.text, used, start, end):
            word = self.text[first:last]
            if (word.lower() if fold else word) in known or (word == "" and self.empty_values):
                continue
            effect, follows = self.bad_value(says, word)
            if "\\" in option.value:
                self.add(
                    "separator",
                    start,
                    end,
                    "a backslash before a separator is for `--set` on a command line; in a file it becomes a part of "
                    f"the value: {follows}; write a plain `{separator}`",
                    suggestion=option.value.replace("\\", ""),
                    effect=effect,
                )
                return
            if other in word and all(self.is_known(part, known, fold) for part in word.replace("|", ",").split(",")):
                message = f"the values of {option.key} are separated by `{separator}`, not `{other}`: {follows}"
                replaced = word.replace(other, separator)
                self.add("separator", first, last, message, suggestion=replaced, effect=effect)
                continue
            self.value(option, word, first, last, kind, known, (effect, follows))

    @staticmethod
    def is_known(word: str, known: Collection[str], fold: bool) -> bool:
        return (word.lower() if fold else word) in known

    def value(
        self,
        option: Option,
        word: str,
        start: int,
        end: int,
        kind: str,
        known: Collection[str],
        effect: tuple[str, str],
    ) -> None:
        effect_kind, follows = effect
        if not word:
            message = f"an empty value in {option.key}: {follows}; drop the separator that has nothing beside it"
            span = self.lone_separator(option, start)
            if not any(problem.start < span[1] and span[0] < problem.end for problem in self.problems):
                self.add("separator", *span, message, "", effect=effect_kind)
            return
        versions = self.facts["elsewhere"][f"{kind}s"].get(word.lower() if kind == "context" else word)
        if versions:
            message = f"the {kind} `{word}` exists in Cilium {versions}, not in this version: {follows}"
            self.add(kind, start, end, message, versions=versions, effect=effect_kind)
            return
        suggestion = _closest(word, {name: name for name in known})
        message = f"`{word}` is not a {kind} that {option.key} knows: {follows}"
        message += f"; did you mean `{suggestion}`?" if suggestion else f"; there are {_enumerate(sorted(known))}"
        self.add(kind, start, end, message, suggestion, effect=effect_kind)

    def lone_separator(self, option: Option, at: int) -> tuple[int, int]:
        """The separator beside the empty value at `at`; where there is none, the option with the one beside it."""
        if at < option.end:
            return at, at + 1
        if at > option.value_start:
            return at - 1, at
        if self.text[option.end : option.end + 1] == ";":
            return option.start, option.end + 1
        return option.start - 1, option.end


# Checking the list


def clashes(items: Sequence[str], facts: Facts) -> list[Clash]:
    """Metrics of a list that exclude each other, and metrics that are listed twice, by the later of the two."""
    found = []
    seen: dict[str, int] = {}
    agent = _first(facts, "agent")
    for index, item in enumerate(items):
        if any(mark in item for mark in _PLACEHOLDERS):
            continue
        for metric in parse_metrics(item):
            name = metric.name
            data = facts["names"].get(name)
            if data is None:
                continue
            if name in seen:
                found.append(_duplicate(metric, seen[name], index, agent))
                continue
            for conflict in data.get("conflicts", ()):
                other = conflict["name"]
                if other in seen:
                    effect = agent.get("bad_value", "agent")
                    follows = _consequence(effect, facts["says"]["conflict"].format(name, other))
                    message = f"`{name}` and `{other}` exclude each other: {follows}; keep {_newer(name, other, facts)}"
                    span = (metric.start, metric.end)
                    found.append(Clash("conflict", seen[other], index, *span, message, effect))
            seen[name] = index
    return found


def _duplicate(metric: Metric, first: int, second: int, agent: Mapping[str, Any]) -> Clash:
    if agent.get("duplicate") == "panic":
        effect = "agent"
        follows = "the agent registers its series a second time and panics"
    else:
        effect = "ignored"
        follows = "only the last entry counts, the options of the others are lost"
    message = f"the metric `{metric.name}` is listed twice: {follows}; make it one entry"
    return Clash("duplicate", first, second, metric.start, metric.end, message, effect)


def _newer(name: str, other: str, facts: Facts) -> str:
    for old, new in ((name, other), (other, name)):
        if any(item["by"] == new for item in facts["names"][old].get("superseded", ())):
            return f"`{new}`, which replaces `{old}`"
    return "one of them"


# Checking entries of hubble.metrics.dynamic


def check_entry(entry: object, facts: Facts) -> list[EntryProblem]:
    """What is wrong with an entry of `hubble.metrics.dynamic.config.content`.

    Here the agent reads a map, splits nothing, and leaves out a metric it cannot configure; a map it cannot read at
    all costs the whole list. Keys that it does not know are passed over.
    """
    lost = 'the agent logs "failed reading dynamic exporter config" and takes none of the list'
    if not isinstance(entry, Mapping):
        return [EntryProblem((), "entry", f"an entry is a map with `name` and `contextOptions`: {lost}")]
    keys = {key.lower(): key for key in entry if isinstance(key, str)}
    name = entry[keys["name"]] if "name" in keys else None
    if name is None or name == "":
        return [EntryProblem((), "entry", f"an entry needs a `name`: {lost}")]
    if not isinstance(name, str):
        return [EntryProblem((keys["name"],), "name", f"`name` is a text: {lost}")]
    if any(mark in name for mark in _PLACEHOLDERS):
        return []
    if name not in facts["names"]:
        versions = facts["elsewhere"]["names"].get(name)
        suggestion = None if versions else _closest(name, _metric_words(facts["names"]))
        message = f"`{name}` is not a Hubble metric of this version"
        message += f" (it exists in Cilium {versions})" if versions else ""
        message += ': the agent logs "Failed to configure metrics plugin" and leaves it out'
        message += f"; did you mean `{suggestion}`?" if suggestion else ""
        return [EntryProblem((keys["name"],), "name", message, suggestion)]
    options = entry[keys["contextoptions"]] if "contextoptions" in keys else None
    if options is None:
        return []
    if not isinstance(options, Sequence) or isinstance(options, str):
        return [EntryProblem((keys["contextoptions"],), "option", f"`contextOptions` is a list: {lost}")]
    return [
        problem._replace(path=(keys["contextoptions"], index, *problem.path))
        for index, option in enumerate(options)
        for problem in _entry_option(option, facts, lost)
    ]


def _entry_option(option: object, facts: Facts, lost: str) -> Iterator[EntryProblem]:
    if not isinstance(option, Mapping):
        yield EntryProblem((), "option", f"an option is a map with `name` and `values`: {lost}")
        return
    keys = {key.lower(): key for key in option if isinstance(key, str)}
    name = option[keys["name"]] if "name" in keys else None
    values = option[keys["values"]] if "values" in keys else None
    if values is not None and (not isinstance(values, Sequence) or isinstance(values, str)):
        yield EntryProblem((keys["values"],), "option", f"`values` is a list, even of one value: {lost}")
        return
    if not isinstance(name, str):
        return
    for section, known, kind, says in (
        ("context_options", facts["contexts"], "context", "unknown_context"),
        ("labels_options", facts["labels"], "label", "unknown_label"),
    ):
        if _folded(facts[section], name) is None:
            continue
        for index, value in enumerate(values or ()):
            if not isinstance(value, str) or any(mark in value for mark in _PLACEHOLDERS):
                continue
            word = value.lower() if kind == "context" else value
            if word in known:
                continue
            suggestion = _closest(value, {item: item for item in known})
            message = (
                f"`{value}` is not a {kind} that {name} knows here, where each value is an item of its own: the agent "
                f'logs "{facts["says"][says].format(value)}" and leaves the metric out'
            )
            message += f"; did you mean `{suggestion}`?" if suggestion else ""
            yield EntryProblem((keys["values"], index), kind, message, suggestion)


# What the dashboards need


def missing(metrics: Iterable[Metric], facts: Facts, dashboards: Collection[str] | None = None) -> list[Missing]:
    """The metrics that the dashboards draw and the list lacks; `dashboards` limits it to some of them.

    Nothing is said of a series that only a metric could export which the list's own metrics exclude.
    """
    present = {metric.name for metric in metrics}
    exporters = _exporters(facts)
    found = []
    for dashboard, data in _dashboards(facts, dashboards):
        groups: dict[frozenset[str], list[Mapping[str, Any]]] = {}
        for draw in data["draws"]:
            for series in draw["series"]:
                names = exporters.get(series, frozenset())
                if not names or names & present or _excluded(names, present, facts):
                    continue
                rows = groups.setdefault(_family(names, facts), [])
                if draw not in rows:
                    rows.append(draw)
        for names, rows in groups.items():
            panels, total = sum(row["count"] for row in rows), data["panels"]
            any_of = tuple(sorted(names, key=lambda name: (bool(facts["names"][name].get("superseded")), name)))
            series = tuple(
                sorted({name for row in rows for name in row["series"] if exporters.get(name, names) & names})
            )
            message = (
                f"the dashboard `{data['title']}` leaves {panels} of {total} panels empty without "
                f"{_enumerate(series)}: add {_quoted(any_of, 'or')} to hubble.metrics.enabled"
            )
            short = [name for name in series if any_of[0] not in exporters.get(name, any_of)]
            message += f" (`{any_of[0]}` does not export {_enumerate(short)})" if short else ""
            found.append(Missing(dashboard, data["title"], any_of, series, panels, total, message))
    return found


def unlabelled(
    metrics: Iterable[Metric],
    facts: Facts,
    dashboards: Collection[str] | None = None,
    *,
    thorough: bool = False,
) -> list[Gap]:
    """The labels that the dashboards choose by and the metrics of the list do not carry.

    `thorough` adds those whose absence costs only the names of lines: the dashboard still shows sums without them.
    """
    found = []
    uses = ("select", "narrow", "group") if thorough else ("select",)
    listed = [metric for metric in metrics if metric.name in facts["names"]]
    for dashboard, data in _dashboards(facts, dashboards):
        for metric in listed:
            given = labels_of(metric, facts)
            exported = {item["name"]: set(item["labels"]) for item in facts["names"][metric.name]["series"]}
            lacking: dict[str, int] = {}
            panels = 0
            for draw in data["draws"]:
                wanted = {label for use in uses for label in draw.get(use, ())} - given
                short = {
                    label for series in draw["series"] if series in exported for label in wanted - exported[series]
                }
                panels += draw["count"] if short else 0
                for label in short:
                    lacking[label] = lacking.get(label, 0) + draw["count"]
            if lacking:
                labels = tuple(sorted(lacking, key=lambda label: (-lacking[label], label)))
                use = "chooses and groups" if thorough else "chooses"
                follows = "it shows sums without names" if thorough else "there is nothing to choose from"
                message = (
                    f"on {panels} of {data['panels']} panels the dashboard `{data['title']}` {use} by "
                    f"{_enumerate(labels)}, which `{metric.name}` is not given, so {follows}; "
                    f"{_remedy(metric.name, labels, facts)}"
                )
                found.append(Gap(dashboard, data["title"], metric.name, labels, panels, data["panels"], message))
    return found


def labels_of(metric: Metric, facts: Facts) -> set[str]:
    """The labels that the options of a metric add to its series."""
    own = facts["names"].get(metric.name, {}).get("options", {})
    given = set()
    for option in metric.options:
        data = _folded(own, option.key) or _folded(facts["context_options"], option.key)
        if data and "adds" in data:
            given.add(data["adds"])
        elif option.value and _folded(facts["labels_options"], option.key) is not None:
            given.update(option.value.replace("|", ",").split(","))
    return given


def _remedy(name: str, labels: Sequence[str], facts: Facts) -> str:
    """The options that would bring the labels, and the metric that has what no option brings."""
    names = facts["names"]
    adding = {data["adds"]: key for key, data in reversed(facts["context_options"].items())}
    adding.update((data["adds"], key) for key, data in names[name].get("options", {}).items() if "adds" in data)
    parts = [f"`{adding[label]}`" for label in labels if label in adding]
    listed = [label for label in labels if label in facts["labels"]]
    if listed:
        parts += [f"`{key}` with {_enumerate(listed)}" for key in facts["labels_options"]]
    rest = {label for label in labels if label not in adding and label not in listed}
    advice = [f"give `{name}` {_enumerate(parts)}"] if parts else []
    for other in (item["by"] for item in names[name].get("superseded", ())):
        more = sorted(rest.intersection(label for item in names[other]["series"] for label in item["labels"]))
        if more:
            advice.append(f"use `{other}`, which has {_enumerate(more)}")
    return "; ".join(advice) or "no option brings it in this version"


def _conflict(name: str, other: str, facts: Facts) -> bool:
    return any(item["name"] == other for item in facts["names"][name].get("conflicts", ()))


def _dashboards(facts: Facts, only: Collection[str] | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, data in facts.get("dashboards", {}).items():
        if only is None or name in only:
            yield name, data


def _exporters(facts: Facts) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, data in facts["names"].items():
        for item in data["series"]:
            found.setdefault(item["name"], set()).add(name)
    return {series: frozenset(names) for series, names in found.items()}


def _excluded(names: frozenset[str], present: set[str], facts: Facts) -> bool:
    """Whether each of the metrics is excluded by one that is there."""
    return all(any(_conflict(name, other, facts) for other in present) for name in names)


def _family(names: frozenset[str], facts: Facts) -> frozenset[str]:
    """The metrics with those that stand for them (http and httpV2): one advice for all their series."""
    newer = {item["by"] for name in names for item in facts["names"][name].get("superseded", ())}
    return names | {name for name in newer if name in facts["names"]}


# Words


def consequence(facts: Facts, says: str) -> str:
    """What follows where the agent cannot take its configuration, and says so."""
    return _consequence(_first(facts, "agent").get("bad_value", "agent"), says)


def _consequence(effect: str, says: str) -> str:
    if effect == "hubble":
        return f'the agent logs "{says}" and does not start Hubble: no metrics, and no flows for Relay and the UI'
    if effect == "agent":
        return f'the agent stops with "{says}", so Cilium does not come up again on a node where it restarts'
    return f'the agent logs "{says}" and leaves it out'


def _enumerate(words: Sequence[str], last: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _quoted(words: Sequence[str], last: str = "and") -> str:
    return _enumerate([f"`{word}`" for word in words], last)


def _first(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The one alternative that is left of a list after narrowing, or nothing."""
    found = data.get(key) or [{}]
    alternative: Mapping[str, Any] = found[0]
    return alternative


def _folded(data: Mapping[str, Any], key: str) -> Any:
    """The value whose key is the given one but for case, or None."""
    key = key.lower()
    return next((value for name, value in data.items() if name.lower() == key), None)


def _known_key(facts: Facts, key: str) -> bool:
    if _folded(facts["context_options"], key) is not None or _folded(facts["labels_options"], key) is not None:
        return True
    if _folded(facts["elsewhere"]["options"], key) is not None:
        return True
    return any(_folded(data.get("options", {}), key) is not None for data in facts["names"].values())


def _metric_words(names: Mapping[str, Any]) -> dict[str, str]:
    """Words people write for a metric: its name, and the series it exports without their prefix and suffix."""
    words: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (bool(names[name].get("superseded")), name)):
        for item in names[name]["series"]:
            words.setdefault(item["name"].removeprefix("hubble_").removesuffix("_total").replace("_", "-"), name)
    words.update((name, name) for name in names)
    return words


def _closest(word: str, words: Mapping[str, str]) -> str | None:
    """What the word was probably meant to be: equal but for case, `_` and stray signs, or nearly so."""
    from difflib import get_close_matches

    plain = _plain(word).removeprefix("hubble-").removesuffix("-total")
    if not plain:
        return None
    by_plain: dict[str, str] = {}
    for known, meant in words.items():
        by_plain.setdefault(_plain(known), meant)
    if plain in by_plain:
        return by_plain[plain]
    near = get_close_matches(plain, by_plain, n=1, cutoff=0.75)
    return by_plain[near[0]] if near else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "-").strip(",.;:|=\"'\\")
