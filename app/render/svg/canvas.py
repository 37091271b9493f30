"""What every picture has: its size, its title, and inks that suit a light page or a dark one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from app.render.locale import Language

MEDIA_TYPE = "image/svg+xml"

Theme = Literal["auto", "light", "dark"]
"""The page that a picture suits; `auto`: whichever its reader likes."""

_TITLE = "t"


class Ink(NamedTuple):
    """The colour of what a selector names, its `fill` or its `stroke`, on a light page and on a dark one."""

    selector: str
    light: str
    dark: str
    paints: Literal["fill", "stroke"] = "fill"


BLACK = "#000"
"""The colour of what has no rule."""


def painted(inks: Sequence[Ink], theme: Theme) -> str:
    """The rules of style by which a picture has these colours."""
    light = "".join(_rule(ink, ink.light) for ink in inks)
    dark = "".join(_rule(ink, ink.dark) for ink in inks)
    auto = f"{light}@media(prefers-color-scheme:dark){{{dark}}}"
    return {"auto": auto, "light": light, "dark": dark}[theme]


def _rule(ink: Ink, colour: str) -> str:
    return "" if colour == BLACK else f"{ink.selector}{{{ink.paints}:{colour}}}"


def canvas(size: tuple[int, int], title: str, language: Language, style: str, *, scale: int = 1) -> Element:
    """An empty picture, named by its title, so many px wide and high; a px is `scale` units."""
    width, height = size
    root = Element("svg", xmlns="http://www.w3.org/2000/svg", width=str(width), height=str(height))
    if scale > 1:
        root.set("viewBox", f"0 0 {width * scale} {height * scale}")
    root.attrib |= {"role": "img", "aria-labelledby": _TITLE, "xml:lang": language.tag}
    SubElement(root, "title", id=_TITLE).text = title
    SubElement(root, "style").text = style
    return root


def written(root: Element) -> bytes:
    """The document in UTF-8, everything in it escaped."""
    content: str = tostring(root, encoding="unicode")
    return content.replace(" />", "/>").encode()  # a > of a text is escaped
