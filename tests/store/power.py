"""What a power cut leaves of files that SQLite writes: all that was synced, and of the rest any part.

A layer under SQLite's own file system, in the library that Python's driver uses, notes every write, sync,
deletion and new file in its order, while the real calls go on. Run again up to any moment, the notes give the
disks that may be found after power was lost at that moment. The `-shm` file is shared memory, not content:
SQLite makes it anew.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from functools import partial
from operator import methodcaller
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""

KEPT = (0, 25, 50, 75, 100)
"""Of a hundred unsynced writes, how many reach the disk: any number, and often none or all."""


@dataclass
class Content:
    """A file on the disk: what is there for certain, and the changes of it that were not synced since, each a
    place and the bytes to be there; without bytes, the place is where the file is cut off.
    """

    synced: bytearray = field(default_factory=bytearray)
    unsynced: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """All that was written is there for certain."""
        for change in self.unsynced:
            _change(self.synced, *change)
        self.unsynced.clear()

    def after_a_cut(self, chance: Random, kept: int) -> bytes:
        """What may be found: of each unsynced write all, nothing, or any of its sectors."""
        found = bytearray(self.synced)
        for place, written in self.unsynced:
            whole = chance.random() < 0.5
            pieces = [(place, written)] if whole or written is None else list(_sectors(place, written))
            for piece in pieces:
                if chance.randrange(100) < kept:
                    _change(found, *piece)
        return bytes(found)


def _change(content: bytearray, place: int, written: bytes | None) -> None:
    if written is None:
        del content[place:]
        return
    content.extend(bytes(max(0, place - len(content))))
    content[place : place + len(written)] = written


def _sectors(place: int, written: bytes) -> Iterator[tuple[int, bytes]]:
    """A write as the disk does it: by sectors, of which the first and the last may be in part."""
    begin = place
    while begin < place + len(written):
        end = begin - begin % SECTOR + SECTOR
        yield begin, written[begin - place : end - place]
        begin = end


class Disk:
    """A folder on a disk. A name that was given or taken away since the folder was last synced stands for
    any of the files that it stood for since, or none.
    """

    def __init__(self) -> None:
        """Nothing is in it, and nothing was acknowledged."""
        self.acknowledged = 0
        self._files: dict[int, Content] = {}
        self._names: dict[str, list[int | None]] = {}

    def acknowledge(self) -> None:
        """Whoever waits for a write was told that it is done."""
        self.acknowledged += 1

    def create(self, name: str, number: int) -> None:
        """`name` stands for a new file, which the following calls give by `number`."""
        self._files[number] = Content()
        self._names.setdefault(name, [None]).append(number)

    def delete(self, name: str) -> None:
        """`name` stands for nothing."""
        self._names[name].append(None)

    def change(self, number: int, place: int, written: bytes | None) -> None:
        """Write, or cut off at `place`."""
        self._files[number].unsynced.append((place, written))

    def sync(self, number: int) -> None:
        """Wait until the disk has all that was written to a file."""
        self._files[number].sync()

    def sync_folder(self) -> None:
        """Wait until the disk has all names."""
        for stood in self._names.values():
            del stood[:-1]

    def after_a_cut(self, chance: Random) -> dict[str, bytes]:
        """What may be found when power comes back: the files by name."""
        kept, found = chance.choice(KEPT), {}
        for name, stood in self._names.items():
            number = chance.choice(stood)
            if number is not None:
                found[name] = self._files[number].after_a_cut(chance, kept)
        return found


Step: TypeAlias = Callable[[Disk], None]
"""One thing that was done to a disk, to be done again."""


class Unreachable(Exception):
    """Python's SQLite is built so that its functions cannot be called from outside."""


class Vfs(Structure):
    """SQLite's `sqlite3_vfs`; functions as addresses."""

    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", c_void_p),
        ("xDelete", c_void_p),
        ("between", c_void_p * 10),
        ("xCurrentTimeInt64", c_void_p),
        ("xSetSystemCall", c_void_p),
        ("xGetSystemCall", c_void_p),
        ("xNextSystemCall", c_void_p),
    )


class Methods(Structure):
    """SQLite's `sqlite3_io_methods`; functions as addresses."""

    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", c_void_p),
        ("xTruncate", c_void_p),
        ("xSync", c_void_p),
        ("others", c_void_p * 13),
    )


class Opened(Structure):
    """SQLite's `sqlite3_file`: what it does with an open file, and then the file system's own."""

    _fields_ = (("methods", POINTER(Methods)),)


OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
SET_SYSTEM_CALL = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
GET_SYSTEM_CALL = CFUNCTYPE(c_void_p, c_void_p, c_char_p)
OPEN_FOLDER = CFUNCTYPE(c_int, c_void_p, c_void_p)
FOLDER = b"openDirectory"
"""What SQLite does in order to sync a folder, and for nothing else."""


FULL = 13
"""SQLite's SQLITE_FULL: the disk has no place for a write."""


class Layer:
    """What lies under SQLite while it is recorded, and what it noted: `steps`, of files in `folder` alone.
    `space` says of a file how many more writes there is place for.
    """

    def __init__(self, vfs: Vfs, folder: Path) -> None:
        """Nothing is noted before SQLite is told to use `vfs`."""
        self.steps: list[Step] = []
        self.space: dict[str, int] = {}
        self._folder, self._names, self._open, self._made = folder, dict[str, int](), dict[int, str](), 0
        self._alive: list[Any] = []
        self.vfs = Vfs.from_buffer_copy(vfs)
        self.vfs.zName = b"recorded"
        self._put(self.vfs, "xOpen", OPEN, self._opens)
        self._put(self.vfs, "xDelete", DELETE, self._deletes)
        self._methods: dict[int, Methods] = {}
        self._open_folder = OPEN_FOLDER(GET_SYSTEM_CALL(vfs.xGetSystemCall)(ctypes.addressof(vfs), FOLDER))
        self.syncs_folder = OPEN_FOLDER(self._syncs_folder)

    def acknowledge(self) -> None:
        """Note that somebody was told that a write is done."""
        self._note("acknowledge")

    def _note(self, what: str, *how: object) -> None:
        self.steps.append(methodcaller(what, *how))

    def _put(self, among: Structure, name: str, kind: Any, ours: Callable[..., int]) -> None:
        """Have `ours` called, with the function that was there as its first argument."""
        called = kind(partial(ours, kind(getattr(among, name))))
        self._alive.append(called)
        setattr(among, name, ctypes.cast(called, c_void_p).value)

    def _opens(self, real: Any, vfs: int, path: int | None, file: int, flags: int, out: int | None) -> int:
        done: int = real(vfs, path, file, flags, out)
        if done == 0 and path and (name := self._name(path)):
            if name not in self._names:
                self._made += 1
                self._names[name] = self._made
                self._note("create", name, self._made)
            self._open[file] = name
            self._watch(Opened.from_address(file))
        return done

    def _name(self, path: int) -> str | None:
        """The name of a file in the folder."""
        found = Path(os.fsdecode(ctypes.string_at(path)))
        return found.name if found.parent == self._folder else None

    def _watch(self, opened: Opened) -> None:
        """Have all that is written to the file noted. Which functions do it depends on the kind of file."""
        place = ctypes.addressof(opened.methods.contents)
        if place not in self._methods:
            self._methods[place] = methods = Methods.from_buffer_copy(opened.methods.contents)
            self._put(methods, "xWrite", WRITE, self._writes)
            self._put(methods, "xTruncate", TRUNCATE, self._truncates)
            self._put(methods, "xSync", SYNC, self._syncs)
        opened.methods = ctypes.pointer(self._methods[place])

    def _writes(self, real: Any, file: int, content: int, size: int, place: int) -> int:
        name = self._open[file]
        if name in self.space:
            if not self.space[name]:
                return FULL
            self.space[name] -= 1
        done: int = real(file, content, size, place)
        if done == 0:
            self._note("change", self._names[name], place, ctypes.string_at(content, size))
        return done

    def _truncates(self, real: Any, file: int, size: int) -> int:
        done: int = real(file, size)
        if done == 0:
            self._note("change", self._names[self._open[file]], size, None)
        return done

    def _syncs(self, real: Any, file: int, flags: int) -> int:
        done: int = real(file, flags)
        if done == 0:
            self._note("sync", self._names[self._open[file]])
        return done

    def _deletes(self, real: Any, vfs: int, path: int, and_sync: int) -> int:
        name = self._name(path)
        if name in self._names and Path(os.fsdecode(ctypes.string_at(path))).exists():
            del self._names[name]
            self._note("delete", name)
        done: int = real(vfs, path, and_sync)
        return done

    def _syncs_folder(self, path: int, out: int) -> int:
        done: int = self._open_folder(path, out)
        if done == 0:
            self._note("sync_folder")
        return done


@contextmanager
def recorded(folder: Path) -> Iterator[Layer]:
    """Note what SQLite does to the files that it makes in `folder`, an empty one, whoever in this process
    asks for it. What is opened in the block must be closed in it. Raises Unreachable.
    """
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    try:
        find, register, unregister = (
            getattr(library, f"sqlite3_vfs_{name}") for name in ("find", "register", "unregister")
        )
    except AttributeError as error:
        raise Unreachable(str(error)) from error
    find.restype = POINTER(Vfs)
    own = find(None).contents
    layer, system_call = Layer(own, folder), SET_SYSTEM_CALL(own.xSetSystemCall)
    register(ctypes.byref(layer.vfs), 1)
    system_call(ctypes.addressof(own), FOLDER, layer.syncs_folder)
    try:
        yield layer
    finally:
        system_call(ctypes.addressof(own), FOLDER, None)
        unregister(ctypes.byref(layer.vfs))
        register(ctypes.byref(own), 1)
