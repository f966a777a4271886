# SPDX-License-Identifier: Apache-2.0
"""A workbook's zip, judged before anything opens it, and packed anew from nothing but what was judged.

1. Bounded: bytes, members, bytes once inflated, and how steeply a member inflates; no more is read than was declared.
2. No name twice, none that leaves its folder, nothing encrypted, no other compression.
3. No macros, no links to other files or data, no embedded objects, no other format that is a zip as well.
4. Every XML part by `parts`. Pictures and settings of printers are left out: nobody reads them here.

Two readers of zips can see two files in one. So the reader of cells gets what was judged, never what was sent.
Source: security design, section 6 and C8.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from fleet.people.parts import DAMAGED, LINKS, MACROS, XLSX, Judge, PartRefusedError, refused
from fleet.people.problems import Problem, Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_BYTES = 5 * 1024 * 1024
LARGEST_INFLATED_BYTES = 50 * 1024 * 1024
MOST_MEMBERS = 200
STEEPEST = 100  # times
_SMALL_BYTES = 64 * 1024  # below it no steepness is a danger
_LARGE = Wording("a file that is too large", "ไฟล์ใหญ่เกินไป")
_BOMB = Wording("a file that unpacks to far more than it is", "ไฟล์ที่คลายแล้วใหญ่เกินไป")
_MANY = Wording("too many parts", "ส่วนประกอบภายในมากเกินไป")
_TWICE = Wording("a part that is there twice", "ส่วนประกอบภายในซ้ำกัน")
_STRAY = Wording("a part that leaves its folder", "ส่วนประกอบภายในที่ชี้ออกนอกไฟล์")
_LOCKED = Wording("a file with a password", "ไฟล์ที่มีรหัสผ่าน")
_PACKED = Wording("another compression", "การบีบอัดแบบอื่น")
_ODS = Wording("an OpenDocument (.ods) file", "ไฟล์ OpenDocument (.ods)")
_XLSB = Wording("a binary workbook (.xlsb)", "ไฟล์ Excel แบบไบนารี (.xlsb)")
_ZIP = Wording("a zip that is no workbook", "ไฟล์ zip ที่ไม่ใช่ Excel")
_MUST_HAVE = ("[Content_Types].xml", "xl/workbook.xml")
_XML = (".xml", ".rels")
_ENCRYPTED = 0x1  # APPNOTE.TXT 6.3.10, 4.4.4
_MACRO_PARTS = re.compile(r"vbaproject|xl/(macrosheets|dialogsheets|activex|ctrlprops)/", re.IGNORECASE)
_LINK_PARTS = re.compile(
    r"xl/externallinks/|xl/connections\.xml|xl/querytables/|xl/embeddings/|xl/model/", re.IGNORECASE
)
_SMALLER = Wording(
    f"at most {LARGEST_BYTES // 1024**2} MiB, unpacked {LARGEST_INFLATED_BYTES // 1024**2} MiB, {MOST_MEMBERS} parts",
    f"ไม่เกิน {LARGEST_BYTES // 1024**2} MiB คลายแล้วไม่เกิน {LARGEST_INFLATED_BYTES // 1024**2} MiB",
)


def repacked(content: bytes) -> bytes | tuple[Problem, ...]:
    """Give the workbook again, of judged parts alone and not compressed; or say what is wrong with it."""
    judge = Judge()
    try:
        _check(len(content) <= LARGEST_BYTES, _LARGE, _SMALLER)
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            _check_directory(members)
            again = _pack(package, members, judge)
    except PartRefusedError as error:
        return (*judge.problems, error.problem)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        return (refused(DAMAGED, XLSX).problem,)
    return tuple(judge.problems) or again


def _check_directory(members: Sequence[zipfile.ZipInfo]) -> None:
    """Judge by what the directory declares, before anything inflates."""
    _check(len(members) <= MOST_MEMBERS, _MANY, _SMALLER)
    _check(sum(each.file_size for each in members) <= LARGEST_INFLATED_BYTES, _BOMB, _SMALLER)
    for each in members:
        _check_member(each)
    names = [each.filename.casefold() for each in members]
    _check(len(set(names)) == len(names), _TWICE)
    _check(not any(name == "mimetype" for name in names), _ODS, XLSX)
    _check("xl/workbook.bin" not in names, _XLSB, XLSX)
    for needed in _MUST_HAVE:
        _check(needed.casefold() in names, _ZIP, XLSX)


def _check_member(member: zipfile.ZipInfo) -> None:
    steep = member.file_size > max(_SMALL_BYTES, STEEPEST * member.compress_size)
    _check(not steep, _BOMB, _SMALLER)
    name = member.filename
    strays = name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/") or not name.isprintable()
    _check(not strays, _STRAY)
    _check(not member.flag_bits & _ENCRYPTED, _LOCKED, XLSX)
    plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    _check(plain, _PACKED, XLSX)
    _check(not _MACRO_PARTS.search(name), MACROS)
    _check(not _LINK_PARTS.search(name), LINKS)


def _pack(package: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], judge: Judge) -> bytes:
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as clean:
        for member in members:
            if member.filename.casefold().endswith(_XML):
                part = _inflated(package, member)
                judge.part(member.filename, part)
                clean.writestr(member.filename, part)
    return again.getvalue()


def _inflated(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Inflate one part, never more than it declared: that was judged."""
    with package.open(member) as opened:
        part = opened.read(member.file_size + 1)
    _check(len(part) == member.file_size, DAMAGED, XLSX)
    return part


def _check(good: bool, found: Wording, expected: Wording | None = None) -> None:  # noqa: FBT001 - it is what is checked
    if not good:
        raise refused(found) if expected is None else refused(found, expected)
