"""What a configuration makes of the rules, and of what they find."""

from __future__ import annotations

import os
from datetime import date

from valuelint.light import Container
from valuelint.lint.engine import Accepted, Finding, Outcome
from valuelint.lint.rule import Rule, tuned
from valuelint.workspace.release import Problem
from valuelint.workspace.settings import PROFILES, Settings, weight


def chosen(rules: list[Rule], settings: Settings) -> list[Rule]:
    """The rules that apply, with the severities and parameters that the configuration gives them."""
    found = []
    for rule in in_place(rules, settings):
        level = settings.severity.get(rule.id, "")
        selected = settings.select is None or rule.id in settings.select
        wanted = PROFILES.index(rule.data.get("profile", "default")) <= PROFILES.index(settings.profile)
        here = rule.data.get("environments", settings.environment)
        wanted = wanted and (not here or not set(here).isdisjoint(settings.environment))
        if level == "off" or not selected or not (wanted or level or settings.select is not None):
            continue
        level = level or weight(rule.id, settings.environment)
        found.append(tuned(rule, level, settings.parameters.get(rule.id, {})))
    return found


def in_place(rules: list[Rule], settings: Settings) -> list[Rule]:
    """The rules that a configuration knows: without the policies of others, and without those that are replaced."""
    known = [rule for rule in rules if not rule.file or any(_inside(rule.file, it) for it in settings.policies)]
    return list({rule.id: rule for rule in known}.values())


def _inside(file: str, folder: str) -> bool:
    return os.path.realpath(file).startswith(os.path.realpath(folder) + os.sep)


def complaints(rules: list[Rule], settings: Settings, unread: Container[str] = ()) -> list[Problem]:
    """Parameters that the configuration sets and no rule has; what rules have whose files are wrong is not known."""
    known = {rule.id: rule.params for rule in in_place(rules, settings)}
    found = []
    for item in settings.said:
        kind, _, rest = item.key.partition(".")
        rule, _, name = rest.partition(".")
        if kind == "parameters" and item.place is not None and name not in known.get(rule, {}) and rule not in unread:
            line, column = item.place.source.position(item.place.start)
            listed = ", ".join(known.get(rule, {})) or "none"
            message = f"the rule {rule} has no parameter {name}"
            found.append(Problem(message, item.place.source.name, line, column, f"known are {listed}"))
    return found


def adjusted(outcome: Outcome, settings: Settings) -> Outcome:
    """The outcome with severities by file, and with what the configuration accepts set apart."""
    today = date.today().isoformat()
    kept: list[Finding] = []
    aside: list[Accepted] = list(outcome.suppressed)
    for finding in outcome.findings:
        diagnostic = finding.diagnostic
        place = diagnostic.place
        level = ""
        for override in settings.overrides:
            if override.covers(place.file):
                level = override.severity.get(diagnostic.rule, level)
        if level == "off":
            continue
        if level:
            finding = finding._replace(diagnostic=diagnostic._replace(severity=level))
        entry = next(
            (
                item
                for item in (settings.accepted if settings.comments else ())
                if (not item.until or item.until >= today) and item.covers(diagnostic.rule, place.file, place.path)
            ),
            None,
        )
        if entry is None:
            kept.append(finding)
        else:
            aside.append(Accepted(finding, "configuration", entry.reason, entry.until))
    return outcome._replace(findings=tuple(kept), suppressed=tuple(aside))
