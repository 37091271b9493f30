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
from app.render.locale import Language, language
from app.render.ticker import strip
from app.sources.catalog import Catalog
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
from app.web.strips import rendered, strip_parameters

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

NEEDED: Mapping[Kind, Sequence[str]] = {
    "element": ["script-src", "connect-src"],
    "fragment": ["script-src", "connect-src", "style-src"],
    "frame": ["frame-src"],
    "badge": ["img-src"],
    "chart": ["img-src"],
    "links": [],
    "addresses": ["connect-src"],
}
"""The directives of a policy in which the service must stand."""

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

    @property
    def understood(self) -> tuple[tuple[str, str], ...]:
        """What is heeded of it: its own fields, and those of a strip."""
        known = OF_STRIP | type(self).model_fields.keys()
        return tuple(each for each in super().understood if each[0] in known)

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
    form = asked_of(request, OfBuilder)
    dress = Dress.of(request, "embed", form)
    chosen = Chosen(form, form.asked(dress.words))
    seen = partial(_seen, chosen, context_of(request).catalog)
    parameters = strip_parameters(chosen.strip)
    return await kept_page(request, dress, "embed.html", ticker.ticker, seen, **parameters)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen: as what, and which strip."""

    form: OfBuilder
    strip: OfFragment

    @property
    def words(self) -> Language:
        """The language of the snippet."""
        return language(self.strip.lang)

    @property
    def pairs(self) -> Sequence[Pair]:
        """Its pairs as they are shown."""
        return [each.inverse if self.strip.inverse else each for each in self.strip.chosen()]

    @property
    def height(self) -> int:
        """How high the strip is, about, in CSS pixels."""
        mode, width = self.strip.mode, self.form.width
        if mode == "marquee":
            return BAR
        items = 1 if mode == "single" else len(self.pairs)
        rows = -(-items // IN_A_ROW[mode][width])
        height = -(-rows * ROW[mode] // 10)
        return max(BAR, height) if width == "1280" else BAR + height

    def query(self, model: type[BaseModel], *without: str) -> str:
        """The query by which a path that takes `model` gives what was chosen, with its question mark, and
        empty where it needs none. Raises BadParameter.
        """
        wanted = self.strip.model_dump(exclude_none=True) | {"lang": self.words.tag}
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
        needed = [f"{each} {address.scheme}://{address.netloc}" for each in NEEDED[self.form.kind]]
        styled = self.form.kind in ("element", "frame") and not self.form.strict
        return "; ".join(needed + ["style-src-attr 'unsafe-inline'"] * styled)


def _seen(chosen: Chosen, catalog: Catalog, body: Ticker, dress: Dress) -> Mapping[str, Any]:
    """What the template shows: the form as it was filled in, and what the snippet is made of."""
    asked, words = chosen.strip, chosen.words
    shown = strip(body, words, asked.decimals, nominal=asked.nominal)
    return {
        "chosen": chosen,
        "form": chosen.form,
        "asked": asked,
        "speech": words,
        "boxes": dict.fromkeys([*TICKER, *asked.chosen()]),
        "measures": get_args(Measure),
        "numbers": lambda values: {str(each): each for each in values},
        "sources": {each.key: each.name for each in catalog.sources if each.key in catalog.enabled},
        "more": chosen.form.strict or not RARE.isdisjoint(asked.attributes),
        **rendered(shown, simulated=dress.simulated),
        "drawn": [item.pair for item in shown.items],
        "allowance": chosen.allowance(dress.origin),
        "queries": {
            "fragment": chosen.query(OfFragment),
            "badge": chosen.query(OfBadge, "inverse"),
            "chart": chosen.query(OfChart, "inverse"),
            "json": chosen.query(OfStrip),
            "text": chosen.query(OfTicker),
        },
    }


def _place(pair: Pair) -> tuple[int, Pair]:
    """By which pairs are sorted: those of the ticker in its order, then the others."""
    return (TICKER.index(pair) if pair in TICKER else len(TICKER)), pair


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
