"""The use cases: each reads like the rule that it serves, top to bottom."""
