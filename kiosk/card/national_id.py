# SPDX-License-Identifier: Apache-2.0
"""Reads a Thai national ID card in few block reads, goes on where a pulled card stopped, and says whose card it is.

It never writes to a card, never asks for a byte that is not parsed, and puts no card data into an error. What it reads
is free to read and not signed for: it proves that a card with these bytes was there, not that the card is genuine.
Source: docs/card.md; kiosk.card.file_map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.card.apdu import Conversation
from kiosk.card.applet import CHUNK, Applet
from kiosk.card.file_map import (
    ADDRESS,
    APPLICATION,
    HOLDER,
    PICTURE,
    PORTRAIT,
    PORTRAIT_SIZE,
    VALIDITY,
    CardBlocks,
    Field,
)
from kiosk.card.parsing import parse, parse_names
from kiosk.card.portrait import bounded_jpeg
from kiosk.enrollment.failures import CardReadError, Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from kiosk.card.apdu import Transport
    from kiosk.enrollment.identity import Identity
    from kiosk.enrollment.ports import ReadObserver


class NationalIdReader:
    """Implements `CardReader` over whatever opens a connection to the card: a reader, or a card in this process.

    What a pulled card left is kept for its return, in this object and nowhere else, until `forget`.
    """

    def __init__(self, connect: Callable[[], AbstractContextManager[Transport]]) -> None:
        self._connect = connect
        self._copy = CardCopy()

    def read(self, observer: ReadObserver) -> Identity:
        """Read the whole card, or the rest of the card whose reading was cut short by its removal.

        Raises:
            CardReadError: with what the person is told; CARD_CHANGED when another card came back.
            FaultError: when the reader or its service is gone.
        """
        kept = False
        try:
            with self._connect() as transport:
                read_card(transport, self._copy, observer)
            return parse(self._copy.blocks())
        except CardReadError as error:
            kept = error.failure is Failure.CARD_REMOVED
            raise
        finally:
            if not kept:
                self.forget()

    def forget(self) -> None:
        """Overwrite what was read."""
        self._copy.wipe()


class Unobserved:
    """Implements `ReadObserver` for a read that nobody watches."""

    def progressed(self, progress: float) -> None:
        """See `ReadObserver`."""

    def named(self, name_th: str, name_en: str) -> None:
        """See `ReadObserver`."""


class CardCopy:
    """The bytes read of one card so far, in buffers that can be overwritten."""

    def __init__(self) -> None:
        self.holder = bytearray()
        self.validity = bytearray()
        self.address = bytearray()
        self.picture = bytearray()  # from the portrait's length on
        self._told = 0.0

    @property
    def portrait_size(self) -> int:
        """The stated length in bytes; the whole area when the statement cannot be true, or is not yet read."""
        size = int.from_bytes(self.picture[: PORTRAIT_SIZE.size], "big")
        return size if 0 < size <= PORTRAIT.size else PORTRAIT.size

    def blocks(self) -> CardBlocks:
        """What the parser takes."""
        portrait = bytes(self.picture[PORTRAIT_SIZE.size :])
        return CardBlocks(bytes(self.holder), bytes(self.validity), bytes(self.address), portrait)

    def portrait_has_ended(self) -> bool:
        """Whether the picture is whole."""
        return bool(bounded_jpeg(bytes(self.picture[PORTRAIT_SIZE.size :])))

    def progress(self) -> float:
        """How far the read is, 0 to 1; it never falls, also where the stated length turns out to be wrong."""
        done = len(self.holder) + len(self.validity) + len(self.address) + len(self.picture)
        whole = HOLDER.size + VALIDITY.size + ADDRESS.size + PORTRAIT_SIZE.size + self.portrait_size
        self._told = max(self._told, min(1.0, done / whole))
        return self._told

    def wipe(self) -> None:
        """Overwrite the buffers with zeros and empty them."""
        buffers = (self.holder, self.validity, self.address, self.picture)
        for buffer in buffers:
            buffer[:] = bytes(len(buffer))
        for buffer in buffers:
            buffer.clear()
        self._told = 0.0

    def __repr__(self) -> str:
        """Mask everything."""
        return "CardCopy(masked)"


def read_card(transport: Transport, copy: CardCopy, observer: ReadObserver, *, with_portrait: bool = True) -> None:
    """Read a card into `copy`: 45 commands for a portrait of up to 4843 bytes, two more for each 255 beyond.

    1. SELECT the application.
    2. The holder: number, names, birth date, sex. The name is told: three commands.
    3. The card's two dates.
    4. The address.
    5. The portrait, from its length on and as long as that says, unless it is not wanted: seven commands then.

    A copy that was begun is only continued if 2, 3 and the first READ of 5 bring the same bytes again.

    Raises:
        CardReadError: with what the person is told; CARD_CHANGED when the copy is another card's.
        FaultError: when the reader or its service is gone.
    """
    applet = Applet(Conversation(transport), APPLICATION)
    applet.select()
    _read_or_compare(applet, HOLDER, copy.holder)
    names = parse_names(copy.blocks())
    observer.named(names[0].masked(), names[1].masked(" "))
    observer.progressed(copy.progress())
    _read_or_compare(applet, VALIDITY, copy.validity)
    if copy.picture:
        first = applet.read(Field(PICTURE.offset, min(CHUNK, len(copy.picture))))
        _require_same(first, copy.picture[: len(first)])
    if not copy.address:
        copy.address += applet.read(ADDRESS)
    observer.progressed(copy.progress())
    if with_portrait:
        _read_portrait(applet, copy, observer)


def _read_or_compare(applet: Applet, stretch: Field, kept: bytearray) -> None:
    came = applet.read(stretch)
    if kept:
        _require_same(came, kept)
    else:
        kept += came


def _require_same(came: bytes, kept: bytearray) -> None:
    if came != kept:
        message = "Another card was put in before the first one was read. Nothing of either is kept; start again."
        raise CardReadError(Failure.CARD_CHANGED, message)


def _read_portrait(applet: Applet, copy: CardCopy, observer: ReadObserver) -> None:
    """Read on; if the picture has not ended where the card says, read to the end of the area."""
    if not copy.picture:
        copy.picture += applet.read(Field(PICTURE.offset, CHUNK))
        observer.progressed(copy.progress())
    for size in (copy.portrait_size, PORTRAIT.size):
        done = len(copy.picture)
        for part in applet.parts(Field(PICTURE.offset + done, PORTRAIT_SIZE.size + size - done)):
            copy.picture += part
            observer.progressed(copy.progress())
        if copy.portrait_has_ended():
            break
    observer.progressed(1.0)
