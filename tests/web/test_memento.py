"""What was once served can be asked for again, byte for byte, whatever became known since."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import format_datetime
from random import Random

import pytest

from app.context import Context
from app.ingest.record import advance, record, reject
from tests.fakes import FakeClock
from tests.said import at, nbkr, nbkr_file, paged
from tests.web.conftest import Client, decree, fill

BASE = "http://rates.test"

QUESTIONS = (
    "/v1/latest",
    "/v1/latest?pairs=USD-KGS,TMT-USD&precision=5",
    "/v1/latest?date=2026-05-20",
    "/v1/latest?source=nbkr",
    "/v1/latest/KGS-USD",
    "/v1/latest/KGS-USD.txt",
    "/v1/latest/KGS-KZT",
    "/v1/latest?pairs=TMT-KGS,KZT-KGS&precision=7",
    "/v1/latest?pairs=TMT-KGS,KGS-KZT&date=2026-05-22",
    "/v1/convert?from=TMT&to=KGS&amount=7",
    "/v1/ticker?pairs=KGS-KZT,TMT-KGS&inverse=true",
    "/v1/ticks?only=changes&min_change_pct=0.1&limit=2",
    "/v1/history/KGS-USD",
    "/v1/history/KGS-USD?limit=1",
    "/v1/history/KGS-USD?until=2026-05-22",
    "/v1/history/KGS-USD.csv?source=nbkr",
    "/v1/candles/KGS-USD",
    "/v1/candles/KGS-KZT?interval=1w&limit=1",
    "/v1/candles/USD-KGS?until=2026-05-22",
    "/v1/history/KGS-USD?fill=previous",
    "/v1/candles/KGS-USD?fill=business&interval=1w",
    "/v1/change/KGS-USD",
    "/v1/change/USD-KGS?date=2026-05-20",
    "/v1/stats/KGS-USD",
    "/v1/ticker",
    "/v1/ticker.txt?decimals=5&inverse=true",
    "/v1/ticker?change=7d&nominal=auto&pairs=KGS-KZT,KGS-USD",
    "/v1/ticks?limit=3",
    "/v1/ticks/1",
    "/v1/feed.json",
    "/v1/feed.atom?limit=2&pairs=USD-KGS",
    "/v1/feed.rss?only=changes&min_change_pct=0.1",
    "/v1/pairs",
)


def memento(link: str) -> str:
    """The path and query of the memento in a Link header."""
    found = re.search(rf'<{BASE}([^>]*)>; rel="memento"', link)
    assert found, link
    return found[1]


def test_a_memento_gives_the_same_bytes_after_more_is_known(
    client: Client, context: Context, clock: FakeClock
) -> None:
    fill(context)
    before = client.get("/v1/latest")
    link = memento(before.headers["link"])
    assert link == "/v1/latest?as_known_at=v:5&at=2026-05-21T06:00:00Z"
    clock.move_to(at("2026-05-21 11:00"))
    record(context.store, context.catalog, [nbkr("2026-05-21", "87.4600")], clock.now())
    assert client.get("/v1/latest").content != before.content
    again = client.get(link)
    assert again.content == before.content
    assert again.headers["etag"] == before.headers["etag"]
    assert again.headers["memento-datetime"] == format_datetime(at("2026-05-21 06:00"), usegmt=True)
    assert memento(again.headers["link"]) == link


def test_what_was_known_at_an_instant_is_what_was_recorded_by_then(
    client: Client, context: Context, clock: FakeClock
) -> None:
    fill(context)
    clock.move_to(at("2026-05-21 11:00"))
    record(context.store, context.catalog, [nbkr("2026-05-21", "87.4600")], clock.now())
    now = client.get("/v1/latest/USD-KGS").json()
    before = client.get("/v1/latest/USD-KGS?as_known_at=2026-05-21T10:59:59Z").json()
    assert (now["rate"], before["rate"]) == (87.46, 87.45)
    assert client.get("/v1/latest/USD-KGS?as_known_at=2026-05-20T12:00:00Z").json()["rate"] == 87.4314


def test_only_a_version_is_for_ever_for_what_was_begun_before_an_instant_may_end_after_it(
    client: Client, context: Context, clock: FakeClock
) -> None:
    fill(context)
    asked = "/v1/latest/USD-KGS?as_known_at=2026-05-21T10:59:00Z"
    clock.move_to(at("2026-05-21 11:00"))
    before = client.get(asked)
    assert before.headers["cache-control"].startswith("public, max-age=3600, stale-while-revalidate=")
    assert "memento-datetime" not in before.headers
    # What is recorded bears the instant at which its transaction began.
    record(context.store, context.catalog, [nbkr("2026-05-21", "87.4600")], at("2026-05-21 10:30"))
    assert client.get(asked).json()["rate"] == 87.46
    link = memento(before.headers["link"])
    assert link == "/v1/latest/USD-KGS?as_known_at=v:5&at=2026-05-21T10:59:00Z"
    then = client.get(link)
    assert then.content == before.content
    assert then.headers["cache-control"] == "public, max-age=86400, stale-if-error=86400"
    assert then.headers["memento-datetime"] == format_datetime(at("2026-05-21 10:59"), usegmt=True)


def test_an_instant_that_is_over_is_answered_with_all_that_is_known_now(
    client: Client, context: Context, clock: FakeClock
) -> None:
    fill(context)
    clock.move_to(at("2026-05-21 11:00"))
    record(context.store, context.catalog, [nbkr("2026-05-20", "87.4300")], clock.now())
    then = client.get("/v1/latest/USD-KGS?at=2026-05-20T12:00:00Z")
    assert (then.json()["effective_date"], then.json()["rate"]) == ("2026-05-20", 87.43)
    assert client.get(memento(then.headers["link"])).content == then.content


def test_before_the_first_version_there_was_no_rate(client: Client, context: Context) -> None:
    fill(context)
    missing = client.get("/v1/latest?as_known_at=v:0").json()
    assert {each["reason"] for each in missing["missing"]} == {"no-rate-yet"}
    alone = client.get("/v1/latest/KGS-USD?as_known_at=v:0")
    assert (alone.status_code, alone.json()["type"].rpartition("/")[2]) == (404, "no-rate-at-date")


@pytest.mark.parametrize(
    ("query", "parameter", "expected"),
    [
        ("as_known_at=v:999", "as_known_at", "v:0 to v:5"),
        ("as_known_at=412", "as_known_at", "v:412"),
        ("as_known_at=2027-01-01T00:00:00Z", "as_known_at", "an instant that is over"),
        ("at=2027-01-01T00:00:00Z", "at", "an instant that is over"),
        ("at=2026-05-20T10:00:00", "at", "an instant such as 2026-05-21T10:30:00Z"),
        ("at=yesterday", "at", "an instant such as 2026-05-21T10:30:00Z"),
    ],
)
def test_what_cannot_have_been_known_is_refused_by_its_parameter(
    full: Client, query: str, parameter: str, expected: str
) -> None:
    response = full.get(f"/v1/latest?{query}")
    assert (response.status_code, response.json()["parameter"]) == (422, parameter)
    assert expected in response.json()["expected"]


def test_an_instant_may_be_written_in_any_zone(full: Client) -> None:
    answers = {
        full.get(f"/v1/latest?at={written}").content
        for written in ("2026-05-20T18:00:00Z", "2026-05-21T00:00:00%2B06:00", "2026-05-21T00:00:00+06:00")
    }
    assert len(answers) == 1


def test_the_memento_of_a_chosen_form_gives_that_form_whatever_is_accepted_then(full: Client) -> None:
    table = full.get("/v1/history/KGS-USD", accept="text/csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert full.get(memento(table.headers["link"])).content == table.content


@pytest.mark.parametrize(
    "query", ["at=0001-01-01T00:00:00Z", "as_known_at=0001-01-02T00:00:00%2B14:00", "date=9999-12-31"]
)
def test_the_ends_of_the_calendar_are_refused(full: Client, query: str) -> None:
    assert full.get(f"/v1/latest?{query}").status_code == 422


def test_a_rate_that_a_person_took_back_is_missing_and_nothing_else_is(
    client: Client, context: Context, clock: FakeClock
) -> None:
    record(context.store, context.catalog, [nbkr("2026-05-20", "120.0000")], at("2026-05-20 05:00"))
    record(context.store, context.catalog, [nbkr("2026-05-22", "121.0000")], at("2026-05-21 05:00"))
    record(context.store, context.catalog, decree(context), at("2026-05-21 05:01"))
    reject(context.store, context.catalog, 1, clock.now(), "a misprint")
    body = client.get("/v1/latest").json()
    assert [row["pair"] for row in body["rates"]] == ["TMT/USD"]
    assert {each["pair"]: each["reason"] for each in body["missing"]}["KGS/USD"] == "only-upcoming"
    assert client.get("/health").status_code == client.get("/").status_code == 200


def test_every_body_that_was_ever_served_comes_back_in_a_life_with_typos_revisions_and_a_devaluation(
    client: Client, context: Context, clock: FakeClock
) -> None:
    chance, served = Random(7), dict[str, bytes]()
    clock.move_to(at("2026-05-11 04:00"))
    record(context.store, context.catalog, decree(context), clock.now())
    value = 87.45
    for number in range(40):
        clock.advance(timedelta(hours=chance.randint(1, 9), milliseconds=chance.randint(0, 999)))
        day = str((clock.now() + timedelta(days=chance.choice((0, 0, 1, 1, 1)))).date())
        value *= 1.4 if number == 25 else chance.choice((1.001, 0.999, 1, 1.002))
        said = f"{value * chance.choice((1, 1, 1, 1, 1.25)):.4f}"  # now and then a typo
        crosses = {"EUR": f"{value * 1.16:.4f}", "CNY": f"{value / 6.83:.4f}", "RUB": f"{value / 71:.4f}"}
        if chance.random() < 0.6:
            record(context.store, context.catalog, nbkr_file(day, said, crosses), clock.now())
        elif chance.random() < 0.3:
            record(context.store, context.catalog, [paged(day, "KZT/USD", "0.00212")], clock.now())
        if chance.random() < 0.7:
            advance(context.store, context.catalog, clock.now())
        for question in chance.sample(QUESTIONS, 6):
            response = client.get(question)
            if response.status_code == 200:
                served[memento(response.headers["link"])] = response.content
    assert len(served) > 120
    with context.store.read() as reader:
        assert {tick.cause for tick in reader.ticks()} >= {"publication", "revision", "turn"}
        assert reader.counter().version > 25
    changed = [link for link, content in served.items() if client.get(link).content != content]
    assert changed == []
