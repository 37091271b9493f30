"""The newest module of the widget is what its sources are now, and the others are what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.web.embed.modules import CURRENT, MODULES
from tests.web.embed.build import RELEASED, VERSION, files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_newest_module_is_what_its_sources_build(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "make widget builds it"


def test_the_version_of_the_sources_is_the_newest() -> None:
    assert CURRENT.version == VERSION


def test_a_released_version_has_the_bytes_that_it_had() -> None:
    assert {version: MODULES[version].integrity for version in RELEASED} == RELEASED


def test_every_version_but_the_newest_is_released() -> None:
    assert set(MODULES) - {VERSION} <= set(RELEASED)
