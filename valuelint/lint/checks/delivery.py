"""Checks on how the objects of a release get into the cluster, where something else than Helm applies them."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.lint.rule import Open, Rule, Violation
from valuelint.predict.cluster import World

_KEEP_NO_COPY = ("ServerSideApply=true", "Replace=true")
"""Options with which Argo CD writes no copy of an object into its annotations."""


def crds_too_large(world: World, rule: Rule) -> Iterator[Violation | Open]:
    """CRDs of which the usual apply keeps a copy that no annotation can hold."""
    for installed in world.installed:
        delivery = installed.release.delivery
        facts = installed.objects.facts
        crds = [crd["name"] for crd in facts.raw.get("crds", {}).get("too_large", ())]
        if not crds or delivery is None or not delivery.crds or set(_KEEP_NO_COPY).intersection(delivery.options):
            continue
        on = facts.conditions["crds_on"].evaluate(installed.objects.scope)
        if on is None:
            message = f"whether {delivery.by} can apply the CRDs of {installed.release.title}"
            yield Open(installed.number, message, "whether they are switched on: crds.enabled")
        elif on:
            # Which versions read a switch may not be told apart; where nobody set one, that does not matter.
            reasons = facts.conditions["crds_on"].explain(installed.objects.scope)
            unswitched = all(installed.values.resolve(reason.path).layer is None for reason in reasons)
            words = {"by": delivery.by, "release": installed.release.title, "crds": crds}
            yield Violation(
                installed.number,
                (),
                "too-large",
                words,
                "crds",
                in_every_version=unswitched,
                origin=delivery.origin,
            )
