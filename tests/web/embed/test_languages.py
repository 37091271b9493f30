"""What a reader sees in each language, on screen and letter by letter, beside what Babel writes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, get_decimal_symbol
from playwright.sync_api import expect

from app.render.locale.phrases import PHRASES
from tests.web.embed.conftest import Newsroom, becomes, part, ticker

pytestmark = pytest.mark.browser

RATES = {
    "KGS/USD": "0.01144",
    "KZT/USD": "0.002124",
    "TJS/USD": "0.1078",
    "1,000 UZS/USD": "0.08333",
    "TMT/USD": "0.2857",
}
"""What is shown of the rates of today, as English writes it."""

CHANGES = ["-0.02", "+0.13", "-0.28", "+0.1", "0"]

NO_FORMATS = """
  for (const name of Object.getOwnPropertyNames(Intl))
    if (typeof Intl[name] === "function")
      Intl[name] = function () { throw new Error(`Intl.${name}`) };
  for (const each of [Number, Date, String, Array, BigInt])
    for (const name of Object.getOwnPropertyNames(each.prototype))
      if (name.includes("Locale")) each.prototype[name] = () => { throw new Error(name) };
"""


def numbered(plain: str, tag: str) -> str:
    """A number as Babel writes it, with the decimals that it has."""
    _, _, decimals = plain.partition(".")
    pattern = "#,##0" + "." * bool(decimals) + "0" * len(decimals)
    return str(format_decimal(Decimal(plain), pattern, Locale.parse(tag, sep="-")))


def percent(plain: str, tag: str) -> str:
    """A percent with its sign as Babel writes it: its own pattern leaves the decimals out."""
    suffix = Locale.parse(tag, sep="-").percent_formats[None].suffix[0]
    sign = "+" if plain.startswith("+") else ""
    return sign + numbered(plain.removeprefix("+"), tag) + suffix


def dated(tag: str) -> str:
    """Today as Babel writes it, but for English, which is as the house does."""
    day = date(2026, 5, 21)
    if tag == "en":
        return "21 May 2026"
    return str(format_date(day, "long", Locale.parse(tag, sep="-")))


@pytest.mark.parametrize("tag", PHRASES)
def test_every_text_on_screen_is_as_babel_writes_it(news: Newsroom, tag: str) -> None:
    page = news.show(f'lang="{tag}" mode=grid', init=NO_FORMATS)
    becomes(page, "live")
    assert part(page, "rate").all_inner_texts() == [numbered(rate, tag) for rate in RATES.values()]
    assert part(page, "change").all_inner_texts() == [percent(change, tag) for change in CHANGES]
    assert part(page, "symbol").all_inner_texts() == [
        symbol.replace("1,000", numbered("1000", tag)) for symbol in RATES
    ]
    around = PHRASES[tag].around
    expect(part(page, "asof")).to_have_text(f"{around.sources}{dated(tag)}", use_inner_text=False)
    expect(part(page, "button")).to_have_accessible_name(around.pause)
    expect(part(page, "bar")).to_have_accessible_name(around.name)
    expect(part(page, "bar")).to_have_attribute("lang", tag.lower())
    assert get_decimal_symbol(Locale.parse(tag, sep="-")) in part(page, "rate").first.inner_text()


@pytest.mark.parametrize("tag", PHRASES)
def test_what_is_not_well_is_said_in_the_language(news: Newsroom, tag: str) -> None:
    page = news.show(f'lang="{tag}"')
    becomes(page, "live")
    page.context.set_offline(True)
    expect(part(page, "asof")).to_contain_text(PHRASES[tag].around.offline.format(dated(tag)))
    page.context.set_offline(False)
    part(page, "button").click()
    expect(part(page, "button")).to_have_accessible_name(PHRASES[tag].around.play)


@pytest.mark.parametrize("tag", PHRASES)
def test_without_rates_it_is_said_in_the_language(news: Newsroom, tag: str) -> None:
    news.service.fail()
    page = news.show(f'lang="{tag}"')
    becomes(page, "error")
    expect(part(page, "error")).to_have_text(PHRASES[tag].around.missing)


@pytest.mark.parametrize(
    ("page_lang", "own", "spoken"),
    [
        ("ru-RU", None, "ru"),
        ("RU", None, "ru"),
        ("uz-Cyrl-UZ", None, "uz-Cyrl"),
        ("uz-Latn", None, "uz"),
        ("uz_UZ", None, "uz"),
        ("ky", "kk", "kk"),
        ("ru", "xx", "en"),
        ("fr-CA", None, "en"),
        ("", None, "en"),
        ("ru", '"><b>', "en"),
    ],
)
def test_it_speaks_the_language_of_where_it_stands(
    news: Newsroom, page_lang: str, own: str | None, spoken: str
) -> None:
    widget = news.widget("" if own is None else f"lang='{own}'")
    page = news.read(news.write(widget + news.module, lang=page_lang))
    becomes(page, "live")
    expect(part(page, "bar")).to_have_accessible_name(PHRASES[spoken].around.name)


def test_it_speaks_the_language_of_the_nearest_that_has_one(news: Newsroom) -> None:
    body = f'<div lang="ru"><div><p lang="tg"></p>{news.widget()}</div></div>'
    page = news.read(news.write(body + news.module, lang="en"))
    becomes(page, "live")
    expect(part(page, "bar")).to_have_accessible_name("Курсы валют")


def test_another_language_is_spoken_at_once(news: Newsroom) -> None:
    page = news.show("lang=ru")
    becomes(page, "live")
    ticker(page).evaluate("host => { host.lang = 'tk' }")
    expect(part(page, "bar")).to_have_accessible_name("Walýuta kurslary")
    expect(part(page, "asof")).to_contain_text("21 maý 2026")
