"""What a configuration says of rules: which apply, how severe they are, and what is accepted."""

from __future__ import annotations

from valuelint.light import NamedTuple


class Settings(NamedTuple):
    """How rules are applied to the clusters of a configuration.

    `strict`: what is undecided fails, and whoever accepts a finding says why. `comments`: comments in the files
    can accept findings.
    """

    strict: bool = False
    comments: bool = True


DEFAULT = Settings()
