"""Whatever the record holds: a value has the same digits however it is asked for, a filter leaves out and
alters nothing, the same data is the same bytes, and what changed is never answered as if it had not.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from app.domain.calendar import starts
from app.domain.observations import Observation, Published
from app.domain.pairs import Pair
from app.ingest.record import accept, advance, record, reject
from app.store import open_store, restore
from app.store.base import Store
from app.web import tables
from app.web.app import create_app
from tests.answers.ledger import ALL_DAY, CATALOG, DAYS, FIRST_DAY
from tests.fakes import FakeClock
from tests.ingest.year import quick_folder
from tests.said import at
from tests.stores import fresh_url
from tests.web.lives import READ, Reader, address, context_over, lived, reading, told
from tests.web.test_kept import followed
from tests.web.watching import soon

DIRECT = [Pair("KGS", "USD"), Pair("KZT", "USD")]
PAIRS = [*DIRECT, *(pair.inverse for pair in DIRECT), Pair("KGS", "KZT"), Pair("KZT", "KGS")]
SOURCES = {"KGS": (None, "nbkr", ALL_DAY), "KZT": (None, "nbk", ALL_DAY)}
THE_DAYS = [FIRST_DAY + timedelta(days=number) for number in range(DAYS + 10)]

Row = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """A table is long, and sent while it is read, from 4 KB on: of every life there are both."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "WHOLE", 4_000)
        yield


@pytest.fixture(scope="module", params=[1])
def life(request: pytest.FixtureRequest) -> Iterator[tuple[Store, Random]]:
    """A store after a random life, and what to choose of it by."""
    with lived(request.param) as store:
        yield store, Random(request.param)


@pytest.fixture(scope="module")
def reader(life: tuple[Store, Random]) -> Iterator[Reader]:
    with reading(life[0]) as reader:
        yield reader


@pytest.fixture(scope="module")
def chance(life: tuple[Store, Random]) -> Random:
    return life[1]


def sources_of(pair: Pair) -> tuple[str | None, ...]:
    """Whom to ask: the headline, the bank, and who speaks all day; of a cross those who speak of both."""
    if "USD" in (pair.base, pair.quote):
        return SOURCES[pair.quote if pair.base == "USD" else pair.base]
    return None, ALL_DAY


# One value, however it is asked for.


def test_a_day_has_one_value_in_every_answer_about_it(reader: Reader, chance: Random) -> None:
    compare_days(reader, chance)


def test_a_series_has_one_value_a_point_in_every_form(reader: Reader) -> None:
    compare_series(reader)


def test_the_rate_now_is_that_of_the_strip_and_of_the_last_tick(reader: Reader) -> None:
    compare_now(reader)


@pytest.mark.fuzz
@settings(max_examples=max(1, settings().max_examples // 100), phases=[Phase.generate])  # none is simpler
@given(st.integers(0, 2**32))
def test_so_it_is_in_any_other_life(seed: int) -> None:
    with lived(seed) as store, reading(store) as reader:
        compare_days(reader, Random(seed))
        compare_series(reader)
        compare_now(reader)
        compare_filters(reader, Random(seed))


def compare_days(reader: Reader, chance: Random) -> None:
    for pair in PAIRS:
        for source in sources_of(pair):
            for day in chance.sample(THE_DAYS, 3):
                compare_day(reader, pair, source, day)


def compare_day(reader: Reader, pair: Pair, source: str | None, day: date) -> None:
    """What was in force of a pair on a day, by every path."""
    asked: dict[str, Any] = {"date": day, "source": source}
    alone, listed = f"/v1/latest/{pair.dashed}", reader.json("/v1/latest", pairs=pair.dashed, **asked)
    if listed["missing"]:
        assert reader.ask(address(alone, **asked)).status_code == 404
        return
    row = reader.json(alone, **asked)
    rate = row["rate"]
    assert listed["rates"] == [{name: value for name, value in row.items() if name != "upcoming"}]
    assert abs(Decimal(rate) * Decimal(row["inverse"]) - 1) <= Decimal("1e-11")
    assert reader.get(f"{alone}.txt", **asked).text == f"{rate}\n"
    conversion = reader.json("/v1/convert", from_=pair.base, to=pair.quote, amount=1, **asked)
    assert (conversion["rate"], conversion["legs"]) == (rate, row.get("legs") or conversion["legs"])
    assert [leg["rate"] for leg in conversion["legs"]] == [leg["rate"] for leg in row.get("legs", [row])]
    (item,) = reader.json("/v1/ticker", pairs=pair.dashed, **asked)["items"]
    assert (item["rate"], item["change"]) == (rate, row["change"])
    turned = reader.json(f"/v1/latest/{pair.inverse.dashed}", **asked)
    assert abs(Decimal(rate) * Decimal(turned["rate"]) - 1) <= Decimal("1e-11")
    if not is_of_one_day(row):
        return
    changes = reader.json(f"/v1/change/{pair.dashed}", **asked)
    assert (changes["rate"], changes["effective_date"]) == (rate, row["effective_date"])
    assert changes["changes"][0] == row["change"]
    for change in changes["changes"][1:]:
        measured = reader.json("/v1/ticker", pairs=pair.dashed, change=change["basis"], **asked)["items"]
        assert [item["change"] for item in measured] == [change]
    compare_with_series(reader, pair, source, row)


def is_of_one_day(row: Row) -> bool:
    """Whether it is a rate, or a cross of two rates of the same day: else its series has another value."""
    return len({leg["effective_date"] for leg in row.get("legs", [])}) < 2


def compare_with_series(reader: Reader, pair: Pair, source: str | None, row: Row) -> None:
    """The last value of its day in the series, where the headline of that day was of the same source."""
    day, path = row["effective_date"], pair.dashed
    points = reader.json(f"/v1/history/{path}", since=day, until=day, source=source)["points"]
    if source is None and (not points or row["source"] is None or points[-1]["source"] != row["source"]):
        return
    assert points[-1]["rate"] == row["rate"], (pair, source, day)
    (candle,) = reader.json(f"/v1/candles/{path}", since=day, until=day, source=source)["candles"]
    assert candle["close"] == row["rate"]
    stats = reader.json(f"/v1/stats/{path}", until=day, source=source)
    assert (stats["last"]["rate"], stats["last"]["effective_date"]) == (row["rate"], day)


def compare_series(reader: Reader) -> None:
    for pair in PAIRS:
        for source in sources_of(pair):
            compare_points(reader, pair, source)


def compare_points(reader: Reader, pair: Pair, source: str | None) -> None:
    """Every point of a pair, in every form."""
    path, asked = f"/v1/history/{pair.dashed}", {"source": source}
    points = reader.json(path, **asked)["points"]
    rates = [(point["effective_date"], point["rate"]) for point in points]
    assert len(rates) > 5
    several = reader.json("/v1/history", pairs=pair.dashed, **asked)["points"]
    assert [(point["effective_date"], point["rate"]) for point in several] == rates
    for form in READ:
        for table in (
            reader.table(path, form, **asked),
            reader.table("/v1/history", form, pairs=pair.dashed, **asked),
        ):
            assert [(row["effective_date"], row["rate"]) for row in table] == rates, form
            assert {row["pair"] for row in table} == {str(pair)}
    closes = dict(rates)
    wide = reader.json(path, layout="wide", **asked)["rows"]
    assert {row["effective_date"]: row[str(pair)] for row in wide} == closes
    for form in READ:
        table = reader.table(path, form, layout="wide", **asked)
        assert {row["effective_date"]: row[str(pair)] for row in table} == closes, form
    candles = reader.json(f"/v1/candles/{pair.dashed}", **asked)["candles"]
    assert {each["start"]: each["close"] for each in candles} == closes
    stats = reader.json(f"/v1/stats/{pair.dashed}", **asked)
    days = sorted(closes)
    assert stats["count"] == str(len(closes))
    assert [(stats[mark]["effective_date"], stats[mark]["rate"]) for mark in ("first", "last")] == [
        (days[0], closes[days[0]]),
        (days[-1], closes[days[-1]]),
    ]
    for mark, of in (("min", min), ("max", max)):
        assert stats[mark]["rate"] == of(closes.values(), key=Decimal)


def compare_now(reader: Reader) -> None:
    latest = reader.json("/v1/latest")
    ticker = reader.json("/v1/ticker")
    rates = {row["pair"]: row["rate"] for row in latest["rates"]}
    assert len(rates) == 2
    assert {item["pair"]: item["rate"] for item in ticker["items"]} == rates
    lines = reader.get("/v1/ticker.txt").text.splitlines()
    assert lines == [item["line"] for item in ticker["items"]]
    ticks = reader.json("/v1/ticks")["ticks"]
    assert {tick["pair"]: tick["rate"] for tick in ticks} == rates
    for tick in ticks:
        assert reader.json(f"/v1/ticks/{tick['seq']}") == tick
    for row in latest["rates"]:
        assert reader.json(f"/v1/ticks/{row['seq']}")["rate"] == row["rate"]


# Filters.


def test_a_filter_leaves_out_and_alters_nothing(reader: Reader, chance: Random) -> None:
    compare_filters(reader, chance)


def compare_filters(reader: Reader, chance: Random) -> None:
    compare_chosen(reader)
    for pair in PAIRS:
        compare_pages(reader, chance, pair)
    compare_ticks(reader, chance)
    for pair in DIRECT:
        compare_voices(reader, pair)


def compare_chosen(reader: Reader) -> None:
    """Several pairs are those that each is by itself."""
    every = ",".join(pair.dashed for pair in PAIRS)
    rows = reader.json("/v1/latest", pairs=every)["rates"]
    assert [row["pair"] for row in rows] == [str(pair) for pair in PAIRS]
    points = reader.json("/v1/history", pairs=every, limit=10_000)["points"]
    wide = reader.json("/v1/history", pairs=every, layout="wide")["rows"]
    for pair, row in zip(PAIRS, rows, strict=True):
        assert reader.json("/v1/latest", pairs=pair.dashed)["rates"] == [row]
        alone = reader.json(f"/v1/history/{pair.dashed}")["points"]
        assert [point for point in points if point["pair"] == str(pair)] == alone
        by_day = {point["effective_date"]: point["rate"] for point in alone}
        assert {row["effective_date"]: row[str(pair)] for row in wide if row[str(pair)]} == by_day


def compare_pages(reader: Reader, chance: Random, pair: Pair) -> None:
    """Pages one after the other, and the days within a range, are those of the whole."""
    first, last = sorted(chance.sample(THE_DAYS, 2))
    for path, rows, day in (
        (f"/v1/history/{pair.dashed}", "points", "effective_date"),
        (f"/v1/candles/{pair.dashed}", "candles", "start"),
    ):
        for fill in ("none", "previous"):
            whole = reader.json(path, fill=fill)[rows]
            limit = chance.choice((7, 40, len(whole)))
            assert list(paged(reader, path, rows, limit=limit, fill=fill)) == whole
            part = reader.json(path, fill=fill, since=first, until=last)[rows]
            assert part == [row for row in whole if str(first) <= row[day] <= str(last)]
        kept = [row for row in whole if not row.get("carried_from")]
        assert [without_carried(row) for row in kept] == [
            without_carried(row) for row in reader.json(path)[rows]
        ]


def without_carried(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "carried_from"}


def paged(reader: Reader, path: str, rows: str, **asked: Any) -> Iterator[Row]:
    after: str | None = None
    while True:
        page = reader.json(path, after=after, **asked)
        yield from page[rows]
        after = page["next"]
        if after is None:
            return


def compare_ticks(reader: Reader, chance: Random) -> None:
    whole = reader.json("/v1/ticks", limit=10_000)["ticks"]
    assert list(paged(reader, "/v1/ticks", "ticks", limit=chance.choice((3, 20)))) == whole
    for pair in DIRECT:
        found = reader.json("/v1/ticks", pairs=pair.dashed)["ticks"]
        assert found == [tick for tick in whole if tick["pair"] == str(pair)]
    changed = reader.json("/v1/ticks", only="changes")["ticks"]
    assert changed == [tick for tick in whole if not tick["unchanged"]]
    far = reader.json("/v1/ticks", min_change_pct=2)["ticks"]
    assert far == [tick for tick in whole if tick in far]
    assert 0 < len(far) < len(whole)


def compare_voices(reader: Reader, pair: Pair) -> None:
    """All sources side by side are each by itself; what was superseded comes beside the rest."""
    path = f"/v1/history/{pair.dashed}"
    every = reader.json(path, source="*")["points"]
    keys = {point["source"] for point in every}
    assert keys == set(sources_of(pair)) - {None}
    for key in sorted(keys):
        alone = reader.json(path, source=key)["points"]
        assert [point for point in every if point["source"] == key] == alone
        revised = reader.json(path, source=key, revisions="true")["points"]
        newest = {(point["effective_date"], point["observed_at"]): point for point in revised}
        assert list(newest.values()) == alone
        (row,) = reader.json("/v1/latest", pairs=pair.dashed, source=key)["rates"]
        assert row["rate"] in {point["rate"] for point in alone}


# The same data, the same bytes.

WITHOUT_CURSORS = (
    "/v1/latest",
    "/v1/latest?pairs=KGS-KZT,USD-KGS,KZT-USD&precision=7",
    f"/v1/latest?date={THE_DAYS[40]}&source={ALL_DAY}",
    "/v1/latest/KGS-USD",
    "/v1/latest/KZT-KGS.txt",
    "/v1/convert?from=KGS&to=KZT&amount=100",
    "/v1/history/KGS-USD?limit=10000",
    "/v1/history/KGS-USD.csv",
    "/v1/history/KZT-USD.ndjson?source=*",
    "/v1/history/KGS-KZT.parquet?fill=previous",
    "/v1/history?pairs=KGS-USD,KZT-KGS&layout=wide",
    "/v1/history/KGS-USD?source=nbkr&revisions=true",
    "/v1/candles/KGS-USD?interval=1w",
    f"/v1/candles/KGS-USD?interval=1h&source={ALL_DAY}&limit=10000",
    "/v1/change/KGS-KZT",
    "/v1/stats/KZT-USD",
    "/v1/ticker?inverse=true&decimals=4",
    "/v1/ticker.txt?decimals=5",
    "/v1/ticks/3",
    "/v1/pairs",
)


def test_another_process_and_a_restored_copy_answer_byte_for_byte(tmp_path: Path) -> None:
    with lived(3) as store, reading(store) as reader:
        here = [(each.headers["etag"], each.content) for each in map(reader.get, WITHOUT_CURSORS)]
        store.backup(tmp_path / "backup")
    (tmp_path / "restored").mkdir()
    url = fresh_url(tmp_path / "restored")
    restore(url, tmp_path / "backup")
    with ProcessPoolExecutor(1, get_context("spawn")) as processes:
        there = processes.submit(told_long, url).result(60)
    changed = [
        path for path, mine, other in zip(WITHOUT_CURSORS, here, there, strict=True) if mine[1] != other[1]
    ]
    assert changed == []
    # That of what was sent while it was read is by the record; the copy has another log.
    whole = [number for number, (_, content) in enumerate(here) if len(content) <= 4_000]
    assert len(whole) > 10
    assert [here[number][0] for number in whole] == [there[number][0] for number in whole]


def told_long(url: str) -> list[tuple[str, bytes]]:
    """In another process, where tables are long from as many bytes as here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "WHOLE", 4_000)
        return told(url, WITHOUT_CURSORS)


def test_the_order_of_the_parameters_the_coding_and_head_change_no_byte(
    reader: Reader, chance: Random
) -> None:
    for path in WITHOUT_CURSORS:
        plain = reader.get(path)
        where, _, query = path.partition("?")
        parameters = query.split("&")
        chance.shuffle(parameters)
        again = reader.get(f"{where}?{'&'.join(parameters)}" if query else path)
        assert (again.content, again.headers["etag"]) == (plain.content, plain.headers["etag"]), path
        for coding in ("br", "zstd", "gzip", "identity"):
            coded, head = (reader.ask(path, method, accept_encoding=coding) for method in ("GET", "HEAD"))
            assert coded.content == plain.content, (path, coding)
            assert (head.status_code, head.content) == (200, b"")
            assert lasting(head) == lasting(coded), (path, coding)
            is_coded = "content-encoding" in coded.headers
            assert (coded.headers["etag"] == plain.headers["etag"]) is not is_coded
            known = reader.ask(path, accept_encoding=coding, if_none_match=coded.headers["etag"])
            assert (known.status_code, known.headers["etag"]) == (304, coded.headers["etag"])


def lasting(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "x-request-id"}


# What changed is never answered as if it had not.

START = at("2026-05-18 09:00")
"""A Monday afternoon in Bishkek."""

BY_THE_DAY = {"nbkr": ("KGS", "Asia/Bishkek"), "nbk": ("KZT", "Asia/Almaty"), ALL_DAY: ("KGS", "UTC")}
COST = {"KGS": 87_4500, "KZT": 470_1200}
"""Ten-thousandths of the local unit that a dollar costs, more or less."""

QUESTIONS = (
    "/v1/latest",
    "/v1/latest?pairs=KGS-KZT,USD-KGS&precision=5",
    "/v1/latest?date={today}",
    "/v1/latest?date={yesterday}",
    "/v1/latest?source=nbkr",
    "/v1/latest?max_age_days=2",
    f"/v1/latest?at={START:%Y-%m-%dT%H:%M:%SZ}",
    "/v1/latest?as_known_at=v:{version}",
    f"/v1/latest?as_known_at={START:%Y-%m-%dT%H:%M:%SZ}",
    "/v1/latest/KGS-USD",
    "/v1/latest/KGS-KZT",
    "/v1/latest/KZT-USD.txt",
    "/v1/convert?from=KGS&to=KZT&amount=7",
    "/v1/history/KGS-USD",
    "/v1/history/KGS-USD?source=*&revisions=true",
    "/v1/history/KGS-USD.csv",
    f"/v1/history/KGS-USD.csv?source={ALL_DAY}",
    "/v1/history/KGS-KZT.ndjson?fill=previous",
    "/v1/history?pairs=KGS-USD,KZT-USD&layout=wide&until={yesterday}",
    "/v1/history.csv?pairs=KGS-USD,KZT-USD,KGS-KZT&fill=business",
    "/v1/candles/KGS-USD",
    "/v1/candles/USD-KGS?interval=1w&fill=previous",
    f"/v1/candles/KGS-USD?interval=1h&source={ALL_DAY}",
    "/v1/change/KGS-USD",
    "/v1/change/KGS-KZT?date={yesterday}",
    "/v1/stats/KGS-USD",
    "/v1/ticker",
    "/v1/ticker.txt?inverse=true",
    "/v1/ticks",
    "/v1/ticks?limit=2",
    "/v1/ticks/1",
    "/v1/pairs",
    "/",
)

factors = st.sampled_from([1000, 1000, 1001, 998, 1013, 1300, 700])
"""Thousandths of the usual: now and then a misprint."""


class Life(RuleBasedStateMachine):
    """A service that keeps its answers and readers who keep theirs, while the record and the clock move on;
    beside it one that keeps nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ends = ExitStack()
        # A week's rows make a table that is sent while it is read.
        self.ends.enter_context(pytest.MonkeyPatch.context()).setattr(tables, "WHOLE", 400)
        folder = Path(self.ends.enter_context(quick_folder()))
        self.url, self.clock = fresh_url(folder), FakeClock(START)
        self.store = open_store(self.url)
        self.store.upgrade()
        self.ends.callback(self.store.close)
        context = context_over(self.store, self.clock)
        self.cached = Reader(create_app(context))
        self.ends.callback(self.cached.close)
        self.ends.enter_context(followed(context))
        other = open_store(self.url)
        self.ends.callback(other.close)
        self.other = other
        self.plain = self.ends.enter_context(reading(other, self.clock))
        self.has: dict[tuple[str, ...], list[str]] = {}
        self.bodies: dict[tuple[str, ...], bytes] = {}
        for days in (-4, -3, 0):
            for source in BY_THE_DAY:
                self.say(source=source, days=days, factor=1000 + days, elsewhere=False)

    def teardown(self) -> None:
        self.ends.close()

    @rule(
        source=st.sampled_from(list(BY_THE_DAY)),
        days=st.sampled_from([0, 0, 1, 1, -1, -3, -9]),
        factor=factors,
        elsewhere=st.sampled_from([False] * 7 + [True]),
    )
    def say(self, source: str, days: int, factor: int, elsewhere: bool) -> None:
        """A publication, a late arrival, a revision or a repeat; of this process or of another."""
        code, zone = BY_THE_DAY[source]
        now = self.clock.now()
        day = now.astimezone(ZoneInfo(zone)).date() + timedelta(
            days=min(days, 0) if source == ALL_DAY else days
        )
        value, begins = COST[code] * factor // 1000, starts(day, ZoneInfo(zone))
        observed = min(begins + timedelta(hours=factor % 7), now) if source == ALL_DAY else begins
        said = Published(Pair("USD", code), f"{value // 10_000}.{value % 10_000:04}")
        store = self.other if elsewhere else self.store
        record(store, CATALOG, [Observation(source, said, day, observed, now)], now)
        if elsewhere:
            with self.other.read() as reader:
                newest = reader.counter().version
            assert soon(lambda: self.store.seen and self.store.seen.version == newest)

    @rule(number=st.integers(0, 99), accepted=st.booleans())
    def decide_on_what_is_held(self, number: int, accepted: bool) -> None:
        with self.store.read() as reader:
            held = reader.doubts("held")
        if held:
            (accept if accepted else reject)(
                self.store, CATALOG, held[number % len(held)].id, self.clock.now(), "by hand"
            )

    @rule(number=st.integers(1, 40))
    def take_back(self, number: int) -> None:
        with self.store.read() as reader:
            there = reader.recorded(number)
        if there and there.judgement.verdict == "accepted":
            reject(self.store, CATALOG, number, self.clock.now(), "by hand")

    @rule()
    def take_turns(self) -> None:
        advance(self.store, CATALOG, self.clock.now())

    @rule(
        span=st.sampled_from(
            [timedelta(seconds=1), timedelta(minutes=40), timedelta(hours=5), timedelta(days=1)]
        )
    )
    def wait(self, span: timedelta) -> None:
        self.clock.advance(span)

    @rule(zone=st.sampled_from([zone for _, zone in BY_THE_DAY.values()]), before=st.booleans())
    def wait_for_midnight(self, zone: str, before: bool) -> None:
        """To the midnight of a source, or to the last moment before it."""
        tomorrow = self.clock.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
        midnight = starts(tomorrow, ZoneInfo(zone)) - timedelta(milliseconds=before)
        self.clock.move_to(max(midnight, self.clock.now()))

    @rule(which=st.sampled_from(["late_at", "stale_at"]), number=st.integers(0, 9))
    def wait_for_a_deadline(self, which: str, number: int) -> None:
        rows = self.plain.json("/v1/latest")["rates"]
        dues = [datetime.fromisoformat(row[which]) for row in rows if row[which]]
        coming = [due for due in dues if due > self.clock.now()]
        if coming:
            self.clock.move_to(coming[number % len(coming)])

    @rule(
        questions=st.lists(st.sampled_from(QUESTIONS), min_size=3, max_size=8),
        coding=st.sampled_from(["", "", "br", "gzip"]),
        back=st.integers(0, 3),
    )
    def ask(self, questions: list[str], coding: str, back: int) -> None:
        """Each as a reader who has one of the answers before, if there were any; and the first one twice."""
        today = self.clock.now().date()
        with self.store.read() as reader:
            version = max(reader.counter().version - 1, 0)
        words = {"today": today, "yesterday": today - timedelta(days=1), "version": version}
        for question in [*questions, questions[0]]:
            self.compare(question.format(**words), coding, back)

    def compare(self, path: str, coding: str, back: int) -> None:
        """The answer from what is kept, beside the one that nobody keeps."""
        headers = {"accept_encoding": coding} if coding else {}
        asked = (path, coding)
        before = self.has.setdefault(asked, [])
        if before:
            headers["if_none_match"] = before[-1 - back % len(before)]
        kept = self.cached.ask(path, **headers)
        fresh = self.plain.ask(path, **{name: of for name, of in headers.items() if name != "if_none_match"})
        if "etag" not in fresh.headers:  # a problem, or what nobody keeps
            assert (kept.status_code, kept.content) == (fresh.status_code, fresh.content), path
            return
        tag = fresh.headers["etag"]
        assert self.bodies.setdefault((*asked, tag), fresh.content) == fresh.content, path
        assert kept.headers["etag"] == tag, path
        has = headers.get("if_none_match") == tag
        assert (kept.status_code, kept.content) == ((304, b"") if has else (200, fresh.content)), path
        assert has or lasting(kept) == lasting(fresh), path
        assert kept.headers["cache-control"] == fresh.headers["cache-control"], path
        if tag not in before:
            before.append(tag)


@pytest.mark.fuzz
@pytest.mark.slow
def test_whatever_happens_what_is_kept_is_what_would_be_asked() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=max(5, settings().max_examples // 50),
            stateful_step_count=25,
            phases=[Phase.generate],  # what takes minutes to be made simpler is read as it is
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
