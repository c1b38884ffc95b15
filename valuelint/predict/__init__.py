"""What a chart makes of its values: monitors, dashboards, rules, Prometheus objects, and what selects what.

Everything has three values (yes, no, undecided), always with the reasons.
"""
