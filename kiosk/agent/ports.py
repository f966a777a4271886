# SPDX-License-Identifier: Apache-2.0
"""What the agent needs from the world: the card readers, and what one reading of a card brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kiosk.enrollment.identity import Entitlement, Identity


@dataclass(frozen=True, slots=True)
class Terminal:
    """A card reader by the name that PC/SC gives it, and whether a card is in it."""

    name: str
    present: bool


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What one reading brought. Entitlement and laser number are None unless somebody switched their reading on."""

    identity: Identity
    entitlement: Entitlement | None = None
    laser_number: str | None = None

    def __repr__(self) -> str:
        """Mask everything."""
        return "Reading(masked)"


class CardReaders(Protocol):
    """The card readers of this machine."""

    def terminals(self) -> tuple[Terminal, ...]:
        """Name every reader there is; empty when there is none.

        Raises:
            FaultError: READER_SERVICE_DOWN.
        """

    def read(self, terminal: str, *, with_portrait: bool) -> Reading:
        """Read the card in the reader of this name, and keep nothing of it. What is not wanted is not read.

        Raises:
            CardReadError: the card could not be read.
            FaultError: the reader or its service is gone.
        """
