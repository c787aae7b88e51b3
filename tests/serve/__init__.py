"""`provisioner serve`, the process that stays: its jobs, clock, page and metrics. Most on a real Keycloak."""
