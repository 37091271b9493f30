from __future__ import annotations

import pytest

from app.web.requests import preferred

OFFERED = ("application/json", "text/csv")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        (BROWSER, "application/json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("text/csv; charset=utf-8; header=present", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("text/csv, application/json;q=0.5", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/*", "text/csv"),
        ("*/*;q=0.1, text/csv;q=0.01", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("text/csv;q=0.001", "text/csv"),
        ("text/csv;q=nonsense, application/json;q=0.2", "application/json"),
        ("text/csv;q=2, application/json;q=0.2", "application/json"),
    ],
)
def test_the_form_that_the_asker_likes_best_is_chosen(accept: str, chosen: str) -> None:
    assert preferred(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    "accept", ["application/xml", "text/csv;q=0, application/json;q=0.0", "image/*", "*/*;q=0"]
)
def test_nothing_is_chosen_for_an_asker_who_takes_none(accept: str) -> None:
    assert preferred(accept, OFFERED) is None
