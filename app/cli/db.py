"""`silkrate db`: the store itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.context import chosen_catalog, opened
from app.settings import load_settings
from app.store import restore as restore_store

commands = typer.Typer(help="The store itself.")


@commands.command()
def upgrade() -> None:
    """Create the store, or bring its schema to that of this program.

    Every command that opens a store does so first; this one does nothing else.
    """
    settings = load_settings()
    with opened(settings):
        print(f"{settings.store} is of the schema of this program")


@commands.command()
def verify() -> None:
    """Read the whole store, and hold it against the hashes it was written with.

    Prints a line for each damage and ends with 1; or the hash of the newest version, which proves, to whoever
    notes it elsewhere, that nothing up to that version was changed later.
    """
    with opened(load_settings(), upgrade=False) as context:  # evidence is not written to
        found = context.store.verify(context.catalog.all_day)
    for damage in found.damages:
        print(damage)
    if found.more:
        print(f"and more: these are the first {len(found.damages)}")
    if found.damages or found.head is None:
        raise typer.Exit(1)
    print(f"sound: {found.head.version} versions, {found.rows} rows, head {found.head.hash}")


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")] = False,
) -> None:
    """Write the store to FILE, also while the service runs.

    FILE holds what was recorded before this began, whole; it is left as it was when that fails.
    """
    settings = load_settings()
    with opened(settings, upgrade=False) as context:  # none is made where there is none
        with context.store.read() as reader:
            head = reader.counter().version
        context.store.backup(file, force=force)
    print(f"{file} holds {settings.store}, version {head}")


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup to read.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace the store that is there.")] = False,
) -> None:
    """Make the backup in FILE the store. Stop the service first.

    FILE is verified before anything is replaced. The log gets a new id: readers that follow it are told to
    start again.
    """
    settings = load_settings()
    found = restore_store(
        settings.database_url,
        file,
        simulated=settings.simulated,
        force=force,
        all_day=chosen_catalog(settings).all_day,
    )
    version = found.head.version if found.head else 0
    print(f"{settings.store} is as {file} was: version {version}, with a log of its own")
