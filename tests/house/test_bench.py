"""The benchmarks: each runs, measures what it says, and stands in docs/benchmarks.md as it prints itself."""

import re
from collections.abc import Callable

import pytest

from app.sources.catalog import catalog
from bench import (
    chart,
    history,
    import_export,
    open_loop,
    poll,
    processes,
    readers,
    scale,
    stored_rows,
    stream,
    web,
)
from bench.measuring import compared
from bench.measuring.days import bank, page
from tests.house.tree import ROOT
from tests.stores import fresh_store

RUNS: dict[str, Callable[[], object]] = {
    "chart": lambda: chart.main(repeats=1, days=400),
    "history": lambda: history.main(repeats=1, points=300, rows=2_000),
    "import_export": lambda: import_export.main(repeats=1, rows=200),
    "open_loop": lambda: open_loop.main(seconds=1, a_second=200),
    "poll": lambda: poll.main(repeats=1),
    "processes": lambda: processes.main(seconds=1),
    "readers": lambda: readers.main(seconds=2, many=50, warm=1),
    "scale": lambda: scale.main(repeats=1, days=1_010, minutes=6),
    "stored_rows": lambda: stored_rows.main(repeats=1, days=20),
    "stream": lambda: stream.main(many=50, some=20, commits=5, idle=1),
    "web": lambda: web.main(repeats=1),
}


def labels(printed: str) -> list[str]:
    """The claim, the headings, and the name of each row: all that is the same in every run."""
    claim, _, headings, *rows = printed.strip().splitlines()
    return [claim, " ".join(headings.split()), *(re.split(r" {2,}", row.strip())[0] for row in rows)]


def documented() -> dict[str, str]:
    """Each benchmark whose command the document gives, and the run that it shows below."""
    document = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    shown = re.findall(
        r"^\$ \.venv/bin/python bench/(\w+)\.py\n(.*?)^```", document, re.DOTALL | re.MULTILINE
    )
    return dict(shown)


def test_every_benchmark_is_documented_with_its_command() -> None:
    assert documented().keys() == RUNS.keys() == {path.stem for path in (ROOT / "bench").glob("*.py")}


@pytest.mark.parametrize("name", RUNS)
def test_a_benchmark_prints_what_the_document_shows(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENGINE", raising=False)  # each says itself what it measures
    RUNS[name]()
    assert labels(capsys.readouterr().out) == labels(documented()[name])


def test_each_poll_that_is_timed_writes_what_its_row_says() -> None:
    with fresh_store() as pages, fresh_store() as files:
        polls = poll.poll(pages, catalog([]), page), poll.poll(files, catalog(["nbkr"]), bank)
        for number in range(12):
            strip, file = (ready(number)() for ready in polls)
            assert (len(strip.recorded), len(strip.ticks)) == (5, 5)
            assert (len(file.recorded), len(file.ticks)) == (5, 1)
            repeated = poll.again(pages, catalog([]))(number)()
            assert (repeated.repeated, repeated.recorded, repeated.ticks) == (5, [], [])


def test_a_ratio_is_the_median_of_the_ratios_of_neighbours() -> None:
    # in the second round the machine was busy: it strikes both, and the ratio stays
    rows = compared({"first": [1.0, 10.0, 1.0], "twice": [2.0, 20.0, 2.0], "thrice": [3.0, 30.0, 9.0]})
    assert rows == [("first", 1.0, 1.0), ("twice", 2.0, 2.0), ("thrice", 9.0, 3.0)]
