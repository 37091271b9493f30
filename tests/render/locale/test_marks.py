from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal

import pytest
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pairs import SIX
from app.domain.ticks import EVERY_TICK
from app.render.locale import LANGUAGES, language

SPACE = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"

CLDR = [tag for tag in LANGUAGES if tag != "en"]
"""The languages that are written as CLDR has them. English has the day first."""

NUMBERS = (
    "0",
    "7",
    "-7",
    "999",
    "1000",
    "-12345.01149",
    "1234567.8",
    "0.00008208",
    "-0.5",
    "3.500",
    "471.20",
)

PLAIN = st.from_regex(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", fullmatch=True)


@pytest.mark.parametrize("tag", CLDR)
def test_thousands_stand_apart_and_no_line_ends_between_them(tag: str) -> None:
    assert language(tag).number("12345.01149") == f"12{SPACE}345,01149"
    assert language(tag).number("-1234567.50") == f"-1{SPACE}234{SPACE}567,50"


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("ky", ("-0,22%", "0%")),
        ("kk", ("-0,22%", "0%")),
        ("tg", ("-0,22%", "0%")),
        ("uz", ("-0,22%", "0%")),
        ("uz-Cyrl", ("-0,22%", "0%")),
        ("tk", (f"-0,22{SPACE}%", f"0{SPACE}%")),
        ("ru", (f"-0,22{SPACE}%", f"0{SPACE}%")),
        ("en", ("-0.22%", "0%")),
    ],
)
def test_the_sign_of_a_percent_stands_where_the_language_has_it(tag: str, written: tuple[str, str]) -> None:
    assert (language(tag).percent("-0.22%"), language(tag).percent("0%")) == written


@pytest.mark.parametrize(
    ("tag", "dated", "day", "other_year"),
    [
        ("ky", "2026-ж., 5-май", "5-май", "2025-ж. 30-декабрь"),
        ("kk", f"2026{NARROW}ж. 5 мамыр", "5 мамыр", f"2025{NARROW}ж. 30 желтоқсан"),
        ("tg", "05 Май 2026", "5 Май", "30 Декабр 2025"),
        ("uz", "5-may, 2026", "5-may", "2025-yil 30-dekabr"),
        ("uz-Cyrl", "5 май, 2026", "5 май", "2025 йил 30 декабрь"),
        ("tk", "5 maý 2026", "5 maý", "30 dekabr 2025"),
        ("ru", f"5 мая 2026{NARROW}г.", "5 мая", f"30 декабря 2025{NARROW}г."),
        ("en", "5 May 2026", "5 May", "30 December 2025"),
    ],
)
def test_a_day_has_its_year_unless_it_stands_beside_it(
    tag: str, dated: str, day: str, other_year: str
) -> None:
    may, december = date(2026, 5, 5), date(2025, 12, 30)
    said = language(tag)
    assert (said.day(may), said.day(may, may), said.day(december, may)) == (dated, day, other_year)


@pytest.mark.parametrize(
    ("tag", "months"),
    [
        (
            "ky",
            "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        ),
        ("kk", "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан"),
        ("tg", "Январ Феврал Март Апрел Май Июн Июл Август Сентябр Октябр Ноябр Декабр"),
        ("uz", "yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr"),
        (
            "uz-Cyrl",
            "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        ),
        ("tk", "ýanwar fewral mart aprel maý iýun iýul awgust sentýabr oktýabr noýabr dekabr"),
        ("ru", "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"),
        (
            "en",
            "January February March April May June July August September October November December",
        ),
    ],
)
def test_months_are_spelled_as_in_the_newspaper(tag: str, months: str) -> None:
    days = [date(2026, month, 20) for month in range(1, 13)]
    assert [language(tag).day(day, day).lstrip("20- ") for day in days] == months.split()


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        (
            "ky",
            "Кыргызстан сому, Казакстан теңгеси, Тажикстан сомониси, Өзбекстан суму, Түркмөнстан манаты,"
            " АКШ доллары",
        ),
        (
            "kk",
            "Қырғызстан сомы, Қазақстан теңгесі, Тәжікстан сомониі, Өзбекстан сомы, Түрікменстан манаты,"
            " АҚШ доллары",
        ),
        (
            "tg",
            "Соми Қирғизистон, Тангаи Қазоқистон, Сомонии Тоҷикистон, Сӯми Ӯзбекистон, Манати Туркманистон,"
            " Доллари ИМА",
        ),
        (
            "uz",
            "Qirg‘iziston somi, Qozog‘iston tengesi, Tojikiston somonisi, O‘zbekiston so‘mi,"
            " Turkmaniston manati, AQSH dollari",
        ),
        (
            "uz-Cyrl",
            "Қирғизистон соми, Қозоғистон тенгеси, Тожикистон сомониси, Ўзбекистон сўми, Туркманистон манати,"
            " АҚШ доллари",
        ),
        ("tk", "Gyrgyz somy, Gazak teňňesi, Täjik somonisi, Özbek somy, Türkmen manady, ABŞ dollary"),
        (
            "ru",
            "кыргызский сом, казахстанский тенге, таджикский сомони, узбекский сум, туркменский манат,"
            " доллар США",
        ),
        (
            "en",
            "Kyrgyz som, Kazakhstani tenge, Tajikistani somoni, Uzbekistani sum, Turkmenistani manat,"
            " US dollar",
        ),
    ],
)
def test_every_currency_is_named_in_the_language(tag: str, names: str) -> None:
    assert [language(tag).currency(code) for code in SIX] == names.split(", ")


def test_uzbek_has_one_sign_in_its_letters_and_one_for_the_stop() -> None:
    name, promise = language("uz").about(EVERY_TICK)
    said = [*map(language("uz").currency, SIX), name, promise]
    assert set("".join(said)) & set("'`´ʻʼ‘’") == {"\u2018", "\u2019"}


@pytest.mark.parametrize("plain", NUMBERS)
@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_number_is_the_one_that_babel_writes(tag: str, plain: str) -> None:
    locale = Locale.parse(tag, sep="-")
    decimals = "0" * len(plain.partition(".")[2])
    pattern = "#,##0." + decimals if decimals else "#,##0"
    assert language(tag).number(plain) == format_decimal(Decimal(plain), pattern, locale)


@pytest.mark.parametrize("plain", [each for each in NUMBERS if not each.endswith("0") or len(each) == 1])
@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_percent_is_the_one_that_babel_writes(tag: str, plain: str) -> None:
    locale = Locale.parse(tag, sep="-")
    pattern = locale.percent_formats[None].pattern.replace("#,##0", "#,##0.########")
    assert language(tag).percent(f"{plain}%") == format_percent(Decimal(plain) / 100, pattern, locale)


@pytest.mark.parametrize("tag", CLDR)
def test_a_day_is_the_one_that_babel_writes(tag: str) -> None:
    days = [date(2024, 2, 29) + timedelta(days=29 * each) for each in range(40)]
    written = [language(tag).day(day) for day in days]
    if tag == "uz-Cyrl":
        written = [each.replace("ь", "") for each in written]  # the house's spelling
    assert written == [format_date(day, "long", Locale.parse(tag, sep="-")) for day in days]


@given(plain=PLAIN)
@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_digit_changes_on_the_way(tag: str, plain: str) -> None:
    point = "." if tag == "en" else ","
    written = language(tag).number(plain)
    assert written.replace("," if tag == "en" else SPACE, "").replace(point, ".") == plain


def test_english_needs_nothing_of_cldr_to_be_loaded() -> None:
    code = (
        "import sys, app.web.app\n"
        "from app.render.locale import language\n"
        "assert language('en').number('1234.5') == '1,234.5'\n"
        "assert 'babel' not in sys.modules\n"
        "assert language('ru').number('1234.5') == '1\\xa0234,5'\n"
        "assert 'babel' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
