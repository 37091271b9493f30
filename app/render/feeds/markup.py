"""XML written element by element."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

ATOM = "http://www.w3.org/2005/Atom"
"""The namespace of Atom, whose links other formats use, too."""


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element at the end of `parent`."""
    child = SubElement(parent, name, attributes)
    child.text = text
    return child


def written(root: Element) -> bytes:
    """The document in UTF-8."""
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content
