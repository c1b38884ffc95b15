"""Which options a chart's templates read: Go templates, run over paths of `.Values` instead of values.

Every action is followed once, both branches of every `if`, every named template with what it is handed. The answer
leans to one side: where a map goes somewhere that cannot be followed, everything below it counts as read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from valuelint.light import Any, Iterable, Iterator

Names = tuple[str, ...]

READ = 1
"""The option is read."""
FREE = 2
"""The option is handed on whole: everything below it counts."""
REFUSED = 4
"""The option is read by a check that only refuses it."""

Reads = dict[Names, int]


class TemplateError(ValueError):
    """A template that is none."""


# --- text into tokens -----------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s+
    | (?P<comment>/\*.*?\*/)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<raw>`[^`]*`)
    | (?P<char>'(?:[^'\\]|\\.)*')
    | (?P<close>-?\}\})
    | (?P<field>\.[A-Za-z_]\w*)
    | (?P<variable>\$\w*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<number>[-+]?\d[\w.]*)
    | (?P<mark>:=|=|\||\(|\)|,|\.)
    """,
    re.VERBOSE | re.DOTALL,
)

Token = tuple[str, str, bool]
"""Kind, text, and whether it stands right behind the token before."""


def _actions(text: str) -> Iterator[list[Token] | str]:
    """The actions of a template as tokens, and the texts between them."""
    at = 0
    while True:
        start = text.find("{{", at)
        if start < 0:
            yield text[at:]
            return
        yield text[at:start]
        at = start + 2
        if text[at : at + 1] == "-" and text[at + 1 : at + 2].isspace():
            at += 1
        tokens: list[Token] = []
        close = False
        touching = False
        while not close:
            found = _TOKEN.match(text, at)
            if found is None or found.end() == at:
                raise TemplateError(f"unexpected {text[at : at + 20]!r} at {at}")
            at = found.end()
            kind = found.lastgroup
            if kind == "close":
                close = True
            elif kind is not None and kind != "comment":
                tokens.append((kind, found.group(), touching))
            touching = kind is not None
        yield tokens


# --- tokens into trees ----------------------------------------------------------------------------

# Expressions: ("dot",) ("variable", name) ("text", value) ("number", value) ("field", expression, name)
#   ("call", function, [expressions]) ("apply", expression, [expressions])
# Statements: ("text", text) ("print", pipeline) ("set", name, declares, pipeline) ("if", pipeline, body, otherwise)
#   ("with", ...) ("range", names, pipeline, body, otherwise) ("include", name, pipeline) ("define", name, body)
Node = tuple[Any, ...]


class _Expressions:
    """Reads the tokens of one action."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", False)

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def pipeline(self) -> Node:
        """`a b | c`, as nested calls."""
        found = self.command(None)
        while self.peek()[1] == "|" and self.peek()[0] == "mark":
            self.take()
            found = self.command(found)
        return found

    def command(self, piped: Node | None) -> Node:
        operands: list[Node] = []
        function = ""
        if self.peek()[0] == "word" and self.peek()[1] not in ("true", "false", "nil"):
            function = self.take()[1]
            if self.peek()[0] == "field" and self.peek()[2]:
                operands.append(self.chain(("call", function, [])))
                function = ""
        while self.peek()[0] not in ("end",) and self.peek()[1] not in ("|", ")", ",", "=", ":="):
            operands.append(self.operand())
        if not function and not operands:
            raise TemplateError("an empty command")
        if piped is not None:
            operands.append(piped)
        if function:
            return ("call", function, operands)
        return operands[0] if len(operands) == 1 else ("apply", operands[0], operands[1:])

    def operand(self) -> Node:
        kind, text, _ = self.take()
        if kind == "string":
            return ("text", _unquoted(text))
        if kind == "raw":
            return ("text", text[1:-1])
        if kind in ("number", "char"):
            return ("number", text)
        if kind == "variable":
            return self.chain(("variable", text))
        if kind == "field":
            return self.chain(("field", ("dot",), text[1:]))
        if kind == "word":
            return ("number", text) if text in ("true", "false", "nil") else self.chain(("call", text, []))
        if text == ".":
            return ("dot",)
        if text == "(":
            inner = self.pipeline()
            if self.take()[1] != ")":
                raise TemplateError("a parenthesis is not closed")
            return self.chain(inner)
        raise TemplateError(f"unexpected {text!r}")

    def chain(self, base: Node) -> Node:
        while self.peek()[0] == "field" and self.peek()[2]:
            base = ("field", base, self.take()[1][1:])
        return base


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])


@lru_cache(maxsize=3000)
def parse(text: str) -> tuple[Node, ...]:
    """The statements of a template. Raises TemplateError."""
    stream = _actions(text)
    body, end = _body(stream)
    if end:
        raise TemplateError(f"unexpected {end[0][1]}")
    return body


def _body(stream: Iterator[list[Token] | str]) -> tuple[tuple[Node, ...], list[Token]]:
    """Statements up to an `end` or `else`, which is returned; nothing at the end of the text."""
    nodes: list[Node] = []
    for item in stream:
        if isinstance(item, str):
            if item.strip():
                nodes.append(("text",))
            continue
        if not item:
            continue
        kind, word, _ = item[0]
        if kind == "word" and word in ("end", "else"):
            return tuple(nodes), item
        if kind == "word" and word in ("if", "with", "range"):
            nodes.append(_block(word, item[1:], stream))
        elif kind == "word" and word in ("define", "block"):
            name = _unquoted(item[1][1]) if item[1][0] == "string" else item[1][1].strip("`")
            inner, _ = _body(stream)
            nodes.append(("define", name, inner))
            if word == "block":
                nodes.append(("include", ("text", name), _Expressions(item[2:]).pipeline()))
        elif kind == "word" and word == "template":
            reader = _Expressions(item[1:])
            called = reader.operand()
            nodes.append(("include", called, reader.pipeline() if reader.peek()[0] != "end" else ("number", "nil")))
        elif kind == "word" and word in ("break", "continue") and len(item) == 1:
            continue
        else:
            nodes.append(_simple(item))
    return tuple(nodes), []


def _simple(tokens: list[Token]) -> Node:
    if tokens[0][0] == "variable" and len(tokens) > 1 and tokens[1][1] in (":=", "="):
        return ("set", tokens[0][1], tokens[1][1] == ":=", _Expressions(tokens[2:]).pipeline())
    return ("print", _Expressions(tokens).pipeline())


def _block(word: str, tokens: list[Token], stream: Iterator[list[Token] | str]) -> Node:
    names: list[str] = []
    declared = next((at for at, token in enumerate(tokens) if token[1] in (":=", "=") and token[0] == "mark"), -1)
    if declared >= 0:
        names = [text for kind, text, _ in tokens[:declared] if kind == "variable"]
        tokens = tokens[declared + 1 :]
    pipeline = _Expressions(tokens).pipeline()
    body, end = _body(stream)
    otherwise: tuple[Node, ...] = ()
    if end and end[0][1] == "else":
        if len(end) > 1:
            otherwise = (_block(end[1][1], end[2:], stream),)
            return (word, tuple(names), pipeline, body, otherwise)
        otherwise, end = _body(stream)
    if not end:
        raise TemplateError(f"{word} is not ended")
    return (word, tuple(names), pipeline, body, otherwise)


# --- running --------------------------------------------------------------------------------------

# What an expression may be: a set of ("root", prefix), ("values", path), ("text", text), ("number", text),
# ("map", ((key, possible), ...)) and ("list", (possible, ...)). The empty set is a text, or something unknown.
Possible = frozenset[tuple[Any, ...]]
NOTHING: Possible = frozenset()

_PLAIN_WORDS = """
    abs add add1 and atoi b64dec b64enc base camelcase cat ceil clean contains date dateModify default dir div divf
    duration empty eq ext fail float64 floor fullPath ge genCA genSelfSignedCert genSignedCert genSignedCertWithKey gt
    hasPrefix hasSuffix has htpasswd html indent int int64 isAbs join js kindIs kindOf le len lower lt max min
    mod mul mulf ne nindent nospace not or print printf println quote randAlphaNum regexFind regexFindAll regexMatch
    mustRegexMatch regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace round semver semverCompare sha1sum
    sha256sum adler32sum snakecase kebabcase split splitList splitn squote sub subf substr swapcase title toDecimal
    toString tpl trim trimAll trimPrefix trimSuffix trunc typeIs typeIsLike typeOf until untilStep upper urlParse
    urlquery uuidv4 wrap wrapWith unixEpoch now htmlDate ago bcrypt derivePassword required lookup toDate mustToDate
    untitle abbrev initials nindent seq tuple list dict include coalesce ternary
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
"""Functions that make a text, a number or a truth of what they are given."""

_SAME_WORDS = """
    coalesce deepCopy mustDeepCopy required omit pick unset merge mergeOverwrite mustMerge mustMergeOverwrite
    without mustWithout uniq mustUniq compact mustCompact sortAlpha toStrings reverse mustReverse initial rest
    mustRest slice mustSlice and or chunk mustPrepend
"""
_SAME = frozenset(_SAME_WORDS.split())
"""Functions that give back what they are given, or a part of it."""

_MOST_DEPTH = 60


class Scan:
    """Runs the templates of one chart, subcharts included; `reads` is the outcome.

    `complete` says that all named templates are among them: one that is not stops the render, and reads nothing.
    """

    def __init__(self, subcharts: Iterable[str] = (), complete: bool = True) -> None:
        self._complete = complete
        self.reads: Reads = {}
        self.gates: dict[Names, frozenset[Names]] = {}
        """The options that have to be on wherever a path is read: all of them, or what is read comes to nothing."""
        self.subcharts = frozenset(subcharts)
        self._defines: dict[str, tuple[Node, ...]] = {}
        self._called: set[str] = set()
        self._done: set[tuple[str, Possible, bool, frozenset[Names]]] = set()
        self._within: frozenset[Names] = frozenset()
        self._depth = 0
        self._refusing = False

    def run(self, files: Iterable[tuple[Names, str]]) -> Reads:
        """Follows all templates, given as (key of their subchart or (), text)."""
        parsed = [(prefix, parse(text)) for prefix, text in files]
        owners: dict[str, Names] = {}
        for prefix, nodes in parsed:
            for node in nodes:
                self._define(node, owners, prefix)
        for prefix, nodes in parsed:
            root: Possible = frozenset((("root", prefix),))
            self._run(nodes, root, {"$": root})
        for name in self._defines.keys() - self._called:
            self._call(name, frozenset((("root", owners[name]),)))
        return self.reads

    def _define(self, node: Node, owners: dict[str, Names], prefix: Names) -> None:
        if node[0] == "define":
            self._defines[node[1]] = node[2]
            owners[node[1]] = prefix
            for inner in node[2]:
                self._define(inner, owners, prefix)

    def _call(self, name: str, handed: Possible) -> None:
        body = self._defines.get(name)
        key = (name, handed, self._refusing, self._within)
        if body is None or key in self._done:
            if body is None:
                self._mark(handed, FREE)
            return
        self._called.add(name)
        self._done.add(key)
        if self._depth >= _MOST_DEPTH:
            self._mark(handed, FREE)
            return
        self._depth += 1
        self._run(body, handed, {"$": handed})
        self._depth -= 1

    def _mark(self, possible: Possible, kind: int) -> None:
        for atom in possible:
            if atom[0] == "root" and kind == FREE and not self._complete:
                self._note(atom[1], FREE)
            elif atom[0] == "values":
                bits = REFUSED if self._refusing and kind == READ else kind
                self._note(atom[1], bits)
            elif kind == FREE and atom[0] == "map":
                for _, inner in atom[1]:
                    self._mark(inner, FREE)
            elif atom[0] == "list":
                for inner in atom[1]:
                    self._mark(inner, kind)

    def _note(self, path: Names, bits: int) -> None:
        self.reads[path] = self.reads.get(path, 0) | bits
        if bits != REFUSED:
            self.gates[path] = self.gates.get(path, self._within) & self._within
        if len(path) > 1 and path[0] in self.subcharts and path[1] == "global":
            self._note(path[1:], bits)

    def _run(self, nodes: tuple[Node, ...], dot: Possible, variables: dict[str, Possible]) -> None:
        for node in nodes:
            kind = node[0]
            if kind == "print":
                self._mark(self._value(node[1], dot, variables), READ)
            elif kind == "set":
                found = self._value(node[3], dot, variables)
                variables[node[1]] = found if node[2] else variables.get(node[1], NOTHING) | found
            elif kind == "include":
                self._include(node[1], self._value(node[2], dot, variables), dot, variables)
            elif kind in ("if", "with", "range"):
                self._branch(node, dot, variables)

    def _branch(self, node: Node, dot: Possible, variables: dict[str, Possible]) -> None:
        kind, names, pipeline, body, otherwise = node
        before, outside = self._refusing, self._within
        self._refusing = before or (kind == "if" and _only_refuses(node))
        found = self._value(pipeline, dot, variables)
        inner = _scope(variables)
        self._within = outside | self._asked(pipeline, dot, variables)
        if kind == "range":
            self._mark(frozenset(atom for atom in found if atom[0] == "values"), READ if self._refusing else FREE)
            item = frozenset(each for atom in found for each in _items(atom))
            for name in names[:-1]:
                inner[name] = NOTHING
            if names:
                inner[names[-1]] = item
            self._run(body, item, inner)
        else:
            self._mark(found, READ)
            for name in names:
                inner[name] = found
            self._run(body, found if kind == "with" else dot, inner)
        self._within = outside
        _leave(variables, inner, names)
        other = _scope(variables)
        self._run(otherwise, dot, other)
        _leave(variables, other, ())
        self._refusing = before

    def _asked(self, node: Node, dot: Possible, variables: dict[str, Possible]) -> frozenset[Names]:
        """The options without which an expression is false: one by itself, or each of those that `and` joins."""
        if node[0] == "call":
            parts = node[2] if node[1] == "and" else []
            return frozenset().union(*(self._asked(part, dot, variables) for part in parts))
        found = self._value(node, dot, variables) if node[0] in ("field", "variable", "dot") else NOTHING
        return frozenset(atom[1] for atom in found if atom[0] == "values") if len(found) == 1 else frozenset()

    def _include(self, name: Node, handed: Possible, dot: Possible, variables: dict[str, Possible]) -> None:
        found = self._value(name, dot, variables)
        self._mark(found, READ)
        texts = [atom[1] for atom in found if atom[0] == "text"]
        if name[0] != "text" and not texts:
            # a file by its path, or a name that values make: the files are run by themselves
            self._mark(frozenset(atom for atom in handed if atom[0] != "root"), FREE)
        for text in texts:
            self._call(text, handed)

    # --- expressions ---

    def _value(self, node: Node, dot: Possible, variables: dict[str, Possible]) -> Possible:
        kind = node[0]
        if kind == "dot":
            return dot
        if kind == "variable":
            return variables.get(node[1], NOTHING)
        if kind in ("text", "number"):
            return frozenset(((kind, node[1]),))
        if kind == "field":
            return _below(self._value(node[1], dot, variables), node[2])
        if kind == "apply":  # a method with arguments, such as `.Files.Get`
            self._value(node[1], dot, variables)
            for argument in node[2]:
                self._mark(self._value(argument, dot, variables), READ)
            return NOTHING
        return self._function(node[1], node[2], dot, variables)

    def _function(self, name: str, nodes: list[Node], dot: Possible, variables: dict[str, Possible]) -> Possible:
        if name == "and":
            return self._all(nodes, dot, variables)
        given = [self._value(node, dot, variables) for node in nodes]
        if name == "include" and given:
            self._include(nodes[0], given[1] if len(given) > 1 else NOTHING, dot, variables)
            return NOTHING
        if name in ("index", "get") and given:
            found = given[0]
            for key in given[1:]:
                found = self._at(found, key)
            return found
        if name == "hasKey" and len(given) == 2:
            self._mark(self._at(given[0], given[1]), READ)
            return NOTHING
        if name == "dig" and len(given) > 2:
            found = given[-1]
            for key in given[:-2]:
                found = self._at(found, key)
            self._mark(found, READ)
            return found | given[-2]
        if name == "dict":
            pairs = zip(given[::2], given[1::2], strict=False)
            return frozenset((("map", tuple((key, value) for texts, value in pairs for key in _texts(texts))),))
        if name in ("list", "tuple"):
            return frozenset((("list", tuple(given)),))
        if name in ("append", "prepend", "mustAppend") and len(given) == 2:
            return given[0] | frozenset((("list", (given[1],)),))
        if name in ("first", "last", "mustFirst", "mustLast"):
            return frozenset(each for atom in frozenset().union(*given) for each in _items(atom))
        if name == "concat":
            return frozenset().union(*given)
        if name == "set" and len(given) == 3:
            return self._set(nodes, given, variables)
        if name == "default":
            self._mark(frozenset().union(*given[1:]), READ)
            return frozenset().union(*given)
        if name == "ternary" and len(given) == 3:
            self._mark(given[2], READ)
            return given[0] | given[1]
        if name in _SAME:
            every = frozenset().union(*given)
            self._mark(every, READ)
            return every
        for value in given:
            self._mark(value, READ if name in _PLAIN else FREE)
        return NOTHING

    def _all(self, nodes: list[Node], dot: Possible, variables: dict[str, Possible]) -> Possible:
        """What `and` joins: each part counts for nothing without the others."""
        asked = [self._asked(node, dot, variables) for node in nodes]
        outside, every = self._within, NOTHING
        for number, node in enumerate(nodes):
            self._within = outside.union(*asked[:number], *asked[number + 1 :])
            found = self._value(node, dot, variables)
            self._mark(found, READ)
            every |= found
        self._within = outside
        return every

    def _set(self, nodes: list[Node], given: list[Possible], variables: dict[str, Possible]) -> Possible:
        base, keys, value = given
        self._mark(value, FREE)
        extended: set[tuple[Any, ...]] = set()
        for atom in base:
            if atom[0] == "map":
                extended.add(("map", atom[1] + tuple((key, value) for key in _texts(keys))))
            else:
                extended.add(atom)
        if nodes[0][0] == "variable":
            variables[nodes[0][1]] = frozenset(extended)
        return frozenset(extended)

    def _at(self, base: Possible, key: Possible) -> Possible:
        """What stands in a map or list under a key that an expression gives."""
        self._mark(key, READ)
        texts = _texts(key)
        if texts:
            return frozenset().union(*(_below(base, text) for text in texts))
        if any(atom[0] == "number" for atom in key):
            self._mark(frozenset(atom for atom in base if atom[0] == "values"), READ)
            numbers = [atom[1] for atom in key if atom[0] == "number"]
            return frozenset(each for atom in base for number in numbers for each in _item(atom, number))
        self._mark(base, FREE)
        return NOTHING


def _texts(possible: Possible) -> list[str]:
    return sorted(atom[1] for atom in possible if atom[0] == "text")


def _below(base: Possible, key: str) -> Possible:
    found: set[tuple[Any, ...]] = set()
    for atom in base:
        if atom[0] == "values":
            # `.Values.AsMap` is the same map again
            found.add(atom if key == "AsMap" else ("values", (*atom[1], key)))
        elif atom[0] == "root" and key == "Values":
            found.add(("values", atom[1]))
        elif atom[0] == "map":
            for name, value in atom[1]:
                if name == key:
                    found |= value
    return frozenset(found)


def _item(atom: tuple[Any, ...], number: str) -> Iterable[tuple[Any, ...]]:
    """What stands at a place in a list; at every place where the number says nothing."""
    if atom[0] == "list" and number.isdigit() and int(number) < len(atom[1]):
        found: Possible = atom[1][int(number)]
        return found
    return _items(atom)


def _items(atom: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if atom[0] == "list":
        for value in atom[1]:
            yield from value
    elif atom[0] == "map":
        for _, value in atom[1]:
            yield from value


def _scope(variables: dict[str, Possible]) -> dict[str, Possible]:
    return dict(variables)


def _leave(variables: dict[str, Possible], inner: dict[str, Possible], own: tuple[str, ...]) -> None:
    """What a block may have assigned to variables of the block around it."""
    for name in variables.keys() - set(own):
        variables[name] |= inner[name]


def _only_refuses(node: Node) -> bool:
    """Whether a block does nothing but fail, on whatever condition."""
    return _fails(node[3]) and all(_fails((each,)) for each in node[4])


def _fails(nodes: tuple[Node, ...]) -> bool:
    found = False
    for node in nodes:
        if (node[0] == "print" and node[1][:2] == ("call", "fail")) or (node[0] == "if" and _only_refuses(node)):
            found = True
        elif node[0] != "set":
            return False
    return found


def scan(files: Iterable[tuple[Names, str]], subcharts: Iterable[str] = (), complete: bool = True) -> Reads:
    """What these templates read of the values; the empty path for all of them. Raises TemplateError."""
    return Scan(subcharts, complete).run(files)
