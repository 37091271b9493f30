"""`/embed`: what to paste to have the rates on a page of one's own, for whatever was chosen in its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from app.answers import ticker
from app.domain.answers import Ticker
from app.domain.change import Measure
from app.domain.pairs import TICKER, Pair
from app.render.embed import embedded
from app.render.json import encode
from app.render.locale import Language, language
from app.render.ticker import strip
from app.sources.catalog import Catalog
from app.web.embed.modules import CURRENT
from app.web.pages.site import Dress, OfPage, PageRoute, asked_of, kept_page
from app.web.parameters import (
    DEFAULT_DAYS,
    Flag,
    OfBadge,
    OfChart,
    OfFragment,
    OfPicture,
    OfStrip,
    OfTicker,
)
from app.web.queries import read
from app.web.requests import context_of
from app.web.strips import strip_parameters

Kind = Literal["element", "fragment", "frame", "badge", "chart", "links", "addresses"]
"""The ways to have the rates on a page."""

Width = Literal["320", "480", "1280"]
"""How wide the place of a strip is, in CSS pixels: that of a phone, of a column, of a page."""

OF_STRIP = ("pairs", "source", "decimals", "inverse", "change", "nominal", "mode", "theme", "speed", "href")
"""The fields of the form that are attributes of the element, by the same names."""

RARE = frozenset({"source", "decimals", "change", "nominal", "speed"})
"""Those that few people choose, which are folded away until somebody does."""

BAR = 44
"""The height of a strip in one line, and that of the line which holds its button and its day where its items
stand below that, in CSS pixels.
"""

ROW = {"static": 344, "grid": 1072, "single": 1072}
"""The height of a line of items or of cards, in tenths of a CSS pixel."""

IN_A_ROW: Mapping[str, Mapping[str, int]] = {
    "static": {"320": 1, "480": 1, "1280": 4},
    "grid": {"320": 1, "480": 2, "1280": 6},
    "single": {"320": 1, "480": 1, "1280": 1},
}
"""How many items a row of each width has room for, in letters of 16 pixels."""

routes = APIRouter(route_class=PageRoute)


class OfBuilder(OfPage):
    """Of `/embed`: besides what is asked of the strip, what it is asked as. `language` is that of the strip,
    by itself that of the page; `days` is of a chart alone. `strict` is for sites whose policy allows no
    `style` in their HTML.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Kind = "element"
    language: str = ""
    width: Width = "1280"
    days: str = str(DEFAULT_DAYS)
    strict: Flag = False

    def asked(self, words: Language) -> OfFragment:
        """The strip as a fragment is asked for it; its pairs, and whatever is what it would be anyhow, only
        where they are others. Raises BadParameter, UnknownPair.
        """
        more = self.model_extra or {}
        given = {name: more[name] for name in OF_STRIP if name in more}
        asked = read(OfFragment, given | {"lang": self.language or words.tag})
        pairs = sorted(asked.chosen(), key=_place)
        others = asked.model_dump(exclude_defaults=True, exclude={"pairs"})
        if pairs != [*TICKER]:
            others["pairs"] = ",".join(pair.dashed for pair in pairs)
        return read(OfFragment, others)


@routes.get("/embed")
async def get_builder(request: Request) -> Response:
    """The form, and the snippet for what was chosen in it."""
    dress = Dress.of(request, "embed")
    form = asked_of(request, OfBuilder)
    asked = form.asked(dress.words)
    tag = language(asked.lang).tag
    chosen = Chosen(form, asked, [each.inverse if asked.inverse else each for each in asked.chosen()], tag)
    seen = partial(_seen, chosen, context_of(request).catalog)
    return await kept_page(request, dress, "embed.html", ticker.ticker, seen, **strip_parameters(asked))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen. `shown` are its pairs as they are shown, `tag` is the language of the snippet."""

    form: OfBuilder
    strip: OfFragment
    shown: Sequence[Pair]
    tag: str

    @property
    def height(self) -> int:
        """How high the strip is, about, in CSS pixels."""
        mode, width = self.strip.mode, self.form.width
        if mode == "marquee":
            return BAR
        rows = -(-(1 if mode == "single" else len(self.shown)) // IN_A_ROW[mode][width])
        height = -(-rows * ROW[mode] // 10)
        return max(BAR, height) if width == "1280" else BAR + height

    def query_of(self, model: type[BaseModel], *without: str) -> str:
        """The query by which a path that takes `model` gives what was chosen, with its question mark, and
        empty where it needs none. Raises BadParameter.
        """
        wanted = self.strip.model_dump(exclude_none=True) | {"lang": self.tag}
        if self.form.days != str(DEFAULT_DAYS):
            wanted["days"] = self.form.days
        if issubclass(model, OfPicture) and self.strip.theme == "inherit":
            del wanted["theme"]  # a picture does not know what is around it
        known = {name: value for name, value in wanted.items() if name in model.model_fields}
        asked = read(model, known).model_dump(exclude_defaults=True)
        named = {name: _text(value) for name, value in asked.items() if name not in without}
        return f"?{urlencode(named, safe=':,/')}" if named else ""

    def allowance(self, origin: str) -> str:
        """What the Content-Security-Policy of a page must allow for it, and no more."""
        address = urlsplit(origin)
        service = f"{address.scheme}://{address.netloc}"
        needed = {
            "element": ["script-src", "connect-src"],
            "fragment": ["script-src", "connect-src", "style-src"],
            "frame": ["frame-src"],
            "badge": ["img-src"],
            "chart": ["img-src"],
            "links": [],
            "addresses": ["connect-src"],
        }[self.form.kind]
        directives = [f"{each} {service}" for each in needed]
        if self.form.kind in ("element", "frame") and not self.form.strict:
            directives.append("style-src-attr 'unsafe-inline'")
        return "; ".join(directives)


def _seen(chosen: Chosen, catalog: Catalog, body: Ticker, dress: Dress) -> Mapping[str, Any]:
    """What the template shows: the form as it was filled in, and what the snippet is made of."""
    form, asked, words = chosen.form, chosen.strip, language(chosen.tag)
    shown = strip(body, words, asked.decimals, nominal=asked.nominal)
    held = embedded(shown, simulated=dress.simulated) if shown.items else None
    return {
        "form": form,
        "asked": asked,
        "chosen": chosen,
        "boxes": dict.fromkeys([*TICKER, *asked.chosen()]),
        "sources": {each.key: each.name for each in catalog.sources if each.key in catalog.enabled},
        "measures": get_args(Measure),
        "numbers": lambda values: {str(each): each for each in values},
        "more": form.strict or not RARE.isdisjoint(asked.attributes),
        "speech": words,
        "strip": held,
        "held": encode(held).decode() if held else "",
        "stale": {str(item.pair) for item in shown.items if item.status == "stale"},
        "drawn": [item.pair for item in shown.items],
        "module": CURRENT,
        "allowance": chosen.allowance(dress.origin),
        "queries": {
            "fragment": chosen.query_of(OfFragment),
            "badge": chosen.query_of(OfBadge, "inverse"),
            "chart": chosen.query_of(OfChart, "inverse"),
            "strip": chosen.query_of(OfStrip),
            "lines": chosen.query_of(OfTicker),
        },
    }


def _place(pair: Pair) -> tuple[int, Pair]:
    """By which pairs are sorted: those of the ticker in its order, then the others."""
    return (TICKER.index(pair) if pair in TICKER else len(TICKER)), pair


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
