# SPDX-License-Identifier: Apache-2.0
"""Thai text in terminal cells: what may be drawn, what must not be parted, and where a line may break.

It works on copies made for the screen and never on text that is stored, compared or signed: it changes code points.

Terminals shape one cell at a time, so U+0E33 SARA AM loses its vowel and the tone mark under it; decomposed into
NIKHAHIT and SARA AA it is drawn right and keeps its two cells. Neither Rich nor Textual breaks Thai between words:
the texts carry U+200B where a line may break.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len

WORD_MARK = "\u200b"  # zero width space: a line may break here
_NO_BREAK_SPACE = "\u00a0"

_SARA_AM = re.compile("([\u0e48-\u0e4b]?)\u0e33")  # an optional tone mark stands before the vowel
_PARTED_SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_MASK = re.compile("\u2022+")  # the dots of a masked name
_UNDRAWABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # controls, bidi marks, unassigned: Unicode ch. 4.5
_MARKS = frozenset({"Mn", "Me"})
_MARKS_PER_BASE = 3  # Thai needs two; more is a tower that hides the neighbours
_LEADING_VOWELS = "เแโใไ"
_FOLLOWING_VOWELS = "ะาๅฯๆ"
_CLUSTER_CELLS = 4  # เกาะ: the longest that may not be parted
_BREAKABLE = re.compile(f"{WORD_MARK}|( )")


def drawable(text: str) -> str:
    """Drop what a terminal would obey or hide, and decompose SARA AM."""
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        if category not in _UNDRAWABLE and marks <= _MARKS_PER_BASE:
            kept.append(character)
    return _SARA_AM.sub("\u0e4d\\1\u0e32", "".join(kept)).replace(_NO_BREAK_SPACE, " ")


def sayable(text: str) -> str:
    """What a voice reads: one line of plain letters, SARA AM whole again, nothing that stands for a hidden letter."""
    kept = _MASK.sub(" ", drawable(text.replace(WORD_MARK, "").replace("\n", " ")))
    return joined(" ".join(kept.split()))


def joined(text: str) -> str:
    """SARA AM whole again, as everything but a terminal's cell wants it."""
    return _PARTED_SARA_AM.sub("\\1\u0e33", text)


def clusters(text: str) -> list[str]:
    """Split drawable text into the smallest pieces that may stand at the start of a line."""
    pieces: list[str] = []
    for character in text:
        if pieces and _joins(pieces[-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def wrap(text: str, width: int, *, max_lines: int | None = None) -> list[str]:
    """Break text into drawable lines of at most `width` cells, between words where it can.

    Args:
        text: may hold line ends and word marks.
        width: in cells; below two nothing Thai fits and the line may stick out by one.
        max_lines: beyond it the last line ends in an ellipsis.
    """
    lines = [line for paragraph in text.split("\n") for line in _wrap_paragraph(paragraph, max(width, 1))]
    if max_lines is None or len(lines) <= max_lines:
        return lines
    last = lines[max_lines - 1]
    while cell_len(last) >= width:
        last = "".join(clusters(last)[:-1])
    return [*lines[: max_lines - 1], last + "…"]


def _joins(piece: str, character: str) -> bool:
    if unicodedata.category(character) in _MARKS:
        return True
    if cell_len(piece) >= _CLUSTER_CELLS:
        return False
    return character in _FOLLOWING_VOWELS or piece[-1] in _LEADING_VOWELS


def _wrap_paragraph(paragraph: str, width: int) -> list[str]:
    lines = [""]
    for word in _words(paragraph, width):
        if cell_len(lines[-1]) + cell_len(word) <= width:
            lines[-1] += word
        elif word != " ":
            lines[-1] = lines[-1].rstrip(" ")
            lines.append(word)
    lines[-1] = lines[-1].rstrip(" ")
    return lines


def _words(paragraph: str, width: int) -> list[str]:
    words = [drawable(word) for word in _BREAKABLE.split(paragraph) if word]
    return [piece for word in words for piece in ([word] if cell_len(word) <= width else clusters(word))]
