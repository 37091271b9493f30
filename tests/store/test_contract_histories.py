"""Random histories against a model in plain Python: what was in force at every version, by every question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.observations import ACCEPTED, Judgement, Recorded, Verdict
from app.store import open_store
from app.store.base import Reader, Store, Writer
from tests.store.conftest import ENGINES
from tests.store.given import HELD, KGS, NOW, REJECTED, RELEASED, day, said, tick

VERDICTS: dict[Verdict, Judgement] = {"accepted": ACCEPTED, "held": HELD, "rejected": REJECTED}
DAYS, HOURS = range(3), (0, 12)


class Abandoned(Exception):
    """What makes a transaction of the test fail at its end."""


@dataclass(frozen=True)
class Add:
    """Something new is said."""

    on: int
    hour: int
    verdict: Verdict


@dataclass(frozen=True)
class Judge:
    """The observation with this number, modulo all, is judged again."""

    number: int
    verdict: Verdict


@dataclass(frozen=True)
class Append:
    """A tick is written."""


@dataclass(frozen=True)
class Transaction:
    """Some steps, thrown away at the end when it is `abandoned`."""

    steps: tuple[Add | Judge | Append, ...]
    abandoned: bool


@dataclass
class Fact:
    """An observation as the model sees it: as it stands, and every verdict with its version."""

    recorded: Recorded
    verdicts: tuple[tuple[int, Verdict], ...]

    def in_force(self, version: int) -> bool:
        """Whether it is in force at `version`."""
        known = [verdict for since, verdict in self.verdicts if since <= version]
        return known[-1:] == ["accepted"]


@dataclass
class Model:
    """The same history, kept in a list."""

    facts: list[Fact] = field(default_factory=list)

    def copy(self) -> Model:
        """A copy that can be thrown away."""
        return Model([replace(fact) for fact in self.facts])

    def datum(self, on: int, hour: int) -> list[Fact]:
        """What was said of one instant."""
        observed_at = said(on=on, hour=hour).observed_at
        return [fact for fact in self.facts if fact.recorded.said.observed_at == observed_at]

    def publications(self, version: int) -> list[tuple[date, int]]:
        """Day and id of what is in force at `version`, of each instant the newest revision."""
        newest = {
            fact.recorded.said.observed_at: fact.recorded for fact in self.facts if fact.in_force(version)
        }
        return [(newest[at].said.effective_date, newest[at].id) for at in sorted(newest)]

    def spans(self, version: int) -> list[tuple[date, date, int]]:
        """First and last day of what is in force at `version`, and how much that is; nothing of nothing."""
        days = [day for day, _ in self.publications(version)]
        return [(min(days), max(days), len(days))] if days else []

    def meant(self, since: date) -> list[Recorded]:
        """What was said from a day on, in its newest revision that is a rate at all."""
        rates = {
            fact.recorded.said.observed_at: fact.recorded
            for fact in self.facts
            if fact.recorded.judgement != REJECTED and fact.recorded.said.effective_date >= since
        }
        return [rates[at] for at in sorted(rates)]

    def doubts(self, verdict: Verdict) -> list[Recorded]:
        """What has this verdict, newest first."""
        found = [fact.recorded for fact in self.facts if fact.recorded.judgement.verdict == verdict]
        return sorted(found, key=lambda each: -each.id)


def take(step: Add | Judge | Append, writer: Writer, model: Model, source: str) -> None:
    """Take one step in the store and in the model."""
    if isinstance(step, Append):
        writer.append(tick(writer, said(source=source)))
    elif isinstance(step, Add):
        revision = len(model.datum(step.on, step.hour))
        observation = said(str(87 + revision), step.on, hour=step.hour, source=source)
        added = writer.add(observation, revision, VERDICTS[step.verdict])
        model.facts.append(Fact(added, ((writer.version, step.verdict),)))
    elif model.facts:
        fact = model.facts[step.number % len(model.facts)]
        fact.verdicts += ((writer.version, step.verdict),)
        judgement = RELEASED if step.verdict == "accepted" else VERDICTS[step.verdict]
        fact.recorded = writer.judge(fact.recorded, judgement)


def run(store: Store, source: str, history: list[Transaction]) -> Iterator[tuple[int, Model]]:
    """Write a history; gives, after each transaction, the version that it should have left and the model."""
    with store.read() as reader:
        version = reader.counter().version
    model = Model()
    for transaction in history:
        draft = model.copy()
        with suppress(Abandoned), store.write(NOW) as writer:
            for step in transaction.steps:
                take(step, writer, draft, source)
            wrote = writer.counter().version > version
            if transaction.abandoned:
                raise Abandoned
        if not transaction.abandoned:
            version, model = version + wrote, draft
        yield version, model


def spans(reader: Reader, source: str) -> list[tuple[date, date, int]]:
    """The same of a store."""
    return [(each.first, each.last, each.publications) for each in reader.extents() if each.source == source]


@pytest.fixture(scope="module", params=ENGINES)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all histories, each under a source of its own: making one takes longer than using it."""
    folder: Path = tmp_path_factory.mktemp("histories")
    store = open_store(ENGINES[request.param](folder))
    store.upgrade()
    yield store
    store.close()


sources = map("s{}".format, count())
verdicts = st.sampled_from(sorted(VERDICTS))
steps = st.one_of(
    st.builds(Add, st.sampled_from(DAYS), st.sampled_from(HOURS), verdicts),
    st.builds(Judge, st.integers(0, 20), verdicts),
    st.builds(Append),
)
transactions = st.builds(Transaction, st.lists(steps, max_size=4).map(tuple), st.booleans())


@pytest.mark.fuzz
@given(st.lists(transactions, max_size=8))
def test_any_history_is_told_as_it_was_known_at_each_of_its_versions(
    shared: Store, history: list[Transaction]
) -> None:
    source = next(sources)
    told = dict(run(shared, source, history))
    if not told:
        return
    final = list(told.values())[-1]
    for version, model in told.items():
        with shared.read(version) as reader:
            found = list(reader.publications(KGS, source))
            assert [(each.said.effective_date, each.id) for each in found] == model.publications(version)
            assert final.publications(version) == model.publications(version)
            assert spans(reader, source) == model.spans(version)
            assert reader.doubts("held", source=source) == model.doubts("held")
            for on in DAYS:
                newest = reader.newest(KGS, source, until=day(on))
                known = [number for at, number in model.publications(version) if at <= day(on)]
                assert (newest.id if newest else None) == (known[-1] if known else None)
    with shared.read() as reader:
        for on in DAYS:
            assert reader.meant(KGS, source, since=day(on), until=date.max) == final.meant(day(on))
        for verdict in ("held", "rejected"):
            assert reader.doubts(verdict, source=source) == final.doubts(verdict)
            of_source = reader.doubt_counts().get((source, verdict), 0)
            assert of_source == len(final.doubts(verdict))
        for fact in final.facts:
            observed_at, effective_date = fact.recorded.said.observed_at, fact.recorded.said.effective_date
            assert fact.recorded in reader.revisions(KGS, source, effective_date, observed_at)


@pytest.mark.fuzz
@given(st.lists(transactions, max_size=8))
def test_whatever_fails_in_between_version_seq_and_ids_have_no_gap(
    shared: Store, history: list[Transaction]
) -> None:
    with shared.read() as reader:
        before = reader.counter()
    versions = [version for version, _ in run(shared, next(sources), history)]
    with shared.read() as reader:
        after, ticks = reader.counter(), reader.ticks(after=before.seq)
        assert after.version == (versions[-1] if versions else before.version)
        assert all(reader.recorded_at(number) for number in range(before.version + 1, after.version + 1))
        assert reader.recorded_at(after.version + 1) is None
    assert [each.seq for each in ticks] == list(range(before.seq + 1, after.seq + 1))
