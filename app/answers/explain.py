"""Why a rate is what it is: who was heard, what was read, what the rules found, and the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import takewhile

from app.answers.latest import Question, latest_row
from app.domain.answers import (
    Answer,
    Candidate,
    Evidence,
    Explanation,
    Found,
    Implied,
    LatestRow,
    Row,
    Ruling,
    Told,
)
from app.domain.arithmetic import arithmetic
from app.domain.errors import BadParameter, NothingThere
from app.domain.numbers import DERIVED_DIGITS, PCT_PLACES, bare, fixed, significant
from app.domain.observations import Recorded
from app.domain.pairs import Pair, legs
from app.domain.rules import dollars, name_of, trail
from app.evidence import before, dollar_beside, evidence, witnesses
from app.sources.catalog import Catalog
from app.store.base import Reader


def explain(
    reader: Reader,
    catalog: Catalog,
    now: datetime,
    *,
    pair: Pair,
    on: date | None = None,
    source: str | None = None,
    precision: int | None = None,
    max_age_days: int | None = None,
) -> Answer[LatestRow]:
    """The row of one pair as in `latest_row`, with its explanation; raises what that does, and BadParameter
    for a cross.

    It tells of this moment: what is kept of the bodies changes without a version.
    """
    if legs(pair):
        raise BadParameter(
            f"{pair} is a cross, which nobody publishes: each of its legs is explained by itself.",
            parameter="explain",
            expected=f"the explanation of {' or '.join(leg.dashed for leg in legs(pair))}",
        )
    answer = latest_row(
        *(reader, catalog, now),
        pair=pair,
        source=source,
        on=on,
        precision=precision,
        max_age_days=max_age_days,
    )
    row, shown = answer.body.row, Question(reader, catalog, now, source, on).found(pair).standing.recorded
    said = shown.said
    revisions = reader.revisions(said.pair, said.source, said.effective_date, said.observed_at)
    earlier = reader.newest(said.pair, said.source, until=before(said.effective_date))
    found = evidence(reader, catalog, said, now)
    authority = tuple(_authority(reader, catalog, now, pair, on, row))
    explanation = Explanation(
        date=on,
        choice=_choice(row, source, authority),
        authority=authority,
        rules=tuple(Found(name_of(each.rule), each.question, each.reason) for each in trail(said, found)),
        witnesses=tuple(_witnesses(reader, catalog, shown)),
        revisions=tuple(_told(reader, pair, each, shown) for each in revisions),
        arithmetic=arithmetic(pair, said, earlier.said if earlier else None, row.change, precision),
    )
    return replace(answer, body=replace(answer.body, explanation=explanation))


def _authority(
    reader: Reader, catalog: Catalog, now: datetime, pair: Pair, on: date | None, row: Row
) -> Iterator[Candidate]:
    """Each source that speaks for the pair, in the order in which they are believed."""
    for source in catalog.order(pair):
        chosen = source.key == row.source
        try:
            said = latest_row(reader, catalog, now, pair=pair, source=source.key, on=on).body.row
        except NothingThere as error:
            yield Candidate(source.key, source.kind, chosen, None, None, None, error.type)
        else:
            standing = (said.rate, said.effective_date, said.status)
            yield Candidate(source.key, source.kind, chosen, *standing, missing=None)


def _choice(row: Row, source: str | None, authority: Sequence[Candidate]) -> str:
    """Why this source, in a sentence."""
    if source:
        return f"{row.source} was asked for"
    if row.status == "upcoming":
        return f"{row.source} is the first that has published ahead"
    passed = list(takewhile(lambda each: not each.chosen, authority))
    if not passed:
        return f"{row.source} is believed first"
    if row.status == "stale":
        return f"{row.source} is the first that has a rate, and all are stale"
    why = ", ".join(f"{each.source}: {each.missing or each.status}" for each in passed)
    return f"{row.source} is the first that is not stale; {why}"


def _witnesses(reader: Reader, catalog: Catalog, shown: Recorded) -> Iterator[Implied]:
    said = shown.said
    own = dollars(said, dollar_beside(reader, said))
    for each in witnesses(reader, catalog, said) if own else ():
        assert own
        off = bare(fixed((each.dollars / own - 1) * 100, PCT_PLACES))
        yield Implied(each.source, each.effective_date, significant(each.dollars, DERIVED_DIGITS), off)


def _told(reader: Reader, pair: Pair, recorded: Recorded, shown: Recorded) -> Told:
    said = recorded.said
    return Told(
        id=recorded.id,
        revision=recorded.revision,
        shown=recorded.id == shown.id,
        rate=said.published.rate(pair) if said.published.positive else None,
        published=said.published,
        url=said.origin.url if said.origin else None,
        body=_body(reader, said.origin.body) if said.origin and said.origin.body else None,
        fetched_at=said.fetched_at,
        recorded_at=recorded.recorded_at,
        version=recorded.version,
        rulings=tuple(
            Ruling(version, at, each.verdict, each.rule, each.reason)
            for version, at, each in reader.judgements(recorded)
        ),
    )


def _body(reader: Reader, digest: str) -> Evidence:
    body = reader.body(digest)
    return Evidence(digest, body is not None, None if body is None else len(body))
