"""Two rules for every test: a skip must be listed with its reason, and generated input is the same each time.

* A test that is skipped or expected to fail, and matches no pattern in tests/allowed_skips.toml, is reported
  as a failure. A skip nobody decided on looks like a pass and proves nothing.
* Hypothesis draws the same examples in every run, so a red build is always about the change. `make fuzz` sets
  FUZZ_CASES: then it draws that many, new ones each time.
"""

import fnmatch
import os
import tomllib
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

LIST = Path(__file__).with_name("allowed_skips.toml")
ALLOWED: dict[str, str] = tomllib.loads(LIST.read_text(encoding="utf-8"))

FUZZ_CASES = os.environ.get("FUZZ_CASES")
hypothesis.settings.register_profile(
    "silkrate", deadline=None, max_examples=int(FUZZ_CASES or 100), derandomize=FUZZ_CASES is None
)
hypothesis.settings.load_profile("silkrate")


def refuse_unlisted_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip or an expected failure that no pattern of the list allows into a failure that says so."""
    if not report.skipped or any(fnmatch.fnmatch(report.nodeid, pattern) for pattern in ALLOWED):
        return
    skipped = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    report.outcome = "failed"
    report.longrepr = f"not listed in tests/{LIST.name}: {getattr(report, 'wasxfail', skipped)}"
    if hasattr(report, "wasxfail"):
        del report.wasxfail


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge each test after pytest has: a skip in the test, in a fixture or by a mark, and an xfail."""
    report = yield
    refuse_unlisted_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge each module: one that skips itself hides all of its tests."""
    report = yield
    refuse_unlisted_skip(report)
    return report
