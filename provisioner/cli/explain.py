"""`explain`: one person's story."""

from __future__ import annotations

import typer

from provisioner.cli.options import AsOf, EverEmail, Format
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of

app = typer.Typer()


@app.command()
def explain(ctx: typer.Context, email: EverEmail, as_of: AsOf = None, format_: Format = "text") -> None:
    """Tell one person's story step by step, what `sync` would do for them, and why or why not."""
    from provisioner.operations.explanation import explain_person

    with session_of(ctx).context("explain", read_only=True, as_of=as_of) as context:
        explanation = explain_person(context, email)
    print_answer(explanation, format_)
