"""`make cluster`: kill every part of a cluster in turn under readers, and print what became of it. The exit
code is 1 when anything was lost, doubled or left out, or a request failed that should not have.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Sequence
from time import monotonic, sleep

from tests.cluster.machines import Cluster, cluster
from tests.cluster.readers import HURRY, Readers, reading
from tests.cluster.steps import STEPS, Outcome, Scene, Step

COLUMNS: tuple[str, ...] = (
    "killed",
    "requests",
    "refused",
    "failed",
    "no new version (s)",
    "lost",
    "back after (s)",
)
COUNTED = 5
"""Seconds over which transactions are counted."""


def played(made: Cluster, readers: Readers, steps: Iterable[Step]) -> list[Outcome]:
    """All steps, one after the other, and what became of each."""
    scene = Scene(made, readers)
    scene.await_version()
    for place in made.webs:
        scene.await_web(place)
    outcomes = []
    for step in steps:
        print(f"{step.what} ...", file=sys.stderr, flush=True)
        outcomes.append(scene.play(step))
    return outcomes


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes, a line each."""
    lines = [COLUMNS, *map(cells, outcomes)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        f"{first:{widths[0]}}"
        + "".join(f"  {cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
        for first, *rest in lines
    )


def cells(outcome: Outcome) -> tuple[str, ...]:
    """A line of the table."""
    counts = map(str, (outcome.requests, outcome.refused, outcome.failed))
    return outcome.what, *counts, f"{outcome.silent:.1f}", str(outcome.lost), f"{outcome.back:.1f}"


def rates(made: Cluster, readers: Readers) -> str:
    """Requests a second, and transactions a second at both servers."""
    began, asked, before = monotonic(), readers.seen.requests, made.transactions()
    sleep(COUNTED)
    spent, done = monotonic() - began, made.transactions() - before
    return f"{done / spent:3.0f} under {(readers.seen.requests - asked) / spent:.0f} requests a second"


def cost(made: Cluster, readers: Readers) -> str:
    """What readers cost the database: without any, and with some, and with the same in a hurry."""
    readers.resting.set()
    idle = rates(made, readers)
    readers.resting.clear()
    some = rates(made, readers)
    readers.pause = HURRY
    return "\n".join(("Transactions a second at both servers:", idle, some, rates(made, readers)))


def run() -> int:
    """The whole run; gives its exit code."""
    began = monotonic()
    with cluster() as made, reading(list(made.webs)) as readers:
        outcomes = played(made, readers, STEPS)
        said = cost(made, readers)
        readers.stop()
        verified = made.verified()
    faults = [f"{each.what}: {fault}" for each in outcomes for fault in each.faults]
    print(table(outcomes))
    print(said)
    print(f"silkrate db verify: {(verified.stdout + verified.stderr).strip()}")
    print(f"{len(readers.seen.ticks)} ticks were seen by readers; {monotonic() - began:.0f} s in all.")
    for fault in faults:
        print(f"fault: {fault}")
    return 1 if faults or verified.returncode else 0


def main() -> int:
    """Run it until it ends, or is interrupted or terminated."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
