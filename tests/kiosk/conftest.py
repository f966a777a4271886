# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from kiosk.records.filing import Filing
from kiosk.store.database import Store
from wire.events import Profile
from wire.ids import KeyId, StreamId, facility_code, kiosk_id, new_stream_id
from wire.registration import Trust
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class World:
    """A kiosk's keys and those of the controller that it trusts."""

    event: SigningKey
    courier: SigningKey
    receipt: SigningKey
    answer: SigningKey
    relay: OpeningKey
    trust: Trust


KIOSK = kiosk_id("k-udon-01")


@pytest.fixture(scope="session")
def world() -> World:
    event, courier = SigningKey.generate(KeyId("k-udon-01#1")), SigningKey.generate(KeyId("k-udon-01#2"))
    receipt, answer = SigningKey.generate(KeyId("controller#1")), SigningKey.generate(KeyId("relay#2"))
    relay = OpeningKey.generate(KeyId("relay#1"))
    trust = Trust(
        v=1, receipt_key=receipt.public().jwk(), answer_key=answer.public().jwk(), sealing_key=relay.public().jwk()
    )
    return World(event, courier, receipt, answer, relay, trust)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.db")
    yield opened
    opened.close()


def filing_for(store: Store, world: World, stream: StreamId | None = None) -> Filing:
    return Filing(
        store=store,
        key=world.event,
        sealed_to=world.relay.public(),
        kiosk=KIOSK,
        facility=facility_code("10670"),
        profile=Profile.TEST,
        release="0.1.0",
        stream=stream or new_stream_id(),
    )


@pytest.fixture
def filing(store: Store, world: World) -> Filing:
    return filing_for(store, world)
