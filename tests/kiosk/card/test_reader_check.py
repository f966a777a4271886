# SPDX-License-Identifier: Apache-2.0
"""The reader is examined with and without a card, at the real reader service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.card import reader_check
from kiosk.card.watcher import CardState
from kiosk.findings import Level
from tests.kiosk.card.cards import card
from tests.kiosk.card.conftest import SECOND
from tests.simulators.pcscd import READER_NAME
from tests.simulators.readers import wait_for

if TYPE_CHECKING:
    from tests.simulators.pcscd import PcscDaemon
    from tests.simulators.vpcd import VpcdCard

pytestmark = pytest.mark.real


def test_a_reader_without_a_card_is_well(slot: VpcdCard) -> None:
    del slot
    wait_for(CardState.ABSENT)
    found = reader_check.examine(READER_NAME, serves=False)
    assert (found.code, found.level) == ("ok", Level.WELL)
    assert READER_NAME in str(found.figures["names"].value)


def test_a_card_is_read_only_while_nobody_is_served(slot: VpcdCard) -> None:
    wait_for(CardState.ABSENT)
    slot.insert(card())
    wait_for(CardState.PRESENT)
    assert "per_command" in reader_check.examine("", serves=False).figures
    found = reader_check.examine("", serves=True)
    assert (found.code, found.level) == ("ok", Level.WELL)
    assert "per_command" not in found.figures
    assert "present" in str(found.figures["card"].value)


def test_a_card_that_cannot_be_read_needs_care_and_is_no_fault_of_the_reader(slot: VpcdCard) -> None:
    wait_for(CardState.ABSENT)
    other = card()
    other.knows_application = False
    slot.insert(other)
    wait_for(CardState.PRESENT)
    found = reader_check.examine("", serves=False)
    assert (found.code, found.level) == ("card_not_national_id", Level.CARE)


@pytest.mark.parametrize("serves", [True, False])
def test_an_absent_reader_is_a_fault(pcscd: PcscDaemon, *, serves: bool) -> None:
    for reader in (READER_NAME, SECOND):
        pcscd.detach(reader)
    try:
        found = reader_check.examine("", serves=serves)
    finally:
        for reader in (READER_NAME, SECOND):
            pcscd.attach(reader)
    assert (found.code, found.level) == ("reader_absent", Level.FAULT)
