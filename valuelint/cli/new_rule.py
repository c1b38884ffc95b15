"""`valuelint new-rule`."""

from __future__ import annotations

import os
import re

import click

from valuelint.cli import EXIT_CLEAN, EXIT_USAGE

TEMPLATE = """\
# {name}: a rule of your own. `valuelint test {file}` runs the examples below; docs/policies.md explains every key.

summary: Every monitor of Cilium has the label team.   # one sentence
severity: warning                                      # or error, info
for: monitor                                           # or values, endpoint, dashboard, prometheus, pair, cluster
charts: {{cilium: ">=1.14"}}                             # the charts it is about, with their versions

params:                                                # what .valuelint.yaml can set, as parameters: {{{name}: …}}
  team: {{default: network, description: the team that a monitor belongs to unless it says another}}

# when: {{component: hubble}}                            # it applies only where this holds

expect:                                                # paths, each with a literal or a JSON Schema
  labels.team: {{type: string, minLength: 2}}

message: "{{subject}} has no label team"
label: "whose is it?"
notes: ["whoever gets an alert of {{name}} looks there for the team to call"]

fix:                                                   # paths of what it looks at; the values behind them change
  title: set the label team to {{params.team}}
  safety: unsafe                                       # safe: also without --unsafe; display: only shown
  set: {{labels.team: "{{params.team}}"}}

why: |
  Alerts are routed by the label team. A monitor without it makes alerts that nobody gets.

examples:
  bad:
    - title: No labels at all
      releases:
        cilium:
          version: 1.20.0
          values: |
            operator:
              prometheus:
                serviceMonitor:
                  enabled: true
      finds:
        - {{path: operator.prometheus.serviceMonitor, severity: warning}}
      fixed:
        cilium: |
          operator:
            prometheus:
              serviceMonitor:
                enabled: true
                labels:
                  team: network
    - title: A label that says nothing
      releases:
        cilium:
          version: 1.20.0
          values: |
            operator:
              prometheus:
                serviceMonitor:
                  enabled: true
                  labels: {{team: "?"}}
      finds:
        - {{path: operator.prometheus.serviceMonitor.labels.team, severity: warning}}
      fixed:
        cilium: |
          operator:
            prometheus:
              serviceMonitor:
                enabled: true
                labels: {{team: "network"}}
  good:
    - title: The label is there
      releases:
        cilium:
          version: 1.20.0
          values: |
            operator:
              prometheus:
                serviceMonitor:
                  enabled: true
                  labels: {{team: platform}}
    - title: A monitor that is not rendered
      releases:
        cilium:
          version: 1.20.0
          values: |
            operator:
              prometheus:
                serviceMonitor:
                  enabled: false
"""


REPLACES = "replaces: true   # it takes the place of the rule of valuelint that it is a copy of\n"


@click.command("new-rule", short_help="Write a rule of your own that passes its tests.")
@click.argument("name")
@click.option("--folder", default="policies", show_default=True, metavar="FOLDER", help="Where to write it.")
@click.option("--replace", is_flag=True, help="Copy the rule of valuelint of that name, to be changed.")
def command(name: str, folder: str, replace: bool) -> int:
    """Write FOLDER/NAME.yaml: a commented rule of your own that passes its tests at once.

    With --replace, a copy of the rule of that name that valuelint has, which takes its place.

    Exit codes: 0 written, 2 there is one of that name, or it is no name for a rule.
    """
    from valuelint import resources

    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise click.UsageError(f"{name} is no name for a rule; small letters, digits and dashes, such as team-label")
    ours = f"{name}.yaml" in resources.names("rules")
    if ours and not replace:
        raise click.UsageError(f"valuelint has a rule {name} of its own; --replace copies it, to take its place")
    if replace and not ours:
        raise click.UsageError(f"valuelint has no rule {name}; valuelint rules lists them")
    text = TEMPLATE.format(name=name, file=os.path.join(folder, f"{name}.yaml").replace(os.sep, "/"))
    if replace:
        text = REPLACES + resources.text(f"rules/{name}.yaml")
    file = os.path.join(folder, f"{name}.yaml")
    try:
        os.makedirs(folder, exist_ok=True)
        with open(file, "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise click.UsageError(f"{file} is there already") from None
    except OSError as error:
        click.echo(f"error: cannot write {file}: {error.strerror}", err=True)
        return EXIT_USAGE
    click.echo(f"wrote {file}; valuelint test {file} runs its examples")
    if not _configured(folder):
        click.echo(f"name the folder in .valuelint.yaml so that check applies it: policies: [{folder}]")
    return EXIT_CLEAN


def _configured(folder: str) -> bool:
    from valuelint.workspace.config import find_config, read_config
    from valuelint.workspace.release import Problem

    file = find_config(".")
    try:
        settings = None if file is None else read_config(file, file).settings
    except Problem:
        return False
    return settings is not None and any(
        os.path.realpath(item) == os.path.realpath(folder) for item in settings.policies
    )
