# SPDX-License-Identifier: Apache-2.0
"""A Thai national ID card in this process: its file, its T=0 applet, and a slot it can be put into and pulled from.

It is written from the description of the card, not from the kiosk's reader: offsets stand here a second time, so that a
mistake in the one cannot hide in the other. Citizen numbers are the caller's; they must fail the check digit.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kiosk.card.watcher import CardState, Slot, View
from kiosk.enrollment.failures import CardReadError, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ATR = bytes.fromhex("3B79960000" + b"TH NID 17".hex())
FILE_SIZE = 5671

_APPLICATION = bytes.fromhex("A000000054480001")
_FILE_CONTROL_INFORMATION = bytes.fromhex("6F088406A00000005448")
_OK = bytes.fromhex("9000")
_LARGEST_READ = 256


@dataclass(frozen=True, slots=True, repr=False)
class CardHolder:
    """What is written on a card, raw: dates are the chip's eight digits, texts are encoded as cp874."""

    citizen_number: str
    name_th: tuple[str, str, str, str] = ("นาย", "ทดสอบ", "", "ระบบ")
    name_en: tuple[str, str, str, str] = ("Mr.", "Thotsop", "", "Rabop")
    born: str = "25300515"
    sex: str = "1"
    issued: str = "25660110"
    expires: str = "25750514"
    address: tuple[str, ...] = (
        "99/1", "หมู่ที่ 4", "", "", "", "ตำบลในเมือง", "อำเภอเมืองขอนแก่น", "จังหวัดขอนแก่น"
    )  # fmt: skip
    portrait_jpeg: bytes = b""
    portrait_number: str = "40010101011234"
    issuing_place: str = "เมืองขอนแก่น/ขอนแก่น"

    def __repr__(self) -> str:
        return "CardHolder(masked)"


def flat_file(holder: CardHolder) -> bytearray:
    """Write a holder into the card's one file."""
    content = bytearray(b" " * FILE_SIZE)

    def put(offset: int, size: int, text: str) -> None:
        raw = text.encode("cp874")
        if len(raw) > size:
            message = f"{len(raw)} bytes do not fit into the {size} at {offset:#06x}"
            raise ValueError(message)
        content[offset : offset + len(raw)] = raw

    put(0x0000, 4, "0003")
    put(0x0004, 13, holder.citizen_number)
    put(0x0011, 100, "#".join(holder.name_th))
    put(0x0075, 100, "#".join(holder.name_en))
    put(0x00D9, 8, holder.born)
    put(0x00E1, 1, holder.sex)
    put(0x00E2, 20, "4001-01-01011234/")
    put(0x00F6, 100, holder.issuing_place)
    put(0x015A, 13, "1234567890123")
    put(0x0167, 8, holder.issued)
    put(0x016F, 8, holder.expires)
    put(0x0177, 2, "01")
    content[0x0179:0x017B] = len(holder.portrait_jpeg).to_bytes(2, "big")
    if len(holder.portrait_jpeg) > 5118:
        message = "a card's portrait has at most 5118 bytes"
        raise ValueError(message)
    content[0x017B : 0x017B + len(holder.portrait_jpeg)] = holder.portrait_jpeg
    put(0x1579, 160, "#".join(holder.address))
    put(0x1619, 14, holder.portrait_number)
    return content


@dataclass
class ThaiCard:
    """The applet of a powered card. `faults` answers the command of that number (from 1) with other bytes."""

    file: bytes | bytearray
    faults: Mapping[int, bytes] = field(default_factory=dict)
    knows_application: bool = True
    atr: bytes = ATR
    commands: list[bytes] = field(default_factory=list, repr=False)
    touched: list[range] = field(default_factory=list)
    resets: int = 0
    _selected: bool = False
    _pending: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, holder: CardHolder) -> ThaiCard:
        """Issue a card to a holder."""
        return cls(flat_file(holder))

    def reset(self) -> None:
        """Power up or reset: nothing is selected."""
        self.resets += 1
        self._selected = False
        self._pending = b""

    def answer(self, command: bytes) -> bytes:
        """Answer one command as the card does on T=0."""
        self.commands.append(command)
        if (fault := self.faults.get(len(self.commands))) is not None:
            return fault
        pending, self._pending = self._pending, b""
        match tuple(command[:2]):
            case _ if len(command) < 5:
                return bytes.fromhex("6700")
            case 0x00, 0xA4:
                return self._select(command)
            case 0x00, 0xC0:
                return self._get_response(command[4] or 256, pending)
            case 0x80, 0xB0:
                return self._read(command)
        return bytes.fromhex("6D00" if command[0] in (0x00, 0x80) else "6E00")

    def _select(self, command: bytes) -> bytes:
        if len(command) != 5 + command[4]:
            return bytes.fromhex("6700")
        self._selected = self.knows_application and command[5:] == _APPLICATION
        return self._offer(_FILE_CONTROL_INFORMATION) if self._selected else bytes.fromhex("6A82")

    def _read(self, command: bytes) -> bytes:
        if not self._selected:
            return bytes.fromhex("6985")
        if len(command) != 7 or command[4] != 2:
            return bytes.fromhex("6700")
        start, size = int.from_bytes(command[2:4], "big"), int.from_bytes(command[5:7], "big")
        if not 0 < size <= _LARGEST_READ:
            return bytes.fromhex("6700")
        if start + size > len(self.file):
            return bytes.fromhex("6B00")
        self.touched.append(range(start, start + size))
        return self._offer(bytes(self.file[start : start + size]))

    def _get_response(self, size: int, pending: bytes) -> bytes:
        if not pending:
            return bytes.fromhex("6985")
        if size > len(pending):
            self._pending = pending
            return bytes((0x6C, len(pending) & 0xFF))
        rest = pending[size:]
        return pending[:size] + (self._offer(rest) if rest else _OK)

    def _offer(self, data: bytes) -> bytes:
        self._pending = data
        return bytes((0x61, len(data) & 0xFF))


class ApduLevelReader:
    """A reader that fetches the data itself: the program sees data and 9000 at once, never 61xx."""

    def __init__(self, card: ThaiCard) -> None:
        self._card = card

    def transmit(self, command: bytes) -> bytes:
        response = self._card.answer(command)
        if response[-2] != 0x61:
            return response
        return self._card.answer(bytes((0x00, 0xC0, 0x00, 0x00, response[-1])))


class CardSlot:
    """A reader's slot in this process: opens connections for `NationalIdReader`, is watched by `ReaderWatcher`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._card: ThaiCard | None = None
        self._movements = 0
        self._seen: View | None = None
        self._commands_left: int | None = None

    def insert(self, card: ThaiCard, *, pull_after: int | None = None) -> None:
        """Put a card in; it may be pulled by itself after a number of commands."""
        card.reset()
        self._move(card)
        self._commands_left = pull_after

    def pull(self) -> None:
        """Take the card out."""
        self._move(None)

    @contextmanager
    def connect(self) -> Iterator[CardSlot]:
        """Connect to the card that is in."""
        if self._card is None:
            raise _removed()
        yield self

    def transmit(self, command: bytes) -> bytes:
        """Carry a command to the card that is in."""
        if self._commands_left == 0:
            self.pull()
        card = self._card
        if card is None:
            raise _removed()
        if self._commands_left is not None:
            self._commands_left -= 1
        return card.answer(command)

    def look(self, timeout_s: float) -> View:
        """Return what is seen at the first call and as soon as it changes, else after `timeout_s` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._view() != self._seen, timeout_s)
            self._seen = self._view()
            return self._seen

    def close(self) -> None:
        """Forget what was seen."""
        self._seen = None

    def _move(self, card: ThaiCard | None) -> None:
        with self._changed:
            self._card = card
            self._commands_left = None
            self._movements += 1
            self._changed.notify_all()

    def _view(self) -> View:
        card = CardState.ABSENT if self._card is None else CardState.PRESENT
        return View((Slot("the reader in this process", card, self._movements),))


def _removed() -> CardReadError:
    return CardReadError(Failure.CARD_REMOVED, "The virtual card is not in its slot. Insert it.")
