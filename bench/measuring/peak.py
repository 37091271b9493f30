"""The most memory that a process takes which opens a store, and exports it or imports a table.

`python -m bench.measuring.peak URL [csv|ndjson|parquet|FILE]` prints it in KiB; with the URL alone nothing
leaves, and nothing comes.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from pathlib import Path

from app.answers.publications import publications
from app.clock import SystemClock
from app.ingest.files import record_table
from app.render.tables import FORMATS
from app.sources.catalog import catalog
from app.store import open_store

if __name__ == "__main__":
    store = open_store(sys.argv[1])
    with store.read() as reader:
        reader.counter()
        for form in FORMATS.keys() & sys.argv[2:]:
            deque(FORMATS[form](publications(reader)), maxlen=0)
    for name in set(sys.argv[2:]) - FORMATS.keys():
        with Path(name).open("rb") as file:
            record_table(store, catalog(), file, name, SystemClock().now())
    # Not by getrusage, which counts what the parent took until it became this program.
    (told,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    print(told)
