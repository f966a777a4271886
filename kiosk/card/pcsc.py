# SPDX-License-Identifier: Apache-2.0
"""The card readers, through PC/SC: a connection to the card in one, and what all of them see.

The only file that knows pyscard. It uses pyscard's plain functions and not its connection objects: those disconnect
when the garbage collector finds them, which resets the card that somebody else has just connected to. It sends no
command of its own and logs nothing.
One thread opens, uses and closes a connection; the view of all readers is another thread's, with a context of its own.
Source: PC/SC part 5; pcsc-lite's API (winscard.h).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smartcard import scard
from smartcard.ATR import ATR
from smartcard.Exceptions import SmartcardException

from kiosk.card.apdu import CardResetError
from kiosk.card.atr import DEFAULT_D, DEFAULT_F, Atr
from kiosk.card.watcher import CardState, Slot, View
from kiosk.enrollment.failures import CardReadError, Failure, Fault, FaultError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_PCI = {scard.SCARD_PROTOCOL_T0: scard.SCARD_PCI_T0, scard.SCARD_PROTOCOL_T1: scard.SCARD_PCI_T1}

_SETTLE_S = 0.2  # some readers report a card that is still sliding in
_GONE_S = 1.0  # how long a reader may take to notice that a card went; pcscd polls some of them each 0.4 s
_COUNT_SHIFT = 16  # pcsc-lite keeps the number of card movements in the upper half of the event state
_ANY_READER = "\\\\?PnP?\\Notification"  # the name that stands for "a reader came or went"
_CLOCK_SIZE = 4

_UNAWARE = int(scard.SCARD_STATE_UNAWARE)
_VANISHED = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_IGNORE

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


def decoded(raw: bytes) -> Atr | None:
    """Take an answer to reset apart; None when it is none."""
    try:
        atr = ATR(list(raw))
    except (SmartcardException, IndexError):
        return None
    ta1 = atr.TA[0]
    f, d = (DEFAULT_F, DEFAULT_D) if ta1 is None else (ATR.clockrateconversion[ta1 >> 4], ATR.bitratefactor[ta1 & 0xF])
    if not isinstance(f, int) or not isinstance(d, int):  # reserved for future use
        f, d = DEFAULT_F, DEFAULT_D
    protocols = tuple(sorted({td & 0x0F for td in atr.TD if td is not None} or {0}))
    return Atr(bytes(raw), ta1, f, d, protocols, bytes(atr.historicalBytes))


def slots(wanted: str = "") -> tuple[Slot, ...]:
    """See every reader whose name contains `wanted`, with or without a card.

    Raises:
        FaultError: READER_ABSENT when there is none, READER_SERVICE_DOWN.
    """
    with _context() as context:
        names = _matching(_readers(context), wanted)
        return tuple(_slot(*seen) for seen in _states(context, dict.fromkeys(names, _UNAWARE), 0.0))


@contextmanager
def open_card(wanted: str) -> Iterator[PcscCard]:
    """Connect to a card and have it alone until the end; the card keeps its power then.

    Of several readers whose name contains `wanted` it is the first that holds a card.

    Raises:
        CardReadError: there is no card, or it does not answer.
        FaultError: READER_ABSENT or READER_SERVICE_DOWN.
    """
    with _context() as context:
        reader = _chosen(context, wanted)
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

    @property
    def reader(self) -> str:
        """The name of the reader that holds it."""
        return self._reader

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
            CardResetError: another program reset the card; it is connected again.
            CardReadError: CARD_REMOVED when the card is gone; CARD_UNREADABLE when it is there and may be asked again.
            FaultError: the reader or its service is gone.
        """
        result, response = scard.SCardTransmit(self._handle, _PCI[self._protocol], list(command))
        if result == scard.SCARD_S_SUCCESS and response:
            return bytes(byte & 0xFF for byte in response)
        if result == scard.SCARD_W_RESET_CARD:
            self._reconnect()
            message = "Another program reset the card. Stop programs that use the reader beside the kiosk."
            raise CardResetError(message)
        raise self._failure(result)

    def atr(self) -> bytes:
        """What the card answered to its reset (ISO 7816-3, 8).

        Raises:
            CardReadError, FaultError: as `transmit`.
        """
        result, _reader, _state, _protocol, atr = scard.SCardStatus(self._handle)
        if result != scard.SCARD_S_SUCCESS:
            raise self._failure(result)
        return bytes(byte & 0xFF for byte in atr)

    def clock_hz(self) -> int | None:
        """The clock that the reader says it gives this card; most do not say."""
        result, raw = scard.SCardGetAttrib(self._handle, scard.SCARD_ATTR_CURRENT_CLK)
        if result != scard.SCARD_S_SUCCESS or len(raw) != _CLOCK_SIZE:
            return None
        return int.from_bytes(bytes(byte & 0xFF for byte in raw), "little") * 1000 or None  # PC/SC part 3: kHz

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
        state = _UNAWARE
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                ((_, state, atr),) = _states(self._context, {self._reader: state}, left_s)
            except FaultError as fault:
                return fault
            if state & _VANISHED:
                return _fault(scard.SCARD_E_READER_UNAVAILABLE)
            if _slot(self._reader, state, atr).card is CardState.ABSENT:
                return _failure(scard.SCARD_W_REMOVED_CARD)
        return _failure(result)


class PcscReaders:
    """Implements `ReaderSource` for every reader whose name contains `wanted`."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._context: int | None = None
        self._known: dict[str, int] = {}
        self._last: View | None = None

    def look(self, timeout_s: float) -> View:
        """Return what is seen at the first call and as soon as it changes, else after `timeout_s` seconds."""
        try:
            self._last = self._look(timeout_s)
        except FaultError:
            was_running = self._last is not None and self._last.running
            self.close()
            self._last = View(running=False)
            if not was_running:
                time.sleep(timeout_s)
        return self._last

    def close(self) -> None:
        """Let go of the service; the next look starts anew."""
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
        self._context = None
        self._known = {}
        self._last = None

    def _look(self, timeout_s: float) -> View:
        if self._context is None:
            self._context = _establish()
        names = [name for name in _readers(self._context) if self._wanted in name]
        is_news = self._last is None or set(names) != set(self._known)
        asked = {name: self._known.get(name, _UNAWARE) for name in names}
        seen = _states(self._context, asked, 0.0 if is_news else timeout_s)
        self._known = {name: state for name, state, _ in seen}
        return View(tuple(_slot(name, state, atr) for name, state, atr in seen if not state & _VANISHED))


def _states(context: int, asked: dict[str, int], timeout_s: float) -> list[tuple[str, int, bytes]]:
    """Wait until a reader's state is another than asked, a reader comes, or the time is over.

    Returns each reader's name, its state, and the answer to reset of the card in it.
    """
    known = [*asked.items(), (_ANY_READER, _UNAWARE)]
    result, states = scard.SCardGetStatusChange(context, int(timeout_s * 1000), known)
    if result in _NO_READER:  # one of them went in this moment
        return [(reader, int(scard.SCARD_STATE_UNKNOWN), b"") for reader in asked]
    if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
        raise _fault(result)
    return [
        (reader, int(state & ~scard.SCARD_STATE_CHANGED), bytes(byte & 0xFF for byte in atr))
        for reader, state, atr in states
        if reader in asked
    ]


def _slot(reader: str, state: int, atr: bytes) -> Slot:
    card = CardState.ABSENT
    if state & scard.SCARD_STATE_PRESENT:
        answers_nothing = state & scard.SCARD_STATE_MUTE or (atr and decoded(atr) is None)
        card = CardState.MUTE if answers_nothing else CardState.PRESENT
    return Slot(reader, card, state >> _COUNT_SHIFT)


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


def _matching(readers: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    if wanted in readers:
        return (wanted,)
    matching = tuple(reader for reader in readers if wanted in reader)
    if not matching:
        seen = ", ".join(readers) or "none"
        message = f"No card reader named like {wanted!r}; seen: {seen}. Check the USB cable, then the reader's name."
        raise FaultError(Fault.READER_ABSENT, message)
    return matching


def _chosen(context: int, wanted: str) -> str:
    """Choose the first matching reader that holds a card, else the first."""
    names = _matching(_readers(context), wanted)
    if len(names) == 1:
        return names[0]
    states = _states(context, dict.fromkeys(names, _UNAWARE), 0.0)
    return next((name for name, state, _ in states if state & scard.SCARD_STATE_PRESENT), names[0])


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
