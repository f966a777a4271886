# SPDX-License-Identifier: Apache-2.0
"""Reading a card in blocks beside reading it field by field, as other readers do: in this process and through pcscd."""

from __future__ import annotations

import os
import tempfile
import time
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
from kiosk.card.national_id import CardCopy, read_card
from kiosk.card.pcsc import PcscReaders, open_card
from tests.simulators.card import CardSlot, ThaiCard
from tests.simulators.patient import CITIZENS
from tests.simulators.pcscd import READER_NAME, PcscDaemon
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ISSUER = Field(0x00F6, 100)
_FIELDS = (CITIZEN_NUMBER, NAME_TH, NAME_EN, BORN, SEX, _ISSUER, ISSUED, EXPIRES, ADDRESS)
_PORTRAIT_PARTS, _PART, _PORTRAIT = 20, 255, 0x017B
_APPEARS_S = 20.0


def by_fields(transport: Transport) -> bytes:
    """SELECT, nine fields and twenty parts of the portrait, each a READ and a GET RESPONSE: 59 commands."""
    card = Conversation(transport)
    card.send(select(APPLICATION))
    parts = [Field(_PORTRAIT + n * _PART, _PART) for n in range(_PORTRAIT_PARTS)]
    return b"".join(card.exchange(_read(field)).data for field in (*_FIELDS, *parts))


def by_blocks(transport: Transport) -> None:
    """As the kiosk does it."""
    read_card(transport, CardCopy(), Unseen())


class Unseen:
    """An observer that looks away."""

    def progressed(self, progress: float) -> None:
        """See `ReadObserver`."""

    def named(self, name_th: str, name_en: str) -> None:
        """See `ReadObserver`."""


def main() -> None:
    """Measure both ways over both transports."""
    rows = [*_in_process(), *_through_pcscd()]
    show(
        "card: blocks over fields", ("transport", "commands", "ratio of commands", "ratio of time", "middle half"), rows
    )


def _read(field: Field) -> bytes:
    return b"\x80\xb0" + field.offset.to_bytes(2, "big") + b"\x02" + field.size.to_bytes(2, "big")


def _in_process() -> Iterator[tuple[str, ...]]:
    slot, card = CardSlot(), CITIZENS[1].card()
    slot.insert(card)
    yield _compared("in this process", slot, card)


def _through_pcscd() -> Iterator[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            daemon = PcscDaemon(Path(folder))
            daemon.start()
        except (OSError, RuntimeError):
            yield ("real pcscd, virtual reader", "not measured: needs pcscd, vsmartcard-vpcd and `unshare`", "", "", "")
            return
        try:
            os.environ.update(daemon.env)
            card = CITIZENS[1].card()
            with VpcdCard(daemon.vpcd_port) as slot:
                slot.insert(card)
                _wait_for_card()
                with open_card(READER_NAME) as transport:
                    yield _compared("real pcscd, virtual reader", transport, card)
        finally:
            daemon.stop()


def _wait_for_card() -> None:
    readers, until_s = PcscReaders(READER_NAME), time.monotonic() + _APPEARS_S
    while readers.look(0.1).with_card() is None and time.monotonic() < until_s:
        pass
    readers.close()


def _compared(name: str, transport: Transport, card: ThaiCard) -> tuple[str, ...]:
    in_blocks, in_fields = partial(by_blocks, transport), partial(by_fields, transport)
    blocks, fields = _counted(card, in_blocks), _counted(card, in_fields)
    ratio = compare(in_blocks, in_fields)
    return name, f"{blocks} over {fields}", f"{blocks / fields:.2f}", *ratio.columns()


def _counted(card: ThaiCard, read: Callable[[], object]) -> int:
    before = len(card.commands)
    read()
    return len(card.commands) - before
