"""Open Exchange Rates: the latest rates for whoever has the key, local units per dollar."""

from datetime import UTC
from typing import ClassVar

from tests.simulator.upstream import OF_NOMINALS, Answer, Publication, Request, Row, Upstream, asked, encoded

APP_ID = "0123456789abcdef0123456789abcdef"
"""The one key that it knows."""


class OpenExchangeRates(Upstream):
    """`/api/latest.json?app_id=…`: dated by an instant; without the key it refuses."""

    key = "openexchangerates"
    host = "openexchangerates.org"
    path = "/api/latest.json"
    content_type = "application/json; charset=utf-8"
    encoding = "utf-8"
    zone = UTC
    root = "rates"
    subject = "KZT"
    conditional = True
    impossible = OF_NOMINALS | {"wrong_date", "future_date", "missing_date"}
    rows: ClassVar[tuple[Row, ...]] = (
        Row("EUR", None, "0.860151"),
        Row("KGS", None, "87.35"),
        Row("KZT", None, "471.902113"),
        Row("TJS", None, "9.281877"),
        Row("TMT", None, "3.51"),
        Row("UZS", None, "12014.5"),
    )

    def answer(self, request: Request, publication: Publication | None) -> Answer:
        """The rates, or the refusal of a key that is missing or wrong."""
        app_id = asked(request, "app_id")
        if app_id != APP_ID:
            message = "invalid_app_id" if app_id else "missing_app_id"
            body = f'{{"error":true,"status":401,"message":"{message}","description":"Sign up for one."}}'
            return Answer(401, {"Content-Type": self.content_type}, body.encode())
        return super().answer(request, publication)

    def render(self, publication: Publication) -> bytes:
        """The document; its timestamp is the instant of the publication."""
        rates = ",".join(
            f'"{row.code}":{row.value or "null"}' for row in publication.rows if row.value is not None
        )
        timestamp = int(publication.at.timestamp())
        text = f'{{"disclaimer":"Subject to terms","timestamp":{timestamp},"base":"USD","rates":{{{rates}}}}}'
        return encoded(text, self.encoding)
