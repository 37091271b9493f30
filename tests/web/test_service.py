"""Whether it lives, whether traffic may come, how it is."""

from __future__ import annotations

from app.context import Context
from app.domain.errors import StoreMismatch
from app.web.problems import TYPES
from tests.said import at, nbkr
from tests.web.conftest import Client, break_nbkr, broken, decree, fill, say


def test_a_living_process_says_so_whatever_is_broken(context: Context) -> None:
    response = broken(context, RuntimeError("no store")).get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_an_empty_store_is_not_ready_and_says_why(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["type"]) == (503, TYPES + "not-ready")
    assert "no pair has a rate yet" in response.json()["detail"]
    assert response.headers["retry-after"] == "30"


def test_a_decree_alone_makes_nobody_ready(client: Client, context: Context) -> None:
    say(context, *decree(context), when="2026-05-19 10:00")
    assert client.get("/readyz").status_code == 503
    assert client.get("/v1/latest/TMT-USD").status_code == 200


def test_one_rate_makes_it_ready(client: Client, context: Context) -> None:
    fill(context)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_it_stays_ready_while_every_source_fails(client: Client, context: Context) -> None:
    fill(context)
    break_nbkr(context)
    assert client.get("/readyz").status_code == 200


def test_a_store_that_it_may_not_use_is_the_reason_told(context: Context) -> None:
    problem = broken(context, StoreMismatch("its schema is newer")).get("/readyz").json()
    assert (problem["status"], problem["detail"]) == (503, "The store cannot be read. The log says why.")


def test_health_tells_what_fails_and_since_when(client: Client, context: Context) -> None:
    fill(context)
    break_nbkr(context, "2026-05-21 05:00")
    health = client.get("/health").json()
    (nbkr,) = [source for source in health["sources"] if source["key"] == "nbkr"]
    assert health["status"] == "degraded"
    assert nbkr["failing_since"] == "2026-05-21T05:00:00Z"
    assert nbkr["last_error"]["kind"] == "bad-status"
    assert "answered 502" in nbkr["last_error"]["message"]


def test_health_tells_the_moment_and_the_pairs_in_the_order_of_the_ticker(full: Client) -> None:
    health = full.get("/health").json()
    assert health["at"] == at("2026-05-21 06:00").isoformat().replace("+00:00", "Z")
    assert [pair["pair"][:3] for pair in health["pairs"]] == ["KGS", "KZT", "TJS", "UZS", "TMT"]


def test_health_names_the_hash_of_all_that_is_recorded_so_that_it_can_be_noted(
    client: Client, context: Context
) -> None:
    noted = [client.get("/health").json()["head"]]
    for fill_in in (fill, lambda context: say(context, nbkr("2026-05-22"), when="2026-05-21 10:00")):
        fill_in(context)
        noted.append(client.get("/health").json()["head"])
    assert noted[0] == {"version": 0, "hash": "0" * 64}
    assert len({each["hash"] for each in noted}) == 3
    for each in noted:
        with context.store.read(each["version"]) as reader:
            assert reader.counter().hash == each["hash"]


def test_health_of_an_empty_service_is_an_answer_too(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json()["status"]) == (200, "empty")
