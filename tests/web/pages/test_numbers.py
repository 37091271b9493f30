"""Every number and every day on a page is the API's, for the same question: all of them, in their order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.domain.numbers import PCT_PLACES, bare, fixed, trimmed
from app.domain.pairs import CROSSES, LOCAL, Pair
from tests.web.conftest import Client
from tests.web.html import Page
from tests.web.pages.conftest import PAIRS, page

RANGES = ("7d", "30d", "90d", "1y", "5y", "all")


def api(client: Client, path: str) -> Any:
    """An answer of the API, with its numbers as they are written."""
    response = client.get(path if path.startswith("/") else f"/{path}")
    assert response.status_code == 200, response.text
    return json.loads(response.content, parse_float=Decimal, parse_int=Decimal)


def led_to(found: Page, beginning: str) -> str:
    """The address of an answer that a page leads to, from the root of the service."""
    addresses = [each.lstrip("./") for each in found.addresses]
    return next(each for each in addresses if each.startswith(beginning))


def told(facts: Iterable[Any]) -> list[str]:
    """Facts of an answer as a page has them; None is none."""
    return [trimmed(each) if isinstance(each, Decimal) else str(each) for each in facts if each is not None]


def change(of: Mapping[str, Any]) -> Iterator[Any]:
    """The change of a row and the day that it is measured against."""
    if of["basis"] != "peg":
        yield of["pct"]
        if of["pct"] is not None and of["reference"]:
            yield of["reference"]["effective_date"]


def upcoming(row: Mapping[str, Any], coming: Mapping[str, Any] | None) -> Iterator[Any]:
    """What comes next, or when it is expected."""
    yield from (coming["rate"], coming["effective_date"]) if coming else (row["expected_next_at"],)


def conversion(found: Mapping[str, Any]) -> Iterator[Any]:
    """An amount, what it is worth, and by which rate."""
    yield from (found["amount"], found["result"], Decimal(1), found["rate"], found["date"])


def ladder(client: Client, pair: str) -> list[Any]:
    """The changes of a pair by basis; what does not change by a decree says so once for all."""
    found = api(client, f"/v1/change/{pair}")["changes"]
    first, *rest = found
    by_basis = {each["basis"]: each["pct"] for each in rest}
    return [
        first["pct"],
        *(by_basis.get(basis, first["pct"]) for basis in ("24h", "7d", "30d", "mtd", "ytd", "1y")),
    ]


def test_the_first_page_has_the_numbers_of_the_api(rich: Client) -> None:
    answered = api(rich, "/v1/latest")
    coming = {each["pair"]: each for each in answered["upcoming"]}
    expected: list[Any] = []
    for row in answered["rates"]:
        expected += [row["rate"], *change(row["change"]), row["inverse"], row["effective_date"]]
        expected += upcoming(row, coming.get(row["pair"]))
    for row in answered["rates"]:
        expected += ladder(rich, row["pair"].replace("/", "-"))
    expected += [
        each for each in conversion(api(rich, "/v1/convert?from=USD&to=KGS&amount=100")) if each != 1
    ]
    assert page(rich).facts == told(expected)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_the_page_of_a_pair_has_the_numbers_of_the_api(rich: Client, pair: Pair) -> None:
    assert page(rich, f"/pairs/{pair.dashed}").facts == list(of_pair(rich, pair, ""))


@pytest.mark.parametrize(
    "asked", [*(f"range={each}" for each in RANGES), "since=2026-01-01&until=2026-02-01"]
)
@pytest.mark.parametrize("pair", ["KGS-USD", "USD-UZS", "TJS-KZT", "TMT-USD"])
def test_each_range_of_days_has_the_numbers_of_the_api(rich: Client, pair: str, asked: str) -> None:
    assert page(rich, f"/pairs/{pair}?{asked}").facts == list(of_pair(rich, Pair(*pair.split("-")), asked))


def test_one_source_beside_the_others_has_the_numbers_of_the_api(rich: Client) -> None:
    asked = "source=fawazahmed0&range=30d"
    found = page(rich, f"/pairs/KGS-USD?{asked}")
    assert "source=fawazahmed0" in led_to(found, "v1/stats/")
    assert found.facts == list(of_pair(rich, Pair("KGS", "USD"), asked))


def of_pair(client: Client, pair: Pair, asked: str) -> Iterator[str]:
    """The facts of a pair's page, from the answers that it leads to."""
    found, key = page(client, f"/pairs/{pair.dashed}?{asked}"), pair.dashed
    yield from told(at_the_head(client, pair))
    yield from told(of_the_past(client, found, pair))
    for each in api(client, f"/v1/change/{key}")["changes"]:
        reference = each["reference"] or {"rate": None, "effective_date": None}
        yield from told([each["pct"], reference["rate"], reference["effective_date"]])
    row = api(client, f"/v1/latest/{key}")
    one, other = pair if row["rate"] >= 1 else pair.inverse
    yield from told(
        each for each in conversion(api(client, f"/v1/convert?from={one}&to={other}&amount=100")) if each != 1
    )
    if pair not in CROSSES:
        yield from told(side_by_side(client, key, row["rate"]))
    yield from told(doubts(client, pair))


def at_the_head(client: Client, pair: Pair) -> Iterator[Any]:
    """A rate with what is known of it."""
    row = api(client, f"/v1/latest/{pair.dashed}")
    yield from (row["rate"], *change(row["change"]), row["inverse"], row["effective_date"])
    yield from upcoming(row, row["upcoming"])
    yield from (row["stale_at"], row["rate"])
    yield from (leg["rate"] for leg in row.get("legs", []))


def of_the_past(client: Client, found: Page, pair: Pair) -> Iterator[Any]:
    """The days that a page shows: what they come to, each, and what was corrected."""
    if not any("v1/stats/" in each for each in found.addresses):
        assert "None of these days has a rate." in found.text
        return
    all_days = api(client, led_to(found, "v1/stats/"))
    for name in ("first", "last", "min", "max"):
        yield from (all_days[name]["rate"], all_days[name]["effective_date"])
    yield from (all_days["mean"], all_days["volatility"])
    told_by = led_to(found, "v1/candles/")
    candles = api(client, told_by)["candles"]
    assert candles
    is_plain = "interval=1d" in told_by and all(each["count"] == 1 for each in candles)
    for each in reversed(candles):
        yield each["start"]
        yield from (
            each[name]
            for name in (["close"] if is_plain else ["open", "high", "low", "close", "mean", "count"])
        )
    if pair not in CROSSES:
        asked = led_to(found, f"v1/history/{pair.dashed}?")
        whose = "" if "source=" in asked else "&source=*"
        yield from corrections(api(client, f"{asked}{whose}&revisions=true&limit=10000")["points"])


def corrections(points: list[dict[str, Any]]) -> Iterator[Any]:
    """The days for which something else was said first, and since when; the newest day first."""
    for each in reversed(points):
        if each["revision"]:
            yield from (each["effective_date"], each["recorded_at"])


def side_by_side(client: Client, key: str, rate: Decimal) -> Iterator[Any]:
    """Each source that speaks for a pair."""
    for each in api(client, f"/v1/latest/{key}?explain=true")["explanation"]["authority"]:
        if each["rate"] is None:
            continue
        apart = bare(fixed((Fraction(each["rate"]) / Fraction(rate) - 1) * 100, PCT_PLACES))
        yield from (each["rate"], None if each["chosen"] else apart, each["effective_date"])


def doubts(client: Client, pair: Pair) -> Iterator[Any]:
    """The days of what is held and was rejected of the currencies of a pair."""
    filed = {f"{code}/USD" for code in pair if code in LOCAL}
    states = [api(client, f"/v1/sources/{each['key']}") for each in api(client, "/v1/sources")["sources"]]
    for verdict in ("held", "rejected"):
        for state in states:
            yield from (each["effective_date"] for each in state[verdict] if each["pair"] in filed)


def test_what_is_doubted_and_what_was_corrected_is_there_to_be_compared(rich: Client) -> None:
    assert list(doubts(rich, Pair("KGS", "USD"))) == ["2026-05-23", "2025-12-01"]
    found = page(rich, "/pairs/KGS-USD?range=30d")
    assert list(of_the_past(rich, found, Pair("KGS", "USD")))[-2] == "2026-05-18"


@pytest.mark.parametrize("asked", ["", "?date=2026-05-18", "?date=2026-04-05", "?source=fawazahmed0"])
@pytest.mark.parametrize("pair", ["KGS-USD", "USD-KGS", "UZS-USD", "TMT-USD"])
def test_an_explanation_has_the_numbers_of_the_api(rich: Client, pair: str, asked: str) -> None:
    if asked.startswith("?source") and not pair.endswith("KGS") and not pair.startswith("KGS"):
        asked = ""
    found = page(rich, f"/pairs/{pair}/explain{asked}")
    row = api(rich, led_to(found, "v1/latest/"))
    why = row["explanation"]
    expected = [row["rate"], row["effective_date"]]
    for each in why["authority"]:
        expected += [each["rate"], each["effective_date"]]
    for each in reversed(why["revisions"]):
        expected += [
            each["fetched_at"],
            each["recorded_at"],
            *(ruling["recorded_at"] for ruling in each["rulings"]),
        ]
    for each in why["witnesses"]:
        expected += [each["dollars"], each["off_pct"], each["effective_date"]]
    assert found.facts == told(expected)


@pytest.mark.parametrize(
    "asked",
    [
        "from=USD&to=KGS&amount=12.5",
        "from=USD&to=KGS&amount=7&date=2026-05-20",
        "from=UZS&to=KZT&amount=1000000",
        "from=TMT&to=USD",
    ],
)
def test_a_conversion_has_the_numbers_of_the_api(rich: Client, asked: str) -> None:
    found = page(rich, f"/convert?{asked}")
    answered = api(rich, led_to(found, "v1/convert?"))
    legs = [fact for leg in answered["legs"] for fact in (leg["rate"], leg["effective_date"])]
    expected = [
        answered["amount"],
        answered["result"],
        answered["rate"],
        answered["date"],
        *legs,
        answered["unrounded"],
    ]
    assert found.facts == told(expected)


def test_the_page_of_sources_has_the_numbers_of_the_api(rich: Client) -> None:
    expected: list[Any] = []
    for each in api(rich, "/v1/sources")["sources"]:
        if not each["enabled"] or (each["kind"] == "page" and not each["pairs"]):
            continue
        state = api(rich, f"/v1/sources/{each['key']}")
        days = state["calendar"]
        expected += [state["last_success_at"] if state["hosts"] else None, days["expected_next_at"]]
        if days["expected_next_at"]:
            expected += [days["late_at"], days["stale_at"]]
        expected += [state["checked_at"]]
        for pair in state["pairs"]:
            if pair["pair"].endswith("/USD") and pair["pair"][:3] in LOCAL:
                expected += [pair["since"], pair["until"], pair["publications"]]
        expected += [doubt["effective_date"] for doubt in [*state["held"], *state["rejected"]]]
    assert page(rich, "/sources").facts == told(expected)
