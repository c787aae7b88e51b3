"""The operations on a real register (SQLite) with a Keycloak held in memory: every call fails once, any history."""
