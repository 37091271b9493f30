"""The rates of a page for machines that read pages: JSON-LD with the words of schema.org."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.answers import Row
from app.domain.numbers import trimmed

SCHEMA = "https://schema.org"


def specification(row: Row, url: str) -> Mapping[str, Any]:
    """A rate as schema.org/ExchangeRateSpecification, described at `url`; its price is exact text."""
    return {"@context": SCHEMA, **_specified(row, url)}


def specifications(rows: Iterable[tuple[Row, str]]) -> Mapping[str, Any]:
    """Several of them."""
    return {"@context": SCHEMA, "@graph": [_specified(row, url) for row, url in rows]}


def _specified(row: Row, url: str) -> Mapping[str, Any]:
    return {
        "@type": "ExchangeRateSpecification",
        "name": str(row.pair),
        "url": url,
        "currency": row.base,
        "currentExchangeRate": {
            "@type": "UnitPriceSpecification",
            "price": trimmed(row.rate),
            "priceCurrency": row.quote,
            "validFrom": str(row.effective_date),
        },
    }
