"""/v1/latest, asked two thousand times a second by readers who do not wait for each other.

Each request has a moment at which it is due, whatever became of those before, and its latency counts from
then: what a stall delays is counted as late, and not left out. Asked by a process of its own over connections
that stay open, of which the next is taken in turn.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from tempfile import TemporaryDirectory

from app.settings import PREFIX
from bench.measuring import machine
from bench.web import address, fill
from tests.demo import running

SECONDS, A_SECOND = 10, 2_000
PATH = "/v1/latest"


def main(seconds: int = SECONDS, a_second: int = A_SECOND) -> None:
    with TemporaryDirectory() as folder, ExitStack() as opening:
        url = f"sqlite:///{folder}/silkrate.db"
        fill(url)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        serve = ("app", "serve", "--no-poll", "--port", "0")
        process = opening.enter_context(running(*serve, environ={**clean, f"{PREFIX}DATABASE_URL": url}))
        assert process.stdout
        host, port = address(opening.enter_context(process.stdout).readline())
        due = (str(seconds), str(a_second), host, str(port), PATH)
        printed = subprocess.run(
            [sys.executable, "-m", "bench.measuring.due", *due], check=True, capture_output=True, text=True
        ).stdout
    print((__doc__ or "").partition("\n")[0], machine(), printed, sep="\n", flush=True)


if __name__ == "__main__":
    main()
