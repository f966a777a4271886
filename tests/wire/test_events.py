# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import msgspec
import pytest

from tests.simulators.kiosk_wire import WireKiosk
from wire.chain import Counter, Head, Link
from wire.envelope import decode, encode
from wire.events import Counted, EnrollmentCaptured, Parent
from wire.ids import KeyId, StreamId, kiosk_id
from wire.sealing import OpeningKey

A, B = StreamId("a" * 24), StreamId("b" * 24)
D = bytes(range(32))

PLACES = (
    Link(A, 1, None, None),
    Link(A, 7, D, None, Counter(12, 0)),
    Link(B, 1, None, Head(A, 7, D), Counter(15, 2)),
)


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
