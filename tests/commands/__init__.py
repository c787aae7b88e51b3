"""The commands, as a user types them, on a real Keycloak with a realm of their own and a real mail server."""
