"""The pages for people: the rates at a glance, one pair in depth, the sources, the snippet to paste, the
documentation. They are made on the server from the answers that the API gives; scripts only save loading a
page anew.
"""

from __future__ import annotations

from fastapi import APIRouter

from app.web.pages.builder import builder
from app.web.pages.converter import converter
from app.web.pages.discovery import discovery
from app.web.pages.docs import docs
from app.web.pages.front import front
from app.web.pages.health import health
from app.web.pages.pair import pair_pages
from app.web.pages.tick import tick

pages = APIRouter(include_in_schema=False)
for each in (front, pair_pages, converter, health, builder, docs, tick, discovery):
    pages.include_router(each)
