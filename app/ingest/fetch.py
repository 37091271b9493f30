"""Fetch: all HTTP to upstreams, and the limits on how long, how much and how often.

An answer is believed no further than it must be: only 200 is one, a redirect is a failure, and a body that
ends early or has no end never reaches a parser.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from random import Random
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from app import __version__
from app.clock import Clock
from app.domain.errors import BadBody, BadStatus, SourceError, Unreachable
from app.ingest import body
from app.sources.base import Reply, Request

# httpx logs each URL with its query at INFO, httpcore at DEBUG, and a query may hold a key.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
"""What an answer says of its own version, and the request header that says it back."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Hosts that no proxy could reach: a mirror on this machine is asked directly, whatever the environment."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much and how often one request may take.

    `exchange` spans one attempt, from its first packet to the last byte of the body; `connect` its connection
    alone. `received` and `unpacked` are bytes of a body before and after decompression. A failure that may
    pass is tried again, up to `attempts` times in all, none later than `series` after the first; `backoff` is
    the first wait, doubled each time, plus up to one `backoff` of jitter.
    """

    connect: timedelta = timedelta(seconds=10)
    exchange: timedelta = timedelta(seconds=30)
    received: int = 5_000_000
    unpacked: int = 5_000_000
    attempts: int = 3
    series: timedelta = timedelta(seconds=90)
    backoff: timedelta = timedelta(seconds=1)


LIMITS = Limits()


class Busy(BadStatus):
    """A status that may pass by itself: 429 or 5xx.

    `again_at` is the instant before which the upstream does not want to be asked again, if it says so.
    """

    def __init__(self, source: str, detail: str, again_at: datetime | None) -> None:
        """Put the upstream's wish into the message."""
        wish = f", not to be asked before {again_at:%Y-%m-%dT%H:%M:%SZ}" if again_at else ""
        super().__init__(source, detail + wish)
        self.again_at = again_at


class Fetcher:
    """Asks upstreams, over connections that it reuses as long as it is open (`async with`).

    With `mirror`, `http://host/prefix`, an upstream's `https://H/P?Q` is asked at `http://host/prefix/H/P?Q`.
    `about` is the URL that tells an upstream's operator who asks. The environment's proxy and certificates
    (HTTPS_PROXY, SSL_CERT_FILE) are used, since some networks have no other way out; certificates are always
    verified, and no cookie is ever kept.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        mirror: str | None = None,
        about: str | None = None,
        limits: Limits = LIMITS,
        random: Random | None = None,
    ) -> None:
        """Nothing is asked before `fetch`."""
        self._clock, self._limits, self._mirror = clock, limits, mirror
        self._random = random or Random()
        self._kept: dict[str, Mapping[str, str]] = {}
        self._client = httpx.AsyncClient(
            headers={"User-Agent": user_agent(about), "Accept": "*/*", "Accept-Encoding": body.ACCEPTED},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(None, connect=limits.connect.total_seconds()),
            mounts={f"all://{host}": None for host in LOOPBACK},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    def keep(self, reply: Reply) -> None:
        """From now on, ask for `reply` only if it has changed.

        For when its content is recorded, and not sooner: were a spoilt body kept, each 304 would confirm it.
        """
        self._kept[reply.request.url] = reply.validators

    async def fetch(self, source: str, request: Request) -> Reply | None:
        """The reply to `request`, or None when it is still the one kept last.

        Raises Unreachable, BadStatus or BadBody in the name of `source`, a key.
        """
        deadline = self._clock.now() + self._limits.series
        attempt = 1
        while True:
            try:
                return await self._attempt(source, request)
            except (Unreachable, Busy) as error:
                again_at = self._again_at(error, attempt)
                if attempt == self._limits.attempts or again_at > deadline:
                    raise
            await self._clock.sleep_until(again_at)
            attempt += 1

    def _again_at(self, error: SourceError, attempt: int) -> datetime:
        """When to try again after the failed `attempt`: after the backoff, or later if that is asked for."""
        thousandths = 1000 * (1 << attempt - 1) + self._random.randrange(1000)
        again_at = self._clock.now() + self._limits.backoff * thousandths / 1000
        return max(again_at, error.again_at) if isinstance(error, Busy) and error.again_at else again_at

    async def _attempt(self, source: str, request: Request) -> Reply | None:
        where, seconds = self._where(request), self._limits.exchange.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(source, request, where)
        except TimeoutError as error:
            raise Unreachable(source, f"{where}: no complete answer within {seconds:g} s") from error
        except (httpx.TransportError, EOFError) as error:
            raise Unreachable(source, f"{where}: {reason(error)}") from error
        except body.Unusable as error:
            raise BadBody(source, f"{where} {error}") from error

    async def _exchange(self, source: str, request: Request, where: str) -> Reply | None:
        kept = self._kept.get(request.url, {})
        address, headers = mirrored(request.url, self._mirror), {**request.headers, **kept}
        async with self._client.stream("GET", address, headers=headers) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED and kept:
                return None
            if response.status_code != httpx.codes.OK:
                raise self._refusal(source, response, where)
            content = await body.read(
                response, received=self._limits.received, unpacked=self._limits.unpacked
            )
            return Reply(request, content, self._clock.now(), validators(response))

    def _where(self, request: Request) -> str:
        """What is asked, as errors call it: without its query, with the mirror."""
        return shown(request.url) + (f" (asked at {shown(self._mirror)})" if self._mirror else "")

    def _refusal(self, source: str, response: httpx.Response, where: str) -> BadStatus:
        """The error for a status other than 200."""
        status = response.status_code
        detail = f"{where} answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
        if status == httpx.codes.TOO_MANY_REQUESTS or httpx.codes.is_server_error(status):
            return Busy(source, detail, retry_after(response, self._clock.now()))
        if location := response.headers.get("Location"):
            detail += f", a redirect to {shown(location, str(response.url))}, which is not followed"
        return BadStatus(source, detail)


def user_agent(about: str | None) -> str:
    """Who asks. Some banks' firewalls turn away whatever does not begin like a browser."""
    return f"Mozilla/5.0 (compatible; Silkrate/{__version__}{f'; +{about}' if about else ''})"


def mirrored(url: str, mirror: str | None) -> str:
    """Where `url` is asked: `https://H/P?Q` at `mirror/H/P?Q`; without a mirror, at itself."""
    return f"{mirror.rstrip('/')}/{url.partition('://')[2]}" if mirror else url


def shown(url: str, base: str = "") -> str:
    """Host and path of `url`, which may be relative to `base`.

    That much may be told: a user, password, query or fragment may be secret.
    """
    try:
        parts = urlsplit(urljoin(base, url))
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]


def validators(response: httpx.Response) -> dict[str, str]:
    """The request headers that ask for this answer again only if it has changed."""
    return {asks: response.headers[says] for says, asks in VALIDATORS.items() if says in response.headers}


def retry_after(response: httpx.Response, now: datetime) -> datetime | None:
    """The instant of Retry-After, given in seconds from `now` or as an HTTP date; None when unreadable."""
    value = response.headers.get("Retry-After", "").strip()
    try:
        if value.isdecimal():
            return now + timedelta(seconds=int(value))
        named = parsedate_to_datetime(value)
        return named.replace(tzinfo=named.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def reason(error: BaseException) -> str:
    """Why an answer did not come, in the words of the innermost of the errors behind `error`."""
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    match cause := innermost(error):
        case socket.gaierror():
            return "the host name does not resolve"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not to be trusted: {cause.verify_message}"
        case ssl.SSLError():
            return f"the TLS handshake failed: {cause.reason}"
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionResetError():
            return "connection reset"
    return str(cause) or type(cause).__name__


def innermost(error: BaseException) -> BaseException:
    """The error with which it began. Of several at once (one for each address of a host), the first."""
    if isinstance(error, BaseExceptionGroup):
        return innermost(error.exceptions[0])
    inner = error.__cause__ or error.__context__
    return innermost(inner) if inner else error
