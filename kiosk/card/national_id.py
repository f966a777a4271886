# SPDX-License-Identifier: Apache-2.0
"""Reads a Thai national ID card in few block reads and says whose it is.

It never writes to a card, never reads another application, and puts no card data into an error. What it reads is free
to read and not signed for: it proves that a card with these bytes was there, not that the card is genuine.
Source: docs/card.md; kiosk.card.file_map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.card.apdu import SW, SW1, Answer, exchange, select, send
from kiosk.card.file_map import APPLICATION, HOME, PORTRAIT, PORTRAIT_SIZE, TEXT, CardBlocks
from kiosk.card.parsing import parse
from kiosk.card.portrait import bounded_jpeg
from kiosk.enrollment.failures import CardReadError, Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from kiosk.card.apdu import Transport
    from kiosk.enrollment.identity import Identity

_CHUNK = 255  # bytes a READ; every public reader agrees on it
_SMALL_CHUNK = 128  # after a card or reader refused a full one
_HEADER_SIZE = 2 * _CHUNK  # two READs hold every text field but the address, and the portrait's length

_TROUBLE = frozenset({0x63, 0x64, 0x65, 0x6F})  # SW1 of a card that is the right one but not well
_NOT_SELECTED = frozenset({SW.CONDITIONS_OF_USE_NOT_SATISFIED, SW.COMMAND_NOT_ALLOWED})
_NOT_THIS_APPLET = frozenset({SW.INSTRUCTION_CODE_NOT_SUPPORTED_OR_INVALID, SW.CLASS_NOT_SUPPORTED})
_TOO_LARGE = frozenset({SW.WRONG_LENGTH, SW.NO_INFORMATION_GIVEN, SW.NO_PRECISE_DIAGNOSIS})


class NationalIdReader:
    """Implements `CardReader` over whatever opens a connection to the card: a reader, or a card in this process."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Transport]]) -> None:
        self._connect = connect

    def read(self, progress: Callable[[float], None]) -> Identity:
        """Read the whole card; `progress` is told 0 to 1 on the way.

        Raises:
            CardReadError: with what the person is told.
            FaultError: when the reader or its service is gone.
        """
        with self._connect() as transport:
            blocks = read_card(transport, progress)
        return parse(blocks)


def read_card(transport: Transport, progress: Callable[[float], None]) -> CardBlocks:
    """Read a card in blocks: 45 commands for a portrait of 4960 bytes.

    1. SELECT the application.
    2. The first blocks, up to the portrait's length; they also carry its first bytes.
    3. The address and the portrait's number.
    4. The rest of the portrait, by its own length.

    Raises:
        CardReadError: with what the person is told.
        FaultError: when the reader or its service is gone.
    """
    applet = _Applet(transport, progress)
    applet.select()
    header = applet.read(0, _HEADER_SIZE)
    portrait_size = _portrait_size(header)
    applet.will_read(max(_HEADER_SIZE, PORTRAIT.offset + portrait_size) + HOME.size)
    home = applet.read(HOME.offset, HOME.size)
    portrait = _portrait(applet, header[PORTRAIT.offset :], portrait_size)
    progress(1.0)
    return CardBlocks(TEXT.of(header), home, portrait)


def _portrait_size(header: bytes) -> int:
    """The stated length in bytes; the whole area when the statement cannot be true."""
    size = int.from_bytes(PORTRAIT_SIZE.of(header), "big")
    return size if 0 < size <= PORTRAIT.size else PORTRAIT.size


def _portrait(applet: _Applet, begun: bytes, size: int) -> bytes:
    """Read the rest; if the picture has not ended where the card says, read to the end of the area."""
    portrait = begun[:size]
    for end in (size, PORTRAIT.size):
        portrait += applet.read(PORTRAIT.offset + len(portrait), end - len(portrait))
        if bounded_jpeg(portrait):
            break
    return portrait


class _RefusedError(Exception):
    """A READ did not give what it was asked for; it may be asked once more."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(repr(answer))
        self.answer = answer


class _Applet:
    """The selected application: READs of any length, each part tried at most twice."""

    def __init__(self, transport: Transport, progress: Callable[[float], None]) -> None:
        self._transport = transport
        self._progress = progress
        self._chunk = _CHUNK
        self._done = 0
        self._expected = PORTRAIT.offset + HOME.size + PORTRAIT.size

    def will_read(self, size: int) -> None:
        """Say how many bytes the whole read will be, for the progress."""
        self._expected = size

    def select(self) -> None:
        """Select the application; its answer (61xx) offers file control information that nobody needs."""
        answer = self._select_once()
        if answer is None or answer.sw1 in _TROUBLE:
            answer = send(self._transport, select(APPLICATION))
        if answer.status == SW.NO_FURTHER_QUALIFICATION or answer.sw1 == SW1.DATA_BYTES_STILL_AVAILABLE:
            return
        if answer.sw1 in _TROUBLE:
            raise _unreadable(answer)
        raise _not_national_id(answer)

    def _select_once(self) -> Answer | None:
        try:
            return send(self._transport, select(APPLICATION))
        except CardReadError as error:
            _stop_unless_unreadable(error)
            return None

    def read(self, offset: int, size: int) -> bytes:
        """Read `size` bytes from `offset`, part by part."""
        data = bytearray()
        while len(data) < size:
            part = self._part(offset + len(data), size - len(data))
            data += part
            self._done += len(part)
            self._progress(min(1.0, self._done / self._expected))
        return bytes(data)

    def _part(self, offset: int, size: int) -> bytes:
        try:
            return self._ask(offset, min(size, self._chunk))
        except _RefusedError as refusal:
            self._mend(refusal.answer)
        except CardReadError as error:
            _stop_unless_unreadable(error)
        try:
            return self._ask(offset, min(size, self._chunk))
        except _RefusedError as refusal:
            raise _unreadable(refusal.answer) from refusal

    def _ask(self, offset: int, size: int) -> bytes:
        answer = exchange(self._transport, _read(offset, size))
        if answer.status != SW.NO_FURTHER_QUALIFICATION or len(answer.data) != size:
            raise _RefusedError(answer)
        return answer.data

    def _mend(self, answer: Answer) -> None:
        """Do what the status word asks for before the second try."""
        if answer.status in _NOT_SELECTED:
            self.select()
        elif answer.status in _NOT_THIS_APPLET:
            raise _not_national_id(answer)
        elif answer.sw1 == SW1.WRONG_LE_FIELD:
            self._chunk = min(self._chunk, answer.counted)
        elif answer.status in _TOO_LARGE:
            self._chunk = min(self._chunk, _SMALL_CHUNK)


def _stop_unless_unreadable(error: CardReadError) -> None:
    """Let a second try happen only for a card that is still there."""
    if error.failure is not Failure.CARD_UNREADABLE:
        raise error


def _read(offset: int, size: int) -> bytes:
    """The application's own READ BINARY: the wanted length is its two data bytes."""
    return b"\x80\xb0" + offset.to_bytes(2, "big") + b"\x02" + size.to_bytes(2, "big")


def _unreadable(answer: Answer) -> CardReadError:
    message = f"The card answered {answer!r} twice. Clean its contacts and the reader's, then try again."
    return CardReadError(Failure.CARD_UNREADABLE, message)


def _not_national_id(answer: Answer) -> CardReadError:
    message = f"The card has no national ID application (status {answer.status:04X}). Insert a Thai national ID card."
    return CardReadError(Failure.CARD_NOT_NATIONAL_ID, message)
