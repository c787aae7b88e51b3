"""How many histories are tried: few and always the same ones in CI, HYPOTHESIS_PROFILE=long for thousands."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_COMMON = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
settings.register_profile(
    "histories", _COMMON, max_examples=40, stateful_step_count=25, derandomize=True, database=None
)
settings.register_profile("long", _COMMON, max_examples=3000, stateful_step_count=40)
