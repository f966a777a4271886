# SPDX-License-Identifier: Apache-2.0
"""What hangs is noticed because what does not says so, on the socket that systemd names."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from wire.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(0)
        yield listening


def test_systemd_hears_at_once_and_not_at_each_round(systemd: socket.socket) -> None:
    watchdog = Watchdog(systemd.getsockname())
    for _ in range(100):
        watchdog.alive()
    assert systemd.recv(100) == b"READY=1\nWATCHDOG=1"
    with pytest.raises(BlockingIOError):
        systemd.recv(100)


def test_an_abstract_name_is_understood(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{tmp_path}")
        Watchdog(f"@{tmp_path}").alive()
        assert listening.recv(100) == b"READY=1\nWATCHDOG=1"


def test_where_nobody_asked_or_hears_nothing_fails(tmp_path: Path) -> None:
    Watchdog(None).alive()
    Watchdog(str(tmp_path / "gone")).alive()
