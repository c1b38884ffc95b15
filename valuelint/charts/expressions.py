"""The language of the facts: conditions, texts, labels and values over a release's values.

A condition is data in `schemas/`; here it becomes a small tree that is *evaluated* (does it hold?), *explained*
(which leaves decide, with which value?) and *inverted* (the smallest patches that would make it hold).
Three values everywhere: True, False, and None for "the text does not say". docs/facts.md describes the language.
"""

from __future__ import annotations

from valuelint.charts import versions
from valuelint.light import TYPE_CHECKING, Any, Callable, NamedTuple, Protocol, cast, pattern
from valuelint.syntax import Path, parse_path
from valuelint.values import Unknown

if TYPE_CHECKING:
    from valuelint.syntax.patches import Patch

Truth = bool | None
Traced = tuple[dict[str, Any] | Unknown, dict[str, Path]]
"""Labels, and the path of the map that gave each, where it is one of the user's."""
MISSING = object()


class FactsError(Exception):
    """A facts file is wrong: says which expression, and what was expected."""


class Reason(NamedTuple):
    """One leaf that decided: the value at `path` is `value`, and so the leaf `holds` or does not."""

    path: Path
    value: Any
    holds: Truth
    wants: str


def go_truth(value: Any) -> Truth:
    """Truth as Go templates have it: false, 0, "", null and empty collections are false, "false" is true."""
    if isinstance(value, Unknown):
        return None
    return bool(value)


def go_text(value: Any) -> str:
    """A value as a Go template prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)


class NamedFacts(Protocol):
    """What a scope needs of a version's facts."""

    @property
    def chart(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def names(self) -> dict[str, Text]: ...
    @property
    def conditions(self) -> dict[str, Condition]: ...
    @property
    def labels(self) -> dict[str, Labels]: ...


class _Recording:
    """A block in which a scope records broken paths, or does not."""

    __slots__ = ("before", "recording", "scope")

    def __init__(self, scope: Scope, recording: bool) -> None:
        self.scope = scope
        self.recording = recording
        self.before = scope.recording

    def __enter__(self) -> None:
        self.scope.recording = self.before and self.recording

    def __exit__(self, *_: object) -> None:
        self.scope.recording = self.before


class Scope:
    """What an expression can see: the values of one release, its name and namespace, and the chart's named facts.

    `values` are the coalesced values as plain data (with Unknowns), `defaults` the chart's; `name` and `namespace` are
    None where the text does not hold them. Named texts and conditions are evaluated once per scope. While `recording`,
    `broken` collects the paths where Helm stops, and what it would need there: a map that the values took away and
    that is read through, labels that are no map, something to repeat that is no list.
    """

    __slots__ = (
        "_found",
        "_labels",
        "_texts",
        "_truths",
        "broken",
        "defaults",
        "facts",
        "item",
        "item_path",
        "name",
        "namespace",
        "recording",
        "values",
    )

    def __init__(
        self,
        values: dict[str, Any],
        defaults: dict[str, Any],
        name: str | None,
        namespace: str | None,
        facts: NamedFacts,
    ) -> None:
        self.values = values
        self.defaults = defaults
        self.name = name
        self.namespace = namespace
        self.facts = facts
        self.item: Any = None
        self.item_path: Path = ()
        self.recording = True
        self.broken: list[tuple[Path, str]] = []
        self._found: dict[Path, Any] = {}
        # What is named is worked out once while recording and once while not: what is broken must not be missed.
        self._texts: tuple[dict[str, str | Unknown], dict[str, str | Unknown]] = ({}, {})
        self._truths: tuple[dict[str, Truth], dict[str, Truth]] = ({}, {})
        self._labels: tuple[dict[str, Traced], dict[str, Traced]] = ({}, {})

    def with_item(self, item: Any, path: Path) -> Scope:
        """The same scope inside a `for_each`: `$item` is this item, which stands at `path`."""
        inner = Scope(self.values, self.defaults, self.name, self.namespace, self.facts)
        inner.item, inner.item_path, inner.broken = item, path, self.broken
        inner._found = self._found
        return inner

    def recording_if(self, recording: bool) -> _Recording:
        """Record broken paths in this block, or not."""
        return _Recording(self, recording)

    def seen(self) -> frozenset[Path]:
        """The paths that were looked up so far."""
        return frozenset(self._found)

    def absolute(self, path: Path) -> Path:
        """A path of the values; `$item` is replaced by where the item stands."""
        return (*self.item_path, *path[1:]) if path and path[0] == "$item" else path

    def lookup(self, path: Path) -> Any:
        """The value at a path, or MISSING. Below an Unknown everything is Unknown."""
        if path in self._found:
            return self._found[path]
        node: Any = self.values
        own = path[:1] == ("$item",)
        if own:
            node, path = self.item, path[1:]
        for depth, key in enumerate(path):
            if node.__class__ is dict:  # nearly always; `isinstance` would cost more than all the rest
                node = node.get(key, MISSING)
            elif isinstance(node, list) and isinstance(key, int):
                node = node[key] if -len(node) <= key < len(node) else MISSING
            elif isinstance(node, Unknown):
                return node
            else:
                if self.recording:
                    self._note_broken(path[:depth])
                return MISSING
        if not own:
            self._found[path] = node
        return node

    def _note_broken(self, path: Path) -> None:
        default: Any = self.defaults
        for depth, key in enumerate(path):
            default = default.get(key) if isinstance(default, dict) else None
            here = self._plain(path[: depth + 1])
            if isinstance(default, dict) and not isinstance(here, dict):
                self.broken.append((path[: depth + 1], "a map"))
                return

    def note(self, path: Path, wanted: str) -> None:
        """Something at a path is not what the chart needs: Helm stops there."""
        if self.recording:
            self.broken.append((self.absolute(path), wanted))

    def changed(self, path: Path) -> Truth:
        """Whether the value at a path is another one than the chart's default; None where it is not known."""
        value = self.lookup(path)
        default: Any = self.defaults
        for key in path:
            default = default.get(str(key), MISSING) if isinstance(default, dict) else MISSING
        return None if isinstance(value, Unknown) else value != default

    def _plain(self, path: Path) -> Any:
        node: Any = self.values
        for key in path:
            node = node.get(key) if isinstance(node, dict) else None
        return node

    def get(self, path: Path) -> Any:
        """The value at a path; None where there is none."""
        value = self.lookup(path)
        return None if value is MISSING else value

    def builtin(self, name: str) -> str | Unknown:
        """`$release.name` and its like; Unknown where the text does not hold it."""
        if name == "$release.name":
            return Unknown("the release name") if self.name is None else self.name
        if name == "$release.namespace":
            return Unknown("the release namespace") if self.namespace is None else self.namespace
        if name == "$release.service":
            return "Helm"
        if name == "$chart.name":
            return self.facts.chart
        if name == "$chart.version":
            return self.facts.version
        expected = "$release.name, $release.namespace, $release.service, $chart.name or $chart.version"
        raise FactsError(f"unknown name {name}: expected {expected}")

    def text(self, name: str) -> str | Unknown:
        """A named text, evaluated once."""
        known = self._texts[self.recording]
        if name not in known:
            if name not in self.facts.names:
                raise FactsError(f"no text named @{name} in the facts of {self.facts.chart} {self.facts.version}")
            known[name] = self.facts.names[name].evaluate(self)
        return known[name]

    def truth(self, name: str) -> Truth:
        """A named condition, evaluated once."""
        known = self._truths[self.recording]
        if name not in known:
            known[name] = self.condition(name).evaluate(self)
        return known[name]

    def condition(self, name: str) -> Condition:
        """A named condition's tree."""
        if name not in self.facts.conditions:
            raise FactsError(f"no condition named @{name} in the facts of {self.facts.chart} {self.facts.version}")
        return self.facts.conditions[name]

    def named_labels(self, name: str) -> Traced:
        """Named labels with their origins, traced once; the answer must not be changed."""
        known = self._labels[self.recording]
        if name not in known:
            if name not in self.facts.labels:
                raise FactsError(f"no labels named @{name} in the facts of {self.facts.chart} {self.facts.version}")
            known[name] = self.facts.labels[name].trace(self)
        return known[name]


# --- conditions -----------------------------------------------------------------------------------


class Condition(Protocol):
    """A tree over the values of a release."""

    def evaluate(self, scope: Scope) -> Truth:
        """True, False, or None where an unknown value decides."""

    def explain(self, scope: Scope) -> list[Reason]:
        """The leaves that make the condition what it is now.

        Each is True, False or unknown like the whole (or its negation under `not`).
        """

    def invert(self, scope: Scope, want: bool) -> list[Patch] | None:
        """The fewest patches after which the condition is `want`; None where no patch on the values can do that."""


class Constant:
    """Always true, or always false."""

    __slots__ = ("holds",)

    def __init__(self, holds: bool) -> None:
        self.holds = holds

    def evaluate(self, scope: Scope) -> Truth:
        return self.holds

    def explain(self, scope: Scope) -> list[Reason]:
        return []

    def invert(self, scope: Scope, want: bool) -> list[Patch] | None:
        return [] if want == self.holds else None


class Leaf:
    """A test on the value at a path."""

    __slots__ = ("_holds", "operand", "path", "test")

    def __init__(self, path: Path, test: str, operand: Any) -> None:
        self.path = path
        self.test = test
        self.operand = operand
        self._holds: Callable[[Any, Any], Truth] = _TESTS[test]

    def evaluate(self, scope: Scope) -> Truth:
        if self.test == "changed":
            return scope.changed(self.path)
        if self.test == "dependency":  # Helm looks for it, not a template: no map to look in is no error
            with scope.recording_if(False):
                return self._holds(scope.lookup(self.path), self.operand)
        return self._holds(scope.lookup(self.path), self.operand)

    def explain(self, scope: Scope) -> list[Reason]:
        return [Reason(scope.absolute(self.path), scope.get(self.path), self.evaluate(scope), self.wants())]

    def wants(self) -> str:
        """What the test asks of the value, in words."""
        return _WORDS[self.test].format(self.operand)

    def invert(self, scope: Scope, want: bool) -> list[Patch] | None:
        from valuelint.syntax.patches import Set  # only where a fix is asked for

        now = self.evaluate(scope)
        if now is want:
            return []
        if now is None or not self.path or self.path[0] == "$item":
            return None
        if self.test == "truthy" or self.test == "falsy":
            if isinstance(scope.get(self.path), (list, dict, str)):
                return None
            return [Set(self.path, want == (self.test == "truthy"))]
        if self.test == "equals" and want:
            return [Set(self.path, self.operand)]
        return None


class TextLeaf:
    """A test on a text, such as a name that the chart computes."""

    __slots__ = ("operand", "test", "text")

    def __init__(self, text: Text, test: str, operand: Any) -> None:
        self.text = text
        self.test = test
        self.operand = operand

    def evaluate(self, scope: Scope) -> Truth:
        operand = self.operand
        if isinstance(operand, TextLeaf | _TEXT_TYPES):
            operand = operand.evaluate(scope)
            if isinstance(operand, Unknown):
                return None
        return cast(Truth, _TESTS[self.test](self.text.evaluate(scope), operand))

    def explain(self, scope: Scope) -> list[Reason]:
        return [
            Reason(
                scope.absolute(path),
                scope.get(path),
                self.evaluate(scope),
                _WORDS[self.test].format(self.operand),
            )
            for path in self.text.paths()
        ]

    def invert(self, scope: Scope, want: bool) -> list[Patch] | None:
        return [] if self.evaluate(scope) is want else None


class Not:
    """The opposite."""

    __slots__ = ("child",)

    def __init__(self, child: Condition) -> None:
        self.child = child

    def evaluate(self, scope: Scope) -> Truth:
        truth = self.child.evaluate(scope)
        return None if truth is None else not truth

    def explain(self, scope: Scope) -> list[Reason]:
        return self.child.explain(scope)

    def invert(self, scope: Scope, want: bool) -> list[Patch] | None:
        return self.child.invert(scope, not want)


_UNMADE = (str, dict, list, bool)
"""What a tree is made of."""


class Group:
    """All of several conditions (`every`), or any of them.

    The trees of the children are made when they are first asked: Go stops at the answer, and so does this.
    """

    __slots__ = ("_make", "_trees", "every")

    def __init__(self, children: list[Any], every: bool, make: Callable[[Any], Condition] | None = None) -> None:
        self._trees = children
        self._make = make
        self.every = every

    @property
    def children(self) -> list[Condition]:
        """The trees of all children."""
        return [self._child(index) for index in range(len(self._trees))]

    def _child(self, index: int) -> Condition:
        found = self._trees[index]
        tree: Condition = self._make(found) if found.__class__ in _UNMADE and self._make is not None else found
        self._trees[index] = tree
        return tree

    def evaluate(self, scope: Scope) -> Truth:
        answer: Truth = self.every
        for index, child in enumerate(self._trees):
            tree: Condition = self._child(index) if child.__class__ in _UNMADE else child
            truth = tree.evaluate(scope)
            if truth is None:
                answer = None
            elif truth is not self.every:
                return truth
        return answer

    def explain(self, scope: Scope) -> list[Reason]:
        answers = [(child, child.evaluate(scope)) for child in self.children]
        truths = [truth for _, truth in answers]
        truth = (not self.every) if (not self.every) in truths else None if None in truths else self.every
        return [reason for child, answer in answers if answer is truth for reason in child.explain(scope)]

    def invert(self, scope: Scope, want: bool) -> list[Patch] | None:
        if self.evaluate(scope) is want:
            return []
        plans = [child.invert(scope, want) for child in self.children]
        if want is self.every:  # each child has to follow
            if any(plan is None for plan in plans):
                return None
            return [patch for plan in plans for patch in cast("list[Patch]", plan)]
        return min((plan for plan in plans if plan is not None), key=len, default=None)


class Named:
    """A condition that the facts give a name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def evaluate(self, scope: Scope) -> Truth:
        return scope.truth(self.name)

    def explain(self, scope: Scope) -> list[Reason]:
        return scope.condition(self.name).explain(scope)

    def invert(self, scope: Scope, want: bool) -> list[Patch] | None:
        return scope.condition(self.name).invert(scope, want)


def _known(test: Any) -> Any:
    """A test that answers None for an Unknown value and sees None for a missing one."""

    def answer(value: Any, operand: Any) -> Truth:
        if isinstance(value, Unknown):
            return None
        return cast(bool, test(None if value is MISSING else value, operand))

    return answer


def _version_in(value: Any, operand: Any) -> bool:
    try:
        version = versions.parse_version(go_text(value))
    except ValueError:
        return False
    return bool(operand.contains(version))


def _set(value: Any, operand: Any) -> Truth:
    return value is not MISSING and value is not None


def _absent(value: Any, operand: Any) -> Truth:
    return value is MISSING


_TESTS: dict[str, Any] = {
    "truthy": lambda value, _: go_truth(None if value is MISSING else value),
    "falsy": _known(lambda value, _: not value),
    "set": _set,
    "null": _known(lambda value, _: value is None),
    "absent": _absent,
    "map": _known(lambda value, _: isinstance(value, dict)),
    "list": _known(lambda value, _: isinstance(value, list)),
    "string": _known(lambda value, _: isinstance(value, str)),
    "bool": _known(lambda value, _: isinstance(value, bool)),
    "number": _known(lambda value, _: isinstance(value, (int, float)) and not isinstance(value, bool)),
    "changed": _known(lambda value, _: value is not None),
    # Helm reads a dependency's `condition`: what is absent or no boolean leaves the subchart enabled.
    "dependency": _known(lambda value, _: value is not False),
    "equals": _known(lambda value, operand: type(value) is type(operand) and value == operand),
    "in": _known(lambda value, operand: any(type(value) is type(item) and value == item for item in operand)),
    "matches": _known(lambda value, operand: bool(operand.search(go_text(value)))),
    "contains": _known(lambda value, operand: operand in (value if isinstance(value, list) else go_text(value))),
    "version": _known(_version_in),
}
_STATES = (
    "truthy",
    "falsy",
    "set",
    "null",
    "absent",
    "map",
    "list",
    "string",
    "bool",
    "number",
    "dependency",
    "changed",
)
_WORDS = {
    "truthy": "on",
    "falsy": "off or empty",
    "set": "set",
    "null": "null",
    "absent": "not given",
    "map": "a map",
    "list": "a list",
    "string": "a string",
    "bool": "a boolean",
    "number": "a number",
    "dependency": "not false",
    "changed": "something else than the chart's default",
    "equals": "{0}",
    "in": "one of {0}",
    "matches": "of another form",
    "contains": "something with {0}",
    "version": "a version {0}",
}


# --- texts ----------------------------------------------------------------------------------------


class Text(Protocol):
    """A string that the chart computes."""

    def evaluate(self, scope: Scope) -> str | Unknown:
        """The string; "" where nothing is given; Unknown where the text does not say."""

    def paths(self) -> list[Path]:
        """The paths it reads, first the one that counts first."""


class Template:
    """A literal with placeholders; with `tpl`, the result goes through Helm's tpl.

    `constant` is the result where it holds no placeholder.
    """

    __slots__ = ("condition", "constant", "parts", "tpl", "trunc")

    def __init__(
        self,
        parts: list[tuple[str, Any]],
        trunc: int | None = None,
        when: Condition | None = None,
        tpl: bool = False,
    ) -> None:
        self.parts = parts
        self.trunc = trunc
        self.condition = when
        self.tpl = tpl
        plain = when is None and not tpl and all(kind == "literal" for kind, _ in parts)
        self.constant = truncate("".join(text for _, text in parts), trunc) if plain else None

    def evaluate(self, scope: Scope) -> str | Unknown:
        if self.constant is not None:
            return self.constant
        if self.condition is not None:
            truth = self.condition.evaluate(scope)
            if truth is None:
                return Unknown("a condition that is not known")
            if not truth:
                return ""
        out = []
        for kind, part in self.parts:
            piece: Any
            if kind == "literal":
                piece = part
            elif kind == "path":
                piece = scope.get(part)
            elif kind == "named":
                piece = scope.text(part)
            elif kind == "text":
                piece = part.evaluate(scope)
            elif kind == "joined":  # a list is joined with commas, as charts do for lists of namespaces
                piece = scope.get(part)
                if isinstance(piece, list):
                    piece = ",".join(go_text(item) for item in piece)
            else:
                piece = scope.builtin(part)
            if isinstance(piece, Unknown):
                return piece
            out.append(go_text(piece))
        whole: str | Unknown = "".join(out)
        if self.tpl:
            whole = render_tpl(whole, scope)
        return whole if isinstance(whole, Unknown) else truncate(whole, self.trunc)

    def paths(self) -> list[Path]:
        found = [
            [part] if kind in ("path", "joined") else part.paths() if kind == "text" else []
            for kind, part in self.parts
        ]
        return [path for paths in found for path in paths]


class FirstOf:
    """The first alternative that is not empty."""

    __slots__ = ("alternatives",)

    def __init__(self, alternatives: list[Text]) -> None:
        self.alternatives = alternatives

    def evaluate(self, scope: Scope) -> str | Unknown:
        for alternative in self.alternatives:
            value = _given(alternative, scope)
            if isinstance(value, Unknown) or value:
                return value
        return ""

    def paths(self) -> list[Path]:
        return [path for alternative in self.alternatives for path in alternative.paths()]


class FullName:
    """The name that `helm create` gives: an override, or the release's name if it holds the chart's, or both joined."""

    __slots__ = ("limit", "name", "override")

    def __init__(self, override: Text, name: Text, limit: int) -> None:
        self.override = override
        self.name = name
        self.limit = limit

    def evaluate(self, scope: Scope) -> str | Unknown:
        override = _given(self.override, scope)
        if isinstance(override, Unknown):
            return override
        if override:
            return truncate(override, self.limit)
        name, release = self.name.evaluate(scope), scope.builtin("$release.name")
        if isinstance(name, Unknown):
            return name
        if isinstance(release, Unknown):
            return release
        return truncate(release if name in release else f"{release}-{name}", self.limit)

    def paths(self) -> list[Path]:
        return self.override.paths() + self.name.paths()


_TEXT_TYPES = Template | FirstOf | FullName


def _given(text: Text, scope: Scope) -> str | Unknown:
    """A text where charts ask whether anything is given: false and 0 are nothing, though they print as something."""
    if isinstance(text, Template) and len(text.parts) == 1 and text.parts[0][0] == "path":
        value = scope.get(text.parts[0][1])
        if not isinstance(value, (str, Unknown)) and not value:
            return ""
    return text.evaluate(scope)


def truncate(value: str, limit: int | None) -> str:
    """`trunc N | trimSuffix "-"`, as charts shorten names."""
    return value if limit is None else value[:limit].removesuffix("-")


# --- Helm's tpl -----------------------------------------------------------------------------------

_ACTION = pattern(r"(?s)\{\{-?\s*(.*?)\s*-?\}\}")
_REFERENCE = pattern(
    r"\$?\.(Release\.Name|Release\.Namespace|Release\.Service|Chart\.Name|Values((?:\.\w+)+))(\s*\|\s*quote)?"
)
_BUILTINS = {
    "Release.Name": "$release.name",
    "Release.Namespace": "$release.namespace",
    "Release.Service": "$release.service",
    "Chart.Name": "$chart.name",
}


def render_tpl(value: Any, scope: Scope) -> Any:
    """Plain data as Helm's `tpl` leaves it: references to the release and to values are filled in, keys too.

    A string with any other template action becomes Unknown: it is never guessed.
    """
    if isinstance(value, str):
        return _render_string(value, scope) if "{{" in value else value
    if isinstance(value, dict):
        rendered = {}
        for key, item in value.items():
            name = _render_string(key, scope) if "{{" in key else key
            if isinstance(name, Unknown):
                return name
            rendered[name] = render_tpl(item, scope)
        return rendered
    if isinstance(value, list):
        return [render_tpl(item, scope) for item in value]
    return value


def _render_string(template: str, scope: Scope) -> str | Unknown:
    out, position = [], 0
    for match in _ACTION.finditer(template):
        reference = _REFERENCE.fullmatch(match.group(1))
        if not reference or reference.group(3):  # `quote` inside a string: the quotes depend on what stands around
            return Unknown(template)
        if reference.group(2):
            piece = scope.get(tuple(reference.group(2)[1:].split(".")))
            if piece is None or isinstance(piece, (dict, list)):
                return Unknown(template)
        else:
            piece = scope.builtin(_BUILTINS[reference.group(1)])
        if isinstance(piece, Unknown):
            return piece
        out += [template[position : match.start()], go_text(piece)]
        position = match.end()
    return "".join(out) + template[position:]


# --- labels and values ----------------------------------------------------------------------------


class LabelSource(NamedTuple):
    """One source of labels: given texts, the map at a path, or named labels."""

    given: tuple[tuple[Text, Text], ...]
    path: Path | None
    name: str | None
    tpl: bool
    when: Condition | None


class Labels:
    """Where labels come from, in the order of the template: of a key that appears twice, the last wins."""

    __slots__ = ("_given", "_make", "_sources")

    def __init__(self, sources: list[Any], make: Callable[[Any], LabelSource]) -> None:
        self._given = sources
        self._make = make
        self._sources: list[LabelSource] | None = None

    @property
    def sources(self) -> list[LabelSource]:
        """The sources; their trees are made when they are first asked for."""
        if self._sources is None:
            self._sources = [self._make(item) for item in self._given]
        return self._sources

    def evaluate(self, scope: Scope) -> dict[str, Any] | Unknown:
        """Labels by key; a value is a string, an Unknown, or what else the user wrote; Unknown if the keys are."""
        return self.trace(scope)[0]

    def trace(self, scope: Scope) -> Traced:
        """The labels, and for each key that a user's map gives, the path of the map that gave it."""
        out: dict[str, Any] = {}
        origins: dict[str, Path] = {}
        for source in self.sources:
            truth = True if source.when is None else source.when.evaluate(scope)
            if truth is None:
                return Unknown("a condition that is not known"), {}
            if not truth:
                continue
            if source.name is not None:
                found, where = scope.named_labels(source.name)
                if isinstance(found, Unknown):
                    return found, {}
                for key in found:
                    origins.pop(key, None)
                out.update(found)
                origins.update(where)
            elif source.path is not None:
                given = scope.get(source.path)
                if source.tpl:
                    given = render_tpl(given, scope)
                if isinstance(given, Unknown):
                    return given, {}
                if isinstance(given, dict):
                    out.update(given)
                    origins.update(dict.fromkeys(given, scope.absolute(source.path)))
                elif given:
                    scope.note(source.path, "a map of labels")
            else:
                for key_text, value_text in source.given:
                    name = key_text.evaluate(scope)
                    if isinstance(name, Unknown):
                        return name, {}
                    if name:
                        out[name] = value_text.evaluate(scope)
                        origins.pop(name, None)
        return out, origins


class Alternative(NamedTuple):
    """One alternative of a value."""

    when: Condition | None
    path: Path | None
    literal: Any
    tpl: bool


class Value:
    """Data that the chart takes from the values or writes itself: the first alternative whose condition holds."""

    __slots__ = ("alternatives",)

    def __init__(self, alternatives: list[Alternative]) -> None:
        self.alternatives = alternatives

    def evaluate(self, scope: Scope) -> Any:
        """Plain data, possibly with Unknowns; None where no alternative holds."""
        chosen = self.choose(scope)
        if chosen is None or isinstance(chosen, Unknown):
            return chosen
        if chosen.path is None:
            return _fill(chosen.literal, scope)
        value = scope.get(chosen.path)
        return render_tpl(value, scope) if chosen.tpl else value

    def choose(self, scope: Scope) -> Alternative | Unknown | None:
        """The alternative that applies."""
        for alternative in self.alternatives:
            truth = True if alternative.when is None else alternative.when.evaluate(scope)
            if truth is None:
                return Unknown("a condition that is not known")
            if truth:
                return alternative
        return None


def _fill(data: Any, scope: Scope) -> Any:
    if isinstance(data, dict):
        return {key: _fill(item, scope) for key, item in data.items()}
    if isinstance(data, list):
        return [_fill(item, scope) for item in data]
    return data.evaluate(scope) if isinstance(data, _TEXT_TYPES) else data


# --- from data to trees ---------------------------------------------------------------------------


class Compiler:
    """Makes trees of the expressions in facts, and remembers in `paths` every path of the values that they read.

    An `eager` one makes every tree at once, so that `paths` is complete; else groups make theirs when they are asked.

    All methods raise FactsError with the offending part.
    """

    __slots__ = ("_known", "_plain", "eager", "paths")

    def __init__(self, eager: bool = False) -> None:
        self.eager = eager
        self.paths: set[Path] = set()
        self._known: dict[str, Path] = {}
        self._plain: dict[str, Template] = {}

    def path(self, data: str) -> Path:
        """A path; inside `for_each` it may start with `$item`."""
        found = self._known.get(data)
        if found is None:
            found = self._known[data] = self._path(data)
        return found

    def _path(self, data: str) -> Path:
        if data in ("$item", "$item.$key", "$item.$value"):
            return tuple(data.split("."))
        try:
            path = parse_path(data.removeprefix("$item."))
        except ValueError as error:
            raise FactsError(str(error)) from None
        if data.startswith("$item."):
            return ("$item", *path)
        self.paths.add(path)
        return path

    def condition(self, data: Any) -> Condition:
        """The tree of a condition."""
        if isinstance(data, str):
            return Named(data[1:]) if data.startswith("@") else Leaf(self.path(data), "truthy", None)
        if isinstance(data, bool):
            return Constant(data)
        if isinstance(data, list):
            return self._group(data, every=True)
        if not isinstance(data, dict):
            raise FactsError(f"no condition: {data!r}")
        for key, every in (("all", True), ("any", False)):
            if key in data:
                return self._group(data[key], every)
        if "not" in data:
            return Not(self.condition(data["not"]))
        if "always" in data:
            return Constant(bool(data["always"]))
        if "condition" in data:
            return self.condition(data["condition"])
        test, operand = _test(data)
        if "path" in data:
            return Leaf(self.path(data["path"]), test, operand)
        if "text" in data:
            return TextLeaf(self.text(data["text"]), test, self.text(operand) if test == "contains" else operand)
        raise FactsError(f"no condition (expected path, text, all, any, not or always): {data!r}")

    def _group(self, children: list[Any], every: bool) -> Group:
        group = Group(list(children), every, self.condition)
        if self.eager:
            group.children  # noqa: B018 - making them is what is wanted
        return group

    def maybe(self, data: dict[str, Any]) -> Condition | None:
        """The `when` of a mapping, if it has one."""
        return self.condition(data["when"]) if "when" in data else None

    def text(self, data: Any) -> Text:
        """The tree of a text."""
        if isinstance(data, list):
            return FirstOf([self.text(item) for item in data])
        if not isinstance(data, dict):
            plain = go_text(data)
            found = self._plain.get(plain)
            if found is None:
                made = Template(self._parts(plain) if "{" in plain else [("literal", plain)])
                found = self._plain[plain] = made
            return found
        if "fullname" in data:
            spec = data["fullname"]
            return FullName(self.text(spec.get("override", "")), self.text(spec["name"]), int(spec.get("max", 63)))
        if "from" in data:
            return Template([("joined", self.path(data["from"]))], None, self.maybe(data), bool(data.get("tpl")))
        inner = data.get("text", data.get("name"))
        if inner is None:
            raise FactsError(f"no text (expected text, from or fullname): {data!r}")
        parts = self._parts(inner) if isinstance(inner, str) else [("text", self.text(inner))]
        return Template(parts, data.get("trunc"), self.maybe(data), bool(data.get("tpl")))

    def _parts(self, template: str) -> list[tuple[str, Any]]:
        parts: list[tuple[str, Any]] = []
        literal, *pieces = template.split("{")
        if literal:
            parts.append(("literal", literal))
        for piece in pieces:
            name, closed, literal = piece.partition("}")
            if not closed or not name:
                raise FactsError(f"no text (a brace is not closed, or holds nothing): {template!r}")
            if name.startswith("@"):
                parts.append(("named", name[1:]))
            elif name.startswith("$") and not name.startswith("$item"):
                parts.append(("builtin", name))
            else:
                parts.append(("path", self.path(name)))
            if literal:
                parts.append(("literal", literal))
        return parts

    def labels(self, data: Any) -> Labels:
        """The tree of a list of label sources."""
        labels = Labels(data if isinstance(data, list) else [data], self._label_source)
        if self.eager:
            labels.sources  # noqa: B018 - making them is what is wanted
        return labels

    def _label_source(self, data: Any) -> LabelSource:
        if isinstance(data, str):
            if data.startswith("@"):
                return LabelSource((), None, data[1:], False, None)
            return LabelSource((), self.path(data), None, False, None)
        if not isinstance(data, dict):
            raise FactsError(f"no source of labels: {data!r}")
        when = self.maybe(data)
        if "set" in data:
            given = tuple((self.text(key), self.text(value)) for key, value in data["set"].items())
            return LabelSource(given, None, None, False, when)
        if "labels" in data:
            return LabelSource((), None, data["labels"].removeprefix("@"), False, when)
        if "from" not in data:
            raise FactsError(f"no source of labels (expected set, from or labels): {data!r}")
        return LabelSource((), self.path(data["from"]), None, bool(data.get("tpl")), when)

    def value(self, data: Any) -> Value:
        """The tree of a value."""
        return Value([self._alternative(item) for item in (data if isinstance(data, list) else [data])])

    def _alternative(self, data: Any) -> Alternative:
        if not isinstance(data, dict) or not ("from" in data or "value" in data):
            raise FactsError(f"no value (expected from or value): {data!r}")
        if "from" in data:
            return Alternative(self.maybe(data), self.path(data["from"]), None, bool(data.get("tpl")))
        return Alternative(self.maybe(data), None, self._literal(data["value"]), False)

    def _literal(self, data: Any) -> Any:
        """Literal data with its strings made texts."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {key: self._literal(item) for key, item in data.items()}
        return [self._literal(item) for item in data] if isinstance(data, list) else data


def _test(data: dict[str, Any]) -> tuple[str, Any]:
    for test in ("equals", "in", "matches", "contains", "version"):
        if test in data:
            operand = data[test]
            if test == "matches":
                return test, pattern(operand)
            return test, versions.Range.parse(operand) if test == "version" else operand
    state = data.get("is", "truthy")
    if state not in _STATES:
        raise FactsError(f"is: {state} (expected one of {', '.join(_STATES)})")
    return state, None
