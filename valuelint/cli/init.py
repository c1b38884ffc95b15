"""`valuelint init`."""

from __future__ import annotations

import os
import re

import click

from valuelint.cli import EXIT_CLEAN, EXIT_USAGE, report_problems
from valuelint.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuelint.workspace.release import Cluster, Release, Workspace

HEAD = """\
# What values files do not say themselves. `valuelint config show` says what is in force.
"""

REST = """\
# profile: strict        # or pedantic; what is undecided fails, and whoever accepts a finding says why
# fail_on: error         # the mildest finding that fails: error, warning (as it is), info or never
# severity:
#   monitor-namespace: off
# ignore:
#   - {rule: guard, files: clusters/lab/**, path: hubble.ui, reason: being rebuilt, until: 2027-01-31}
# overrides:
#   - files: [clusters/lab/**]
#     severity: {monitor-not-selected: info}
# policies: [policies]   # folders with rules of your own
# expect:
#   monitor_namespace: monitoring
"""


@click.command("init", short_help="Write a configuration from what is found.")
@click.argument("folder", default=".", metavar="[FOLDER]")
def command(folder: str) -> int:
    """Write a commented .valuelint.yaml into FOLDER, from the releases that are found there.

    Exit codes: 0 written, 2 there is one already, or the folder cannot be read.
    """
    from valuelint.workspace.config import FILE_NAME
    from valuelint.workspace.discover import discover

    file = os.path.join(folder, FILE_NAME)
    if not os.path.isdir(folder):
        raise click.UsageError(f"{folder} is no folder")
    if os.path.exists(file):
        raise click.UsageError(f"{file} is there already; valuelint config show says what is in force")
    workspace = discover([folder], None, {})
    report_problems(workspace.problems)
    try:
        with open(file, "x", encoding="utf-8") as stream:
            stream.write(draft(workspace, folder))
    except OSError as error:
        click.echo(f"error: cannot write {file}: {error.strerror}", err=True)
        return EXIT_USAGE
    count = sum(len(cluster.releases) for cluster in workspace.clusters)
    click.echo(f"wrote {os.path.normpath(file)}: {count} release{'' if count == 1 else 's'} found")
    return EXIT_CLEAN


def draft(workspace: Workspace, folder: str) -> str:
    """The text of a configuration for a workspace."""
    lines = [HEAD]
    loose = [(cluster, _loose(cluster)) for cluster in workspace.clusters]
    if any(releases for _, releases in loose):
        lines.append("clusters:\n")
        for cluster, releases in loose:
            if releases:
                lines += [f"  - name: {_scalar(cluster.name)}\n", "    releases:\n"]
                lines += [line for release in releases for line in _release(release, folder)]
    known = [line for cluster, releases in loose for line in _known(cluster, releases)]
    if known:
        lines += ["# Found, and complete without a word here:\n", *known]
    return "".join([*lines, "\n", REST])


def _loose(cluster: Cluster) -> list[Release]:
    """The releases that are nothing but values files."""
    return [
        release
        for release in cluster.releases
        if release.layers and all(not layer.path and layer.file == release.file for layer in release.layers[:1])
    ]


def _release(release: Release, folder: str) -> Iterator[str]:
    files = [os.path.relpath(layer.file, folder).replace(os.sep, "/") for layer in release.layers]
    yield f"      - chart: {release.chart}\n"
    for key, value, help_text in (
        ("version", release.version, "of the chart; without it only what holds in every version is reported"),
        ("name", release.name, "given to helm install"),
        ("namespace", release.namespace, "it is installed into"),
    ):
        yield f"        {key}: {_scalar(value)}\n" if value else f"        # {key}:   # {help_text}\n"
    yield f"        values: [{', '.join(_scalar(file) for file in dict.fromkeys(files))}]\n"


def _known(cluster: Cluster, loose: list[Release]) -> Iterator[str]:
    for release in cluster.releases:
        if release not in loose:
            where = release.file.replace("\n", " ")
            yield f"#   {cluster.name}: {release.chart} {release.version or ''} {release.title} in {where}\n"


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z./_][\w./ -]*[\w]", text) and text.lower() not in (
        "true",
        "false",
        "null",
        "yes",
        "no",
    )
    return text if plain or re.fullmatch(r"\d+\.\d+\.\d+[\w.+-]*", text) else "'" + text.replace("'", "''") + "'"
