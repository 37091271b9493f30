"""Programs of other people that tests run."""

from __future__ import annotations

import os
import shutil

import pytest


def program(name: str) -> str:
    """Where a program is. Without it a failure in continuous integration, where a skip would go unseen, and a
    skip elsewhere.
    """
    found = shutil.which(name)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"no {name} here, and CI is set")
    pytest.skip(f"no {name} here")
