# SPDX-License-Identifier: Apache-2.0
"""A Thai national ID card in this process: its file, its T=0 applet, and a slot it can be put into and pulled from.

It is written from the description of the card, not from the kiosk's reader: offsets stand here a second time, so that a
mistake in the one cannot hide in the other. Citizen numbers are the caller's; they must fail the check digit.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kiosk.card.watcher import CardState, Slot, View
from kiosk.enrollment.failures import CardReadError, Failure
from tests.simulators.card_applications import ENTITLEMENT_APPLICATION, LASER_APPLICATION
from tests.simulators.card_faults import strike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.simulators.card_faults import Fault
    from tests.simulators.card_timing import Timing

ATR = bytes.fromhex("3B79960000" + b"TH NID 17".hex())
FILE_SIZE = 5671

_APPLICATION = bytes.fromhex("A000000054480001")
_FILE_CONTROL_INFORMATION = bytes.fromhex("6F088406A00000005448")
_OK = bytes.fromhex("9000")


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
    """A powered card. A fault strikes the command of its number, from 1; bytes are answered as they are.

    `entitlement_file` and `laser_answer` are the two further applications (card_applications.py); None is a card
    without. `get_response_p2` is the only P2 that GET RESPONSE takes. With a timing, answers take their time.
    """

    file: bytes | bytearray = field(repr=False)
    faults: Mapping[int, bytes | Fault] = field(default_factory=dict)
    knows_application: bool = True
    atr: bytes = ATR
    largest_read: int = 256
    get_response_p2: int = 0x00
    entitlement_file: bytes | None = field(default=None, repr=False)
    laser_answer: bytes | None = field(default=None, repr=False)
    timing: Timing | None = None
    sleep: Callable[[float], None] = time.sleep
    commands: list[bytes] = field(default_factory=list, repr=False)
    touched: list[range] = field(default_factory=list)
    resets: int = 0
    _selected: bytes = b""
    _pending: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, holder: CardHolder) -> ThaiCard:
        """Issue a card to a holder."""
        return cls(flat_file(holder))

    def reset(self) -> None:
        """Power up or reset: nothing is selected."""
        self.resets += 1
        self._selected = b""
        self._pending = b""

    def answer(self, command: bytes) -> bytes:
        """Answer one command as the card does on T=0, or as its fault has it."""
        self.commands.append(command)
        match self.faults.get(len(self.commands)):
            case None:
                response = self.carry_out(command)
            case bytes(said):
                response = said
            case fault:
                response = strike(self, fault, command)
        if self.timing is not None:
            self.sleep(self.timing.duration_s(command, response))
        return response

    def carry_out(self, command: bytes) -> bytes:
        """Answer one command with no fault."""
        pending, self._pending = self._pending, b""
        match tuple(command[:2]):
            case _ if len(command) < 5:
                return bytes.fromhex("6700")
            case 0x00, 0xA4:
                return self._select(command)
            case 0x00, 0xC0:
                return self._get_response(command, pending)
            case 0x80, 0xB0 if self._selected != LASER_APPLICATION:
                return self._read(command)
            case 0x80, 0x00 if self._selected == LASER_APPLICATION:
                return self._deliver(self.laser_answer or b"", command[4] or 256)
        return bytes.fromhex("6D00" if command[0] in (0x00, 0x80) else "6E00")

    def _select(self, command: bytes) -> bytes:
        if len(command) != 5 + command[4]:
            return bytes.fromhex("6700")
        wanted = command[5:]
        known = {
            _APPLICATION: self.knows_application,
            ENTITLEMENT_APPLICATION: self.entitlement_file is not None,
            LASER_APPLICATION: self.laser_answer is not None,
        }
        self._selected = wanted if known.get(wanted, False) else b""
        return self._offer(_FILE_CONTROL_INFORMATION) if self._selected else bytes.fromhex("6A82")

    def _read(self, command: bytes) -> bytes:
        if not self._selected:
            return bytes.fromhex("6985")
        if len(command) != 7 or command[4] != 2:
            return bytes.fromhex("6700")
        start, size = int.from_bytes(command[2:4], "big"), int.from_bytes(command[5:7], "big")
        if not 0 < size <= self.largest_read:
            return bytes.fromhex("6700")
        content = self.file if self._selected == _APPLICATION else self.entitlement_file or b""
        if start + size > len(content):
            return bytes.fromhex("6B00")
        if self._selected == _APPLICATION:
            self.touched.append(range(start, start + size))
        return self._offer(bytes(content[start : start + size]))

    def _get_response(self, command: bytes, pending: bytes) -> bytes:
        if command[3] != self.get_response_p2:
            self._pending = pending
            return bytes.fromhex("6A86")
        if not pending:
            return bytes.fromhex("6985")
        self._pending = pending
        return self._deliver(pending, command[4] or 256)

    def _deliver(self, data: bytes, size: int) -> bytes:
        """Answer a command that has an Le: 6Cxx when it asks for more than there is, else data and what is left."""
        if size > len(data):
            return bytes((0x6C, len(data) & 0xFF))
        self._pending = b""
        rest = data[size:]
        return data[:size] + (self._offer(rest) if rest else _OK)

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
