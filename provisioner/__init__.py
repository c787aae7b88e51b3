"""provisioner: from a partner's annexe 1 to accounts in Keycloak."""

__version__ = "0.4.0"

#: After how many new values Python looks for what to free. Keycloak's answer about 1,000 accounts has some 10,000: at
#: Python's own 700 it looks through all that we hold after every fourth page, which took half the time of a plan.
COLLECTED_AFTER = 20_000
