"""`valuelint test`."""

from __future__ import annotations

import os

import click

from valuelint.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_NOTHING, EXIT_USAGE, report_problems
from valuelint.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuelint.lint.trials import Collection, Ruling


@click.command("test", short_help="Run the examples and tests of policies.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "output_format", type=click.Choice(("text", "junit")), default="text", help="How to say it.")
@click.option("--output", metavar="FILE", help="Write it to a file instead of standard output.")
@click.option("-v", "--verbose", is_flag=True, help="One line a test.")
def command(paths: tuple[str, ...], output_format: str, output: str | None, verbose: bool) -> int:
    """Run the examples of policies, and the tests in files named *_test.yaml.

    PATHS are rule files, test files, or folders of both; without any, the policies of the configuration, or else the
    folder `policies`.

    Exit codes: 0 all pass, 1 some fail, 2 a file that cannot be used, 3 no tests at all.
    """
    from valuelint.cli._check import write
    from valuelint.lint.rule import load_rules
    from valuelint.lint.trials import collect, hold

    wanted = list(paths) or _nearby()
    for path in wanted:
        if not os.path.exists(path):
            raise click.UsageError(f"there is no {path}")
    collection = collect(wanted)
    failed = report_problems(collection.problems)
    ours = load_rules()
    rulings = [hold(trial, ours) for trial in collection.trials]
    lines = _junit(rulings) if output_format == "junit" else _text(collection, rulings, verbose)
    if not write("".join(f"{line}\n" for line in lines), output) or failed:
        return EXIT_USAGE
    if not rulings:
        return EXIT_NOTHING
    return EXIT_FINDINGS if any(ruling.wrong for ruling in rulings) else EXIT_CLEAN


def _nearby() -> list[str]:
    """The folders of policies that the configuration names, or the usual one."""
    from valuelint.workspace.config import find_config, read_config
    from valuelint.workspace.release import Problem

    file = find_config(".")
    try:
        settings = None if file is None else read_config(file, os.path.relpath(file)).settings
    except Problem as problem:
        raise click.UsageError(str(problem)) from None
    if settings is not None and settings.policies:
        return [os.path.relpath(folder) for folder in settings.policies]
    if os.path.isdir("policies"):
        return ["policies"]
    raise click.UsageError("there are no policies here; valuelint new-rule NAME writes one")


def _text(collection: Collection, rulings: list[Ruling], verbose: bool) -> Iterator[str]:
    files: dict[str, list[Ruling]] = {}
    for ruling in rulings:
        files.setdefault(ruling.trial.file, []).append(ruling)
    for file, own in files.items():
        if verbose:
            for ruling in own:
                yield f"{file}: {ruling.trial.example.title} ... {'FAILED' if ruling.wrong else 'ok'}"
            continue
        bad = sum(ruling.trial.example.bad for ruling in own)
        counts = [f"{bad} bad", f"{len(own) - bad} good"]
        fixed = sum(ruling.trial.example.fixed is not None for ruling in own)
        counts += [f"{fixed} fixed"] if fixed else []
        wrong = sum(bool(ruling.wrong) for ruling in own)
        yield f"{file}: {', '.join(counts)} ... {f'{wrong} FAILED' if wrong else 'ok'}"
    for rule in collection.untested:
        yield f"{rule.file}: no examples"
    for ruling in rulings:
        if ruling.wrong:
            yield ""
            yield f"FAILED {ruling.trial.file}: {ruling.trial.rule.id}: {ruling.trial.example.title}"
            yield from (f"  {line}" for line in ruling.wrong)
    wrong = sum(bool(ruling.wrong) for ruling in rulings)
    parts = [f"{wrong} failed"] if wrong else []
    parts += [f"{len(rulings) - wrong} passed"]
    parts += [f"{len(collection.untested)} without examples"] if collection.untested else []
    yield ""
    yield ", ".join(parts)


def _junit(rulings: list[Ruling]) -> Iterator[str]:
    from xml.sax.saxutils import escape, quoteattr

    from valuelint.report._common import visible

    wrong = sum(bool(ruling.wrong) for ruling in rulings)
    totals = f'tests="{len(rulings)}" failures="{wrong}" errors="0" skipped="0"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="valuelint test" {totals}>'
    yield f'  <testsuite name="valuelint test" {totals}>'
    for ruling in rulings:
        name, file = quoteattr(visible(ruling.trial.example.title)), quoteattr(visible(ruling.trial.file))
        head = f'    <testcase classname={file} name={name} file={file} time="0"'
        if not ruling.wrong:
            yield f"{head}/>"
            continue
        text = escape(visible("\n".join(ruling.wrong), "\n"))
        yield f'{head}><failure message="not as the example says">{text}</failure></testcase>'
    yield "  </testsuite>"
    yield "</testsuites>"
