# SPDX-License-Identifier: Apache-2.0
"""Further languages as files: a pack is taken whole or refused with a reason, and never shows a letter as a box.

A pack is `<language>.toml` in the folder that `kiosk.toml` names: a table `[pack]` with `name`, what the language calls
itself, and `reviewed_by`, who of those who speak it has read it; then every sentence that a person meets, with the
blanks of the English one. What only technicians read stays English.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.screens.wording import compare, read_sentences, turned
from wire.lettering.texts import WordingError
from wire.lettering.thai import drawable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kiosk.screens.wording import Wording

_FOR_TECHNICIANS = re.compile(r"\.technician$|^(fault|doctor|reader_event)\.")
_WIDTH_UNSURE = "Mc"  # spacing marks: how many cells one takes, terminals and our layout do not agree
_NAMES = ("pack.name", "pack.reviewed_by")


@dataclass(frozen=True, slots=True)
class Packs:
    """All languages in their order, and why some are not among them."""

    wordings: Mapping[str, Wording]
    refused: tuple[str, ...]


def add_packs(
    wordings: Mapping[str, Wording],
    folder: Path | None,
    *,
    without_a_font: Callable[[frozenset[str]], frozenset[str]],
    live: bool,
) -> Packs:
    """Add what the folder holds to the languages that ship.

    Args:
        wordings: what ships; English among them is the measure.
        folder: where the packs lie; None for none.
        without_a_font: which of some letters no font of this machine has.
        live: then a pack that nobody has read is refused.
    """
    taken, refused = dict(wordings), []
    for file in sorted(folder.glob("*.toml")) if folder is not None else ():
        try:
            taken[file.stem] = _read(file, wordings["en"], without_a_font=without_a_font, live=live)
        except (WordingError, OSError, ValueError) as error:
            refused.append(f"{file.name}: {error}")
    return Packs(turned(taken), tuple(refused))


def _read(
    file: Path, english: Wording, *, without_a_font: Callable[[frozenset[str]], frozenset[str]], live: bool
) -> Wording:
    """1. complete; 2. read by somebody, for LIVE; 3. of letters that keep to their cells; 4. that a font has."""
    pack = read_sentences(file.parent, file.stem)
    facts = {key: pack.sentences.get(key, "") for key in _NAMES}
    if not facts["pack.name"]:
        message = "has no name in [pack]. Write what the language calls itself."
        raise WordingError(message)
    said = {key: text for key, text in pack.sentences.items() if not key.startswith("pack.")}
    named = said | {"header.name": facts["pack.name"], "header.language": facts["pack.name"]}
    whole = pack.having({key: text for key, text in english.sentences.items() if _FOR_TECHNICIANS.search(key)} | named)
    compare(english, whole)  # 1
    compare(whole, english)
    if live and not facts["pack.reviewed_by"]:  # 2
        message = "nobody who speaks it has read it. Have it read, write who did into reviewed_by, or leave it out."
        raise WordingError(message)
    letters = frozenset(letter for text in named.values() for letter in drawable(text) if not letter.isascii())
    _refuse(
        "their width on a terminal is not known", {x for x in letters if unicodedata.category(x) == _WIDTH_UNSURE}
    )  # 3
    _refuse("no font of this kiosk has them", without_a_font(letters))  # 4
    return whole


def _refuse(why: str, letters: set[str] | frozenset[str]) -> None:
    if letters:
        named = " ".join(f"U+{ord(letter):04X}" for letter in sorted(letters)[:5])
        message = f"{len(letters)} letters cannot be shown ({named}): {why}. Leave the pack out."
        raise WordingError(message)
