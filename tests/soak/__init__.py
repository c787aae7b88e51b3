"""Two years of an office in one `serve` process whose clock is moved, on a Keycloak of its own; in CI thirty days."""
