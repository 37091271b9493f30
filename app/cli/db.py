"""`silkrate db`: the store itself."""

from __future__ import annotations

import typer

from app.context import opened
from app.settings import load_settings

commands = typer.Typer(help="The store itself.")


@commands.command()
def upgrade() -> None:
    """Create the store, or bring its schema to that of this program.

    Every command that opens a store does so first; this one does nothing else.
    """
    settings = load_settings()
    with opened(settings):
        print(f"{settings.database_url} is of the schema of this program")
