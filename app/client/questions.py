"""Each question once: what is asked for, and what its answer is read into. The clients take the steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, Unpack, overload

from pydantic import BaseModel

from app.client import frames
from app.client.documents import read
from app.client.exchange import Exchange, Steps
from app.client.log import Log, Pages, Stream
from app.client.parameters import (
    Numbers,
    OfCandles,
    OfChange,
    OfHistory,
    OfLatest,
    OfPast,
    OfRates,
    OfRow,
    OfTicker,
    OfTicks,
    dashed,
)
from app.web import models

if TYPE_CHECKING:
    from pandas import DataFrame

Model = TypeVar("Model", bound=BaseModel)

MOST = 10_000
"""How many candles are asked for at once: as many as a service gives."""


class Questions:
    """What a service can be asked. Each raises ServiceError."""

    def __init__(self, exchange: Exchange) -> None:
        """Ask through `exchange`."""
        self._exchange = exchange

    @overload
    def latest(self, **asked: Unpack[OfLatest]) -> Steps[models.Latest]: ...

    @overload
    def latest(self, pair: str, **asked: Unpack[OfRow]) -> Steps[models.LatestRow]: ...

    def latest(self, pair: str | None = None, **asked: object) -> Steps[models.Latest | models.LatestRow]:
        """The rates in force, a row a pair, and which pairs have none; or the row of one `pair`, which raises
        ProblemError when it has none. `date`, `at` and `as_known_at` ask for those of then.
        """
        if pair is None:
            return self._read(models.Latest, "/v1/latest", asked)
        return self._read(models.LatestRow, f"/v1/latest/{dashed(pair)}", asked)

    def history(
        self, pairs: str | Iterable[str], *, numbers: Numbers = "decimal", **asked: Unpack[OfHistory]
    ) -> Steps[DataFrame]:
        """All that was published of a pair or cross, or of several, oldest first: a DataFrame with the
        columns of the CSV, indexed by `effective_date`. Rates are Decimal, or float64 with `numbers="float"`.
        """
        if isinstance(pairs, str):
            return self._table(f"/v1/history/{dashed(pairs)}.csv", numbers, asked)
        return self._table("/v1/history.csv", numbers, {"pairs": pairs, **asked})

    def candles(
        self, pair: str, *, numbers: Numbers = "decimal", **asked: Unpack[OfCandles]
    ) -> Steps[DataFrame]:
        """All candles of a pair or cross, oldest first: a DataFrame indexed by `start`. Prices as in
        `history`.
        """
        pages: list[models.Candles] = []
        after = None
        while after or not pages:
            wanted = {**asked, "limit": MOST, "after": after}
            page = yield from self._read(models.Candles, f"/v1/candles/{dashed(pair)}", wanted)
            pages.append(page)
            after = page.next
        frame = frames.candles(pages, numbers, filled=asked.get("fill", "none") != "none")
        return _marked(frame, simulated=bool(pages[0].simulated))

    def change(self, pair: str, **asked: Unpack[OfChange]) -> Steps[models.Changes]:
        """How far a pair moved, by each basis, or `since` a day."""
        return self._read(models.Changes, f"/v1/change/{dashed(pair)}", asked)

    def stats(self, pair: str, **asked: Unpack[OfPast]) -> Steps[models.Stats]:
        """Mean, ends and volatility over a range of days, and by month or year."""
        return self._read(models.Stats, f"/v1/stats/{dashed(pair)}", asked)

    def convert(
        self, amount: Decimal | int | str, base: str, quote: str, /, **asked: Unpack[OfRates]
    ) -> Steps[models.Conversion]:
        """What an amount of one currency is worth in another, now or on a `date`: `result` to the minor unit,
        `unrounded` beside it, and the rows that it is made of. A float is no amount.
        """
        written = f"{amount:f}" if isinstance(amount, Decimal) else str(amount)
        wanted = {"from": base, "to": quote, "amount": written, **asked}
        return self._read(models.Conversion, "/v1/convert", wanted)

    def ticker(self, **asked: Unpack[OfTicker]) -> Steps[models.Strip]:
        """The strip, an item a pair, with its texts ready to be shown."""
        return self._read(models.Strip, "/v1/ticker", asked)

    def ticks(self, after: str | None = None, **wanted: Unpack[OfTicks]) -> Log:
        """Every tick after a cursor, or from the first on, oldest first, up to the end of the log as it is
        when the reader comes there. Asks for a page when it is needed.
        """
        return Pages(self._exchange, _lasting(wanted), after)

    def follow(self, after: str | None = None, **wanted: Unpack[OfTicks]) -> Log:
        """Every tick after a cursor, or from now on, as it comes, each once and in order, without end. What
        breaks off is opened again for ever, once it was open. Raises Reset where the log does not go on from
        the cursor.
        """
        return Stream(self._exchange, _lasting(wanted), after)

    def pairs(self) -> Steps[models.Pairs]:
        """What there is of each pair."""
        return self._read(models.Pairs, "/v1/pairs", {})

    def sources(self) -> Steps[models.Sources]:
        """What each source is, what it covers, and how it is doing."""
        return self._read(models.Sources, "/v1/sources", {})

    def source(self, key: str) -> Steps[models.SourceState]:
        """One source, with what it said that is held or was rejected."""
        return self._read(models.SourceState, f"/v1/sources/{dashed(key)}", {})

    def health(self) -> Steps[models.Health]:
        """How the service is at the moment."""
        return self._read(models.Health, "/health", {})

    def _read(self, model: type[Model], path: str, asked: Mapping[str, object]) -> Steps[Model]:
        answered = yield from self._exchange.get(path, asked)
        return read(model, answered.content, path)

    def _table(self, path: str, numbers: Numbers, asked: Mapping[str, object]) -> Steps[DataFrame]:
        answered = yield from self._exchange.get(path, asked)
        return _marked(frames.history(answered.content, numbers, path), simulated=answered.simulated)


def _lasting(wanted: OfTicks) -> Mapping[str, object]:
    """The same, to be asked for again and again."""
    pairs = wanted.get("pairs")
    return {**wanted, "pairs": pairs if pairs is None or isinstance(pairs, str) else tuple(pairs)}


def _marked(frame: DataFrame, *, simulated: bool) -> DataFrame:
    """`frame`, saying in its attrs that its rates are made up, where they are."""
    if simulated:
        frame.attrs["simulated"] = True
    return frame
