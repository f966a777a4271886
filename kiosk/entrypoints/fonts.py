# SPDX-License-Identifier: Apache-2.0
"""Which letters the fonts of this machine have: a font has all of a script's, or none of them counts."""

from __future__ import annotations

import subprocess
import unicodedata
from collections import defaultdict
from pathlib import Path

_PLAIN = frozenset({"Regular", "Book", "Medium"})


def without_a_font(letters: frozenset[str]) -> frozenset[str]:
    """Return the letters that no font has together with the rest of their script, so that none is drawn as a box.

    Marks are shaped with the letter that they stand on, so a script needs one font that has it whole. Where fontconfig
    cannot be asked, no letter counts as had.
    """
    scripts: defaultdict[str, set[str]] = defaultdict(set)
    for letter in letters:
        scripts[unicodedata.name(letter, "UNNAMED").split()[0]].add(letter)
    return frozenset(letter for script in scripts.values() if not _having(script) for letter in script)


def font_with(letters: frozenset[str], *, rather: str) -> Path | None:
    """Return the file of an upright font that has all of these letters, of the family `rather` where it is there."""
    fonts = [(family != rather, style not in _PLAIN, file) for family, style, file in _having(letters)]
    return Path(min(fonts)[2]) if fonts else None


def _having(letters: set[str] | frozenset[str]) -> list[tuple[str, str, str]]:
    """Family, style and file of each font that has all of these letters."""
    charset = " ".join(f"{ord(letter):x}" for letter in sorted(letters))
    form = "%{family[0]}\t%{style[0]}\t%{file}\n"
    try:
        listed = subprocess.run(  # noqa: S603 - code points in hexadecimal, no shell
            ["fc-list", "-f", form, f":charset={charset}", "family", "style", "file"],  # noqa: S607 - the system's own, wherever it lies
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=20,
        )
    except (OSError, UnicodeError, subprocess.SubprocessError):
        return []
    fonts = (line.split("\t") for line in listed.stdout.splitlines())
    return [(family, style, file) for family, style, file in fonts]
