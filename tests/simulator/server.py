"""The simulator: all upstreams behind one loopback port, their faults, and the log of who asked what."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import RLock
from typing import Self

from tests.simulator.cbt import Cbt
from tests.simulator.cbu import Cbu
from tests.simulator.control import control
from tests.simulator.faults import ELSEWHERE, LEAK, UNANSWERED, WIRE_FAULTS, Fault, Injection, mistreat
from tests.simulator.fawazahmed0 import Fawazahmed0
from tests.simulator.frankfurter import Frankfurter
from tests.simulator.nbk import Nbk
from tests.simulator.nbkr import Nbkr, NbkrHistory, NbkrWeekly
from tests.simulator.nbt import Nbt, NbtRange
from tests.simulator.openexchangerates import OpenExchangeRates
from tests.simulator.upstream import Answer, Request, Upstream, html
from tests.simulator.wire import Exchange, Received, Server


def real_time() -> datetime:
    """The machine's clock, UTC."""
    return datetime.now(UTC)  # noqa: TID251  a bank has a clock of its own


class Simulator:
    """Answers `http://127.0.0.1:PORT/<host>/<path>?<query>` as `https://<host>/<path>?<query>` would.

        with Simulator() as sim:
            sim.nbkr.publish(date(2026, 3, 3), {"USD": "87,4500"})
            with sim.failing(Fault.RESET):
                ...  # ask sim.url

    `now` is the clock by which publications appear and requests are dated.
    """

    def __init__(self, *, port: int = 0, now: Callable[[], datetime] = real_time) -> None:
        self.port = port
        self.now = now
        self.nbkr = Nbkr(self._clock)
        self.nbkr_weekly = NbkrWeekly(self._clock)
        self.nbkr_history = NbkrHistory(self.nbkr)
        self.nbk = Nbk(self._clock)
        self.nbt = Nbt(self._clock)
        self.nbt_range = NbtRange(self.nbt)
        self.cbu = Cbu(self._clock)
        self.cbt = Cbt(self._clock)
        self.fawazahmed0 = Fawazahmed0(self._clock)
        self.frankfurter = Frankfurter(self._clock)
        self.openexchangerates = OpenExchangeRates(self._clock)
        self.upstreams: tuple[Upstream, ...] = (
            self.nbkr,
            self.nbkr_weekly,
            self.nbkr_history,
            self.nbk,
            self.nbt,
            self.nbt_range,
            self.cbu,
            self.cbt,
            self.fawazahmed0,
            self.frankfurter,
            self.openexchangerates,
        )
        self.before_answer: list[Callable[[datetime], None]] = []
        """Called with the instant of each request before it is answered: whatever publishes by the clock."""
        self.log: list[Request] = []
        """Every request to an upstream, in the order of arrival, each there before its answer is sent."""
        self.injections: list[Injection] = []
        self.most_connections: dict[str, int] = {}
        """After how many TCP connections a host hangs up on whoever opens another; a host that is not in it
        never does.
        """
        self._connections: dict[str, set[int]] = {}
        self._lock = RLock()
        self._server: Server | None = None

    def _clock(self) -> datetime:
        return self.now()

    def set_clock(self, instant: datetime | None) -> None:
        """Stop the clock at `instant`, or (None) let it run. Raises ValueError when it has no zone."""
        if instant is not None and instant.tzinfo is None:
            raise ValueError(f"the clock cannot stand at {instant.isoformat()}: it has no time zone")
        self.now = real_time if instant is None else lambda: instant

    @property
    def url(self) -> str:
        """The prefix before `/<host>/<path>`, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listen. After `stop` it is the same port again: a host that was down comes back."""
        self._connections.clear()  # they are numbered anew
        self._server = Server(self.port, self.respond)
        self.port = self._server.port
        return self

    def stop(self) -> None:
        """Close the port and every connection, whatever is being sent; from then on clients are refused."""
        if self._server:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def fault(
        self,
        fault: Fault,
        *,
        times: int | None = None,
        host: str | None = None,
        path: str | None = None,
        retry_after: str = "120",
    ) -> Injection:
        """Fail the next `times` requests (None: until cleared) to `host` and `path` (None: all of them).

        Faults queue: of several that fit a request the one set first acts, until it is used up. `path` may
        name its query, `/a?b=c`. Raises ValueError for a fault that could never act: no request to fail, or a
        host that no upstream has.
        """
        if times is not None and times < 1:
            raise ValueError(f"times is {times}; give 1 or more, or None for until cleared")
        if host is not None and not any(each.at_home(host) for each in self.upstreams):
            known = " ".join(dict.fromkeys(upstream.host for upstream in self.upstreams))
            raise ValueError(f"no upstream is at host {host!r}; there are {known}")
        injection = Injection(fault, host, path, times, retry_after, self.now())
        with self._lock:
            self.injections.append(injection)
        return injection

    def clear(self) -> None:
        """End every fault."""
        with self._lock:
            self.injections.clear()

    @contextmanager
    def failing(self, fault: Fault, *, host: str | None = None, path: str | None = None) -> Iterator[None]:
        """The fault for the length of a `with` block."""
        injection = self.fault(fault, host=host, path=path)
        try:
            yield
        finally:
            injection.left = 0

    def respond(self, received: Received) -> Exchange:
        """What to answer, and how; called by the server for every request, in many threads."""
        with self._lock:
            if received.target.partition("?")[0].startswith("/_control"):
                return Exchange(control(self, received.method, received.target, received.body))
            request = _request(received, self.now())
            for publish in self.before_answer:
                publish(request.at)
            exchange = self._exchange(request)
            self.log.append(replace(request, status=exchange.status))
        return _signed(exchange, request.at)

    def _exchange(self, request: Request) -> Exchange:
        if f"/{request.host}{request.path}" == LEAK:
            return Exchange(Answer(200, {"Content-Type": "text/plain"}, b"80"))
        led = request.path.startswith(ELSEWHERE)
        request = replace(request, path=request.path.removeprefix(ELSEWHERE))
        upstream = next((each for each in self.upstreams if each.serves(request)), None)
        if upstream is None:
            return Exchange(html(404, "Not Found"))
        if self._one_too_many(request):
            return Exchange(html(503, "Too Many Connections"), WIRE_FAULTS[Fault.REFUSE], answered=False)
        injection = None if led else self._due(request)
        if injection is None:
            return Exchange(upstream.answer(request, upstream.publication(request)))
        answer = mistreat(upstream, request, injection)
        return Exchange(answer, WIRE_FAULTS.get(injection.fault), injection.fault not in UNANSWERED)

    def _one_too_many(self, request: Request) -> bool:
        """Whether this request came over a connection beyond those that its host puts up with."""
        known = self._connections.setdefault(request.host, set())
        if request.connection in known:
            return False
        if len(known) >= self.most_connections.get(request.host, len(known) + 1):
            return True
        known.add(request.connection)
        return False

    def _due(self, request: Request) -> Injection | None:
        """The fault that hits this request, counted as used."""
        self.injections = [each for each in self.injections if each.left != 0]
        due = next((each for each in self.injections if each.hits(request)), None)
        if due is not None and due.left is not None:
            due.left -= 1
        return due


def _request(received: Received, at: datetime) -> Request:
    host, _, path = received.target.removeprefix("/").partition("/")
    path, _, query = path.partition("?")
    return Request(received.method, host, f"/{path}", query, received.headers, at, received.connection)


def _signed(exchange: Exchange, at: datetime) -> Exchange:
    """With the headers that every web server adds."""
    headers = {
        "Server": "nginx",
        "Date": format_datetime(at.astimezone(UTC), usegmt=True),
        **exchange.answer.headers,
    }
    return replace(exchange, answer=replace(exchange.answer, headers=headers))
