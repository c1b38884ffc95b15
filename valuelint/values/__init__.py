"""What the chart gets: Helm's merge of the layers of values, with the place that set each value."""

from valuelint.values.merge import Layer, Resolved, Values, coalesce, merge
from valuelint.values.unknown import Unknown, holds_unknown

__all__ = ["Layer", "Resolved", "Unknown", "Values", "coalesce", "holds_unknown", "merge"]
