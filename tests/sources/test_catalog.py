"""Which sources there are, which are on, and whom each pair believes first."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.calendar import Schedule, starts
from app.domain.errors import UnknownSource
from app.domain.pairs import TICKER, Pair
from app.sources.catalog import AUTHORITY, SOURCES, catalog

NOW = datetime(2026, 5, 21, 6, tzinfo=UTC)
KEYS = tuple(source.key for source in SOURCES)


def order(pair: str, *enabled: str, **authority: tuple[str, ...]) -> list[str]:
    """The keys that the pair believes, in order; an authority is given as `KGS_USD=(...)`."""
    believed = {key.replace("_", "/"): keys for key, keys in authority.items()}
    base, quote = pair.split("/")
    return [source.key for source in catalog(enabled or None, believed).order(Pair(base, quote))]


def test_every_key_is_there_once() -> None:
    assert len(KEYS) == len(set(KEYS))
    assert {"nbkr", "peg", "page"} <= set(KEYS)


def test_every_source_says_who_it_is_and_on_what_terms() -> None:
    for source in SOURCES:
        assert source.name
        assert source.attribution
        assert source.terms


def test_a_source_is_asked_and_parsed_or_decrees_or_is_a_page() -> None:
    for source in SOURCES:
        assert bool(source.requests(NOW)) == (source.parse is not None and source.needs is None)
        assert (source.decreed is not None) == (source.kind == "peg")
        assert all(request.url.startswith("https://") for request in source.requests(NOW))
        assert {request.host for request in source.requests(NOW)} <= set(source.hosts)
        assert source.permission


def test_a_source_is_found_by_its_key() -> None:
    assert catalog()["nbkr"].name == "National Bank of the Kyrgyz Republic"


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownSource, match="'nbrk' is no source") as caught:
        catalog()["nbrk"]
    assert caught.value.parameter == "source"
    assert caught.value.expected == "one of " + ", ".join(KEYS)


def test_an_unknown_key_among_the_enabled_is_refused() -> None:
    with pytest.raises(UnknownSource, match="'nbrk' is no source"):
        catalog(["nbkr", "nbrk"])


def test_an_unknown_key_in_an_order_of_authority_is_refused() -> None:
    with pytest.raises(UnknownSource, match="'nbrk' is no source"):
        catalog(None, {"KGS/USD": ("nbkr", "nbrk")})


def test_without_a_setting_the_sources_that_are_on_by_default_are_enabled() -> None:
    assert catalog().enabled == {source.key for source in SOURCES if source.default}


def test_a_page_is_always_enabled() -> None:
    assert catalog(["nbkr"]).enabled == {"nbkr", "page"}
    assert catalog([]).enabled == {"page"}


def test_only_enabled_sources_with_something_to_say_are_polled() -> None:
    assert [source.key for source in catalog(["page", "peg", "nbkr"]).polled] == ["nbkr", "peg"]
    assert [source.key for source in catalog(["page"]).polled] == []


def test_each_pair_of_the_ticker_has_an_order_of_its_own() -> None:
    assert list(AUTHORITY) == [str(pair) for pair in TICKER]


def test_the_countrys_bank_comes_first_and_the_decree_for_the_manat() -> None:
    assert order("KGS/USD")[0] == "nbkr"
    assert order("TMT/USD")[0] == "peg"


def test_a_pair_and_its_inverse_believe_the_same() -> None:
    assert order("USD/TMT") == order("TMT/USD")


def test_a_source_that_is_off_is_not_believed() -> None:
    assert order("TMT/USD", "peg") == ["peg", "page"]
    assert order("TMT/USD", "nbkr") == ["page"]


def test_a_source_is_believed_only_of_the_pairs_that_it_speaks_for() -> None:
    assert "peg" not in order("KGS/USD")
    assert "nbkr" not in order("TMT/USD")
    assert "peg" not in order("KGS/USD", KGS_USD=("peg", "nbkr"))


def test_an_order_from_the_settings_replaces_that_of_its_pair_alone() -> None:
    authority = {"KGS_USD": ("page", "nbkr")}
    assert order("KGS/USD", "nbkr", "peg", **authority) == ["page", "nbkr"]
    assert order("TMT/USD", "nbkr", "peg", **authority) == ["peg", "page"]


def test_sources_that_an_order_does_not_name_come_after_it_as_they_stand() -> None:
    named = order("KGS/USD", "nbkr", "peg", KGS_USD=("page",))
    assert named == ["page", "nbkr"]
    assert order("KZT/USD", "nbkr", "peg", KZT_USD=()) == ["page"]


def test_the_first_word_on_a_pair_is_its_banks_even_where_that_is_off() -> None:
    assert catalog(["peg"]).first(Pair("KGS", "USD")) == "nbkr"
    assert catalog(["peg"]).first(Pair("USD", "TMT")) == "peg"
    assert catalog(None, {"KGS/USD": ("page", "nbkr")}).first(Pair("KGS", "USD")) == "page"


def test_without_an_order_the_first_source_that_speaks_for_a_pair_has_the_first_word() -> None:
    assert catalog(None, {"KGS/USD": ()}).first(Pair("KGS", "USD")) == "nbkr"


def test_no_window_ends_after_the_day_that_it_is_for() -> None:
    for source in SOURCES:
        calendar = source.calendar
        if isinstance(calendar, Schedule):
            days = (date(2026, 1, 1) + timedelta(days=number) for number in range(400))
            assert all(
                calendar.window(day)[1] <= starts(day + timedelta(days=1), calendar.zone) for day in days
            )
    assert catalog().all_day == {"openexchangerates"}
