# SPDX-License-Identifier: Apache-2.0
"""Cards that the tests of this room insert. Every citizen number here fails its check digit."""

from __future__ import annotations

from dataclasses import replace

from kiosk.card.file_map import ADDRESS, PORTRAIT, VALIDITY, CardBlocks
from kiosk.card.file_map import HOLDER as HOLDER_STRETCH
from tests.simulators.card import CardHolder, ThaiCard, flat_file

NUMBER = "1100000000000"


class Seen:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.progress: list[float] = []
        self.names: list[tuple[str, str]] = []

    def progressed(self, progress: float) -> None:
        self.progress.append(progress)

    def named(self, name_th: str, name_en: str) -> None:
        self.names.append((name_th, name_en))


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
    return CardBlocks(*(stretch.of(content) for stretch in (HOLDER_STRETCH, VALIDITY, ADDRESS, PORTRAIT)))
