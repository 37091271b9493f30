"""The package: what `pip install` of this project gives, read from a wheel built for the test."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import app
from tests.house import tree


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built by the locked backend, without a download."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "."]
    subprocess.run([*command, "--quiet", "--wheel-dir", folder], cwd=tree.ROOT, check=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def member(wheel: zipfile.ZipFile, name: str) -> str:
    """The text of one file of the wheel's own description."""
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_the_wheel_holds_every_file_of_app_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == {path.relative_to(tree.ROOT).as_posix() for path in tree.files("app")}


def test_the_version_is_that_of_the_code_and_the_changelog_knows_it(wheel: zipfile.ZipFile) -> None:
    assert f"\nVersion: {app.__version__}\n" in member(wheel, "METADATA")
    assert f"\n## {app.__version__}" in (tree.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    assert "silkrate = app.cli:main" in member(wheel, "entry_points.txt")


def test_the_image_copies_what_the_wheel_is_built_from() -> None:
    let_in = (Path(tree.ROOT) / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"!app", "!pyproject.toml", "!README.md", "!LICENSE", "!requirements.lock"} <= set(let_in)
