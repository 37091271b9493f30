"""What the commands print: tables and notes on stdout, reasons and logs on stderr.

In a terminal that is wide enough a table is drawn and coloured; elsewhere it is one line a row, columns apart
by two spaces or more, so that grep and awk can have it. No colour says what a word beside it does not say.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

NONE = "-"
"""What stands in a cell of a pipe that has nothing to say."""

STYLES = {
    "fresh": "green",
    "carried": "green",
    "pegged": "cyan",
    "upcoming": "cyan",
    "late": "yellow",
    "stale": "red",
    "missing": "red",
    "recorded": "green",
    "plausible": "green",
    "released": "green",
    "held": "yellow",
    "rejected": "red",
    "error": "red",
    "up": "green",
    "down": "red",
    "quiet": "dim",
}
"""How a word that tells how things stand is coloured."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, whether it holds numbers, which end at the right, and whether it may be broken
    into lines.
    """

    header: str
    number: bool = False
    wraps: bool = False


def say(message: str) -> None:
    """One line for the person at the terminal, on stderr."""
    print(f"silkrate: {' '.join(message.split())}", file=sys.stderr)


def counted(count: int, what: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def styled(text: str, style: str) -> Text:
    """`text` in the style named `style` in STYLES, if there is one."""
    return Text(text, STYLES.get(style, ""))


def show(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]], notes: Iterable[str] = ()) -> None:
    """Print a table, and `notes` below it."""
    console = Console(highlight=False)
    cells = list(rows)
    drawn = _drawn(columns, cells)
    if console.is_terminal and _narrowest(console, drawn) <= console.width:
        console.print(drawn)
    else:
        sys.stdout.writelines(f"{line}\n" for line in _aligned(columns, cells))
    for note in notes:
        console.print(note, style=STYLES["quiet"], soft_wrap=not console.is_terminal, markup=False)


def _narrowest(console: Console, table: Table) -> int:
    """The columns that a table needs to show every cell whole; a cell that wraps, every word."""
    return console.measure(table, options=console.options.update(width=sys.maxsize)).minimum


def _drawn(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold"
    )
    for column in columns:
        table.add_column(
            column.header,
            justify="right" if column.number else "left",
            no_wrap=not column.wraps,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table


def _aligned(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> Iterable[str]:
    lines = [
        [column.header.upper() for column in columns],
        *([str(cell) or NONE for cell in row] for row in rows),
    ]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def log_to_stderr(level: int = logging.INFO) -> None:
    """Log from `level` on, and warnings of libraries: as text in a terminal, else as a line of JSON each.

    What the service logs and what libraries do has one shape.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_written()],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("silkrate").setLevel(level)


def _written() -> list[structlog.typing.Processor]:
    """The last steps of a record, to its text."""
    if sys.stderr.isatty():
        # The default shows the values of all variables, of which one may be a key.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
