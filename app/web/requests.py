"""What a request tells besides its parameters: whom it asks, at which address, and which form of the answer
it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from urllib.parse import parse_qsl, urlencode

from fastapi import Request

from app.context import Context
from app.web.broadcast import Broadcast
from app.web.coding import Coding, chosen, weighted
from app.web.counting import Counts
from app.web.kept import Kept
from app.web.limits import Limits


def context_of(request: Request) -> Context:
    """The context that the application was made for."""
    return cast(Context, request.app.state.context)


def kept_of(request: Request) -> Kept:
    """What the application has answered so far."""
    return cast(Kept, request.app.state.kept)


def limits_of(request: Request) -> Limits:
    """How much the application does at once."""
    return cast(Limits, request.app.state.limits)


def counts_of(request: Request) -> Counts:
    """What the application counts."""
    return cast(Counts, request.app.state.counts)


def broadcast_of(request: Request) -> Broadcast:
    """What tells the ticks to all who listen."""
    return cast(Broadcast, request.app.state.broadcast)


def here(
    request: Request,
    *,
    absolute: bool = True,
    path: str | None = None,
    without: str = "",
    suffix: str = "",
    **replaced: str,
) -> str:
    """The address that was asked, `without` one parameter, or with some `replaced`, its path with `suffix`;
    or another path with the same parameters.

    The whole URL starts with the public URL of the settings where there is one: behind a proxy the request
    does not know it.
    """
    asked = request.scope.get("raw_path", request.scope["path"].encode()).decode("latin-1")
    path = (path or asked) + suffix
    query = request.scope["query_string"].decode("latin-1")
    if without or replaced:
        kept = [(name, value) for name, value in parse_qsl(query) if name != without and name not in replaced]
        query = urlencode([*kept, *replaced.items()], safe=":,")
    base = origin_of(request) if absolute else ""
    return f"{base}{path}" + (f"?{query}" if query else "")


def origin_of(request: Request) -> str:
    """What the addresses of the service begin with for who asks, without a slash at the end."""
    return (context_of(request).settings.public_url or str(request.base_url)).rstrip("/")


def path_of(request: Request) -> str:
    """The path that was asked as it was written, below that of the service."""
    asked: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    root: str = request.scope.get("root_path", "")
    return asked.decode("latin-1").removeprefix(root)


def coding_of(request: Request) -> Coding | None:
    """The coding that the request likes best; None for none."""
    return chosen(",".join(request.headers.getlist("accept-encoding")))


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The media type out of `offered` that an Accept header likes best, the first of equals; None when it
    takes none.

    An empty header takes anything. The most specific range that fits a type decides its weight (RFC 9110,
    12.5.1).
    """
    if not accept.strip():
        return offered[0]
    ranges = [weighted(each) for each in accept.split(",")]
    weights = {media_type: _weight(media_type, ranges) for media_type in offered}
    best = max(offered, key=lambda media_type: weights[media_type])
    return best if weights[best] else None


def _weight(media_type: str, ranges: Sequence[tuple[str, int]]) -> int:
    wildcard = media_type.partition("/")[0] + "/*"
    for wanted in (media_type, wildcard, "*/*"):
        found = [weight for media_range, weight in ranges if media_range == wanted]
        if found:
            return max(found)
    return 0
