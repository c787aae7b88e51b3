"""The command line: parse, call one operation, print."""

from provisioner.cli.app import main

__all__ = ["main"]
