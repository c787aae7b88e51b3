"""The annexe 1: what it says, what is wrong with it, what it changes."""
