# SPDX-License-Identifier: Apache-2.0
"""An empty file beside the store, by which the screen's process wakes what installs releases (a systemd path unit)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger()

FILE = "update.wanted"


def ring(store: Path) -> None:
    """Wake it. Where that fails, its timer comes."""
    path = store.parent / FILE
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660))
    except OSError as error:
        log.error("updater_not_woken", technician=f"{path}: {error.strerror}")  # noqa: TRY400 - the whole story


def heard(store: Path) -> None:
    """Take the file away, so that it wakes once; it may have been taken already."""
    (store.parent / FILE).unlink(missing_ok=True)
