"""The pages for people: the rates at a glance, one pair in depth, the sources, the snippet to paste, the
documentation. They are made on the server from the answers that the API gives; scripts only save loading a
page anew.
"""

from __future__ import annotations

from fastapi import APIRouter

from app.web.pages import builder, converter, discovery, docs, front, health, pair, tick

pages = APIRouter(include_in_schema=False)
for each in (front, pair, converter, health, builder, docs, tick, discovery):
    pages.include_router(each.routes)
