# SPDX-License-Identifier: Apache-2.0
"""Kinds of card beside the good one: blank, foreign, old, overfull, hostile. Their holders cannot exist.

Which of them exist in the field is not known here: no pink card and no damaged card was touched.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.simulators.card import FILE_SIZE, CardHolder, ThaiCard, flat_file
from tests.simulators.holders import invalid_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PORTRAIT_ROOM = 5118
PORTRAIT_SIZES = (0, 1, 4843, 4960, 5117, PORTRAIT_ROOM)
ADDRESS_SIZES = (121, 160)
LIFELONG = "99999999"

# A frame header of 148 x 178 pixels behind an APP0 segment: the bounds of a portrait, and no picture.
_JPEG_START = bytes.fromhex("FFD8 FFE0 0004 0000 FFC0 000B 08 00B2 0094 01 011100")
_JPEG_END = bytes.fromhex("FFD9")
_SPACE = b" "


class Place(Enum):
    """A text field of the card's file: its offset, its size, and its number of parts between `#`."""

    CITIZEN_NUMBER = (0x0004, 13, 1)
    NAME_TH = (0x0011, 100, 4)
    NAME_EN = (0x0075, 100, 4)
    BORN = (0x00D9, 8, 1)
    SEX = (0x00E1, 1, 1)
    REQUEST_NUMBER = (0x00E2, 20, 1)
    ISSUING_PLACE = (0x00F6, 100, 1)
    ISSUED = (0x0167, 8, 1)
    EXPIRES = (0x016F, 8, 1)
    ADDRESS = (0x1579, 160, 8)
    PORTRAIT_NUMBER = (0x1619, 14, 1)

    @property
    def offset(self) -> int:
        """Where it begins."""
        return self.value[0]

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.value[1]

    @property
    def parts(self) -> int:
        """How many parts stand in it, between `#`."""
        return self.value[2]


# What a terminal, a widget library, a spreadsheet or a careless parser would act on. cp874 has no bidi control: those
# stand here as the UTF-8 that a careless decoder would find.
HOSTILE_TEXTS: Mapping[str, bytes] = MappingProxyType(
    {
        "a click that quits": b"[@click=app.quit]x[/]",
        "bold red": b"[bold red]",
        "a markup that never closes": b"[/][",
        "clear the screen": b"\x1b[2J\x1b[H",
        "set the title": b"\x1b]0;x\x07",
        "one-byte CSI": b"\x9b2J",
        "bell": b"\x07\x07\x07",
        "right-to-left override": "\u202eabc".encode(),
        "right-to-left isolate": "\u2067abc\u2069".encode(),
        "line breaks": b"a\r\nb\x0bc\x0cd\x85e",
        "backspaces": b"abc\x08\x08\x08x",
        "NUL in the middle": b"AB\x00CD",
        "255 times FF": b"\xff" * 255,
        "nothing but separators": b"#" * 160,
        "no characters of cp874": b"\xdb\xdc\xfc\xff\x80\x81\xa0",
        "marks without a letter": bytes.fromhex("D1E8E9EAEBD4D8"),
        "a formula": b"=1+1|'x'!A1",
        "a template": b"{x} %s ${x} {{x}}",
    }
)


def overwritten(holder: CardHolder, offset: int, raw: bytes) -> ThaiCard:
    """A holder's card with some bytes of its file overwritten, whatever field they fall into."""
    content = flat_file(holder)
    if offset + len(raw) > len(content):
        message = f"{len(raw)} bytes do not fit behind {offset:#06x}"
        raise ValueError(message)
    content[offset : offset + len(raw)] = raw
    return ThaiCard(content)


def hostile_card(place: Place, text: bytes, holder: CardHolder | None = None) -> ThaiCard:
    """A card with a text in every part of one field, as far as the field has room; every other field is good."""
    filled = text if b"#" in text else b"#".join([text] * place.parts)
    raw = filled[: place.size].ljust(place.size, _SPACE)
    return overwritten(holder or CardHolder(invalid_number(1)), place.offset, raw)


def overrun_card() -> ThaiCard:
    """255 times FF from the Thai name on: over both names, birth date, sex and some of the issuing place."""
    return overwritten(CardHolder(invalid_number(2)), Place.NAME_TH.offset, b"\xff" * 255)


def blank_card(filler: int = 0x20) -> ThaiCard:
    """A card whose application is there and whose file was never written: all spaces, or all 00 or FF."""
    return ThaiCard(bytes((filler,)) * FILE_SIZE)


def other_card() -> ThaiCard:
    """A card that answers, and has no application of ours."""
    card = ThaiCard.of(CardHolder(invalid_number(3)))
    card.knows_application = False
    return card


def foreign_holder(first_digit: int = 6) -> CardHolder:
    """Somebody without Thai nationality, as a pink card may have it: no Thai name, no last name, a short address."""
    return CardHolder(
        invalid_number(4, first_digit),
        name_th=("", "", "", ""),
        name_en=("Mr.", "Testfirst", "", ""),
        address=("12/3", "หมู่ที่ 4", "ตำบลสมมติ", "จังหวัดเชียงราย"),
    )


def elderly_holder(born: str = "25000000") -> CardHolder:
    """Somebody old: a birth date without day or month, and a card for life."""
    return CardHolder(invalid_number(5), born=born, expires=LIFELONG)


def long_address(size: int) -> tuple[str, ...]:
    """Eight parts of so many bytes with their separators; the province stands at the end, as always."""
    around = (
        "999/9999",
        "หมู่ที่ 12",
        "ตรอกสมมติ",
        "ซอยสมมติ 9",
        "ถนน",
        "ตำบลในเมือง",
        "อำเภอเมืองนครราชสีมา",
        "จังหวัดนครราชสีมา",
    )
    missing = size - len("#".join(around).encode("cp874"))
    if missing < 0:
        message = f"an address here has {size - missing} bytes at least"
        raise ValueError(message)
    return (*around[:4], around[4] + "ย" * missing, *around[5:])


def portrait(size: int) -> bytes:
    """The bounds of a portrait of `size` bytes; of a portrait too small for bounds, its first bytes.

    It is full of spaces: whoever trims a part of it loses some.
    """
    bounds = len(_JPEG_START) + len(_JPEG_END)
    return (_JPEG_START + _SPACE * (size - bounds) + _JPEG_END) if size >= bounds else _JPEG_START[:size]


def spaced_portrait(*, before: int = 0, behind: int = 0) -> bytes:
    """A portrait with spaces before or behind it that belong to its stated length."""
    return _SPACE * before + portrait(4960 - before - behind) + _SPACE * behind


def _with_portrait(jpeg: bytes) -> ThaiCard:
    return ThaiCard.of(CardHolder(invalid_number(6), portrait_jpeg=jpeg))


def _with_address(size: int) -> ThaiCard:
    return ThaiCard.of(CardHolder(invalid_number(7), address=long_address(size)))


def _issued(holder: CardHolder) -> ThaiCard:
    return ThaiCard.of(replace(holder, portrait_jpeg=portrait(4960)))


# Every kind by a name, for tests that go through all of them.
KINDS: Mapping[str, Callable[[], ThaiCard]] = MappingProxyType(
    {
        "another card": other_card,
        "overrun": overrun_card,
        **{f"blank, all {filler:02X}": partial(blank_card, filler) for filler in (0x20, 0x00, 0xFF)},
        **{f"foreign, first digit {digit}": partial(_issued, foreign_holder(digit)) for digit in (0, 6, 7)},
        "foreign, spaces for a Thai name": partial(
            overwritten, foreign_holder(), Place.NAME_TH.offset, _SPACE * Place.NAME_TH.size
        ),
        **{f"elderly, born {born}": partial(_issued, elderly_holder(born)) for born in ("25000000", "25000500")},
        **{f"address of {size} bytes": partial(_with_address, size) for size in ADDRESS_SIZES},
        **{f"portrait of {size} bytes": partial(_with_portrait, portrait(size)) for size in PORTRAIT_SIZES},
        "portrait behind spaces": partial(_with_portrait, spaced_portrait(before=3)),
        "portrait before spaces": partial(_with_portrait, spaced_portrait(behind=3)),
        **{
            f"{name} as {place.name.lower()}": partial(hostile_card, place, text)
            for place in Place
            for name, text in HOSTILE_TEXTS.items()
        },
    }
)
