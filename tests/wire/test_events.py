# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import msgspec
import pytest

from tests.simulators.kiosk_wire import EVIDENCE, WireKiosk
from wire.chain import Counter, Head, Link
from wire.envelope import decode, encode
from wire.events import Counted, EnrollmentCaptured, Evidence, Parent
from wire.ids import KeyId, StreamId, kiosk_id
from wire.sealing import OpeningKey

A, B = StreamId("a" * 24), StreamId("b" * 24)
D = bytes(range(32))

PLACES = (
    Link(A, 1, None, None),
    Link(A, 7, D, None, Counter(12, 0)),
    Link(B, 1, None, Head(A, 7, D), Counter(15, 2)),
)


def _without(*fields: str) -> bytes:
    said = msgspec.to_builtins(EVIDENCE)
    return msgspec.json.encode({key: value for key, value in said.items() if key not in fields})


def test_evidence_from_before_light_and_passive_check_still_reads() -> None:
    old = msgspec.json.decode(_without("light", "pad"), type=Evidence)
    assert (old.light, old.pad) == (None, None)
    assert old.challenges == EVIDENCE.challenges


@pytest.mark.parametrize("field", ["parallax", "models", "distance"])
def test_evidence_that_always_was_there_may_not_be_missing(field: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.json.decode(_without(field), type=Evidence)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_in_the_chain_comes_back_from_the_wire_as_it_was(place: Link) -> None:
    kiosk = WireKiosk(kiosk_id("udon-01"), OpeningKey.generate(KeyId("relay#1")).public())
    body = msgspec.structs.replace(
        kiosk.body(b"sealed"),
        stream=place.stream,
        seq=place.seq,
        prev=None if place.prev is None else place.prev.hex(),
        parent=None if place.parent is None else Parent.of(place.parent),
        counter=None if place.counter is None else Counted.of(place.counter),
    )
    assert decode(encode(body), EnrollmentCaptured).link() == place
