# SPDX-License-Identifier: Apache-2.0
"""The console as the real process that a technician starts."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = "from fleet.entrypoints.cli import main; main()"


def settings_file(folder: Path, database: Path, port: int = 0) -> Path:
    """Write a settings file for the console alone, which whoever is on this machine may look at."""
    file = folder / "web.toml"
    opened = 'profile = "test"\nsign_in = false\n'
    file.write_text(f'database_url = "sqlite:///{database}"\n\n[web]\nport = {port}\n{opened}', encoding="utf-8")
    return file


@contextmanager
def console_process(folder: Path, database: Path) -> Iterator[str]:
    """Start `dipchip-fleet web` on a free port and give its address, as its first line says it."""
    command = [sys.executable, "-c", START, "web", "--config", str(settings_file(folder, database))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["web"]
        finally:
            process.terminate()
            process.wait(timeout=30)
