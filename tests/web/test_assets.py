from __future__ import annotations

import re
from hashlib import sha256

import pytest

from app.web.assets import ASSETS, FOLDER, PATHS
from app.web.cache import IMMUTABLE
from tests.web.conftest import Client

VENDORED = FOLDER / "vendor" / "swagger-ui"


@pytest.mark.parametrize("name", PATHS)
def test_a_file_is_served_for_ever_under_its_digest(full: Client, name: str) -> None:
    response = full.get(f"/{PATHS[name]}")
    assert response.status_code == 200
    assert response.content == ASSETS[name].content
    assert response.headers["cache-control"] == IMMUTABLE
    assert response.headers["content-type"] == ASSETS[name].media_type
    assert sha256(response.content).hexdigest()[:12] in PATHS[name]


@pytest.mark.parametrize(
    "path",
    [
        "/static/site.css",
        "/static/000000000000/site.css",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/vendor/swagger-ui/LICENSE",
        "/static/",
    ],
)
def test_nothing_else_of_the_folder_or_beyond_is_served(full: Client, path: str) -> None:
    assert full.get(path).status_code == 404


def test_names_are_unique_across_folders() -> None:
    files = [path for path in FOLDER.rglob("*") if path.name in ASSETS]
    assert len(files) == len(ASSETS) == 14


def test_the_vendored_files_are_those_that_were_recorded() -> None:
    lines = (VENDORED / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    recorded = {name: digest for digest, name in (line.split() for line in lines)}
    found = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in VENDORED.iterdir()
        if path.name not in ("SHA256SUMS", "VERSION")
    }
    assert found == recorded
    assert {"LICENSE", "NOTICE"} <= found.keys()


def test_the_vendored_version_is_the_one_that_the_code_names() -> None:
    version = (VENDORED / "VERSION").read_text(encoding="utf-8").strip()
    assert re.fullmatch(r"5\.\d+\.\d+", version)
    assert f'"{version}"'.encode() in ASSETS["swagger-ui-bundle.js"].content


OURS = [name for name in ASSETS if not name.startswith("swagger-ui") and not name.endswith(".png")]


def test_our_own_files_name_no_other_host() -> None:
    for name in OURS:
        found = re.findall(rb"(?:https?:)?//[\w.-]+\.\w+", ASSETS[name].content)
        assert set(found) <= {b"http://www.w3.org"}, (
            name
        )  # the namespace of SVG is a name, nothing is fetched
