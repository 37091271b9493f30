"""The blocks of docs/api.md, questions in several languages and what is shown to come back, and those of
other pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.tree import ROOT

HOST = "https://rates.example.org"
TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")

SHEETS = frozenset({"excel", "powerquery"})
"""The languages of spreadsheets."""

ANSWERS = frozenset({"json", "text"})
"""The languages of what comes back."""

COMMENT = {"python": re.compile(r"(?:^|  )# (.*)$", re.M), "js": re.compile(r"(?:^| )// (.*)$", re.M)}


@dataclass(frozen=True)
class Block:
    """One block of code: the heading it stands under, its language, what else its fence says, and the answer
    that is shown right below it.
    """

    task: str
    language: str
    told: str
    code: str
    shown: str = ""
    shown_as: str = ""

    @property
    def printed(self) -> list[str]:
        """The lines that it prints, which are its comments."""
        return COMMENT[self.language].findall(self.code)

    def gives(self, answer: str) -> bool:
        """Whether `answer` is what is shown, where `...` stands for anything. JSON is shown on several lines,
        and is sent on one.
        """
        lines = self.shown.splitlines()
        shown = "".join(map(str.strip, lines)) if self.shown_as == "json" else "\n".join(lines)
        pattern = ".*".join(map(re.escape, shown.split("...")))
        return re.fullmatch(pattern, answer.replace("\r\n", "\n").strip(), re.DOTALL) is not None


def blocks(*languages: str, text: str = TEXT) -> list[Block]:
    """All of a page in these languages, in their order."""
    return [each for each in _read(text) if each.language in languages]


def tasks() -> dict[str, set[str]]:
    """The languages that each heading is shown in; those of answers are left out."""
    found: dict[str, set[str]] = {}
    for each in _read(TEXT):
        found.setdefault(each.task, set()).add(each.language)
    return {task: languages - ANSWERS for task, languages in found.items()}


def _read(text: str) -> Iterator[Block]:
    task, read = "", []
    for match in re.finditer(r"^#+ (?P<task>.*)$|^```(\w+) ?(.*)\n((?s:.*?))^```\n", text, re.MULTILINE):
        if match["task"]:
            task = match["task"]
        else:
            read.append((match, Block(task, match[2], match[3], match[4])))
    for (match, block), (after, answer) in zip(read, [*read[1:], read[0]], strict=True):
        if answer.language in ANSWERS and text[match.end() : after.start()] == "\n":
            yield Block(block.task, block.language, block.told, block.code, answer.code, answer.language)
        else:
            yield block
