"""Fetch: all HTTP to upstreams, and the limits on whom, how long, how much and how often.

An answer is believed no further than it must be: only 200 is one, a redirect is a failure, and a body that
ends early or has no end never reaches a parser. A host is asked over one connection, one question after the
other, and left alone for a while when it fails again and again, or asks for that.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from random import Random
from typing import Protocol, Self
from urllib.parse import unquote, unquote_plus, urljoin, urlsplit

import httpx
import structlog

from app import __version__
from app.clock import Clock
from app.domain.errors import BadBody, BadStatus, NoRates, SourceError, Unreachable
from app.ingest import body
from app.ingest.breaker import Breaker
from app.sources.base import Reply, Request

log = structlog.get_logger("silkrate.fetch")

# httpx logs each URL with its query at INFO, httpcore at DEBUG, and a query may hold a key.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
"""What an answer says of its own version, and the request header that says it back."""

KEEPALIVE = timedelta(seconds=60)
"""How long an idle connection is kept: some banks hang up on whoever makes a new one for each request."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Hosts that no proxy could reach: a mirror on this machine is asked directly, whatever the environment."""

LABEL = re.compile(r"[a-z0-9-]+")
"""One label of a host name."""

LONG = 16
"""How long a key is at least that is starred in a body, too: a shorter one may be the digits of a rate."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much and how often one request may take.

    `exchange` spans one attempt, from its first packet to the last byte of the body; `connect` its connection
    alone. `received` and `unpacked` are bytes of a body before and after decompression. A failure that may
    pass is tried again, up to `attempts` times in all; `series` spans them, with the waits between them and
    every alternative. `backoff` is the first wait, doubled each time, plus up to one `backoff` of jitter.
    """

    connect: timedelta = timedelta(seconds=10)
    exchange: timedelta = timedelta(seconds=30)
    received: int = 5_000_000
    unpacked: int = 5_000_000
    attempts: int = 3
    series: timedelta = timedelta(seconds=90)
    backoff: timedelta = timedelta(seconds=1)


LIMITS = Limits()


class Fetches(Protocol):
    """What polls and backfills need of a fetcher."""

    async def fetch(self, source: str, request: Request, *, attempts: int | None = None) -> Reply | None:
        """The reply to `request`, or None when it is the one kept last; raises SourceError."""

    def keep(self, reply: Reply) -> None:
        """Note that `reply` is recorded, so that it need not be sent again."""


class Busy(BadStatus):
    """A status that may pass by itself: 429 or 5xx.

    `again_at` is the instant before which the upstream does not want to be asked again, if it says so.
    """

    def __init__(self, source: str, detail: str, again_at: datetime | None) -> None:
        """Put the upstream's wish into the message."""
        wish = f", not to be asked before {again_at:%Y-%m-%dT%H:%M:%SZ}" if again_at else ""
        super().__init__(source, detail + wish)
        self.again_at = again_at


PASSING = (Unreachable, Busy)
"""The failures that may pass by themselves."""


@dataclass(frozen=True, slots=True)
class Host:
    """One upstream host, or all those of one pattern: the client with the one connection, the breaker, and
    whose turn it is to ask.
    """

    client: httpx.AsyncClient
    breaker: Breaker
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Fetcher:
    """Asks upstreams, over one connection to each host, reused as long as it is open (`async with`).

    With `mirror`, `http://host/prefix`, an upstream's `https://H/P?Q` is asked at `http://host/prefix/H/P?Q`.
    `about` is the URL that tells an upstream's operator who asks. `hosts` are all that may be asked, by https
    (None: any); `*.` at the beginning of one stands for one label, and all that it stands for are one host.
    The environment's proxy and certificates (HTTPS_PROXY, SSL_CERT_FILE) are used, since some networks have
    no other way out; certificates are always verified, and no cookie is ever kept.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        mirror: str | None = None,
        about: str | None = None,
        hosts: Collection[str] | None = None,
        limits: Limits = LIMITS,
        random: Random | None = None,
    ) -> None:
        """Nothing is asked before `fetch`."""
        self._clock, self._limits, self._mirror, self._about = clock, limits, mirror, about
        self._allowed = hosts
        self._random = random or Random()
        self._kept: dict[str, Mapping[str, str]] = {}
        self._hosts: dict[str, Host] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        for host in self._hosts.values():
            await host.client.aclose()

    def keep(self, reply: Reply) -> None:
        """From now on, ask for `reply` only if it has changed.

        For when its content is recorded, and not sooner: were a spoilt body kept, each 304 would confirm it.
        """
        self._kept[reply.request.url] = reply.validators

    async def fetch(self, source: str, request: Request, *, attempts: int | None = None) -> Reply | None:
        """The reply to `request`, or None when it is still the one kept last.

        The alternatives are asked in their order after a failure of any kind, such as a host at rest. Those
        whose failure may pass are asked again, in at most `attempts` (default: as the limits say). Raises
        Unreachable, BadStatus, NoRates or BadBody in the name of `source`, a key: of several failures the
        first, but NoRates only where every host says so.
        """
        places = [request, *(replace(request, url=url) for url in request.alternatives)]
        for place in places:
            self._allow(source, place)
        seconds = self._limits.series.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                reply = await self._insist(source, places, attempts or self._limits.attempts)
        except TimeoutError as error:
            where = self._where(request)
            raise Unreachable(source, f"{where}: no complete answer within {seconds:g} s in all") from error
        if reply is None or reply.request is request:
            return reply
        # The validators of another host say nothing to this one.
        return replace(reply, request=request, validators={}, alternative=reply.request.url)

    async def _insist(self, source: str, places: Sequence[Request], attempts: int) -> Reply | None:
        """Ask `places` in turn until one answers, and again, while that may help, those that may yet."""
        deadline, attempt = self._clock.now() + self._limits.series, 1
        failures: dict[str, SourceError] = {}
        while True:
            for place in places:
                try:
                    return await self._ask(source, place)
                except SourceError as error:
                    failures[place.url] = error
                    if place is not places[-1]:
                        log.info("asking the next host", source=source, error=str(error))
            places = [place for place in places if isinstance(failures[place.url], PASSING)]
            again_at = self._again_at(failures.values(), attempt)
            if attempt == attempts or again_at > deadline or self._all_rest(places, again_at):
                # The first one, of those that say more than that there is nothing.
                raise min(failures.values(), key=lambda error: isinstance(error, NoRates))
            await self._clock.sleep_until(again_at)
            attempt += 1

    async def _ask(self, source: str, request: Request) -> Reply | None:
        """Ask one host once, when it is its turn, unless it is at rest."""
        host = self._host(request.host)
        async with host.turn:
            host.breaker.check(source, self._clock.now())
            try:
                reply = await self._attempt(source, request)
            except PASSING as error:
                host.breaker.failed(self._clock.now(), wish(error))
                raise
            except SourceError:
                host.breaker.answered()
                raise
            host.breaker.answered()
            return reply

    def _all_rest(self, places: Sequence[Request], at: datetime) -> bool:
        """Whether nobody is left to ask again at that instant."""
        return all(self._host(place.host).breaker.rests(at) for place in places)

    def _allow(self, source: str, request: Request) -> None:
        """Raise Unreachable for what is at none of the configured hosts, before anything is sent."""
        if self._allowed is None:
            return
        if not request.url.startswith("https://") or self._pattern(request.host) not in self._allowed:
            raise Unreachable(source, f"{shown(request.url)} is not at one of this service's hosts, by https")

    def _pattern(self, name: str) -> str:
        """The allowed host with a star that stands for `name`; `name` itself when there is none."""
        label, _, parent = name.partition(".")
        wild = f"*.{parent}"
        return wild if LABEL.fullmatch(label) and wild in (self._allowed or ()) else name

    def _host(self, name: str) -> Host:
        """The host of this name. Its client has one connection, closed when it is to lead to another name."""
        key = self._pattern(name)
        if key not in self._hosts:
            client = httpx.AsyncClient(
                headers={
                    "User-Agent": user_agent(self._about),
                    "Accept": "*/*",
                    "Accept-Encoding": body.ACCEPTED,
                },
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                timeout=httpx.Timeout(None, connect=self._limits.connect.total_seconds()),
                limits=httpx.Limits(
                    max_connections=1,
                    max_keepalive_connections=1,
                    keepalive_expiry=KEEPALIVE.total_seconds(),
                ),
                mounts={f"all://{each}": None for each in LOOPBACK},
            )
            self._hosts[key] = Host(client, Breaker(key))
        return self._hosts[key]

    def _again_at(self, failures: Iterable[SourceError], attempt: int) -> datetime:
        """When to try again after the failed `attempt`: after the backoff, or later if that is asked for."""
        thousandths = 1000 * (1 << attempt - 1) + self._random.randrange(1000)
        wishes = [wished for error in failures if (wished := wish(error))]
        return max([self._clock.now() + self._limits.backoff * thousandths / 1000, *wishes])

    async def _attempt(self, source: str, request: Request) -> Reply | None:
        where, seconds = self._where(request), self._limits.exchange.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(source, request, where)
        except TimeoutError as error:
            raise Unreachable(source, f"{where}: no complete answer within {seconds:g} s") from error
        except (httpx.TransportError, httpx.InvalidURL, EOFError) as error:
            failure: SourceError = Unreachable(source, redacted(f"{where}: {reason(error)}", request))
            raise failure from (None if request.secret else error)
        except body.Unusable as error:
            failure = BadBody(source, redacted(f"{where} {error}", request))
            raise failure from (None if request.secret else error)

    async def _exchange(self, source: str, request: Request, where: str) -> Reply | None:
        kept = self._kept.get(request.url, {})
        address, headers = mirrored(secretly(request), self._mirror), {**request.headers, **kept}
        async with self._host(request.host).client.stream("GET", address, headers=headers) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED and kept:
                return None
            if response.status_code in request.absent:
                raise NoRates(source, f"{where} answered {response.status_code}: nothing of {request.day}")
            if response.status_code != httpx.codes.OK:
                raise self._refusal(source, request, response, where)
            content = await body.read(
                response, received=self._limits.received, unpacked=self._limits.unpacked
            )
            if request.secret:  # a parser may quote what it was sent
                content = redacted(content.decode("latin-1"), request, LONG).encode("latin-1")
            return Reply(request, content, self._clock.now(), validators(response))

    def _where(self, request: Request) -> str:
        """What is asked, as errors call it: without its query, with the mirror."""
        return shown(request.url) + (f" (asked at {shown(self._mirror)})" if self._mirror else "")

    def _refusal(self, source: str, request: Request, response: httpx.Response, where: str) -> BadStatus:
        """The error for a status other than 200."""
        status = response.status_code
        detail = f"{where} answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
        if status == httpx.codes.TOO_MANY_REQUESTS or httpx.codes.is_server_error(status):
            return Busy(source, detail, retry_after(response, self._clock.now()))
        if location := response.headers.get("Location"):
            target = shown(redacted(location, request), str(response.url))
            detail += f", a redirect to {target}, which is not followed"
        return BadStatus(source, detail)


def wish(error: SourceError) -> datetime | None:
    """The instant before which an upstream does not want to be asked again, if it says so."""
    return error.again_at if isinstance(error, Busy) else None


def user_agent(about: str | None) -> str:
    """Who asks. Some banks' firewalls turn away whatever does not begin like a browser."""
    return f"Mozilla/5.0 (compatible; Silkrate/{__version__}{f'; +{about}' if about else ''})"


def secretly(request: Request) -> str:
    """The URL of `request` with its secret. For the wire alone."""
    if not request.secret:
        return request.url
    return f"{request.url}{'&' if urlsplit(request.url).query else '?'}{request.secret}"


def tells(reply: Reply) -> bool:
    """Whether a body may repeat the key that it was asked with: a short one is not starred in it."""
    body = reply.body.decode("latin-1")
    return redacted(body, reply.request) != body


def redacted(text: str, request: Request, least: int = 1) -> str:
    """`text` with `***` for the values in the secret of `request`: whoever is told a key may repeat it. Those
    of fewer than `least` characters are left.
    """
    values = [part.partition("=")[2] or part for part in request.secret.split("&") if part]
    long = [value for value in values if len(unquote(value)) >= least]
    spelt = {spelling for value in long for spelling in (value, unquote(value), unquote_plus(value))}
    pattern = "|".join(re.escape(each) for each in sorted(spelt, key=len, reverse=True))
    return re.sub(pattern, "***", text, flags=re.IGNORECASE) if pattern else text


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
