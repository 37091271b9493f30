"""`silkrate import`: a page becomes rows once, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.processes import Home

SAMPLES = Path(__file__).parents[1] / "sources/samples"
PAGE = SAMPLES / "ticker-page-2025-01-07.txt"
STRIP = """\
KGS/USD = 0.01149 0%
KZT/USD = 0.00189 0%
TJS/USD = 0.09153 -0.22%
UZS/USD = 0.00008 0%
TMT/USD = 0.28571 -0.14%
"""
PAIRS = ["KGS/USD", "KZT/USD", "TJS/USD", "UZS/USD", "TMT/USD"]


def write(folder: Path, text: str) -> str:
    """The name of a page with this text."""
    page = folder / "page.txt"
    page.write_text(text, encoding="utf-8")
    return str(page)


def test_a_page_is_recorded_with_the_date_that_it_shows(silkrate: Terminal) -> None:
    typed = silkrate("import", str(PAGE))
    assert (typed.code, typed.err) == (0, "")
    _, *rows, summary = typed.rows
    assert [row[:3] for row in rows] == [["page", "recorded", pair] for pair in PAIRS]
    assert {row[4] for row in rows} == {"2025-01-07"}
    assert " ".join(summary) == "5 items: 5 recorded"


def test_importing_again_records_nothing_and_says_so(silkrate: Terminal) -> None:
    silkrate("import", str(PAGE))
    before = silkrate("history", "TJS-USD", "--csv").out
    typed = silkrate("import", str(PAGE))
    assert typed.code == 0
    _, *rows, summary = typed.rows
    assert [row[1:3] for row in rows] == [["unchanged", pair] for pair in PAIRS]
    assert " ".join(summary) == "5 items: 5 recorded before"
    assert silkrate("history", "TJS-USD", "--csv").out == before


def test_the_imported_page_comes_out_as_one_clean_strip(silkrate: Terminal, home: Home) -> None:
    home.settings["SILKRATE_SOURCES"] = "page"
    assert silkrate("import", str(PAGE)).code == 0
    with home.serving("--no-poll") as service:
        assert service.get("/v1/ticker.txt?decimals=5").text == STRIP
        asked = "/v1/ticker.txt?source=page&date=2025-01-07&decimals=5"
        assert service.get(asked).text == STRIP


def test_one_item_is_not_several(silkrate: Terminal, tmp_path: Path) -> None:
    page = write(tmp_path, STRIP.splitlines()[0])
    assert "1 item: 1 recorded\n" in silkrate("import", page, "--date", "2025-01-08").out


def test_a_pipe_is_read_like_a_file(home: Home) -> None:
    assert "5 items: 5 recorded\n" in home.shell(f"cat '{PAGE}' | silkrate import -").stdout


def test_a_page_without_a_date_takes_the_one_given_in_the_zone_given(
    silkrate: Terminal, tmp_path: Path
) -> None:
    page = write(tmp_path, STRIP)
    typed = silkrate("import", page, "--date", "2025-01-08", "--zone", "Asia/Tashkent")
    assert (typed.code, {row[4] for row in typed.rows[1:-1]}) == (0, {"2025-01-08"})
    assert "2025-01-07T19:00:00Z" in silkrate("history", "UZS-USD", "--csv").out


def test_an_impossible_item_is_rejected_alone_and_named(silkrate: Terminal, tmp_path: Path) -> None:
    page = write(tmp_path, STRIP.replace("0.00189", "0.18900"))
    typed = silkrate("import", page, "--date", "2025-01-08")
    assert typed.code == 0
    outcomes = {row[2]: row[1] for row in typed.rows[1:-1]}
    assert outcomes == dict.fromkeys(PAIRS, "recorded") | {"KZT/USD": "rejected"}
    assert "USD/KZT 5.29100529101 is outside 70 to 2500" in typed.out
    assert "5 items: 4 recorded, 1 rejected\n" in typed.out


def test_what_was_rejected_is_rejected_however_often_it_is_imported(
    silkrate: Terminal, tmp_path: Path
) -> None:
    page = write(tmp_path, STRIP.replace("0.00189", "0.18900"))
    silkrate("import", page, "--date", "2025-01-08")
    typed = silkrate("import", page, "--date", "2025-01-08")
    outcomes = {row[2]: row[1] for row in typed.rows[1:-1]}
    assert outcomes == dict.fromkeys(PAIRS, "unchanged") | {"KZT/USD": "rejected"}
    assert "USD/KZT 5.29100529101 is outside 70 to 2500" in typed.out
    assert "5 items: 1 rejected, 4 recorded before\n" in typed.out


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (STRIP, [], ["no date", "--date"]),
        (STRIP + "TJS/USD = 0.09200 0%\n", ["--date", "2025-01-08"], ["0.09153", "0.09200"]),
        (STRIP + "7 January 2025, 8 January 2025", [], ["2025-01-07", "2025-01-08"]),
        (STRIP + "7 January 2025", ["--date", "2025-01-08"], ["2025-01-07", "2025-01-08"]),
        ("no strip here, 7 January 2025", [], ["no item"]),
    ],
    ids=["undated", "contradicts itself", "two dates", "another date", "empty"],
)
def test_a_page_that_cannot_be_believed_is_refused_whole_with_the_reason(
    silkrate: Terminal, tmp_path: Path, text: str, options: list[str], words: list[str]
) -> None:
    page = write(tmp_path, text)
    typed = silkrate("import", page, *options)
    assert (typed.code, typed.out) == (1, "")
    (line,) = typed.err.splitlines()
    assert all(word in line for word in [page, "nothing was recorded", *words])
    assert "no-rate-yet" in silkrate("latest").out


def test_ndjson_is_refused_with_the_forms_that_are_read(silkrate: Terminal, tmp_path: Path) -> None:
    silkrate("import", str(PAGE))
    exported, unnamed = tmp_path / "all.ndjson", tmp_path / "all"
    silkrate("export", "-o", str(exported))
    unnamed.write_bytes(exported.read_bytes())
    for file in (exported, unnamed):
        typed = silkrate("import", str(file))
        assert (typed.code, typed.out) == (1, "")
        (line,) = typed.err.splitlines()
        assert all(word in line for word in (str(file), "NDJSON", ".csv or .parquet", "Nothing was recorded"))


def test_a_file_that_cannot_be_read_is_one_line(silkrate: Terminal, tmp_path: Path) -> None:
    for missing in (tmp_path / "missing.txt", tmp_path):
        typed = silkrate("import", str(missing))
        assert (typed.code, typed.out, typed.err.count("\n")) == (1, "", 1)
        assert str(missing) in typed.err
