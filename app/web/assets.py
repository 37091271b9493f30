"""The static files: read once, served under a path that holds their digest, so that a browser never asks for
the same one twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app.web.cache import IMMUTABLE
from app.web.coding import WORTH, encode_once, varies
from app.web.requests import coding_of
from app.web.responses import validated

FOLDER = Path(__file__).with_name("static")

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
"""What is served; whatever else lies in the folder, such as licences, is not."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file. `path` is where it is served, relative to the root of the service."""

    name: str
    content: bytes
    media_type: str

    @property
    def path(self) -> str:
        """Another content has another path."""
        return f"static/{sha256(self.content).hexdigest()[:12]}/{self.name}"


def _load(folder: Path) -> Mapping[str, Asset]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES)
    loaded = (Asset(path.name, path.read_bytes(), MEDIA_TYPES[path.suffix]) for path in files)
    return {asset.name: asset for asset in loaded}


ASSETS = _load(FOLDER)
PATHS = {name: asset.path for name, asset in ASSETS.items()}
"""Where each file is served, by its name."""

_BY_PATH = {asset.path: asset for asset in ASSETS.values()}


async def unchanging(request: Request, content: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """A response whose content is the same as long as the process runs, in the coding that the request takes;
    each coding is made once.
    """
    coding = coding_of(request) if varies(media_type) and len(content) >= WORTH else None
    if coding:
        content = await run_in_threadpool(encode_once, content, coding)
    return validated(request, content, media_type, headers, coding=coding)


assets = APIRouter(include_in_schema=False)


@assets.get("/static/{path:path}")
async def get_asset(request: Request, path: str) -> Response:
    """A static file, for ever."""
    found = _BY_PATH.get(f"static/{path}")
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": IMMUTABLE, "Cross-Origin-Resource-Policy": "cross-origin"}
    return await unchanging(request, found.content, found.media_type, headers)


@assets.get("/favicon.ico")
async def get_favicon(request: Request) -> Response:
    """The icon, for browsers that look where no page told them to."""
    icon = ASSETS["favicon.svg"]
    return await unchanging(
        request, icon.content, icon.media_type, {"Cache-Control": "public, max-age=86400"}
    )
