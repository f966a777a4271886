# SPDX-License-Identifier: Apache-2.0
"""The card reader, through PC/SC: a connection to the card in it, and what it sees.

The only file that knows pyscard. It uses pyscard's plain functions and not its connection objects: those disconnect
when the garbage collector finds them, which resets the card that somebody else has just connected to. It sends no
command of its own and logs nothing.
Source: PC/SC part 5; pcsc-lite's API (winscard.h).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smartcard import scard

from kiosk.card.watcher import Sighting
from kiosk.enrollment.failures import CardReadError, Failure, Fault, FaultError
from kiosk.enrollment.ports import Presence

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_PCI = {scard.SCARD_PROTOCOL_T0: scard.SCARD_PCI_T0, scard.SCARD_PROTOCOL_T1: scard.SCARD_PCI_T1}

_SETTLE_S = 0.2  # some readers report a card that is still sliding in
_GONE_S = 1.0  # how long a reader may take to notice that a card went; pcscd polls some of them each 0.4 s
_COUNT_SHIFT = 16  # pcsc-lite keeps the number of card movements in the upper half of the event state

_NO_READER = {
    scard.SCARD_E_NO_READERS_AVAILABLE,
    scard.SCARD_E_UNKNOWN_READER,
    scard.SCARD_E_READER_UNAVAILABLE,
}
_NO_SERVICE = {
    scard.SCARD_E_NO_SERVICE,
    scard.SCARD_E_SERVICE_STOPPED,
    scard.SCARD_E_INVALID_HANDLE,
    scard.SCARD_F_COMM_ERROR,
    scard.SCARD_F_INTERNAL_ERROR,
}
_GONE = {scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_NO_SMARTCARD}
_MUTE = {
    scard.SCARD_W_UNRESPONSIVE_CARD,
    scard.SCARD_W_UNPOWERED_CARD,
    scard.SCARD_W_UNSUPPORTED_CARD,
    scard.SCARD_E_PROTO_MISMATCH,
}


def list_readers() -> tuple[str, ...]:
    """Name every reader that the service knows; empty when there is none.

    Raises:
        FaultError: READER_SERVICE_DOWN.
    """
    with _context() as context:
        return _readers(context)


@contextmanager
def open_card(reader_name: str) -> Iterator[PcscCard]:
    """Connect to the card in the first reader whose name contains `reader_name`, and have it alone until the end.

    The card keeps its power at the end. An empty name means the first reader.

    Raises:
        CardReadError: there is no card, or it does not answer.
        FaultError: READER_ABSENT or READER_SERVICE_DOWN.
    """
    with _context() as context:
        reader = _chosen(_readers(context), reader_name)
        handle, protocol = _connect(context, reader)
        try:
            card = PcscCard(context, reader, handle, protocol)
            card.begin()
            yield card
        finally:
            scard.SCardEndTransaction(handle, scard.SCARD_LEAVE_CARD)
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)


class PcscCard:
    """Implements `Transport` for a connected card; made by `open_card`."""

    def __init__(self, context: int, reader: str, handle: int, protocol: int) -> None:
        self._context = context
        self._reader = reader
        self._handle = handle
        self._protocol = protocol

    def begin(self) -> None:
        """Keep other programs from the card."""
        result = scard.SCardBeginTransaction(self._handle)
        if result == scard.SCARD_W_RESET_CARD:
            self._reconnect()
        elif result != scard.SCARD_S_SUCCESS:
            raise self._failure(result)

    def transmit(self, command: bytes) -> bytes:
        """Send a command; returns the response data followed by SW1 and SW2.

        Raises:
            CardReadError: CARD_REMOVED when the card is gone; CARD_UNREADABLE when it is there and may be asked again.
            FaultError: the reader or its service is gone.
        """
        result, response = scard.SCardTransmit(self._handle, _PCI[self._protocol], list(command))
        if result == scard.SCARD_S_SUCCESS and response:
            return bytes(byte & 0xFF for byte in response)
        if result == scard.SCARD_W_RESET_CARD:
            self._reconnect()
            message = "Another program reset the card. Stop programs that use the reader beside the kiosk."
            raise CardReadError(Failure.CARD_UNREADABLE, message)
        raise self._failure(result)

    def _reconnect(self) -> None:
        """Take the card back after another program reset it."""
        result, protocol = scard.SCardReconnect(
            self._handle, scard.SCARD_SHARE_SHARED, _PROTOCOLS, scard.SCARD_LEAVE_CARD
        )
        if result == scard.SCARD_S_SUCCESS:
            self._protocol = protocol
            result = scard.SCardBeginTransaction(self._handle)
        if result != scard.SCARD_S_SUCCESS:
            raise self._failure(result)

    def _failure(self, result: int) -> CardReadError | FaultError:
        """Say what a failed call means. Its code differs between readers, so what the reader sees now comes first."""
        deadline = time.monotonic() + _GONE_S
        state: int = scard.SCARD_STATE_UNAWARE
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                state = _next_state(self._context, self._reader, state, left_s)
                presence = _sighting(state).presence
            except FaultError as fault:
                return fault
            if presence is Presence.ABSENT:
                return _failure(scard.SCARD_W_REMOVED_CARD)
        return _failure(result)


class PcscPresence:
    """Implements `PresenceSource` for the first reader whose name contains `reader_name`."""

    def __init__(self, reader_name: str) -> None:
        self._wanted = reader_name
        self._context: int | None = None
        self._reader = ""
        self._state: int = scard.SCARD_STATE_UNAWARE
        self._last: Presence | None = None

    def look(self, timeout_s: float) -> Sighting:
        """Return what is seen at the first call and as soon as it changes, else after `timeout_s` seconds."""
        try:
            sighting = self._look(timeout_s)
        except FaultError:
            self.close()
            if self._last is Presence.NO_READER:
                time.sleep(timeout_s)
            sighting = Sighting(Presence.NO_READER)
        self._last = sighting.presence
        return sighting

    def close(self) -> None:
        """Let go of the service; the next look starts anew."""
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
        self._context = None
        self._state = scard.SCARD_STATE_UNAWARE

    def _look(self, timeout_s: float) -> Sighting:
        if self._context is None:
            self._context = _establish()
            self._reader = _chosen(_readers(self._context), self._wanted)
        self._state = _next_state(self._context, self._reader, self._state, timeout_s)
        return _sighting(self._state)


def _next_state(context: int, reader: str, state: int, timeout_s: float) -> int:
    """Wait until the reader's state is another than `state`, or the time is over; returns the state then."""
    result, states = scard.SCardGetStatusChange(context, int(timeout_s * 1000), [(reader, state)])
    if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
        raise _fault(result)
    return int(states[0][1] & ~scard.SCARD_STATE_CHANGED)


def _sighting(state: int) -> Sighting:
    if state & scard.SCARD_STATE_PRESENT:
        return Sighting(Presence.PRESENT, state >> _COUNT_SHIFT)
    if state & scard.SCARD_STATE_EMPTY:
        return Sighting(Presence.ABSENT, state >> _COUNT_SHIFT)
    raise _fault(scard.SCARD_E_READER_UNAVAILABLE)


@contextmanager
def _context() -> Iterator[int]:
    context = _establish()
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def _establish() -> int:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        raise _fault(result)
    return int(context)


def _readers(context: int) -> tuple[str, ...]:
    result, readers = scard.SCardListReaders(context, [])
    if result == scard.SCARD_E_NO_READERS_AVAILABLE:
        return ()
    if result != scard.SCARD_S_SUCCESS:
        raise _fault(result)
    return tuple(readers)


def _chosen(readers: tuple[str, ...], wanted: str) -> str:
    for reader in readers:
        if wanted in reader:
            return reader
    seen = ", ".join(readers) or "none"
    message = f"No card reader named like {wanted!r}; seen: {seen}. Check the USB cable, then the reader's name."
    raise FaultError(Fault.READER_ABSENT, message)


def _connect(context: int, reader: str) -> tuple[int, int]:
    """Connect, trying a second time when the card seems to be still on its way in."""
    result, handle, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, _PROTOCOLS)
    if result in _GONE | _MUTE:
        time.sleep(_SETTLE_S)
        result, handle, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, _PROTOCOLS)
    if result != scard.SCARD_S_SUCCESS:
        raise _failure(result)
    return int(handle), int(protocol)


def _fault(result: int) -> FaultError:
    """Translate the result of a call that asks the service and not a card."""
    cause = f"PC/SC {result & 0xFFFFFFFF:#010x}"
    if result in _NO_READER:
        return FaultError(Fault.READER_ABSENT, f"The card reader is gone ({cause}). Check its USB cable.")
    return FaultError(Fault.READER_SERVICE_DOWN, f"The card reader service does not answer ({cause}). Start pcscd.")


def _failure(result: int) -> CardReadError | FaultError:
    """Translate the result of a call to a card; the code stays in the message for the technician."""
    if result in _NO_SERVICE | _NO_READER:
        return _fault(result)
    cause = f"PC/SC {result & 0xFFFFFFFF:#010x}"
    if result in _GONE:
        return CardReadError(Failure.CARD_REMOVED, f"The card is not in the reader ({cause}). Insert it again.")
    if result in _MUTE:
        advice = "Turn it so that the chip enters first and up; if it stays mute, it is another kind of card."
        return CardReadError(Failure.CARD_NOT_NATIONAL_ID, f"The card does not answer a reset ({cause}). {advice}")
    if result == scard.SCARD_E_SHARING_VIOLATION:
        advice = "Stop programs that use the reader beside the kiosk."
        return CardReadError(Failure.CARD_UNREADABLE, f"Another program holds the card ({cause}). {advice}")
    advice = "Clean the card's contacts and the reader."
    return CardReadError(Failure.CARD_UNREADABLE, f"The exchange with the card failed ({cause}). {advice}")
