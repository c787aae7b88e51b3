"""The commands on a real Keycloak; one thing outside fails: a call, the mail server, the register, the process."""
