"""`/convert`: what an amount of one currency is worth in another, on a page of its own; the other pages have
its form, and take its result in where scripts run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.answers import convert
from app.domain.answers import Conversion
from app.domain.numbers import trimmed
from app.render.locale import Language, language
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
    """A conversion by the rate in force, now or on a day. An amount is read as the language of the address
    has it, by itself as programs write it, whatever the browser likes: an address means one amount.
    """
    written = asked_of(request, OfConverter)
    asked = written.asked(language(written.lang or "en"))
    plain = written.model_copy(update={"amount": trimmed(asked.amount)} if asked.amount is not None else {})
    return await kept_page(
        *(request, Dress.of(request, "convert", plain), "convert.html", convert.convert),
        partial(_seen, asked.on),
        pair=asked.pair,
        amount=asked.amount,
        on=asked.on,
    )


def _seen(on: date | None, body: Conversion, dress: Dress) -> Mapping[str, Any]:
    return {"conversion": body, "on": on}
