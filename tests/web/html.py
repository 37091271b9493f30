"""A strict reader of HTML: elements closed in order and where they may stand, ids unique and there when they
are named, and the text that people see.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

VOID = {"base", "meta", "link", "img", "br", "hr", "input"}

DATA = {"application/json", "application/ld+json"}
"""What a script element may hold that runs nothing."""

CHILDREN = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"div", "dt", "dd"},
    "table": {"caption", "thead", "tbody"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "select": {"option", "optgroup"},
}
"""What alone may stand directly in an element."""

PHRASING = {
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "a",
    "span",
    "small",
    "strong",
    "b",
    "code",
    "label",
    "summary",
    "dt",
}
BLOCKS = {"p", "div", "ul", "ol", "dl", "table", "section", "nav", "form", "pre", "h1", "h2", "h3", "details"}
"""What may not stand in an element of PHRASING."""

NAMING = ("aria-labelledby", "aria-describedby", "aria-controls", "for")
"""Attributes that name elements by their ids."""


class Page(HTMLParser):
    """Reads a whole page; raises AssertionError where a browser would have to guess."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.named: list[str] = []
        self.facts: list[str] = []
        self.scripts: list[str] = []
        self.marks: list[list[Any]] = []
        self.elements: list[tuple[str, bool]] = []
        self.metas: dict[str, str] = {}
        self.links: list[dict[str, str | None]] = []
        assert html.startswith("<!doctype html>")
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"
        assert len(self.ids) == len(set(self.ids)), f"ids twice: {self.ids}"
        assert set(self.named) <= set(self.ids), f"named, not there: {set(self.named) - set(self.ids)}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = dict(attrs)
        assert len(attrs) == len(given), f"attribute twice in <{tag}>"
        self._place(tag)
        self._note(tag, given)
        for name, value in attrs:
            assert not name.startswith("on"), f"inline script in <{tag}>"
            assert name != "style", f"inline style in <{tag}>"
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.addresses.append(value or "")
            if name in NAMING:
                self.named += (value or "").split()
        self.tags.append(tag)
        self.elements.append((tag, False))
        if tag not in VOID:
            self.open.append(tag)

    def _place(self, tag: str) -> None:
        """Whether an element may stand where it does."""
        parent = self.open[-1] if self.open else ""
        allowed = CHILDREN.get(parent)
        assert not allowed or tag in allowed, f"<{tag}> in <{parent}>"
        inside = PHRASING.intersection(self.open)
        assert tag not in BLOCKS or not inside, f"<{tag}> in {inside}"
        assert tag not in ("a", "button", "form", "label") or tag not in self.open, f"<{tag}> in <{tag}>"

    def _note(self, tag: str, given: dict[str, str | None]) -> None:
        """What is told to machines."""
        if tag == "script":
            self.is_data = given.get("type") in DATA
        if "data-marks" in given:
            self.marks = json.loads(given["data-marks"] or "")
        if tag == "img":
            assert "alt" in given, "a picture without words"
        if tag == "data":
            self.facts.append(given["value"] or "")
        if tag == "time":
            self.facts.append(given["datetime"] or "")
        if tag == "meta":
            self.metas[given.get("name") or given.get("property") or ""] = given.get("content") or ""
        if tag in ("a", "link", "form"):
            self.links.append(given)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"
        self.elements.append((tag, True))

    def handle_data(self, data: str) -> None:
        """Note text."""
        inside = self.open[-1] if self.open else ""
        if inside == "script":
            assert self.is_data, f"inline script: {data[:80]}"
            self.scripts.append(data)
            return
        assert inside != "style", "inline style"
        self.words += data.split()

    @property
    def text(self) -> str:
        """What people read, spaces folded."""
        return " ".join(self.words)
