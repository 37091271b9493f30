"""A server whose disk is full, or no longer holds what was written: it is said, nothing that was
acknowledged is lost, and when the cause is gone the service goes on by itself.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from app.domain.errors import StoreDamaged, StoreUnavailable
from app.store.base import Store
from tests.postgres import QUICK, PostgreSQL, running, stopped
from tests.store.given import KGS, NOW, add, poll, said
from tests.store.test_contract_following import following, newest
from tests.store.test_postgres import ready, refusal, until

DURABLE = {**QUICK, "synchronous_commit": "on"}
MIB = 2**20


@contextmanager
def disk(size: int) -> Iterator[Path]:
    """A disk of its own, of `size` MiB, where a server that does not run as root finds it, too."""
    place = Path(tempfile.mkdtemp(prefix="silkrate-disk-"))
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0777", "tmpfs", str(place)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        place.rmdir()
        # Mounting takes root's rights, and the only other disk to fill is the one that everything is on.
        pytest.skip("this user may not mount a disk to fill")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


@contextmanager
def full(place: Path) -> Iterator[None]:
    """Inside, nothing more has space."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    ballast.unlink()


def more(store: Store, numbers: Iterable[int]) -> None:
    """Record something on each of these days, and keep a body that takes a quarter of a MiB."""
    for number in numbers:
        body = Random(number).randbytes(MIB // 4)
        with store.write(NOW) as writer:
            writer.keep_body(sha256(body).hexdigest(), body)
        poll(store, said(on=number))


def count(store: Store) -> int:
    with store.read() as reader:
        return len(list(reader.publications(KGS, "nbkr")))


def test_a_table_without_space_is_said_and_nothing_of_that_write_is_there() -> None:
    with disk(48) as small, running(settings=DURABLE) as server:
        (small / "space").mkdir(mode=0o777)
        subprocess.run(["chown", "-R", "nobody", str(small / "space")], check=True)
        server.execute(f"CREATE TABLESPACE small LOCATION '{small}/space'")
        name = server.database().rpartition("/")[2]
        server.execute(f"ALTER DATABASE {name} SET TABLESPACE small")
        with ready(server.url(name)) as store:
            more(store, range(4))
            with full(small):
                error = refusal(lambda: more(store, range(4, 40)))
                assert isinstance(error, StoreUnavailable)
                assert "cannot grow, the disk of the server is full: free some space" in str(error)
                there = count(store)
                assert there >= 4
            more(store, [100])
            assert count(store) == there + 1
            assert store.verify().damages == ()


def test_a_server_that_cannot_write_its_log_stops_and_when_it_is_back_nothing_is_lost() -> None:
    with disk(200) as small, stopped(settings=DURABLE) as server:
        server.create()
        (server.data / "pg_wal").rename(server.data / "moved")
        subprocess.run(["cp", "-a", str(server.data / "moved"), str(small / "pg_wal")], check=True)
        (server.data / "pg_wal").symlink_to(small / "pg_wal")
        server.start()
        with ready(server.database()) as store, following(store):
            more(store, range(4))
            with full(small):
                assert isinstance(refusal(lambda: more(store, range(4, 400))), StoreUnavailable)
                assert store.seen
                acknowledged = store.seen.version
                assert acknowledged >= 4
                assert b"PANIC" in server.logged()
            server.kill()
            server.start()
            until(lambda: count(store) in (acknowledged, acknowledged + 1))
            more(store, [500])
            assert store.verify().damages == ()


@pytest.fixture(scope="module")
def checked() -> Iterator[PostgreSQL]:
    """A server of this module's own, whose pages have checksums: 18 makes them unasked."""
    with running(settings=DURABLE) as server:
        yield server


@pytest.mark.parametrize("relation", ["observations", "observations_datum"])
def test_a_page_with_a_flipped_bit_is_said_to_be_damaged_and_what_was_read_of_it_stays(
    checked: PostgreSQL, relation: str
) -> None:
    url = checked.database()
    name = url.rpartition("/")[2]
    with ready(url) as store, following(store):
        add(store, *(said(f"87.{1000 + number}", on=number) for number in range(300)))
        until(lambda: newest(store) == (1, "87.1299"))
        ((path,),) = checked.execute(f"SELECT pg_relation_filepath('{relation}')", name)
        checked.stop()
        flip(checked.data / str(path))
        checked.start()
        until(lambda: isinstance(refusal(lambda: count(store)), StoreDamaged))
        error = refusal(lambda: count(store))
        assert "is damaged (invalid page in block" in str(error)
        assert "restore it from a backup" in str(error)
        assert newest(store) == (1, "87.1299")
        assert "is damaged" in str(store.verify().damages[0])


def flip(file: Path) -> None:
    """Another bit in the middle of each page but the first."""
    content = bytearray(file.read_bytes())
    for page in range(8192, len(content), 8192):
        content[page + 6000] ^= 1
    file.write_bytes(content)
