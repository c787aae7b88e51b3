"""The adapter of Keycloak, without any command, on a real Keycloak."""
