# SPDX-License-Identifier: Apache-2.0
"""What the journeys share: clips of the demonstration people, a PostgreSQL cluster, and a folder short enough for
sockets."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.simulators import postgres
from tests.simulators.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Shared.of(tmp_path_factory.getbasetemp(), "clips").folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    with postgres.running() as running:
        yield running


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="dc-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)
