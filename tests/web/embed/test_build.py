"""The newest module of the widget is what its sources are now."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.web.embed.modules import CURRENT
from tests.web.embed.build import VERSION, files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_newest_module_is_what_its_sources_build(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "make widget builds it"


def test_the_version_of_the_sources_is_the_newest() -> None:
    assert CURRENT.version == VERSION
