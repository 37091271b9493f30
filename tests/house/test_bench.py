"""The benchmarks: every script is in the docs with its command, and the docs name no other."""

import re

from tests.house.tree import ROOT


def test_every_benchmark_is_documented_with_its_command() -> None:
    docs = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`\.venv/bin/python (bench/\w+\.py)`", docs))
    assert named == {f"bench/{path.name}" for path in (ROOT / "bench").glob("*.py")}
