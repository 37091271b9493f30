"""The simulator is the oracle of other tests: here every answer and fault is seen with plain sockets."""

import ast
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.simulator import Fault, Simulator, SlowMover, possible, years
from tests.simulator.demo import PAST, like
from tests.simulator.faults import ANSWER_FAULTS, PUBLICATION_FAULTS, WIRE_FAULTS
from tests.simulator.upstream import Answer

DAILY = "/www.nbkr.kg/XML/daily.xml"
NOON = datetime(2026, 3, 3, 6, tzinfo=UTC)
TODAY = date(2026, 3, 3)

SOUND = b"""<?xml version="1.0" encoding="windows-1251" ?>
<CurrencyRates Name="Daily Exchange Rates" Date="03.03.2026">
<Currency ISOCode="USD">
<Nominal>1</Nominal>
<Value>87,4500</Value>
</Currency>
<Currency ISOCode="EUR">
<Nominal>1</Nominal>
<Value>98,3415</Value>
</Currency>
<Currency ISOCode="CNY">
<Nominal>1</Nominal>
<Value>12,1530</Value>
</Currency>
<Currency ISOCode="KZT">
<Nominal>1</Nominal>
<Value>0,1712</Value>
</Currency>
<Currency ISOCode="RUB">
<Nominal>1</Nominal>
<Value>1,0847</Value>
</Currency>
</CurrencyRates>
"""
USD_ROW = b'<Currency ISOCode="USD">\n<Nominal>1</Nominal>\n<Value>87,4500</Value>\n</Currency>\n'


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """NBKR has published 87,4500 for today; the clock stands at noon in Bishkek."""
    with Simulator() as simulator:
        simulator.set_clock(NOON)
        simulator.nbkr.publish(TODAY, {"USD": "87,4500"})
        yield simulator


@contextmanager
def connected(sim: Simulator) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", sim.port, timeout=5)) as connection:
        yield connection


def ask(sim: Simulator, path: str = DAILY, method: str = "GET", **headers: str) -> Answer:
    """One request on a connection of its own; an underscore in a header's name is a hyphen."""
    with connected(sim) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): headers[name] for name in headers})
        response = connection.getresponse()
        return Answer(response.status, dict(response.headers), response.read())


def order(sim: Simulator, verb: str, content: object) -> tuple[int, Any]:
    """POST `content` to a verb of the remote control: the status and the JSON answered."""
    with connected(sim) as connection:
        connection.request("POST", f"/_control/{verb}", body=json.dumps(content))
        response = connection.getresponse()
        return response.status, json.load(response)


def read_control(sim: Simulator, path: str = "/_control") -> Any:
    return json.loads(ask(sim, path).body)


@contextmanager
def raw(sim: Simulator, headers: str = "") -> Iterator[socket.socket]:
    """A bare connection on which the daily file has been asked for."""
    with closing(socket.create_connection(("127.0.0.1", sim.port), timeout=5)) as wire:
        wire.sendall(f"GET {DAILY} HTTP/1.1\r\nHost: www.nbkr.kg\r\n{headers}\r\n".encode())
        yield wire


def arriving(sim: Simulator, seconds: float = 5) -> bytes:
    """What comes for the daily file until the wire closes, breaks, or `seconds` are over; at most 128 KiB."""
    got, end = b"", time.monotonic() + seconds
    with raw(sim, "Connection: close\r\n") as wire, suppress(TimeoutError, ConnectionError):
        while len(got) < 65536 and (left := end - time.monotonic()) > 0:
            wire.settimeout(left)
            if not (more := wire.recv(65536)):
                break
            got += more
    return got


def drain(wire: socket.socket, into: bytearray) -> None:
    """Everything until the other side closes. Raises ConnectionResetError when it breaks instead."""
    while more := wire.recv(65536):
        into += more


def usd(body: bytes) -> bytes:
    """All that the file says of the dollar, from its tag to the next row's."""
    return body.partition(b'"USD">')[2].partition(b'<Currency ISOCode="EUR">')[0]


# What a sound upstream answers


def test_the_daily_file_is_what_the_bank_serves(sim: Simulator) -> None:
    answer = ask(sim)
    assert (answer.status, answer.body) == (200, SOUND)
    assert answer.headers == {
        "Server": "nginx",
        "Date": "Tue, 03 Mar 2026 06:00:00 GMT",
        "Content-Type": "application/xml",
        "Accept-Ranges": "bytes",
        "ETag": f'W/"{len(SOUND)}-1772517600000"',
        "Last-Modified": "Tue, 03 Mar 2026 06:00:00 GMT",
        "Content-Length": str(len(SOUND)),
    }


def test_the_newest_publication_whose_time_has_come_is_served(sim: Simulator) -> None:
    sim.nbkr.publish(date(2026, 3, 4), {"USD": "87,5000"}, at=NOON + timedelta(hours=4))
    sim.nbkr.publish(date(2026, 3, 2), {"USD": "87,1000"}, at=NOON - timedelta(days=1))
    assert b'Date="03.03.2026"' in ask(sim).body
    sim.set_clock(NOON + timedelta(hours=4))
    assert b'Date="04.03.2026"' in ask(sim).body
    sim.set_clock(NOON - timedelta(seconds=1))
    assert b'Date="02.03.2026"' in ask(sim).body


def test_before_the_first_publication_there_is_no_file(sim: Simulator) -> None:
    sim.set_clock(NOON - timedelta(seconds=1))
    assert ask(sim).status == 404


def test_a_second_publication_at_the_same_instant_replaces_the_first(sim: Simulator) -> None:
    sim.nbkr.publish(TODAY, {"USD": "87,4600"})
    assert b"<Value>87,4600</Value>" in usd(ask(sim).body)


def test_rows_not_named_repeat_the_publication_before(sim: Simulator) -> None:
    sim.nbkr.publish(date(2026, 3, 4), {"RUB": "1,1000"}, at=NOON + timedelta(seconds=1))
    sim.nbkr.publish(date(2026, 3, 5), at=NOON + timedelta(seconds=2))
    sim.set_clock(NOON + timedelta(seconds=2))
    expected = SOUND.replace(b"1,0847", b"1,1000").replace(b"03.03.2026", b"05.03.2026")
    assert ask(sim).body == expected


def test_publishing_what_the_file_cannot_hold_is_refused(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="nbkr has no row 'UZS'; it has USD EUR CNY KZT RUB"):
        sim.nbkr.publish(TODAY, {"UZS": "0,0073"})
    with pytest.raises(ValueError, match="has no time zone"):
        sim.nbkr.publish(TODAY, at=datetime(2026, 3, 3))  # noqa: DTZ001
    with pytest.raises(ValueError, match="has no time zone"):
        sim.set_clock(datetime(2026, 3, 3))  # noqa: DTZ001
    assert ask(sim).body == SOUND


@pytest.mark.parametrize(
    "headers",
    [
        {"If_None_Match": f'W/"{len(SOUND)}-1772517600000"'},
        {"If_None_Match": f'"other", "{len(SOUND)}-1772517600000"'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": "Tue, 03 Mar 2026 06:00:00 GMT"},
        {"If_Modified_Since": "Wed, 04 Mar 2026 06:00:00 -0000"},
    ],
)
def test_a_validator_that_matches_gets_304_and_no_body(sim: Simulator, headers: dict[str, str]) -> None:
    answer = ask(sim, **headers)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == f'W/"{len(SOUND)}-1772517600000"'


@pytest.mark.parametrize(
    "headers",
    [
        {"If_None_Match": f'W/"{len(SOUND)}-1772517600001"'},
        {"If_None_Match": '"other"', "If_Modified_Since": "Tue, 03 Mar 2026 06:00:00 GMT"},
        {"If_Modified_Since": "Tue, 03 Mar 2026 05:59:59 GMT"},
        {"If_Modified_Since": "yesterday"},
    ],
)
def test_a_validator_that_does_not_match_gets_the_file(sim: Simulator, headers: dict[str, str]) -> None:
    assert ask(sim, **headers).body == SOUND


def test_a_validator_of_the_file_before_gets_the_new_file(sim: Simulator) -> None:
    etag = ask(sim).headers["ETag"]
    sim.set_clock(NOON + timedelta(milliseconds=1))
    sim.nbkr.publish(TODAY, {"USD": "87,4600"})
    assert ask(sim, If_None_Match=etag).status == 200


def test_other_paths_and_hosts_are_not_found(sim: Simulator) -> None:
    for path in ("/", "/www.nbkr.kg", "/www.nbkr.kg/XML/daily.xmlx", "/nbkr.kg/XML/daily.xml"):
        assert ask(sim, path).status == 404


def test_head_is_the_answer_without_its_body(sim: Simulator) -> None:
    whole, head = ask(sim), ask(sim, method="HEAD")
    assert head == Answer(200, whole.headers, b"")


# The log


def test_the_log_has_every_request_as_it_came(sim: Simulator) -> None:
    ask(sim, f"{DAILY}?a=b&c", User_Agent="someone/1.0")
    with sim.failing(Fault.STATUS_500):
        ask(sim)
    ask(sim, "/elsewhere.example/x", "HEAD")
    first, second, third = sim.log
    assert (first.method, first.host, first.path, first.query) == (
        "GET",
        "www.nbkr.kg",
        "/XML/daily.xml",
        "a=b&c",
    )
    assert (first.headers["user-agent"], first.at, first.status) == ("someone/1.0", NOON, 200)
    assert second.status == 500
    assert (third.method, third.host, third.path, third.status) == ("HEAD", "elsewhere.example", "/x", 404)


def test_the_log_tells_a_reused_connection_from_a_new_one(sim: Simulator) -> None:
    with connected(sim) as connection:
        for _ in range(2):
            connection.request("GET", DAILY)
            connection.getresponse().read()
    ask(sim)
    first, second, third = (request.connection for request in sim.log)
    assert first == second != third


# Faults: which requests they hit


def test_a_fault_for_n_requests_ends_by_itself_and_the_next_takes_over(sim: Simulator) -> None:
    sim.fault(Fault.STATUS_500, times=2)
    sim.fault(Fault.STATUS_403, times=1)
    assert [ask(sim).status for _ in range(5)] == [500, 500, 403, 200, 200]


def test_a_fault_without_a_number_lasts_until_cleared(sim: Simulator) -> None:
    sim.fault(Fault.STATUS_500)
    assert [ask(sim).status for _ in range(3)] == [500, 500, 500]
    sim.clear()
    assert ask(sim).body == SOUND


def test_a_fault_of_one_path_or_query_spares_the_others(sim: Simulator) -> None:
    with sim.failing(Fault.STATUS_500, host="www.nbkr.kg", path="/XML/daily.xml?day=1"):
        assert [ask(sim, f"{DAILY}{query}").status for query in ("", "?day=1", "?day=2")] == [200, 500, 200]
    with sim.failing(Fault.STATUS_500, path="/XML/daily.xml"):
        assert [ask(sim, f"{DAILY}{query}").status for query in ("", "?day=1")] == [500, 500]
    with sim.failing(Fault.STATUS_500, path="/XML/weekly.xml"):
        assert ask(sim).status == 200


def test_a_fault_that_could_never_act_is_refused(sim: Simulator) -> None:
    with pytest.raises(ValueError, match=r"no upstream is at host 'nbkr\.kg'; there are www\.nbkr\.kg"):
        sim.fault(Fault.RESET, host="nbkr.kg")
    with pytest.raises(ValueError, match="times is 0"):
        sim.fault(Fault.RESET, times=0)


def test_every_fault_is_implemented() -> None:
    assert {*PUBLICATION_FAULTS, *ANSWER_FAULTS, *WIRE_FAULTS} == set(Fault)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_shows_and_ends_without_a_trace(sim: Simulator, fault: Fault) -> None:
    assert fault in possible(sim.nbkr)
    etag = ask(sim).headers["ETag"]
    sound = arriving(sim)
    assert sound.endswith(SOUND)
    sim.fault(fault, times=1)
    assert arriving(sim, 0.3 if fault in (Fault.SLOW_HEADERS, Fault.SLOW_DRIP) else 5) != sound
    assert len(sim.log) == 3
    assert ask(sim, If_None_Match=etag).status == 304
    assert ask(sim).body == SOUND


def test_a_fault_is_not_hidden_by_a_validator(sim: Simulator) -> None:
    etag = ask(sim).headers["ETag"]
    with sim.failing(Fault.ZERO_VALUE):
        spoiled = ask(sim, If_None_Match=etag)
    assert spoiled.status == 200
    assert spoiled.headers["ETag"] != etag
    assert ask(sim, If_None_Match=spoiled.headers["ETag"]).status == 200


def test_an_answer_cut_short_has_the_validators_of_the_whole(sim: Simulator) -> None:
    with sim.failing(Fault.TRUNCATED_VALID_LENGTH):
        etag = ask(sim).headers["ETag"]
    assert ask(sim, If_None_Match=etag).status == 304


# Faults: what each is


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        (Fault.STATUS_403, 403, None),
        (Fault.STATUS_404, 404, None),
        (Fault.STATUS_429, 429, "7"),
        (Fault.STATUS_500, 500, None),
        (Fault.STATUS_503, 503, "7"),
    ],
)
def test_a_status_is_answered_with_retry_after_where_it_belongs(
    sim: Simulator, fault: Fault, status: int, retry_after: str | None
) -> None:
    sim.fault(fault, retry_after="7")
    answer = ask(sim)
    assert (answer.status, answer.headers.get("Retry-After")) == (status, retry_after)
    assert "ETag" not in answer.headers
    assert sim.log[-1].status == status


def test_a_redirect_leads_to_a_sound_answer_and_shows_who_follows(sim: Simulator) -> None:
    sim.fault(Fault.REDIRECT)
    answer = ask(sim)
    assert (answer.status, answer.headers["Location"]) == (302, "/www.nbkr.kg/elsewhere/XML/daily.xml")
    assert ask(sim, answer.headers["Location"]).body == SOUND
    assert sim.log[-1].path == "/elsewhere/XML/daily.xml"


def test_html_with_200_is_a_firewalls_page(sim: Simulator) -> None:
    sim.fault(Fault.HTML_WITH_200)
    answer = ask(sim)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert b"Request Rejected" in answer.body


def test_an_empty_body_is_announced_as_such(sim: Simulator) -> None:
    sim.fault(Fault.EMPTY)
    answer = ask(sim)
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "0", b"")


def test_half_a_document_may_claim_to_be_whole(sim: Simulator) -> None:
    sim.fault(Fault.TRUNCATED_VALID_LENGTH)
    assert ask(sim).body == SOUND[: len(SOUND) // 2]


def test_an_invalid_byte_stands_in_the_value(sim: Simulator) -> None:
    sim.fault(Fault.INVALID_BYTE)
    body = ask(sim).body
    assert body == SOUND.replace(b"87,4500", b"8\x987,4500")
    with pytest.raises(UnicodeDecodeError):
        body.decode("windows-1251")


def test_utf_16_contradicts_the_prolog(sim: Simulator) -> None:
    sim.fault(Fault.UTF_16)
    assert ask(sim).body.decode("utf-16").encode() == SOUND


def test_a_changed_layout_has_another_root(sim: Simulator) -> None:
    sim.fault(Fault.CHANGED_LAYOUT)
    root = ElementTree.fromstring(ask(sim).body)
    assert (root.tag, len(root)) == ("CurrencyRatesNew", 5)


@pytest.mark.parametrize(
    ("fault", "sound", "spoiled"),
    [
        (Fault.WRONG_DATE, b"03.03.2026", b"03.03.2025"),
        (Fault.FUTURE_DATE, b"03.03.2026", b"02.04.2026"),
        (Fault.MISSING_DATE, b' Date="03.03.2026"', b""),
        (Fault.MISSING_CURRENCY, USD_ROW, b""),
        (Fault.MISSING_VALUE, b"<Value>87,4500</Value>\n", b""),
        (Fault.MISSING_NOMINAL, USD_ROW, USD_ROW.replace(b"<Nominal>1</Nominal>\n", b"")),
        (Fault.ZERO_VALUE, b"87,4500", b"0,0000"),
        (Fault.BLANK_VALUE, b"87,4500", b""),
        (Fault.NEGATIVE_VALUE, b"87,4500", b"-87,4500"),
        (Fault.GARBAGE_VALUE, b"87,4500", b"n/a"),
        (Fault.NOMINAL_WRONG, USD_ROW, USD_ROW.replace(b">1<", b">100<")),
        (Fault.NOMINAL_ZERO, USD_ROW, USD_ROW.replace(b">1<", b">0<")),
        (Fault.DUPLICATE_ROWS, USD_ROW, USD_ROW + USD_ROW.replace(b"87,4500", b"87,4501")),
    ],
)
def test_a_spoiled_publication_differs_in_that_alone(
    sim: Simulator, fault: Fault, sound: bytes, spoiled: bytes
) -> None:
    sim.fault(fault)
    assert SOUND.count(sound) == 1
    assert ask(sim).body == SOUND.replace(sound, spoiled)


def test_the_xml_bomb_would_expand_a_billionfold(sim: Simulator) -> None:
    sim.fault(Fault.XML_BOMB)
    body = ask(sim).body.decode()
    assert len(body) < 2000
    assert "<Value>&bomb9;</Value>" in body
    entities = dict(re.findall(r'<!ENTITY (bomb\d) "([^"]*)">', body))
    assert entities["bomb0"] == "boom"
    assert all(entities[f"bomb{level}"] == f"&bomb{level - 1};" * 10 for level in range(1, 10))


def test_an_external_entity_points_at_a_value_whose_fetching_is_logged(sim: Simulator) -> None:
    sim.fault(Fault.EXTERNAL_ENTITY)
    body = ask(sim).body.decode()
    assert "<Value>&value;</Value>" in body
    found = re.search(rf'<!ENTITY value SYSTEM "{re.escape(sim.url)}(/[^"]+)">', body)
    assert found
    assert ask(sim, found[1]).body == b"80"
    assert sim.log[-1].host == "leaked.invalid"


def test_a_huge_body_is_right_but_for_32_mebibytes_of_spaces(sim: Simulator) -> None:
    sim.fault(Fault.HUGE)
    body = ask(sim).body
    assert len(body) == len(SOUND) + (32 << 20)
    assert body.rstrip(b" ") == SOUND


def test_a_gzip_bomb_is_small_on_the_wire_and_64_mebibytes_unpacked(sim: Simulator) -> None:
    sim.fault(Fault.GZIP_BOMB)
    answer = ask(sim)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 100_000
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    unpacked = unpacker.decompress(answer.body)
    assert len(unpacked) == len(SOUND) + (64 << 20)
    assert unpacker.eof
    assert unpacked.startswith(SOUND)


def test_an_endless_body_goes_on_until_the_client_hangs_up(sim: Simulator) -> None:
    sim.fault(Fault.ENDLESS)
    with connected(sim) as connection:
        connection.request("GET", DAILY)
        response = connection.getresponse()
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert response.headers["Content-Length"] is None
        assert response.read(len(SOUND)) == SOUND
        assert response.read(8 << 20) == b" " * (8 << 20)


def test_a_truncated_body_is_shorter_than_announced(sim: Simulator) -> None:
    sim.fault(Fault.TRUNCATED)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(sim)
    assert caught.value.partial == SOUND[: len(SOUND) // 2]


def test_a_reset_breaks_the_connection_in_mid_body(sim: Simulator) -> None:
    sim.fault(Fault.RESET)
    got = bytearray()
    with raw(sim) as wire, pytest.raises(ConnectionResetError):
        drain(wire, got)
    assert got.endswith(SOUND[: len(SOUND) // 2])
    assert sim.log[-1].status == 200


def test_a_refusal_closes_without_a_byte(sim: Simulator) -> None:
    sim.fault(Fault.REFUSE)
    assert arriving(sim) == b""
    assert sim.log[-1].status is None


def test_slow_headers_keep_the_client_waiting_for_the_first_byte(sim: Simulator) -> None:
    sim.fault(Fault.SLOW_HEADERS)
    with raw(sim) as wire:
        wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            wire.recv(1)
    assert sim.log[-1].status is None


def test_a_slow_drip_gives_a_byte_each_tenth_of_a_second(sim: Simulator) -> None:
    sim.fault(Fault.SLOW_DRIP)
    with connected(sim) as connection:
        connection.request("GET", DAILY)
        response = connection.getresponse()
        began = time.monotonic()
        assert response.read(4) == SOUND[:4]
        assert time.monotonic() - began > 0.25


# Starting and stopping


@pytest.mark.parametrize("fault", [Fault.SLOW_DRIP, Fault.SLOW_HEADERS, Fault.ENDLESS])
def test_stopping_is_quick_whatever_is_being_sent(fault: Fault) -> None:
    with Simulator() as sim:
        sim.nbkr.publish(TODAY)
        sim.fault(fault)
        with raw(sim) as wire, connected(sim) as idle:
            idle.connect()
            while not sim.log:
                time.sleep(0.001)
            began = time.monotonic()
            sim.stop()
            assert time.monotonic() - began < 0.5  # a twentieth of it on an idle machine
            with suppress(ConnectionError):
                drain(wire, bytearray())
    assert not [thread for thread in threading.enumerate() if "_talk" in thread.name]


def test_a_stopped_simulator_refuses_connections_and_comes_back_on_its_port(sim: Simulator) -> None:
    port = sim.port
    sim.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(sim)
    assert sim.start().port == port
    assert ask(sim).body == SOUND


def test_many_clients_at_once_are_each_answered_and_logged(sim: Simulator) -> None:
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(ask(sim).body)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [SOUND] * 40
    assert len(sim.log) == 40


def test_clients_that_go_away_are_no_news(sim: Simulator, capfd: pytest.CaptureFixture[str]) -> None:
    for fault in (None, Fault.HUGE, Fault.SLOW_DRIP, Fault.ENDLESS, Fault.SLOW_HEADERS, Fault.RESET):
        if fault:
            sim.fault(fault, times=1)
        with raw(sim):
            pass
    sim.stop()
    assert capfd.readouterr() == ("", "")


def test_the_simulator_shares_nothing_with_the_service() -> None:
    files = [*Path(__file__).parent.glob("simulator/*.py")]
    assert len(files) > 5
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.partition(".")[0]
                assert top in sys.stdlib_module_names or name.startswith("tests.simulator"), f"{file}: {name}"


# The remote control


def test_the_control_publishes(sim: Simulator) -> None:
    later = (NOON + timedelta(hours=1)).isoformat()
    publication = {"upstream": "nbkr", "date": "2026-03-04", "values": {"USD": "87,5000"}, "at": later}
    assert order(sim, "publish", publication)[0] == 200
    assert ask(sim).body == SOUND
    assert order(sim, "now", {"now": later}) == (200, {"now": "2026-03-03T07:00:00+00:00"})
    assert b'Date="04.03.2026"' in ask(sim).body


def test_the_control_sets_and_clears_faults(sim: Simulator) -> None:
    assert order(sim, "fault", {"fault": "status_500", "times": 2, "host": "www.nbkr.kg"})[0] == 200
    assert ask(sim).status == 500
    state = read_control(sim)
    assert (state["simulated"], state["now"]) == (True, "2026-03-03T06:00:00+00:00")
    assert [(each["fault"], each["left"]) for each in state["faults"]] == [("status_500", 1)]
    assert state["upstreams"][:1] == [
        {"key": "nbkr", "host": "www.nbkr.kg", "path": "/XML/daily.xml", "faults": list(Fault)}
    ]
    assert order(sim, "clear", {}) == (200, {})
    assert ask(sim).body == SOUND
    assert read_control(sim)["faults"] == []


def test_the_control_tells_what_was_asked_and_is_not_in_the_log(sim: Simulator) -> None:
    ask(sim, f"{DAILY}?a=b", User_Agent="someone/1.0")
    [request] = read_control(sim, "/_control/log")["requests"]
    assert request["headers"]["user-agent"] == "someone/1.0"
    assert (request["query"], request["at"], request["status"]) == ("a=b", "2026-03-03T06:00:00+00:00", 200)
    assert len(sim.log) == 1


def test_the_control_lets_the_clock_run_again(sim: Simulator) -> None:
    order(sim, "now", {"now": None})
    assert sim.now() > NOON
    assert order(sim, "now", {"now": "2026-03-03T09:00:00"})[0] == 400


@pytest.mark.parametrize(
    ("verb", "content", "reason"),
    [
        ("fault", {"fault": "sulks"}, "no fault 'sulks'; there are status_403 "),
        ("fault", {"fault": "reset", "host": "cbu.example"}, "no upstream is at host 'cbu.example'"),
        ("fault", {"fault": "reset", "often": 2}, "unexpected keyword argument 'often'"),
        ("fault", {"fault": "reset", "times": "2"}, "TypeError"),
        ("fault", [], "TypeError"),
        ("publish", {"upstream": "ecb", "date": "2026-03-03"}, "no upstream 'ecb'; there are nbkr"),
        ("publish", {"upstream": "nbkr", "date": "03.03.2026"}, "Invalid isoformat string"),
        ("publish", {"date": "2026-03-03"}, "KeyError: 'upstream'"),
        ("publish", {"upstream": "nbkr", "date": "2026-03-03", "at": "2026-03-03T09:00:00"}, "no time zone"),
    ],
)
def test_the_control_says_what_it_cannot_follow(
    sim: Simulator, verb: str, content: object, reason: str
) -> None:
    status, answer = order(sim, verb, content)
    assert status == 400
    assert reason in answer["error"]
    assert ask(sim).body == SOUND


def test_the_control_names_its_verbs_to_who_asks_for_another(sim: Simulator) -> None:
    status, answer = order(sim, "sulk", {})
    assert status == 404
    assert "POST /_control/fault" in answer["error"]


# Rates that move by themselves


def walked(sim: Simulator, seconds: int, *, seed: int = 1) -> list[tuple[date | None, datetime, str | None]]:
    """The publications of a walk begun at noon and asked for again after `seconds`."""
    mover = SlowMover(sim.nbkr, seed=seed)
    sim.nbkr.publications.clear()
    mover.advance(NOON)
    mover.advance(NOON + timedelta(seconds=seconds))
    return [(each.date, each.at, each.row("USD").value) for each in sim.nbkr.publications]


def test_the_walk_shows_the_past_first_then_moves_today_every_five_seconds(sim: Simulator) -> None:
    walk = walked(sim, 24)
    past = [TODAY - timedelta(days=days) for days in range(PAST, 0, -1)]
    assert [on for on, _, _ in walk] == past + [TODAY] * 5
    assert all(at < NOON for on, at, _ in walk if on != TODAY)
    moves = [at - NOON for on, at, _ in walk if on == TODAY]
    assert moves == [timedelta(seconds=seconds) for seconds in (0, 5, 10, 15, 20)]
    values = [value for _, _, value in walk]
    assert values[0] == "87,1200"
    assert all(before != after for before, after in pairwise(values))


def test_the_walk_tells_of_the_banks_next_day_now_and_then(sim: Simulator) -> None:
    mover = SlowMover(sim.nbkr, ahead=years.ahead("nbkr"))
    mover.advance(NOON)
    mover.advance(NOON + timedelta(minutes=2))
    days = [each.date for each in sim.nbkr.publications if each.at > NOON]
    assert days == ([TODAY + timedelta(days=1)] + [TODAY] * 11) * 2


def test_at_the_weekend_the_next_day_is_the_one_that_was_published_on_friday() -> None:
    friday, saturday, sunday, monday = (date(2026, 3, day) for day in (6, 7, 8, 9))
    assert [years.ahead("nbk")(day) for day in (friday, saturday, sunday)] == [monday] * 3
    assert [years.ahead("nbkr")(day) for day in (friday, saturday, sunday)] == [saturday, saturday, sunday]
    assert years.ahead("fawazahmed0")(friday) == friday


def test_the_walk_depends_on_its_seed_alone(sim: Simulator) -> None:
    assert walked(sim, 600) == walked(sim, 600)
    assert walked(sim, 600) != walked(sim, 600, seed=2)


def test_the_walk_stays_near_its_beginning_for_a_day_and_turns_the_date_at_the_banks_midnight(
    sim: Simulator,
) -> None:
    walk = walked(sim, 86_400)
    units = [int((value or "").replace(",", "")) for _, _, value in walk]
    assert len(units) == PAST + 1 + 17_280
    assert all(abs(each - 871_200) < 871_200 * 3 // 100 for each in units)
    turned = next(at for on, at, _ in walk if on == date(2026, 3, 4))
    assert turned == datetime(2026, 3, 3, 18, tzinfo=UTC)


def test_a_literal_keeps_its_places_and_its_mark() -> None:
    assert [like("87,1200", units) for units in (875_634, 12, 1_234_567)] == ["87,5634", "0,0012", "123,4567"]
    assert (like("9.3450", 93_451), like("480", 481)) == ("9.3451", "481")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_address_moves_and_ends_quietly(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.simulator", "--port", "0", "--demo", "--period", "0.05"]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stderr
            ready = json.loads(process.stdout.readline())
            assert ready["pid"] == process.pid
            port = int(ready["url"].rpartition(":")[2])
            sim = Simulator(port=port)  # never started: only for its address
            first = ask(sim).body
            deadline = time.monotonic() + 5
            while usd(ask(sim).body) == usd(first) and time.monotonic() < deadline:
                time.sleep(0.01)
            later = ask(sim).body
            assert usd(later) != usd(first)
            days = (dated(later) - dated(first)).days
            assert days in (0, 1, 2), "0: it had moved before it was first asked; 2: past a midnight"
            process.send_signal(ending)
            assert process.wait(timeout=5) == 0
            assert process.stderr.read() == b""
        finally:
            process.kill()


def test_the_command_says_that_it_publishes_nothing_unless_it_is_told_to() -> None:
    command = [sys.executable, "-m", "tests.simulator"]
    root = Path(__file__).parents[1]
    told = subprocess.run([*command, "--help"], cwd=root, capture_output=True, text=True, check=True)
    assert "Without --demo it publishes nothing" in " ".join(told.stdout.split())
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stderr
            assert json.loads(process.stdout.readline())["pid"] == process.pid
            assert process.stderr.readline().startswith(b"Nothing is published so far: --demo publishes")
        finally:
            process.kill()


def test_the_command_names_a_port_that_is_taken(sim: Simulator) -> None:
    command = [sys.executable, "-m", "tests.simulator", "--port", str(sim.port)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False, timeout=10
    )
    assert done.returncode == 1
    assert done.stderr == f"port {sim.port} of 127.0.0.1: Address already in use\n"


def dated(body: bytes) -> datetime:
    """The file's date, at 00:00 UTC."""
    text = ElementTree.fromstring(body).attrib["Date"]
    return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=UTC)
