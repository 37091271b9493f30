"""The body of an answer: counted while it arrives, and again while it is unpacked.

httpx would unpack each part whole before anyone can count it, and 64 KiB of gzip can hold 64 MiB.
"""

from __future__ import annotations

import zlib

import httpx

ACCEPTED = "gzip"
"""The one encoding asked for: deflate means two formats, and whoever speaks it speaks gzip."""


class Unusable(Exception):
    """A body that is refused unread. The message continues a sentence that begins with its URL."""


async def read(response: httpx.Response, *, received: int, unpacked: int) -> bytes:
    """The whole body, decompressed, of a streamed answer.

    Raises Unusable when it is not what it claims to be, or larger than `received` bytes as sent or `unpacked`
    bytes in full; EOFError when it ends early.
    """
    unpack = unpacker(response)
    body = bytearray()
    async for part in response.aiter_raw():
        if response.num_bytes_downloaded > received:
            raise Unusable(f"sends more than {received:,} bytes")
        body += inflate(unpack, part, unpacked + 1 - len(body)) if unpack else part
        if len(body) > unpacked:
            raise Unusable(f"sends more than {unpacked:,} bytes when unpacked")
    if unpack and not unpack.eof:
        raise EOFError("the body ends before its gzip does")
    return bytes(body)


def unpacker(response: httpx.Response) -> zlib._Decompress | None:
    """What unpacks this answer, None when it is not packed; raises Unusable for what was not asked for."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "identity":
        return None
    if encoding in (ACCEPTED, f"x-{ACCEPTED}"):
        return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    raise Unusable(f"sends the encoding {encoding[:40]!r}, which was not asked for")


def inflate(unpack: zlib._Decompress, part: bytes, most: int) -> bytes:
    """At most `most` bytes of what `part` holds; raises Unusable when it is no gzip, or more than one."""
    try:
        content = unpack.decompress(part, most)
    except zlib.error as error:
        raise Unusable("sends as gzip what is none") from error
    if unpack.unused_data:
        raise Unusable("goes on after the end of its gzip")
    return content
