"""Ten thousand points cost little more than the bare fetch of their rows, and a long table no memory.

The fetch is the same statement on Python's own driver, all its rows at once. Then the memory of a server that
sends a history of many rows whole, in each form: at its peak, and how much of that is above what it was idle.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

import httpx
from sqlalchemy.dialects import sqlite

from app.answers.history import history
from app.clock import SystemClock
from app.context import Context, opened
from app.domain.pairs import Pair
from app.ingest.files import record_table
from app.render.json import encode
from app.render.tables import FORMATS
from app.settings import PREFIX, Settings
from app.store.statements import FOREVER, PRINTED
from bench.measuring import Contender, compared, in_turn, show, table
from bench.web import address
from tests.demo import running

REPEATS, POINTS, ROWS = 15, 10_000, 500_000
MOST, AT_MOST = 3.5, 40
"""The ratio to the bare fetch that JSON may have (the aim is 2.5), and MiB above idle that CSV may take."""

SOM, BANK, MINUTES = Pair("KGS", "USD"), "nbkr", "openexchangerates"
HEADER = "source,effective_date,observed_at,published_pair,published_value,nominal\r\n"


def main(repeats: int = REPEATS, points: int = POINTS, rows: int = ROWS) -> int:
    with TemporaryDirectory() as folder, ExitStack() as opening:
        url = f"sqlite:///{folder}/silkrate.db"
        with opened(Settings(database_url=url)) as context:
            fill(context, points, rows)
        context = opening.enter_context(opened(Settings(database_url=url)))
        bare = opening.enter_context(closing(sqlite3.connect(url.removeprefix("sqlite:///"))))
        contenders: dict[str, Contender] = {
            "the rows, bare": lambda number: fetching(bare, points),
            "KGS-USD, JSON": lambda number: asking(context, SOM, points),
            "KGS-USD of the bank, JSON": lambda number: asking(context, SOM, points, BANK),
            "USD-KGS, JSON": lambda number: asking(context, SOM.inverse, points),
        }
        taken = compared(in_turn(contenders, repeats))
        show(__doc__, "ms", taken)
        memory = [(f"all rows, {form}", *peak(url, form)) for form in FORMATS]
    print(table("MiB", [(name, most, most - idle) for name, idle, most in memory]).replace("ratio", "above"))
    return int(taken[1][2] > MOST or memory[0][2] - memory[0][1] > AT_MOST)


def fill(context: Context, points: int, rows: int) -> None:
    """A bank's history of the som, a day a point, and that of a source that speaks every minute."""
    today = SystemClock().now().date()
    days = (today - timedelta(days=ago) for ago in range(points, 0, -1))
    bank = (f"{BANK},{day},,USD/KGS,87.{number % 10_000:04},1" for number, day in enumerate(days))
    start = SystemClock().now().replace(second=0, microsecond=0) - timedelta(minutes=rows + 60)
    instants = (start + timedelta(minutes=number) for number in range(rows))
    minutes = (
        f"{MINUTES},{at:%Y-%m-%d},{at:%Y-%m-%dT%H:%M:%SZ},USD/KGS,87.{number % 10_000:04},1"
        for number, at in enumerate(instants)
    )
    for lines in (bank, minutes):
        content = BytesIO((HEADER + "\r\n".join(lines) + "\r\n").encode())
        record_table(context.store, context.catalog, content, "filled", SystemClock().now())


def fetching(bare: sqlite3.Connection, points: int) -> Callable[[], object]:
    """Fetch the rows of the bank's history."""
    words = PRINTED.limit(points).compile(dialect=sqlite.dialect())
    asked = {"pair": str(SOM), "source": BANK, "since": "0001-01-01", "until": "9999-12-31", "known": FOREVER}
    values = [asked.get(name, words.params[name]) for name in words.positiontup or ()]

    def fetch() -> object:
        found = bare.execute(str(words), values).fetchall()
        assert len(found) == points
        return found

    return fetch


def asking(context: Context, pair: Pair, points: int, source: str | None = None) -> Callable[[], object]:
    """Answer the question of the history, as bytes."""

    def ask() -> object:
        asked = {"pair": pair, "source": source, "limit": points}
        return encode(context.ask(history, **asked).body)  # type: ignore[arg-type]  # as asked

    return ask


def peak(url: str, form: str) -> tuple[float, float]:
    """The MiB of a server that is idle, and the most that it takes while it sends the table."""
    clean = {name: each for name, each in os.environ.items() if not name.startswith(PREFIX)}
    serve = ("app", "serve", "--no-poll", "--port", "0")
    with running(*serve, environ={**clean, f"{PREFIX}DATABASE_URL": url}) as process:
        assert process.stdout
        with process.stdout as said, httpx.Client(timeout=300) as client:
            host, port = address(said.readline())
            here = f"http://{host}:{port}/v1"
            client.get(f"{here}/history/KGS-USD.{form}?limit=10").raise_for_status()
            idle = megabytes(process, "VmRSS")
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the peak begins anew
            length = sum(map(len, whole(client, f"{here}/history/KGS-USD.{form}?source={MINUTES}")))
            assert length > 1_000
            return idle, megabytes(process, "VmHWM")


def whole(client: httpx.Client, url: str) -> Iterator[bytes]:
    """The parts of a body as they come."""
    with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
        response.raise_for_status()
        yield from response.iter_bytes()


def megabytes(process: Popen[str], name: str) -> float:
    """What the kernel tells of the memory of a process."""
    (told,) = re.findall(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{process.pid}/status").read_text(), re.M)
    return int(told) / 1024


if __name__ == "__main__":
    sys.exit(main())
