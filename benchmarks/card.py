# SPDX-License-Identifier: Apache-2.0
"""Reading a card in blocks beside reading it field by field, as other readers do, on the same virtual card.

1. The commands of either way, for portraits of several lengths.
2. Their time in this process and through the real pcscd, where the virtual card answers at once.
3. Their time through the real pcscd where the card takes the time that T=0 takes, at two speeds.
4. The time that the model alone makes of either way, at three speeds.

The bound of 3 and 4 is the time that the bytes of the block way take on the wire, at the card's full speed, alone.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import compare, show
from kiosk.card.apdu import Conversation, Transport, select
from kiosk.card.file_map import (
    ADDRESS,
    APPLICATION,
    BORN,
    CITIZEN_NUMBER,
    EXPIRES,
    ISSUED,
    NAME_EN,
    NAME_TH,
    SEX,
    Field,
)
from kiosk.card.national_id import CardCopy, Unobserved, read_card
from kiosk.card.pcsc import open_card
from kiosk.card.watcher import CardState
from tests.kiosk.card.cards import portrait
from tests.simulators.card import ATR, ThaiCard
from tests.simulators.card_timing import Timing, wire_size
from tests.simulators.patient import CITIZENS
from tests.simulators.pcscd import READER_NAME, PcscDaemon
from tests.simulators.readers import wait_for
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ISSUER = Field(0x00F6, 100)
_FIELDS = (CITIZEN_NUMBER, NAME_TH, NAME_EN, BORN, SEX, _ISSUER, ISSUED, EXPIRES, ADDRESS)
_PORTRAIT_PARTS, _PART, _PORTRAIT = 20, 255, 0x017B

_SMALL, _LARGE, _LARGEST = 4843, 4960, 5118  # bytes of portrait
_ATRS = {  # docs/card.md: the two families of Thai cards, and the oldest, which negotiates nothing
    "TA1=96": ATR,
    "TA1=18": bytes.fromhex("3B78180000") + b"TH NID 3",
    "no PPS": bytes.fromhex("3B680000") + b"TH NID 6",
}
_TIMED = ("TA1=96", "TA1=18")  # at 9600 bit/s a comparison would take minutes
_ROUNDS_TIMED = 7


def by_fields(transport: Transport) -> bytes:
    """SELECT, nine fields and twenty parts of the portrait, each a READ and a GET RESPONSE: 59 commands."""
    card = Conversation(transport)
    card.send(select(APPLICATION))
    parts = [Field(_PORTRAIT + n * _PART, _PART) for n in range(_PORTRAIT_PARTS)]
    return b"".join(card.exchange(_read(field)).data for field in (*_FIELDS, *parts))


def by_blocks(transport: Transport) -> None:
    """As the kiosk does it."""
    read_card(transport, CardCopy(), Unobserved())


def main() -> None:
    """Measure both ways."""
    show("card: commands", ("portrait", "blocks", "fields", "ratio"), [*_commands()])
    with _service() as daemon:
        show(
            "card: blocks over fields, no time on the wire",
            ("transport", "commands", "ratio", "middle half"),
            [*_bare(daemon)],
        )
        show(
            "card: blocks over fields, with the time that T=0 takes (real pcscd)",
            ("speed", "commands", "ratio", "middle half", "blocks over the bound", "fields over the bound"),
            [*_timed(daemon)],
        )
    show(
        "card: what the model alone makes of it",
        ("speed", "ratio", "blocks over the bound", "fields over the bound"),
        [*_modelled()],
    )


def _card(size: int, speed: str = "TA1=96") -> ThaiCard:
    return replace(ThaiCard.of(replace(CITIZENS[1].holder(), portrait_jpeg=portrait(size))), atr=_ATRS[speed])


def _read(field: Field) -> bytes:
    return b"\x80\xb0" + field.offset.to_bytes(2, "big") + b"\x02" + field.size.to_bytes(2, "big")


@dataclass(slots=True)
class _Counting:
    """A card in this process that counts commands, bytes on the wire and the time that a model gives them."""

    card: ThaiCard
    timing: Timing
    commands: int = 0
    wire_bytes: int = 0
    modelled_s: float = 0.0

    def transmit(self, command: bytes) -> bytes:
        response = self.card.answer(command)
        self.commands += 1
        self.wire_bytes += wire_size(command, response)
        self.modelled_s += self.timing.duration_s(command, response)
        return response

    @property
    def bound_s(self) -> float:
        return self.wire_bytes / self.timing.bytes_per_s


def _counted(read: Callable[[Transport], object], size: int, speed: str = "TA1=96") -> _Counting:
    card = _card(size, speed)
    counting = _Counting(card, Timing.of(card.atr))
    read(counting)
    return counting


def _commands() -> Iterator[tuple[str, ...]]:
    for size in (_SMALL, _LARGE, _LARGEST):
        blocks, fields = _counted(by_blocks, size).commands, _counted(by_fields, size).commands
        yield f"{size} bytes", str(blocks), str(fields), f"{blocks / fields:.2f}"


def _bare(daemon: PcscDaemon) -> Iterator[tuple[str, ...]]:
    card = _card(_SMALL)
    ways = partial(by_blocks, _InProcess(card)), partial(by_fields, _InProcess(card))
    yield "this process", "45 over 59", *compare(*ways).columns()
    with _inserted(card, daemon) as transport:
        ways = partial(by_blocks, transport), partial(by_fields, transport)
        yield "real pcscd, virtual reader", "45 over 59", *compare(*ways).columns()


@dataclass(frozen=True, slots=True)
class _InProcess:
    card: ThaiCard

    def transmit(self, command: bytes) -> bytes:
        return self.card.answer(command)


def _timed(daemon: PcscDaemon) -> Iterator[tuple[str, ...]]:
    for speed in _TIMED:
        for size in (_SMALL, _LARGE):
            card = _card(size, speed)
            card.timing = Timing.of(card.atr)
            blocks, fields = _counted(by_blocks, size, speed), _counted(by_fields, size, speed)
            with _inserted(card, daemon) as transport:
                ratio = compare(partial(by_blocks, transport), partial(by_fields, transport), rounds=_ROUNDS_TIMED)
                over_bound = [_seconds(partial(read, transport)) / blocks.bound_s for read in (by_blocks, by_fields)]
            commands = f"{blocks.commands} over {fields.commands}"
            yield speed, commands, *ratio.columns(), *(f"{times:.2f}" for times in over_bound)


def _modelled() -> Iterator[tuple[str, ...]]:
    for speed in _ATRS:
        blocks, fields = _counted(by_blocks, _SMALL, speed), _counted(by_fields, _SMALL, speed)
        over_bound = [way.modelled_s / blocks.bound_s for way in (blocks, fields)]
        yield speed, f"{blocks.modelled_s / fields.modelled_s:.2f}", *(f"{times:.2f}" for times in over_bound)


def _seconds(work: Callable[[], object]) -> float:
    """The middle of a few times."""
    taken = []
    for _ in range(_ROUNDS_TIMED):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


@contextmanager
def _service() -> Iterator[PcscDaemon]:
    """One daemon for the whole run: libpcsclite reads its socket's name once a process."""
    with tempfile.TemporaryDirectory() as folder, PcscDaemon(Path(folder)) as daemon:
        os.environ.update(daemon.env)
        yield daemon


@contextmanager
def _inserted(card: ThaiCard, daemon: PcscDaemon) -> Iterator[Transport]:
    """Put a card into the virtual reader of the real service."""
    with VpcdCard(daemon.vpcd_port) as slot:
        wait_for(CardState.ABSENT)  # the last one
        slot.insert(card)
        wait_for(CardState.PRESENT)
        with open_card(READER_NAME) as transport:
            yield transport
