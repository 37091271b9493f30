"""Which coding a request takes, and what goes out in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator

import brotli
import httpx
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from app.context import Context
from app.web.app import create_app
from app.web.assets import PATHS
from app.web.coding import (
    CODINGS,
    USUAL,
    WORTH,
    Coding,
    _chosen_before,
    chosen,
    compressor,
    encode,
    encode_once,
    varies,
)
from tests.said import nbkr
from tests.web.conftest import Client, fill, lasting, say, served
from tests.web.test_kept import followed

DECODED: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": lambda coded: zstandard.ZstdDecompressor().decompressobj().decompress(coded),
    "gzip": gzip.decompress,
}

LARGE = [
    "/v1/latest",
    "/v1/ticker",
    "/v1/pairs",
    "/openapi.json",
    "/docs",
    "/docs/try",
    f"/{PATHS['site.css']}",
]
SMALL = ["/v1/latest/KGS-USD.txt", "/v1/ticker.txt", f"/{PATHS['favicon.svg']}"]


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br ; q=0.501 , gzip; q=0.500", "br"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "zstd"),
        ("gzip;q=0.2, *;q=0.1", "gzip"),
        ("gzip;q=0, *", "br"),
        ("identity", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("identity;q=0, *;q=0", None),
        ("deflate, compress", None),
        ("br;q=x", None),
        ("br;q=1., gzip;q=0.", "br"),
        ("br;q=1.001, gzip", "br"),
        ("br;q=0.5000", None),
        ("br;q=2, gzip;q=0.001", "gzip"),
        ("br;q=\u0661, gzip;q=0.\u0661", None),
        pytest.param("br;q=" + "9" * 5_000, None, id="more digits than a number may have"),
        (",, gzip;, ", "gzip"),
    ],
)
def test_what_is_liked_best_is_chosen_and_of_equals_the_smallest(header: str, coding: str | None) -> None:
    assert chosen(header) == coding


def test_only_headers_as_short_as_usual_are_remembered() -> None:
    longest = "br".ljust(USUAL)
    assert chosen(longest) == chosen(longest + " ") == "br"
    before = _chosen_before.cache_info()
    chosen(longest)
    chosen(longest + " ")
    assert _chosen_before.cache_info() == before._replace(hits=before.hits + 1)


@pytest.mark.parametrize("header", ["accept_encoding", "accept"])
def test_a_weight_of_any_length_is_answered(full: Client, header: str) -> None:
    asked = {header: "*/*, text/csv;q=" + "9" * 5_000}
    assert full.get("/v1/history/KGS-USD", **asked).json()["points"]


@given(st.text(max_size=60))
def test_no_header_makes_the_choice_fail(header: str) -> None:
    assert chosen(header) in (None, *CODINGS)


@pytest.mark.parametrize("coding", CODINGS)
@given(content=st.binary(max_size=5_000))
def test_what_is_coded_is_the_same_when_it_is_decoded_and_each_time(coding: Coding, content: bytes) -> None:
    assert DECODED[coding](encode(content, coding)) == content
    assert encode(content, coding) == encode(content, coding) == encode_once(content, coding)


@pytest.mark.parametrize("coding", CODINGS)
@given(chunks=st.lists(st.binary(max_size=2_000), max_size=20))
def test_what_is_coded_in_pieces_is_the_same_when_it_is_decoded(coding: Coding, chunks: list[bytes]) -> None:
    coder = compressor(coding)
    coded = b"".join(map(coder.compress, chunks)) + coder.flush()
    assert DECODED[coding](coded) == b"".join(chunks)


def test_what_is_broken_off_is_known_by_its_missing_end() -> None:
    coder = compressor("gzip")
    begun = coder.compress(b"1" * 100_000) + b""
    decoder = zlib.decompressobj(wbits=31)
    decoder.decompress(begun)
    assert not decoder.eof
    decoder.decompress(coder.flush())
    assert decoder.eof


def test_what_is_compressed_already_is_not_coded_again() -> None:
    assert varies("text/csv; charset=utf-8")
    assert not varies("application/vnd.apache.parquet")


@pytest.mark.parametrize("path", LARGE)
@pytest.mark.parametrize("coding", CODINGS)
def test_the_coded_bytes_have_their_own_validator_and_nothing_else_is_different(
    full: Client, path: str, coding: Coding
) -> None:
    plain, coded = full.get(path), full.get(path, accept_encoding=coding)
    assert coded.headers["content-encoding"] == coding
    assert int(coded.headers["content-length"]) < len(plain.content)
    assert coded.content == plain.content  # the client decodes it
    assert coded.headers["etag"] != plain.headers["etag"]
    differing = {"content-encoding", "content-length", "etag"}
    assert {name: value for name, value in lasting(coded).items() if name not in differing} == {
        name: value for name, value in lasting(plain).items() if name not in differing
    }


@pytest.mark.parametrize("path", LARGE)
def test_the_validator_of_one_coding_fits_no_other(full: Client, path: str) -> None:
    tags = {coding: full.get(path, accept_encoding=coding).headers["etag"] for coding in (*CODINGS, "")}
    assert len(set(tags.values())) == len(tags)
    for coding in tags:
        for other, tag in tags.items():
            again = full.get(path, accept_encoding=coding, if_none_match=tag)
            assert again.status_code == (304 if other == coding else 200)
            assert "content-encoding" not in again.headers or again.status_code == 200


@pytest.mark.parametrize("path", LARGE)
def test_head_of_what_is_coded_has_the_headers_of_get(full: Client, path: str) -> None:
    get, head = (full.request(method, path, accept_encoding="br") for method in ("GET", "HEAD"))
    assert (lasting(head), head.content) == (lasting(get), b"")


@pytest.mark.parametrize("path", SMALL)
def test_a_few_bytes_go_out_as_they_are(full: Client, path: str) -> None:
    response = full.get(path, accept_encoding="br, gzip")
    assert "content-encoding" not in response.headers
    assert len(response.content) < WORTH
    assert response.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("header", ["identity;q=0", "*;q=0", "deflate", "compress, identity;q=0", "x"])
def test_who_takes_nothing_that_there_is_gets_the_bytes_as_they_are(full: Client, header: str) -> None:
    response = full.get("/v1/latest", accept_encoding=header)
    assert (response.status_code, response.content) == (200, full.get("/v1/latest").content)
    assert "content-encoding" not in response.headers


@pytest.fixture
def filled(context: Context) -> Iterator[Context]:
    fill(context)
    with followed(context):
        yield context


def test_a_coding_is_made_once_however_it_is_asked_for(
    filled: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Coding] = []

    def noting(content: bytes, coding: Coding) -> bytes:
        made.append(coding)
        return encode(content, coding)

    monkeypatch.setattr("app.web.kept.encode", noting)
    client = Client(create_app(filled))
    for header in ("br", "gzip, br", "gzip;q=0.5, br", "gzip", "gzip;q=0.9"):
        for host in ("rates.test", "mirror.test"):
            client.get("/v1/ticker?decimals=5&lang=en", accept_encoding=header, host=host)
            client.get("/v1/ticker?lang=en&decimals=5", accept_encoding=header, host=host)
    assert made == ["br", "gzip"]


def test_a_new_version_is_in_every_coding(filled: Context) -> None:
    client = Client(create_app(filled))
    before = {coding: client.get("/v1/latest", accept_encoding=coding) for coding in CODINGS}
    say(filled, nbkr("2026-05-21", "87.9900"), when="2026-05-21 05:30")
    for coding in CODINGS:
        tag = before[coding].headers["etag"]
        after = client.get("/v1/latest", accept_encoding=coding, if_none_match=tag)
        assert (after.status_code, after.headers["content-encoding"]) == (200, coding)
        assert after.content == client.get("/v1/latest").content != before[coding].content


def test_a_real_client_reads_each_coding(filled: Context) -> None:
    with served(create_app(filled)) as address, httpx.Client(base_url=address) as client:
        for coding in CODINGS:
            for path in LARGE:
                response = client.get(path, headers={"Accept-Encoding": coding})
                assert response.headers["content-encoding"] == coding
                assert response.content == client.get(path, headers={"Accept-Encoding": "identity"}).content
