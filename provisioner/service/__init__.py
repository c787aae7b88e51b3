"""`provisioner serve`: the jobs by their schedules, health and metrics, until it is asked to stop."""

#: In whose name the service acts: nobody's decision, which has a name of its own.
BY = "serve"
