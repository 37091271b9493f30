"""Damage to a body: cut, lost, repeated and foreign bytes, drawn from a seed."""

from random import Random

FOREIGN = bytes(byte for byte in range(256) if byte not in b"0123456789.,")
"""What damage brings in. No digits, no decimal marks: nobody could tell another number from a rate."""


def damaged(body: bytes, seed: int, mishaps: int) -> bytes:
    """`body` after some mishaps; the same for the same seed."""
    random = Random(seed)
    for _ in range(mishaps):
        body = random.choice(MISHAPS)(body, random)
    return body


def _cut(body: bytes, random: Random) -> bytes:
    return body[: random.randint(0, len(body))]


def _lose_line(body: bytes, random: Random) -> bytes:
    """One line, unless it is the rest of a number that another mishap broke in two."""
    lines = body.splitlines(keepends=True) or [b""]
    place = random.randrange(len(lines))
    if not lines[place][:1].isdigit():
        del lines[place]
    return b"".join(lines)


def _repeat_line(body: bytes, random: Random) -> bytes:
    """One line again: anywhere, or next to itself where it holds a number: elsewhere that is another rate."""
    lines = body.splitlines(keepends=True) or [b""]
    place = random.randrange(len(lines))
    numbered = any(digit in b"0123456789" for digit in lines[place])
    lines.insert(place if numbered else random.randrange(len(lines)), lines[place])
    return b"".join(lines)


def _insert(body: bytes, random: Random) -> bytes:
    place = random.randint(0, len(body))
    return body[:place] + bytes(random.choices(FOREIGN, k=random.randint(1, 4))) + body[place:]


def _space_out(body: bytes, random: Random) -> bytes:
    place = random.randint(0, len(body))
    return body[:place] + random.choice((b" ", b"\n", b"\r\n", b"\t")) + body[place:]


def _overwrite(body: bytes, random: Random) -> bytes:
    """One byte, unless it belongs to a number."""
    places = [place for place, byte in enumerate(body) if byte in FOREIGN]
    if not places:
        return body
    place = random.choice(places)
    return body[:place] + bytes((random.choice(FOREIGN),)) + body[place + 1 :]


MISHAPS = (_cut, _lose_line, _repeat_line, _insert, _space_out, _overwrite)
