# SPDX-License-Identifier: Apache-2.0
"""Keeps the progress of commissioning in a file, so that a power cut or a restart goes on at the same step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from provisioning.commissioning.steps import Progress
from provisioning.files import Report, folder, private, remove

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "progress.json"
_UNDERWAY = "underway"  # the units of commissioning and screen ask which of them it is to be
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Keeper:
    """The folder where commissioning keeps what it knows; its owner's only, because a claim's code is in it."""

    place: Path

    def read(self) -> Progress:
        """What was kept. What cannot be read is begun anew: steps can be repeated, and the name is in kiosk.toml."""
        try:
            kept = msgspec.json.decode((self.place / _FILE).read_bytes(), type=Progress)
        except (OSError, msgspec.DecodeError):
            return Progress()
        return kept if kept.v == _VERSION else Progress()

    def keep(self, progress: Progress) -> None:
        """Keep it, on the disk before this returns.

        Raises:
            FolderError: it cannot be written.
        """
        folder(self.place, private=True)
        private(self.place / _UNDERWAY, b"", Report())
        private(self.place / _FILE, msgspec.json.encode(progress), Report())

    def close(self) -> None:
        """Let the kiosk's own screen begin: the hand-over is written and was read."""
        remove(self.place / _UNDERWAY)
