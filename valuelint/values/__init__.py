"""What the chart gets: Helm's merge of the layers of values, with the place that set each value."""

from valuelint.values.layer import Layer, Placement
from valuelint.values.merge import Resolved, Values, coalesce, merge
from valuelint.values.unknown import Unknown, holds_unknown

__all__ = ["Layer", "Placement", "Resolved", "Unknown", "Values", "coalesce", "holds_unknown", "merge"]
