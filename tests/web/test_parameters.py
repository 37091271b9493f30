"""What is refused, and how the refusal helps."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import Client

BAD = {
    "/v1/latest?sorce=nbkr": ("sorce", "source"),
    "/v1/latest?colour=red": ("colour", "one of"),
    "/v1/sources?pairs=KGS-USD": ("pairs", "no parameter"),
    "/livez?verbose=1": ("verbose", "no parameter"),
    "/v1/latest?date=21.05.2026": ("date", "2026-05-21"),
    "/v1/latest?date=2026-02-30": ("date", "2026-05-21"),
    "/v1/latest?date=1779321600": ("date", "2026-05-21"),
    "/v1/latest?date=2026-05-21T10:00:00Z": ("date", "2026-05-21"),
    "/v1/latest?date=": ("date", "2026-05-21"),
    "/v1/latest?precision=2": ("precision", "greater than or equal to 3"),
    "/v1/latest?precision=16": ("precision", "less than or equal to 15"),
    "/v1/latest?precision=1e1": ("precision", "whole number"),
    "/v1/latest?max_age_days=-1": ("max_age_days", "whole number"),
    "/v1/history/KGS-USD?limit=0": ("limit", "greater than or equal to 1"),
    "/v1/history/KGS-USD?limit=10001": ("limit", "less than or equal to 10000"),
    "/v1/history/KGS-USD?limit=1_000": ("limit", "whole number"),
    "/v1/history/KGS-USD?since=2026-05-21&until=2026-05-20": ("since", "at or before until"),
    "/v1/candles/KGS-USD?interval=1m": ("interval", "'1d', '1w', '1mo'"),
    "/v1/candles/KGS-USD?interval=1h": ("interval", "1h with source=openexchangerates"),
    "/v1/candles/KGS-USD?interval=1h&source=nbkr": ("interval", "1h with source=openexchangerates"),
    "/v1/candles/KGS-USD?since=2026-05-21&until=2026-05-20": ("since", "at or before until"),
    "/v1/history/KGS-USD?fill=next": ("fill", "'previous' or 'business'"),
    "/v1/change/KGS-USD?since=2026-05-22": ("since", "at or before 2026-05-21"),
    "/v1/change/KGS-USD?date=2026-05-20&since=2026-05-21": ("since", "at or before 2026-05-20"),
    "/v1/stats/KGS-USD?since=2026-05-21&until=2026-05-20": ("since", "at or before until"),
    "/v1/stats/KGS-USD?limit=1": ("limit", "one of"),
    "/v1/ticker?decimals=2.0": ("decimals", "whole number"),
    "/v1/ticker?inverse=yes": ("inverse", "true or false"),
    "/v1/ticker?lang=fr": ("lang", "uz-Cyrl or tk or ru or en"),
    "/v1/ticker.txt?lang=fr": ("lang", "ky or kk or tg"),
    "/v1/ticker?source=": ("source", "at least 1 character"),
    "/v1/ticker?change=2d": ("change", "'7d', '30d', 'mtd'"),
    "/v1/ticker.txt?change=": ("change", "'previous_publication'"),
    "/v1/ticker?nominal=100": ("nominal", "'1' or 'auto'"),
    "/v1/ticker.txt?nominal=auto": ("nominal", "one of"),
    "/v1/ticks?after=": ("after", "at least 1 character"),
    "/v1/ticks/one": ("seq", "whole number"),
    "/v1/ticks/0": ("seq", "greater than or equal to 1"),
}


@pytest.mark.parametrize(("path", "named"), BAD.items(), ids=BAD)
def test_a_parameter_that_nobody_would_heed_is_refused_and_named(
    full: Client, path: str, named: tuple[str, str]
) -> None:
    response = full.get(path)
    problem = response.json()
    assert response.status_code == 422
    assert problem["type"].endswith("/bad-parameter")
    assert problem["parameter"] == named[0]
    assert named[1] in problem["expected"]


def test_a_parameter_given_twice_is_refused_even_with_the_same_value(full: Client) -> None:
    problem = full.get("/v1/latest?source=nbkr&source=nbkr").json()
    assert (problem["status"], problem["parameter"]) == (422, "source")
    assert "2 times" in problem["detail"]


@pytest.mark.parametrize(
    "form", ["KGS-USD", "kgs-usd", "KGSUSD", "KGS/USD", "kgsusd", "KGS%2FUSD", "kgs%2fusd"]
)
def test_a_pair_may_be_written_in_any_of_its_forms(full: Client, form: str) -> None:
    asked = [f"/v1/latest/{form}", f"/v1/latest?pairs={form}"]
    assert [full.get(path).status_code for path in asked] == [200, 200]
    assert full.get(asked[0]).content == full.get("/v1/latest/KGS-USD").content
    assert full.get(asked[1]).content == full.get("/v1/latest?pairs=KGS-USD").content


@pytest.mark.parametrize("form", ["KGS-USD", "kgsusd", "KGS%2FUSD"])
def test_a_suffix_stands_behind_any_form(full: Client, form: str) -> None:
    assert full.get(f"/v1/latest/{form}.txt").text == "0.0114351057747\n"
    assert full.get(f"/v1/history/{form}.csv").text.startswith("pair,source,")


@pytest.mark.parametrize(
    "pair", ["KGS-EUR", "USD-USD", "KGS", "", "KGS-USD-KZT", "KGS-USD.xml", "<b>", "Ж" * 60]
)
def test_an_unknown_pair_is_not_found_and_told_which_there_are(full: Client, pair: str) -> None:
    for path, parameter in (
        (f"/v1/latest/{quote(pair)}", "pair"),
        (f"/v1/latest?pairs={quote(pair)}", "pairs"),
    ):
        problem = full.get(path).json()
        assert (problem["status"], problem["parameter"]) == (404, parameter)
        assert problem["type"].endswith("/unknown-pair")
        assert "KGS-USD" in problem["expected"]


def test_one_unknown_pair_refuses_the_whole_list(full: Client) -> None:
    assert full.get("/v1/ticker?pairs=KGS-USD,XAU-USD").status_code == 404


def test_pairs_come_in_the_order_asked_for_each_once(full: Client) -> None:
    rates = full.get("/v1/latest?pairs=TMT-USD,KGS-USD,tmtusd").json()["rates"]
    assert [row["pair"] for row in rates] == ["TMT/USD", "KGS/USD"]


@pytest.mark.parametrize("path", ["/v1/latest?source=nbkrr", "/v1/sources/nbkrr"])
def test_an_unknown_source_is_not_found_and_told_which_there_are(full: Client, path: str) -> None:
    problem = full.get(path).json()
    assert problem["status"] == 404
    assert problem["type"].endswith("/unknown-source")
    assert "nbkr" in problem["expected"]


@pytest.mark.parametrize(
    "markup", ["<script>alert(1)</script>", "%0d%0aSet-Cookie:x=1", "%00", "%ff%fe", "'\"><img>"]
)
def test_what_was_asked_comes_back_only_as_harmless_text(full: Client, markup: str) -> None:
    for path in (f"/v1/latest?date={markup}", f"/v1/latest/{markup}", f"/v1/latest?{markup}=1", f"/{markup}"):
        response = full.get(path)
        assert response.status_code in (404, 422)
        assert response.headers["content-type"] == "application/problem+json"
        assert "set-cookie" not in response.headers
        assert response.json()["status"] == response.status_code


NAMES = [
    "pairs",
    "source",
    "date",
    "precision",
    "max_age_days",
    "since",
    "until",
    "limit",
    "after",
    "decimals",
    "lang",
]
LISTS = [
    "/v1/latest",
    "/v1/ticker",
    "/v1/ticker.txt",
    "/v1/ticks",
    "/v1/pairs",
    "/v1/sources",
    "/livez",
    "/health",
    "/",
]
VALUES = st.one_of(
    st.text(max_size=40),
    st.dates().map(str),
    st.integers().map(str),
    st.sampled_from(["KGS-USD", "usdtmt", "KGS-USD,TMT-USD", "nbkr", "page", "en", "true", "5", ""]),
)
ALONE = st.builds(
    "/v1/{}/{}{}".format,
    st.sampled_from(["latest", "history", "ticks", "sources"]),
    VALUES,
    st.sampled_from(["", ".txt", ".csv"]),
)
ASKED = st.builds(
    lambda path, parameters: f"{quote(path)}?{urlencode(parameters)}",
    st.sampled_from(LISTS) | ALONE,
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3),
)


@pytest.mark.fuzz
@given(ASKED)
def test_whatever_is_asked_is_answered_or_refused_in_form(full: Client, path: str) -> None:
    response = full.get(path)
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == response.status_code
        assert response.status_code in (400, 404, 410, 422) or problem["type"].endswith("/no-rate-yet")
    else:
        assert response.status_code == 200
