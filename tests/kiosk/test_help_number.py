# SPDX-License-Identifier: Apache-2.0
"""Whom the screen tells people to call: what the controller has signed for this kiosk, else what it was set up with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.entrypoints.help_number import NumberBoard
from kiosk.screens.wording import load_wordings
from kiosk.store.database import Store
from kiosk.store.newest import Word, keep
from tests.kiosk.screens.conftest import running
from tests.kiosk.screens.moments import MOMENTS
from wire.envelope import seal_message
from wire.help_numbers import HelpNumberTold
from wire.ids import KeyId, kiosk_id
from wire.phones import CENTRAL, HelpNumber, help_number
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = SigningKey.generate(KeyId("controller#1"))
KIOSK = kiosk_id("k-udon-01")
OWN = help_number("1330")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.db")
    yield store
    store.close()


@pytest.fixture
def board(store: Store) -> NumberBoard:
    return NumberBoard(store, KEY.public(), KIOSK, OWN)


def told(store: Store, number: str, at_ms: int, *, key: SigningKey = KEY, kiosk: str = KIOSK) -> None:
    body = HelpNumberTold(v=1, kiosk=kiosk, at_ms=at_ms, number=number)
    keep(store, Word.HELP_NUMBER, at_ms, seal_message(key, Kind.HELP_NUMBER, body))


def test_until_the_controller_says_another_it_is_the_one_that_the_kiosk_was_set_up_with(
    store: Store, board: NumberBoard
) -> None:
    assert board() == OWN
    told(store, "042222111", 1)
    assert board() == HelpNumber("042222111")
    told(store, "", 2)
    assert board() == OWN


def test_the_one_made_last_counts_in_whichever_order_they_come(store: Store, board: NumberBoard) -> None:
    told(store, "042222111", 5)
    told(store, "042333111", 4)
    assert board() == HelpNumber("042222111")


def test_what_a_captured_courier_stores_is_not_shown(store: Store, board: NumberBoard) -> None:
    told(store, "0812345678", 1, key=SigningKey.generate(KeyId("controller#1")))
    assert board() == OWN
    told(store, "0812345678", 2, kiosk="k-loei-01")
    assert board() == OWN
    keep(store, Word.HELP_NUMBER, 3, b"junk")
    assert board() == OWN


@pytest.mark.parametrize("language", ["th", "en"])
async def test_another_number_shows_at_once_wherever_one_stands(language: str) -> None:
    async with running(language, (80, 24)) as kiosk:
        for name in ("problem-card_expired", "help-called", "out-of-service-disk_full", "problem-reported"):
            await kiosk.show(MOMENTS[name])
            assert any("0-2257-7119" in line for line in kiosk.lines), name
            kiosk.app.call(help_number("042 222 111"))
            await kiosk.settle()
            assert any("0-4222-2111" in line for line in kiosk.lines), name
            assert not any("0-2257-7119" in line for line in kiosk.lines), name
            kiosk.app.call(CENTRAL)
            await kiosk.settle()


def test_a_voice_says_a_number_digit_by_digit() -> None:
    spoken = load_wordings()["th"].calling(help_number("042 222 111")).phrase("problem.help")
    assert "0 4 2 2 2 2 1 1 1" in spoken.aloud
