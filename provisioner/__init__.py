"""provisioner: from a partner's annexe 1 to accounts in Keycloak."""

__version__ = "0.4.0"
