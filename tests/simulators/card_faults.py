# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with one command to a virtual card: a closed list of small values.

A fault strikes at the command whose number it is given under, once. A card that is pulled is not here: `pull_after` of
the slot does that. What a kind of card always does (few bytes a READ, another GET RESPONSE) is a field of the card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, assert_never

from kiosk.card.apdu import CardResetError

if TYPE_CHECKING:
    from collections.abc import Callable

_STATUS_SIZE = 2
_WRONG_LE = 0x6C


@dataclass(frozen=True, slots=True)
class Status:
    """The command is not carried out; this status word is all there is. Data that wait for GET RESPONSE stay."""

    word: int


@dataclass(frozen=True, slots=True)
class WrongLength:
    """6Cxx: the command should have asked for `right` bytes, 256 at most. Data that wait for GET RESPONSE stay."""

    right: int


@dataclass(frozen=True, slots=True)
class Short:
    """The last bytes of the data are missing, under the status word of the whole. Nothing is missing where none are."""

    missing: int = 1


@dataclass(frozen=True, slots=True)
class Mute:
    """The card takes the command and answers nothing, not even a status word."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The card answers rightly, and so much later."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class ForeignReset:
    """Another program reset the card before the command, and the transport says so.

    Only in this process: behind a real pcscd let another process reset the card.
    """


Fault = Status | WrongLength | Short | Mute | Slow | ForeignReset


class Struck(Protocol):
    """The card that a fault strikes."""

    @property
    def sleep(self) -> Callable[[float], None]:
        """Wait so many seconds."""

    def carry_out(self, command: bytes, /) -> bytes:
        """Answer as if nothing were wrong."""

    def reset(self) -> None:
        """Lose the selection."""


def strike(card: Struck, fault: Fault, command: bytes) -> bytes:
    """Answer one command with a fault.

    Raises:
        CardResetError: the fault is a foreign reset.
    """
    match fault:
        case Status(word):
            return word.to_bytes(_STATUS_SIZE, "big")
        case WrongLength(right):
            return bytes((_WRONG_LE, right & 0xFF))
        case Short(missing):
            whole = card.carry_out(command)
            data, status = whole[:-_STATUS_SIZE], whole[-_STATUS_SIZE:]
            return data[: max(0, len(data) - missing)] + status
        case Mute():
            return b""
        case Slow(delay_s):
            card.sleep(delay_s)
            return card.carry_out(command)
        case ForeignReset():
            card.reset()
            message = "Another program reset the virtual card. Select again."
            raise CardResetError(message)
    assert_never(fault)
