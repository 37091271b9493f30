"""The pages for people: the rates at a glance, and the documentation. Made on the server; only the
page to try the API needs a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from fastapi import APIRouter, Request, Response
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from app.answers import feed, latest, sources, ticker
from app.domain.answers import Missing, SourceState, TickerItem
from app.domain.lines import shown, shown_change
from app.render.feeds import atom, json_feed, rss
from app.render.feeds.news import title_and_text
from app.render.json import instant
from app.render.locale import Language, language
from app.sources.catalog import Catalog
from app.web.assets import PATHS, unchanging
from app.web.cache import NO_STORE
from app.web.parameters import SeqInPath
from app.web.reference import Reference, page_of
from app.web.requests import context_of, limits_of, origin_of

HTML = "text/html; charset=utf-8"

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""What a page may load: its own stylesheet and pictures, and nothing else."""

DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

WORDS = language("en")

REASONS = {
    "no-rate-yet": "No rate has been recorded yet.",
    "only-upcoming": "Its first rate comes into force tomorrow.",
}

FEEDS = {"Atom": atom.MEDIA_TYPE, "RSS": rss.MEDIA_TYPE, "JSON": json_feed.MEDIA_TYPE}
"""The media types of the feeds, by what people call them; in lower case their endings."""

pages = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows: the strip, the pairs without a rate, and the sources that matter."""

    version: int
    items: Sequence[TickerItem]
    missing: Sequence[Missing]
    sources: Sequence[SourceState]

    @property
    def waiting(self) -> bool:
        """Whether nobody has published anything yet: a decree is known without asking."""
        return all(item.row.kind == "peg" for item in self.items)


def overview(reader: Any, catalog: Catalog, now: datetime) -> Overview:
    """One reading for the whole page, so that its parts agree."""
    strip = ticker.ticker(reader, catalog, now).body
    states = sources.sources(reader, catalog, now).body.sources
    return Overview(
        version=strip.version,
        items=strip.items,
        missing=latest.latest(reader, catalog, now).body.missing,
        sources=[state for state in states if state.enabled and (state.pairs or state.kind != "page")],
    )


@pages.get("/")
async def get_index(request: Request) -> Response:
    """The rates, and how each source is doing at this moment."""
    context = context_of(request)
    view = await limits_of(request).of(overview).run(partial(context.ask, overview))
    html = TEMPLATES.get_template("index.html").render(view=view, simulated=context.settings.simulated)
    headers = {"Cache-Control": NO_STORE, "Content-Security-Policy": POLICY}
    return Response(html, headers=headers, media_type=HTML)


@pages.get("/docs")
async def get_docs(request: Request) -> Response:
    """The reference of the API, to read."""
    html = await run_in_threadpool(page_of(request), origin_of(request))  # the first takes a second
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return await unchanging(request, html, HTML, headers)


def docs(reference: Reference, origin: str, *, simulated: bool) -> str:
    """The HTML of the reference, for who reads it at `origin`."""
    return TEMPLATES.get_template("docs.html").render(api=reference, origin=origin, simulated=simulated)


@pages.get("/docs/try")
async def get_docs_to_try(request: Request) -> Response:
    """The API to try in the browser."""
    html = TEMPLATES.get_template("try.html").render(
        root="../", simulated=context_of(request).settings.simulated
    )
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": DOCS_POLICY}
    return await unchanging(request, html.encode(), HTML, headers)


@pages.get("/ticks/{seq}")
async def get_tick_page(request: Request, seq: SeqInPath, lang: str = WORDS.tag, log: str = "") -> Response:
    """What the entry of a feed links to: one tick of a log, this one by default, in the language of the feed,
    and by which one it was corrected since. Raises BadParameter for an unknown language, ForeignCursor for
    another log; what else readers and sites add to a link is passed over.
    """
    words = language(lang)
    context = context_of(request)
    asked = partial(context.ask, feed.entry_now, seq=seq, log_id=log)
    onward = {"log": log, "lang": "" if words is WORDS else words.tag}
    found, corrected_by = await limits_of(request).of(feed.entry_now).run(asked)
    title, story = title_and_text(found, words)
    html = TEMPLATES.get_template("tick.html").render(
        tick=found.tick,
        corrected_by=corrected_by,
        publisher=found.publisher,
        title=title,
        story=story,
        words=words,
        lang=words.tag,
        query=f"?{urlencode({name: value for name, value in onward.items() if value})}".rstrip("?"),
        root="../",
        simulated=context.settings.simulated,
    )
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return await unchanging(request, html.encode(), HTML, headers)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "moment": _moment}
    environment.globals |= {
        "assets": PATHS,
        "feeds": FEEDS,
        "lang": WORDS.tag,
        "root": "",
        "reasons": REASONS,
        "rate": _rate,
        "inverse": _inverse,
        "change": shown_change,
        "moved": _moved,
        "name": WORDS.currency,
    }
    return environment


def _day(day: date, beside: date | None = None, words: Language = WORDS) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(day, words.day(day, beside))


def _moment(moment: datetime, words: Language = WORDS) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(instant(moment), words.moment(moment))


def _rate(item: TickerItem) -> str:
    return WORDS.number(shown(item.row.rate, digits=item.digits))


def _moved(pct: Decimal) -> str:
    """Which way a change is drawn: as it is shown, so that none of 0% points anywhere."""
    if shown_change(pct) == "0%":
        return "flat"
    return "up" if pct > 0 else "down"


def _inverse(item: TickerItem) -> str:
    return WORDS.number(shown(item.row.inverse, digits=item.digits))


TEMPLATES = _environment()
