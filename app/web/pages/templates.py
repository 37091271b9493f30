"""The templates, and how they show rates, changes, days and instants: with the numbers of the API inside
(`<data value>`, `<time datetime>`), for programs that read pages.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import jinja2
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from app.domain.answers import TickerItem
from app.domain.lines import shown, shown_change
from app.domain.numbers import plain, trimmed
from app.domain.pairs import SIX, TICKER
from app.render.feeds import atom, json_feed, rss
from app.render.json import instant
from app.render.locale import Language
from app.web.assets import PATHS
from app.web.pages.words import NAMES, gettext, ngettext

HTML = "text/html; charset=utf-8"

FEEDS = {"Atom": atom.MEDIA_TYPE, "RSS": rss.MEDIA_TYPE, "JSON": json_feed.MEDIA_TYPE}
"""The media types of the feeds, by what people call them; in lower case their endings."""

_DATA = Markup('<data value="{}">{}</data>')
_TIME = Markup('<time datetime="{}">{}</time>')


@pass_context
def number(
    context: Context, value: Decimal, digits: int | None = None, decimals: int | None = None
) -> Markup:
    """A rate as people read it, of a source whose format gives so many significant `digits`."""
    return _DATA.format(
        trimmed(value), _words(context).number(shown(value, digits=digits, decimals=decimals))
    )


@pass_context
def exactly(context: Context, value: Decimal) -> Markup:
    """A number with all its digits."""
    return _DATA.format(trimmed(value), _words(context).number(plain(value)))


@pass_context
def typed(context: Context, value: Decimal) -> str:
    """A number as people type it."""
    return _words(context).number(plain(value))


@pass_context
def digits_shown(context: Context, item: TickerItem) -> str:
    """The rate of an item as text."""
    return _words(context).number(shown(item.row.rate, digits=item.digits))


@pass_context
def extent(context: Context, pct: Decimal) -> Markup:
    """Percent without a direction, to two decimals."""
    return _DATA.format(trimmed(pct), _words(context).percent(shown_change(pct)))


@pass_context
def percent(context: Context, pct: Decimal) -> Markup:
    """A change, with the sign by which it is one: `+0.02%`."""
    sign = "+" if moved(pct) == "up" else ""
    return _DATA.format(trimmed(pct), sign + _words(context).percent(shown_change(pct)))


@pass_context
def day(context: Context, each: date, beside: date | None = None) -> Markup:
    """A calendar day."""
    return _TIME.format(each, _words(context).day(each, beside))


@pass_context
def moment(context: Context, each: datetime, beside: date | None = None) -> Markup:
    """An instant, to the minute, in UTC."""
    return _TIME.format(instant(each), _words(context).moment(each, beside))


@pass_context
def currency(context: Context, code: str) -> str:
    """The name of a currency."""
    return _words(context).currency(code)


def moved(pct: Decimal) -> str:
    """Which way a change is drawn: as it is shown, so that none of 0% points anywhere."""
    if shown_change(pct) == "0%":
        return "flat"
    return "up" if pct > 0 else "down"


def _words(context: Context) -> Language:
    found: Language = context["words"]
    return found


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {
        "number": number,
        "exactly": exactly,
        "percent": percent,
        "extent": extent,
        "typed": typed,
        "plain": plain,
        "digits_shown": digits_shown,
        "day": day,
        "moment": moment,
        "instant": instant,
        "currency": currency,
    }
    environment.policies["ext.i18n.trimmed"] = True
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.globals |= {
        "assets": PATHS,
        "feeds": FEEDS,
        "languages": NAMES,
        "moved": moved,
        "six": SIX,
        "ticker_pairs": TICKER,
    }
    return environment


TEMPLATES = _environment()
