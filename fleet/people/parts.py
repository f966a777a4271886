# SPDX-License-Identifier: Apache-2.0
"""One XML part of a workbook, judged as it streams past: no DTD, no formula, no error value, no cell far away.

A part is read as UTF-8 only, so that whoever reads it afterwards reads the same. Nothing of it is kept but counts.
Source: security design, section 6; ECMA-376 part 1, 18.3.1.4 (`c`), 18.3.1.40 (`f`), 18.4.8 (`si`).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.parsers import expat  # this is the guard: a DTD ends the reading before an entity can be

from fleet.people.cells import letters
from fleet.people.problems import Problem, Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ROWS = 5_100  # a little more than a file may bring, for the lines above its header
MOST_COLUMNS = 64
MOST_TEXT = 100_000_000  # letters, if every cell showed the longest text that many cells share
_MOST_PROBLEMS = 20
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_SHEET = re.compile(r"sheet[0-9]{1,4}", re.ASCII)
_VALUES = Wording(
    "a value: copy the sheet and paste it as values (Paste Special, Values)",
    "ค่าข้อมูล: คัดลอกทั้งแผ่นงานแล้ววางแบบเฉพาะค่า (วางแบบพิเศษ > ค่า)",
)
_PLAIN = Wording("a plain .xlsx without links and macros", "ไฟล์ .xlsx ธรรมดา ไม่มีลิงก์ภายนอกและแมโคร")
XLSX = Wording("an Excel workbook (.xlsx) or CSV UTF-8", "ไฟล์ Excel (.xlsx) หรือ CSV UTF-8")
DAMAGED = Wording("a damaged workbook", "ไฟล์เสียหาย")
MACROS = Wording("macros", "แมโคร")
LINKS = Wording("links to other files or data", "ลิงก์ไปยังไฟล์หรือข้อมูลอื่น")
_DTD = Wording("a document type definition (DTD) inside", "การประกาศ DTD ภายในไฟล์")
_ENCODING = Wording("another encoding inside", "การเข้ารหัสภายในแบบอื่น")
_LONG = Wording("a text that is too long", "ข้อความยาวเกินไป")
_FAR = Wording("cells too far away", "เซลล์อยู่ไกลเกินไป")
_FORMULA = Wording("a formula", "สูตรคำนวณ")
_ERROR = Wording("an error value", "ค่าผิดพลาด (เช่น #N/A)")


class PartRefusedError(Exception):
    """Reading ends here; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.in_english())
        self.problem = problem


class Judge:
    """Judges the parts of one workbook, one after the other; `problems` are those that name a cell."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._cells = 0
        self._longest = 0  # letters of the longest shared text

    def part(self, name: str, content: bytes) -> None:
        """Judge one part.

        Raises:
            PartRefusedError: the workbook is none, or holds what must not be opened.
        """
        watcher = _Watcher(name, self.problems)
        watcher.read(content)
        self._cells += watcher.cells
        self._longest = max(self._longest, watcher.longest)
        if len(self.problems) >= _MOST_PROBLEMS:
            raise PartRefusedError(self.problems.pop())
        if self._cells * self._longest > MOST_TEXT:
            raise refused(_LONG)


def refused(found: Wording, expected: Wording = _PLAIN) -> PartRefusedError:
    """Refuse a whole file."""
    return PartRefusedError(Problem(1, "*", found, expected))


def _local(name: str) -> str:
    return name.rpartition(" ")[2]  # expat puts the namespace before it


class _Watcher:
    """Follows one part from its first byte to its last."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        self.cells = 0
        self.longest = 0
        self._problems = problems
        stem = PurePosixPath(name).stem
        self._where = f" ({stem})" if _SHEET.fullmatch(stem) and stem != "sheet1" else ""
        self._row, self._column = 0, -1
        self._in_cell = self._in_text = False
        self._letters = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartElementHandler = self._begins
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = self._says

    def read(self, content: bytes) -> None:
        """Read it all.

        Raises:
            PartRefusedError: at the first thing that must not be.
        """
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise refused(_ENCODING)
        try:
            self._parser.Parse(content, True)  # noqa: FBT003 - expat's own way: these are the last bytes
        except expat.ExpatError as error:
            raise refused(DAMAGED) from error

    def _doctype(self, *_: object) -> None:
        raise refused(_DTD)

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.upper() != "UTF-8":
            raise refused(_ENCODING)

    def _begins(self, name: str, attributes: Mapping[str, str]) -> None:
        local = _local(name)
        if local == "row":
            self._row_begins(attributes)
        elif local == "c":
            self._cell_begins(attributes)
        elif local == "f" and self._in_cell:
            self._problem(_FORMULA)
        elif local == "si":
            self._in_text, self._letters = True, 0
        elif local in ("Override", "Default"):
            _check_type(attributes.get("ContentType", ""))
        elif local == "Relationship":
            _check_relationship(attributes)

    def _ends(self, name: str) -> None:
        local = _local(name)
        if local == "c":
            self._in_cell = False
        elif local == "si":
            self._in_text, self.longest = False, max(self.longest, self._letters)

    def _says(self, text: str) -> None:
        if self._in_text:
            self._letters += len(text)

    def _row_begins(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r", str(self._row + 1))
        if not number.isdecimal() or not 1 <= int(number[:9]) <= MOST_ROWS:
            raise _too_far(MOST_ROWS, MOST_COLUMNS)
        self._row, self._column = int(number), -1

    def _cell_begins(self, attributes: Mapping[str, str]) -> None:
        self._in_cell = True
        self.cells += 1
        self._column += 1
        if "r" in attributes:
            self._row, self._column = _place(attributes["r"])
        if self._row > MOST_ROWS or self._column >= MOST_COLUMNS:
            raise _too_far(MOST_ROWS, MOST_COLUMNS)
        if attributes.get("t") == "e":
            self._problem(_ERROR)

    def _problem(self, found: Wording) -> None:
        """Note what is wrong with the cell that is being read, once."""
        told = Wording(found.english + self._where, found.thai + self._where)
        problem = Problem(max(self._row, 1), letters(max(self._column, 0)), told, _VALUES)
        if any((each.row, each.column) == (problem.row, problem.column) for each in self._problems[-1:]):
            return
        self._problems.append(problem)
        if len(self._problems) >= _MOST_PROBLEMS:
            raise PartRefusedError(self._problems.pop())


def _place(name: str) -> tuple[int, int]:
    found = _PLACE.fullmatch(name)
    if found is None:
        raise refused(DAMAGED)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column - 1


def _too_far(rows: int, columns: int) -> PartRefusedError:
    expected = Wording(
        f"at most {rows} rows and {columns} columns: delete the rows and columns behind the data, empty ones too",
        f"ไม่เกิน {rows} แถวและ {columns} คอลัมน์ โปรดลบแถวและคอลัมน์ท้ายข้อมูล รวมทั้งที่ว่าง",
    )
    return refused(_FAR, expected)


def _check_type(content_type: str) -> None:
    kind = content_type.casefold()
    if "macroenabled" in kind or "vbaproject" in kind:
        raise refused(MACROS)
    if "externallink" in kind:
        raise refused(LINKS)


def _check_relationship(attributes: Mapping[str, str]) -> None:
    kind = attributes.get("Type", "").casefold()
    outside = attributes.get("TargetMode", "").casefold() == "external"
    if "externallink" in kind or (outside and not kind.endswith("/hyperlink")):  # a hyperlink is never followed
        raise refused(LINKS)
