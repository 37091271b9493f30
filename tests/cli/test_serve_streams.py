"""A service that is told to stop while many listen."""

from __future__ import annotations

import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app.cli.serve import FILES, allow_files
from tests.cli.processes import Home

MANY = 1_000
BESIDE = 200
"""Files that a process of tests has open beside connections, at most."""

ASKED = b"GET /v1/stream HTTP/1.1\r\nHost: rates.test\r\n\r\n"


@pytest.fixture
def many() -> Iterator[int]:
    """How many streams this process can open: MANY, unless it may not have so many files."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_files(FILES)
    yield min(MANY, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - BESIDE)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def begun(connection: socket.socket) -> bytes:
    """What comes until the stream has begun."""
    said = b""
    while b"retry: " not in said:
        said += (part := connection.recv(4096))
        assert part, said
    return said


def rest(connection: socket.socket) -> bytes:
    """What comes until the connection is closed."""
    said = b""
    while part := connection.recv(4096):
        said += part
    return said


@pytest.mark.slow
def test_sigterm_ends_a_thousand_streams_whole_and_the_service_within_a_second(home: Home, many: int) -> None:
    with home.serving("--no-poll") as service, ExitStack() as opening:
        place = ("127.0.0.1", int(service.url.rpartition(":")[2]))
        streams = [opening.enter_context(socket.create_connection(place, 10)) for _ in range(many)]
        for stream in streams:
            stream.sendall(ASKED)
        assert all(begun(stream).startswith(b"HTTP/1.1 200 ") for stream in streams)
        assert len(os.listdir(f"/proc/{service.process.pid}/fd")) > many
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        code = service.process.wait(10)
        assert time.monotonic() - began < 1
        assert code == 0
        assert all(rest(stream).endswith(b"0\r\n\r\n") for stream in streams)
        assert service.process.stderr
        assert "rror" not in service.process.stderr.read()
