"""The locks: all that an installation downloads is pinned by its hash, and nothing says where to fetch it."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.house import tree

LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]


def pins(lock: str) -> dict[str, str]:
    """Name and version of each entry of this lock, without its marker."""
    text = (tree.ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert "://" not in (tree.ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_has_a_hash(lock: str) -> None:
    text = (tree.ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert {entry.partition("==")[0] for entry in entries} == pins(lock).keys()
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"] + GROUPS["build"]),
        ("requirements-dev.lock", PROJECT["project"]["dependencies"] + GROUPS["build"] + GROUPS["dev"]),
    ],
)
def test_a_lock_holds_what_pyproject_asks_for(lock: str, wanted: list[str]) -> None:
    locked = pins(lock)
    for requirement in map(Requirement, wanted):
        assert requirement.name in locked, f"{requirement.name} is not in {lock}: run make lock"
        assert requirement.specifier.contains(locked[requirement.name]), f"{requirement}: run make lock"


def test_the_tests_run_on_the_very_versions_that_serve() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_what_builds_the_project_is_locked_too() -> None:
    assert PROJECT["build-system"]["requires"] == GROUPS["build"]
