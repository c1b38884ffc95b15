"""How hard the property tests try: HYPOTHESIS_PROFILE is dev, ci (the default) or long."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Generated documents are large, and shared machines slow: neither says anything about the code.
_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=_CALM)
settings.register_profile("ci", max_examples=200, deadline=None, suppress_health_check=_CALM)
settings.register_profile("long", max_examples=20_000, deadline=None, suppress_health_check=_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
