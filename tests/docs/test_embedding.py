"""What docs/embedding.md says of the widget is what its code has: names, defaults, digests."""

from __future__ import annotations

import re
from html import unescape
from typing import get_args

import httpx
import pytest

from app.answers.ticker import POLL_AFTER
from app.render.embed import Moved, Shown
from app.render.locale import LANGUAGES
from app.render.locale.phrases import PHRASES
from app.web.embed import modules
from app.web.parameters import OfBadge, OfChart, OfEmbedded, OfFragment
from tests.docs.blocks import HOST, blocks
from tests.house.tree import ROOT

TEXT = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")
FOLDER = modules.BUILT.parent
SCRIPT = (FOLDER / "ticker.js").read_text(encoding="utf-8")
STYLE = (FOLDER / "ticker.css").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """What stands under a heading."""
    return re.split(r"^#+ ", TEXT.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    lines = re.findall(r"^\| .*$", section(heading), re.MULTILINE)
    return [line.strip("| ").split(" | ") for line in lines][1:]


def named(cell: str) -> list[str]:
    """What is set as code in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def names(heading: str) -> list[str]:
    """The names in the first column of the table under a heading."""
    return [name for row in rows(heading) for name in named(row[0])]


def attributes() -> set[str]:
    """The attributes that the code heeds: what the script observes, and what the style sheet asks for."""
    (asked,) = re.findall(r"ASKED = \[(.*?)\]", SCRIPT)
    (others,) = re.findall(r"observedAttributes = \[\.\.\.ASKED, (.*?)\]", SCRIPT)
    styled = re.findall(r":host\(\[([a-z]+)=", STYLE)
    return {*re.findall(r'"([a-z]+)"', asked + others), *styled}


def test_every_attribute_is_told_and_no_other() -> None:
    assert len(names("Attributes")) == len(set(names("Attributes")))
    assert set(names("Attributes")) == attributes()


def test_the_words_and_bounds_of_an_attribute_are_those_of_the_parameter() -> None:
    told = {named(row[0])[0]: named(" ".join(row)) for row in rows("Attributes")}
    for name, schema in OfFragment.model_json_schema()["properties"].items():
        given = [schema[each] for each in ("default", "minimum", "maximum") if schema.get(each)]
        for word in [*map(str, given), *schema.get("enum", ())]:
            assert name not in told or word in told[name], (name, word)


def test_a_fragment_takes_what_the_page_says_and_no_more() -> None:
    assert "all of them but `src`, `live` and `paused`" in TEXT
    taken = {field.alias or name for name, field in OfFragment.model_fields.items()}
    assert attributes() - {"src", "live", "paused"} == taken - {"date", "at", "as_known_at"}


def test_every_parameter_of_a_picture_is_told_and_no_other() -> None:
    told = section("A README, an e-mail, a page that takes pictures alone").partition("Both take")[2]
    both, badge, chart = (
        set(re.findall(r"`([a-z_]+)`", each))
        for each in re.split(r"; the badge|,\s+the chart", told.partition(".")[0])
    )
    for model, own in ((OfBadge, badge), (OfChart, chart)):
        assert both | own == {field.alias or name for name, field in model.model_fields.items()}


def test_every_property_and_method_is_told_and_no_other() -> None:
    told = {name.removesuffix("()") for name in names("Properties and methods")}
    assert told == set(re.findall(r"\bhost\.(\w+) = ", SCRIPT))
    for name in Shown.__dataclass_fields__:
        assert re.search(rf"[`{{ ]{name}[`,}}]", TEXT), name


def test_every_event_is_told_and_no_other() -> None:
    told = [name for name in names("Events") if name.startswith("silkrate-ticker-")]
    assert set(told) == {f"silkrate-ticker-{kind}" for kind in re.findall(r'tell\("([a-z]+)"', SCRIPT)}


def test_every_state_is_told_and_no_other() -> None:
    (chosen,) = re.findall(r"const state =(.*?);", SCRIPT, re.DOTALL)
    assert set(names("States")) == set(re.findall(r'"([a-z]+)"', chosen))
    shown = {named(row[0])[0]: row[2] for row in rows("States")}
    words = PHRASES["en"].around
    for state, said in {"stale": words.delayed, "offline": words.offline}.items():
        assert f"*{said.removesuffix(' {}')}*" in shown[state]


def test_every_property_of_style_is_told_with_its_default_and_no_other() -> None:
    used = re.findall(r"var\((--silkrate-ticker-[a-z]+), ((?:[^()]|\([^()]*\))+)\)", STYLE)
    told = re.findall(r"^\| `(--[a-z-]+)` \| `(.*?)` \|$", TEXT, re.MULTILINE)
    assert dict(told) == dict(used)
    assert len(told) == len(set(used))


def test_every_part_is_told_and_no_other() -> None:
    told = [name for name in names("Style") if not name.startswith("--")]
    (each,) = re.findall(r"parts\] = \[(.*?)\]\.map\(\(part\)", SCRIPT)
    single = re.findall(r'part: "([a-z]+)"', SCRIPT) + re.findall(r'"([a-z]+)"', each)
    (item,) = re.findall(r'row\.part = .*? \? "([a-z ]+)" : "item"', SCRIPT)
    assert set(told) == {*single, *item.split(), *get_args(Moved)}
    assert len(told) == len(set(told))


def test_every_language_is_told_with_those_of_the_attribute() -> None:
    assert f"`{' '.join(LANGUAGES)}`" in TEXT
    (told,) = [row[2] for row in rows("Attributes") if row[0] == "`lang`"]
    assert set(named(told)) == set(LANGUAGES)


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert POLL_AFTER == 60
    assert "then every minute, as the service says" in TEXT
    assert "Math.min(900, 15 * 2 ** ++own._failures)" in SCRIPT
    assert "After a failure 30 seconds later, then 60, up to 15 minutes" in TEXT
    assert "AbortSignal.timeout(8e3)" in SCRIPT
    assert "after 8 seconds without an answer" in TEXT
    assert 'rootMargin: "200px"' in SCRIPT
    assert "200 pixels from it" in TEXT
    assert "800 + 400 * Math.random()" in SCRIPT
    assert "a fifth sooner or later" in TEXT


def test_every_strip_shown_has_attributes_that_there_are() -> None:
    shown = re.findall(r"<silkrate-ticker\s([^>]*?)/?>", TEXT)
    assert len(shown) >= 5
    for each in shown:
        given = set(re.findall(r"([a-z]+)=", re.sub(r'"[^"]*"', "", each)))
        assert given <= attributes() | {"style"}, each


@pytest.mark.parametrize("url", sorted(set(re.findall(rf"{HOST}(/[^\s\"'<>;`)]*)", unescape(TEXT)))))
def test_every_address_shown_answers(url: str, address: str) -> None:
    reply = httpx.get(address + url, trust_env=False)
    assert reply.status_code == 200, reply.text


def test_what_the_widget_asks_for_is_what_its_first_attributes_name() -> None:
    (asked,) = re.findall(r"ASKED = \[(.*?)\]", SCRIPT)
    known = [field.alias or name for name, field in OfEmbedded.model_fields.items()]
    assert set(re.findall(r'"([a-z]+)"', asked)) <= set(known)
    assert set(names("Attributes")[:7]) == {*re.findall(r'"([a-z]+)"', asked), "lang"}


def test_a_block_of_another_kind_would_be_noticed() -> None:
    run = {"html", "css", "http", "js", "php", "nginx", "jsx", "md"}
    assert {each.language for each in blocks(*run, text=TEXT)} == run
    assert set(re.findall(r"^```(\w+)", TEXT, re.MULTILINE)) == run
