# SPDX-License-Identifier: Apache-2.0
"""Which letters a terminal of this machine can draw: a font has all of a script's, or none of them counts."""

from __future__ import annotations

import subprocess
import unicodedata
from collections import defaultdict


def without_a_font(letters: frozenset[str]) -> frozenset[str]:
    """Return the letters that no font has together with the rest of their script, so that none is drawn as a box.

    Marks are shaped with the letter that they stand on, so a script needs one font that has it whole. Where fontconfig
    cannot be asked, no letter counts as had.
    """
    scripts: defaultdict[str, set[str]] = defaultdict(set)
    for letter in letters:
        scripts[unicodedata.name(letter, "UNNAMED").split()[0]].add(letter)
    return frozenset(letter for script in scripts.values() if not _is_had(script) for letter in script)


def _is_had(letters: set[str]) -> bool:
    charset = " ".join(f"{ord(letter):x}" for letter in sorted(letters))
    try:
        listed = subprocess.run(  # noqa: S603 - code points in hexadecimal, no shell
            ["fc-list", f":charset={charset}", "family"],  # noqa: S607 - the system's own, wherever it lies
            capture_output=True,
            check=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return bool(listed.stdout.strip())
