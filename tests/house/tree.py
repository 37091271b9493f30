"""The files of this project, as the tests of the house see them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files(*under: str) -> Iterator[Path]:
    """Every file that is tracked or would be, below the named folders (none: all), by path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *under]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=30).stdout
    # a file that was just deleted is still in git's index
    yield from (path for name in sorted(filter(None, listed.split("\0"))) if (path := ROOT / name).is_file())


def modules(*rooms: str) -> list[Path]:
    """Every Python file of these rooms of app/, for example "domain"."""
    found = [path for path in files(*(f"app/{room}" for room in rooms)) if path.suffix == ".py"]
    assert found, f"no module in {rooms}"
    return found
