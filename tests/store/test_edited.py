"""Whoever edits the file past the store is found out, and the row is named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.domain.errors import StoreDamaged
from app.store import open_store
from app.store.base import MOST_DAMAGES, Verification
from app.store.chain import row_hash, seal
from app.store.tables import metadata
from tests.store.given import KGS, NOW, REJECTED, add, day, said
from tests.store.test_contract_days import KEY, hourly, keep
from tests.store.test_contract_verify import fill

OUTSIDE = {"source_health", "coverage", "lease"}
"""They move without a version, so nobody can say how they should be."""

TABLES = {name: table for name, table in metadata.tables.items() if name not in OUTSIDE}

DROPPED = "dropped"
"""What is left of a row that was dropped is a hash, which only that of its version can hold to be wrong."""

ROWS = "SELECT rowid AS place, * FROM {} ORDER BY rowid LIMIT 2"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with everything in it, closed."""
    path = tmp_path_factory.mktemp("sound") / "silkrate.db"
    store = open_store(f"sqlite:///{path}")
    store.upgrade()
    fill(store)
    store.close()
    return path


@pytest.fixture
def file(sound: Path, tmp_path: Path) -> Path:
    """One to be edited."""
    return Path(shutil.copy(sound, tmp_path / "silkrate.db"))


@pytest.fixture
def thinned(file: Path) -> Path:
    """One from which rows were dropped, too."""
    store = open_store(f"sqlite:///{file}")
    keep(store, 1, *hourly(1, "87.4", "87.6", "87.5"))
    with store.write(NOW) as writer:
        writer.drop_rows(KGS, KEY, day(1))
    store.close()
    return file


def edit(file: Path, *changes: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for each in changes:
            connection.execute(each)


def verified(file: Path) -> Verification:
    store = open_store(f"sqlite:///{file}")
    try:
        return store.verify()
    finally:
        store.close()


def damages(file: Path) -> list[str]:
    return [str(each) for each in verified(file).damages]


def spoilt(value: object) -> Iterator[object]:
    """The value with one byte changed, in every place of a short one; or no value, or one where none was."""
    if value is None:
        yield from ("", "0", 0)
    elif isinstance(value, int):
        yield from (value ^ 1, value ^ 256, value + 2**40, str(value) + "x", -value - 1, value + 0.5)
    else:
        raw = value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]
        for place in {*range(min(len(raw), 40)), len(raw) - 1}:
            changed = raw[:place] + bytes([raw[place] ^ (1, 0x20, 0x80)[place % 3]]) + raw[place + 1 :]
            yield changed if isinstance(value, bytes) else Text(changed)
        yield raw[:-1] if isinstance(value, bytes) else Text(raw[:-1])
        yield raw + b"\0" if isinstance(value, bytes) else Text(raw + b" ")
        yield None
        yield raw if isinstance(value, str) else Text(b"text")


class Text(bytes):
    """Bytes that go in as a text, whether they are one or not."""


def edits(connection: sqlite3.Connection, name: str) -> Iterator[tuple[str, set[str]]]:
    """Make one change of one column after the other, each undone before the next: what was changed, and the
    keys of its row, before and now.
    """
    keys = [each.name for each in TABLES[name].primary_key.columns]
    for row in connection.execute(ROWS.format(name)).fetchall():
        for column in [each.name for each in TABLES[name].columns]:
            for value in spoilt(row[column]):
                change = f"UPDATE {name} SET {column} = {{}} WHERE rowid = ?"
                new = "CAST(? AS TEXT)" if isinstance(value, Text) else "?"
                try:
                    connection.execute(change.format(new), (value, row["place"]))
                except sqlite3.IntegrityError:
                    continue  # the engine refuses it
                # a single number as the key is the place of the row, too
                place = value if keys == [column] and isinstance(value, int) else row["place"]
                now = connection.execute(f"SELECT * FROM {name} WHERE rowid = ?", (place,)).fetchone()
                named = {"/".join(str(each[key]) for key in keys) for each in (row, now)}
                yield f"{column}: {row[column]!r} is now {value!r}", printable(named)
                connection.execute(change.format("?"), (row[column], place))


@pytest.mark.parametrize("name", TABLES)
def test_any_byte_of_any_column_that_is_changed_is_found_and_its_row_named(thinned: Path, name: str) -> None:
    store, tried = open_store(f"sqlite:///{thinned}"), 0
    with closing(sqlite3.connect(thinned, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        for change, named in edits(connection, name):
            found = store.verify().damages
            exactly = [each for each in found if each.table == name and each.key in named]
            assert exactly or (found and name == DROPPED), (change, found)
            tried += 1
    assert tried > 50
    assert store.verify().damages == ()
    store.close()


def printable(keys: set[str]) -> set[str]:
    return {key.encode("utf-8", "backslashreplace").decode() for key in keys}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ("DELETE FROM observations WHERE id = 2", "observations 2: missing"),
        ("DELETE FROM observations WHERE id IN (2, 3)", "observations 2 to 3: missing"),
        ("DELETE FROM observations WHERE id = 6", "versions 4 (version 4): altered, or a row"),
        ("DELETE FROM ticks WHERE seq = 1", "ticks 1: missing"),
        ("DELETE FROM ticks WHERE seq = 3", "ticks 3: missing"),
        (
            "DELETE FROM judgements WHERE number = 0 AND observation_id = 1",
            "judgements 1/*: one of them is missing",
        ),
        ("DELETE FROM judgements WHERE number = 1", "versions 3 (version 3): altered, or a row of it"),
        ("DELETE FROM closures WHERE source = 'nbt'", "(it has 1 of closures, 1 of judgements, 1 of obs"),
        ("DELETE FROM versions WHERE version = 2", "versions 2: missing"),
        ("DELETE FROM versions WHERE version = 4", "versions 4: missing"),
        ("DELETE FROM counter", "counter 1: missing"),
        ("UPDATE counter SET version = 3", "versions 4: added: the counter says 3"),
        ("UPDATE counter SET seq = 2", "counter 1: says seq 2 of 3"),
        ("UPDATE counter SET log_id = 'x'", "counter 1: altered"),
        ("INSERT INTO versions VALUES (5, '2027-01-01', 'x')", "versions 5: added"),
        ("INSERT INTO versions VALUES (0, '2027-01-01', 'x')", "versions 0: added"),
        (
            "INSERT INTO closures VALUES ('nbk', '2026-05-09', 3, 'x')",
            "closures nbk/2026-05-09 (version 3): al",
        ),
        (
            "UPDATE coverage SET until = '2026-04-01' WHERE since = '2026-05-01'",
            "coverage nbkr/2026-05-01: al",
        ),
        (
            "UPDATE coverage SET until = '2026-05-31' WHERE since = '2026-05-01'",
            "coverage nbkr/2026-06-01: to",
        ),
        ("UPDATE coverage SET since = 'soon' WHERE since = '2026-05-01'", "coverage nbkr/soon: altered"),
        (
            "DELETE FROM days WHERE effective_date = '2026-05-01'",
            "days KZT/USD/nbkr/2026-05-01/USD/KZT/1: missing",
        ),
        (
            "UPDATE days SET high = '501' WHERE effective_date = '2026-05-02'",
            "days KZT/USD/nbkr/2026-05-02/USD/KZT/1: altered: its hash is not that of its content",
        ),
        ("DELETE FROM earlier_extents", "extents nbkr/KZT/USD: does not follow the one before it, or that"),
        ("DELETE FROM extents WHERE pair = 'KZT/USD'", "extents nbkr/KZT/USD: missing"),
        (
            "UPDATE bodies SET size = 6",
            "bodies 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5",
        ),
    ],
)
def test_a_row_that_is_gone_added_or_set_back_is_found(file: Path, change: str, names: str) -> None:
    edit(file, change)
    assert [each for each in damages(file) if names in each], damages(file)


def copy_of(file: Path, table: str, where: str) -> dict[str, object]:
    """A row, to be written again by somebody who knows how rows are hashed."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        return dict(connection.execute(f"SELECT * FROM {table} WHERE {where}").fetchone())


def put(file: Path, table: str, row: dict[str, object]) -> None:
    """Write a row with the right hash."""
    row["hash"] = row_hash(table, row)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )


def test_a_row_that_is_altered_with_its_hash_is_found_by_its_version(file: Path) -> None:
    put(file, "observations", copy_of(file, "observations", "id = 2") | {"published_value": "1"})
    (found,) = damages(file)
    assert found.startswith("versions 2 (version 2): altered, or a row of it is missing, added or exchanged")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            {"high": "501"},
            "days KZT/USD/nbkr/2026-05-02/USD/KZT/1 (version 3): not what the rows of that day",
        ),
        (
            {"total": "501"},
            "days KZT/USD/nbkr/2026-05-02/USD/KZT/1 (version 3): not what the rows of that day",
        ),
        (
            {"effective_date": "2026-05-09"},
            "days KZT/USD/nbkr/2026-05-09/USD/KZT/1: added: nothing of that day",
        ),
        ({"source": "nobody"}, "days KZT/USD/nobody/2026-05-02/USD/KZT/1: added: nothing of that day"),
    ],
)
def test_a_day_that_is_altered_or_added_with_its_hash_is_named(
    file: Path, change: dict[str, object], what: str
) -> None:
    put(file, "days", copy_of(file, "days", "effective_date = '2026-05-02'") | change)
    (found,) = damages(file)
    assert found.startswith(what)


UNFIT = "does not follow the one before it, or that is missing"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"number": 1}, f"earlier_extents nbkr/KZT/USD/2: {UNFIT}"),
        ({"version": 3}, f"extents nbkr/KZT/USD: {UNFIT}"),
        ({"since": "2026-05-03"}, f"earlier_extents nbkr/KZT/USD/2: {UNFIT}"),
        ({"until": None}, f"earlier_extents nbkr/KZT/USD/2: {UNFIT}"),
        ({"publications": 0}, f"earlier_extents nbkr/KZT/USD/2: {UNFIT}"),
        ({"publications": "many"}, f"earlier_extents nbkr/KZT/USD/2: {UNFIT}"),
        ({"source": "nobody"}, "extents nobody/KZT/USD: missing"),
    ],
)
def test_an_earlier_extent_that_is_altered_or_added_with_its_hash_must_fit_the_next(
    file: Path, change: dict[str, object], what: str
) -> None:
    put(file, "earlier_extents", copy_of(file, "earlier_extents", "pair = 'KZT/USD'") | change)
    assert damages(file) == [what]


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A store that learned of one pair now of its last day, now of an earlier one, and took days back."""
    file = tmp_path / "told.db"
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    for on, hour in ((5, 0), (5, 1), (5, 2), (7, 0), (3, 0), (7, 1), (7, 2), (6, 0), (9, 0), (9, 1)):
        add(store, said(on=on, hour=hour, source=KEY))
    for on in (9, 9, 3, 5):
        with store.write(NOW) as writer:
            newest = writer.newest(KGS, KEY, until=day(on))
            assert newest
            writer.judge(newest, REJECTED)
    store.close()
    return file


@pytest.fixture
def gone(tmp_path: Path) -> Path:
    """A store of days that were over before the next began, whose rows were dropped."""
    file = tmp_path / "gone.db"
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    for on in range(1, 5):
        for each in hourly(on, "87.4", "87.6", "87.5", "87.5"):
            keep(store, on, each)
    with store.write(NOW) as writer:
        assert [writer.drop_rows(KGS, KEY, day(on)) for on in (1, 2, 3)] == [3] * 3
    store.close()
    return file


def lies(row: sqlite3.Row) -> Iterator[tuple[str, object]]:
    """What could be told instead of an extent: a column, and another day or number."""
    for by in (-1, 1):
        for end in ("since", "until"):
            yield end, str(date.fromisoformat(row[end]) + timedelta(days=by))
        for column in ("publications", "begun"):
            yield column, row[column] + by
    yield "version", row["version"] - 1


def believed(file: Path, table: str) -> list[str]:
    """The columns that lie with a right hash, one row and one lie after the other, without being told of."""
    store, found = open_store(f"sqlite:///{file}"), []
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        for row in connection.execute(f"SELECT rowid AS place, * FROM {table}").fetchall():
            for column, value in lies(row):
                try:
                    rewrite(connection, table, {**row, column: value})
                except sqlite3.IntegrityError:
                    continue  # another row begins there
                if not [each for each in store.verify([KEY]).damages if "extents" in each.table]:
                    found.append(column)
                rewrite(connection, table, {**row})
    assert store.verify().damages == ()
    store.close()
    return found


@pytest.mark.parametrize("table", ["earlier_extents", "extents"])
def test_no_lie_about_what_there_was_is_believed_for_its_right_hash(told: Path, table: str) -> None:
    assert believed(told, table) == []


def test_of_days_whose_rows_were_dropped_only_when_they_began_cannot_be_proved(gone: Path) -> None:
    assert set(believed(gone, "earlier_extents")) == {"begun"}
    assert believed(gone, "extents") == []


def rewrite(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    """Put a row into its place with the right hash."""
    told = {name: value for name, value in row.items() if name != "place"}
    told["hash"] = row_hash(table, told)
    columns = ", ".join(f"{name} = :{name}" for name in told)
    connection.execute(f"UPDATE {table} SET {columns} WHERE rowid = :place", told | {"place": row["place"]})


def test_an_earlier_extent_that_is_rewritten_is_named_and_no_other(told: Path) -> None:
    put(told, "earlier_extents", copy_of(told, "earlier_extents", "number = 2") | {"until": "2026-05-07"})
    assert damages(told) == [f"earlier_extents {KEY}/KGS/USD/5: is not what the record comes to"]


@pytest.mark.parametrize("version", [1, 4])
def test_a_row_that_is_added_with_its_hash_is_found_by_its_version(file: Path, version: int) -> None:
    new = copy_of(file, "observations", "id = 6") | {"id": 7, "effective_date": "2026-01-01"}
    put(file, "observations", new | {"version": version})
    assert damages(file)
    if version == 1:
        assert "observations 7 (version 1): stands among the rows of version 4" in damages(file)[0]
    else:
        assert damages(file)[0].startswith("versions 4 (version 4)")


def test_rows_of_which_one_claims_a_later_version_keep_no_other_row_back(file: Path) -> None:
    put(file, "observations", copy_of(file, "observations", "id = 2") | {"version": 4})
    assert "observations 2 (version 4): stands among the rows of version 2" in damages(file)[0]
    assert not [each for each in damages(file) if "versions 3" in each or "versions 4" in each]


def test_two_rows_that_were_exchanged_are_both_named(file: Path) -> None:
    one, two = (copy_of(file, "ticks", f"seq = {seq}") for seq in (1, 2))
    for row, place in ((one, 2), (two, 1)):
        edit(file, f"UPDATE ticks SET pair = '{row['pair']}', hash = '{row['hash']}' WHERE seq = {place}")
    assert [each.split(":")[0] for each in damages(file)] == ["ticks 1 (version 2)", "ticks 2 (version 2)"]


def test_one_altered_row_is_one_damage(file: Path) -> None:
    edit(file, "UPDATE ticks SET rate = '1' WHERE seq = 1")
    assert damages(file) == ["ticks 1 (version 2): altered: its hash is not that of its content"]
    edit(file, "UPDATE versions SET recorded_at = '2026-01-01 00:00:00.000000+00:00' WHERE version = 3")
    assert [each.split(":")[0] for each in damages(file)] == [
        "ticks 1 (version 2)",
        *["versions 3 (version 3)"] * 2,
    ]


def test_a_ruin_is_told_in_so_many_lines(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    add(store, *(said(on=number) for number in range(10, 300)))
    store.close()
    edit(file, "UPDATE observations SET rate = '1'")
    found = verified(file)
    assert len(found.damages) == MOST_DAMAGES
    assert found.more


def test_a_newest_part_that_is_cut_off_with_a_new_seal_is_seen_only_by_who_noted_the_hash(file: Path) -> None:
    noted = verified(file).head
    edit(
        file,
        "DELETE FROM judgements WHERE version = 4",
        "DELETE FROM observations WHERE version = 4",
        "DELETE FROM versions WHERE version = 4",
        "UPDATE counter SET version = 3",
    )
    assert [each.split(",")[0] for each in damages(file)] == ["counter 1: altered"]
    head = copy_of(file, "versions", "version = 3")["hash"]
    edit(file, f"UPDATE counter SET seal = '{seal(str(head), copy_of(file, 'counter', 'id = 1'))}'")
    found = verified(file)
    assert (found.damages, found.head == noted) == ((), False)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE counter SET log_id = 'another'",
        "UPDATE counter SET seq = 4",
        "UPDATE counter SET created_at = '2026-01-01 00:00:00.000000+00:00'",
        "UPDATE versions SET hash = 'x' WHERE version = 4",
    ],
)
def test_nothing_is_written_under_a_seal_that_does_not_hold(file: Path, change: str) -> None:
    edit(file, change)
    store = open_store(f"sqlite:///{file}")
    with pytest.raises(StoreDamaged, match="silkrate db verify"):
        add(store, said(on=20))
    store.close()
    assert damages(file)


def test_pages_that_cannot_be_read_are_damages_too(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    add(store, *(said(on=number) for number in range(10, 1000)))
    store.close()
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(size // 4096 // 2 * 4096)
        raw.write(b"\xa5" * (size // 4))
    found = damages(file)
    assert found
    assert all(each.startswith("database file: ") for each in found), found


def test_an_index_that_does_not_hold_its_rows_is_damage(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX ticks_pair ON ticks (source, seq)'"
            " WHERE name = 'ticks_pair'"
        )
    assert [each for each in damages(file) if each.startswith("database file: damaged")]
