# SPDX-License-Identifier: Apache-2.0
"""One application on a card: SELECT, and READs of any length, each tried a few times and mended in between.

It knows no field. What a status word asks for is done before the next try: select again, read less.
Source: ISO/IEC 7816-4:2020, 5.6; docs/card.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.card.apdu import SW, SW1, Answer, CardResetError, select
from kiosk.enrollment.failures import CardReadError, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.card.apdu import Conversation
    from kiosk.card.file_map import Field

CHUNK = 255  # bytes a READ; every public reader agrees on it
_SMALL_CHUNK = 128  # after a card or reader refused a full one
_SMALLEST_CHUNK = 32  # a card that names less is not believed: a portrait would take thousands of commands
_TRIES = 3  # of one READ or one SELECT

_TROUBLE = frozenset({0x63, 0x64, 0x65, 0x6F})  # SW1 of a card that is the right one but not well
_NOT_SELECTED = frozenset({SW.CONDITIONS_OF_USE_NOT_SATISFIED, SW.COMMAND_NOT_ALLOWED})
_NOT_THIS_APPLET = frozenset({SW.INSTRUCTION_CODE_NOT_SUPPORTED_OR_INVALID, SW.CLASS_NOT_SUPPORTED})
_TOO_LARGE = frozenset({SW.WRONG_LENGTH, SW.NO_INFORMATION_GIVEN, SW.NO_PRECISE_DIAGNOSIS})


class Applet:
    """An application that is selected, and selected again when the card has forgotten."""

    def __init__(self, card: Conversation, application: bytes) -> None:
        self._card = card
        self._application = application
        self._chunk = CHUNK

    def select(self) -> None:
        """Select the application; its answer (61xx) offers file control information that nobody needs.

        Raises:
            CardReadError: CARD_NOT_NATIONAL_ID when the card does not have it.
        """
        for left in reversed(range(_TRIES)):
            try:
                answer = self._card.send(select(self._application))
            except CardReadError as error:
                _stop_unless_again(error, left)
                continue
            if answer.sw1 not in _TROUBLE:
                break
        if answer.status == SW.NO_FURTHER_QUALIFICATION or answer.sw1 == SW1.DATA_BYTES_STILL_AVAILABLE:
            return
        raise _unreadable(answer) if answer.sw1 in _TROUBLE else self._is_absent(answer)

    def read(self, stretch: Field) -> bytes:
        """Read a stretch whole.

        Raises:
            CardReadError: with what the person is told.
            FaultError: when the reader or its service is gone.
        """
        return b"".join(self.parts(stretch))

    def parts(self, stretch: Field) -> Iterator[bytes]:
        """As `read`, part by part."""
        at = stretch.offset
        while at < stretch.end:
            part = self._part(at, stretch.end - at)
            at += len(part)
            yield part

    def _part(self, offset: int, size: int) -> bytes:
        """READ as much as one command brings; mending may make that less."""
        for left in reversed(range(_TRIES)):
            wanted = min(size, self._chunk)
            try:
                answer = self._card.exchange(_read(offset, wanted))
            except CardReadError as error:
                _stop_unless_again(error, left)
                if isinstance(error, CardResetError):
                    self.select()
                continue
            if answer.status == SW.NO_FURTHER_QUALIFICATION and len(answer.data) == wanted:
                return answer.data
            if left:
                self._mend(answer)
        raise _unreadable(answer)

    def _mend(self, answer: Answer) -> None:
        """Do what the status word asks for before the next try."""
        if answer.status in _NOT_SELECTED:
            self.select()
        elif answer.status in _NOT_THIS_APPLET:
            raise self._is_absent(answer)
        elif answer.sw1 == SW1.WRONG_LE_FIELD:
            self._chunk = min(self._chunk, max(answer.counted, _SMALLEST_CHUNK))
        elif answer.status in _TOO_LARGE:
            self._chunk = min(self._chunk, _SMALL_CHUNK)

    def _is_absent(self, answer: Answer) -> CardReadError:
        message = (
            f"The card has no application {self._application.hex().upper()} (status {answer.status:04X})."
            " Insert a Thai national ID card."
        )
        return CardReadError(Failure.CARD_NOT_NATIONAL_ID, message)


def _read(offset: int, size: int) -> bytes:
    """The application's own READ BINARY: the wanted length is its two data bytes."""
    return b"\x80\xb0" + offset.to_bytes(2, "big") + b"\x02" + size.to_bytes(2, "big")


def _stop_unless_again(error: CardReadError, tries_left: int) -> None:
    """Let another try happen only for a card that is still there."""
    if error.failure is not Failure.CARD_UNREADABLE or not tries_left:
        raise error


def _unreadable(answer: Answer) -> CardReadError:
    message = f"The card answered {answer!r} {_TRIES} times. Clean its contacts and the reader's, then try again."
    return CardReadError(Failure.CARD_UNREADABLE, message)
