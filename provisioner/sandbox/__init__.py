"""A real Keycloak and a mail server that keeps everything, on this machine: the trial run, and what tests start."""
