"""A stream is read for as long as something comes, and no longer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Thread

import httpx
import pytest

from app.client import taking
from tests.client.conftest import Asks, Bed, Service
from tests.client.test_log import begun, tick

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@contextmanager
def silent(*written: bytes) -> Iterator[str]:
    """The address of a server that writes one of these to each who comes, and nothing more, and stays."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as connections:

        def answer() -> None:
            for each in written:
                connection = connections.enter_context(listener.accept()[0])
                connection.recv(65536)
                connection.sendall(each)

        thread = Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_connection_by_which_nothing_comes_is_dead_and_another_is_opened(
    client: Callable[..., AbstractContextManager[Asks]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "TIMEOUT", httpx.Timeout(0.2))
    bed = Bed()
    with (
        silent(HEAD + begun() + tick(1), HEAD, HEAD + begun("c1") + tick(2)) as url,
        client(url, bed) as asks,
    ):
        followed = asks("follow")
        assert followed.seqs(2) == [1, 2]
        followed.close()
    assert bed.slept == [1.5, 1.5]


def test_a_stream_is_waited_for_as_it_needs_whatever_else_is_asked_by_the_same_client(
    asks: Asks, service: Service
) -> None:
    service.stream(begun() + tick(1))
    next(asks("follow"))
    assert service.asked[0].extensions["timeout"] == taking.TIMEOUT.as_dict()
    assert taking.TIMEOUT.read == 30
    assert service.asked[0].headers["Accept"] == "text/event-stream"
