# SPDX-License-Identifier: Apache-2.0
"""The console as the real process that a technician starts."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = "from fleet.entrypoints.cli import main; main()"
OPENED = 'profile = "test"\nsign_in = false\n'
CLOSED = 'operator_key = "operators.key"\n'


def settings_file(folder: Path, database: Path, port: int = 0, who: str = OPENED) -> Path:
    """Write a settings file for the console alone, which whoever is on this machine may look at."""
    file = folder / "web.toml"
    file.write_text(f'database_url = "sqlite:///{database}"\n\n[web]\nport = {port}\n{who}', encoding="utf-8")
    return file


def closed_settings_file(folder: Path, database: Path, key: bytes, more: str = "") -> Path:
    """Write one for a console that needs an account."""
    (folder / "operators.key").write_bytes(base64.urlsafe_b64encode(key))
    return settings_file(folder, database, who=CLOSED + more)


@contextmanager
def running(settings: Path) -> Iterator[str]:
    """Start `dipchip-fleet web` on a free port and give its address, as its first line says it."""
    command = [sys.executable, "-c", START, "web", "--config", str(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["web"]
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def console_process(folder: Path, database: Path) -> Iterator[str]:
    """Start a console that needs no account."""
    with running(settings_file(folder, database)) as address:
        yield address
