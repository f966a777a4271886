# SPDX-License-Identifier: Apache-2.0
"""One private pcscd with two readers for this room's tests: libpcsclite reads its socket's name once a process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from kiosk.card.pcsc import slots
from kiosk.card.watcher import CardState
from tests.simulators.pcscd import READER_NAME, PcscDaemon
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND = "Second Reader"
_GONE_S = 20.0


@pytest.fixture(scope="session")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscDaemon]:
    folder = tmp_path_factory.mktemp("pcscd")
    with PcscDaemon(folder, readers=(READER_NAME, SECOND)) as daemon, pytest.MonkeyPatch.context() as patch:
        for name, value in daemon.env.items():
            patch.setenv(name, value)
        yield daemon


@pytest.fixture
def no_card(pcscd: PcscDaemon) -> None:
    """Nothing lies in a reader: pcscd sees a card that the test before took out a moment later."""
    del pcscd
    deadline = time.monotonic() + _GONE_S
    while any(slot.card is not CardState.ABSENT for slot in slots("")):
        assert time.monotonic() < deadline, "a card of another test is still in a reader"
        time.sleep(0.02)


@pytest.fixture
def slot(pcscd: PcscDaemon) -> Iterator[VpcdCard]:
    with VpcdCard(pcscd.port(READER_NAME)) as card:
        yield card


@pytest.fixture
def second_slot(pcscd: PcscDaemon) -> Iterator[VpcdCard]:
    with VpcdCard(pcscd.port(SECOND)) as card:
        yield card
