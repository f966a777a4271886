# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.courier.delivery import Delivery, Keys
from tests.kiosk.conftest import KIOSK
from wire.ids import shard

if TYPE_CHECKING:
    from kiosk.store.database import Store
    from tests.kiosk.conftest import World

SHARD = shard("a7")


@pytest.fixture
def delivery(store: Store, world: World) -> Delivery:
    keys = Keys(world.courier, world.receipt.public(), world.answer.public())
    made = Delivery(store=store, keys=keys, kiosk=KIOSK, where=SHARD, release="0.1.0")
    made.connected()
    return made
