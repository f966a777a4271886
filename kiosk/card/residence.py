# SPDX-License-Identifier: Apache-2.0
"""Which of the 77 provinces an address names.

It knows today's names, short forms, former names and spellings that people write; it never guesses from a likeness.
Sources: wire.provinces; the other names are general knowledge, to be extended when kiosks meet PROVINCE_UNKNOWN.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from wire.ids import ProvinceCode
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIXES = ("จังหวัด", "จ.")

# Short forms, Bangkok's two former provinces, and other spellings. Every one names exactly one of the 77.
_OTHER_NAMES = {
    "กรุงเทพฯ": "10",
    "กรุงเทพ": "10",
    "กทม.": "10",
    "กทม": "10",
    "พระนคร": "10",
    "ธนบุรี": "10",
    "พระนครธนบุรี": "10",
    "อยุธยา": "14",
    "ปราจิณบุรี": "25",
    "ปราจีณบุรี": "25",
    "โคราช": "30",
    "บุรีรัมภ์": "31",
    "ศรีษะเกษ": "33",
    "ศรีสะเกศ": "33",
    "ร้อยเอ็จ": "45",
    "กาฬสินธ์": "46",
    "พิศณุโลก": "65",
    "เพ็ชรบูรณ์": "67",
    "เพ็ชรบุรี": "76",
    "ภูเก็จ": "83",
    "สุราษฏร์ธานี": "84",
    "สุราษฎร์": "84",
}


def _key(name: str) -> str:
    """One spelling for what looks the same: SARA AM and its two halves, blanks, format characters."""
    composed = unicodedata.normalize("NFKC", name)
    return "".join(c for c in composed if not c.isspace() and unicodedata.category(c) != "Cf")


def _index() -> Mapping[str, ProvinceCode]:
    names = {_key(name): ProvinceCode(code) for name, code in _OTHER_NAMES.items()}
    names.update({_key(province.name_th): code for code, province in PROVINCES.items()})
    return MappingProxyType(names)


_BY_NAME = _index()


def province_of(address_part: str) -> ProvinceCode | None:
    """Find the province that the last part of an address names; None when it is not one of the 77."""
    name = _key(address_part)
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return _BY_NAME.get(name)
