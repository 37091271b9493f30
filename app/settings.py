"""The settings: what the environment says, read once, checked whole, never changed after."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from app.domain.errors import SettingsError, UnknownPair
from app.domain.pairs import canonical, parse_pair

PREFIX = "SILKRATE_"

SHORTEST, LONGEST = timedelta(milliseconds=50), timedelta(days=1)
"""The bounds of a poll interval: a shorter one floods the upstream, a longer one misses whole days."""


def whole_url(url: str) -> str:
    """`url` if it has a scheme and something after it; raises ValueError."""
    if not re.fullmatch(r"[a-z][a-z0-9+]*://\S+", url):
        raise ValueError("it should be a URL")
    return url


def http_url(url: str) -> str:
    """`url` without a slash at its end; raises ValueError unless it is http(s), ASCII, and has no query."""
    parts = urlsplit(url)
    if not url.isascii():
        raise ValueError("it should be in ASCII: other letters as DNS has them, with xn--")
    if parts.scheme not in ("http", "https") or not parts.hostname or not re.fullmatch(r"[!-~]+", url):
        raise ValueError("it should be an http or https URL in ASCII")
    if parts.port == 0:  # a port that is no number, or too large, is a ValueError by itself
        raise ValueError("it should have a port that can be asked")
    if "?" in url or "#" in url:
        raise ValueError("it should end with its path, without ? or #")
    return url.rstrip("/")


def bare_host(host: str) -> str:
    """`host` if it can be a name or an address; raises ValueError."""
    if not re.fullmatch(r"[\w.:-]+", host, re.ASCII):
        raise ValueError("it should be a host name or an IP address, without scheme or port")
    return host


def whole_key(key: str) -> str:
    """`key` if it is one word of printable ASCII; raises ValueError."""
    if not re.fullmatch(r"[!-~]+", key):
        raise ValueError("it should be the key as it was given, without spaces")
    return key


def split_keys(given: object) -> object:
    """The keys of a text with commas, in their order; anything else as it is."""
    return (
        tuple(key for part in given.split(",") if (key := part.strip())) if isinstance(given, str) else given
    )


def some_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """`keys` without repeats; raises ValueError when there is none."""
    if not keys:
        raise ValueError("it should name a source")
    return tuple(dict.fromkeys(keys))


def read_json(given: object) -> object:
    """What a JSON text says; anything else as it is. Raises ValueError."""
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError as error:
        raise ValueError(f"it should be JSON: {error}") from error


def filed(authority: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """`authority` with each pair in the direction of the ticker; raises ValueError."""
    try:
        pairs = {text: str(canonical(parse_pair(text, crosses=False))) for text in authority}
    except UnknownPair as error:
        raise ValueError(str(error)) from error
    if len(set(pairs.values())) < len(pairs):
        raise ValueError("it should name a pair once, in one direction")
    return {pairs[text]: keys for text, keys in authority.items()}


def span(given: object) -> object:
    """A text with a number of seconds, which may have a fraction, as a timedelta; anything else as it is."""
    try:
        seconds = Decimal(given) if isinstance(given, str) else None
        return given if seconds is None else timedelta(microseconds=int(seconds * 1_000_000))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError("it should be a number of seconds") from error


def bearable(interval: timedelta) -> timedelta:
    """`interval` if a source may be asked that often; raises ValueError."""
    if not SHORTEST <= interval <= LONGEST:
        least, most = SHORTEST.total_seconds(), LONGEST.total_seconds()
        raise ValueError(f"it should be from {least:g} to {most:g} seconds")
    return interval


HttpUrl = Annotated[str, AfterValidator(http_url)]
Keys = Annotated[tuple[str, ...], BeforeValidator(split_keys), AfterValidator(some_keys)]
Authority = Annotated[Mapping[str, Keys], BeforeValidator(read_json), AfterValidator(filed)]
Interval = Annotated[timedelta, BeforeValidator(span), AfterValidator(bearable)]


class Settings(BaseModel):
    """What an operator decides. Each field is an environment variable: SILKRATE_ and its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, AfterValidator(whole_url)] = Field(
        default="sqlite:///data/silkrate.db",
        description=(
            "Where the store is: sqlite:/// and a path, relative to the working directory; or"
            " postgresql://user@host/database, with more hosts after commas."
        ),
        examples=["sqlite:///data/silkrate.db"],
    )
    public_url: HttpUrl | None = Field(
        default=None,
        description=(
            "The URL of the service as its users see it; unset, links begin as each request did. Its host, if"
            " that is a DNS name, is in the ids of feeds, `silkrate` otherwise."
        ),
        examples=["https://rates.example.org"],
    )
    sources: Keys | None = Field(
        default=None,
        description="The keys of the sources that are asked, with commas; unset, all that are on by default.",
        examples=["nbkr,peg"],
    )
    authority: Authority | None = Field(
        default=None,
        description="A JSON object of pairs and, for each, the keys of its sources, the most trusted first.",
        examples=['{"KGS/USD": ["nbkr", "page"]}'],
    )
    poll_interval: Interval | None = Field(
        default=None,
        description="Seconds, from 0.05 to 86400, between two polls; unset, each source has its own windows.",
        examples=["300"],
    )
    upstream_mirror: HttpUrl | None = Field(
        default=None,
        description="http://host/prefix, where an upstream's https://H/P is asked as http://host/prefix/H/P.",
        examples=["http://mirror.example.org/upstreams"],
    )
    openexchangerates_app_id: Annotated[str, AfterValidator(whole_key)] | None = Field(
        default=None,
        repr=False,
        description="The key to Open Exchange Rates, for when SILKRATE_SOURCES names openexchangerates.",
        examples=["your-app-id"],
    )
    keep_bodies_days: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Days after which what a source answered is dropped; unset, it is kept for ever.",
        examples=["365"],
    )
    keep_intraday_days: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Days after which a day that a source spoke all day is kept as one row; unset, never.",
        examples=["400"],
    )
    host: Annotated[str, AfterValidator(bare_host)] = Field(
        default="127.0.0.1",
        description="The address to listen on; 0.0.0.0 is every IPv4 address of the machine.",
        examples=["0.0.0.0"],
    )
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        description="The port to listen on; 0 is any free one.",
        examples=["8000"],
    )
    max_streams: int = Field(
        default=10_000,
        ge=0,
        le=1_000_000,
        description="How many streams of ticks one process holds open; who comes then is told to come again.",
        examples=["2000"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="What serve logs from; debug has a line for each request that was not answered ready.",
        examples=["debug"],
    )
    simulated: bool = Field(
        default=False,
        description="Whether the upstreams are simulated, which every answer then says of its rates.",
        examples=["true"],
    )

    @property
    def store(self) -> str:
        """Where the store is, for people to read: the URL without user, password and parameters."""
        return re.sub(r"://(?!/)\S*@", "://", self.database_url.partition("?")[0])

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of all that shapes an answer: other settings may give other bytes."""
        shaping = {
            "public_url": self.public_url,
            "sources": sorted(self.sources) if self.sources else None,
            "authority": dict(self.authority) if self.authority else None,
            "simulated": self.simulated,
        }
        return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:12]


SECRET = frozenset({"openexchangerates_app_id"})
"""The settings whose value is never shown."""

NAMES = {PREFIX + field.upper(): field for field in Settings.model_fields}
"""The environment variables that are settings, and their fields."""

NEAR = 0.4
"""How alike a name must be to one that is suggested; URL and PUBLIC_URL are so by 0.46."""


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of `environ` (None: the process's own); a variable that is empty counts as unset.

    Raises SettingsError for the first that is wrong, and for a SILKRATE_ variable that is no setting.
    """
    environ = os.environ if environ is None else environ
    ours = {name: value for name, value in environ.items() if name.upper().startswith(PREFIX)}
    for name in ours.keys() - NAMES.keys():
        raise SettingsError(f"{name} is not a setting; {meant(name)}.")
    try:
        return Settings.model_validate({NAMES[name]: value for name, value in ours.items() if value.strip()})
    except ValidationError as error:
        raise SettingsError(explained(error.errors()[0], ours)) from error


def meant(name: str) -> str:
    """The setting that was probably meant by `name`; all of them when none is near."""
    near = get_close_matches(name[len(PREFIX) :].lower(), Settings.model_fields, n=1, cutoff=NEAR)
    if near:
        return f"the nearest one is {PREFIX}{near[0].upper()}"
    return f"the settings are {', '.join(NAMES)}"


def explained(wrong: ErrorDetails, environ: Mapping[str, str]) -> str:
    """What is wrong with a setting and what would be right, in one line, without a password."""
    field = str(wrong["loc"][0])
    name = PREFIX + field.upper()
    value = "***" if field in SECRET else re.sub(r"//\S*@", "//***@", environ[name])
    why = wrong["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    example = (Settings.model_fields[field].examples or [""])[0]
    return f"{name} is {value[:100]!r}: {why.rstrip('.')}. For example: {name}={example}"
