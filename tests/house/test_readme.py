"""The README says what is true now: its commands, paths, settings and answer are those of the code."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from decimal import Decimal

from typer.main import get_command

from app.cli.commands import commands
from app.domain.answers import LatestRow, Row
from app.settings import PREFIX, Settings
from tests.house.tree import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_named_with_its_default_and_no_other() -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", README))
    assert named == {PREFIX + name.upper() for name in Settings.model_fields}
    for field in Settings.model_fields.values():
        if field.default is not None and not isinstance(field.default, bool):
            assert f"`{field.default}`" in README


def test_every_make_target_named_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"make ([a-z]+)  ", README)) | {"setup"} <= set(targets)


def test_every_command_is_named() -> None:
    shown = set(re.findall(r"^    silkrate ([a-z]+)", README, re.MULTILINE))
    assert shown == set(get_command(commands).commands)  # type: ignore[attr-defined]  # a group has them


def test_the_answer_shown_has_the_fields_of_a_row_in_their_order() -> None:
    (answer,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    row = json.loads(answer, parse_float=Decimal)
    shown = [*fields(Row), *fields(LatestRow)[1:]]
    assert list(row) == [field.name for field in shown if not field.metadata.get("optional")]
    assert row["rate"] == Decimal("0.0114351057747")
    assert row["change"]["pct"] == Decimal("-0.021269")
