"""What machines look for that visit a site: the list of its pages, and what they may read."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Request, Response

from app.web.assets import unchanging
from app.web.pages.pair import PAIRS
from app.web.pages.words import NAMES
from app.web.requests import origin_of

routes = APIRouter()

SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"

CUTS = ("since", "until", "range", "source", "date", "amount")
"""Parameters by which a page shows another part of what it shows by itself."""

FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}


def paths() -> Iterator[str]:
    """The pages that there are, from the root of the service: those of the ticker's pairs before others."""
    yield from ("", "sources", "convert", "embed", "docs")
    yield from (f"pairs/{pair.dashed}" for pair in PAIRS)


@routes.get("/sitemap.xml")
async def get_sitemap(request: Request) -> Response:
    """The pages (sitemaps.org), each with its addresses in other languages."""
    origin = origin_of(request)
    root = Element("urlset", {"xmlns": SITEMAPS, "xmlns:xhtml": XHTML})
    for path in paths():
        page = SubElement(root, "url")
        SubElement(page, "loc").text = f"{origin}/{path}"
        for tag in NAMES:
            href = f"{origin}/{path}?lang={tag}"
            SubElement(page, "xhtml:link", rel="alternate", hreflang=tag, href=href)
        SubElement(page, "xhtml:link", rel="alternate", hreflang="x-default", href=f"{origin}/{path}")
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return await unchanging(request, content, "application/xml", FOR_A_DAY)


@routes.get("/robots.txt")
async def get_robots(request: Request) -> Response:
    """All may be read (RFC 9309), but for what tells of a moment, or is one of many cuts of the same."""
    lines = [
        "User-agent: *",
        "Disallow: /v1/",
        "Disallow: /metrics",
        "Disallow: /health",
        *(f"Disallow: /*?*{each}=" for each in CUTS),
        f"Sitemap: {origin_of(request)}/sitemap.xml",
    ]
    content = "\n".join([*lines, ""]).encode()
    return await unchanging(request, content, "text/plain; charset=utf-8", FOR_A_DAY)
