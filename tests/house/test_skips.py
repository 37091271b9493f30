"""The gate on skips in tests/conftest.py, run for real: small projects with the same conftest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import tests.conftest as gate

TESTS = Path(gate.__file__).parent
SKIPS = {
    "test_call.py": "def test_rain():\n    pytest.skip('it rains')",
    "test_mark.py": "@pytest.mark.skip(reason='it rains')\ndef test_rain(): pass",
    "test_fixture.py": "@pytest.fixture\ndef sun(): pytest.skip('it rains')\n\ndef test_rain(sun): pass",
    "test_xfail.py": "@pytest.mark.xfail(reason='it rains')\ndef test_rain():\n    assert False",
    "test_module.py": "pytest.skip('it rains', allow_module_level=True)",
}


def run_pytest(project: Path, files: dict[str, str], allowed: str = "") -> subprocess.CompletedProcess[str]:
    """Run these test files in a project with our settings, our conftest and this list of allowed skips."""
    (project / "tests").mkdir()
    shutil.copy(TESTS.parent / "pyproject.toml", project)
    shutil.copy(TESTS / "conftest.py", project / "tests")
    (project / "tests/allowed_skips.toml").write_text(allowed, encoding="utf-8")
    for name, body in files.items():
        (project / "tests" / name).write_text(f"import pytest\n\n{body}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    wide = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=project, env=wide, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_skip_that_is_not_listed_fails_the_run_and_is_named_with_its_reason(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, SKIPS)
    assert run.returncode == 1
    summary = run.stdout.partition("short test summary info")[2].splitlines()
    for name in SKIPS:
        (line,) = (line for line in summary if name in line)
        assert line.startswith(("FAILED", "ERROR"))
        assert "not listed in tests/allowed_skips.toml" in line
        assert "it rains" in line


def test_a_listed_skip_passes(tmp_path: Path) -> None:
    files = {**SKIPS, "test_sun.py": "def test_sun(): pass"}
    run = run_pytest(tmp_path, files, '"tests/test_*.py*" = "nothing can be done about rain"')
    assert run.returncode == 0
    assert "1 passed, 4 skipped, 1 xfailed" in run.stdout


def test_a_late_pass_a_warning_and_an_unknown_marker_fail_the_run(tmp_path: Path) -> None:
    files = {
        "test_late.py": "@pytest.mark.xfail(reason='it rains')\ndef test_sun(): pass",
        "test_warning.py": "def test_it():\n    import warnings\n    warnings.warn('old')",
        "test_marker.py": "@pytest.mark.quick\ndef test_it(): pass",
    }
    run = run_pytest(tmp_path, files, '"*" = "listing does not help here"')
    assert "2 failed, 1 error" in run.stdout
    assert "'quick' not found in `markers`" in run.stdout


def test_every_listed_skip_has_a_reason() -> None:
    assert all(len(reason) > 10 for reason in gate.ALLOWED.values())
