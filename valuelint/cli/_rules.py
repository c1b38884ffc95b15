"""The rules of a run: ours, and the policies that the configuration names."""

from __future__ import annotations

from valuelint.light import TYPE_CHECKING

if TYPE_CHECKING:
    from valuelint.lint.rule import Rule
    from valuelint.workspace.release import Problem, Workspace
    from valuelint.workspace.settings import Settings


def rules_of(workspace: Workspace) -> tuple[list[Rule], list[Problem]]:
    """The rules that the configurations of a workspace name, and what is wrong with those."""
    return with_policies([cluster.settings for cluster in workspace.clusters if cluster.settings is not None])


def rules_nearby(start: str = ".") -> tuple[list[Rule], list[Problem]]:
    """The rules that there are in a folder, one of each id."""
    import os

    from valuelint.workspace.config import find_config, read_config
    from valuelint.workspace.release import Problem

    file = find_config(start)
    try:
        config = None if file is None else read_config(file, os.path.relpath(file))
    except Problem as problem:
        return with_policies([])[0], [problem]
    rules, problems = with_policies([config.settings] if config is not None and config.settings is not None else [])
    return list({rule.id: rule for rule in rules}.values()), problems


def with_policies(configured: list[Settings]) -> tuple[list[Rule], list[Problem]]:
    """Our rules and the policies of some configurations, sorted by id.

    Those that take the place of another stand behind it: which of the two applies is up to a configuration.
    """
    from valuelint.lint.rule import load_rules

    ours = load_rules()
    policies: dict[str, Rule] = {}
    problems: list[Problem] = []
    for folders in dict.fromkeys(settings.policies for settings in configured if settings.policies):
        from valuelint.lint.policies import load_policies

        found, wrong = load_policies(folders, [rule.id for rule in ours])
        policies.update((rule.file, rule) for rule in found)
        problems += [item for item in wrong if str(item) not in map(str, problems)]
    rules = sorted([*ours, *policies.values()], key=lambda rule: rule.id)
    if any(settings.parameters for settings in configured):
        import os

        from valuelint.lint.tuning import complaints

        unread = {os.path.splitext(os.path.basename(item.file))[0] for item in problems}
        for settings in configured:
            wrong = complaints(rules, settings, unread)
            problems += [item for item in wrong if str(item) not in map(str, problems)]
    return rules, problems
