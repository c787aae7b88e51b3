"""What can go wrong with the sandbox."""


class SandboxError(Exception):
    """A server of the sandbox cannot be had; the message says what to install or shows the end of its log."""
