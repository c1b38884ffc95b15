"""What a configuration says of rules: which apply, with what severity and parameters, and what is accepted."""

from __future__ import annotations

import os

from valuelint.light import TYPE_CHECKING, Any, NamedTuple
from valuelint.syntax import Node, Path, SourceError, parse_path, to_data
from valuelint.workspace.release import Origin, Problem

if TYPE_CHECKING:
    from valuelint.workspace.config import Reader
    from valuelint.workspace.sources import PolicySource

PROFILES = ("default", "strict", "pedantic")
"""strict: what is undecided fails, and whoever accepts a finding says why. pedantic: remarks fail, too."""

SEVERITIES = ("error", "warning", "info", "off")
FAIL_ON = ("error", "warning", "info", "never")


class Accepted(NamedTuple):
    """Findings that are known and accepted: of a rule, in some files, at some paths, up to and with a day."""

    rule: str
    files: tuple[str, ...]
    path: Path | None
    reason: str
    until: str
    folder: str
    place: Origin

    def covers(self, rule: str, file: str, path: Path) -> bool:
        """Whether a finding of a rule, at a path of the values in a file, is accepted; its day left aside."""
        if self.rule != rule or (self.files and not any(in_files(file, glob, self.folder) for glob in self.files)):
            return False
        return self.path is None or below(path, self.path)


class Override(NamedTuple):
    """What is different in some files."""

    files: tuple[str, ...]
    severity: dict[str, str]
    parameters: dict[str, dict[str, Any]]
    folder: str

    def covers(self, file: str) -> bool:
        """Whether it speaks of a file."""
        return any(in_files(file, glob, self.folder) for glob in self.files)


class Said(NamedTuple):
    """One setting, for people: its key, its value, and where it is said; None for what nobody says."""

    key: str
    value: str
    place: Origin | None


class Settings(NamedTuple):
    """How rules are applied to the clusters of a configuration.

    `strict`: what is undecided fails, and whoever accepts a finding says why. `comments`: comments in the files
    can accept findings. `select` are the rules that apply, None for all. `policies` are folders with more rules.
    """

    strict: bool = False
    comments: bool = True
    profile: str = "default"
    select: tuple[str, ...] | None = None
    accepted: tuple[Accepted, ...] = ()
    severity: dict[str, str] = {}  # noqa: RUF012 - a default that nobody changes
    parameters: dict[str, dict[str, Any]] = {}  # noqa: RUF012
    overrides: tuple[Override, ...] = ()
    fail_on: str = ""
    policies: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    """What the cluster is, of `environments()`."""
    said: tuple[Said, ...] = ()

    @property
    def threshold(self) -> str:
        """The mildest finding that fails."""
        return self.fail_on or ("info" if self.profile == "pedantic" else "warning")


DEFAULT = Settings()


def environments() -> dict[str, dict[str, Any]]:
    """What can be said of a cluster and changes which rules apply: by name, what it means and what it assumes."""
    from valuelint import resources

    return resources.load("schemas/environments.yaml")  # type: ignore[no-any-return]


def weight(rule: str, environment: tuple[str, ...]) -> str:
    """The severity that environments give to the findings of a rule; empty where none says anything."""
    if not environment:
        return ""
    known = environments()
    given = [level for name in environment if (level := known[name].get("severity", {}).get(rule))]
    return min(given, key=SEVERITIES.index) if given else ""


def read_environment(reader: Reader, node: Node | None, path: Path) -> tuple[str, ...]:
    """The environments that a text or a list names. Raises Problem."""
    if node is None:
        return ()
    known = tuple(environments())
    return tuple(dict.fromkeys(reader.choice(item, at, known) for item, at in _texts(reader, node, path)))


# --- files and paths ------------------------------------------------------------------------------


def in_files(file: str, glob: str, folder: str) -> bool:
    """Whether a file is meant by a glob, relative to a folder. `*` stays in a folder, `**` does not.

    A glob that means a folder means everything in it.
    """
    relative = os.path.relpath(os.path.realpath(file), os.path.realpath(folder)).replace(os.sep, "/")
    parts = relative.split("/")
    wanted = glob.rstrip("/").removeprefix("./").split("/")
    return any(_matches(parts[:length], wanted) for length in range(1, len(parts) + 1))


def _matches(parts: list[str], wanted: list[str]) -> bool:
    from fnmatch import fnmatchcase

    if not wanted:
        return not parts
    if wanted[0] == "**":
        return any(_matches(parts[start:], wanted[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], wanted[0]) and _matches(parts[1:], wanted[1:])


def parse_pattern(text: str) -> Path:
    """A path in which `*` stands for any key or item. Raises ValueError."""
    if "*" in text:
        import re

        text = re.sub(r"(?:(?<=^)|\.)\*(?=\.|\[|$)|\[\*\]", '["*"]', text)
    return parse_path(text)


def below(path: Path, wanted: Path) -> bool:
    """Whether a path is, or lies below, one with stars."""
    from fnmatch import fnmatchcase

    if len(path) < len(wanted):
        return False
    return all(
        fnmatchcase(part, each) if isinstance(part, str) and isinstance(each, str) else each in ("*", part)
        for part, each in zip(path, wanted, strict=False)
    )


# --- reading --------------------------------------------------------------------------------------


def rule_ids(policies: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of all rules: those that valuelint ships, and those in folders of policies."""
    from valuelint import resources

    found = [name.removesuffix(".yaml") for name in resources.names("rules") if name.endswith(".yaml")]
    if policies:
        from valuelint.workspace.sources import policy_files

        files = [file for folder in policies for file in policy_files(folder)]
        found += [os.path.splitext(os.path.basename(file))[0] for file in files]
    return tuple(sorted(dict.fromkeys(found)))


def read_settings(
    reader: Reader,
    fields: dict[str, Node],
    folder: str,
    base: Settings,
    known: tuple[str, ...],
    sources: list[PolicySource],
) -> Settings:
    """The settings of a configuration over those that it extends. Raises Problem at what is wrong."""
    said = list(base.said)

    def note(key: str, value: Any, node: Node) -> None:
        said[:] = [item for item in said if item.key != key]
        said.append(Said(key, _shown(value), reader.origin(node, tuple(key.split(".")))))

    result = base
    for key in ("profile", "fail_on"):
        if key in fields:
            value = reader.choice(fields[key], (key,), PROFILES if key == "profile" else FAIL_ON)
            result = result._replace(profile=value) if key == "profile" else result._replace(fail_on=value)
            note(key, value, fields[key])
    result = result._replace(strict=result.profile != "default")
    if "environment" in fields:
        environment = read_environment(reader, fields["environment"], ("environment",))
        result = result._replace(environment=environment)
        note("environment", list(environment), fields["environment"])
    if "policies" in fields:
        said += [Said("policies", source.title, source.place) for source in sources]
    if "select" in fields:
        select = [
            reader.choice(item, path, known, "a rule") for item, path in _texts(reader, fields["select"], ("select",))
        ]
        result = result._replace(select=tuple(select))
        note("select", select, fields["select"])
    severity = _severities(reader, fields.get("severity"), ("severity",), known)
    for rule, (level, node) in severity.items():
        note(f"severity.{rule}", level, node)
    result = result._replace(severity={**result.severity, **{rule: level for rule, (level, _) in severity.items()}})
    parameters = _parameters(reader, fields.get("parameters"), ("parameters",), known)
    for rule, (given, node) in parameters.items():
        for name, value in given.items():
            note(f"parameters.{rule}.{name}", value, node)
    result = result._replace(
        parameters=laid_over(result.parameters, {rule: given for rule, (given, _) in parameters.items()})
    )
    accepted = [
        _accepted(reader, item, path, folder, known)
        for item, path in reader.items(fields.get("ignore"), ("ignore",), "ignore")
    ]
    for item in accepted:
        said.append(Said("ignore", _accepted_shown(item), item.place))
    overrides = [
        _override(reader, item, path, folder, known)
        for item, path in reader.items(fields.get("overrides"), ("overrides",), "overrides")
    ]
    for override, place in overrides:
        said.append(Said("overrides", _override_shown(override), place))
    return result._replace(
        accepted=(*result.accepted, *accepted),
        overrides=(*result.overrides, *(override for override, _ in overrides)),
        said=tuple(said),
    )


def policy_sources(reader: Reader, node: Node | None, folder: str) -> list[PolicySource]:
    """Where policies come from, as a configuration names it. Raises Problem."""
    if node is None:
        return []
    from valuelint.workspace.sources import read_source

    return [read_source(reader, item, path, folder) for item, path in _texts(reader, node, ("policies",))]


def policy_folders(sources: list[PolicySource]) -> tuple[str, ...]:
    """The folders of policies on this machine. Raises Problem where some are not there."""
    if not sources:
        return ()
    from valuelint.workspace.sources import located

    return tuple(folder for source in sources for folder in located(source))


def laid_over(base: dict[str, dict[str, Any]], over: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The parameters of rules, with some replaced."""
    return {**base, **{rule: {**base.get(rule, {}), **given} for rule, given in over.items()}}


def _texts(reader: Reader, node: Node | None, path: Path) -> list[tuple[Node, Path]]:
    """The items of a list, or a single one."""
    if node is not None and reader.is_scalar(node):
        return [(node, path)]
    return reader.items(node, path, str(path[-1]))


def _severities(reader: Reader, node: Node | None, path: Path, known: tuple[str, ...]) -> dict[str, tuple[str, Node]]:
    if node is None:
        return {}
    fields = reader.fields(node, path, known, "severity", "rules by their ids")
    return {rule: (reader.choice(value, (*path, rule), SEVERITIES), value) for rule, value in fields.items()}


def _parameters(
    reader: Reader, node: Node | None, path: Path, known: tuple[str, ...]
) -> dict[str, tuple[dict[str, Any], Node]]:
    if node is None:
        return {}
    found = {}
    for rule, value in reader.fields(node, path, known, "parameters", "rules by their ids").items():
        try:
            data = to_data(value, source=reader.source)
        except SourceError as error:
            raise Problem(error.message, error.file, error.line, error.column, error.remedy) from None
        if not isinstance(data, dict):
            raise reader.problem(value.start, f"the parameters of {rule} are a map", "write name: value")
        found[rule] = (data, value)
    return found


def _accepted(reader: Reader, node: Node, path: Path, folder: str, known: tuple[str, ...]) -> Accepted:
    if reader.is_scalar(node):
        return Accepted(reader.choice(node, path, known, "a rule"), (), None, "", "", folder, reader.origin(node, path))
    keys = ("rule", "files", "path", "reason", "until")
    fields = reader.fields(node, path, keys, "what is ignored")
    if "rule" not in fields:
        raise reader.problem(node.start, "what is ignored needs a rule", "add rule: …")
    rule = reader.choice(fields["rule"], (*path, "rule"), known, "a rule")
    files = [reader.text(item, where) for item, where in _texts(reader, fields.get("files"), (*path, "files"))]
    at: Path | None = None
    if "path" in fields:
        try:
            at = parse_pattern(reader.text(fields["path"], (*path, "path")))
        except ValueError as error:
            raise reader.problem(fields["path"].start, str(error), "write it as findings do: a.b[0].c") from None
    texts = {key: reader.text(fields[key], (*path, key)) if key in fields else "" for key in ("reason", "until")}
    if texts["until"]:
        from datetime import date

        try:
            date.fromisoformat(texts["until"])
        except ValueError:
            raise reader.problem(fields["until"].start, f"{texts['until']} is no day", "such as 2027-01-31") from None
    return Accepted(rule, tuple(files), at, texts["reason"], texts["until"], folder, reader.origin(node, path))


def _override(reader: Reader, node: Node, path: Path, folder: str, known: tuple[str, ...]) -> tuple[Override, Origin]:
    fields = reader.fields(node, path, ("files", "severity", "parameters"), "an override")
    files = [reader.text(item, where) for item, where in _texts(reader, fields.get("files"), (*path, "files"))]
    if not files:
        raise reader.problem(node.start, "an override needs files", "add files: [clusters/lab/**]")
    severity = _severities(reader, fields.get("severity"), (*path, "severity"), known)
    parameters = _parameters(reader, fields.get("parameters"), (*path, "parameters"), known)
    return (
        Override(
            tuple(files),
            {rule: level for rule, (level, _) in severity.items()},
            {rule: given for rule, (given, _) in parameters.items()},
            folder,
        ),
        reader.origin(node, path),
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _accepted_shown(item: Accepted) -> str:
    from valuelint.syntax import format_path

    parts = {
        "rule": item.rule,
        "files": list(item.files) or None,
        "path": None if item.path is None else format_path(item.path),
        "reason": item.reason or None,
        "until": item.until or None,
    }
    return _shown({key: value for key, value in parts.items() if value is not None})


def _override_shown(item: Override) -> str:
    parts = {"files": list(item.files), "severity": item.severity, "parameters": item.parameters}
    return _shown({key: value for key, value in parts.items() if value})


def describe(settings: Settings) -> list[Said]:
    """All settings in force, with where each is said."""
    by_key = {item.key: item for item in settings.said}
    found = [
        by_key.get(key, Said(key, value, None))
        for key, value in (
            ("profile", "default"),
            ("fail_on", settings.threshold),
            ("select", "all rules"),
        )
    ]
    if not settings.policies:
        found.append(Said("policies", "none", None))
    return found + [item for item in settings.said if item not in found]
