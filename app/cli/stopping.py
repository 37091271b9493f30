"""How a command that runs until it is told to stop ends: in order, with exit code 0, and soon."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable

SIGNALS = (signal.SIGINT, signal.SIGTERM)

PATIENCE = 2
"""Seconds that everything gets to end by itself. It takes a fraction of one, unless something cannot be
called off: a name lookup without an answer takes ten.
"""


def on_stop(stop: Callable[[int], object]) -> None:
    """From now on call `stop` with the number of each of SIGNALS that arrives; needs a running event loop.

    When PATIENCE is over the process ends whatever still runs: a commit is on the disk or it is not, at any
    moment.
    """

    def stopped(number: int) -> None:
        last = threading.Timer(PATIENCE, os._exit, (0,))
        last.daemon = True
        last.start()
        stop(number)

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopped, number)
