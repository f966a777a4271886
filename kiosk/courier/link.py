# SPDX-License-Identifier: Apache-2.0
"""What a way to the controller must be able to do, and what it tells of itself. It sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Connected:
    """The other end let us in."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection ended, or could not be made."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came down."""

    topic: str
    payload: bytes


Occurrence = Connected | Disconnected | Arrived
Tell = Callable[[Occurrence], None]


class Link(Protocol):
    """Connects, and reconnects by itself; tells what happens from a thread of its own."""

    def start(self) -> None:
        """Connect in the background, for ever; a second time changes nothing."""

    def stop(self) -> None:
        """Disconnect."""

    def publish(self, topic: str, message: bytes) -> None:
        """Hand a message over, if there is a connection; whether it arrives, only a receipt tells."""
