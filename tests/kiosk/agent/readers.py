# SPDX-License-Identifier: Apache-2.0
"""Card readers in this process: a test sets what is in them and what a reading does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.agent.ports import Reading, Terminal
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Callable

READING = Reading(identity(7))
EMPTY = Terminal("Left Reader 00 00", present=False)
FULL = Terminal("Right Reader 01 00", present=True)


class Readers:
    """Implements `CardReaders`; remembers which were read, and with a portrait or not."""

    def __init__(self, *terminals: Terminal, read: Callable[[], Reading] = lambda: READING) -> None:
        self.seen = terminals
        self.asked: list[str] = []
        self.portraits: list[bool] = []
        self._read = read

    def terminals(self) -> tuple[Terminal, ...]:
        return self.seen

    def read(self, terminal: str, *, with_portrait: bool) -> Reading:
        self.asked.append(terminal)
        self.portraits.append(with_portrait)
        return self._read()
