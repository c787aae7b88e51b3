"""The access of a person: the habilitation, the account, and the plan that makes the second true to the first."""
