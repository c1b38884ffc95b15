"""The arguments and options that several commands share."""

from __future__ import annotations

import click

from valuelint.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def workspace_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options that say what to look at: PATHS, --config, and what the values files do not say."""
    for decorate in (
        click.option(
            "--prometheus-namespace", metavar="NS", help="The namespace of the kube-prometheus-stack release."
        ),
        click.option("--prometheus-release", metavar="NAME", help="The name of the kube-prometheus-stack release."),
        click.option("--prometheus-version", metavar="VERSION", help="The version of kube-prometheus-stack."),
        click.option("--cilium-version", metavar="VERSION", help="The version of Cilium."),
        click.option(
            "--config",
            "config_file",
            metavar="FILE",
            help="The configuration (else .valuelint.yaml, upwards from the files).",
        ),
        click.option("--set-json", multiple=True, metavar="[CHART:]KEY=JSON", help="The same, as JSON."),
        click.option("--set-string", multiple=True, metavar="[CHART:]KEY=TEXT", help="The same, always as text."),
        click.option("--set", "set_values", multiple=True, metavar="[CHART:]KEY=VALUE", help="A value, as for Helm."),
        click.option(
            "-f",
            "--values",
            "values_files",
            multiple=True,
            metavar="FILE",
            help="A values file; several of a chart are layers of one release, in this order.",
        ),
        click.argument("paths", nargs=-1, metavar="[PATH]..."),
    ):
        command = decorate(command)
    return command
