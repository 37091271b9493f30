"""The words of the pages: every language has all of them, and a reader gets his own."""

from __future__ import annotations

import re

import pytest

from app.web.pages.words import FOLDER, NAMES, preferred
from tests.web.catalogues import LANGUAGES, known, said, written
from tests.web.conftest import Client
from tests.web.pages.conftest import page

PLACES = re.compile(r"%\(\w+\)s|</?\w+>")

PATHS = [
    "/",
    "/pairs/KGS-USD",
    "/pairs/TJS-KZT",
    "/pairs/KGS-USD/explain",
    "/convert",
    "/sources",
    "/embed",
    "/ticks/3",
]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_catalogue_has_what_the_templates_say_and_no_more(tag: str) -> None:
    assert (FOLDER / f"{tag}.po").read_bytes() == written(tag), "make words"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_message_is_translated_with_all_that_is_filled_into_it(tag: str) -> None:
    catalogue = known(tag)
    for english in (str(each.id) for each in said() if each.id):
        found = catalogue.get(english)
        assert found, english
        assert found.string, f"{tag} lacks {english!r}"
        there = str(found.string)
        assert sorted(PLACES.findall(there)) == sorted(PLACES.findall(english)), english
        assert (there[-1] in ".:") == (english[-1] in ".:"), english


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_language_is_not_english_under_another_name(tag: str) -> None:
    same = {each.id for each in known(tag) if each.id and each.id == each.string}
    assert same <= {"API", "JSON", "Element", "HTML"}


@pytest.mark.parametrize("tag", NAMES)
@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_there_in_every_language(rich: Client, path: str, tag: str) -> None:
    response = rich.get(f"{path}?lang={tag}")
    assert response.status_code == 200
    assert response.headers["content-language"] == tag
    assert f'<html lang="{tag}">' in response.text
    found = page(rich, f"{path}?lang={tag}")
    assert found.facts == page(rich, f"{path}?lang=en").facts
    if path != "/ticks/3":
        assert (found.text == page(rich, f"{path}?lang=en").text) == (tag == "en")


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("ru-KG,ru;q=0.9,en;q=0.8", "ru"),
        ("de-DE,de;q=0.9", "en"),
        ("de, kk;q=0.5, ru;q=0.7", "ru"),
        ("uz-Cyrl-UZ", "uz-Cyrl"),
        ("uz-Latn-UZ", "uz"),
        ("KY", "ky"),
        ("ru;q=0, tg", "tg"),
        ("*", "en"),
        ("en-GB, ru", "en"),
        (",;;=,", "en"),
    ],
)
def test_a_reader_gets_the_language_that_his_browser_likes_best(rich: Client, header: str, tag: str) -> None:
    assert preferred(header).tag == tag
    response = rich.get("/convert", accept_language=header)
    assert response.headers["content-language"] == tag
    assert "Accept-Language" in response.headers["vary"]


def test_a_language_that_was_chosen_goes_before_that_of_the_browser_and_stays(rich: Client) -> None:
    response = rich.get("/?lang=ky", accept_language="ru")
    assert response.headers["content-language"] == "ky"
    assert "Accept-Language" not in response.headers["vary"]
    found = page(rich, "/?lang=ky", accept_language="ru")
    led = [each for each in found.addresses if each.startswith(("pairs/", "sources", "convert"))]
    assert led
    assert all("lang=ky" in each for each in led)


def test_two_readers_of_one_address_get_each_his_own_language(rich: Client) -> None:
    russian, kazakh = (rich.get("/sources", accept_language=each).text for each in ("ru", "kk"))
    assert '<html lang="ru">' in russian
    assert '<html lang="kk">' in kazakh
    for _ in range(2):  # kept, too
        assert '<html lang="ru">' in rich.get("/", accept_language="ru").text
        assert '<html lang="kk">' in rich.get("/", accept_language="kk").text


def test_a_page_leads_to_itself_in_every_other_language_with_all_that_was_asked(rich: Client) -> None:
    found = page(rich, "/pairs/KGS-USD?range=30d&lang=ru")
    assert {f"?range=30d&lang={tag}" for tag in NAMES} <= set(found.addresses)


def test_numbers_have_the_marks_of_the_language(rich: Client) -> None:
    assert (
        "100 USD = 8\N{NO-BREAK SPACE}745,00 KGS".replace("\N{NO-BREAK SPACE}", " ")
        in page(rich, "/convert?lang=ru").text
    )
