# SPDX-License-Identifier: Apache-2.0
"""Every kind of card that a kiosk may meet: a record with warnings, or a clean refusal."""

from __future__ import annotations

import unicodedata
from dataclasses import astuple
from typing import TYPE_CHECKING

import pytest

from kiosk.card.national_id import NationalIdReader
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.identity import LIFELONG, CardWarning
from tests.kiosk.card.cards import Seen
from tests.simulators.card import CardSlot
from tests.simulators.card_kinds import KINDS

if TYPE_CHECKING:
    from kiosk.enrollment.identity import Identity


def read(kind: str) -> Identity | Failure:
    slot = CardSlot()
    slot.insert(KINDS[kind]())
    try:
        return NationalIdReader(slot.connect).read(Seen())
    except CardReadError as refusal:
        return refusal.failure


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_an_identity_without_control_characters_or_a_clean_refusal(kind: str) -> None:
    met = read(kind)
    if isinstance(met, Failure):
        assert met in {Failure.CARD_NOT_NATIONAL_ID, Failure.NOT_AT_KIOSK, Failure.CARD_UNREADABLE}
        return
    texts = (*astuple(met.name_th), *astuple(met.name_en), *astuple(met.address))
    assert not [text for text in texts if any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)]
    assert met.portrait_jpeg[:2] in (b"", b"\xff\xd8")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("blank")])
def test_a_blank_card_is_for_the_staff(kind: str) -> None:
    assert read(kind) is Failure.NOT_AT_KIOSK


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("foreign")])
def test_a_card_without_thai_nationality_is_read_like_any_other(kind: str) -> None:
    met = read(kind)
    assert not isinstance(met, Failure)
    assert CardWarning.CHECK_DIGIT in met.warnings


def test_old_people_s_cards_are_read() -> None:
    elderly = [read(kind) for kind in KINDS if "elderly" in kind or "lifelong" in kind]
    assert elderly
    assert not [met for met in elderly if isinstance(met, Failure)]
    assert any(not isinstance(met, Failure) and met.expires is LIFELONG for met in elderly)
