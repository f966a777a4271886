# SPDX-License-Identifier: Apache-2.0
"""One visit from the welcome to its end, in the profile test, and then the screen is left: for commissioning."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from kiosk import config

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.config import Settings
    from kiosk.enrollment.states import Farewell

NOBODY = "nobody"
_LOOK_S = 1.0


class Serving(Protocol):
    """Who receives people."""

    @property
    def is_serving(self) -> bool:
        """Whether somebody is here."""

    def stop(self) -> None:
        """Receive nobody more."""


class Shown(Protocol):
    """The screen before them."""

    def leave(self) -> None:
        """End it, from any thread."""


class OneVisit:
    """Lets one person in, and notes how the visit ended.

    Args:
        patience_s: how long the welcome waits for somebody.
        event_key: where that key is, if not where the settings say.
    """

    def __init__(self, patience_s: float, event_key: Path | None = None) -> None:
        """Nobody has come."""
        self.ending: str = NOBODY
        self._event_key = event_key
        self._patience_s = patience_s
        self._over = threading.Event()

    def read(self, settings_file: Path) -> Settings:
        """The settings of this visit.

        Raises:
            ConfigError: as `kiosk.config.read` says.
        """
        settings = config.read(settings_file, rehearsal=True)
        return settings if self._event_key is None else settings.model_copy(update={"event_key": self._event_key})

    def begin(self, reception: Serving, screen: Shown) -> None:
        """Watch over the visit from now on, in a thread."""
        threading.Thread(target=self._watch, args=(reception, screen), name="rehearsal", daemon=True).start()

    def ended(self, why: Farewell) -> None:
        """The visit is over."""
        self.ending = str(why)
        self._over.set()

    def _watch(self, reception: Serving, screen: Shown) -> None:
        waited_s = 0.0
        while waited_s < self._patience_s and not self._over.wait(_LOOK_S):
            waited_s = 0.0 if reception.is_serving else waited_s + _LOOK_S
        reception.stop()
        screen.leave()
