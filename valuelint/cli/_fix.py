"""What `fix` does once its arguments are known."""

from __future__ import annotations

from valuelint.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, complain, report_problems, say
from valuelint.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from valuelint.lint.diagnostic import Diagnostic
    from valuelint.lint.fix import Ask, Repair
    from valuelint.lint.rule import Rule
    from valuelint.syntax import Source
    from valuelint.workspace.release import Workspace


class Settings(NamedTuple):
    """The options of `fix`, as they are when nobody says otherwise."""

    unsafe: bool = False
    interactive: bool = False
    diff: bool = False
    check: bool = False
    only: tuple[str, ...] = ()
    side: str | None = None
    keep_going: bool = False
    exit_non_zero_on_fix: bool = False
    fail_on: str = ""
    color: str = "auto"


FLAGS = {
    "--unsafe": "unsafe",
    "--diff": "diff",
    "--check": "check",
    "--keep-going": "keep_going",
    "--exit-non-zero-on-fix": "exit_non_zero_on_fix",
}
"""Options that need no more than to be named, with their settings."""


def plain(words: list[str]) -> Settings | None:
    """The settings of a command line that has nothing but paths and flags; None for all others."""
    flags = [word for word in words if word.startswith("-")]
    if any(flag not in FLAGS for flag in flags) or ("--diff" in flags and "--check" in flags):
        return None
    given = {FLAGS[flag]: True for flag in flags}
    return Settings(**given)  # type: ignore[arg-type]


def run(workspace: Workspace, rules: list[Rule], settings: Settings) -> int:
    """Fixes a workspace, writes or shows the result, and gives the exit code."""
    from valuelint.lint.fix import repair

    failed = report_problems(workspace.problems)
    sources = _sources(workspace)
    level = "unsafe" if settings.unsafe or settings.interactive else "safe"
    ask: Ask | None = None
    if settings.interactive:
        from valuelint.cli.fix import ask
    result = repair(workspace, rules, level, frozenset(settings.only), settings.side or "", ask)
    for item in result.failed:
        place = item.diagnostic.place
        complain(f"not fixed: {place.file}:{place.line}: {item.diagnostic.rule}: {item.reason}")
    if settings.diff or settings.check:
        for name in sorted(result.texts):
            say(f"{name}\n" if settings.check else diff_of(sources[name], result.texts[name]))
        if settings.diff:
            complain(_summary(result, level, "would be applied"))
        return EXIT_USAGE if failed else EXIT_FINDINGS if result.texts else EXIT_CLEAN
    if not _write(result, sources, settings.keep_going):
        return EXIT_USAGE
    return EXIT_USAGE if failed else _said(workspace, result, rules, settings, level)


def _said(workspace: Workspace, result: Repair, rules: list[Rule], settings: Settings, level: str) -> int:
    """Says what was fixed and what is left; gives the exit code."""
    from valuelint.cli._check import Settings as Shown
    from valuelint.cli._check import exit_code, judged, render

    for fixed in result.fixed:
        say(_line(fixed) + "\n")
    for gone in result.along:
        say(f"gone  {gone.place.file}:{gone.place.line}: {gone.rule}: {gone.message}\n")
    if result.fixed:
        say("\n")
    _, shown = judged(workspace, Shown(fail_on=settings.fail_on, color=settings.color))
    say(render(result.left, rules, shown))
    complain(_summary(result, level, "applied"))
    if settings.exit_non_zero_on_fix and result.texts:
        return EXIT_FINDINGS
    return exit_code(result.left, shown.fail_on, strict=False)


def _sources(workspace: Workspace) -> dict[str, Source]:
    return {
        name: source
        for cluster in workspace.clusters
        for release in cluster.releases
        for name, source in release.sources.items()
    }


def _write(result: Repair, sources: dict[str, Source], keep_going: bool) -> bool:
    """Writes the files of a cluster together or not at all; with `keep_going` each by itself. Whether all went well."""
    from valuelint.cli._files import Change, WriteError, replace_all

    groups = [sorted(names) for names in result.together]
    if keep_going:
        groups = [[name] for names in groups for name in names]
    written: list[str] = []
    trouble = False
    for names in groups:
        changes = [Change(name, sources[name].data, sources[name].with_text(result.texts[name]).data) for name in names]
        try:
            replace_all(changes)
            written += names
        except WriteError as error:
            complain(f"error: {error}")
            trouble = True
            if not keep_going:
                break
    if trouble:
        said = ", ".join(written) if written else "nothing"
        hint = "" if keep_going else " (--keep-going writes what can be written)"
        complain(f"written: {said}{hint}")
    return not trouble


# --- words ----------------------------------------------------------------------------------------


def diff_of(source: Source, text: str) -> str:
    """A unified diff; carriage returns and a missing newline at the end are kept visible as diff does."""
    from difflib import unified_diff

    old, new = source.text.split("\n"), text.split("\n")
    lines = []
    for line in unified_diff(_ended(old), _ended(new), source.name, source.name):
        lines.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(lines)


def _ended(lines: list[str]) -> list[str]:
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _line(fixed: Diagnostic) -> str:
    place, fix = fixed.place, fixed.fix
    said = fix.title if fix is not None else fixed.message
    elsewhere = sorted({edit.file for edit in fix.edits} - {place.file}) if fix is not None else []
    tail = f" (in {', '.join(elsewhere)})" if elsewhere else ""
    return f"fixed {place.file}:{place.line}: {fixed.rule}: {said}{tail}"


_EFFECTS = {
    "rendered": ("monitor is now rendered", "monitors are now rendered"),
    "selected": ("monitor is now selected by Prometheus", "monitors are now selected by Prometheus"),
    "reached": ("monitor is now where Prometheus looks", "monitors are now where Prometheus looks"),
    "picked-up": ("group of dashboards is now loaded by Grafana", "groups of dashboards are now loaded by Grafana"),
}


def _summary(result: Repair, level: str, verb: str) -> str:
    count = len(result.fixed)
    said = f"{count} fix{'' if count == 1 else 'es'} {verb}"
    if count:
        effects = []
        for effect, (one, many) in _EFFECTS.items():
            number = len({(name, promise) for name, promise in result.kept if promise.effect == effect})
            if number:
                effects.append(f"{number} {one if number == 1 else many}")
        said += f" (proven: {', '.join(['parsed', 'only the named values change', 'the findings are gone', *effects])})"
    if level == "safe":
        left = [item.fix for item in result.left.findings]
        more = sum(1 for fix in left if fix is not None and fix.applicability == "unsafe")
        said += f"; {more} more with --unsafe" if more else ""
    return said
