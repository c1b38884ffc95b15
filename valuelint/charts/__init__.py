"""What is known about each version of a chart: facts from `schemas/`, and the expressions they are written in."""
