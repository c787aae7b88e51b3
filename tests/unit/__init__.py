"""The rules, as pure functions of data and a date: no file, no database, no process. Seconds."""
