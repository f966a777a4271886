# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from kiosk.face.evaluation.record import (
    RECORD_BYTES_AT_MOST,
    CalibrationRecord,
    Measured,
    RecordedAttack,
    RecordedPoint,
    RecordedSet,
    RecordedSlice,
    RecordError,
    from_bytes,
    rounded,
    to_bytes,
)

POINT = RecordedPoint(
    fmr=1e-2,
    threshold=0.5,
    fnmr=None,
    fnmr_low=0.0,
    fnmr_high=0.3,
    impostor=300,
    genuine=10,
    false_matches=3,
    false_non_matches=0,
)
RECORD = CalibrationRecord(
    engine="engine",
    model_digests=("ab" * 32,),
    data=RecordedSet(
        description="made for this test",
        people=25,
        pictures=100,
        genuine=10,
        impostor=300,
        card_simulated=True,
        fused_frames=3,
    ),
    eer=None,
    eer_below=0.3,
    operating_points=(POINT,),
    cannot_be_told=(1e-3, 1e-4),
    slices={"south": RecordedSlice(people=12), "north": RecordedSlice(people=13, own_operating_points=(POINT,))},
    attacks={"print": RecordedAttack(n=10, not_responded=1, apcer=0.1, apcer_low=0.02, apcer_high=0.4)},
    bona_fide=Measured(errors=0, trials=10, rate=None, low=0.0, high=0.3),
)


def test_a_record_reads_back_as_it_was_written() -> None:
    assert from_bytes(to_bytes(RECORD)) == RECORD


def test_a_record_has_one_spelling() -> None:
    assert to_bytes(from_bytes(to_bytes(RECORD))) == to_bytes(RECORD)
    assert to_bytes(RECORD).index(b'"north"') < to_bytes(RECORD).index(b'"south"')


def test_a_rate_that_cannot_be_told_is_null_and_not_zero() -> None:
    assert b'"eer": null' in to_bytes(RECORD)
    assert b'"fnmr": null' in to_bytes(RECORD)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff",
        to_bytes(RECORD)[:-9],
        to_bytes(RECORD).replace(b'"record": 1', b'"record": 2'),
        to_bytes(RECORD) + b" " * RECORD_BYTES_AT_MOST,
    ],
)
def test_other_bytes_are_no_record(content: bytes) -> None:
    with pytest.raises(RecordError, match="calibration record"):
        from_bytes(content)


def test_a_rate_is_written_with_six_digits() -> None:
    assert rounded(1 / 3) == 0.333333
    assert rounded(2 / 3e7) == 6.66667e-08
