"""Content codings (RFC 9110, 8.4): which one a request takes, and the bytes of a body in it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from threading import Lock
from typing import Literal, Protocol, TypeAlias, cast, get_args

import brotli
import zstandard

Coding: TypeAlias = Literal["br", "zstd", "gzip"]

CODINGS: tuple[Coding, ...] = get_args(Coding)
"""Those that are offered, the best of equals first: br is the smallest, and what is kept is made once."""

WORTH = 600
"""Bytes from which a body is coded: a smaller one fits in the packet of its headers anyway."""

SMALL = 256 * 1024
"""Bytes up to which a body that is coded once is worth the best that there is: what is larger is asked for
seldom, and takes as long as a hundred small ones.
"""

USUAL = 200
"""Characters up to which a header is remembered, with what was chosen: those of browsers have some twenty."""

WEIGHT = r"([01])(?:\.([0-9]{0,3}))?"
"""A weight as it is written (RFC 9110, 12.4.2)."""

CODED_ALREADY = frozenset({"application/vnd.apache.parquet"})
"""Media types that no coding makes smaller."""


class Compressor(Protocol):
    """Codes a body in pieces."""

    def compress(self, chunk: bytes, /) -> bytes:
        """What can be sent after `chunk`, often nothing."""

    def flush(self) -> bytes:
        """The end, after which nothing is compressed."""


def varies(media_type: str) -> bool:
    """Whether an answer of this media type may be coded, so that it depends on Accept-Encoding."""
    return media_type.partition(";")[0] not in CODED_ALREADY


def chosen(accept_encoding: str) -> Coding | None:
    """The coding that the header Accept-Encoding likes best, the first of equals; None for the bytes as they
    are: for whoever says nothing, likes those better, or takes nothing that there is.
    """
    return (_chosen_before if len(accept_encoding) <= USUAL else _chosen)(accept_encoding)


def _chosen(accept_encoding: str) -> Coding | None:
    said = dict(map(weighted, accept_encoding.split(",")))
    said.setdefault("gzip", said.get("x-gzip", said.get("*", 0)))
    weights = {coding: said.get(coding, said.get("*", 0)) for coding in CODINGS}
    best = max(CODINGS, key=weights.__getitem__)
    return best if weights[best] and weights[best] >= said.get("identity", 0) else None


_chosen_before = lru_cache(maxsize=1024)(_chosen)


def weighted(element: str) -> tuple[str, int]:
    """What an element of an Accept header names, and its weight in thousandths; 0 for one that is not
    written as RFC 9110 has it: what is named is not taken.
    """
    name, *parameters = (part.strip().lower() for part in element.split(";"))
    weight = next((part.removeprefix("q=") for part in parameters if part.startswith("q=")), "1")
    written = re.fullmatch(WEIGHT, weight)
    return name, min(int(written[1] + (written[2] or "").ljust(3, "0")), 1000) if written else 0


def encode(content: bytes, coding: Coding) -> bytes:
    """The whole of `content`, coded; the same bytes each time."""
    return _WHOLE[coding](content)


@lru_cache(maxsize=64)
def _unchanging(content: bytes, coding: Coding) -> bytes:
    return encode(content, coding)


_making = Lock()


def encode_once(content: bytes, coding: Coding) -> bytes:
    """The same of one of the few contents that never change: it is made once, whoever else asks waits."""
    with _making:
        return _unchanging(content, coding)


def compressor(coding: Coding) -> Compressor:
    """For a body that is not known whole. Quick: what it makes is sent once."""
    return _PIECES[coding]()


class _Brotli:
    """brotli's, with the names that the others have."""

    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=5)

    def compress(self, chunk: bytes) -> bytes:
        """As the protocol has it."""
        return cast(bytes, self._compressor.process(chunk))

    def flush(self) -> bytes:
        """As the protocol has it."""
        return cast(bytes, self._compressor.finish())


def _small(content: bytes) -> bool:
    return len(content) <= SMALL


_WHOLE: Mapping[Coding, Callable[[bytes], bytes]] = {
    "br": lambda content: cast(bytes, brotli.compress(content, quality=9 if _small(content) else 5)),
    "zstd": lambda content: zstandard.ZstdCompressor(level=12 if _small(content) else 3).compress(content),
    "gzip": lambda content: gzip.compress(content, 9 if _small(content) else 6, mtime=0),
}

_PIECES: Mapping[Coding, Callable[[], Compressor]] = {
    "br": _Brotli,
    "zstd": lambda: zstandard.ZstdCompressor(level=3).compressobj(),
    "gzip": lambda: zlib.compressobj(6, wbits=31),
}
