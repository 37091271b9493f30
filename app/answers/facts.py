"""What there is: the pairs served, who publishes them and since when."""

from __future__ import annotations

from datetime import datetime

from app.answers.validity import closed_validity
from app.domain.answers import Answer, Coverage, PairFacts, Pairs, PegFact
from app.domain.pairs import CURRENCIES, PEGS, TICKER, canonical
from app.sources.catalog import Catalog
from app.store.base import Reader


def pairs(reader: Reader, catalog: Catalog, now: datetime) -> Answer[Pairs]:
    """The pairs of the ticker, with the days that each source covers and the order of authority."""
    extents = reader.extents()
    facts = tuple(
        PairFacts(
            pair=pair,
            base=pair.base,
            quote=pair.quote,
            name=CURRENCIES[pair.base].name,
            minor_units=CURRENCIES[pair.base].minor_units,
            first_day=CURRENCIES[pair.base].since,
            authority=tuple(source.key for source in catalog.order(pair)),
            sources=tuple(
                Coverage(each.source, each.first, each.last, each.publications)
                for each in extents
                if each.pair == pair
            ),
            pegs=tuple(
                PegFact(peg.pair, peg.value, peg.since, peg.authority)
                for peg in PEGS
                if canonical(peg.pair) == pair
            ),
        )
        for pair in TICKER
    )
    return closed_validity(reader, closed=False).answer(Pairs(facts))
