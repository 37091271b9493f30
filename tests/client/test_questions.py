"""What a client returns is what the answers say: nothing lost, nothing added, however it is asked."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import app
from app.answers import candles, changes, convert, facts, health, history, latest, sources, stats, ticks
from app.client import AsyncSilkrate, ProblemError, Silkrate, questions
from app.context import Context
from app.domain.fill import Fill
from app.domain.pairs import Pair
from app.web.app import create_app
from app.web.models import Latest, LatestRow
from tests.client.conftest import URL, Asks, Bed, Service, awaited
from tests.said import at, nbkr
from tests.web.conftest import made, say, served

KGS, USD_KGS = Pair("KGS", "USD"), Pair("USD", "KGS")

QUESTIONS: Mapping[str, tuple[tuple[Any, ...], dict[str, Any], Callable[..., Any], dict[str, Any]]] = {
    "latest": ((), {}, latest.latest, {}),
    "latest of some": (
        (),
        {"pairs": ["USD/KGS", "TJS/USD"], "max_age_days": 9},
        latest.latest,
        {"pairs": [USD_KGS, Pair("TJS", "USD")], "max_age_days": 9},
    ),
    "latest of one": (("KGS/USD",), {}, latest.latest_row, {"pair": KGS}),
    "latest of a day": (
        ("kgsusd",),
        {"date": date(2026, 5, 20), "source": "nbkr", "precision": 5},
        latest.latest_row,
        {"pair": KGS, "on": date(2026, 5, 20), "source": "nbkr", "precision": 5},
    ),
    "change": (("USD/KGS",), {}, changes.changes, {"pair": USD_KGS}),
    "change since": (
        ("KGS/USD",),
        {"since": "2026-05-20"},
        changes.changes,
        {"pair": KGS, "since": date(2026, 5, 20)},
    ),
    "stats": (
        ("KGS/USD",),
        {"since": date(2026, 5, 20), "until": "2026-05-21"},
        stats.stats,
        {"pair": KGS, "since": date(2026, 5, 20), "until": date(2026, 5, 21)},
    ),
    "convert": ((Decimal("1E+2"), "KGS", "usd"), {}, convert.convert, {"pair": KGS, "amount": Decimal(100)}),
    "convert then": (
        ("0.5", "USD", "KGS"),
        {"date": date(2026, 5, 20), "source": "nbkr"},
        convert.convert,
        {"pair": USD_KGS, "amount": Decimal("0.5"), "on": date(2026, 5, 20), "source": "nbkr"},
    ),
    "pairs": ((), {}, facts.pairs, {}),
    "sources": ((), {}, sources.sources, {}),
    "source": (("nbkr",), {}, sources.source, {"key": "nbkr"}),
    "health": ((), {}, health.health, {}),
}


def told(value: Any) -> Any:
    """An answer of the domain as a document tells it, its numbers, days and instants as they are."""
    if isinstance(value, Pair):
        return str(value)
    if isinstance(value, tuple | list):
        return [told(each) for each in value]
    if not is_dataclass(value):
        return value
    members: dict[str, Any] = {}
    for each in fields(value):
        member = getattr(value, each.name)
        if each.metadata.get("flat"):
            members |= told(member)
        elif not each.metadata.get("unshown") and (member is not None or not each.metadata.get("optional")):
            members[each.metadata.get("name", each.name)] = told(member)
    return members


def given_out(found: Any) -> Any:
    """What a client returned, field by field, without those that the document left out."""
    return found.model_dump(exclude_unset=True, by_alias=True)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_comes_as_it_was_given(rates: Asks, full: Context, name: str) -> None:
    args, asked, question, parameters = QUESTIONS[name]
    found = rates(name.partition(" ")[0], *args, **asked)
    assert given_out(found) == told(full.ask(question, **parameters).body)


def test_the_ticks_come_as_they_were_given(rates: Asks, full: Context) -> None:
    every = [told(tick) for tick in full.ask(ticks.ticks).body.ticks]
    assert [given_out(tick) for tick in rates("ticks")] == every
    cursor = full.ask(ticks.ticks, limit=1).next
    assert [given_out(tick) for tick in rates("ticks", cursor)] == every[1:]
    som = [tick for tick in every if tick["pair"] == "KGS/USD"]
    assert [given_out(tick) for tick in rates("ticks", pairs=["KGS/USD"])] == som
    assert 0 < len(som) < len(every)


def test_the_strip_comes_with_its_texts(rates: Asks) -> None:
    som = rates("ticker", pairs=["KGS/USD"], decimals=5, inverse=False).items[0]
    assert (som.line, som.rate) == ("KGS/USD = 0.01144 -0.02%", Decimal("0.0114351057747"))
    assert rates("ticker", pairs="KGS/USD", inverse=True).items[0].line == "USD/KGS = 87.45 0.02%"
    bare = rates("ticker", pairs=["KGS/USD"], change="none", nominal="auto").items[0]
    assert (bare.line, bare.change.basis, bare.nominal) == ("KGS/USD = 0.01144", "none", 1)


def test_a_past_answer_is_asked_for_by_version_or_instant(rates: Asks) -> None:
    assert [row.pair for row in rates("latest", as_known_at=1).rates] == ["TMT/USD"]
    assert [row.pair for row in rates("latest", as_known_at=at("2026-05-19 10:00")).rates] == ["TMT/USD"]
    row = rates("latest", "KGS/USD", at=at("2026-05-20 06:00"))
    assert row.rate == Decimal("0.0114375384587")


def test_a_question_that_is_wrong_is_told_by_the_service(rates: Asks) -> None:
    with pytest.raises(ProblemError) as raised:
        rates("latest", "KGS/EUR")
    assert (raised.value.type, raised.value.status, raised.value.parameter) == ("unknown-pair", 404, "pair")
    with pytest.raises(ProblemError) as raised:
        rates("history", "KGS/USD", since=at("2026-05-20 12:30"))
    assert (raised.value.type, raised.value.parameter) == ("bad-parameter", "since")
    with pytest.raises(ProblemError, match="nbrk"):
        rates("source", "nbrk?a=b#c")


def test_a_pair_without_a_rate_is_told_without_waiting(rates: Asks, bed: Bed) -> None:
    with pytest.raises(ProblemError) as raised:
        rates("latest", "TJS/USD")
    assert (raised.value.type, raised.value.status, bed.slept) == ("no-rate-yet", 503, [])


def test_candles_come_whole_in_however_many_pages(rates: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rates("candles", "KGS/USD")
    monkeypatch.setattr(questions, "MOST", 1)
    assert len(whole) == 2
    pandas.testing.assert_frame_equal(rates("candles", "KGS/USD"), whole)


def test_ticks_are_asked_for_page_by_page(asks: Asks, service: Service) -> None:
    service.tell('{"ticks":[],"next":"b","cursor":"b","version":2,"seq":2}')
    service.tell('{"ticks":[],"next":"c","cursor":"c","version":2,"seq":2}')
    service.tell('{"ticks":[],"next":null,"cursor":"d","version":2,"seq":2}')
    assert list(asks("ticks", "a", pairs=iter(["KGS/USD", "USD/TJS"]))) == []
    queries = [request.url.query for request in service.asked]
    assert queries == [f"after={cursor}&pairs=KGS-USD,USD-TJS".encode() for cursor in "abc"]


def test_what_changed_is_never_taken_for_what_was(
    client: Callable[..., AbstractContextManager[Asks]], tmp_path: Path
) -> None:
    with made(tmp_path) as context, served(create_app(context)) as url, client(url, Bed()) as asks:
        for revision, value in enumerate(("87.4314", "87.4500", "87.4314")):
            say(context, nbkr("2026-05-21", value), when=f"2026-05-21 05:0{revision}")
            for _ in range(2):
                row = asks("latest", "USD/KGS")
                assert (row.rate, row.revision) == (Decimal(value), revision)


@given(
    said=st.dictionaries(
        st.dates(date(2026, 4, 1), date(2026, 5, 21)),
        st.decimals("83", "91", places=4),
        min_size=1,
        max_size=12,
    ),
    pair=st.sampled_from([KGS, USD_KGS]),
    since=st.none() | st.dates(date(2026, 4, 1), date(2026, 5, 22)),
    gaps=st.sampled_from(["none", "previous", "business"]),
    precision=st.none() | st.integers(3, 15),
)
@settings(max_examples=25)
def test_whatever_is_recorded_a_client_returns_what_the_answers_say(
    said: dict[date, Decimal], pair: Pair, since: date | None, gaps: Fill, precision: int | None
) -> None:
    with TemporaryDirectory() as folder, made(Path(folder)) as context:
        say(context, *(nbkr(day, str(value)) for day, value in said.items()), when="2026-05-21 05:00")
        points = context.ask(
            history.history, pair=pair, source=None, since=since, until=None, limit=None, fill=gaps
        ).body.points
        drawn = context.ask(
            candles.candles, pair=pair, interval="1w", source=None, since=since, until=None, fill=gaps
        ).body.candles
        both = context.ask(history.histories, pairs=[pair, pair.inverse], source="*", limit=None).body.points
        row = context.ask(latest.latest, pairs=[pair], precision=precision).body
        with awaited(URL, Bed(), httpx.ASGITransport(create_app(context))) as asks:
            assert given_out(asks("latest", pairs=[str(pair)], precision=precision)) == told(row)
            exact = asks("history", str(pair), since=since, fill=gaps)
            floats = asks("history", str(pair), since=since, fill=gaps, numbers="float")
            several = asks("history", [str(pair), pair.inverse.dashed], source="*")
            weeks = asks("candles", str(pair), since=since, interval="1w", fill=gaps)
    assert [*exact["rate"]] == [point.rate for point in points]
    assert [*floats["rate"]] == [float(point.rate) for point in points]
    assert [*exact.index.date] == [point.effective_date for point in points]
    assert [*exact["published_value"]] == [point.value for point in points]
    assert [*exact["recorded_at"]] == [point.recorded_at for point in points]
    assert [*several["pair"]] == [str(point.pair) for point in both]
    assert [*several["rate"]] == [point.rate for point in both]
    assert [*weeks.index.date] == [candle.start for candle in drawn]
    for name in ("open", "high", "low", "close", "mean", "count", "complete", "sources"):
        assert [*weeks[name]] == [getattr(candle, name) for candle in drawn]


def test_both_clients_know_the_type_of_every_answer(address: str) -> None:
    async def awaited_types() -> tuple[Latest, LatestRow, Decimal]:
        async with AsyncSilkrate(address) as rates:
            every, one = await rates.latest(), await rates.latest("KGS/USD", date="2026-05-21")
            return every, one, [tick.rate async for tick in rates.ticks()][-1]

    with Silkrate(address) as rates:
        every: Latest = rates.latest(pairs=["KGS/USD"])
        one: LatestRow = rates.latest("KGS/USD")
        rate: Decimal = next(rates.ticks(pairs=["KGS/USD"])).rate
    assert (every.rates[0].rate, rate) == (one.rate, Decimal("0.0114375384587"))
    assert asyncio.run(awaited_types())[1].rate == one.rate


def test_the_types_are_there_for_whoever_installs_the_package() -> None:
    assert (Path(app.__file__).parent / "py.typed").is_file()


def test_the_clients_have_the_same_methods_with_the_same_words() -> None:
    methods = {name for name in vars(questions.Questions) if not name.startswith("_")}
    for client in (Silkrate, AsyncSilkrate):
        assert all(callable(getattr(client, name)) and getattr(client, name).__doc__ for name in methods)


def test_to_ask_for_one_rate_loads_neither_pandas_nor_a_web_framework() -> None:
    heavy = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "pandas", "pyarrow", "numpy")
    script = (
        "import sys, httpx, app.client as c\n"
        "c.Silkrate('http://rates.test', client=httpx.Client(transport=httpx.MockTransport("
        "lambda asked: httpx.Response(200, content='{\"pairs\":[]}')))).pairs()\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
