"""Files of partners, read the real way: through the gate, in a child process that is shut in. Needs no server."""
