"""Many readers from one process: each has a connection that stays open, and asks now and then.

`python -m bench.measuring.crowd SECONDS READERS PAUSE PATHS URL...`, where each reader pauses PAUSE seconds
between two questions, and asks one of the services at the URLs for the PATHS (with commas) by turns. Prints
how many answers came, and how many of them were no 200.
"""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import urlsplit

END = b"\r\n\r\n"


async def reader(url: str, paths: list[str], number: int, pause: float, until: float) -> list[bytes]:
    """The status of each answer that one reader got."""
    place, loop = urlsplit(url), asyncio.get_running_loop()
    await asyncio.sleep(pause * (number % 997) / 997)
    source, sink = await asyncio.open_connection(place.hostname, place.port)
    said = []
    while loop.time() < until:
        sink.write(f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        head = await source.readuntil(END)
        length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
        await source.readexactly(int(length.partition(b":")[2]))
        said.append(head[9:12])
        number += 1
        await asyncio.sleep(pause)
    sink.close()
    return said


async def main(seconds: str, readers: str, pause: str, paths: str, *urls: str) -> None:
    """All of them at once."""
    until = asyncio.get_running_loop().time() + float(seconds)
    asking = (
        reader(urls[number % len(urls)], paths.split(","), number, float(pause), until)
        for number in range(int(readers))
    )
    said = [status for each in await asyncio.gather(*asking) for status in each]
    print(len(said), sum(status != b"200" for status in said))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
