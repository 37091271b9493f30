"""What other processes do to a store in these tests. They are started from a server that has loaded all of
this before: a fork of it is a process of its own, and takes milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from sqlalchemy import make_url

from app.domain.errors import SilkrateError
from app.store import open_store
from app.store.upgrade import steps
from tests.store.given import KGS, KZT, add, said

NOBODY = 65534

steps()  # loads Alembic, once for all processes
make_url("sqlite://").get_dialect()  # and the engine's words, which nobody may read where the project lies

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload([__name__])


@contextmanager
def another(work: Callable[..., None], *args: Any) -> Iterator[tuple[ForkServerProcess, Connection]]:
    """A process that does `work(line, *args)`, and this end of its line. It is ended with the block."""
    here, there = START.Pipe()
    process = START.Process(target=work, args=(there, *args))
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        here.close()
        process.join(10)
        process.kill()
        process.join()


def look(line: Connection, url: str) -> None:
    """Whenever asked, tell in one view: version, seq, and how many observations and ticks there are."""
    store = open_store(url)
    with suppress(EOFError):
        while line.recv():
            with store.read() as reader:
                counter, ticks = reader.counter(), len(reader.ticks())
                rows = sum(1 for pair in (KGS, KZT) for _ in reader.publications(pair, "nbkr"))
            line.send((counter.version, counter.seq, rows, ticks))
    store.close()


def create(line: Connection, url: str) -> None:
    """When told, open the store and upgrade it; tell its log id, or what went wrong."""
    line.send("ready")
    line.recv()
    try:
        store = open_store(url)
        store.upgrade()
        with store.read() as reader:
            line.send(reader.counter().log_id)
        store.close()
    except Exception as error:
        line.send(repr(error))


def write_as_nobody(line: Connection, url: str) -> None:
    """Try to write without any privilege, and tell the error."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    _write(line, url)


def write_without_space(line: Connection, url: str, size: int) -> None:
    """Try to write though no file may grow beyond `size` bytes, and tell the error."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    _write(line, url)


def _write(line: Connection, url: str) -> None:
    try:
        store = open_store(url)
        store.upgrade()
        for number in range(1, 200):
            add(store, *(said(on=1000 * number + each) for each in range(100)))
        line.send(None)
    except SilkrateError as error:
        line.send((type(error), str(error)))
