"""A strict reader of HTML: elements closed in order, ids unique, and the text that people see."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"base", "meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Reads a whole page; raises AssertionError where a browser would have to guess."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        assert html.startswith("<!doctype html>")
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"
        assert len(self.ids) == len(set(self.ids)), f"ids twice: {self.ids}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        assert len(attrs) == len(dict(attrs)), f"attribute twice in <{tag}>"
        for name, value in attrs:
            assert not name.startswith("on"), f"inline script in <{tag}>"
            assert name != "style", f"inline style in <{tag}>"
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.addresses.append(value or "")
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        """Note text."""
        assert not (self.open and self.open[-1] in ("script", "style") and data.strip()), (
            "inline script or style"
        )
        self.words += data.split()

    @property
    def text(self) -> str:
        """What people read, spaces folded."""
        return " ".join(self.words)
