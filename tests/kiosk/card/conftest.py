# SPDX-License-Identifier: Apache-2.0
"""One private pcscd for this room's tests: libpcsclite reads its socket's name once a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulators.pcscd import PcscDaemon
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscDaemon]:
    with PcscDaemon(tmp_path_factory.mktemp("pcscd")) as daemon, pytest.MonkeyPatch.context() as patch:
        for name, value in daemon.env.items():
            patch.setenv(name, value)
        yield daemon


@pytest.fixture
def slot(pcscd: PcscDaemon) -> Iterator[VpcdCard]:
    with VpcdCard(pcscd.vpcd_port) as card:
        yield card
