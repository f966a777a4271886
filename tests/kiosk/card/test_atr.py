# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.pcsc import decoded

# docs/card.md: every Thai answer to reset that is publicly known, as T=0 bytes a second at 4 MHz.
KNOWN = {
    "3B79960000" + b"TH NID 17".hex(): (0x96, 512, 32, 20_833),
    "3B78180000" + b"TH NID 3".hex(): (0x18, 372, 12, 10_753),
    "3B680000" + b"TH NID 6".hex(): (None, 372, 1, 896),
}


@pytest.mark.parametrize(("raw", "expected"), KNOWN.items(), ids=["TA1=96", "TA1=18", "no TA1"])
def test_a_thai_card_tells_its_speed_and_its_name(raw: str, expected: tuple[int | None, int, int, int]) -> None:
    atr = decoded(bytes.fromhex(raw))
    assert atr is not None
    assert (atr.ta1, atr.f, atr.d, round(atr.bytes_per_s(4_000_000))) == expected
    assert atr.protocols == (0,)
    assert atr.calls_itself_thai


def test_another_card_does_not_call_itself_thai() -> None:
    atr = decoded(bytes.fromhex("3B6700002920006F789000"))
    assert atr is not None
    assert not atr.calls_itself_thai


@pytest.mark.parametrize("raw", ["", "3B", "0000", "3B7996", "3BFF"])
def test_what_is_no_answer_to_reset_is_none(raw: str) -> None:
    assert decoded(bytes.fromhex(raw)) is None


def test_a_reserved_speed_counts_as_the_default() -> None:
    atr = decoded(bytes.fromhex("3B10FF"))
    assert atr is not None
    assert (atr.f, atr.d) == (372, 1)


@given(st.binary(max_size=40))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    atr = decoded(raw)
    assert atr is None or atr.bytes_per_s(4_000_000) > 0
