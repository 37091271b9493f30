"""`silkrate db`: the store itself."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal


def test_upgrade_makes_the_store_and_may_be_repeated(silkrate: Terminal, tmp_path: Path) -> None:
    for _ in range(2):
        typed = silkrate("db", "upgrade")
        assert (typed.code, typed.err) == (0, "")
        assert "data/silkrate.db" in typed.out
    assert (tmp_path / "data/silkrate.db").exists()
