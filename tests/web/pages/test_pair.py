"""The page of a pair as HTML, and why its rate is what it is. Its numbers are held against the API's in
test_numbers.py.
"""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from app.context import Context
from app.domain.pairs import Pair
from app.ingest.record import advance
from tests.said import at, nbkr, nbkr_file
from tests.web.conftest import Client, fill, say
from tests.web.pages.conftest import PAIRS, aggregated, page


def test_it_says_what_a_pair_is_worth_who_says_so_and_what_comes_next(rich: Client) -> None:
    found = page(rich, "/pairs/KGS-USD")
    assert "KGS/USD Kyrgyz som, US dollar 0.01144 USD -0.02% since 20 May 1 USD = 87.45 KGS" in found.text
    assert "Source National Bank of the Kyrgyz Republic Status fresh Next 0.01143 , 22 May" in found.text
    assert "As published 1 USD = 87.4500 KGS" in found.text
    assert found.metas["description"] == (
        "Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May, 21 May 2026."
    )


@pytest.mark.parametrize("written", ["kgsusd", "kgs-usd", "KGS%2FUSD", "KGS/USD", "KGS-%55SD", "/KGS-USD"])
def test_a_pair_is_found_however_it_is_written_and_its_page_has_one_address(
    rich: Client, written: str
) -> None:
    slash = "%2F" if written.startswith("/") else "/"
    response = rich.get(f"/pairs{slash}{written.lstrip('/')}?range=30d&lang=ru")
    assert response.status_code == 308
    assert response.headers["location"] == "http://rates.test/pairs/KGS-USD?range=30d&lang=ru"


def test_the_links_of_a_page_lead_home(rich: Client) -> None:
    for path, root in (("/", "./"), ("/pairs/KGS-USD", "../"), ("/pairs/KGS-USD/explain", "../../")):
        brand = next(each["href"] for each in page(rich, path).links if each.get("class") == "brand")
        assert brand == root


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_pair_has_a_page_that_leads_to_all_others(rich: Client, pair: Pair) -> None:
    found = page(rich, f"/pairs/{pair.dashed}")
    others = {each.dashed for each in PAIRS if each != pair}
    led = {address.split("/")[-1] for address in found.addresses}
    assert others <= led


def test_ranges_are_links_of_which_the_one_shown_is_marked(rich: Client) -> None:
    found = page(rich, "/pairs/KGS-USD?range=90d")
    ranges = [each for each in found.links if "range=" in (each.get("href") or "") and each.get("data-part")]
    shown = [each["href"] for each in ranges if each.get("aria-current")]
    assert shown == ["../pairs/KGS-USD?range=90d"]
    assert {"7d", "30d", "90d", "1y", "5y", "all"} <= {
        (each["href"] or "").rpartition("=")[2] for each in ranges
    }


def test_a_correction_is_told_with_what_was_said_before(rich: Client) -> None:
    text = page(rich, "/pairs/KGS-USD").text
    assert "18 May 2026 , nbkr: 1 USD = 86.94 87.9999 KGS 21 May 2026, 06:00 UTC" in text


def test_a_correction_of_a_source_that_is_not_shown_is_told_too(client: Client, context: Context) -> None:
    fill(context)
    for value in ("87.3000", "87.3004"):
        said = aggregated(date(2026, 5, 20), value)
        say(context, said, when="2026-05-21 06:00")
    assert "20 May 2026 , fawazahmed0: 1 USD = 87.3000 87.3004 KGS" in page(client, "/pairs/KGS-USD").text


def test_weeks_with_one_rate_each_are_not_taken_for_days(client: Client, context: Context) -> None:
    days = [date(2025, 1, 6) + timedelta(days=7 * week + 3) for week in range(60)]
    for day in days:
        say(context, nbkr(day, "87.4500"), when="2026-05-19 06:00")
    fill(context)
    text = page(client, "/pairs/KGS-USD?range=all").text
    assert "First day Open High Low Close Mean Number Source" in text
    assert "6 January 2025 0.01144 0.01144" in text


def test_a_source_with_few_digits_is_shown_with_no_more(client: Client, context: Context) -> None:
    fill(context)
    text = page(client, "/pairs/KZT-USD?source=page&range=all").text
    assert "Lowest 0.00189 7 January 2025" in text
    assert "0.001890" not in text


def test_what_is_held_and_what_was_rejected_is_shown_beside_the_rate_with_the_reason(rich: Client) -> None:
    text = page(rich, "/pairs/KGS-USD").text
    assert "held 23 May 2026 , nbkr: 1 USD = 99.5000 KGS KGS/USD moved -12.10 % since 2026-05-22" in text
    assert "rejected 1 December 2025 , nbkr: 1 USD = 8.7000 KGS USD/KGS 8.7 is outside 20 to 450" in text


def test_sources_stand_side_by_side_in_the_order_of_their_authority(rich: Client) -> None:
    text = page(rich, "/pairs/KGS-USD").text
    assert "National Bank of the Kyrgyz Republic shown 0.01144 – 21 May 2026 fresh show" in text
    assert text.index("Kyrgyz Republic shown") < text.index("currency-api by fawazahmed0 0.01")


def test_downloads_are_of_the_days_shown(rich: Client) -> None:
    found = page(rich, "/pairs/KGS-USD?since=2026-05-01&until=2026-05-20")
    asked = "?since=2026-05-01&until=2026-05-20"
    for form in ("csv", "parquet", "ndjson"):
        assert f"../v1/history/KGS-USD.{form}{asked}&revisions=true" in found.addresses
    table = rich.get(f"/v1/history/KGS-USD.csv{asked}&revisions=true")
    assert "86.94" in table.text, "what was said first for the 18th"


def test_a_cross_says_what_it_is_made_of_and_leads_there(rich: Client) -> None:
    found = page(rich, "/pairs/KGS-KZT")
    assert "Made of KGS/USD 0.0114351057747 × USD/KZT" in found.text
    assert "Nobody publishes this pair" in found.text
    assert "../pairs/KGS-USD/explain" in found.addresses


def test_a_pair_that_there_is_not_is_told_with_those_that_there_are(rich: Client) -> None:
    text = page(rich, "/pairs/KGS-GBP", 404).text
    assert "'KGS-GBP' is not a pair served here." in text
    assert "Expected: one of KGS-USD" in text


def test_a_pair_without_a_rate_says_so_and_when_to_come_again(full: Client) -> None:
    response = full.get("/pairs/UZS-USD")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    text = page(full, "/pairs/UZS-USD", 503).text
    assert "There are no rates here yet. No rate of UZS/USD has been recorded yet." in text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("range=2y", "range is '2y'. Expected: '7d', '30d', '90d', '1y', '5y' or 'all'"),
        ("since=yesterday", "since is 'yesterday'. Expected: a day of the calendar such as 2026-05-21"),
        ("since=2026-05-02&until=2026-05-01", "since=2026-05-02 is after until=2026-05-01."),
        ("lang=xx", "'xx' is no language offered here."),
    ],
)
def test_what_cannot_be_asked_is_told_on_a_page(rich: Client, asked: str, said: str) -> None:
    assert said in page(rich, f"/pairs/KGS-USD?{asked}", 422).text


def test_a_source_that_there_is_not_is_told_on_a_page(rich: Client) -> None:
    assert "'nobody'" in page(rich, "/pairs/KGS-USD?source=nobody", 404).text


def test_the_line_has_its_points_for_the_crosshair_and_machines_find_the_rate(rich: Client) -> None:
    found = page(rich, "/pairs/KGS-USD?range=30d")
    (linked,), marks = map(json.loads, found.scripts), found.marks
    assert linked["@type"] == "ExchangeRateSpecification"
    assert marks[-1][0] == "2026-05-21"
    assert {len(each) for each in marks} == {5}


def test_a_table_of_days_has_rates_and_one_of_weeks_their_extent(rich: Client) -> None:
    assert "Date Rate Source 21 May 2026 0.01144 nbkr" in page(rich, "/pairs/KGS-USD?range=30d").text
    assert (
        "First day Open High Low Close Mean Number Source 18 May 2026"
        in page(rich, "/pairs/KGS-USD?range=1y").text
    )


def test_an_explanation_says_who_was_heard_what_was_read_and_what_the_rules_found(rich: Client) -> None:
    text = page(rich, "/pairs/KGS-USD/explain?date=2026-05-18").text
    assert "KGS/USD explained" in text
    assert "nbkr is believed first." in text
    assert "1 / 87.9999 = 0.011363649" in text
    assert "1 USD = 87.9999 KGS fetched" in text
    assert "outside-the-band Is the rate outside what was ever plausible in that period? no" in text


def test_an_explanation_tells_of_the_moment_and_is_kept_by_nobody(rich: Client) -> None:
    assert rich.get("/pairs/KGS-USD/explain").headers["cache-control"] == "no-store"


def test_the_explanation_of_a_cross_is_that_of_its_legs(rich: Client) -> None:
    assert "the explanation of KGS-USD or USD-KZT" in page(rich, "/pairs/KGS-KZT/explain", 422).text


def test_a_held_value_is_on_the_page_before_it_is_believed_and_then_it_is_the_rate(
    client: Client, context: Context
) -> None:
    fill(context)
    say(context, *nbkr_file("2026-05-21", "99.5000"), when="2026-05-21 06:00")
    assert "held 21 May 2026 , nbkr: 1 USD = 99.5000 KGS" in page(client, "/pairs/KGS-USD").text
    say(context, nbkr("2026-05-22", "99.6000"), when="2026-05-21 06:30")
    advance(context.store, context.catalog, at("2026-05-21 06:30"))
    assert "0.01005 USD" in page(client, "/pairs/KGS-USD").text
