"""The rules of the convention: pure functions of data and a date."""
