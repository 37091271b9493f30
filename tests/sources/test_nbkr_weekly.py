"""The weekly file of the Kyrgyz bank: witnesses of the neighbours. Its sample is written by hand."""

import pytest

from app.domain.errors import BadBody
from app.sources import nbkr
from app.sources.base import Reply
from tests.sources.documents import DOCUMENTS, FETCHED

WEEKLY, DAILY = DOCUMENTS["nbkr-weekly"], DOCUMENTS["nbkr-daily"]
TJS = """<Currency ISOCode="TJS">
<Nominal>1</Nominal>
<ValidFor>7</ValidFor>
<Value>9,2714</Value>
</Currency>
"""


def refusal(body: bytes) -> str:
    """Why the body is refused."""
    with pytest.raises(BadBody) as caught:
        WEEKLY.parse(body)
    assert caught.value.source == "nbkr"
    return str(caught.value)


def test_of_forty_currencies_those_known_here_are_kept() -> None:
    assert WEEKLY.printed() == {
        "TJS/KGS": ("9.2714", 1),
        "UZS/KGS": ("0.0072", 1),
        "TMT/KGS": ("24.8374", 1),
    }


def test_a_rate_is_dated_by_its_own_file() -> None:
    (weekly,) = {said.effective_date for said in WEEKLY.parse()}
    (daily,) = {said.effective_date for said in DAILY.parse()}
    assert (weekly.isoformat(), daily.isoformat()) == ("2026-07-11", "2026-07-16")


def test_none_of_them_is_a_headline() -> None:
    assert nbkr.WEEKLY.optional
    assert not {said.pair for said in WEEKLY.parse()} & set(nbkr.SOURCE.pairs)


@pytest.mark.parametrize("nominal", [10, 100, 1000])
def test_a_nominal_is_kept(nominal: int) -> None:
    body = WEEKLY.changed(TJS, TJS.replace(">1<", f">{nominal}<"))
    assert WEEKLY.printed(body)["TJS/KGS"] == ("9.2714", nominal)


@pytest.mark.parametrize("blank", ["0,0000", ""])
def test_zero_or_nothing_means_that_there_is_no_rate(blank: str) -> None:
    assert list(WEEKLY.printed(WEEKLY.changed("9,2714", blank))) == ["UZS/KGS", "TMT/KGS"]


def test_how_long_a_rate_is_valid_is_passed_over() -> None:
    assert WEEKLY.parse(WEEKLY.sample.replace(b"<ValidFor>7</ValidFor>\n", b"")) == WEEKLY.parse()
    assert WEEKLY.parse(WEEKLY.sample.replace(b">7<", b">?<")) == WEEKLY.parse()


def test_the_dollar_is_needed_in_the_daily_file_alone() -> None:
    assert "USD/KGS" not in WEEKLY.printed()
    with pytest.raises(BadBody, match="no row of USD among TJS, UZS, TMT"):
        nbkr.parse(Reply(nbkr.DAILY, WEEKLY.sample, FETCHED))


def test_a_file_without_any_currency_known_here_is_refused() -> None:
    body = WEEKLY.sample
    for code in (b"TJS", b"UZS", b"TMT"):
        body = body.replace(code, b"XXX")
    assert refusal(body) == "nbkr: no row of a known currency among none, expected one every day"


@pytest.mark.parametrize("field", ["<Nominal>1</Nominal>\n", "<Value>9,2714</Value>\n"])
def test_a_row_without_its_value_or_nominal_is_refused_by_its_name(field: str) -> None:
    assert "TJS: no elements <" in refusal(WEEKLY.changed(TJS, TJS.replace(field, "")))


def test_two_rows_of_one_currency_that_differ_are_refused() -> None:
    twice = TJS + TJS.replace("9,2714", "9,2715")
    assert "TJS stands there twice, as 9.2714 per 1 and 9.2715 per 1" in refusal(WEEKLY.changed(TJS, twice))


def test_garbage_a_missing_date_and_another_layout_are_refused() -> None:
    assert "TJS: value: 'n/a' is not a plain decimal number" in refusal(WEEKLY.changed("9,2714", "n/a"))
    assert "expected dd.mm.yyyy" in refusal(WEEKLY.changed(' Date="11.07.2026"', ""))
    assert "its root is <Rates>" in refusal(WEEKLY.sample.replace(b"CurrencyRates", b"Rates"))
