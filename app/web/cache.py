"""How long a copy of an answer may be used, and whether the asker's copy is still the answer."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from app.domain.answers import Answer

SECOND = timedelta(seconds=1)

MAX_AGE = 30
"""Seconds for which a copy of an answer about today is good without asking; a new version may come at any
time.
"""

MAX_AGE_CLOSED = 3600
"""The same for days that are over: only a late arrival or a revision changes those."""

REVALIDATE_WITHIN = 300
"""Seconds after that in which a cache may hand out its copy once more while it fetches the next."""

WHEN_WE_FAIL = 86400
"""Seconds for which a cache may go on with its copy while we do not answer: bodies carry their `stale_at`."""

MEMENTO = f"public, max-age={WHEN_WE_FAIL}, stale-if-error={WHEN_WE_FAIL}"
"""Of a version, which was once served and never changes; not `immutable`, for a release may add a field."""

NO_STORE = "no-store"
IMMUTABLE = "public, max-age=31536000, immutable"

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def cache_control(answer: Answer[Any], now: datetime) -> str:
    """The Cache-Control of an answer at `now`; only `stale-if-error` reaches past `valid_until`."""
    left = max((answer.valid_until - now) // SECOND, 0) if answer.valid_until else None
    fresh = _at_most(left, MAX_AGE_CLOSED if answer.closed else MAX_AGE)
    again = _at_most(None if left is None else left - fresh, REVALIDATE_WITHIN)
    return f"public, max-age={fresh}, stale-while-revalidate={again}, stale-if-error={WHEN_WE_FAIL}"


def steady_until(answer: Answer[Any]) -> datetime | None:
    """Until when the Cache-Control of an answer is that of one without an end; None: for ever."""
    longest = (MAX_AGE_CLOSED if answer.closed else MAX_AGE) + REVALIDATE_WITHIN
    return answer.valid_until - longest * SECOND if answer.valid_until else None


def etag(body: bytes) -> str:
    """The strong validator of these bytes."""
    return f'"{urlsafe_b64encode(sha256(body).digest()[:15]).decode()}"'


def is_known(tag: str, if_none_match: Iterable[str]) -> bool:
    """Whether If-None-Match, in one line or several, names `tag`, by weak comparison, or any: `*`."""
    lines = [line.strip() for line in if_none_match]
    return "*" in lines or any(tag in _TAG.findall(line) for line in lines)


def _at_most(left: int | None, limit: int) -> int:
    return limit if left is None else min(left, limit)
