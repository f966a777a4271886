# SPDX-License-Identifier: Apache-2.0
"""What lies on a disk when the power is cut: whatever was synced, and of the rest what chance and the fault leave.

Harsher than a journalling file system: each write that was not synced stays or goes by itself, whatever its order, and
each creation or removal of a file that the folder's sync has not covered may be undone. A write whose sync failed is
not made safe by a later sync, as on Linux. What a sync promised is kept: for a disk that lies, let it ignore syncs.
Source: security design, section 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.simulators.disk import Kind

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from tests.simulators.disk import Record

SECTOR = 512
BLOCK = 4096
_SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)  # of the unsynced writes that stay: all gone and all there belong to them


class Fault(StrEnum):
    """What becomes of a write that was not synced."""

    DROPPED = "dropped"  # it is there or not
    TORN = "torn"  # each of its sectors is there or not
    GARBAGE = "garbage"  # there, or not, or its whole 4 KiB blocks are noise, and what else was in them


@dataclass(frozen=True, slots=True)
class _Change:
    at: int
    data: bytes | None  # None: truncated to `at`
    stuck: bool = False  # its sync failed


@dataclass(slots=True)
class _File:
    safe: bytearray
    waiting: list[_Change] = field(default_factory=list)

    def sync(self, *, failed: bool) -> None:
        if failed:
            self.waiting = [replace(change, stuck=True) for change in self.waiting]
            return
        stuck: list[_Change] = []
        for change in self.waiting:
            if change.stuck:
                stuck.append(change)
            else:
                _make(self.safe, change)
                stuck = [_without(old, change) for old in stuck]
        self.waiting = [change for change in stuck if change.data != b""]


class Disk:
    """One folder of a disk, as the records tell its story."""

    def __init__(self, files: Mapping[str, bytes] | None = None, *, lies: bool = False) -> None:
        """Begin with files that are safe. One that lies ignores every sync."""
        self._entries: dict[str, list[_File | None]] = {
            name: [_File(bytearray(content))] for name, content in (files or {}).items()
        }
        self._lies = lies
        self._opened: dict[int, _File | None] = {}  # None is the folder

    def take(self, record: Record) -> None:
        """Let one more call have happened."""
        match record.kind:
            case Kind.OPEN:
                history = self._entries.setdefault(record.name, [None])
                if record.number or history[-1] is None:
                    history.append(_File(bytearray()))
                self._opened[record.fd] = history[-1]
            case Kind.OPEN_FOLDER:
                self._opened[record.fd] = None
            case Kind.WRITE:
                self._file(record).waiting.append(_Change(record.number, record.data))
            case Kind.TRUNCATE:
                self._file(record).waiting.append(_Change(record.number, None))
            case Kind.UNLINK:
                self._entries[record.name].append(None)
            case Kind.SYNC if not self._lies:
                self._sync(record)

    def _file(self, record: Record) -> _File:
        opened = self._opened[record.fd]
        if opened is None:
            message = "a write into a folder"
            raise ValueError(message)
        return opened

    def _sync(self, record: Record) -> None:
        opened = self._opened[record.fd]
        if opened is not None:
            opened.sync(failed=record.failed)
        elif not record.failed:
            self._entries = {name: history[-1:] for name, history in self._entries.items()}

    def as_seen(self) -> dict[str, bytes]:
        """The files as a running process sees them: every call has happened."""
        seen = {}
        for name, history in self._entries.items():
            file = history[-1]
            if file is not None:
                content = bytearray(file.safe)
                for change in file.waiting:
                    _make(content, change)
                seen[name] = bytes(content)
        return seen

    def synced(self) -> dict[str, bytes]:
        """The files after the worst cut now: nothing is there that no sync has promised."""
        oldest = {name: history[0] for name, history in self._entries.items()}
        return {name: bytes(file.safe) for name, file in oldest.items() if file is not None}

    def cut(self, fault: Fault, chance: random.Random) -> dict[str, bytes]:
        """The files after the power was cut now."""
        share = chance.choice(_SHARES)
        left = {}
        for name, history in self._entries.items():
            undone = chance.choice(history) if chance.random() < 0.5 else history[0]
            file = history[-1] if chance.random() < share else undone
            if file is not None:
                left[name] = _left(file, fault, share, chance)
        return left


def _left(file: _File, fault: Fault, share: float, chance: random.Random) -> bytes:
    content = bytearray(file.safe)
    noise: list[_Change] = []
    for change in file.waiting:
        if fault is Fault.GARBAGE and change.data is not None and chance.random() < 0.3:
            noise.append(change)
        for part in _parts(change) if fault is Fault.TORN else (change,):
            if chance.random() < share:
                _make(content, part)
    for change in noise:
        _blot(content, change, chance)
    return bytes(content)


def _parts(change: _Change) -> list[_Change]:
    """A write's sectors."""
    data = change.data
    if data is None:
        return [change]
    ends = [*range(SECTOR - change.at % SECTOR, len(data), SECTOR), len(data)]
    return [_Change(change.at + start, data[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _blot(content: bytearray, change: _Change, chance: random.Random) -> None:
    end = change.at + len(change.data or b"")
    start = change.at // BLOCK * BLOCK
    stop = min(-(-end // BLOCK) * BLOCK, max(end, len(content)))
    _make(content, _Change(start, chance.randbytes(stop - start)))


def _make(content: bytearray, change: _Change) -> None:
    at, data = change.at, change.data
    if data is None:
        del content[at:]
        content.extend(bytes(max(0, at - len(content))))
        return
    content.extend(bytes(max(0, at - len(content))))
    content[at : at + len(data)] = data


def _without(old: _Change, new: _Change) -> _Change:
    """A stuck write that a later, safe one has covered is no more; one that it has not stays as it is."""
    if old.data is None or new.data is None:
        return old
    covered = new.at <= old.at and old.at + len(old.data) <= new.at + len(new.data)
    return replace(old, data=b"") if covered else old
