# SPDX-License-Identifier: Apache-2.0
"""The real reader service, and a card that leaves at every single command of a read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from kiosk.card.national_id import NationalIdReader
from kiosk.card.pcsc import open_card
from kiosk.card.watcher import CardState
from kiosk.enrollment.failures import CardReadError, Failure
from tests.kiosk.card.cards import Seen, card, portrait
from tests.simulators.pcscd import READER_NAME
from tests.simulators.readers import wait_for

if TYPE_CHECKING:
    from tests.simulators.card import ThaiCard
    from tests.simulators.vpcd import VpcdCard

pytestmark = pytest.mark.real

OTHER_NUMBER = "1100000000003"


def whole(**changes: object) -> ThaiCard:
    """A card that is read in 45 commands."""
    return card(portrait_jpeg=portrait(4843), **changes)


class Hand:
    """Puts cards into the reader, each when the reader has seen the last one go."""

    def __init__(self, slot: VpcdCard) -> None:
        self._slot = slot

    def insert(self, inserted: ThaiCard, *, pull_after: int | None = None) -> None:
        wait_for(CardState.ABSENT)
        self._slot.insert(inserted, pull_after=pull_after)
        wait_for(CardState.PRESENT)


@pytest.fixture
def hand(slot: VpcdCard) -> Hand:
    return Hand(slot)


def read_to_the_pull(hand: Hand, reader: NationalIdReader, inserted: ThaiCard, commands: int) -> None:
    hand.insert(inserted, pull_after=commands)
    with pytest.raises(CardReadError) as pulled:
        reader.read(Seen())
    assert pulled.value.failure is Failure.CARD_REMOVED


@pytest.mark.parametrize("commands", range(45))
def test_the_same_card_put_back_is_read_to_the_end(hand: Hand, commands: int) -> None:
    reader, same = NationalIdReader(partial(open_card, READER_NAME)), whole()
    read_to_the_pull(hand, reader, same, commands)
    hand.insert(same)
    identity = reader.read(Seen())
    assert (identity.portrait_jpeg, identity.province) == (portrait(4843), "40")
    assert len(same.commands) <= 45 + 8


@pytest.mark.parametrize("commands", [3, 12, 44])
def test_another_card_put_in_is_refused_and_everything_is_forgotten(hand: Hand, commands: int) -> None:
    reader, other = NationalIdReader(partial(open_card, READER_NAME)), whole(citizen_number=OTHER_NUMBER)
    read_to_the_pull(hand, reader, whole(), commands)
    hand.insert(other)
    with pytest.raises(CardReadError) as refused:
        reader.read(Seen())
    assert refused.value.failure is Failure.CARD_CHANGED
    assert reader.read(Seen()).citizen_number == OTHER_NUMBER
