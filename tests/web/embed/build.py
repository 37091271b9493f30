"""Builds the module of the widget from its sources and the words of each language: `make widget`.

A version that was released stays as it is: pages name it by its digest. What was not is built again with
ARGS=--again.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import ascii_lowercase

import minify

from app.render.locale.phrases import PHRASES
from app.web.embed.modules import BUILT, integrity

SOURCES = BUILT.parent
VERSION = "1.0.0"
"""Of the module that the sources are."""

RELEASED: Mapping[str, str] = {}
"""The digest of each version that pages may have, by hand: those bytes are never built again."""


def words() -> dict[str, str]:
    """The words around a strip by language, in the order in which the script takes them apart; a day comes
    after those that end with it. Without rates it says nothing: what the page has in it is shown.
    """
    return {tag.lower(): "|".join(_short(phrases.around[:-1])) for tag, phrases in PHRASES.items()}


def _short(around: Iterable[str]) -> Iterator[str]:
    return (each.removesuffix("{}") for each in around)


def style() -> str:
    """The style sheet without what only people read."""
    sheet = str(minify.string("text/css", (SOURCES / "ticker.css").read_text(encoding="utf-8")))
    return re.sub(r"\s*([{};:,])\s+", r"\1", sheet)  # what it does not know, it leaves as it is


def script() -> str:
    """The module: its source with the words and the style sheet, in a block, so that no name in it must be
    kept.
    """
    source = (SOURCES / "ticker.js").read_text(encoding="utf-8")
    for place, content in (("WORDS", words()), ("STYLE", style())):
        assert source.count(f'"{place}"') == 1
        source = source.replace(f'"{place}"', json.dumps(content, ensure_ascii=False))
    return shortened(str(minify.string("application/javascript", f"{{{source}}}"))) + "\n"


def shortened(script: str) -> str:
    """The same with its own members, which begin with `_`, called by one letter: what minifies leaves
    members.
    """
    members = sorted(set(re.findall(r"(?<=[.{,])_[a-z]+\b", script)))
    for letter, member in zip(ascii_lowercase, members, strict=False):
        script = re.sub(rf"(?<=[.{{,]){member}\b", letter, script)
    return script


def files() -> dict[Path, str]:
    """What is built, and where it lies."""
    return {BUILT / VERSION / "ticker.js": script(), BUILT / VERSION / "ticker.css": style() + "\n"}


def main() -> None:
    """Build the version that the sources are, unless there is one."""
    if VERSION in RELEASED or ((BUILT / VERSION).exists() and "--again" not in sys.argv):
        sys.exit(
            f"{VERSION} was built. Give VERSION in {Path(__file__).name} the next number, or say --again."
        )
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(f"{path.name} {VERSION}: {integrity(content.encode())}")


if __name__ == "__main__":
    main()
