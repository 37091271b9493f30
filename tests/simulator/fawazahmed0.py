"""fawazahmed0's currency-api: a small file a day on two hosts, local units per dollar."""

import re
from datetime import UTC
from typing import ClassVar

from tests.simulator.upstream import OF_NOMINALS, Publication, Request, Row, Upstream, day, encoded

NAME = r"latest|\d{4}-\d{2}-\d{2}"
PLACES = re.compile(
    rf"cdn\.jsdelivr\.net/npm/@fawazahmed0/currency-api@({NAME})/v1/currencies/usd\.min\.json"
    rf"|({NAME})\.currency-api\.pages\.dev/v1/currencies/usd\.min\.json"
)


class Fawazahmed0(Upstream):
    """`usd.min.json` of a day or the latest: 404 for a day that is not built yet, or any more."""

    key = "fawazahmed0"
    host = "cdn.jsdelivr.net"
    path = "/npm/@fawazahmed0/currency-api@latest/v1/currencies/usd.min.json"
    content_type = "application/json"
    encoding = "utf-8"
    zone = UTC
    root = "usd"
    subject = "KZT"
    conditional = True
    impossible = OF_NOMINALS
    rows: ClassVar[tuple[Row, ...]] = (
        Row("EUR", None, "0.86021734"),
        Row("KGS", None, "87.32114073"),
        Row("KZT", None, "471.80155214"),
        Row("TJS", None, "9.28417709"),
        Row("UZS", None, "12013.80155221"),
        Row("TMT", None, "3.49710358"),
    )

    def at_home(self, host: str) -> bool:
        """The first host, and one for each day."""
        return host == self.host or re.fullmatch(rf"({NAME})\.currency-api\.pages\.dev", host) is not None

    def serves(self, request: Request) -> bool:
        """Any file at either place."""
        return PLACES.fullmatch(request.host + request.path) is not None

    def publication(self, request: Request) -> Publication | None:
        """The file of that name."""
        match = PLACES.fullmatch(request.host + request.path)
        name = (match[1] or match[2]) if match else "latest"
        if name == "latest":
            return self.newest(request.at)
        return next(iter(self.between(day(name), day(name), request.at)), None)

    def render(self, publication: Publication) -> bytes:
        """The file, which is minified to one line."""
        rates = ",".join(
            f'"{row.code.lower()}":{row.value or "null"}' for row in publication.rows if row.value is not None
        )
        dated = f'"date":"{publication.date}",' if publication.date else ""
        return encoded(f'{{{dated}"usd":{{{rates}}}}}', self.encoding)
