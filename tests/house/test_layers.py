"""The contracts of pyproject.toml hold, and each of them breaks when a line that it forbids is written."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house import tree

PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]}

PLANTED = [
    ("layers", "app/domain/numbers.py", "import app.sources.base"),
    ("layers", "app/ingest/__init__.py", "import app.answers"),
    ("pure", "app/sources/base.py", "import logging"),
    ("pure", "app/domain/numbers.py", "import app.clock"),
    ("pure", "app/render/__init__.py", "import app.ingest.fetch"),  # which leads to the network
    ("domain", "app/domain/numbers.py", "import orjson"),
    ("parsers", "app/sources/base.py", "import jinja2"),
    ("shared", "app/settings.py", "import app.sources.catalog"),
    ("web-store", "app/web/__init__.py", "import app.store.base"),
    ("sources", "app/sources/peg.py", "import app.sources.nbkr"),
    ("parquet", "app/answers/__init__.py", "import pyarrow"),
    ("client", "app/client/__init__.py", "import app.web.app"),
    ("drivers", "app/ingest/__init__.py", "import sqlalchemy"),
    ("drivers", "app/ingest/__init__.py", "import sqlite3"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of app/ and its contracts, to be spoilt."""
    shutil.copytree(tree.ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the tree at `root`."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo", *options]
    env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_the_contracts_hold(copy: Path) -> None:
    run = lint_imports(copy)
    assert run.returncode == 0, run.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in run.stdout


@pytest.mark.parametrize(("contract", "path", "line"), PLANTED)
def test_a_forbidden_import_breaks_its_contract(copy: Path, contract: str, path: str, line: str) -> None:
    with (copy / path).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    run = lint_imports(copy, "--contract", contract)
    assert run.returncode == 1
    assert f"{CONTRACTS[contract]} BROKEN" in run.stdout


def test_every_contract_was_broken_once() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)
