from base64 import urlsafe_b64decode, urlsafe_b64encode
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cursors import CursorKind, decode, encode, parse_day, parse_instant
from app.domain.errors import BadCursor, ForeignCursor

LOG, ANOTHER = "3f9c2b7d51e84a06", "a0b1c2d3e4f50617"
CURSOR = encode("t", LOG, "412")
kinds: st.SearchStrategy[CursorKind] = st.sampled_from(["t", "h"])
log_ids = st.text("0123456789abcdef-", min_size=1, max_size=36)


@pytest.mark.fuzz
@given(kinds, log_ids, st.text(st.characters(exclude_categories=["Cs"])))
def test_a_cursor_leads_back_to_its_place_and_is_safe_in_a_url(
    kind: CursorKind, log_id: str, place: str
) -> None:
    cursor = encode(kind, log_id, place)
    assert decode(cursor, kind, log_id) == place
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("position", range(len(CURSOR)))
def test_any_one_character_changed_dropped_or_added_is_a_bad_cursor(position: int) -> None:
    before, char, after = CURSOR[:position], CURSOR[position], CURSOR[position + 1 :]
    others = [other for other in f"{printable}\u00e9\u0414\u2212\U0001f4b1\x00" if other != char]
    for spoilt in [
        before + after,
        *(before + other + after for other in others),
        *(CURSOR[:position] + other + CURSOR[position:] for other in others),
    ]:
        if spoilt == CURSOR:
            continue
        with pytest.raises(BadCursor):
            decode(spoilt, "t", LOG)


@pytest.mark.parametrize(
    "cursor",
    [
        *(
            "",
            " ",
            "=",
            "====",
            "A",
            "AAAA",
            "AAAAAAAA",
            "null",
            "41",
            "\u0441\u0443\u0440\u0441\u043e\u0440",
            "\ud800",
            "\x00" * 9,
        ),
        *(CURSOR + "=", CURSOR + "\n", " " + CURSOR, CURSOR.upper(), CURSOR * 2),
        *("A" * 1_000_000, "\u00e9" * 1_000_000),
    ],
)
def test_what_was_never_handed_out_is_a_bad_cursor_in_a_short_sentence(cursor: str) -> None:
    with pytest.raises(BadCursor) as refused:
        decode(cursor, "t", LOG)
    assert refused.value.parameter == "after"
    assert "`next`" in str(refused.value.expected)
    assert len(str(refused.value)) < 700


def test_the_spare_bits_and_the_other_alphabet_of_base64_are_no_second_spelling() -> None:
    raw = urlsafe_b64decode(CURSOR + "=" * (-len(CURSOR) % 4))
    twin = CURSOR[:-1] + chr(ord(CURSOR[-1]) + 1)
    assert urlsafe_b64decode(twin + "=" * (-len(twin) % 4)) == raw
    with pytest.raises(BadCursor):
        decode(twin, "t", LOG)
    dashed = next(cursor for seq in range(1000) if "-" in (cursor := encode("t", LOG, str(seq))))
    with pytest.raises(BadCursor):
        decode(dashed.replace("-", "+"), "t", LOG)


@pytest.mark.fuzz
@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode().rstrip("=")), kinds)
def test_any_text_is_a_bad_cursor_and_nothing_worse(text: str, kind: CursorKind) -> None:
    with pytest.raises(BadCursor):
        decode(text, kind, LOG)


def test_a_cursor_of_another_kind_is_a_bad_one() -> None:
    with pytest.raises(BadCursor):
        decode(CURSOR, "h", LOG)
    with pytest.raises(BadCursor):
        decode(encode("h", LOG, "2026-05-21"), "t", LOG)


def test_a_cursor_of_another_log_is_foreign_and_says_how_to_go_on() -> None:
    with pytest.raises(ForeignCursor, match="belongs to another log") as refused:
        decode(CURSOR, "t", ANOTHER)
    assert refused.value.parameter == "after"
    assert "without after=" in str(refused.value.expected)


def test_a_mistyped_cursor_of_another_log_is_a_bad_one() -> None:
    with pytest.raises(BadCursor):
        decode(CURSOR[:-2], "t", ANOTHER)


def test_a_cursor_of_another_version_of_cursors_is_a_bad_one() -> None:
    raw = urlsafe_b64decode(CURSOR + "=" * (-len(CURSOR) % 4))
    assert raw[4:] == f"1.t.{LOG}.412".encode()
    with pytest.raises(BadCursor):
        decode(urlsafe_b64encode(raw.replace(b"1.t", b"2.t")).decode().rstrip("="), "t", LOG)


def test_a_cursor_of_one_question_leads_on_in_no_other() -> None:
    asked = ("KGS/USD,KZT/USD", None, True)
    cursor = encode("h", LOG, "2026-05-21 0", asked)
    assert decode(cursor, "h", LOG, asked) == "2026-05-21 0"
    for other in (("KZT/USD,KGS/USD", None, True), ("KGS/USD,KZT/USD", None, False), asked[:2]):
        with pytest.raises(BadCursor, match="another question") as refused:
            decode(cursor, "h", LOG, other)
        assert "`since`" in str(refused.value.expected)
    with pytest.raises(ForeignCursor):
        decode(cursor, "h", ANOTHER, asked[:2])


@pytest.mark.parametrize("text", ["", "soon", "9000-01-01", "0999-12-31", "2026-02-30", "20260521"])
def test_a_place_is_read_as_strictly_as_a_parameter(text: str) -> None:
    for read in (parse_day, parse_instant):
        with pytest.raises(ValueError, match=r"."):
            read(text)
