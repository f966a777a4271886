# SPDX-License-Identifier: Apache-2.0
"""Searches bytes, files and folders for a planted citizen who cannot exist, in every disguise a program gives a value.

It also looks inside gzip and zlib streams and zip members. It cannot see what is encrypted, what SQLite splits over
overflow pages, base64 that is broken into lines, or a picture that was encoded anew. A finding never quotes a value.
Source: security design, section 3.3.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from tests.simulators.disguises import of_name, of_number, of_portrait
from tests.simulators.needles import Needles

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.simulators.patient import Citizen

_INFLATED_BYTES = 64 * 2**20  # of one stream: a bomb is looked at so far
_CHUNK_BYTES = 64 * 2**10
_DEEPEST = 3  # a gzip in a zip in a gzip

_GZIP = b"\x1f\x8b\x08"  # RFC 1952, 2.3.1, deflate
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")  # RFC 1950, 2.2, 32 KiB window
_ZIP = b"PK\x03\x04"  # APPNOTE, 4.3.7
_ZIP_HEADER_BYTES = 30
_ZIP_DEFLATED = 8


class CanaryError(AssertionError):
    """The scanner does not find what was planted before its eyes: believe none of its clean results."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a disguise stands: its offset in the scanned data, or in `inside`, the streams it was unpacked from."""

    disguise: str
    offset: int
    inside: str = ""
    path: Path | None = None


class Canary:
    """One planted citizen. `names` are the ones that nobody else in the scanned data has."""

    def __init__(self, *, number: str, names: Sequence[str] = (), portrait: bytes = b"") -> None:
        self._number = number
        self._names = tuple(names)
        self._portrait = portrait
        self.needles = of_number(number)
        for n, name in enumerate(names):
            self.needles |= of_name(f"name {n}", name)
        self.needles |= of_portrait(portrait)

    def __repr__(self) -> str:
        return f"Canary({len(self.needles)} disguises)"

    @classmethod
    def of(cls, citizen: Citizen) -> Self:
        """The number, the names and the portrait on a citizen's card; not the family name that all citizens share."""
        holder = citizen.holder()
        names = (holder.name_th[1], holder.name_en[1])
        return cls(number=holder.citizen_number, names=names, portrait=holder.portrait_jpeg)

    def scan_bytes(self, data: bytes) -> list[Finding]:
        """Find every disguise, also inside streams that are compressed."""
        return list(_scan(Needles(self.needles), data, "", _DEEPEST))

    def scan_tree(self, folder: Path, skip: Collection[Path] = ()) -> list[Finding]:
        """Scan every file under a folder, and their names; `skip` names files and folders to leave out."""
        found, needles = [], Needles(self.needles)
        for path in _files(folder, frozenset(skip)):
            name = str(path.relative_to(folder)).encode("utf-8", "surrogateescape")
            found += [replace(finding, path=path) for finding in _scan(needles, name, "name", 0)]
            found += [replace(finding, path=path) for finding in _scan(needles, path.read_bytes(), "", _DEEPEST)]
        return found

    def prove(self) -> None:
        """Plant this citizen and find it again; call it before believing that a scan is clean.

        Raises:
            CanaryError: naming what was planted and not found, or found where nothing was planted.
        """
        noise = hashlib.shake_256(b"noise").digest(4096)
        missed = [what for what, planted in self._plants() if not self.scan_bytes(noise + planted + noise)]
        if missed:
            message = f"planted and not found: {', '.join(missed)}. Mend the scanner before you trust a clean scan."
            raise CanaryError(message)
        if self.scan_bytes(noise):
            message = "found in noise. Mend the scanner, or give names that nobody else has."
            raise CanaryError(message)

    def _plants(self) -> Iterator[tuple[str, bytes]]:
        values = {"number": self._number.encode("ascii")}
        values |= {f"name {n}": name.encode() for n, name in enumerate(self._names)}
        values |= {"portrait": self._portrait} if self._portrait else {}
        for what, value in values.items():
            for how, plant in _PLANTS.items():
                yield f"{what} {how}", plant(value)
        for n, name in enumerate(self._names):
            yield f"name {n} json", json.dumps(name).encode("ascii")
        yield "number sha256", hashlib.sha256(self._number.encode("ascii")).hexdigest().encode("ascii")


def _scan(needles: Needles, data: bytes, inside: str, depth: int) -> Iterator[Finding]:
    for disguise, offset in needles.places(data):
        yield Finding(disguise, offset, inside)
    if depth:
        for where, content in _unpacked(data):
            yield from _scan(needles, content, f"{inside}{where} ", depth - 1)


def _files(folder: Path, skip: frozenset[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path in skip or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path, skip)
        elif path.is_file():
            yield path


def _places(data: bytes, needle: bytes) -> Iterator[int]:
    offset = data.find(needle)
    while offset >= 0:
        yield offset
        offset = data.find(needle, offset + len(needle))


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every stream that opens, by its signature: also one in a page that a database no longer uses."""
    yield from _inflated_at("gzip", data, _places(data, _GZIP), 31)
    for signature in _ZLIB:
        yield from _inflated_at("zlib", data, _places(data, signature), 15)
    yield from _inflated_at("zip", data, _zip_members(data), -15)


def _zip_members(data: bytes) -> Iterator[int]:
    for header in _places(data, _ZIP):
        if int.from_bytes(data[header + 8 : header + 10], "little") == _ZIP_DEFLATED:
            name, extra = (int.from_bytes(data[header + at : header + at + 2], "little") for at in (26, 28))
            yield header + _ZIP_HEADER_BYTES + name + extra


def _inflated_at(kind: str, data: bytes, offsets: Iterable[int], window: int) -> Iterator[tuple[str, bytes]]:
    for offset in offsets:
        content = _inflated(data, offset, window)
        if content:
            yield f"{kind}@{offset}", content


def _inflated(data: bytes, offset: int, window: int) -> bytes:
    """What a stream holds up to its end, its first damage or the bound, whichever comes first."""
    stream = zlib.decompressobj(window)
    content = bytearray()
    try:
        while offset < len(data) and len(content) < _INFLATED_BYTES and not stream.eof:
            chunk = stream.unconsumed_tail
            if not chunk:
                chunk = data[offset : offset + _CHUNK_BYTES]
                offset += len(chunk)
            content += stream.decompress(chunk, _CHUNK_BYTES)
    except zlib.error:
        pass
    return bytes(content)


def _zipped(value: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet1.xml", value + b" " * 64)
    return file.getvalue()


# Written with other means than the needles, so that a mistake in those cannot hide here.
_PLANTS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "base64": base64.b64encode,
    "base64 shifted": lambda value: base64.b64encode(b"{" + value + b"}"),
    "hex": base64.b16encode,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zip": _zipped,
    "zip in gzip": lambda value: gzip.compress(_zipped(value)),
}
