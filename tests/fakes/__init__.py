"""Fakes, for what thousands of cases a second need; each is held to the real thing by a contract suite."""
