# SPDX-License-Identifier: Apache-2.0
"""Makes words heard by Debian's espeak-ng, a process for each prompt.

The words go in by standard input: nothing that is said stands in a process list, a file or the log. When there is no
sound the technician is told once, and the screen goes on.
"""

from __future__ import annotations

import re
import subprocess
import threading
from dataclasses import dataclass, field

import structlog

from kiosk.screens.speech import LEVELS

log = structlog.get_logger()

_PROGRAM = "espeak-ng"
_AMPLITUDES = (25, 50, 100, 140, 200)  # of 0 to 200; 100 is its own
_WORDS_A_MINUTE = 150  # its own is 175: too fast for who hears it first
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
_TROUBLE = re.compile(rb"^error:", re.MULTILINE)  # without a sound card it says so, and ends with 0


@dataclass(slots=True)
class EspeakSpeech:
    """One prompt at a time, by ALSA.

    Args:
        loudspeaker: the ALSA device that everybody hears; empty takes the machine's own.
        headphones: the ALSA device that is spoken to while headphones are in; empty where plugging them in already
            takes the sound from the loudspeaker.
        program: what speaks.
    """

    loudspeaker: str = ""
    headphones: str = ""
    program: str = _PROGRAM
    _speaking: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _said_why: set[str] = field(init=False, default_factory=set)

    def say(self, text: str, language: str, *, volume: int, headphones: bool) -> None:
        """See `Speech`."""
        self.stop()
        device = (self.headphones if headphones else "") or self.loudspeaker
        try:
            speaking = subprocess.Popen(  # noqa: S603 - our own arguments and none of the words, no shell
                [self.program, *_arguments(language, volume), *(["-d", device] if device else []), "--stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError:
            self._tell("speech_absent", f"{self.program} cannot be started. Install it: apt-get install espeak-ng.")
            return
        self._speaking = speaking
        # Waiting for the sound to end, and for what is wrong with it, must not hold the screen.
        threading.Thread(target=self._see_through, args=(speaking, text), name="voice", daemon=True).start()

    def stop(self) -> None:
        """See `Speech`."""
        if self._speaking is not None:
            self._speaking.kill()  # its thread collects it
            self._speaking = None

    def _see_through(self, speaking: subprocess.Popen[bytes], text: str) -> None:
        _, complained = speaking.communicate(text.encode("utf-8", "ignore"))
        if speaking.returncode > 0 or (speaking.returncode == 0 and _TROUBLE.search(complained)):
            self._tell("speech_failed", f"{self.program} makes no sound. Check the sound card: aplay -l, speaker-test.")

    def _tell(self, code: str, technician: str) -> None:
        if code not in self._said_why:
            self._said_why.add(code)
            log.error("speech_silent", code=code, technician=technician)


def _arguments(language: str, volume: int) -> list[str]:
    """Say which voice, how fast and how loud; a language that is no language tag gets the program's own voice."""
    voice = ["-v", language] if _LANGUAGE.fullmatch(language) else []
    amplitude = _AMPLITUDES[min(max(volume, 1), LEVELS) - 1]
    return [*voice, "-b", "1", "-s", str(_WORDS_A_MINUTE), "-a", str(amplitude)]  # -b 1: UTF-8
