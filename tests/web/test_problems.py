"""Every error as a problem document: its status, what it names, and that nobody keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.context import Context
from app.domain import errors
from app.domain.cursors import encode
from app.web.problems import MOST_TOLD, TYPES, NotAcceptable, NotReady, told
from tests.said import nbkr
from tests.web.conftest import Client, broken, say

FOREIGN = {kind: encode(kind, "another-log", place) for kind, place in (("t", "1"), ("h", "2026-05-20"))}  # type: ignore[arg-type]

PROBLEMS = {
    "/nothing": (404, "unknown-path"),
    "/v1": (404, "unknown-path"),
    "/v1/latest/KGS-USD/": (404, "unknown-pair"),
    "/static/none/site.css": (404, "unknown-path"),
    "/v1/latest/KGS-EUR": (404, "unknown-pair"),
    "/v1/sources/none": (404, "unknown-source"),
    "/v1/ticks/999": (404, "unknown-tick"),
    "/v1/latest/KGS-USD?date=1994-01-01": (404, "no-rate-at-date"),
    "/v1/ticker?date=1994-01-01": (404, "no-rate-at-date"),
    "/v1/latest/KZT-USD?max_age_days=30": (404, "too-old"),
    "/v1/ticks?after=nonsense": (400, "bad-cursor"),
    f"/v1/history/KGS-USD?after={FOREIGN['t']}": (400, "bad-cursor"),
    f"/v1/ticks?after={FOREIGN['t']}": (410, "foreign-cursor"),
    f"/v1/history/KGS-USD?after={FOREIGN['h']}": (410, "foreign-cursor"),
    "/v1/latest/TJS-USD": (503, "no-rate-yet"),
    "/v1/ticker?pairs=TJS-USD": (503, "no-rate-yet"),
    "/v1/ticker.txt?pairs=TJS-USD,UZS-USD": (503, "no-rate-yet"),
}


@pytest.mark.parametrize(("path", "expected"), PROBLEMS.items(), ids=range(len(PROBLEMS)))
def test_an_error_has_its_status_and_its_stable_type(
    full: Client, path: str, expected: tuple[int, str]
) -> None:
    response = full.get(path)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (expected[0], TYPES + expected[1])
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == path


@pytest.mark.parametrize("path", PROBLEMS, ids=range(len(PROBLEMS)))
def test_nobody_keeps_an_error(full: Client, path: str) -> None:
    response = full.get(path, if_none_match="*")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers
    assert ("retry-after" in response.headers) == (response.status_code == 503)


def test_a_cursor_of_another_log_is_told_where_to_start_again(full: Client) -> None:
    response = full.get(f"/v1/ticks?limit=2&after={FOREIGN['t']}")
    assert response.json()["restart"] == "http://rates.test/v1/ticks?limit=2"
    assert response.headers["link"] == '<http://rates.test/v1/ticks?limit=2>; rel="start"'


def test_a_pair_of_which_only_tomorrow_is_known_is_not_there_yet(client: Client, context: Context) -> None:
    say(context, nbkr("2026-05-22"), when="2026-05-21 06:00")
    problem = client.get("/v1/latest/KGS-USD").json()
    assert (problem["status"], problem["type"]) == (503, TYPES + "only-upcoming")
    assert client.get("/v1/latest").json()["upcoming"][0]["status"] == "upcoming"


@pytest.mark.parametrize("path", ["/v1/latest", "/v1/history/KGS-USD", "/v1/sources", "/health"])
def test_a_store_that_cannot_be_read_is_a_503(context: Context, path: str) -> None:
    response = broken(context, errors.StoreUnavailable("the disk is gone")).get(path)
    assert (response.status_code, response.headers["retry-after"]) == (503, "30")
    assert response.json()["type"] == TYPES + "store-unavailable"


def test_a_damaged_store_is_a_500_that_says_so(context: Context) -> None:
    problem = broken(context, errors.StoreDamaged("tick 3 is missing")).get("/v1/latest").json()
    assert (problem["status"], problem["detail"]) == (
        500,
        "The store of this service is damaged. Its log says how.",
    )


@pytest.mark.parametrize("kind", [errors.StoreUnavailable, errors.StoreMismatch, errors.StoreDamaged])
@pytest.mark.parametrize("path", ["/v1/latest", "/readyz", "/health", "/"])
def test_where_the_store_is_and_who_opens_it_is_nobodys_business(
    context: Context, path: str, kind: type[errors.StoreError]
) -> None:
    said = broken(context, kind("postgresql://10.0.0.7:5432/rates does not let silk in")).get(path).text
    assert "The store" in said
    assert not [word for word in ("10.0.0.7", "rates does", "silk in") if word in said]


@pytest.mark.parametrize("path", ["/v1/latest", "/v1/ticker.txt", "/v1/sources/nbkr", "/", "/readyz"])
def test_a_fault_of_ours_is_a_500_without_a_trace(context: Context, path: str) -> None:
    response = broken(context, RuntimeError("secret in /srv/app.py")).get(path)
    assert response.status_code == 500
    assert response.json()["type"] == TYPES + "internal-error"
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/v1/history.json", "/v1/history/KGS-USD.json", "/v1/history/KGS-USD.CSV", "/v1/history/KGS-USD.csv.gz"],
)
def test_an_ending_that_there_is_not_is_an_unknown_path_that_names_those_that_there_are(
    full: Client, path: str
) -> None:
    response = full.get(path)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (404, TYPES + "unknown-path")
    assert problem["expected"] == ".csv or .ndjson or .parquet"
    assert problem["detail"].endswith(f"{path[path.rindex('.') :]!r}.")
    assert "parameter" not in problem


LONG = "a" * 10_000


@pytest.mark.parametrize(
    "query",
    [f"{LONG}=1", f"{LONG}=1&{LONG}=2", f"source={LONG}", f"pairs={LONG}", f"after={LONG}", f"since={LONG}"],
)
def test_what_was_asked_is_not_told_again_at_any_length(full: Client, query: str) -> None:
    problem = full.get(f"/v1/history?{query}").json()
    assert problem["instance"] == f"/v1/history?{query}"[: MOST_TOLD - 3] + "..."
    assert query.startswith(problem["parameter"])
    assert all(len(str(each)) <= MOST_TOLD for each in problem.values())


def test_an_instance_is_whole_up_to_the_last_character_that_is_told(full: Client) -> None:
    whole = "/nothing?".ljust(MOST_TOLD, "a")
    assert full.get(whole).json()["instance"] == whole
    assert full.get(whole + "b").json()["instance"] == whole[: MOST_TOLD - 3] + "..."


def kinds(root: type[errors.SilkrateError]) -> Iterator[type[errors.SilkrateError]]:
    """`root` and all its descendants."""
    yield root
    for child in root.__subclasses__():
        yield from kinds(child)


@pytest.mark.parametrize("kind", [*kinds(errors.SilkrateError)])
def test_every_error_of_the_tree_can_be_told(kind: type[errors.SilkrateError]) -> None:
    error = kind.__new__(kind)
    problem = told(error, "/v1/latest")
    assert problem.type == TYPES + kind.type
    assert 400 <= problem.status <= 599
    asker = issubclass(kind, errors.QuestionError)
    assert (problem.status < 500) == asker or issubclass(kind, errors.NothingThere)


def test_types_are_told_apart_by_their_slugs() -> None:
    slugs = [kind.type for kind in kinds(errors.SilkrateError) if "type" in vars(kind)]
    assert len(slugs) == len(set(slugs))
    assert {NotAcceptable.type, NotReady.type} <= set(slugs)
