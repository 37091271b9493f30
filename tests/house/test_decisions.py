"""The decisions: each has the same parts, and speaks of files that are there."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house import tree

DECISIONS = sorted((tree.ROOT / "docs/decisions").glob("*.md"))


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_parts_and_names_files_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]}: ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]
    named = re.findall(r"`([^`]+)`", text.rpartition("\nFiles: ")[2])
    assert named
    missing = [name for name in named if not (tree.ROOT / name).exists()]
    assert not missing


def test_every_library_that_is_installed_by_name_has_its_reason() -> None:
    reasons = (tree.ROOT / "docs/decisions/0007-libraries.md").read_text(encoding="utf-8")
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=~]", line)[0] for line in wanted}
    stubs = {name for name in names if name.startswith("types-")}
    assert not {
        name for name in names - stubs if not re.search(rf"^\| [^|]*\b{name}\b", reasons, re.MULTILINE)
    }
