"""`silkrate serve`: one process polls the sources and answers, until it is told to stop."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import LogRecord, getLevelNamesMapping, getLogger
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from app.cli.stopping import on_stop
from app.cli.terminal import log_to_stderr
from app.context import opened
from app.domain.errors import SettingsError
from app.settings import load_settings

BACKLOG = 2048
"""Connections that may wait to be accepted: a page's readers come in bursts."""

FILES = 4096
"""Files that are opened beside those of streams: other connections, the store, what is read."""

LAST_ANSWERS = 1
"""Seconds that answers under way get to end in once the service is told to stop."""

TURN = 0.001
"""Seconds after which a thread lets another go on. The one that answers what is ready waits as long as that
for one that reads a table, several times for each answer; Python's own five milliseconds are most of them.
"""

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where a host that stands for all of the machine's addresses is reached from the machine itself."""


def serve(
    host: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="The address to listen on; else SILKRATE_HOST."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="The port, 0 for any free one; else SILKRATE_PORT.",
        ),
    ] = None,
    poll: Annotated[bool, typer.Option("--poll/--no-poll", help="Whether to ask the sources too.")] = True,
) -> None:
    """Poll the sources and serve the answers until stopped.

    By Ctrl-C or SIGTERM, which end it with exit code 0.
    """
    from app.web.app import create_app  # what it imports takes time that no other command needs

    settings = load_settings()
    log_to_stderr(getLevelNamesMapping()[settings.log_level.upper()])
    with opened(settings) as context:
        listener = listen(host or settings.host, settings.port if port is None else port)
        app = create_app(context, background=context.keep_polling if poll else None)
        sys.setswitchinterval(TURN)
        allow_files(FILES + settings.max_streams)
        Server(app, listener, app.close).run([listener])


def allow_files(number: int) -> None:
    """Let this process open so many files, or as many as it may: each connection is one, and most machines
    begin with a thousand, to protect programs that are older than this need.
    """
    try:
        import resource  # not on Windows, which has no such number
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises SettingsError that says how to choose another place."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} of {host} is in use: choose another with --port or SILKRATE_PORT (0: any)."
            ) from error
        raise SettingsError(
            f"Cannot listen on port {port} of {host} ({getattr(error, 'strerror', error)}): choose another"
            " place with --host and --port, or SILKRATE_HOST and SILKRATE_PORT."
        ) from error


class Server(uvicorn.Server):
    """uvicorn's, except that a stop by signal is a success: uvicorn's own raises the signal again when all is
    closed, and the process would end by that and not with 0.
    """

    def __init__(
        self, app: ASGIApp, listener: socket.socket, stopping: Callable[[], None] = lambda: None
    ) -> None:
        """Serve `app` on `listener`, without a log of requests, which would be that of readers' addresses.
        `stopping` is called when it is to stop, before it waits for what is not answered yet.
        """
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                ws="none",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=LAST_ANSWERS,
            )
        )
        getLogger("uvicorn.error").addFilter(is_news)
        self.listener, self._stopping = listener, stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say where."""
        await super().startup(sockets)
        if self.started:
            address = url(self.listener)
            print(f"Silkrate answers at {address} (docs: {address}/docs)", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in order, what would never end by itself first."""
        try:
            self._stopping()
        finally:
            await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal, without waiting for answers at the second Ctrl-C."""
        on_stop(lambda number: self.handle_exit(number, None))
        yield


def is_news(record: LogRecord) -> bool:
    """Whether a line of the server's tells anything: why a transfer ended early was told by who ended it."""
    return record.msg != "ASGI callable returned without completing response."


def url(listener: socket.socket) -> str:
    """Where `listener` is reached from this machine."""
    host, port = listener.getsockname()[:2]
    host = EVERY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
