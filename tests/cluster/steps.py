"""What is done to a cluster while readers read, one thing after the other, and what each does to them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic, sleep

import httpx

from tests.cluster.machines import DATABASE, PATIENCE, Cluster, Program
from tests.cluster.readers import PAUSE, Readers, Seen

TAKEN_OVER = 10
"""Seconds within which another poller has to record something."""

STOPPED = 30
"""Seconds for which a poller is stopped: longer than any lease, and than any transaction may say nothing."""

A_WHILE = 4
"""Seconds to see what happens before anything is done about it."""

UNPOLLED = 11
"""Seconds after which a lease has expired for so long that the poller must have died."""

LOG = "SELECT seq, version, pair, cause, source, effective_date::text, rate::text FROM ticks ORDER BY seq"
REPEATED = (
    "SELECT count(*) FROM observations a"
    " JOIN observations b USING (pair, source, effective_date, observed_at, published_value)"
    " WHERE b.revision = a.revision + 1"
)
"""What a second poller would write that does not know of the first."""


@dataclass(frozen=True)
class Outcome:
    """What became of one thing that was done. `requests` were asked meanwhile, `failed` of them as clients
    see it, `refused` as the balancer does; `silent` is the longest time without a new version, and `back`
    after how many seconds it was as before; `lost` counts ticks; `faults` are what must not be.
    """

    what: str
    requests: int
    refused: int
    failed: int
    silent: float
    lost: int
    back: float
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One thing to do: `act` gives after how many seconds all was as before, of which `most` are allowed."""

    what: str
    act: Callable[[Scene], float]
    most: int = PATIENCE


@dataclass(frozen=True)
class Scene:
    """A cluster and its readers."""

    cluster: Cluster
    readers: Readers

    @property
    def seen(self) -> Seen:
        """What readers saw so far."""
        return self.readers.seen

    def play(self, step: Step) -> Outcome:
        """Do one thing, wait until readers see new versions, and hold what they saw against the record."""
        seen, began = self.seen, monotonic()
        requests, failed, refused = seen.requests, len(seen.failed), seen.refused.total()
        back = step.act(self)
        self.await_version()
        ended, lost = monotonic(), self._lost()
        faults = [*seen.failed[failed:], *seen.contradictions, *self._gaps()]
        faults += [f"tick {each} is lost" for each in lost]
        if back > step.most:
            faults.append(f"it took {back:.1f} s, of {step.most} at most")
        return Outcome(
            step.what,
            seen.requests - requests,
            seen.refused.total() - refused,
            len(seen.failed) - failed,
            seen.silence(began, ended),
            len(lost),
            back,
            tuple(faults),
        )

    def await_version(self) -> None:
        """Wait until readers see a version that nobody has seen, and the primary does not have yet."""
        ((version,),) = self.cluster.primary.execute("SELECT version FROM counter", DATABASE)
        newest = max(int(str(version)), self.seen.newest)
        soon(lambda: self.seen.newest > newest, "nothing is recorded any more")

    def await_web(self, place: str) -> None:
        """Wait until a web process says that it is ready."""
        soon(lambda: is_ready(place), f"{place} does not come back")

    def hear(self, status: str, *, reachable: bool) -> None:
        """Have every web process say how it is."""
        for place in self.cluster.webs:
            said = httpx.get(f"{place}/health", timeout=5, trust_env=False).json()
            assert (said["status"], said["reachable"]) == (status, reachable), (place, said)

    def _lost(self) -> list[int]:
        """The ticks that readers saw and that are not in the log as they saw them."""
        there = {
            row[0]: (*row[1:-1], Decimal(str(row[-1]))) for row in self.cluster.primary.execute(LOG, DATABASE)
        }
        with self.seen.lock:
            seen = list(self.seen.ticks.items())
        shown = ("version", "pair", "cause", "source", "effective_date", "rate")
        return [seq for seq, tick in seen if there.get(seq) != tuple(tick[name] for name in shown)]

    def _gaps(self) -> list[str]:
        """What the numbers of the record leave out, and what is in it twice, by the database itself."""
        ask, found = self.cluster.primary.execute, []
        for table, number in (("ticks", "seq"), ("versions", "version")):
            ((count, least, most),) = ask(
                f"SELECT count(*), min({number}), max({number}) FROM {table}", DATABASE
            )
            if (least, most) != (1, count):
                found.append(f"{count} {table}, numbered {least} to {most}")
        ((repeated,),) = ask(REPEATED, DATABASE)
        return [*found, f"{repeated} observations are there twice"] if repeated else found


def soon(true: Callable[[], bool], otherwise: str, most: int = PATIENCE) -> None:
    """Wait until something is true; AssertionError with what is `otherwise`, after `most` seconds."""
    deadline = monotonic() + most
    while not true():
        assert monotonic() < deadline, otherwise
        sleep(0.01)


def is_ready(place: str) -> bool:
    """Whether a web process says so."""
    try:
        return httpx.get(f"{place}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def since(began: float) -> float:
    """Seconds."""
    return monotonic() - began


def kill_poller(scene: Scene) -> float:
    """The one that polls; it is started again when the other has taken over."""
    poller, began = scene.cluster.active(), monotonic()
    poller.kill()
    scene.await_version()
    back = since(began)
    poller.start()
    return back


def stop_poller(scene: Scene) -> float:
    """The one that polls, for longer than its lease lasts; when it wakes, it writes no more."""
    poller, began = scene.cluster.active(), monotonic()
    poller.signal(signal.SIGSTOP)
    scene.await_version()
    back = since(began)
    sleep(STOPPED - back)
    other, before = scene.cluster.active(), ticks_of(poller)
    assert other is not poller
    poller.signal(signal.SIGCONT)
    sleep(A_WHILE)
    assert ticks_of(poller) == before, "it wrote under a lease that another has"
    assert scene.cluster.active() is other
    return back


def ticks_of(poller: Program) -> int:
    """How many ticks a poller says that it has recorded."""
    return sum(each["event"] == "tick" for each in poller.said)


def kill_web(number: int) -> Callable[[Scene], float]:
    """One of the web processes, which is started again after a while."""

    def act(scene: Scene) -> float:
        place, web = list(scene.cluster.webs.items())[number]
        web.kill()
        sleep(A_WHILE / 2)
        began = monotonic()
        web.start()
        scene.await_web(place)
        return since(began)

    return act


def restart_primary(scene: Scene) -> float:
    """The primary, which is started again at once."""
    began = monotonic()
    scene.cluster.primary.kill()
    scene.cluster.primary.start()
    scene.await_version()
    return since(began)


def kill_standby(scene: Scene) -> float:
    """The standby, which every commit waits for; it is started again after a while."""
    scene.cluster.standby.kill()
    sleep(A_WHILE)
    began = monotonic()
    scene.cluster.standby.start()
    scene.await_version()
    return since(began)


def write_off_standby(scene: Scene) -> float:
    """The standby; then commits are told not to wait, and to wait again when it is back."""
    cluster = scene.cluster
    cluster.standby.kill()
    began = monotonic()
    cluster.have_commits_wait("")
    scene.await_version()
    back = since(began)
    cluster.standby.start()
    cluster.await_standby()
    cluster.have_commits_wait("standby")
    return back


def promote_standby(scene: Scene) -> float:
    """The primary, whose standby is promoted at once."""
    began = monotonic()
    scene.cluster.primary.kill()
    scene.cluster.promote()
    scene.await_version()
    return since(began)


def kill_primary(scene: Scene) -> float:
    """The primary: a web process starts without it, and all say that nobody polls any more; then the standby
    is promoted, and the old primary made its standby.
    """
    cluster, began = scene.cluster, monotonic()
    cluster.primary.kill()
    place, web = next(iter(cluster.webs.items()))
    web.kill()
    web.start()
    scene.await_web(place)
    sleep(max(0, UNPOLLED - since(began)))
    scene.hear("degraded", reachable=True)
    cluster.promote()
    scene.await_version()
    back = since(began)
    cluster.follow()
    return back


def kill_both(scene: Scene) -> float:
    """Both servers, which are started again after a while. Readers leave the log alone: where in it each of
    them is, not every web process was asked before.
    """
    cluster = scene.cluster
    scene.readers.aside.set()
    sleep(PAUSE * 5)
    for server in (cluster.primary, cluster.standby):
        server.kill()
    sleep(A_WHILE)
    scene.hear("degraded", reachable=False)
    began = monotonic()
    for server in (cluster.primary, cluster.standby):
        server.start()
    scene.await_version()
    scene.readers.aside.clear()
    return since(began)


POLLER = Step("the active poller, killed", kill_poller, TAKEN_OVER)
WEB = Step("web process 1, killed", kill_web(0))

BRIEFLY = (POLLER, WEB, Step("the primary, killed; the standby promoted at once", promote_standby))
"""For every run of the tests."""

STEPS = (
    POLLER,
    Step(f"the active poller, stopped for {STOPPED} s and woken", stop_poller, TAKEN_OVER),
    WEB,
    Step("web process 2, killed", kill_web(1)),
    Step("web process 3, killed", kill_web(2)),
    Step("the primary, killed and started again", restart_primary, TAKEN_OVER),
    Step("the standby, killed; commits wait for it", kill_standby),
    Step("the standby, killed and written off", write_off_standby, TAKEN_OVER),
    Step(f"the primary, killed; the standby promoted after {UNPOLLED} s", kill_primary),
    Step("both servers, killed", kill_both),
)
