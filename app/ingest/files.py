"""Files in: a ticker page or any text that holds a strip."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.domain.observations import Observation, Origin
from app.ingest.reading import digest, stamped
from app.sources import page


def read_page(body: bytes, *, given: date | None, zone: ZoneInfo, now: datetime) -> list[Observation]:
    """The observations on a page or in a text, dated by itself or, where it has no date, by `given`; a day
    in `zone`. Where a file lies is nobody's business: their origin is its content. Raises ImportRefused.
    """
    said = page.read(page.decode(body), given=given, zone=zone, fetched_at=now)
    return stamped(said, Origin(None, digest(body)))
