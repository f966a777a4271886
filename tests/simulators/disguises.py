# SPDX-License-Identifier: Apache-2.0
"""The forms a person's number, name or portrait takes when software stores or sends it, as bytes to look for.

A needle is the part of a form that stays the same whatever stands around it. What is shorter than six bytes is left
out: it would be found everywhere.
Source: security design, section 3.3.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Disguises = dict[str, bytes]

SHORTEST_BYTES = 6
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s", "sha3_256", "sha3_512")

_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_WINDOW_BYTES = 24
_WINDOWS = 6
_VARIED_BYTES = 12  # different bytes in a window: less is a pattern that other pictures have too
_SCAN_START = b"\xff\xda"  # JPEG, ITU-T T.81, B.2.3: the picture's own data follow


def of_number(number: str) -> Disguises:
    """Every form of a citizen number of 13 digits."""
    thai = number.translate(_THAI_DIGITS)
    spellings = {
        "number": number,
        "number printed": _printed(number, "-"),
        "number spaced": _printed(number, " "),
        "number reversed": number[::-1],
        "number in Thai digits": thai,
        "number printed in Thai digits": _printed(thai, "-"),
    }
    found = {name: form for spelling, text in spellings.items() for name, form in _of_text(spelling, text)}
    found |= {f"number.{name}": form for name, form in _of_binary(number)}
    found |= {f"number.{name}": form for name, form in _of_hashes(number)}
    return _distinct(found)


def of_name(label: str, name: str) -> Disguises:
    """Every form of one name; `label` stands for it in findings."""
    spellings = {label: name, f"{label} upper": name.upper(), f"{label} lower": name.lower()}
    return _distinct({found: form for spelling, text in spellings.items() for found, form in _of_text(spelling, text)})


def of_portrait(portrait: bytes) -> Disguises:
    """Some windows of the picture's own data, raw, in hex and in base64; never the tables that other JPEGs share."""
    start = portrait.rfind(_SCAN_START) + 16
    room = len(portrait) - start - _WINDOW_BYTES
    places = [start + room * n // _WINDOWS for n in range(_WINDOWS)] if room > 0 else []
    windows = [portrait[place : place + _WINDOW_BYTES] for place in places]
    found: Disguises = {}
    for n, window in enumerate(windows):
        if len(set(window)) >= _VARIED_BYTES:
            found[f"portrait {n}.raw"] = window
            found |= {f"portrait {n}.{name}": encode(window) for name, encode in _WRITTEN.items()}
    return _distinct(found)


def _printed(number: str, between: str) -> str:
    return between.join((number[0], number[1:5], number[5:10], number[10:12], number[12]))


def _of_text(spelling: str, text: str) -> Iterator[tuple[str, bytes]]:
    for encoding in ("utf-8", "cp874", "utf-16-le", "utf-16-be"):
        yield f"{spelling}.{encoding}", text.encode(encoding)
    for encoding in ("utf-8", "cp874"):
        for name, encode in _WRITTEN.items():
            yield f"{spelling}.{encoding} {name}", encode(text.encode(encoding))
    for name, escape in _ESCAPED.items():
        yield f"{spelling}.{name}", escape(text).encode("ascii")


def _of_binary(number: str) -> Iterator[tuple[str, bytes]]:
    yield "bcd", bytes.fromhex(f"0{number}")
    yield "bcd left", bytes.fromhex(f"{number}0")
    yield "bcd filled", bytes.fromhex(f"{number}f")
    # Six bytes hold it: they stand in an int64 of the same byte order, and SQLite stores just these.
    yield "integer be", int(number).to_bytes(6, "big")
    yield "integer le", int(number).to_bytes(6, "little")


def _of_hashes(number: str) -> Iterator[tuple[str, bytes]]:
    for name in HASHES:
        digest = hashlib.new(name, number.encode("ascii")).digest()
        yield f"{name} raw", digest
        yield f"{name} hex", digest.hex().encode("ascii")
        yield f"{name} HEX", digest.hex().upper().encode("ascii")
        yield f"{name} base64", _base64_at(0)(digest)
        yield f"{name} base64url", _url_alphabet(_base64_at(0)(digest))


def _base64_at(before: int) -> Callable[[bytes], bytes]:
    """Encode as after `before` unknown bytes, and keep the characters that depend on the value alone."""

    def encode(value: bytes) -> bytes:
        whole = base64.b64encode(bytes(before) + value)
        return whole[-(-before * 8 // 6) : (before + len(value)) * 8 // 6]

    return encode


def _url_alphabet(encoded: bytes) -> bytes:
    return encoded.translate(bytes.maketrans(b"+/", b"-_"))


def _base64url_at(before: int) -> Callable[[bytes], bytes]:
    return lambda value: _url_alphabet(_base64_at(before)(value))


_WRITTEN: Mapping[str, Callable[[bytes], bytes]] = {
    "hex": lambda value: value.hex().encode("ascii"),
    "HEX": lambda value: value.hex().upper().encode("ascii"),
    **{f"base64 after {before}": _base64_at(before) for before in range(3)},
    **{f"base64url after {before}": _base64url_at(before) for before in range(3)},
}


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _json_upper(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: f"\\u{found[1].upper()}", json.dumps(text)[1:-1])


_ESCAPED: Mapping[str, Callable[[str], str]] = {
    "url": quote,
    "url lower": lambda text: re.sub(r"%..", lambda found: found[0].lower(), quote(text)),
    "url whole": _percent,
    "json": lambda text: json.dumps(text)[1:-1],
    "JSON": _json_upper,
    "json whole": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "html": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "html hex": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
}


def _distinct(found: Disguises) -> Disguises:
    """One name for each needle, the first; needles that are too short go."""
    first = {form: name for name, form in reversed(found.items()) if len(form) >= SHORTEST_BYTES}
    return {name: form for name, form in found.items() if first.get(form) == name}
