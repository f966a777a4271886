# SPDX-License-Identifier: Apache-2.0
"""What a simulated kiosk keeps from one simulation to the next: without it, it would look like a restored card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fleet.errors import FleetError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "card.msgpack"


class CardError(FleetError):
    """The file beside a simulated kiosk's keys cannot be used."""


class Waiting(msgspec.Struct, frozen=True):
    """An event without a receipt."""

    stream: str
    seq: int
    message: bytes


class Card(msgspec.Struct, frozen=True):
    """The head of the chain as (stream, seq, digest), and the outbox in order."""

    head: tuple[str, int, bytes] | None = None
    outbox: tuple[Waiting, ...] = ()


def load(folder: Path) -> Card:
    """What was kept, an empty card when nothing was.

    Raises:
        CardError: the file is broken.
    """
    file = folder / _NAME
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=Card)
    except FileNotFoundError:
        return Card()
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{file}: cannot be read ({type(error).__name__}). Remove the folder and make the kiosk anew."
        raise CardError(message) from error


def save(folder: Path, card: Card) -> None:
    """Keep it; not durable, for nobody is promised anything."""
    (folder / _NAME).write_bytes(msgspec.msgpack.encode(card))
