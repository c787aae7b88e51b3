"""The use cases: each reads like the rule that it serves, top to bottom.

Each raises a `SystemFailed` where the register, Keycloak or a mail server does not answer, or another run is under
way: the same may be asked again. A docstring names these where there is more to know of them.
"""
