# SPDX-License-Identifier: Apache-2.0
"""Has Debian's espeak-ng, which is the kiosk's voice too, say one sentence by the machine's own loudspeaker."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

_PATIENCE_S = 20.0
_TROUBLE = re.compile(rb"^error:", re.MULTILINE)  # without a sound card it says so, and ends with 0


@dataclass(frozen=True, slots=True)
class Voice:
    """What speaks: espeak-ng, or another program that takes its options."""

    program: str = "espeak-ng"

    def say(self, text: str, language: str) -> str:
        """Say it to the end; why it could not be said, as a word of the texts, or nothing."""
        line = (self.program, "-v", language, "--stdin")
        try:
            ran = subprocess.run(line, input=text.encode(), capture_output=True, check=False, timeout=_PATIENCE_S)  # noqa: S603 - our own arguments, no shell
        except FileNotFoundError:
            return "no_voice"
        except (OSError, subprocess.TimeoutExpired):
            return "no_sound"
        return "no_sound" if ran.returncode or _TROUBLE.search(ran.stderr) else ""
