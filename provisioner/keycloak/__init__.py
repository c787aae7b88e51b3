"""Keycloak: its accounts, its realm. The only place that knows its library."""
