"""`connections …`: what persons and administrators did in the realm, read from Keycloak's events (L1)."""

from __future__ import annotations

import typer

app = typer.Typer(help="The connections: who connected, when, from where (L1).", no_args_is_help=True)
