# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import count

import msgspec
import pytest

from kiosk.card.national_id import CardCopy, read_card
from kiosk.card.trace import Exchange, Figures, Traced, summed
from kiosk.enrollment.failures import CardReadError
from tests.kiosk.card.cards import HOLDER, NUMBER, Seen, card, portrait
from tests.simulators.card import CardSlot, ThaiCard


def traced(inserted: ThaiCard, *, pull_after: int | None = None) -> list[Exchange]:
    """Read a card and give the trace; the clock moves on by a millisecond at each look."""
    slot, exchanges, clock = CardSlot(), list[Exchange](), count(0, 1000)
    slot.insert(inserted, pull_after=pull_after)
    transport = Traced(slot, exchanges, lambda: next(clock))
    if pull_after is None:
        read_card(transport, CardCopy(), Seen())
    else:
        with pytest.raises(CardReadError):
            read_card(transport, CardCopy(), Seen())
    return exchanges


def test_a_trace_has_each_command_with_its_status_and_time() -> None:
    exchanges = traced(card(portrait_jpeg=portrait(4843)))
    assert len(exchanges) == 45
    assert exchanges[0] == Exchange("00A40400", sent=13, received=2, at_us=0, took_us=1000, status="610A")
    assert exchanges[1].status == "61DE"
    assert all(exchange.is_well for exchange in exchanges)


def test_a_trace_holds_nothing_that_the_card_said() -> None:
    written = msgspec.json.encode(traced(card()))
    for secret in (NUMBER.encode(), "ทดสอบ".encode(), "ทดสอบ".encode("cp874"), b"Thotsop", b"Rabop", b"25300515"):
        assert secret not in written
        assert secret.hex().encode() not in written.lower()
    assert HOLDER.portrait_jpeg[:8].hex().encode() not in written.lower()


def test_a_pulled_card_ends_the_trace_with_its_code() -> None:
    exchanges = traced(card(), pull_after=4)
    assert [exchange.error for exchange in exchanges] == ["", "", "", "", "card_removed"]
    assert exchanges[-1].status == ""


def test_a_missing_status_word_and_a_bad_one_are_errors() -> None:
    weak = card()
    weak.faults = {3: b"\x90", 5: bytes.fromhex("6F00")}
    exchanges = traced(weak)
    assert [exchange.error or exchange.status for exchange in exchanges if not exchange.is_well] == [
        "no_status_word",
        "6F00",
    ]
    assert summed(exchanges).errors == 2


def test_figures_are_the_bytes_of_both_sides_over_the_time_of_all_commands() -> None:
    exchanges = [Exchange("80B00004", 7, 2, 0, 2000, "61DE"), Exchange("00C00000", 5, 224, 2000, 4000, "9000")]
    assert summed(exchanges) == Figures(commands=2, errors=0, ms_per_command=3.0, bytes_per_s=39666.7)


def test_figures_of_nothing_are_nothing() -> None:
    assert summed([]) == Figures(0, 0, 0.0, 0.0)
