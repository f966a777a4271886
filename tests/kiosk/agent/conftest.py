# SPDX-License-Identifier: Apache-2.0
"""One private pcscd for the agents of this room: they are processes of their own, so this process keeps out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulators.pcscd import PcscDaemon

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscDaemon]:
    with PcscDaemon(tmp_path_factory.mktemp("pcscd")) as daemon:
        yield daemon
