"""The pages as HTML: what they say of rates and sources, and that they load nothing from elsewhere."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from app.context import Context
from app.domain.errors import BadBody
from app.ingest.record import confirm, fail
from tests.fakes import FakeClock
from tests.said import at, nbkr
from tests.web.conftest import Client, break_nbkr, decree, fill, say
from tests.web.html import Page


def page(client: Client, path: str = "/") -> Page:
    """The page at `path`."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


def test_the_first_page_shows_each_rate_with_what_is_known_of_it(full: Client) -> None:
    text = page(full).text
    assert "No published rates yet" not in text
    assert "KGS/USD 0.01144 -0.02%" in text
    assert (
        "KGS/USD Kyrgyz som 0.01144 USD ▼ -0.02% since 20 May 1 USD 87.45 KGS Effective 21 May 2026"
        " Source nbkr Status fresh"
    ) in text
    assert "fixed by decree 1 USD 3.500 TMT" in text
    assert "Source page, fallback Status stale" in text


@pytest.mark.parametrize(
    ("value", "shown"), [("87.4501", "■ 0%"), ("87.4400", "▲ 0.01%"), ("87.4600", "▼ -0.01%")]
)
def test_a_change_points_where_its_shown_number_does(
    client: Client, context: Context, value: str, shown: str
) -> None:
    say(context, nbkr("2026-05-20", "87.4500"), when="2026-05-20 06:00")
    say(context, nbkr("2026-05-21", value), when="2026-05-21 05:00")
    assert f"USD {shown} since 20 May" in page(client).text


def test_a_pair_without_a_rate_is_there_and_says_so(full: Client) -> None:
    assert "UZS/USD Uzbekistani sum No rate has been recorded yet." in page(full).text


def test_a_source_that_answers_says_when_it_last_did(client: Client, context: Context) -> None:
    fill(context)
    confirm(context.store, "nbkr", at("2026-05-21 05:50"))
    text = page(client).text
    assert "nbkr answers last at 21 May 2026, 05:50 UTC www.nbkr.kg" in text
    assert "peg decree asks nobody" in text


def test_a_source_that_missed_a_publication_says_how_many_and_what_it_has(
    client: Client, context: Context, clock: FakeClock
) -> None:
    fill(context)
    confirm(context.store, "nbkr", at("2026-05-21 05:50"))
    clock.move_to(at("2026-05-22 13:00"))
    assert (
        "nbkr 2 missed newest for 21 May 2026 , answered last at 21 May 2026, 05:50 UTC" in page(client).text
    )


def test_with_every_upstream_dead_the_page_says_which_host_failed_how_and_since_when(
    client: Client, context: Context
) -> None:
    say(context, *decree(context), when="2026-05-21 04:00")  # needs no upstream
    break_nbkr(context, "2026-05-21 05:00")
    break_nbkr(context, "2026-05-21 05:30")
    text = page(client).text
    assert "TMT/USD 0.2857" in text
    assert "No published rates yet" in text
    assert "fetched from www.nbkr.kg" in text
    assert "make demo" in text
    assert "failing since 21 May 2026, 05:00 UTC www.nbkr.kg nbkr: https://www.nbkr.kg/XML/daily.xml" in text
    assert "answered 502" in text


def test_rates_stay_on_the_page_while_their_source_fails(client: Client, context: Context) -> None:
    fill(context)
    break_nbkr(context)
    text = page(client).text
    assert "KGS/USD 0.01144 -0.02%" in text
    assert "failing since 21 May 2026, 05:00 UTC" in text
    assert "Last answer: 20 May 2026, 10:30 UTC" in text


def test_before_the_first_answer_the_page_says_what_is_fetched_and_how_to_see_a_demo(client: Client) -> None:
    text = page(client).text
    assert "fetched from www.nbkr.kg" in text
    assert "make demo" in text
    assert "fetching no answer yet" in text


def test_a_pair_known_only_for_tomorrow_is_not_called_empty(client: Client, context: Context) -> None:
    fill(context)
    say(context, nbkr("2026-05-22"), when="2026-05-21 06:00")
    assert "KGS/USD 0.01144" in page(client).text


def test_what_an_upstream_sends_cannot_become_markup(client: Client, context: Context) -> None:
    fail(context.store, BadBody("nbkr", "got <script>alert('x')</script> & \"more\""), at("2026-05-21 05:00"))
    found = page(client)
    assert "script" not in found.tags
    assert "got <script>alert('x')</script> & \"more\"" in found.text


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/try"])
def test_a_page_loads_only_its_own_files_which_are_all_there(full: Client, path: str) -> None:
    found = page(full, path)
    for address in {each.partition("#")[0] for each in found.addresses}:
        assert "//" not in address
        assert full.get(urljoin(path, address)).status_code == 200, address


def test_a_page_has_no_inline_script_style_or_handler(full: Client, simulated: Client) -> None:
    for client in (full, simulated):
        assert "script" not in page(client).tags
        assert "script" not in page(client, "/docs").tags
        assert page(client, "/docs/try").tags.count("script") == 2


def test_the_policy_of_a_page_allows_its_own_files_and_nothing_else(full: Client) -> None:
    index = full.get("/").headers["content-security-policy"]
    docs = full.get("/docs/try").headers["content-security-policy"]
    assert "script-src" not in index
    assert docs.startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
    )
    for policy in (index, docs):
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
