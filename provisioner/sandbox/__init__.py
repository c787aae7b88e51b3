"""A real Keycloak, a mail server that keeps everything and a PostgreSQL, on this machine: for trials and tests."""
