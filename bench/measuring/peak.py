"""The most memory that a process takes which opens a store, and exports it.

`python -m bench.measuring.peak URL [csv|ndjson|parquet]` prints it in KiB; without a format nothing leaves.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from pathlib import Path

from app.answers.publications import publications
from app.render.tables import FORMATS
from app.store import open_store

if __name__ == "__main__":
    store = open_store(sys.argv[1])
    with store.read() as reader:
        reader.counter()
        for form in sys.argv[2:]:
            deque(FORMATS[form](publications(reader)), maxlen=0)
    # Not by getrusage, which counts what the parent took until it became this program.
    (told,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    print(told)
