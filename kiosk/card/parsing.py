# SPDX-License-Identifier: Apache-2.0
"""Turns a card's blocks into an `Identity`: pure, for any bytes whatever.

It never repairs what the card says, never invents a part of a date, and refuses only a card without a citizen number;
everything else that is odd becomes a `CardWarning`.
Source: docs/card.md; kiosk.card.file_map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.card import file_map
from kiosk.card.fields import UNDECODABLE, are_digits, date_of, expiry_of, text_of
from kiosk.card.portrait import bounded_jpeg
from kiosk.card.residence import province_of
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.identity import (
    Address,
    CardWarning,
    Identity,
    Lifelong,
    PartialDate,
    PersonName,
    Sex,
)

if TYPE_CHECKING:
    from kiosk.card.file_map import CardBlocks, Field

_NAME_PARTS = 4
_ADDRESS_PARTS = 8
_NUMBER_DIGITS = 13


def parse(blocks: CardBlocks) -> Identity:
    """Make the identity that the card states.

    Raises:
        CardReadError: NOT_AT_KIOSK when there are no 13 digits where the citizen number stands.
    """
    return _Parser(blocks).identity()


def parse_names(blocks: CardBlocks) -> tuple[PersonName, PersonName]:
    """Take the Thai and the English name alone, from blocks whose first stretch has been read."""
    parser = _Parser(blocks)
    return parser.name(file_map.NAME_TH), parser.name(file_map.NAME_EN)


def has_valid_check_digit(citizen_number: str) -> bool:
    """Whether the last of 13 digits fits the first twelve (modulus 11, weights 13 to 2)."""
    weighted = sum(int(digit) * (_NUMBER_DIGITS - place) for place, digit in enumerate(citizen_number[:-1]))
    return int(citizen_number[-1]) == (11 - weighted % 11) % 10


class _Parser:
    """One parse: the blocks, and the warnings found on the way."""

    def __init__(self, blocks: CardBlocks) -> None:
        self._blocks = blocks
        self._warnings: set[CardWarning] = set()

    def identity(self) -> Identity:
        number = self._citizen_number()
        address = self._address()
        province = province_of(address.province)
        self._warn(CardWarning.PROVINCE_UNKNOWN, when=province is None)
        name_th = self.name(file_map.NAME_TH)
        self._warn(CardWarning.NAME_MISSING, when=not name_th.first)
        portrait = bounded_jpeg(self._blocks.portrait)
        self._warn(CardWarning.PORTRAIT_UNREADABLE, when=not portrait)
        return Identity(
            citizen_number=number,
            name_th=name_th,
            name_en=self.name(file_map.NAME_EN),
            born=self._date(file_map.BORN),
            sex=self._sex(),
            issued=self._date(file_map.ISSUED),
            expires=self._expiry(),
            address=address,
            province=province,
            portrait_jpeg=portrait,
            warnings=frozenset(self._warnings),
        )

    def _warn(self, warning: CardWarning, *, when: bool) -> None:
        if when:
            self._warnings.add(warning)

    def _citizen_number(self) -> str:
        digits = self._text(file_map.CITIZEN_NUMBER)
        if len(digits) != _NUMBER_DIGITS or not are_digits(digits):
            message = "The card was read, and has no 13 digits for a citizen number. Staff must help with this card."
            raise CardReadError(Failure.NOT_AT_KIOSK, message)
        self._warn(CardWarning.CHECK_DIGIT, when=not has_valid_check_digit(digits))
        return digits

    def _sex(self) -> Sex:
        return {"1": Sex.MALE, "2": Sex.FEMALE}.get(self._text(file_map.SEX), Sex.NOT_KNOWN)

    def name(self, field: Field) -> PersonName:
        parts = self._text(field).split("#")
        parts += [""] * (_NAME_PARTS - len(parts))
        prefix, first, middle = (part.strip() for part in parts[:3])
        return PersonName(prefix, first, middle, " ".join(parts[3:]).strip())

    def _address(self) -> Address:
        """Take the eight parts. Of another number of parts only the last is sure: the province."""
        *parts, province = (part.strip() for part in self._text(file_map.ADDRESS).split("#"))
        self._warn(CardWarning.ADDRESS_SHAPE, when=len(parts) + 1 != _ADDRESS_PARTS)
        parts += [""] * (_ADDRESS_PARTS - 1 - len(parts))
        house_number, moo, trok, soi, road, tambon, amphoe = parts[: _ADDRESS_PARTS - 1]
        return Address(house_number, moo, trok, soi, road, tambon, amphoe, province)

    def _expiry(self) -> PartialDate | Lifelong | None:
        read = expiry_of(self._text(file_map.EXPIRES))
        self._warn(CardWarning.DATE_UNREADABLE, when=read.odd)
        return read.value

    def _date(self, field: Field) -> PartialDate | None:
        read = date_of(self._text(field))
        self._warn(CardWarning.DATE_UNREADABLE, when=read.odd)
        return read.value

    def _text(self, field: Field) -> str:
        text = text_of(self._blocks.of(field))
        self._warn(CardWarning.UNDECODABLE_TEXT, when=UNDECODABLE in text)
        return text
