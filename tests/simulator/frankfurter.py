"""Frankfurter, version 2: a flat array of the rates of a range, local units per dollar."""

from datetime import UTC, date
from typing import ClassVar

from tests.simulator.upstream import (
    OF_NOMINALS,
    Answer,
    Publication,
    Request,
    Row,
    Upstream,
    asked,
    asked_day,
    encoded,
)


class Frankfurter(Upstream):
    """`/v2/rates?base=USD&quotes=…&from=…[&to=…]`: what was published in the range, and nothing carried."""

    key = "frankfurter"
    host = "api.frankfurter.dev"
    path = "/v2/rates"
    content_type = "application/json"
    encoding = "utf-8"
    zone = UTC
    root = "quote"
    subject = "KZT"
    conditional = True
    impossible = OF_NOMINALS
    rows: ClassVar[tuple[Row, ...]] = (
        Row("KGS", None, "87.12"),
        Row("KZT", None, "471.35"),
        Row("TJS", None, "9.287"),
        Row("UZS", None, "12011"),
        Row("TMT", None, "3.5"),
    )

    most: int | None = None
    """Of how many publications an answer has the rows at most, the newest; None: of all."""

    def _range(self, request: Request) -> list[Publication]:
        until = asked_day(request, "to") or date.max
        since = asked_day(request, "from")
        found = self.between(since, until, request.at) if since else []
        return found[-self.most :] if self.most else found

    def publication(self, request: Request) -> Publication | None:
        """The newest of the range: the one that a fault spoils."""
        found = self._range(request)
        return found[-1] if found else Publication(None, request.at, ())

    def answer(self, request: Request, publication: Publication | None) -> Answer:
        """The range, oldest first, or what is wrong with the question."""
        if asked(request, "base") != "USD" or not asked_day(request, "from"):
            body = b'{"status":422,"message":"unknown parameter"}'
            return Answer(422, {"Content-Type": self.content_type}, body)
        self._asked = request
        return super().answer(request, publication)

    def render(self, publication: Publication) -> bytes:
        """The array of the range that was asked for last, with `publication` as its newest."""
        rows = [
            line
            for each in (*self._range(self._asked)[:-1], publication)
            for row in each.rows
            if (line := _row(each, row))
        ]
        return encoded("[" + ",\n".join(rows) + "]", self.encoding)


def _row(publication: Publication, row: Row) -> str:
    dated = f'"date":"{publication.date}",' if publication.date else ""
    rate = f',"rate":{row.value or "null"}' if row.value is not None else ""
    return f'{{{dated}"base":"USD","quote":"{row.code}"{rate}}}'
