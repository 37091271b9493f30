"""What pages have from the code: make docs writes it, a test holds them to it.

A table stands between `<!-- table: name -->` and `<!-- end -->`. HTML that has the widget's module with
its version or digest has the newest.
"""

from __future__ import annotations

import re
from calendar import day_abbr, day_name
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from app.context import FILL
from app.domain import calendar, lines, numbers, rules
from app.domain.calendar import EVERY_DAY, Calendar, Continuous, Decree, Schedule
from app.ingest import backfill, breaker, fetch, poller
from app.sources.base import AHEAD, Source
from app.sources.catalog import AUTHORITY, SOURCES
from app.sources.holidays import EVERY_YEAR, FEASTS, YEARS
from app.web.embed.modules import CURRENT, MODULES
from tests.house.tree import ROOT

PLACE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
VERSION = re.compile(r"(/embed/v)\d+\.\d+\.\d+(/)")
DIGEST = re.compile(r'(ticker\.js" integrity=")[^"]*')


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    written = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(each)} |\n" for each in written)


def duration(span: timedelta) -> str:
    """A span in its largest whole unit."""
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if span.total_seconds() >= unit and not span.total_seconds() % unit:
            count = int(span.total_seconds()) // unit
            return f"{count} {name}{'s' * (count != 1)}"
    return f"{int(span.total_seconds() * 1000)} ms"


def share(part: Fraction) -> str:
    """A share in percent."""
    return f"{float(part * 100):g} %"


def sources() -> str:
    """Every source: what it says, of which days, when, how far back."""
    return table(
        (
            "key",
            "who",
            "kind",
            "pairs",
            "has rates for",
            "publishes from",
            "history since",
            "asked by default",
        ),
        (
            (
                f"`{source.key}`",
                f"[{source.name}]({source.homepage})" if source.homepage else source.name,
                source.kind,
                ", ".join(str(pair) for pair in source.pairs),
                days(source.calendar),
                window(source.calendar),
                str(source.history.since) if source.history else "none",
                asked(source),
            )
            for source in SOURCES
        ),
    )


def days(of: Calendar) -> str:
    """The effective days of a calendar, era by era."""
    if isinstance(of, Schedule):
        *earlier, last = of.eras
        before = [
            f"{weekdays(era.weekdays)} until {later.since}, since then "
            for era, later in zip(earlier, of.eras[1:], strict=True)
        ]
        return "".join([*before, weekdays(last.weekdays)])
    return {Decree: "as decreed", Continuous: "every day"}.get(type(of), "the day that it shows")


def weekdays(numbers: Iterable[int]) -> str:
    """Days of the week: Mon-Fri, Saturdays."""
    found = sorted(numbers)
    if len(found) == 7:
        return "every day"
    return f"{day_abbr[found[0]]}-{day_abbr[found[-1]]}" if len(found) > 1 else f"{day_name[found[0]]}s"


def window(of: Calendar) -> str:
    """The window of a calendar, in the source's own time."""
    if isinstance(of, Schedule):
        ahead = (
            "the day before" if of.for_next_day or of.fixing_days == EVERY_DAY else "the working day before"
        )
        when = "on the day itself" if of.fixing_days is None else f"on {ahead}"
        zone = of.zone.key.replace("Asia/", "in ")
        return f"{of.opens:%H:%M} to {of.closes:%H:%M} {zone}, {when}"
    return f"every {duration(of.every)}" if isinstance(of, Continuous) else "none"


def asked(source: Source) -> str:
    """Whether a source is asked."""
    if source.needs:
        return "no: needs a key"
    if not source.parse:
        return "needs no asking"
    return "yes" if source.default else "no"


def terms() -> str:
    """Under which terms each source is served on."""
    return table(
        ("key", "attribution", "terms", "why it may be served on"),
        ((f"`{each.key}`", each.attribution, each.terms, each.permission) for each in SOURCES),
    )


def authority() -> str:
    """Whom each pair believes first."""
    rest = [each.key for each in SOURCES]
    return table(
        ("pair", "first", "then, as far as they are on and speak for it"),
        (
            (
                pair,
                f"`{first[0]}`",
                ", ".join(f"`{key}`" for key in rest if key not in first and speaks(key, pair)),
            )
            for pair, first in AUTHORITY.items()
        ),
    )


def speaks(key: str, pair: str) -> bool:
    """Whether a source may be the headline of a pair."""
    source = next(each for each in SOURCES if each.key == key)
    return pair in map(str, source.pairs)


def holidays() -> str:
    """The days in the file of holidays."""
    years = f"each year from {YEARS.start} to {YEARS.stop - 1}"
    fixed = ((f"{country}, {years}", ", ".join(found)) for country, found in EVERY_YEAR.items())
    feasts = (
        (f"{country}, feasts to {max(days)[:4]}", ", ".join(sorted(days))) for country, days in FEASTS.items()
    )
    return table(
        ("where", "when"),
        [*fixed, *feasts],
    )


def figures() -> str:
    """The numbers of the method."""
    return table(
        ("what", "how much"),
        (
            ("significant digits of a stored rate", str(numbers.DIRECT_DIGITS)),
            ("significant digits of an inverse or a cross", str(numbers.DERIVED_DIGITS)),
            ("decimals of a percent change", str(numbers.PCT_PLACES)),
            ("significant digits of a ticker line, at least", str(lines.SHOWN_DIGITS)),
            ("a publication is late so long after the end of its window", duration(calendar.GRACE)),
            (
                "a source that speaks all day is late, and stale, after",
                f"{calendar.LATE_AFTER}, and {calendar.STALE_AFTER}, of its intervals",
            ),
            ("years of silence on a day that make it a holiday", str(calendar.SO_OFTEN)),
            (
                "units for which banks print a rate; any other nominal is rejected",
                ", ".join(map(str, sorted(rules.NOMINALS))),
            ),
            (
                "furthest ahead that a rate may be dated, or to the source's next publication day",
                f"{rules.MOST_DAYS_AHEAD} days",
            ),
            ("a jump is a move of more than", share(rules.JUMP)),
            ("against a publication that is not older than", duration(rules.JUMP_REACH)),
            ("crosses that a file needs to clear a jump, at least", str(rules.CROSSES_NEEDED)),
            ("each of them moved by less than", share(rules.CROSS_LIMIT)),
            (
                "the next publication, or a witness, clears it when it differs by no more than",
                share(rules.CONFIRMED),
            ),
            ("a witness speaks at the time, or before or after it by", duration(rules.WITNESS_REACH)),
            ("two witnesses condemn what is further from both than", share(rules.CONDEMNED)),
        ),
    )


def manners() -> str:
    """How sources are asked."""
    limits = fetch.LIMITS
    return table(
        ("what", "how much"),
        (
            ("one request, to its last byte", duration(limits.exchange)),
            ("all tries of one request", f"{limits.attempts} within {duration(limits.series)}"),
            ("a body", f"{limits.received // 1_000_000} MB, unpacked {limits.unpacked // 1_000_000} MB"),
            ("connections to a host", f"1, kept {duration(fetch.KEEPALIVE)}"),
            ("a host is left alone after", f"{breaker.TRIPS_AFTER} failures in a row"),
            (
                "it is left alone for",
                f"{duration(breaker.REST)}, doubled each time up to {duration(breaker.MOST_REST)}",
            ),
            (
                "a source that failed is asked again after",
                f"{duration(poller.AFTER_A_FAILURE)}, doubled up to {duration(poller.MOST_PATIENCE)}",
            ),
            ("every poll is later than planned, at random, by", f"up to {duration(poller.JITTER)}"),
            ("further days asked for when one did not come", str(AHEAD)),
            ("the past that is filled in at the start, and once a day", duration(FILL)),
            ("tries of a range of the past", str(backfill.TRIES)),
            ("a day's absence is believed after", duration(backfill.SETTLED)),
            ("a stretch that a range leaves out is asked for again from", duration(backfill.SILENCE)),
        ),
    )


def modules() -> str:
    """Every version of the widget, with the digest that a page names it by."""
    return table(
        ("version", "`integrity`"),
        ((each.version, f"`{each.integrity}`") for each in MODULES.values()),
    )


TABLES: Mapping[str, Callable[[], str]] = {
    "sources": sources,
    "terms": terms,
    "authority": authority,
    "holidays": holidays,
    "figures": figures,
    "manners": manners,
    "modules": modules,
}


def written(text: str) -> str:
    """`text` with every table and module in it as the code has it; raises KeyError for a table that there is
    not.
    """
    text = PLACE.sub(lambda place: f"{place[1]}{TABLES[place[2]]()}{place[3]}", text)
    text = VERSION.sub(rf"\g<1>{CURRENT.version}\2", text)
    return DIGEST.sub(rf"\g<1>{CURRENT.integrity}", text)


def pages() -> list[Path]:
    """The pages with a table or a module."""
    return [
        path
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
        if any(each.search(path.read_text(encoding="utf-8")) for each in (PLACE, VERSION, DIGEST))
    ]


if __name__ == "__main__":
    for page in pages():
        page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
