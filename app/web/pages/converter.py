"""`/convert`: what an amount of one currency is worth in another, on a page of its own; the other pages have
its form, and take its result in where scripts run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.answers import convert
from app.domain.answers import Conversion
from app.render.locale import Language
from app.web.pages.site import Dress, OfPage, PageRoute, asked_of, kept_page
from app.web.parameters import OfConversion
from app.web.queries import read

routes = APIRouter(route_class=PageRoute)


class OfConverter(OfPage):
    """Of `/convert`: what `/v1/convert` takes, with defaults; the amount as people write it."""

    from_: str = Field(default="USD", alias="from")
    to: str = "KGS"
    amount: str = "100"
    on: str = Field(default="", alias="date")

    def asked(self, words: Language) -> OfConversion:
        """The same as the API takes it; raises BadParameter."""
        given = {"from": self.from_, "to": self.to, "amount": words.read(self.amount), "date": self.on}
        return read(OfConversion, {name: value for name, value in given.items() if value})


@routes.get("/convert")
async def get_converter(request: Request) -> Response:
    """A conversion by the rate in force, now or on a day."""
    dress = Dress.of(request, "convert")
    asked = asked_of(request, OfConverter).asked(dress.words)
    return await kept_page(
        *(request, dress, "convert.html", convert.convert, _seen),
        pair=asked.pair,
        amount=asked.amount,
        on=asked.on,
    )


def _seen(body: Conversion, dress: Dress) -> Mapping[str, Any]:
    return {"conversion": body}
