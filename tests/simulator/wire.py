"""HTTP/1.1 over loopback sockets, with the liberty to break off anywhere.

The standard library's `HTTPServer` asks the resolver for its own name when it binds; this one is built on the
plain TCP server below it, so that nothing here waits for DNS.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import count
from socketserver import ThreadingTCPServer
from typing import Any

from tests.simulator.upstream import Answer

Send = Callable[[socket.socket, bytes, bytes, threading.Event], None]
"""Puts head and body on the wire in its own way, until it has done or the event is set."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request off the wire: `target` as in the request line, header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """The answer to a request; with `send` it is sent so and the connection closed after it.

    `answered` False: `send` keeps even the status to itself.
    """

    answer: Answer
    send: Send | None = None
    answered: bool = True

    @property
    def status(self) -> int | None:
        """The status that the client gets, if any."""
        return self.answer.status if self.answered else None


class Server(ThreadingTCPServer):
    """Listens from construction to `stop`; `respond` is called in a thread for each connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, respond: Callable[[Received], Exchange]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.port: int = self.server_address[1]
        self.respond = respond
        self.stopping = threading.Event()
        self.numbers = count(1)
        self._talks: dict[threading.Thread, socket.socket] = {}
        self._listener = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """Break off every exchange and give the port back, in a small part of a second."""
        self.stopping.set()
        self.shutdown()
        self._listener.join()
        self.server_close()
        for thread, connection in list(self._talks.items()):
            with suppress(OSError):  # it has just closed by itself
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=1)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for the connection, remembered so that `stop` can end it."""
        thread = threading.Thread(target=self._talk, args=(request, client_address), daemon=True)
        self._talks[thread] = request
        thread.start()

    def _talk(self, request: Any, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            self._talks.pop(threading.current_thread(), None)


class Handler(BaseHTTPRequestHandler):
    """One connection, silent about clients that go away."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Requests until one side closes."""
        self.number = next(self.server.numbers)
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr: the simulator's log is a list."""

    def do_GET(self) -> None:
        """Any method: what to answer is for `respond` to say."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        exchange = self.server.respond(Received(self.command, self.path, headers, body, self.number))
        head, body = self._head(exchange.answer), exchange.answer.body if self.command != "HEAD" else b""
        if exchange.send is None:
            self.connection.sendall(head + body)
            return
        self.close_connection = True
        try:
            exchange.send(self.connection, head, body, self.server.stopping)
        finally:  # close at once, without the polite shutdown of the base class, so that a reset is one
            self.rfile.close()
            self.connection.close()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def _head(self, answer: Answer) -> bytes:
        headers = dict(answer.headers)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            headers["Content-Length"] = str(len(answer.body))
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("ascii")
