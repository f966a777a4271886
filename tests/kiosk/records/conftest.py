# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kiosk.records.acted_lobby import Lobby

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.records.filing import Filing


@pytest.fixture
def lobby(filing: Filing) -> Iterator[Lobby]:
    running = Lobby(filing)
    yield running
    running.close()
