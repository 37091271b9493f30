"""The Makefile and the scripts in .ci: what they promise to somebody on a fresh machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house import tree

MAKEFILE = (tree.ROOT / "Makefile").read_text(encoding="utf-8")
VERBS = {
    "setup",
    "run",
    "test",
    "check",
    "format",
    "bench",
    "demo",
    "fuzz",
    "crash",
    "cluster",
    "crowd",
    "widget",
    "words",
    "contention",
    "engines",
    "faults",
    "corpus",
    "year",
    "mementos",
    "day",
    "docs",
    "openapi",
    "lock",
    "clean",
}


def run(*command: str, cwd: Path = tree.ROOT, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would: not as a part of the make that may be running these tests."""
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    env |= {"PATH": path} if path is not None else {}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_make_alone_lists_every_verb() -> None:
    listed = set(re.findall(r"^  make (\S+)", run("make").stdout, re.MULTILINE))
    assert listed == VERBS | {"help"}


def test_every_target_that_is_no_file_is_declared_phony() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert phony
    assert targets == set(phony[1].replace("\\", " ").split())


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A checkout whose environment was just made, as make sees it: stamps that are newer than the locks."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(tree.ROOT / name, tmp_path)
        os.utime(tmp_path / name, (1000, 1000))
    (tmp_path / ".venv").mkdir()
    for age, stamp in enumerate(("runtime.stamp", "dev.stamp")):
        (tmp_path / ".venv" / stamp).touch()
        os.utime(tmp_path / ".venv" / stamp, (2000 + age, 2000 + age))
    return tmp_path


def test_setup_does_nothing_the_second_time(fresh: Path) -> None:
    assert run("make", "--question", "setup", cwd=fresh).returncode == 0


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "pyproject.toml"])
def test_a_changed_lock_is_installed(fresh: Path, name: str) -> None:
    (fresh / name).touch()
    assert run("make", "--question", "setup", cwd=fresh).returncode == 1


def test_run_does_not_wait_for_what_only_tests_need(fresh: Path) -> None:
    (fresh / ".venv/runtime.stamp").unlink()
    assert "requirements-dev.lock" not in run("make", "--dry-run", "run", cwd=fresh).stdout


def machine(folder: Path, **commands: str) -> str:
    """The PATH of a machine on which only these commands exist, each a shell script."""
    for name, script in commands.items():
        command = folder / name.replace("_", ".")
        command.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        command.chmod(0o755)
    return str(folder)


def stranger(folder: Path, **pythons: str) -> subprocess.CompletedProcess[str]:
    """Look for Python on a machine that has these interpreters, each played by a shell script."""
    return run("/bin/sh", str(tree.ROOT / ".ci/find-python"), path=machine(folder, **pythons))


GOOD = "exit 0"
OLD = "exit 1"
SHIM = "echo 'command not found' >&2; exit 127"
NO_VENV = 'case "$2" in *ensurepip*) exit 1 ;; *print*) echo python3.12 ;; esac'


def test_without_python_one_line_says_what_is_missing(tmp_path: Path) -> None:
    found = stranger(tmp_path)
    assert found.returncode == 1
    assert found.stdout == ""
    assert re.fullmatch(r"Python 3\.11 or newer is missing: .+\n", found.stderr)


def test_an_old_python_and_a_dead_shim_are_passed_over(tmp_path: Path) -> None:
    assert stranger(tmp_path, python3=OLD, python3_13=SHIM).returncode == 1
    assert stranger(tmp_path, python3=OLD, python3_13=SHIM, python3_11=GOOD).stdout == "python3.11\n"


def test_without_the_venv_module_the_package_to_install_is_named(tmp_path: Path) -> None:
    found = stranger(tmp_path, python3=NO_VENV)
    assert found.returncode == 1
    assert re.fullmatch(r".*'apt install python3\.12-venv'\.\n", found.stderr)


def test_the_newest_python_is_taken(tmp_path: Path) -> None:
    assert stranger(tmp_path, python3=GOOD, python3_11=GOOD, python3_14=GOOD).stdout == "python3.14\n"


@pytest.mark.parametrize("script", [".ci/run", ".ci/find-python", ".ci/find-chromium"])
def test_a_script_is_executable_and_parses(script: str) -> None:
    assert os.access(tree.ROOT / script, os.X_OK)
    assert run("bash", "-n", script).returncode == 0


def continuous_integration(folder: Path, **commands: str) -> list[str]:
    """What .ci/run does on a machine with make, apt-get and these commands, in their order."""
    fakes = {
        "make": "echo make $*",
        "apt-get": "echo apt-get $*",
        "dirname": f"echo {tree.ROOT}/.ci",
        "id": "echo 0",
    }
    return run("/bin/bash", ".ci/run", path=machine(folder, **fakes | commands)).stdout.splitlines()


def test_continuous_integration_fetches_what_the_tests_ask_with(tmp_path: Path) -> None:
    update, install, test = continuous_integration(tmp_path)
    assert update == "apt-get update"
    assert install.endswith("install -y --no-install-recommends curl")
    assert test == "make test"


def test_continuous_integration_takes_what_is_there(tmp_path: Path) -> None:
    assert continuous_integration(tmp_path, curl="exit 0") == ["make test"]


def test_continuous_integration_installs_nothing_when_it_is_not_root(tmp_path: Path) -> None:
    assert continuous_integration(tmp_path, id="echo 1000") == ["make test"]


def browser(folder: Path, **commands: str) -> subprocess.CompletedProcess[str]:
    """Look for Chromium on a machine with apt-get and these commands."""
    fakes = {"apt-get": "echo apt-get $*", "id": "echo 0"}
    path = machine(folder, **fakes | commands)
    return run("/bin/sh", str(tree.ROOT / ".ci/find-chromium"), path=path)


def test_the_tests_fetch_a_browser_where_that_asks_nobody(tmp_path: Path) -> None:
    _, update, install = browser(tmp_path).stdout.splitlines()
    assert update == "apt-get update"
    assert install.endswith("install -y --no-install-recommends chromium fonts-dejavu-core")


def test_the_tests_take_the_browser_that_is_there(tmp_path: Path) -> None:
    found = browser(tmp_path, chromium="exit 0")
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.parametrize("obstacle", [{"id": "echo 1000"}, {"apt-get": "exit 1"}])
def test_without_a_browser_one_line_says_how_to_get_one(tmp_path: Path, obstacle: dict[str, str]) -> None:
    found = browser(tmp_path, **obstacle)
    assert found.returncode == 0
    assert found.stderr.count("\n") == 1
    assert "'apt install chromium'" in found.stderr
    assert "'.venv/bin/playwright install chromium'" in found.stderr
