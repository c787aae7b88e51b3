"""The parts of the trial run: how Keycloak, PostgreSQL and the mail server are started and ended."""
