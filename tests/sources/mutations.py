"""What may happen to a body, drawn from a seed: damage brings in bytes, but never another number; misprints
change numbers, and nothing else.
"""

import re
from collections.abc import Callable
from random import Random

FOREIGN = bytes(byte for byte in range(256) if byte not in b"0123456789.,")
"""What damage brings in. No digits, no decimal marks: nobody could tell another number from a rate."""

WRITTEN = bytes(byte for byte in FOREIGN if 32 <= byte < 127)
"""Those of them that any text may have: they do not spoil the encoding, which would be noticed at once."""

NUMBER = re.compile(rb"(?<!\w)(?<!\w-)[0-9]+(?:[.,-][0-9]+)*(?!\w)")
"""A number or a date. Digits in a word, such as those of windows-1251, are none."""

DIGIT = re.compile(rb"[0-9]")
DECIMAL = re.compile(rb"(?<![\w.,])[0-9]+[.,][0-9]+(?![.,]?\w)")
NOMINAL = re.compile(rb"(?<![\w.,-])10*(?![.,-]?\w)")
NOMINALS = (b"1", b"10", b"100", b"1000", b"10000")
DAY = re.compile(rb"[0-9]{2}\.[0-9]{2}\.[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{10}")
"""A day in each form that sources write it in; the last is a Unix time."""


def damaged(body: bytes, seed: int, mishaps: int) -> bytes:
    """`body` after some mishaps; the same for the same seed."""
    random = Random(seed)
    for _ in range(mishaps):
        body = random.choice(MISHAPS)(body, random)
    return body


def misprinted(body: bytes, seed: int, slips: int) -> bytes:
    """`body` after some slips; the same for the same seed."""
    random = Random(seed)
    for _ in range(slips):
        body = random.choice(SLIPS)(body, random)
    return body


def _cut(body: bytes, random: Random) -> bytes:
    return body[: random.randint(0, len(body))]


def _lose_line(body: bytes, random: Random) -> bytes:
    """One line, unless it is the rest of a number that another mishap broke in two."""
    lines = body.splitlines(keepends=True) or [b""]
    place = random.randrange(len(lines))
    if not (place and lines[place - 1].rstrip()[-1:].isdigit()):
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
    return body[:place] + _foreign(random, random.randint(1, 4)) + body[place:]


def _foreign(random: Random, count: int) -> bytes:
    return bytes(random.choices(random.choice((FOREIGN, WRITTEN)), k=count))


def _space_out(body: bytes, random: Random) -> bytes:
    place = random.randint(0, len(body))
    return body[:place] + random.choice((b" ", b"\n", b"\r\n", b"\t")) + body[place:]


def _overwrite(body: bytes, random: Random) -> bytes:
    """One byte, unless it belongs to a number."""
    places = [place for place, byte in enumerate(body) if byte in FOREIGN]
    if not places:
        return body
    place = random.choice(places)
    return body[:place] + _foreign(random, 1) + body[place + 1 :]


MISHAPS = (_cut, _lose_line, _repeat_line, _insert, _space_out, _overwrite)


def _anew(body: bytes, random: Random, pattern: re.Pattern[bytes], write: Callable[[bytes], bytes]) -> bytes:
    """`body` with one of the places that `pattern` finds written anew."""
    places = list(pattern.finditer(body))
    if not places:
        return body
    place = random.choice(places)
    return body[: place.start()] + write(place[0]) + body[place.end() :]


def _lose_digit(body: bytes, random: Random) -> bytes:
    return _anew(body, random, NUMBER, lambda number: _anew(number, random, DIGIT, lambda digit: b""))


def _double_digit(body: bytes, random: Random) -> bytes:
    return _anew(body, random, NUMBER, lambda number: _anew(number, random, DIGIT, lambda digit: digit * 2))


def _replace_digit(body: bytes, random: Random, among: re.Pattern[bytes] = NUMBER) -> bytes:
    another = b"%d" % random.randrange(10)
    return _anew(body, random, among, lambda number: _anew(number, random, DIGIT, lambda digit: another))


def _misdate(body: bytes, random: Random) -> bytes:
    """One digit of a date."""
    return _replace_digit(body, random, DAY)


def _move_mark(body: bytes, random: Random) -> bytes:
    """The decimal mark of a number elsewhere in it, or at an end of it."""

    def moved(number: bytes) -> bytes:
        whole, mark, rest = re.split(rb"([.,])", number)
        place = random.randint(0, len(whole + rest))
        return (whole + rest)[:place] + mark + (whole + rest)[place:]

    return _anew(body, random, DECIMAL, moved)


def _swap_values(body: bytes, random: Random) -> bytes:
    """Two decimal numbers, each in the place of the other."""
    places = [place.span() for place in DECIMAL.finditer(body)]
    if len(places) < 2:
        return body
    (a, b), (c, d) = sorted(random.sample(places, 2))
    return body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


def _change_nominal(body: bytes, random: Random) -> bytes:
    return _anew(body, random, NOMINAL, lambda nominal: random.choice(NOMINALS))


SLIPS = (
    _lose_digit,
    _double_digit,
    _replace_digit,
    _move_mark,
    _swap_values,
    _change_nominal,
    _misdate,
)
