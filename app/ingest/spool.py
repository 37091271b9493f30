"""Rows put in order on the disk: any number of them in little memory.

Every so many are sorted and written as a run; the runs are merged a block of each at a time.
"""

from __future__ import annotations

import marshal
from bisect import bisect_right
from collections.abc import Iterator
from typing import BinaryIO, Generic, TypeVar

RUN = 50_000
"""Rows that are sorted in memory."""

BLOCK = 100
"""Rows of each run that are in memory while the runs are merged: of 25 million, as many as were sorted."""

R = TypeVar("R", bound=tuple[object, ...])


class Spool(Generic[R]):
    """Rows of texts and whole numbers, of which no two are equal, in an empty `file`."""

    def __init__(self, file: BinaryIO, *, run: int = RUN, block: int = BLOCK) -> None:
        self._file, self._run, self._block = file, run, block
        self._blocks: list[list[tuple[int, int]]] = []
        self._rows: list[R] = []

    def add(self, rows: list[R]) -> None:
        """Take rows, in any order."""
        self._rows += rows
        if len(self._rows) >= self._run:
            self._write()

    def in_order(self) -> Iterator[R]:
        """Every row, the smallest first, whenever it is asked for. Nothing can be added any more."""
        if self._rows:
            self._write()
        runs: list[_Run[R]] = [_Run(self._file, blocks) for blocks in self._blocks]
        while runs:
            # Behind the smallest of the last rows at hand something may be missing; before it nothing is.
            bound = min(run.rows[-1] for run in runs)
            found = [row for run in runs for row in run.up_to(bound)]
            found.sort()
            yield from found
            runs = [run for run in runs if run.rows]

    def _write(self) -> None:
        self._rows.sort()
        blocks = []
        for place in range(0, len(self._rows), self._block):
            written = marshal.dumps(self._rows[place : place + self._block])
            blocks.append((self._file.tell(), len(written)))
            self._file.write(written)
        self._blocks.append(blocks)
        self._rows = []


class _Run(Generic[R]):
    """Sorted rows on the disk, of which one block is at hand; none when all were given."""

    def __init__(self, file: BinaryIO, blocks: list[tuple[int, int]]) -> None:
        self._file, self._blocks, self._place = file, iter(blocks), 0
        self.rows: list[R] = []
        self._load()

    def up_to(self, bound: R) -> list[R]:
        """The rows at hand that are not above `bound` and were not given yet."""
        begin, self._place = self._place, bisect_right(self.rows, bound, self._place)
        found = self.rows[begin : self._place]
        if self._place == len(self.rows):
            self._load()
        return found

    def _load(self) -> None:
        self.rows, self._place = [], 0
        for place, size in self._blocks:
            self._file.seek(place)
            self.rows = marshal.loads(self._file.read(size))
            return
