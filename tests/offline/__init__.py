"""The commands that call no Keycloak, as a user types them: a register in SQLite, a mail server, files."""
