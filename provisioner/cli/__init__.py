"""The command line: parse, call one operation, print."""

from provisioner.cli.process import main

__all__ = ["main"]
