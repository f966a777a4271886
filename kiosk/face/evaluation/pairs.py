# SPDX-License-Identifier: Apache-2.0
"""Reads whose pictures are at hand: a folder of people, LFW-style names, a pairs file in LFW's format, slices.

A person becomes a number as soon as the slices are read. No message, record or report names a person or a picture.
Formats: `<person>/<picture>.jpg`; `Name_0001.jpg`; http://vis-www.cs.umass.edu/lfw/README.txt for `pairs.txt`.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_JPEG = frozenset({".jpg", ".jpeg"})
_OTHER_PICTURES = frozenset({".bmp", ".gif", ".heic", ".jp2", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
_LFW_NAME = re.compile(r"(.+)_(\d{1,6})")
_SLICE_NAME_AT_MOST = 40
_PAIRS_FILE_BYTES_AT_MOST = 64 * 1024 * 1024
_GENUINE_COLUMNS, _IMPOSTOR_COLUMNS = 3, 4


class PairsError(Exception):
    """What was given cannot be evaluated. The message says what to do and names no person and no picture."""


@dataclass(frozen=True, slots=True, repr=False)
class Photo:
    """One picture of one person, the person being a number."""

    path: Path
    person: int

    def __repr__(self) -> str:
        """Show neither."""
        return "Photo(masked)"


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Everybody, in the order of their names. `photos` are by person, then by name."""

    names: tuple[str, ...]
    photos: tuple[Photo, ...]
    left_out: int = 0  # pictures whose very bytes stand elsewhere too

    def __repr__(self) -> str:
        """Show how many."""
        return f"People({len(self.names)} people, {len(self.photos)} photos, masked)"

    def of_each(self) -> list[list[int]]:
        """For every person the places of their photos in `photos`."""
        found: list[list[int]] = [[] for _ in self.names]
        for place, photo in enumerate(self.photos):
            found[photo.person].append(place)
        return found


@dataclass(frozen=True, slots=True)
class NamedPairs:
    """A pairs file's pairs, as places in `People.photos`: first the live picture, then the card's."""

    genuine: tuple[tuple[int, int], ...]
    impostor: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Slices:
    """Who belongs to which slice. `strangers` are rows of people of whom there is no picture."""

    members: dict[str, frozenset[int]]
    strangers: int


def read_people(folder: Path) -> People:
    """Everybody with a JPEG in `folder`, in folders of their own or by LFW-style names.

    Raises:
        PairsError: when there is nobody, or a picture that cannot be attributed or is no JPEG.
    """
    if not folder.is_dir():
        message = "There is no such folder of pictures."
        raise PairsError(message)
    found: dict[str, list[Path]] = defaultdict(list)
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            found[entry.name] += _jpegs(entry.iterdir())
        else:
            for path in _jpegs([entry]):
                found[_lfw_person(path)].append(path)
    by_name = {name: paths for name, paths in sorted(found.items()) if paths}
    if not by_name:
        message = "The folder holds no JPEG. Put one folder for each person into it, or name pictures Name_0001.jpg."
        raise PairsError(message)
    return _without_repetitions(by_name)


def read_pairs(file: Path, people: People) -> NamedPairs:
    """Read a pairs file: `name n m` is a true pair, `name n name m` a false one; a line of numbers alone is a head.

    Raises:
        PairsError: when a line is neither, or a picture is missing.
    """
    numbered = {}
    for place, photo in enumerate(people.photos):
        named = _LFW_NAME.fullmatch(photo.path.stem)
        if named:
            numbered[people.names[photo.person], int(named[2])] = place
    pairs: dict[int, list[tuple[int, int]]] = {_GENUINE_COLUMNS: [], _IMPOSTOR_COLUMNS: []}
    for line, cells in enumerate(_lines(file), start=1):
        if not cells or all(cell.isdigit() for cell in cells):
            continue
        pair = _pair(cells, numbered)
        if pair is None:
            message = f"Line {line} of the pairs file is not a pair of pictures in its folder. Mend or remove it."
            raise PairsError(message)
        pairs[len(cells)].append(pair)
    return NamedPairs(tuple(pairs[_GENUINE_COLUMNS]), tuple(pairs[_IMPOSTOR_COLUMNS]))


def read_slices(file: Path, people: People) -> Slices:
    """Read a CSV file: a person's name, then the names of the slices they belong to; `person` begins a head.

    Raises:
        PairsError: when it cannot be read, or a slice is called like a person or has no name fit for a table.
    """
    known = {name: person for person, name in enumerate(people.names)}
    members: dict[str, set[int]] = defaultdict(set)
    strangers = 0
    for line, row in enumerate(_rows(file), start=1):
        if not row or not row[0] or (line == 1 and row[0].lower() == "person"):
            continue
        if row[0] not in known:
            strangers += 1
            continue
        for name in filter(None, row[1:]):
            if name in known or len(name) > _SLICE_NAME_AT_MOST or not name.isprintable() or "|" in name:
                message = f"Line {line} of the slices file: use a short name of a group, never a person's."
                raise PairsError(message)
            members[name].add(known[row[0]])
    return Slices({name: frozenset(who) for name, who in sorted(members.items())}, strangers)


def content_of(path: Path) -> bytes:
    """The bytes of a picture.

    Raises:
        PairsError: when it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"A picture cannot be read ({error.strerror}). Check the folder's permissions."
        raise PairsError(message) from None


def _pair(cells: list[str], numbered: dict[tuple[str, int], int]) -> tuple[int, int] | None:
    if len(cells) == _GENUINE_COLUMNS:
        cells = [*cells[:2], cells[0], cells[2]]
    elif len(cells) != _IMPOSTOR_COLUMNS or cells[0] == cells[2]:
        return None
    if not (cells[1].isdigit() and cells[3].isdigit()):
        return None
    one, other = numbered.get((cells[0], int(cells[1]))), numbered.get((cells[2], int(cells[3])))
    return None if one is None or other is None or one == other else (one, other)


def _jpegs(entries: Iterable[Path]) -> list[Path]:
    files = sorted(path for path in entries if path.is_file() and not path.name.startswith("."))
    if any(path.suffix.lower() in _OTHER_PICTURES for path in files):
        message = "A picture is not a JPEG. Convert all pictures to JPEG, as cameras and chips give them."
        raise PairsError(message)
    return [path for path in files if path.suffix.lower() in _JPEG]


def _lfw_person(path: Path) -> str:
    named = _LFW_NAME.fullmatch(path.stem)
    if named is None:
        message = "A picture says not whose it is. Name it Name_0001.jpg, or put it into its person's folder."
        raise PairsError(message)
    return named[1]


def _without_repetitions(by_name: dict[str, list[Path]]) -> People:
    # A picture that stands twice under one person would be a true pair at distance 0; under two people, a false one.
    digests = {path: hashlib.sha256(content_of(path)).digest() for paths in by_name.values() for path in paths}
    owners: dict[bytes, set[str]] = defaultdict(set)
    for name, paths in by_name.items():
        for path in paths:
            owners[digests[path]].add(name)
    kept: dict[str, list[Path]] = {}
    for name, paths in by_name.items():
        once = {digests[path]: path for path in reversed(paths) if owners[digests[path]] == {name}}
        kept[name] = sorted(once.values())
    names = tuple(name for name in by_name if kept[name])
    photos = tuple(Photo(path, person) for person, name in enumerate(names) for path in kept[name])
    return People(names, photos, len(digests) - len(photos))


def _lines(file: Path) -> Iterator[list[str]]:
    for line in _text(file).splitlines():
        yield line.split("\t") if "\t" in line else line.split()


def _rows(file: Path) -> Iterator[list[str]]:
    for row in csv.reader(_text(file).splitlines()):
        yield [cell.strip() for cell in row]


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_PAIRS_FILE_BYTES_AT_MOST + 1)
        if len(content) <= _PAIRS_FILE_BYTES_AT_MOST:
            return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        pass
    message = "The pairs or slices file cannot be read as UTF-8 text. Check its path and how it was saved."
    raise PairsError(message) from None
