# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kiosk.records.acted_lobby import Lobby

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.records.filing import Filing
    from tests.kiosk.conftest import World


@pytest.fixture
def lobby(filing: Filing, world: World) -> Iterator[Lobby]:
    running = Lobby(filing, believes=world.receipt.public())
    yield running
    running.close()
