"""The tests, by what they need: each folder says in its first line what runs in it."""
