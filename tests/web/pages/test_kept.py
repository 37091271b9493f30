"""Pages that are kept: by their one address, by what is heeded of it and by their language, over a real
server that follows its record.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import httpx
import pytest

from app.answers import depth, overview, sources
from app.web.app import create_app
from app.web.limits import HEAVY, SERVICE
from tests.web.conftest import Client, fill, made, served

PATHS = ("/", "/pairs/KGS-USD", "/convert", "/embed")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a real server, whose answers are kept."""
    with made(tmp_path_factory.mktemp("kept")) as context:
        fill(context)
        with served(create_app(context)) as address, httpx.Client(base_url=address) as client:
            before = -1.0
            while before != asked(client):  # until the record is followed: then nothing is asked twice
                before = asked(client)
                client.get("/v1/pairs")
            yield client


def asked(real: httpx.Client) -> float:
    """How many questions were asked of the record so far."""
    lines = real.get("/metrics").text.splitlines()
    return next(float(each.split()[1]) for each in lines if each.startswith("silkrate_cache_misses_total "))


@pytest.mark.parametrize("path", PATHS)
def test_readers_of_one_address_get_each_his_own_language_however_often(
    real: httpx.Client, path: str
) -> None:
    for _, (tag, coding) in product(range(2), product(("ru", "kk", "en"), ("br", "identity"))):
        headers = {"Accept-Language": tag, "Accept-Encoding": coding}
        assert f'<html lang="{tag}">' in real.get(path, headers=headers).text
        assert (
            f'<html lang="{tag}">' in real.get(f"{path}?lang={tag}", headers={"Accept-Language": "tg"}).text
        )


@pytest.mark.parametrize("path", PATHS)
def test_what_others_add_to_an_address_makes_no_page_anew_and_is_not_passed_on(
    real: httpx.Client, path: str
) -> None:
    first = real.get(path)
    before = asked(real)
    for number in range(5):
        again = real.get(f"{path}?utm_source=letter{number}&fbclid=x{number}")
        assert again.content == first.content
        assert "letter" not in again.text
    assert asked(real) == before


def test_a_page_of_one_service_under_two_names_leads_each_to_its_own(real: httpx.Client) -> None:
    for host in ("one.test", "two.test", "one.test"):
        text = real.get("/pairs/KGS-USD", headers={"Host": host}).text
        assert f'<link rel="canonical" href="http://{host}/pairs/KGS-USD">' in text


def test_no_spelling_of_an_address_spoils_the_page_of_another(real: httpx.Client) -> None:
    fine = real.get("/pairs/KGS-USD")
    for each in ("/pairs%2FKGS-USD", "/pairs/KGS%2FUSD", "/pairs/kgs-usd", "/pairs/%4BGS-USD"):
        assert real.get(each).status_code == 308
    assert real.get("/pairs/KGS-USD").content == fine.content


def test_questions_about_years_and_about_the_service_do_not_hold_up_those_about_now(full: Client) -> None:
    assert depth.in_depth in HEAVY
    assert {sources.roll, overview.waiting} <= SERVICE
