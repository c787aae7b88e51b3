"""`provisioner serve`: the jobs by their schedules, health and metrics, until it is asked to stop."""
