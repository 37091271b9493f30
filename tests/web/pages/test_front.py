"""The first page as HTML: what it says of rates and sources."""

from __future__ import annotations

import json

import pytest

from app.context import Context
from app.domain.errors import BadBody
from app.ingest.record import advance, confirm, fail
from tests.fakes import FakeClock
from tests.said import at, nbkr
from tests.web.conftest import NOW, Client, break_nbkr, decree, fill, say
from tests.web.pages.conftest import page


def test_it_shows_each_rate_with_what_is_known_of_it(full: Client) -> None:
    text = page(full).text
    assert "No published rates yet" not in text
    assert (
        "KGS/USD Kyrgyz som 0.01144 USD -0.02% since 20 May 1 USD 87.45 KGS Date 21 May 2026"
        " Source nbkr Status fresh Next expected 21 May, 09:00 UTC"
    ) in text
    assert "fixed by decree 1 USD 3.500 TMT" in text
    assert "Source page , stands in Status stale" in text


def test_its_strip_is_there_without_a_script_and_goes_on_with_one(full: Client) -> None:
    found = page(full)
    assert "silkrate-ticker" in found.tags
    assert "Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May" in found.text
    assert any(address.endswith("/ticker.js") for address in found.addresses)


@pytest.mark.parametrize(
    ("value", "shown"), [("87.4501", "0%"), ("87.4400", "+0.01%"), ("87.4600", "-0.01%")]
)
def test_a_change_points_where_its_shown_number_does(
    client: Client, context: Context, value: str, shown: str
) -> None:
    say(context, nbkr("2026-05-20", "87.4500"), when="2026-05-20 06:00")
    say(context, nbkr("2026-05-21", value), when="2026-05-21 05:00")
    assert f"USD {shown} since 20 May" in page(client).text


def test_each_pair_has_its_changes_side_by_side(rich: Client) -> None:
    text = page(rich).text
    assert "Pair previous rate 24 hours 7 days 30 days this month this year 1 year" in text
    assert "TMT/USD 0% 0% 0% 0% 0% 0% 0%" in text


def test_what_is_published_for_a_later_day_is_told(rich: Client) -> None:
    assert "Next 0.01143 , 22 May" in page(rich).text


def test_a_pair_without_a_rate_is_there_and_says_so(full: Client) -> None:
    assert "UZS/USD Uzbekistani sum No rate has been recorded yet." in page(full).text


def test_a_rate_that_is_new_is_on_the_page_at_once(
    client: Client, context: Context, clock: FakeClock
) -> None:
    fill(context)
    assert "0.01144" in page(client).text
    clock.move_to(at("2026-05-21 07:00"))
    say(context, nbkr("2026-05-21", "90.0000"), when="2026-05-21 07:00")
    assert "0.01111 USD" in page(client).text


def test_a_page_that_did_not_change_is_not_sent_again(full: Client) -> None:
    first = full.get("/")
    assert first.headers["cache-control"].startswith("public, max-age=30")
    assert full.get("/", if_none_match=first.headers["etag"]).status_code == 304


def test_with_every_upstream_dead_it_says_which_host_failed_how_and_since_when(
    client: Client, context: Context
) -> None:
    say(context, *decree(context), when="2026-05-21 04:00")  # needs no upstream
    break_nbkr(context, "2026-05-21 05:00")
    break_nbkr(context, "2026-05-21 05:30")
    text = page(client).text
    assert "TMT/USD" in text
    assert "No published rates yet" in text
    assert "make demo" in text
    assert "failing since 21 May 2026, 05:00 UTC nbkr: https://www.nbkr.kg/XML/daily.xml answered 502" in text
    assert client.get("/").headers["cache-control"] == "no-store"


def test_rates_stay_on_the_page_while_their_source_fails(client: Client, context: Context) -> None:
    fill(context)
    break_nbkr(context)
    assert "0.01144 USD -0.02% since 20 May" in page(client).text


def test_before_the_first_answer_it_says_what_is_fetched_and_how_to_see_a_demo(client: Client) -> None:
    text = page(client).text
    assert "fetched from www.nbkr.kg" in text
    assert "make demo" in text
    assert "being fetched no answer yet" in text


def test_a_source_that_answers_without_a_rate_says_when_it_last_did(client: Client, context: Context) -> None:
    confirm(context.store, "nbkr", at("2026-05-21 05:50"))
    assert "answers Last answer: 21 May 2026, 05:50 UTC www.nbkr.kg" in page(client).text


def test_a_pair_known_only_for_tomorrow_is_not_called_empty(client: Client, context: Context) -> None:
    say(context, nbkr("2026-05-22"), when="2026-05-21 06:00")
    say(context, *decree(context), when="2026-05-21 06:00")
    advance(context.store, context.catalog, NOW)
    fill(context)
    assert "KGS/USD Kyrgyz som 0.01144 USD" in page(client).text


def test_a_first_rate_that_is_not_in_force_yet_is_shown_with_its_day(
    client: Client, context: Context
) -> None:
    say(context, nbkr("2026-05-22"), when="2026-05-21 06:00")
    text = page(client).text
    assert "KGS/USD Kyrgyz som Its first rate is not in force yet. Next: 0.01144 , 22 May 2026" in text


def test_what_is_made_up_is_not_told_to_machines_as_a_rate(simulated: Client) -> None:
    for path in ("/", "/pairs/KGS-USD"):
        found = page(simulated, path)
        assert found.scripts == []
        assert found.metas["robots"] == "noindex"


def test_what_an_upstream_sends_cannot_become_markup(client: Client, context: Context) -> None:
    before = page(client).tags.count("script")
    fail(context.store, BadBody("nbkr", "got <script>alert('x')</script> & \"more\""), at("2026-05-21 05:00"))
    found = page(client)
    assert found.tags.count("script") == before
    assert "got <script>alert('x')</script> & \"more\"" in found.text


def test_machines_find_each_rate_as_an_exchange_rate_specification(rich: Client) -> None:
    (linked,) = [json.loads(each) for each in page(rich).scripts]
    assert linked["@context"] == "https://schema.org"
    assert [each["name"] for each in linked["@graph"]] == [
        "KGS/USD",
        "KZT/USD",
        "TJS/USD",
        "UZS/USD",
        "TMT/USD",
    ]
    assert linked["@graph"][0] == {
        "@type": "ExchangeRateSpecification",
        "name": "KGS/USD",
        "url": "http://rates.test/pairs/KGS-USD",
        "currency": "KGS",
        "currentExchangeRate": {
            "@type": "UnitPriceSpecification",
            "price": "0.0114351057747",
            "priceCurrency": "USD",
            "validFrom": "2026-05-21",
        },
    }
