"""The register on SQLite and on PostgreSQL: two processes at once, migrations, restores. Starts a PostgreSQL."""
