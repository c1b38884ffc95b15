"""Checks on how the objects of a release get into the cluster, where something else than Helm applies them."""

from __future__ import annotations

from valuelint.light import Iterator
from valuelint.lint.rule import Open, Remedy, Rule, Violation
from valuelint.predict.cluster import World
from valuelint.syntax import Scalar
from valuelint.syntax.patches import Append, Patch, Set
from valuelint.values import Layer
from valuelint.workspace.release import OPTIONS, Delivery

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
            remedy = None if delivery.layer is None else _server_side(installed.number, delivery, delivery.layer)
            yield Violation(
                installed.number,
                (),
                "too-large",
                words,
                "crds",
                (),
                (),
                remedy,
                in_every_version=unswitched,
                origin=delivery.origin,
            )


def _server_side(number: int, delivery: Delivery, layer: Layer) -> Remedy:
    """The option that is missing; where it says the contrary, that is for somebody to look at."""
    wanted = _KEEP_NO_COPY[0]
    option = wanted.partition("=")[0]
    against = [index for index, each in enumerate(delivery.options) if each.partition("=")[0] == option]
    patch: Patch = Append(OPTIONS, wanted) if delivery.options else Set(OPTIONS, [wanted])
    found = layer.find(OPTIONS)
    if found is not None and isinstance(found.node, Scalar):
        patch = Set(OPTIONS, [*delivery.options, wanted])
    elif against:
        patch = Set((*OPTIONS, against[0]), wanted)
    return Remedy(number, "unsafe" if against or delivery.shared else "safe", (patch,), layer=layer)
