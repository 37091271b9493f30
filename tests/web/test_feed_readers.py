"""A month in which feed readers ask each minute: each shows every tick once, in order, and is sent nothing
new when nothing changed: who knows tags nothing at all, who goes by the date the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import feedparser
import pytest
from starlette.types import ASGIApp, Message, Scope

from app.context import Context
from app.domain.ticks import Tick
from app.settings import Settings
from app.store.base import Store
from app.web.app import create_app
from tests.fakes import FakeClock
from tests.ingest.year import ALL, OUTAGES, live, quick_folder, utc
from tests.simulator import Fault, Simulator
from tests.web.bodies import slightly_more
from tests.web.test_kept import followed

SINCE, UNTIL = utc("2026-04-01 00:00"), utc("2026-05-01 00:00")
"""In it the Kyrgyz bank falls silent for three days, so that another source stands in for it."""

FAILS = ("cbu", utc("2026-04-21 05:00"), utc("2026-04-23 07:00"))
"""A source that cannot be had, and when."""

REVISED = (("nbkr", 8), ("nbk", 9), ("nbt", 10), ("cbu", 28), ("nbkr", 29))
"""The banks that correct what they published, and on which days of April."""

DOWN = (
    (utc("2026-04-06 17:30"), utc("2026-04-06 19:30")),
    (utc("2026-04-24 17:30"), utc("2026-04-25 03:00")),
)
"""When the service does not answer; it starts again with nothing kept."""

SUBSCRIBED = utc("2026-04-02 00:00")
"""When the readers come, to a log that has begun."""

OFF = {
    "json": ((utc("2026-04-10 16:00"), utc("2026-04-13 06:00")),),
    "atom": ((utc("2026-04-12 00:00"), utc("2026-04-24 12:00")),),
    "rss": (
        (utc("2026-04-03 10:00"), utc("2026-04-04 10:00")),
        (utc("2026-04-15 05:00"), utc("2026-04-28 17:30")),
    ),
}
"""When each reader is switched off."""

MINUTE = timedelta(minutes=1)


def during(spans: tuple[tuple[datetime, datetime], ...], at: datetime) -> bool:
    """Whether an instant is within one of the spans."""
    return any(since <= at < until for since, until in spans)


def april(day: int) -> date:
    """A day of the month."""
    return SINCE.date() + timedelta(days=day - 1)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes


async def ask(app: ASGIApp, url: str, **headers: str) -> Reply:
    """GET, as a server hands it on."""
    path, _, query = url.removeprefix("http://rates.test").partition("?")
    named = {"host": "rates.test", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    await app(scope, receive, send)
    began, *bodies = sent
    told = {name.decode().lower(): value.decode() for name, value in began["headers"]}
    return Reply(began["status"], told, b"".join(each.get("body", b"") for each in bodies))


def in_json(content: bytes) -> tuple[list[str], str | None]:
    """The ids of a page, and the address of the next."""
    found = json.loads(content)
    return [item["id"] for item in found["items"]], found.get("next_url")


def in_xml(content: bytes) -> tuple[list[str], str | None]:
    """The same of the other formats."""
    found = feedparser.parse(content)
    assert not found.bozo
    following = [link.href for link in found.feed.links if link.rel == "next"]
    return [entry.id for entry in found.entries], following[0] if following else None


@dataclass
class FeedReader:
    """Asks for a feed if it has changed, by the validators that it `sends`, and shows what it has not shown:
    it follows the pages until it knows an entry. Counts how often it was sent a `whole` feed that it had not,
    `in_vain` where nothing in it was new; how often none, or the `same` bytes once more; and how often it had
    no validator to ask with.
    """

    url: str
    read: Callable[[bytes], tuple[list[str], str | None]]
    sends: Mapping[str, str]
    shown: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    whole: int = 0
    unchanged: int = 0
    same: int = 0
    in_vain: int = 0
    unconditional: int = 0
    _content: bytes = b""

    async def poll(self, app: ASGIApp) -> None:
        """Ask once."""
        reply = await ask(app, self.url, **self.kept)
        if reply.status == 304:
            self.unchanged += 1
            return
        assert reply.status == 200
        if reply.content == self._content:
            self.same += 1
            return
        self._content = reply.content
        news = await self._unknown(app, reply)
        self.whole += 1
        self.in_vain += not news
        self.unconditional += not self.kept
        self.shown += reversed(news)
        self.kept = {
            asked: reply.headers[told] for told, asked in self.sends.items() if told in reply.headers
        }

    async def _unknown(self, app: ASGIApp, reply: Reply) -> list[str]:
        """What it has not shown, newest first."""
        known, found = set(self.shown), list[str]()
        while True:
            ids, following = self.read(reply.content)
            found += [each for each in ids if each not in known]
            if following is None or known & set(ids):
                return found
            reply = await ask(app, following)
            assert reply.status == 200


def readers() -> dict[str, FeedReader]:
    """One for each format, and for each way of asking for what has changed."""
    tag, date = {"etag": "if_none_match"}, {"last-modified": "if_modified_since"}
    base = "http://rates.test/v1/feed"
    return {
        "json": FeedReader(f"{base}.json?limit=10", in_json, tag),
        "atom": FeedReader(f"{base}.atom?limit=10", in_xml, tag | date),
        "rss": FeedReader(f"{base}.rss?limit=10", in_xml, date),
    }


@dataclass
class Month:
    """The readers beside the service, from each of its wakes to the next."""

    readers: dict[str, FeedReader] = field(default_factory=readers)
    polls: Counter[str] = field(default_factory=Counter)
    ticks: list[Tick] = field(default_factory=list)
    log_id: str = ""
    context: Context | None = None
    _minute: datetime = SINCE
    _failing: bool = False
    _simulator: Simulator | None = None
    _app: ASGIApp | None = None
    _running: ExitStack = field(default_factory=ExitStack)

    def spoil(self, simulator: Simulator) -> None:
        """Let the banks correct themselves."""
        self._simulator = simulator
        banks = {bank.key: bank for bank in simulator.upstreams}
        for key, day in REVISED:
            original = next(each for each in banks[key].publications if each.at.date() == april(day))
            assert original.date
            value = original.row("USD").value or ""
            later = original.at + timedelta(hours=20)  # when it is in force
            banks[key].publish(original.date, {"USD": slightly_more(value)}, at=later)

    async def __call__(self, store: Store, clock: FakeClock) -> None:
        """Poll on each minute until the service wakes again, or its circumstances change."""
        if self.context is None:
            self.context = Context(Settings(), clock, ALL, store)
            self._running.enter_context(followed(self.context))
        self._fail(clock.now())
        changes = {UNTIL, *(end for outage in OUTAGES for end in (outage.since, outage.until))}
        end = min(await clock.next_wake(), *(each for each in changes if each > clock.now()))
        while self._minute < end:
            clock.move_to(self._minute)
            await self._poll(self.context)
            self._minute += MINUTE
        if end >= UNTIL:
            with store.read() as reader:
                self.ticks, self.log_id = reader.ticks(limit=10_000), reader.counter().log_id
            self._running.close()

    def _fail(self, now: datetime) -> None:
        """Let a source fail, and recover."""
        key, since, until = FAILS
        failing = since <= now < until
        if failing != self._failing and self._simulator:
            self._simulator.clear()
            for host in ALL[key].hosts if failing else ():
                self._simulator.fault(Fault.STATUS_503, host=host)
        self._failing = failing

    async def _poll(self, context: Context) -> None:
        if during(DOWN, self._minute):
            self._app = None
            return
        self._app = self._app or create_app(context)
        for form, reader in self.readers.items():
            if self._minute >= SUBSCRIBED and not during(OFF[form], self._minute):
                await reader.poll(self._app)
                self.polls[form] += 1


@pytest.fixture(scope="module")
def month() -> Month:
    """The month as it went."""
    month = Month()
    with quick_folder() as folder:
        live(SINCE, UNTIL, folder, spoil=month.spoil, watch=month)
    return month


pytestmark = pytest.mark.slow


def test_in_the_month_all_happened_that_happens_to_a_headline(month: Month) -> None:
    causes = Counter(tick.cause for tick in month.ticks)
    assert {"publication", "turn", "revision", "fallback", "recovery"} <= causes.keys()
    assert len(month.ticks) > 80


@pytest.mark.parametrize("form", OFF)
def test_a_reader_shows_each_tick_once_and_in_order(month: Month, form: str) -> None:
    shown = month.readers[form].shown
    assert shown == [f"tag:silkrate,2026:{month.log_id}/{tick.seq}" for tick in month.ticks]


@pytest.mark.parametrize("form", OFF)
def test_a_reader_is_sent_nothing_new_when_nothing_changed(month: Month, form: str) -> None:
    reader = month.readers[form]
    assert (reader.in_vain, reader.unconditional) == (0, 1)
    assert reader.whole <= len({tick.recorded_at for tick in month.ticks})
    assert (reader.unchanged > 0, reader.same > 0) == ((False, True) if form == "rss" else (True, False))
    assert reader.whole + reader.unchanged + reader.same == month.polls[form] > 20_000


def test_the_services_and_the_readers_that_were_away_had_something_to_catch_up_with(month: Month) -> None:
    for span in (*DOWN, *(each for spans in OFF.values() for each in spans)):
        assert any(during((span,), tick.recorded_at) for tick in month.ticks), span
    assert all(reader.whole > 20 for reader in month.readers.values())
