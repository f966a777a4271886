# SPDX-License-Identifier: Apache-2.0
"""Unpacks a bundle into an empty folder. A signature says whose it is and not that it is well made, so it is looked at.

1. Nothing but files, folders and symbolic links, all below `venv`, and no link that leads out (PEP 706's data filter).
2. No more bytes than were signed, and no more entries than a release can have; a header is short.
3. Owner, group and every right but "may be run" are ours to say.
4. The interpreter is the machine's: its links are made here.
"""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.update.errors import ReleaseError
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from typing import BinaryIO

    from wire.releases import Bundle

_VENV = "venv"
_MOST_ENTRIES = 200_000  # a release has about 15,000
_HEADERS_BYTES = 4 * tarfile.BLOCKSIZE  # for an entry: its header, its long name, and what fills its last block
_AHEAD_BYTES = 128 * tarfile.BLOCKSIZE  # what is read ahead, and the first entry's header
_PROGRAM = "venv/bin/dipchip-kiosk"


class _Counted(io.RawIOBase):
    """What gzip gives, as far as an entry was seen for it: a small file may unpack to more than any memory holds."""

    def __init__(self, packed: gzip.GzipFile) -> None:
        super().__init__()
        self._packed, self._left = packed, _AHEAD_BYTES

    def expect(self, size: int) -> None:
        """An entry was seen, with so much in it; another one may follow."""
        self._left += size + _HEADERS_BYTES

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._packed.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            message = "it has more than its entries say"
            raise tarfile.ReadError(message)
        return chunk


def unpack(file: Path, bundle: Bundle, into: Path) -> None:
    """Unpack a bundle.

    Raises:
        ReleaseError: it cannot be a release, or the disk does not take it; `into` is to be thrown away.
    """
    try:
        with file.open("rb") as packed:
            _unpack(packed, bundle, into)
        _link_interpreter(into)
    except (tarfile.TarError, zlib.error, EOFError, UnicodeError, gzip.BadGzipFile) as error:
        message = f"The release cannot be unpacked: {error}. Have it built and signed again."
        raise ReleaseError(NotUpdated.UNFIT, message) from error
    except OSError as error:
        message = (
            f"{into.parent}: does not take the release ({error.strerror}). Free space, or mend the folder's rights."
        )
        raise ReleaseError(NotUpdated.NO_ROOM, message) from error
    if not (into / _PROGRAM).is_file():
        message = f"The release has no {_PROGRAM}. Have it built and signed again."
        raise ReleaseError(NotUpdated.UNFIT, message)


def _unpack(packed: BinaryIO, bundle: Bundle, into: Path) -> None:
    left, entries = bundle.unpacked_bytes, 0
    (into / _VENV).mkdir()
    (into / _VENV).chmod(0o755)
    with (
        gzip.GzipFile(fileobj=packed, mode="rb") as opened,
        _Counted(opened) as counted,
        tarfile.open(fileobj=counted, mode="r|") as archive,
    ):
        for member in archive:
            left, entries = left - member.size, entries + 1
            if left < 0 or entries > _MOST_ENTRIES:
                message = "it has more than was signed"
                raise tarfile.ReadError(message)
            counted.expect(member.size)
            safe = _safe(member, into)  # 1, 3
            archive.extract(safe, into, filter="fully_trusted")  # what it trusts is what `_safe` has made
            if safe.isfile() and (into / safe.name).stat().st_size != member.size:
                message = f"{member.name}: not as long as it says"
                raise tarfile.ReadError(message)


def _safe(member: tarfile.TarInfo, into: Path) -> tarfile.TarInfo:
    parts = Path(member.name).parts
    if not parts or parts[0] != _VENV or ".." in parts or member.sparse is not None:
        message = f"{member.name}: not below {_VENV}"
        raise tarfile.ReadError(message)
    if not (member.isreg() or member.isdir() or member.issym()):
        message = f"{member.name}: neither a file nor a folder nor a symbolic link"
        raise tarfile.ReadError(message)
    if (into / member.name).is_symlink() or not (into / member.name).parent.is_dir():
        message = f"{member.name}: comes twice, or before its folder"
        raise tarfile.ReadError(message)
    safe = tarfile.data_filter(member, str(into))
    mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return safe if member.issym() else safe.replace(mode=mode, deep=False)


def _link_interpreter(into: Path) -> None:
    """As `python3 -m venv` does it."""
    python = f"python3.{sys.version_info.minor}"
    binaries = into / _VENV / "bin"
    for name, leads_to in ((python, Path(sys.base_prefix) / "bin" / python), ("python3", python), ("python", python)):
        link = binaries / name
        if link.is_symlink() or link.exists():
            message = f"{name}: the interpreter is the machine's"
            raise tarfile.ReadError(message)
        link.symlink_to(leads_to)
