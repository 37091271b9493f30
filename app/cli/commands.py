"""The commands by name, and what an error is to whoever typed one: a single line, and an exit code.

0: done. 1: it failed. 2: it was asked wrongly, or a setting is wrong. 130: interrupted.
"""

from __future__ import annotations

from typing import Annotated

import typer

from app import __version__
from app.cli import (
    backfill,
    check,
    db,
    deciding,
    explain,
    exporting,
    history,
    importing,
    latest,
    poll,
    serve,
    ticks,
)
from app.cli.terminal import say
from app.domain.errors import QuestionError, SettingsError, SilkrateError

commands = typer.Typer(
    help="The currency ticker of Central Asia as a service.",
    add_completion=False,
    rich_markup_mode="rich",
)
commands.command()(serve.serve)
commands.command()(poll.poll)
commands.command()(backfill.backfill)
commands.command()(check.check)
commands.command("import")(importing.import_file)
commands.command()(exporting.export)
commands.command()(deciding.accept)
commands.command()(deciding.reject)
commands.command()(latest.latest)
commands.command()(history.history)
commands.command()(explain.explain)
commands.command()(ticks.ticks)
commands.add_typer(db.commands, name="db")


def run(arguments: list[str] | None = None) -> int:
    """Follow `arguments` (default: those of the process); returns the exit code."""
    try:
        return int(commands(args=arguments, prog_name="silkrate", standalone_mode=False) or 0)
    except typer.TyperException as error:
        return _refuse(error.format_message(), error.exit_code)
    except QuestionError as error:
        expected = f" Expected {error.expected.rstrip('.')}." if error.expected else ""
        return _refuse(f"{error}{expected}", 2)
    except SettingsError as error:
        return _refuse(str(error), 2)
    except SilkrateError as error:
        return _refuse(str(error), 1)


def _refuse(reason: str, code: int) -> int:
    say(reason)
    return code


def _version(asked: bool) -> None:
    if asked:
        print(f"silkrate {__version__}")
        raise typer.Exit


@commands.callback(invoke_without_command=True)
def silkrate(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The currency ticker of Central Asia as a service."""
    if context.invoked_subcommand is None:
        print(context.get_help())
