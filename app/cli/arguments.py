"""The arguments that several commands share, read strictly: a usage error says what would be right."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import typer


def day(text: str) -> date:
    """The calendar day written `2026-05-21`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text[:40]!r} is no day; write it as 2026-05-21.") from None


def time_zone(text: str) -> ZoneInfo:
    """The zone with this IANA name."""
    try:
        return ZoneInfo(text)
    except (ValueError, LookupError, OSError):  # a path that climbs, an unknown name, a folder of names
        raise typer.BadParameter(f"{text[:40]!r} is no time zone; write it as Asia/Bishkek.") from None


def Day(description: str, *names: str) -> Any:
    """An option that is a calendar day; called as its parameter is, unless by other `names`."""
    return typer.Option(*names, parser=day, metavar="DAY", help=description)


def Zone(description: str) -> Any:
    """An option that is a time zone."""
    return typer.Option(parser=time_zone, metavar="ZONE", help=description)
