"""Small clusters for the tables of this folder."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from valuelint.lint.examples import Example, Given, workspace
from valuelint.lint.rule import Rule, load_rules
from valuelint.workspace.release import Workspace

RULES = load_rules()
CILIUM, KPS = "cilium", "kube-prometheus-stack"


def rules(*names: str) -> list[Rule]:
    """Some rules by their ids."""
    found = [rule for rule in RULES if rule.id in names]
    assert len(found) == len(names)
    return found


def text(given: str) -> str:
    """Values as they stand in a test, without the margin."""
    return textwrap.dedent(given.removeprefix("\n"))


def cilium(*texts: str, version: str | None = "1.20.0", namespace: str | None = "kube-system") -> Given:
    return Given(CILIUM, version, "cilium", namespace, tuple(text(given) for given in texts))


def kps(
    *texts: str, version: str | None = "88.5.3", name: str | None = "kps", namespace: str | None = "monitoring"
) -> Given:
    return Given(KPS, version, name, namespace, tuple(text(given) for given in texts))


def cluster(*releases: Given, expected: dict[str, str] | None = None) -> Workspace:
    """A workspace of one cluster; values files are called cilium.yaml, or cilium-1.yaml, cilium-2.yaml, ..."""
    return workspace(Example("", releases, expected or {}, (), None, False))


def shown(given: Workspace, names: Sequence[str]) -> Workspace:
    """The same, with only the findings of some files wanted."""
    return given._replace(shown=frozenset(names))


def incomplete(given: Workspace) -> Workspace:
    """The same, with a file of each cluster that could not be read."""
    return given._replace(clusters=tuple(item._replace(complete=False) for item in given.clusters))
