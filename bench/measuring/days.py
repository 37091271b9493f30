"""What sources say on one day, with other values than on the day before."""

from __future__ import annotations

from datetime import date

from app.domain.observations import Observation
from tests.said import nbkr_file, paged

RATES = {"KGS": "0.0114", "KZT": "0.0021", "TJS": "0.1062", "UZS": "0.000082", "TMT": "0.2857"}
CROSSES = {"EUR": "101.5", "CNY": "12.8", "RUB": "1.22", "KZT": "0.168"}


def page(day: date) -> list[Observation]:
    """An imported page: the five pairs."""
    last = _last_digit(day)
    return [paged(str(day), f"{code}/USD", rate + last, None) for code, rate in RATES.items()]


def bank(day: date) -> list[Observation]:
    """The Kyrgyz bank's file: the dollar and four more currencies."""
    last = _last_digit(day)
    return nbkr_file(str(day), "87.45" + last, {code: value + last for code, value in CROSSES.items()})


def _last_digit(day: date) -> str:
    return str(day.toordinal() % 9 + 1)
