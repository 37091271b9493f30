"""A request costs as much CPU from four web processes as from one.

They follow one PostgreSQL in which a rate moves twice a second, and each is asked 160 times a second. What a
request costs is the time that the processes were on a CPU, divided by the requests; on a machine with fewer
cores than processes they stand in each other's way. Exits with 1 when the ratio is above 1.5.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.measuring import Row, show
from bench.readers import SECONDS, crowd, moving, serving

PROCESSES = {"one process": 1, "two processes": 2, "four processes": 4}
AT_MOST = 1.5


def main(seconds: int = SECONDS) -> int:
    with moving() as (_, url):
        costs = {name: cost(url, count, seconds) for name, count in PROCESSES.items()}
    first = costs["one process"]
    rows: list[Row] = [(name, each, each / first) for name, each in costs.items()]
    show(__doc__, "us", rows)
    return int(rows[-1][2] > AT_MOST)


def cost(url: str, count: int, seconds: int) -> float:
    """Microseconds of CPU a request, from so many web processes."""
    with serving(url, count) as (ids, urls):
        crowd(1, 8, "0.02", urls)
        before = sum(map(on_cpu, ids))
        answers = crowd(seconds, 8 * count, "0.05", urls)
        return (sum(map(on_cpu, ids)) - before) / answers * 1_000_000


def on_cpu(process: int) -> float:
    """Seconds that a process was on a CPU."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
