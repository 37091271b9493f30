"""Months of bodies, each of which comes back; `make mementos` lives a whole year."""

from __future__ import annotations

from datetime import timedelta

from app.domain.pairs import Pair
from app.store import open_store
from tests.fakes import FakeClock
from tests.ingest.year import quick_folder, utc
from tests.web.bodies import DEVALUATION, causes, life, lost

SINCE, UNTIL = DEVALUATION - timedelta(days=20), DEVALUATION + timedelta(days=10)


def test_every_body_served_around_a_devaluation_comes_back_by_its_memento() -> None:
    with quick_folder() as folder:
        served = life(SINCE, UNTIL, folder)
        store = open_store(f"sqlite:///{folder}/silkrate.db")
        assert len(served) > 150
        assert lost(folder, FakeClock(utc("2027-01-01 00:00")), served) == ([], [])
        assert "revision" in causes(store, Pair("KGS", "USD")) + causes(store, Pair("KZT", "USD"))
        with store.read() as reader:
            newest = reader.newest(Pair("UZS", "USD"), "cbu")
            held = [each for each in reader.doubts("held") if each.said.source == "cbu"]
        assert newest
        assert newest.said.effective_date > DEVALUATION.date()
        assert held == [], "the devaluation shows"
        store.close()
