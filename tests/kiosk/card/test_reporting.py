# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from kiosk.card.reporting import ReportingReader
from kiosk.enrollment.failures import CardReadError, Fault, FaultError
from tests.kiosk.card.cards import NUMBER, Seen, card, portrait
from tests.simulators.card import CardSlot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.card.apdu import Transport
    from kiosk.card.trace import Figures


class Told:
    """What the desk would be told."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, int, int]] = []

    def __call__(self, code: str, figures: Figures) -> None:
        self.reads.append((code, figures.commands, figures.errors))


def test_each_read_is_told_with_its_code_and_figures() -> None:
    slot, told = CardSlot(), Told()
    reader = ReportingReader(slot.connect, told)
    same = card(portrait_jpeg=portrait(4843))
    slot.insert(same, pull_after=10)
    with pytest.raises(CardReadError):
        reader.read(Seen())
    slot.insert(same)
    assert reader.read(Seen()).citizen_number == NUMBER
    assert told.reads == [("card_removed", 11, 1), ("ok", 43, 0)]


def test_a_reader_that_is_gone_is_told_by_its_code() -> None:
    @contextmanager
    def gone() -> Iterator[Transport]:
        raise FaultError(Fault.READER_ABSENT, "The card reader is gone. Check its USB cable.")
        yield

    told = Told()
    with pytest.raises(FaultError):
        ReportingReader(gone, told).read(Seen())
    assert told.reads == [("reader_absent", 0, 0)]


def test_forgetting_reaches_the_reader() -> None:
    slot, told = CardSlot(), Told()
    reader = ReportingReader(slot.connect, told)
    slot.insert(card(), pull_after=10)
    with pytest.raises(CardReadError):
        reader.read(Seen())
    reader.forget()
    slot.insert(card(citizen_number="1100000000003"))
    assert reader.read(Seen()).citizen_number == "1100000000003"
