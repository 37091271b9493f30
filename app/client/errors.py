"""What may go wrong when a service is asked.

SilkrateError
└── ServiceError       it did not give the answer
    ├── NoAnswer       nothing whole came: no connection, a deadline, a body that breaks off
    ├── BadAnswer      something came that this service does not print
    ├── ProblemError   it said why not
    └── Reset          the log does not go on from where it was followed to
"""

from __future__ import annotations

from typing import ClassVar

from app.domain.errors import SilkrateError


class ServiceError(SilkrateError):
    """A service that was asked did not give the answer."""

    type: ClassVar[str] = "service-error"


class NoAnswer(ServiceError):
    """No whole answer came, however often it was asked for: no connection, a deadline, or a broken body."""

    type = "no-answer"


class BadAnswer(ServiceError):
    """What came is no answer of this service: another page, another shape, or half a table."""

    type = "bad-answer"


class ProblemError(ServiceError):
    """The service said why it gives no answer (RFC 9457), or answered with a bare status of 400 or more.

    `type` is the slug that its error classes have, such as `unknown-pair`, or of a bare status its phrase.
    `parameter` is the one at fault, `expected` what would be right, `restart` the URL to start again at when
    a cursor is of a log that is gone; each None where it was not said.
    """

    type = "problem"

    def __init__(
        self,
        slug: str,
        status: int,
        detail: str,
        *,
        parameter: str | None = None,
        expected: str | None = None,
        restart: str | None = None,
    ) -> None:
        """Keep the members of the document; the message is what was wrong and what would be right."""
        wish = f" Expected {expected.rstrip('.')}." if expected else ""
        super().__init__(f"{detail.rstrip('.')}.{wish}")
        self.type = slug  # type: ignore[misc]  # a class of ours has one; this one speaks for any of theirs
        self.status, self.detail = status, detail
        self.parameter, self.expected, self.restart = parameter, expected, restart


class Reset(ServiceError):
    """The log that is followed does not go on from the cursor: the store was restored or replaced, or the
    cursor was never handed out. That each tick comes once ends here, so it is an error and no tick: nobody
    overlooks it.

    `reason` is the slug of a problem, such as `foreign-cursor`, and `detail` says it in words. What there is
    can be read again at the URL `restart`, or by `ticks()`; `follow(cursor)` goes on with what comes now.
    """

    type = "reset"

    def __init__(self, reason: str, detail: str, *, restart: str, cursor: str) -> None:
        """The message is the detail."""
        super().__init__(detail)
        self.reason, self.detail, self.restart, self.cursor = reason, detail, restart, cursor
