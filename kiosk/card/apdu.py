# SPDX-License-Identifier: Apache-2.0
"""Commands to a smart card and its answers, carried to their end by the status word.

It knows no reader and no application, keeps no data between two commands, and never puts Le behind command data: on
T=0 some drivers answer such a command with "mute card". An `Answer` shows its length and status, never its bytes.
Source: ISO/IEC 7816-4:2020, 5.1 (commands), 5.6 (status bytes), 7.6.1 (GET RESPONSE).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from kiosk.enrollment.failures import CardReadError, Failure


class SW(IntEnum):
    """Status words, named after ISO/IEC 7816-4, tables 5 and 6."""

    NO_FURTHER_QUALIFICATION = 0x9000
    NO_INFORMATION_GIVEN = 0x6300
    WRONG_LENGTH = 0x6700
    CONDITIONS_OF_USE_NOT_SATISFIED = 0x6985
    COMMAND_NOT_ALLOWED = 0x6986
    FILE_OR_APPLICATION_NOT_FOUND = 0x6A82
    INCORRECT_PARAMETERS_P1_P2 = 0x6A86
    WRONG_PARAMETERS_P1_P2 = 0x6B00
    INSTRUCTION_CODE_NOT_SUPPORTED_OR_INVALID = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    NO_PRECISE_DIAGNOSIS = 0x6F00


class SW1(IntEnum):
    """First status bytes whose second byte is a number of data bytes, 0 meaning 256."""

    DATA_BYTES_STILL_AVAILABLE = 0x61
    WRONG_LE_FIELD = 0x6C


class CardResetError(CardReadError):
    """Another program reset the card; it is connected again, and whatever was selected is not."""

    def __init__(self, technician: str) -> None:
        """Count as unreadable for whoever cannot select again."""
        super().__init__(Failure.CARD_UNREADABLE, technician)


class Transport(Protocol):
    """Carries one command to a card in a reader."""

    def transmit(self, command: bytes, /) -> bytes:
        """Send a command; returns the response data followed by SW1 and SW2.

        Raises:
            CardResetError: the card was reset before this command.
            CardReadError: the card did not answer; CARD_REMOVED when it is no longer there.
            FaultError: the reader or its service is gone.
        """


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a card finally said: all data, and the last status word."""

    data: bytes
    status: int

    def __repr__(self) -> str:
        """Show the shape only: the data may name a person."""
        return f"Answer({len(self.data)} bytes, {self.status:04X})"

    @property
    def sw1(self) -> int:
        """The first status byte."""
        return self.status >> 8

    @property
    def counted(self) -> int:
        """The number that SW2 states under `SW1`: 1 to 256."""
        return (self.status & 0xFF) or 256


_CASE_2_SIZE = 5  # CLA INS P1 P2 Le: a command without data
_STATUS_SIZE = 2
# One READ of at most 256 bytes needs one GET RESPONSE; a card that keeps saying "more" is broken or hostile.
_ROUNDS = 16
_COMMANDS_AT_MOST = 600  # the worst card that can still be read needs about 400
_INS_GET_RESPONSE = 0xC0
# P2 of GET RESPONSE is 00. A reader's folklore knows cards that want 01; who refuses the one is asked the other.
_OTHER_P2 = 0x01
_REFUSES_P2 = frozenset({SW.INCORRECT_PARAMETERS_P1_P2, SW.WRONG_PARAMETERS_P1_P2})


def select(application: bytes) -> bytes:
    """SELECT by application identifier, first occurrence (ISO 7816-4, 11.2.2)."""
    return bytes((0x00, 0xA4, 0x04, 0x00, len(application))) + application


class Conversation:
    """Commands to one card, each carried to its end. It remembers only which GET RESPONSE this card takes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._p2 = 0x00
        self._commands = 0

    def send(self, command: bytes) -> Answer:
        """Send one command and return the answer as it came, whatever its status word.

        Raises:
            CardReadError: from the transport; when the answer has no status word; when there is no end to commands.
        """
        self._commands += 1
        if self._commands > _COMMANDS_AT_MOST:
            message = f"The card wanted more than {_COMMANDS_AT_MOST} commands. Try another card."
            raise CardReadError(Failure.CARD_NOT_NATIONAL_ID, message)
        response = self._transport.transmit(command)
        if len(response) < _STATUS_SIZE:
            message = "The card answered without a status word. Clean the card's contacts and the reader."
            raise CardReadError(Failure.CARD_UNREADABLE, message)
        return Answer(response[:-_STATUS_SIZE], int.from_bytes(response[-_STATUS_SIZE:], "big"))

    def exchange(self, command: bytes) -> Answer:
        """Send a command and follow the status word to its end.

        1. 61xx: fetch xx bytes with GET RESPONSE, append them, and look again.
        2. 6Cxx to a command without data: send it again with Le = xx, and look again. A command that carries data has
           no Le to correct; its 6Cxx is returned.
        3. A GET RESPONSE refused for its P2: send it with the other one, from now on.
        4. Anything else ends the exchange; data may stand before it (a reader that works on APDU level).

        Raises:
            CardReadError: from the transport, or when the card never comes to an end.
        """
        data = bytearray()
        for _ in range(_ROUNDS):
            answer = self.send(command)
            data += answer.data
            if answer.sw1 == SW1.DATA_BYTES_STILL_AVAILABLE:
                command = self._get_response(answer.counted)
            elif answer.sw1 == SW1.WRONG_LE_FIELD and len(command) == _CASE_2_SIZE:
                command = command[:-1] + bytes((answer.counted & 0xFF,))
            elif self._is_refused_for_p2(command, answer):
                self._p2 = _OTHER_P2
                command = self._get_response(command[-1])
            else:
                return Answer(bytes(data), answer.status)
        message = f"The card announced more data {_ROUNDS} times. Try another card; if all fail, replace the reader."
        raise CardReadError(Failure.CARD_UNREADABLE, message)

    def _get_response(self, size: int) -> bytes:
        """GET RESPONSE for `size` bytes, 1 to 256 (ISO 7816-4, 11.7.1)."""
        return bytes((0x00, _INS_GET_RESPONSE, 0x00, self._p2, size & 0xFF))

    def _is_refused_for_p2(self, command: bytes, answer: Answer) -> bool:
        return command[1] == _INS_GET_RESPONSE and self._p2 != _OTHER_P2 and answer.status in _REFUSES_P2
