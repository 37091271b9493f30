"""The paths from end to end: what was recorded comes out as each of them shows it."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from app.context import Context
from tests.said import nbkr, paged
from tests.web.conftest import Client, fill, say

SEED = (
    ("KGS/USD", "0.01149", "0"),
    ("KZT/USD", "0.00189", "0"),
    ("TJS/USD", "0.09153", "-0.22"),
    ("UZS/USD", "0.00008", "0"),
    ("TMT/USD", "0.28571", "-0.14"),
)
LINES = (
    "KGS/USD = 0.01149 0%\nKZT/USD = 0.00189 0%\nTJS/USD = 0.09153 -0.22%\n"
    "UZS/USD = 0.00008 0%\nTMT/USD = 0.28571 -0.14%\n"
)


def exact(client: Client, path: str) -> Any:
    """The body, its numbers as the decimals that were sent."""
    return json.loads(client.get(path).content, parse_float=Decimal, parse_int=Decimal)


def test_what_a_bank_published_comes_out_with_every_digit(full: Client) -> None:
    row = exact(full, "/v1/latest/KGS-USD")
    assert (row["rate"], row["inverse"]) == (Decimal("0.0114351057747"), Decimal("87.45"))
    assert row["published"] == {"pair": "USD/KGS", "value": "87.4500", "nominal": 1}
    assert row["change"] == {
        "basis": "previous_publication",
        "pct": Decimal("-0.021269"),
        "abs": Decimal("-0.00000243268399465"),
        "reference": {"rate": Decimal("0.0114375384587"), "effective_date": "2026-05-20"},
        "span_days": 1,
    }
    assert (row["status"], row["effective_date"], row["fallback"]) == ("fresh", "2026-05-21", False)
    assert row["upcoming"] is None


def test_the_list_has_a_row_or_a_reason_for_every_pair(full: Client) -> None:
    latest = full.get("/v1/latest").json()
    assert [row["pair"] for row in latest["rates"]] == ["KGS/USD", "KZT/USD", "TMT/USD"]
    assert latest["missing"] == [
        {"pair": "TJS/USD", "reason": "no-rate-yet"},
        {"pair": "UZS/USD", "reason": "no-rate-yet"},
    ]
    assert latest["updated_at"] == max(row["recorded_at"] for row in latest["rates"])


def test_a_list_without_any_rate_is_still_an_answer(client: Client) -> None:
    response = client.get("/v1/latest")
    assert (response.status_code, response.json()["rates"], response.json()["updated_at"]) == (200, [], None)
    assert len(response.json()["missing"]) == 5


def test_one_pair_is_the_row_of_the_list(full: Client) -> None:
    (row,) = full.get("/v1/latest?pairs=KGS-USD").json()["rates"]
    alone = full.get("/v1/latest/KGS-USD").json()
    assert alone == {**row, "upcoming": None}


def test_the_bare_number_is_that_of_the_row(full: Client) -> None:
    response = full.get("/v1/latest/KGS-USD.txt")
    assert response.text == "0.0114351057747\n"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert full.get("/v1/latest/USD-KGS.txt").text == "87.45\n"
    assert full.get("/v1/latest/KGS-USD.txt?precision=4").text == "0.01144\n"
    assert full.get("/v1/latest/KGS-USD.txt?date=2026-05-20").text == "0.0114375384587\n"


def test_a_day_that_is_over_is_told_as_it_stood(full: Client) -> None:
    row = full.get("/v1/latest/KGS-USD?date=2026-05-20").json()
    assert (row["effective_date"], row["published"]["value"]) == ("2026-05-20", "87.4314")


def test_one_source_is_heard_alone(full: Client) -> None:
    latest = full.get("/v1/latest?source=page").json()
    assert [row["pair"] for row in latest["rates"]] == ["KZT/USD"]


def test_a_pair_the_other_way_round_is_recomputed(full: Client) -> None:
    row = exact(full, "/v1/latest/USD-KGS")
    assert (row["rate"], row["inverse"]) == (Decimal("87.45"), Decimal("0.0114351057747"))
    assert row["change"]["pct"] == Decimal("0.021274")


def test_tomorrows_rate_is_upcoming_until_its_day(client: Client, context: Context) -> None:
    fill(context)
    say(context, nbkr("2026-05-22", "87.5000"), when="2026-05-21 06:00")
    row = client.get("/v1/latest/KGS-USD").json()
    assert (row["effective_date"], row["upcoming"]["effective_date"]) == ("2026-05-21", "2026-05-22")
    assert row["upcoming"]["status"] == "upcoming"


def test_a_history_is_oldest_first_with_both_ends(full: Client) -> None:
    history = exact(full, "/v1/history/KGS-USD?since=2026-05-20&until=2026-05-21")
    assert [point["effective_date"] for point in history["points"]] == ["2026-05-20", "2026-05-21"]
    assert [point["rate"] for point in history["points"]] == [
        Decimal("0.0114375384587"),
        Decimal("0.0114351057747"),
    ]
    assert {name: history[name] for name in ("pair", "source", "since", "until", "next")} == {
        "pair": "KGS/USD",
        "source": None,
        "since": "2026-05-20",
        "until": "2026-05-21",
        "next": None,
    }


def test_csv_has_the_same_values_as_json(full: Client) -> None:
    points = exact(full, "/v1/history/KGS-USD")["points"]
    rows = list(csv.DictReader(StringIO(full.get("/v1/history/KGS-USD.csv").text)))
    assert [(Decimal(row["rate"]), row["published_value"]) for row in rows] == [
        (point["rate"], point["published"]["value"]) for point in points
    ]
    for name in ("source", "effective_date", "observed_at", "recorded_at"):
        assert [row[name] for row in rows] == [point[name] for point in points]


def test_every_line_of_csv_ends_in_crlf(full: Client) -> None:
    text = full.get("/v1/history/KGS-USD.csv").content
    assert text.endswith(b"\r\n")
    assert text.count(b"\n") == text.count(b"\r\n") == 3


@pytest.mark.parametrize("path", ["/v1/ticker.txt?decimals=5", "/v1/ticker.txt?decimals=5&source=page"])
def test_the_strip_of_a_news_site_comes_out_as_it_went_in(
    client: Client, context: Context, path: str
) -> None:
    say(context, *(paged("2026-05-21", *item) for item in SEED), when="2026-05-21 05:00")
    assert client.get(path).text == LINES


def test_a_strip_of_an_old_page_is_found_by_its_day(client: Client, context: Context) -> None:
    fill(context)
    say(
        context,
        *(paged("2025-01-07", *item) for item in SEED if item[0] != "KZT/USD"),
        when="2026-05-21 05:00",
    )
    shown = client.get("/v1/ticker.txt?source=page&date=2025-01-07&decimals=5").text
    assert shown == LINES.replace("0.00189 0%", "0.00189 -0.22%")


def test_the_strip_has_at_least_four_digits_and_carries_its_texts(full: Client) -> None:
    item = full.get("/v1/ticker").json()["items"][0]
    assert (item["line"], item["display"], item["change_display"]) == (
        "KGS/USD = 0.01144 -0.02%",
        "0.01144",
        "-0.02%",
    )
    assert item["label"] == "Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May"
    assert full.get("/v1/ticker.txt").text.splitlines()[0] == item["line"]


def test_the_strip_speaks_every_language_that_is_offered(full: Client) -> None:
    names = {
        "ky": "Кыргызстан сому",
        "kk": "Қырғызстан сомы",
        "tg": "Соми Қирғизистон",
        "uz": "Qirg‘iziston somi",
        "uz-Cyrl": "Қирғизистон соми",
        "tk": "Gyrgyz somy",
        "ru": "кыргызский сом",
        "en": "Kyrgyz som",
    }
    told = {tag: full.get(f"/v1/ticker?lang={tag}").json()["items"] for tag in names}
    assert {tag: items[0]["name"] for tag, items in told.items()} == names
    for tag, items in told.items():
        assert [each["line"] for each in items] == [each["line"] for each in told["en"]], tag
        assert [each["rate"] for each in items] == [each["rate"] for each in told["en"]], tag
    assert full.get("/v1/ticker").json()["items"] == told["en"]
    assert full.get("/v1/ticker?lang=uz-cyrl").json()["items"] == told["uz-Cyrl"]


def test_the_strip_turned_round_has_the_local_units_per_dollar(full: Client) -> None:
    assert full.get("/v1/ticker.txt?inverse=true").text.splitlines()[0] == "USD/KGS = 87.45 0.02%"
    assert full.get("/v1/ticker?inverse=false").content == full.get("/v1/ticker").content


def test_whatever_shows_a_change_of_the_strip_shows_the_one_asked_for(
    client: Client, context: Context
) -> None:
    fill(context)
    say(context, nbkr("2026-05-14", "87.1001"), when="2026-05-21 05:00")
    item = client.get("/v1/ticker?change=7d").json()["items"][0]
    assert (item["line"], item["change_display"]) == ("KGS/USD = 0.01144 -0.4%", "-0.4%")
    assert item["label"] == "Kyrgyz som, 0.01144 US dollars, down 0.4 percent since 14 May"
    assert item["change"] == client.get("/v1/change/KGS-USD").json()["changes"][2]
    assert client.get("/v1/ticker.txt?change=7d").text.splitlines()[0] == item["line"]


def test_the_strip_shows_no_change_where_none_is_asked_for(full: Client) -> None:
    items = full.get("/v1/ticker?change=none").json()["items"]
    unmeasured = {"basis": "none", "pct": None, "abs": None, "reference": None, "span_days": None}
    assert [item["change"] for item in items] == [unmeasured | {"reason": "not-asked-for"}] * len(items)
    assert [item["change_display"] for item in items] == [None] * len(items)
    assert items[0]["label"] == "Kyrgyz som, 0.01144 US dollars"
    assert "%" not in full.get("/v1/ticker.txt?change=none").text


def test_the_strip_shows_a_thousand_of_what_is_too_small_to_be_read(client: Client, context: Context) -> None:
    fill(context)
    say(context, paged("2026-05-21", "UZS/USD", "0.00008"), when="2026-05-21 05:00")
    som, _, uzs, _ = client.get("/v1/ticker?nominal=auto&lang=ru").json()["items"]
    assert (som["nominal"], som["symbol"]) == (1, "KGS/USD")
    assert (uzs["nominal"], uzs["symbol"], uzs["display"]) == (1000, "1\N{NO-BREAK SPACE}000 UZS/USD", "0,08")
    assert (uzs["rate"], uzs["line"]) == (0.00008, "UZS/USD = 0.00008 0%")
    assert {item["nominal"] for item in client.get("/v1/ticker").json()["items"]} == {1}


def test_the_strip_is_measured_and_counted_as_ever_where_nothing_else_is_asked_for(full: Client) -> None:
    said = full.get("/v1/ticker?change=previous_publication&nominal=1").content
    assert full.get("/v1/ticker").content == said


def test_the_strip_of_an_empty_store_is_no_empty_success(client: Client) -> None:
    for path in ("/v1/ticker", "/v1/ticker.txt"):
        assert client.get(path).status_code == 503


def test_the_log_numbers_every_change_without_gaps(full: Client) -> None:
    log = full.get("/v1/ticks").json()
    assert [tick["seq"] for tick in log["ticks"]] == list(range(1, log["seq"] + 1))
    assert full.get("/v1/ticks/2").json() == log["ticks"][1]


def test_the_log_of_some_pairs_has_those_alone_whichever_way_they_are_asked(full: Client) -> None:
    some = full.get("/v1/ticks?pairs=KGS-USD").json()["ticks"]
    assert {tick["pair"] for tick in some} == {"KGS/USD"}
    assert full.get("/v1/ticks?pairs=USD-KGS").json()["ticks"] == some


def test_a_turn_is_dated_at_its_own_instant(full: Client) -> None:
    newest = full.get("/v1/ticks?pairs=KGS-USD").json()["ticks"][-1]
    assert (newest["cause"], newest["at"]) == ("turn", "2026-05-20T18:00:00Z")


def test_the_pairs_tell_who_is_believed_and_what_is_covered(full: Client) -> None:
    pairs = {facts["pair"]: facts for facts in full.get("/v1/pairs").json()["pairs"]}
    assert list(pairs) == ["KGS/USD", "KZT/USD", "TJS/USD", "UZS/USD", "TMT/USD"]
    assert pairs["KGS/USD"]["authority"][0] == "nbkr"
    assert pairs["KGS/USD"]["sources"] == [
        {"source": "nbkr", "since": "2026-05-20", "until": "2026-05-21", "publications": 2}
    ]
    assert [peg["value"] for peg in pairs["TMT/USD"]["pegs"]] == ["2.85", "3.5"]


def test_a_source_alone_shows_what_is_held_and_what_was_rejected(client: Client, context: Context) -> None:
    fill(context)
    say(context, nbkr("2026-05-21", "98.4500"), when="2026-05-21 05:30")
    say(context, nbkr("2026-05-21", "8745.00"), when="2026-05-21 05:40")
    source = client.get("/v1/sources/nbkr").json()
    assert (source["held_count"], source["rejected_count"]) == (1, 1)
    assert (source["held"][0]["published"]["value"], source["held"][0]["rule"]) == ("98.4500", "jump")
    assert source["rejected"][0]["rule"] == "outside-the-band"
    assert isinstance(source["held"][0]["id"], int)
    listed = {each["key"]: each for each in client.get("/v1/sources").json()["sources"]}
    assert "held" not in listed["nbkr"]
    assert client.get("/v1/latest/KGS-USD").json()["held"]["published"]["value"] == "98.4500"


def test_an_explained_row_is_the_row_with_its_explanation_and_is_not_cached(full: Client) -> None:
    plain, explained = full.get("/v1/latest/KGS-USD"), full.get("/v1/latest/KGS-USD?explain=true")
    explanation = explained.json().pop("explanation")
    assert {**explained.json(), "explanation": None} == {**plain.json(), "explanation": None}
    assert "explanation" not in plain.json()
    assert explained.headers["Cache-Control"] == "no-store"
    assert "ETag" not in explained.headers
    assert explanation["choice"] == "nbkr is believed first"
    assert explanation["arithmetic"]["rate"][-1].endswith(
        "-> 0.0114351057747 (12 significant digits, half even)"
    )


def test_an_explained_row_has_the_digits_asked_for(full: Client) -> None:
    row = full.get("/v1/latest/KGS-USD?explain=true&precision=5&date=2026-05-20").json()
    assert row["effective_date"] == row["explanation"]["date"] == "2026-05-20"
    assert row["explanation"]["arithmetic"]["rate"][-1].endswith(
        "-> 0.011438 (5 significant digits, half even)"
    )
    assert row["explanation"]["arithmetic"]["change"] == ["not known: no-earlier-publication"]


@pytest.mark.parametrize("path", ["/v1/latest?explain=true", "/v1/latest/KGS-USD?explain=yes"])
def test_only_one_pair_is_explained_and_only_where_that_is_asked(full: Client, path: str) -> None:
    assert full.get(path).status_code == 422


def test_all_that_shows_rates_is_there_for_crosses(full: Client) -> None:
    for path in ("latest", "history", "candles", "change", "stats"):
        assert full.get(f"/v1/{path}/TMT-KGS").json()["derived"]
        assert full.get(f"/v1/{path}/tmt/kgs").content == full.get(f"/v1/{path}/TMT-KGS").content
        assert full.get(f"/v1/{path}/KGS-KGS").status_code == 404
        assert "KGS-KZT" in full.get(f"/v1/{path}/KGS-EUR").json()["expected"]
    assert full.get("/v1/history/TMT-KGS").json()["points"]


def test_a_cross_shows_both_rates_that_it_is_made_of(full: Client) -> None:
    row = exact(full, "/v1/latest/TMT-KGS")
    assert (row["rate"], row["derived"]) == (Decimal("24.9857142857"), True)
    assert [leg["pair"] for leg in row["legs"]] == ["TMT/USD", "USD/KGS"]
    assert all("derived" not in leg and "legs" not in leg for leg in row["legs"])
    assert full.get("/v1/latest/TMT-KGS.txt").text == "24.9857142857\n"
    assert full.get("/v1/latest?pairs=TMT-KGS,KGS-USD").json()["rates"][0]["pair"] == "TMT/KGS"
    assert full.get("/v1/ticker.txt?pairs=TMT-KGS").text == "TMT/KGS = 24.99 0.02%\n"
    (item,) = full.get("/v1/ticker?pairs=TMT-KGS").json()["items"]
    assert (item["derived"], item["source"], item["kind"]) == (True, None, None)
    assert item["label"] == "Turkmenistani manat, 24.99 Kyrgyz soms, up 0.02 percent since 20 May"


def test_a_row_that_is_no_cross_says_nothing_of_crosses(full: Client) -> None:
    for row in (full.get("/v1/latest/KGS-USD").json(), full.get("/v1/ticker").json()["items"][0]):
        assert not {"derived", "legs"} & row.keys()


def test_a_cross_has_no_ticks_and_no_explanation_of_its_own(full: Client) -> None:
    ticks = full.get("/v1/ticks?pairs=KGS-USD,KGS-KZT")
    assert (ticks.status_code, ticks.json()["parameter"]) == (404, "pairs")
    assert ticks.json()["detail"] == "'KGS-KZT' is a cross, which nobody publishes."
    explained = full.get("/v1/latest/TMT-KGS?explain=true")
    assert (explained.status_code, explained.json()["parameter"]) == (422, "explain")
    assert explained.json()["expected"] == "the explanation of TMT-USD or USD-KGS"


def test_an_amount_is_converted_between_any_two_currencies(full: Client) -> None:
    found = exact(full, "/v1/convert?from=tmt&to=KGS&amount=100.50")
    assert {name: found[name] for name in list(found)[:8]} == {
        "from": "TMT",
        "to": "KGS",
        "amount": Decimal("100.5"),
        "result": Decimal("2511.06"),
        "unrounded": Decimal("2511.06428571"),
        "rate": Decimal("24.9857142857"),
        "derived": True,
        "date": "2026-05-21",
    }
    assert found["legs"] == exact(full, "/v1/latest/TMT-KGS")["legs"]
    assert full.get("/v1/convert?from=KGS&to=USD&date=2026-05-20").json()["date"] == "2026-05-20"


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("from=KGS&to=EUR", 404, "to"),
        ("from=som&to=USD", 404, "from"),
        ("from=KGS&to=kgs", 404, "to"),
        ("to=USD", 422, "from"),
        *(
            (f"from=KGS&to=USD&amount={text}", 422, "amount")
            for text in ("1e3", "-1", "%2B1", "1,5", "1_000", ".5", "5.", "", "NaN", "1" * 16, "\u0661")
        ),
    ],
)
def test_what_cannot_be_converted_is_refused_by_its_parameter(
    full: Client, query: str, status: int, parameter: str
) -> None:
    response = full.get(f"/v1/convert?{query}")
    assert (response.status_code, response.json()["parameter"]) == (status, parameter)
    assert response.json()["expected"]


def test_the_log_can_be_asked_for_what_changed_alone(full: Client) -> None:
    log = full.get("/v1/ticks").json()["ticks"]
    changed = full.get("/v1/ticks?only=changes").json()["ticks"]
    assert changed == [tick for tick in log if not tick["unchanged"]]
    moved = full.get("/v1/ticks?min_change_pct=0.03").json()["ticks"]
    assert [tick["seq"] for tick in moved] == [tick["seq"] for tick in log if tick["previous"] is None]
    for query in ("only=all", "min_change_pct=-1", "min_change_pct=1e1"):
        assert full.get(f"/v1/ticks?{query}").status_code == 422


def test_a_candle_has_every_digit(full: Client) -> None:
    (may,) = exact(full, "/v1/candles/KGS-USD?interval=1mo")["candles"]
    assert may == {
        "start": "2026-05-01",
        "end": "2026-06-01",
        "open": Decimal("0.0114375384587"),
        "high": Decimal("0.0114375384587"),
        "low": Decimal("0.0114351057747"),
        "close": Decimal("0.0114351057747"),
        "mean": Decimal("0.0114363221167"),
        "count": 2,
        "complete": False,
        "sources": ["nbkr"],
    }


def test_the_next_candles_are_linked(full: Client) -> None:
    first = full.get("/v1/candles/KGS-USD?limit=1")
    following = first.links["next"]["url"].removeprefix("http://rates.test")
    assert [each["start"] for each in full.get(following).json()["candles"]] == ["2026-05-21"]
    assert full.get(following).json()["next"] is None


def test_a_filled_table_says_which_rows_are_carried(full: Client) -> None:
    table = full.get(
        "/v1/history/KZT-USD.csv?source=page&since=2025-01-07&until=2025-01-08&fill=previous"
    ).text
    first, second = csv.DictReader(StringIO(table))
    assert (first["carried_from"], second["carried_from"]) == ("", "2025-01-07")
    assert (second["effective_date"], second["rate"]) == ("2025-01-08", first["rate"])


@pytest.mark.parametrize("path", ["/v1/history.csv", "/v1/history/KGS-USD.csv", "/v1/history.ndjson"])
def test_a_table_may_be_limited_above_what_json_has_and_then_nothing_follows(full: Client, path: str) -> None:
    whole = full.get(path)
    for limit in (10_000, 10_001, 10**18 - 1):
        limited = full.get(f"{path}?limit={limit}")
        assert (limited.status_code, limited.content) == (200, whole.content)
        assert 'rel="next"' not in limited.headers["link"]
    assert 'rel="next"' in full.get(f"{path}?limit=1").headers["link"]
    for refused in ("0", "-1", "1e5", "9" * 19):
        assert full.get(f"{path}?limit={refused}").json()["parameter"] == "limit"
