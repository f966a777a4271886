# SPDX-License-Identifier: Apache-2.0
"""Cards that the tests of this room insert. Every citizen number here fails its check digit."""

from __future__ import annotations

from dataclasses import replace

from kiosk.card.file_map import HOME, PORTRAIT, TEXT, CardBlocks
from tests.simulators.card import CardHolder, ThaiCard, flat_file

NUMBER = "1100000000000"

# A frame header of 148 x 178 pixels behind an APP0 segment: the bounds of a portrait, and no picture.
_START = bytes.fromhex("FFD8 FFE0 0004 0000 FFC0 000B 08 00B2 0094 01 011100")


def portrait(size: int) -> bytes:
    """Make the bounds of a portrait of `size` bytes."""
    return _START + b"\x20" * (size - len(_START) - 2) + b"\xff\xd9"


HOLDER = CardHolder(NUMBER, portrait_jpeg=portrait(4960))


def card(**changes: object) -> ThaiCard:
    """Issue a card to the holder of this file, with some fields changed."""
    return ThaiCard.of(replace(HOLDER, **changes))  # type: ignore[arg-type]


def blocks(**changes: object) -> CardBlocks:
    """Cut the blocks out of a card's file, as a read would bring them."""
    return cut(bytes(flat_file(replace(HOLDER, **changes))))  # type: ignore[arg-type]


def cut(content: bytes) -> CardBlocks:
    """Cut the blocks out of a file's bytes."""
    picture = content[PORTRAIT.offset : PORTRAIT.end]
    return CardBlocks(TEXT.of(content), content[HOME.offset : HOME.end], picture)
