# SPDX-License-Identifier: Apache-2.0
"""Where the kernel tells of this machine, and how its small files are read: what is not there is None."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kernel:
    """The two trees that the kernel shows; a test makes its own."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")


def told(file: Path) -> str | None:
    """What a file of the kernel says, without the line's end; None when it is not there or not to be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
