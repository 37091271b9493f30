"""What holds for the documents of all sources: damage never makes a rate, and no error has no name."""

import os
from dataclasses import replace
from datetime import date

import pytest

from app.domain.errors import BadBody, NoRates
from app.domain.observations import Observation
from app.sources.catalog import SOURCES
from tests.sources.documents import DOCUMENTS, Document
from tests.sources.mutations import damaged

PAGE = b"<html><head><title>Request Rejected</title></head><body><p>No.</p></body></html>"

DAMAGED = 10 * int(os.environ.get("FUZZ_CASES", "200"))
"""How many damaged bodies of each document are read."""

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


@pytest.mark.fuzz
@every_document
def test_a_damaged_document_gives_rates_that_it_printed_or_is_refused(document: Document) -> None:
    right = {unsigned(said) for said in document.parse()}
    read = 0
    for seed in range(DAMAGED):
        try:
            said = {unsigned(each) for each in document.parse(damaged(document.sample, seed, 1 + seed % 3))}
        except (BadBody, NoRates):
            continue
        read += 1
        assert said <= right, f"seed {seed}"
    assert read


@every_document
def test_reading_twice_gives_the_same(document: Document) -> None:
    assert [replace(said) for said in document.parse()] == document.parse()
