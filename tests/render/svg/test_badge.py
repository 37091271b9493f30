from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import Row
from app.domain.change import UNCHANGED_BY_DECREE
from app.domain.pairs import TICKER, Pair
from app.render.locale import LANGUAGES, language
from app.render.svg.badge import badge
from app.render.ticker import strip
from tests.render.rows import SOM, moved, ticker
from tests.render.svg.pictures import NAMESPACE, parsed, part, texts, title, weight

BUDGET = 500
"""Bytes on the wire that a badge has at most."""

LATE = 520
"""The same of one that has to say its day as well."""


def drawn(row: Row = SOM, lang: str = "en", **how: Any) -> bytes:
    """The badge of one row."""
    words = language(lang)
    (item,) = strip(ticker(row), words, nominal="auto").items
    return badge(item, words, **how)


def test_a_badge_shows_pair_rate_and_change() -> None:
    assert texts(parsed(drawn())) == ["KGS/USD", "0.01144 ▼ -0.02%"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (moved("1.5"), "0.01144 ▲ +1.5%"),
        (moved("-1.5"), "0.01144 ▼ -1.5%"),
        (moved("0"), "0.01144 0%"),
        (moved("-0.004"), "0.01144 0%"),
        (moved(None), "0.01144"),
        (replace(SOM, change=UNCHANGED_BY_DECREE), "0.01144 0%"),
    ],
)
def test_which_way_a_rate_moved_is_told_by_a_sign_beside_the_colour(row: Row, said: str) -> None:
    root = parsed(drawn(row))
    assert texts(root)[1] == said
    assert ("▲" in said or "▼" in said) == bool(list(root.iter(f"{NAMESPACE}tspan")))


def test_up_and_down_differ_in_colour_and_what_did_not_move_has_none() -> None:
    up, down, flat = (part(parsed(drawn(moved(pct))), "style").text or "" for pct in ("1", "-1", "0"))
    assert up != down
    assert "tspan" in up
    assert "tspan" not in flat


@pytest.mark.parametrize("status", ["late", "stale"])
def test_a_rate_that_is_not_of_today_says_of_which_day_it_is(status: Any) -> None:
    content = drawn(replace(SOM, status=status))
    assert texts(parsed(content))[1] == "0.01144 ▼ -0.02% · 21 May 2026"
    assert title(content).endswith("since 20 May · 21 May 2026")


@pytest.mark.parametrize("status", ["fresh", "carried", "pegged"])
def test_a_rate_that_is_in_force_in_time_has_no_day(status: Any) -> None:
    assert "2026" not in drawn(replace(SOM, status=status)).decode()


def test_a_rate_of_a_day_that_was_asked_for_says_so() -> None:
    assert texts(parsed(drawn(dated=True)))[1].endswith(" · 21 May 2026")
    assert texts(parsed(drawn(moved(None), dated=True)))[1] == "0.01144 · 21 May 2026"


def test_simulated_rates_say_so_to_whoever_sees_or_hears_them() -> None:
    content = drawn(simulated=True)
    assert texts(parsed(content))[1].endswith(" (simulated)")
    assert title(content).endswith(" (simulated)")


def test_what_is_too_small_to_be_read_is_shown_of_a_thousand() -> None:
    sum_ = replace(SOM, pair=Pair("UZS", "USD"), base="UZS", rate=Decimal("0.00008375"))
    assert texts(parsed(drawn(sum_, "ru"))) == [
        "1\N{NO-BREAK SPACE}000 UZS/USD",
        "0,08375 ▼ -0,02\N{NO-BREAK SPACE}%",
    ]


TITLES = {
    "ky": "Кыргызстан сому, 0,01144 АКШ доллары, 20-май менен салыштырганда 0,02 пайызга төмөн",
    "kk": "Қырғызстан сомы, 0,01144 АҚШ доллары, 20 мамыр күнімен салыстырғанда 0,02 пайызға төмен",
    "tg": "Соми Қирғизистон, 0,01144 доллари ИМА, коҳиши 0,02 фоиз нисбат ба 20 Май",
    "uz": "Qirg‘iziston somi, 0,01144 AQSH dollari, 20-may kuniga nisbatan 0,02 foizga past",
    "uz-Cyrl": "Қирғизистон соми, 0,01144 АҚШ доллари, 20 май кунига нисбатан 0,02 фоизга паст",
    "tk": "Gyrgyz somy, 0,01144 ABŞ dollary, 20 maý bilen deňeşdirilende 0,02 göterim pes",
    "ru": "Кыргызский сом, 0,01144 доллара США, снижение на 0,02\N{NO-BREAK SPACE}% с 20 мая",
    "en": "Kyrgyz som, 0.01144 US dollars, down 0.02 percent since 20 May",
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_title_is_the_item_as_a_sentence_of_the_language(lang: str) -> None:
    content = drawn(lang=lang)
    root = parsed(content)
    assert title(content) == TITLES[lang]
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == lang
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == part(root, "title").get("id")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("status", "budget"), [("fresh", BUDGET), ("stale", LATE)])
def test_a_badge_is_small_in_every_language(lang: str, status: Any, budget: int) -> None:
    for pair in (each for direct in TICKER for each in (direct, direct.inverse)):
        rate = Decimal("12345.67") if pair.base == "USD" else Decimal("0.00008375")
        row = moved("-12.34", date(2025, 12, 30), pair=pair, base=pair.base, quote=pair.quote, rate=rate)
        content = drawn(replace(row, status=status), lang)
        assert weight(content) <= budget, content


def test_what_is_light_is_light_and_what_is_dark_is_dark_whatever_the_reader_likes() -> None:
    auto, light, dark = (
        part(parsed(drawn(theme=each)), "style").text or "" for each in ("auto", "light", "dark")
    )
    assert auto.startswith(light)
    assert f"{{{dark.removeprefix('text{font:11px Verdana,sans-serif}')}}}" in auto
    assert "@media" not in light + dark
    assert len({auto, light, dark}) == 3


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
)
def test_whatever_a_text_is_it_stays_a_text(text: str) -> None:
    words = language("en")
    (item,) = strip(ticker(SOM), words).items
    hostile = replace(item, symbol=text, display=text, change_display=text, label=text)
    content = badge(hostile, words)
    root = parsed(content)
    assert texts(root) == [text, f"{text} ▼ {text}"]
    assert (part(root, "title").text or "") == text
