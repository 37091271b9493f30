"""The paths under /v1. Each reads its parameters, asks one question and writes the answer; what it means is
decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from app.answers import (
    candles,
    changes,
    convert,
    explain,
    facts,
    feed,
    history,
    latest,
    sources,
    stats,
    ticker,
    ticks,
)
from app.context import NOW
from app.domain.pairs import Pair, parse_pair
from app.render import text
from app.render.feeds import atom, rss
from app.render.json import encode
from app.render.locale import language
from app.web import feeds, models
from app.web.openapi import described
from app.web.parameters import (
    DEFAULT_LIMIT,
    FormInPath,
    InPath,
    LastEventId,
    OfAnswer,
    OfCandles,
    OfChange,
    OfConversion,
    OfFeed,
    OfHistories,
    OfHistoriesTable,
    OfHistory,
    OfHistoryTable,
    OfLatest,
    OfRow,
    OfRows,
    OfStats,
    OfStream,
    OfStrip,
    OfTicker,
    OfTicks,
    Parameters,
    SeqInPath,
    SourceInPath,
)
from app.web.queries import QueryRoute, query
from app.web.responses import JSON, Form, answer, negotiated, uncached
from app.web.stream import streamed
from app.web.strips import dressed, some, strip_parameters
from app.web.tables import SUFFIXES, TABLE_FORMS, TableForm, tabled

api = APIRouter(prefix="/v1", route_class=QueryRoute)

PAST: tuple[Form | TableForm, ...] = (JSON, *TABLE_FORMS)
"""The forms of what was published."""

PLAIN = Form("text/plain; charset=utf-8", lambda body, simulated: text.number(body.row))

EVENTS = (
    "retry: 2719\nid: mFHp6jEudC5iMTk0NmFjOTI0OTIuNDE\n\n"
    "id: ZBBeyzEudC5iMTk0NmFjOTI0OTIuNDI\nevent: tick\n"
    'data: {"seq":42,"version":413,"pair":"KGS/USD","cause":"turn","at":"2026-05-21T18:00:00Z",'
    '"recorded_at":"2026-05-21T18:00:00.118Z","rate":0.0114320278935,"source":"nbkr","kind":"official",'
    '"effective_date":"2026-05-22","revision":0,"unchanged":false,"change":{"basis":"previous_publication",'
    '"pct":-0.026916,"abs":-0.0000030778812,"reference":{"rate":0.0114351057747,"effective_date":"2026-05-21"},'
    '"span_days":1},"previous":{"seq":41,"rate":0.0114351057747},"corrects":null}\n\n'
    "id: ZBBeyzEudC5iMTk0NmFjOTI0OTIuNDI\nevent: reset\n"
    'data: {"reason":"foreign-cursor","detail":"This cursor belongs to another log: the store was restored or'
    ' replaced since it was handed out.","restart":"https://rates.example/v1/ticks",'
    '"cursor":"ZBBeyzEudC5iMTk0NmFjOTI0OTIuNDI"}\n\n'
)
LINES = "KGS/USD = 0.01144 -0.02%\nTMT/USD = 0.2857 0%\n"
TABLES = {
    "text/csv": (
        "pair,source,effective_date,observed_at,rate,published_pair,published_value,nominal,revision,recorded_at\r\n"
        "KGS/USD,nbkr,2026-05-21,2026-05-20T18:00:00Z,0.0114351057747,USD/KGS,87.4500,1,0,2026-05-20T10:31:04.218Z\r\n"
    ),
    "application/x-ndjson": (
        '{"pair":"KGS/USD","source":"nbkr","effective_date":"2026-05-21","observed_at":"2026-05-20T18:00:00Z",'
        '"rate":0.0114351057747,"published_pair":"USD/KGS","published_value":"87.4500","nominal":1,"revision":0,'
        '"recorded_at":"2026-05-20T10:31:04.218Z"}\n'
    ),
    "application/vnd.apache.parquet": None,
}
"""An example of each form of a table; of one that is no text none."""


@api.get("/latest", tags=["Rates"], summary="The rates in force", **described(models.Latest, 404))
async def get_latest(request: Request, asked: Annotated[OfLatest, query(OfLatest)]) -> Response:
    """One row a pair: the headline, which is the first source in the pair's order of authority that is not
    stale. Or what one source says, or what was in force on a day. A pair without a row stands under
    `missing`, with the reason. A cross is the product of its two dollar rates, each in force for its own day.
    """
    return await answer(
        request, JSON, asked.as_of, latest.latest, pairs=asked.chosen(), **_row_parameters(asked)
    )


@api.get(
    "/latest/{pair:path}.txt",
    tags=["Rates"],
    summary="One rate, bare",
    response_class=PlainTextResponse,
    **described(None, 404, texts={"text/plain": "0.0114351057747\n"}),
)
async def get_latest_number(
    request: Request, pair: InPath, asked: Annotated[OfRows, query(OfRows)]
) -> Response:
    """The bare number, for a sheet or a script: units of the quote per 1 unit of the base."""
    return await answer(
        request, PLAIN, asked.as_of, latest.latest_row, pair=parse_pair(pair), **_row_parameters(asked)
    )


@api.get(
    "/latest/{pair:path}",
    tags=["Rates"],
    summary="One rate in force",
    **described(models.LatestRow, 404, explained=True),
)
async def get_latest_row(request: Request, pair: InPath, asked: Annotated[OfRow, query(OfRow)]) -> Response:
    """The row of one pair, and what its source has already published for a later day. With `explain=true`
    also why it is that: who was heard, what was read, what the rules found, and the arithmetic.
    """
    if asked.explain:
        return await uncached(
            request, JSON, asked.as_of, explain.explain, pair=parse_pair(pair), **_row_parameters(asked)
        )
    return await answer(
        request, JSON, asked.as_of, latest.latest_row, pair=parse_pair(pair), **_row_parameters(asked)
    )


@api.get("/convert", tags=["Rates"], summary="An amount converted", **described(models.Conversion, 404))
async def get_conversion(request: Request, asked: Annotated[OfConversion, query(OfConversion)]) -> Response:
    """What an amount of one of the six currencies is worth in another, by the rate in force: exactly, rounded
    once to the minor unit. Between two local currencies it goes through the dollar, and `legs` are two.
    """
    return await answer(
        request,
        JSON,
        asked.as_of,
        convert.convert,
        pair=asked.pair,
        amount=asked.amount,
        source=asked.source,
        on=asked.on,
    )


@api.get(
    "/history.{form}",
    tags=["Rates"],
    summary="Past rates of several pairs, as a table",
    response_class=Response,
    **described(None, 400, 404, 410, texts=TABLES),
)
async def get_histories_table(
    request: Request, form: FormInPath, asked: Annotated[OfHistoriesTable, query(OfHistoriesTable)]
) -> Response:
    """The publications of several pairs as CSV (RFC 4180), NDJSON or Parquet, day by day: all of them, unless
    `limit` is given. What is long is sent as it is read; when it breaks off, the transfer ends without its
    last chunk, which every HTTP client tells as an error.
    """
    return await _table(request, SUFFIXES[form], asked.chosen(), asked)


@api.get(
    "/history",
    tags=["Rates"],
    summary="Past rates of several pairs",
    **described(models.Histories | models.WideHistory, 400, 404, 406, 410, texts=TABLES),
)
async def get_histories(request: Request, asked: Annotated[OfHistories, query(OfHistories)]) -> Response:
    """The publications of several pairs, day by day and of each day in the order of the pairs; or, wide, a
    row a day. As a table for `Accept: text/csv` and the like.
    """
    form, pairs = negotiated(request, PAST), asked.chosen()
    if isinstance(form, TableForm):
        return await _table(request, form, pairs, asked)
    past = _past(asked, DEFAULT_LIMIT)
    if asked.layout == "wide":
        return await answer(request, form, asked.as_of, history.wide, pairs=pairs, **past)
    return await answer(request, form, asked.as_of, history.histories, pairs=pairs, **past)


@api.get(
    "/history/{pair:path}.{form}",
    tags=["Rates"],
    summary="Past rates as a table",
    response_class=Response,
    **described(None, 400, 404, 410, texts=TABLES),
)
async def get_history_table(
    request: Request, pair: InPath, form: FormInPath, asked: Annotated[OfHistoryTable, query(OfHistoryTable)]
) -> Response:
    """The publications of one pair as CSV (RFC 4180), NDJSON or Parquet: all of them, unless `limit` is
    given. What is long is sent as it is read; when it breaks off, the transfer ends without its last chunk,
    which every HTTP client tells as an error.
    """
    return await _table(request, SUFFIXES[form], [parse_pair(pair)], asked)


@api.get(
    "/history/{pair:path}",
    tags=["Rates"],
    summary="Past rates",
    **described(models.History | models.WideHistory, 400, 404, 406, 410, texts=TABLES),
)
async def get_history(
    request: Request, pair: InPath, asked: Annotated[OfHistory, query(OfHistory)]
) -> Response:
    """The publications of one pair, oldest first, both ends included; as a table for `Accept: text/csv` and
    the like. No rows are invented: days without a publication have none, or, with `fill`, one that says where
    it is from. A cross has a point for each day on which both currencies have a rate.
    """
    form, asked_pair = negotiated(request, PAST), parse_pair(pair)
    if isinstance(form, TableForm):
        return await _table(request, form, [asked_pair], asked)
    past = _past(asked, DEFAULT_LIMIT)
    if asked.layout == "wide":
        return await answer(request, form, asked.as_of, history.wide, pairs=[asked_pair], **past)
    return await answer(request, form, asked.as_of, history.history, pair=asked_pair, **past)


@api.get(
    "/candles/{pair:path}",
    tags=["Rates"],
    summary="Candles",
    **described(models.Candles, 400, 404, 410),
)
async def get_candles(
    request: Request, pair: InPath, asked: Annotated[OfCandles, query(OfCandles)]
) -> Response:
    """Open, high, low, close, mean and count by hour, day, week, month, quarter or year, oldest first. Also
    of crosses such as `KGS-KZT`: from the last dollar rates of each day on which both currencies have one.
    Hours reach back as far as the operator keeps what was said all day, and `fill` adds none to the days
    before; everything longer has no end.
    """
    return await answer(
        request,
        JSON,
        asked.as_of,
        candles.candles,
        pair=parse_pair(pair),
        interval=asked.interval,
        source=asked.source,
        since=asked.since,
        until=asked.until,
        limit=asked.limit,
        after=asked.after,
        fill=asked.fill,
    )


@api.get("/change/{pair:path}", tags=["Rates"], summary="Changes", **described(models.Changes, 404))
async def get_change(request: Request, pair: InPath, asked: Annotated[OfChange, query(OfChange)]) -> Response:
    """How far a pair moved since the publication before, over 24 hours, 7 and 30 days, this month, this year
    and a year, or since a day: always with the rate and the day that it is measured against. Also of crosses.
    """
    return await answer(
        request,
        JSON,
        asked.as_of,
        changes.changes,
        pair=parse_pair(pair),
        source=asked.source,
        on=asked.on,
        since=asked.since,
    )


@api.get("/stats/{pair:path}", tags=["Rates"], summary="Statistics", **described(models.Stats, 404))
async def get_stats(request: Request, pair: InPath, asked: Annotated[OfStats, query(OfStats)]) -> Response:
    """Mean, lowest, highest, first and last rate and volatility over a range of days, and by month or year.
    Of each day its last rate counts. Also of crosses.
    """
    return await answer(
        request,
        JSON,
        asked.as_of,
        stats.stats,
        pair=parse_pair(pair),
        source=asked.source,
        since=asked.since,
        until=asked.until,
    )


@api.get("/ticker", tags=["Ticker"], summary="The strip", **described(models.Strip, 404))
async def get_ticker(request: Request, asked: Annotated[OfStrip, query(OfStrip)]) -> Response:
    """One item a pair, with its texts ready to be shown. 503 while no pair has a rate: a cache then keeps its
    last good copy.
    """
    words = language(asked.lang)
    form = Form(
        JSON.media_type,
        lambda body, simulated: encode(dressed(body, asked, words), simulated=simulated),
    )
    return await answer(request, form, asked.as_of, ticker.ticker, **strip_parameters(asked))


@api.get(
    "/ticker.txt",
    tags=["Ticker"],
    summary="The strip as text",
    response_class=PlainTextResponse,
    **described(None, 404, texts={"text/plain": LINES}),
)
async def get_ticker_lines(request: Request, asked: Annotated[OfTicker, query(OfTicker)]) -> Response:
    """One ticker line a pair: pair, rate, percent change where it is known."""
    language(asked.lang)
    form = Form(PLAIN.media_type, lambda body, simulated: text.strip(some(body, asked), asked.decimals))
    return await answer(request, form, asked.as_of, ticker.ticker, **strip_parameters(asked))


@api.get("/ticks", tags=["Ticker"], summary="The tick log", **described(models.Ticks, 400, 404, 410))
async def get_ticks(request: Request, asked: Annotated[OfTicks, query(OfTicks)]) -> Response:
    """Every change of a headline, oldest first, deduplicated. A tick stands under the ticker's direction,
    whichever way its pair is asked; a cross has none. Where few pass the filters, an answer may have fewer
    than `limit`, or none: `next` leads on until it is null, and from then on `cursor` does, whenever there is
    more.
    """
    return await answer(
        request,
        JSON,
        asked.as_of,
        ticks.ticks,
        wanted=asked.wanted,
        after=asked.after,
        limit=asked.limit,
    )


@api.get(
    "/stream",
    tags=["Ticker"],
    summary="The ticks as they come",
    response_class=Response,
    **described(None, 404, cached=False, texts={"text/event-stream": EVENTS}, headers=["X-Accel-Buffering"]),
)
async def get_stream(
    request: Request, asked: Annotated[OfStream, query(OfStream)], last_event_id: LastEventId = ""
) -> Response:
    """Server-sent events: a `tick` for each tick, its id the cursor of its place in the log, its data the
    tick as `/v1/ticks` has it. Who comes back with the id of the last one that he got is told all that came
    after it, and then what comes: nothing twice, and nothing left out. `EventSource` does that by itself. An
    id that is of no use here any more is answered by the event `reset`: `reason` and `detail` say why, the
    log can be read again at `restart`, and after `cursor` the stream goes on with what comes. It ends now
    and then, to be opened again; and this documentation shows what has ended alone: try it with `curl -N`.
    """
    return await streamed(request, asked.wanted, last_event_id or asked.after)


@api.get("/ticks/{seq}", tags=["Ticker"], summary="One tick", **described(models.Tick, 404))
async def get_tick(request: Request, seq: SeqInPath, asked: Annotated[OfAnswer, query(OfAnswer)]) -> Response:
    """The tick with this number. It never changes: a correction is a new tick that names it."""
    return await answer(request, JSON, asked.as_of, ticks.tick, seq=seq)


@api.get(
    "/feed.json",
    tags=["Ticker"],
    summary="The news of the log as JSON Feed",
    response_class=feeds.JsonFeedResponse,
    **described(models.JsonFeed, 400, 404, 410, headers=["Last-Modified"]),
)
async def get_feed_json(request: Request, asked: Annotated[OfFeed, query(OfFeed)]) -> Response:
    """JSON Feed 1.1: every change of a headline as an entry, newest first, each told in a sentence and with
    the tick itself. A correction is an entry of its own. It stays as it is until there is one more.
    """
    return await _feed(request, feeds.JSON_FEED, asked)


@api.get(
    "/feed.atom",
    tags=["Ticker"],
    summary="The news of the log as Atom",
    response_class=Response,
    **described(None, 400, 404, 410, texts={atom.MEDIA_TYPE: feeds.ATOM_EXAMPLE}, headers=["Last-Modified"]),
)
async def get_feed_atom(request: Request, asked: Annotated[OfFeed, query(OfFeed)]) -> Response:
    """The same as Atom (RFC 4287), for feed readers; older entries by `rel=next` (RFC 5005)."""
    return await _feed(request, feeds.ATOM_FEED, asked)


@api.get(
    "/feed.rss",
    tags=["Ticker"],
    summary="The news of the log as RSS",
    response_class=Response,
    **described(None, 400, 404, 410, texts={rss.MEDIA_TYPE: feeds.RSS_EXAMPLE}, headers=["Last-Modified"]),
)
async def get_feed_rss(request: Request, asked: Annotated[OfFeed, query(OfFeed)]) -> Response:
    """The same as RSS 2.0, for readers that know no other."""
    return await _feed(request, feeds.RSS_FEED, asked)


@api.get("/pairs", tags=["Facts"], summary="The pairs", **described(models.Pairs))
async def get_pairs(request: Request, asked: Annotated[OfAnswer, query(OfAnswer)]) -> Response:
    """What there is of each pair: who is believed first, which days each source covers, any decrees."""
    return await answer(request, JSON, asked.as_of, facts.pairs)


@api.get("/sources", tags=["Facts"], summary="The sources", **described(models.Sources, cached=False))
async def get_sources(request: Request, asked: Annotated[Parameters, query(Parameters)]) -> Response:
    """What each source is, what it covers, on which terms, and how it is doing at this moment."""
    return await uncached(request, JSON, NOW, sources.sources)


@api.get(
    "/sources/{key}", tags=["Facts"], summary="One source", **described(models.SourceState, 404, cached=False)
)
async def get_source(
    request: Request, key: SourceInPath, asked: Annotated[Parameters, query(Parameters)]
) -> Response:
    """One source, with what it said that is held or was rejected, and why."""
    return await uncached(request, JSON, NOW, sources.source, key=key)


async def _feed(request: Request, form: feeds.FeedForm, asked: OfFeed) -> Response:
    return await answer(
        request,
        form.at(request, asked),
        asked.as_of,
        feed.feed,
        wanted=asked.wanted,
        before=asked.before,
        limit=asked.limit,
    )


async def _table(request: Request, form: TableForm, pairs: Sequence[Pair], asked: OfHistory) -> Response:
    """JSON comes in pages, tables whole: nobody pages through them."""
    layout, past = asked.layout, _past(asked, None)
    return await tabled(request, form, asked.as_of, history.table, pairs=pairs, layout=layout, **past)


def _past(asked: OfHistory, limit: int | None) -> dict[str, Any]:
    """What is asked of the past, at most `limit` rows unless another number was given."""
    return {
        "source": asked.source,
        "since": asked.since,
        "until": asked.until,
        "limit": asked.limit or limit,
        "after": asked.after,
        "fill": asked.fill,
        "revisions": asked.revisions,
    }


def _row_parameters(asked: OfRows) -> dict[str, Any]:
    return {
        "source": asked.source,
        "on": asked.on,
        "precision": asked.precision,
        "max_age_days": asked.max_age_days,
    }
