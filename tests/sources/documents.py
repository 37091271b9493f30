"""Every document that a source is asked for, with a sample written by hand in its form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.domain.errors import BadBody
from app.domain.observations import Observation
from app.sources import cbt, cbu, fawazahmed0, frankfurter, nbk, nbkr, nbt, openexchangerates
from app.sources.base import Reply, Request, Source
from tests.sources.mutations import NUMBER

SAMPLES = Path(__file__).parent / "samples"
CODE = re.compile(rb"""["'>]([A-Z]{3}|[a-z]{3})["'<]""")
"""A currency's code, in any of the documents. The value of its row is behind it."""

FETCHED = datetime(2026, 7, 15, 11, 25, tzinfo=UTC)
DAY = date(2026, 7, 16)


def bare(written: Iterable[str]) -> set[str]:
    """Numbers and dates with a point for a comma, and without leading zeros."""
    return {each.replace(",", ".").lstrip("0") for each in written}


def numbers(body: bytes) -> set[str]:
    """All that stands in a body as a number or date."""
    return bare(each.decode() for each in NUMBER.findall(body))


def numbers_by_code(body: bytes) -> dict[str, set[str]]:
    """The numbers behind each currency's code, up to the next code; nothing where a document has no codes."""
    found: dict[str, set[str]] = {}
    _, *parts = CODE.split(body)
    for code, text in zip(parts[::2], parts[1::2], strict=True):
        found.setdefault(code.decode().upper(), set()).update(numbers(text))
    return found


@dataclass(frozen=True)
class Document:
    """One kind of answer of a source: the request for it, and its sample's file name.

    `nominals` says whether its form has any. Where it has none, a rate is for one unit.
    """

    source: Source
    request: Request
    file: str
    nominals: bool = True

    @property
    def sample(self) -> bytes:
        """The sample's bytes."""
        return (SAMPLES / self.file).read_bytes()

    def parse(self, body: bytes | None = None) -> list[Observation]:
        """What its source reads from `body`, by default the sample."""
        assert self.source.parse
        return self.source.parse(Reply(self.request, self.sample if body is None else body, FETCHED))

    def printed(self, body: bytes | None = None) -> dict[str, tuple[str, int]]:
        """Literal and nominal of each pair, of the last day in `body`."""
        return {
            str(said.published.pair): (said.published.value, said.published.nominal)
            for said in sorted(self.parse(body), key=lambda each: each.effective_date)
        }

    def changed(self, old: str, new: str) -> bytes:
        """The sample with its first `old` replaced."""
        encoding = "cp1251" if b"windows-1251" in self.sample else "utf-8"
        text = self.sample.decode(encoding)
        assert old in text
        return text.replace(old, new, 1).encode(encoding)

    def strays(self, said: list[Observation], body: bytes) -> list[Observation]:
        """Those of `said` whose day is not in `body`, or whose value or nominal is in no row of the code."""
        everywhere, rows = numbers(body), numbers_by_code(body)
        unprinted = set() if self.nominals else {"1"}

        def stands(each: Observation) -> bool:
            pair, printed = each.published.pair, {each.published.value, str(each.published.nominal)}
            row = rows.get(pair.base, set()) | rows.get(pair.quote, set()) if rows else everywhere
            day, instant = each.effective_date, int(each.observed_at.timestamp())
            written = {f"{day:%d.%m.%Y}", f"{day}", f"{instant}"}
            return bare(printed) <= row | unprinted and not bare(written).isdisjoint(everywhere)

        return [each for each in said if not stands(each)]

    def refusal(self, body: bytes) -> str:
        """Why `body` is refused as no such document."""
        with pytest.raises(BadBody) as caught:
            self.parse(body)
        assert caught.value.source == self.source.key
        assert len(str(caught.value)) < 300
        return str(caught.value)

    def without(self, *texts: str) -> list[bytes]:
        """The sample without the first of each of `texts`."""
        return [self.changed(text, "") for text in texts]


(NBKR_PAGE,) = nbkr.page_requests(date(2005, 8, 1), date(2005, 8, 31))
(NBT_RANGE,) = nbt.range_requests(date(2026, 7, 13), date(2026, 7, 17))
(OXR,) = openexchangerates.keyed("key").requests(FETCHED)

DOCUMENTS: Mapping[str, Document] = {
    "nbkr-daily": Document(nbkr.SOURCE, nbkr.DAILY, "nbkr-daily.xml"),
    "nbkr-weekly": Document(nbkr.SOURCE, nbkr.WEEKLY, "nbkr-weekly.xml"),
    "nbkr-history": Document(nbkr.SOURCE, NBKR_PAGE, "nbkr-history.html", nominals=False),
    "nbk": Document(nbk.SOURCE, nbk.request(DAY), "nbk.xml"),
    "nbt": Document(nbt.SOURCE, nbt.request(DAY), "nbt.xml"),
    "nbt-range": Document(nbt.SOURCE, NBT_RANGE, "nbt-range.xml"),
    "cbu": Document(cbu.SOURCE, cbu.request(DAY), "cbu.json"),
    "cbt": Document(cbt.SOURCE, cbt.request(DAY), "cbt.xml"),
    "fawazahmed0": Document(
        fawazahmed0.SOURCE, fawazahmed0.request(date(2026, 7, 15)), "fawazahmed0.json", nominals=False
    ),
    "frankfurter": Document(
        frankfurter.SOURCE,
        frankfurter.request(date(2026, 7, 15), date(2026, 7, 16)),
        "frankfurter.json",
        nominals=False,
    ),
    "openexchangerates": Document(openexchangerates.SOURCE, OXR, "openexchangerates.json", nominals=False),
}
"""By name."""
