"""What holds for the documents of all sources: damage never makes a rate, a misprint never another than it
prints, and no error has no name.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest

from app.domain.errors import BadBody, NoRates
from app.domain.observations import Observation
from app.sources.catalog import SOURCES
from tests.sources.documents import DOCUMENTS, Document
from tests.sources.mutations import SLIPS, damaged, misprinted

PAGE = b"<html><head><title>Request Rejected</title></head><body><p>No.</p></body></html>"

SEEDED = 200
CASES = int(os.environ.get("FUZZ_CASES", SEEDED))
EACH = 5
"""How many bodies a case is, of each document: so many damaged, and so many misprinted."""

every_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
XML = {name: document for name, document in DOCUMENTS.items() if document.file.endswith(".xml")}


def unsigned(said: Observation) -> tuple[date, str, str, int]:
    """What was printed for which day, without a minus: damage may put one there, and the rules refuse it."""
    printed = said.published
    return said.effective_date, str(printed.pair), printed.value.removeprefix("-"), printed.nominal


def test_every_source_that_is_parsed_has_a_sample() -> None:
    sampled = {document.source.key for document in DOCUMENTS.values()}
    assert sampled == {source.key for source in SOURCES if source.parse}


@every_document
@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\0", b"\xff\xfe<", PAGE, b"[]", b"{}", b"null", b"1"])
def test_what_is_no_such_document_is_refused_in_the_name_of_the_source(
    document: Document, body: bytes
) -> None:
    with pytest.raises((BadBody, NoRates)) as caught:
        document.parse(body)
    assert caught.value.source == document.source.key
    assert len(str(caught.value)) < 300


@every_document
def test_a_document_cut_anywhere_is_refused(document: Document) -> None:
    whole = document.sample.rstrip().removesuffix(b"</html>").rstrip().removesuffix(b"</body>").rstrip()
    for length in range(len(whole)):
        with pytest.raises((BadBody, NoRates)):
            document.parse(whole[:length])


@every_document
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_another_encoding_is_refused(document: Document, encoding: str) -> None:
    text = document.sample.decode("cp1251" if b"windows-1251" in document.sample else "utf-8")
    with pytest.raises(BadBody):
        document.parse(text.encode(encoding))


@pytest.mark.parametrize("document", XML.values(), ids=XML)
def test_a_document_type_is_refused_before_any_entity_is_looked_at(document: Document) -> None:
    prolog, mark, rest = document.sample.partition(b"?>")
    doctype = b'<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(BadBody, match="declares a document type"):
        document.parse(prolog + mark + doctype + rest)


def read_of(
    document: Document, spoil: Callable[[bytes, int, int], bytes]
) -> Iterator[tuple[str, bytes, list[Observation]]]:
    """Each spoilt body that is not refused, after its seed, and what is read from it."""
    sample = document.sample
    for seed in range(EACH * CASES):
        body = spoil(sample, seed, 1 + seed % 3)
        try:
            yield f"seed {seed}", body, document.parse(body)
        except (BadBody, NoRates):
            continue


@pytest.mark.fuzz
@every_document
def test_a_damaged_document_gives_rates_that_it_printed_or_is_refused(document: Document) -> None:
    right, read = {unsigned(said) for said in document.parse()}, 0
    for seed, _, said in read_of(document, damaged):
        assert {unsigned(each) for each in said} <= right, seed
        read += 1
    assert read > EACH * CASES * 0.025, "most damage is refused, but if all were, this would say nothing"


@pytest.mark.fuzz
@every_document
def test_a_misprinted_document_gives_what_stands_in_it_or_is_refused(document: Document) -> None:
    """Whether such a number is believed is for the rules to say."""
    read = 0
    for seed, body, said in read_of(document, misprinted):
        assert said, seed
        assert document.strays(said, body) == [], seed
        read += 1
    assert read > EACH * CASES * 0.3, "most misprints are numbers"


def test_2000_bodies_of_each_document_are_spoilt_here_and_100000_by_make_fuzz() -> None:
    makefile = Path(__file__).parents[2] / "Makefile"
    (fuzzed,) = re.findall(r"FUZZ_CASES \?= ([0-9]+)", makefile.read_text())
    assert [2 * EACH * cases for cases in (SEEDED, int(fuzzed))] == [2_000, 100_000]


@every_document
def test_a_misprint_changes_digits_and_decimal_marks_alone(document: Document) -> None:
    rest = re.compile(rb"[0-9.,-]")
    for seed in range(100):
        assert rest.sub(b"", misprinted(document.sample, seed, 3)) == rest.sub(b"", document.sample)


@pytest.mark.parametrize("slip", SLIPS)
def test_every_kind_of_misprint_happens(slip: Callable[[bytes, Random], bytes]) -> None:
    sample = DOCUMENTS["nbt"].sample
    assert sum(slip(sample, Random(seed)) != sample for seed in range(100)) > 50


def test_what_does_not_stand_in_a_document_is_seen() -> None:
    document = DOCUMENTS["nbt"]
    som = next(said for said in document.parse() if said.published.pair.base == "KGS")
    for changes in ({"value": "1.065"}, {"value": "9.2655"}, {"nominal": 1}, {"nominal": 100}):
        stray = replace(som, published=replace(som.published, **changes))
        assert document.strays([som, stray], document.sample) == [stray]
    late = replace(som, effective_date=date(2026, 7, 17))
    assert document.strays([som, late], document.sample) == [late]


# A currency that a bank has no rate of

WITNESSES = {
    "nbkr-daily": ("EUR", "99,4030", "<Nominal>1</Nominal>\n<Value>99,4030<"),
    "nbkr-weekly": ("TMT", "24,8374", "<Nominal>1</Nominal>\n<ValidFor>7</ValidFor>\n<Value>24,8374<"),
    "nbk": ("EUR", "546.9", "546.9</description>\n            <quant>1<"),
    "nbt": ("EUR", "10.8311", "<Nominal>1</Nominal>\n   <Name>EURO</Name>\n   <Value>10.8311<"),
    "cbu": ("EUR", "13921.66", '"Nominal": "1",\n"Rate": "13921.66"'),
    "cbt": ("EUR", "4.0992", "<multiplier>1</multiplier>\n\t\t<rate_tmt>4.0992<"),
}
"""A currency other than the dollar in each bank's file, its value, and the value beside its nominal."""

every_witness = pytest.mark.parametrize(
    ("document", "code", "value", "row"),
    [(DOCUMENTS[name], *row) for name, row in WITNESSES.items()],
    ids=WITNESSES,
)


@every_witness
@pytest.mark.parametrize("blank", ["", " ", "-", "0", "0.0000"])
def test_a_blank_a_dash_or_zero_beside_a_witness_costs_that_rate_alone(
    document: Document, code: str, value: str, row: str, blank: str
) -> None:
    rest = {pair: said for pair, said in document.printed().items() if not pair.startswith(code)}
    assert document.printed(document.changed(value, blank)) == rest


@every_witness
@pytest.mark.parametrize("garbage", ["n/a", "?", "--", "1 0"])
def test_anything_else_beside_a_witness_may_be_another_layout_and_is_refused(
    document: Document, code: str, value: str, row: str, garbage: str
) -> None:
    assert f"{code}: value: " in document.refusal(document.changed(value, garbage))


@every_witness
@pytest.mark.parametrize("blank", [False, True])
def test_a_witness_without_its_nominal_is_refused_whether_it_has_a_value_or_not(
    document: Document, code: str, value: str, row: str, blank: bool
) -> None:
    bare = re.sub(r'(?<=[>"])1(?=[<"])', "", row)
    body = document.changed(row, bare.replace(value, "") if blank else bare)
    assert f"{code}: nominal ''" in document.refusal(body)


@every_document
def test_reading_twice_gives_the_same(document: Document) -> None:
    assert [replace(said) for said in document.parse()] == document.parse()
