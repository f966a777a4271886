# SPDX-License-Identifier: Apache-2.0
"""What is on the screen, said for the person who asked to hear it; the wish ends with the person.

It decides which words may leave the loudspeaker: what only the person may hear is said with headphones and else not.
It reads no device: what makes sound, and whether headphones are in, are ports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kiosk.screens.wording import Phrase

LEVELS = 5  # compliance X-01
_STATEMENT, _QUESTION = "ค่ะ", "คะ"
_ASKS = ("หรือไม่", "ไหม", "อย่างไร", "ใด")


class Speech(Protocol):
    """Makes words heard."""

    def say(self, text: str, language: str, *, volume: int, headphones: bool) -> None:
        """Begin to say this and return at once; what was being said ends.

        Args:
            text: what may hold personal data only if `headphones`; it is in no log, file or process list.
            language: as the texts call it.
            volume: 1 to `LEVELS`.
            headphones: whether headphones were in when it was decided to say this.
        """

    def stop(self) -> None:
        """Be silent at once."""


class HeadphoneJack(Protocol):
    """Knows whether only the person hears."""

    def plugged(self) -> bool:
        """Tell whether headphones are in; False whenever that is not known."""


class SilentSpeech:
    """A kiosk without a voice."""

    def say(self, text: str, language: str, *, volume: int, headphones: bool) -> None:
        """Say nothing."""

    def stop(self) -> None:
        """See `Speech`."""


class NoHeadphoneJack:
    """A kiosk that cannot tell: everybody hears."""

    def plugged(self) -> bool:
        """See `HeadphoneJack`."""
        return False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one screen says: first what is shown, then what can be done."""

    screen: object
    language: str
    shown: Sequence[Phrase]
    choices: Sequence[Phrase]

    def since(self, before: Prompt | None) -> Prompt:
        """Leave out what the same screen said a moment ago: a new hint is said without all that stands around it."""
        if before is None or (self.screen, self.language) != (before.screen, before.language):
            return self
        said = {phrase.key for phrase in before.shown}
        same_choices = [phrase.key for phrase in self.choices] == [phrase.key for phrase in before.choices]
        shown = [phrase for phrase in self.shown if phrase.key not in said]
        return Prompt(self.screen, self.language, shown, () if same_choices else self.choices)


@dataclass(slots=True)
class Voice:
    """Speaks for one person after another.

    Args:
        speech: what makes sound.
        jack: whether only the person hears.
        offered: whether screens offer to be heard.
        by_default: whether each person begins with the voice on.
        begin_at: the volume to begin with, 1 to `LEVELS`.
    """

    speech: Speech = field(default_factory=SilentSpeech)
    jack: HeadphoneJack = field(default_factory=NoHeadphoneJack)
    offered: bool = True
    by_default: bool = False
    begin_at: int = 3
    level: int = field(init=False, default=0)
    _before: Prompt | None = field(init=False, default=None)
    _for_one_only: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget who was here."""
        self.speech.stop()
        self.level = self.begin_at if self.offered and self.by_default else 0
        self._before, self._for_one_only = None, False

    def turn(self) -> None:
        """Go to the next of: on as set, louder up to the loudest, from the softest up to what was set, off."""
        if self.level == 0:
            self.level = self.begin_at
        else:
            louder = self.level % LEVELS + 1
            self.level = 0 if louder == self.begin_at else louder
        self.speech.stop()
        self._before = None

    def tell(self, prompt: Prompt, *first: Phrase) -> None:
        """Say a screen, without what it said already; `first` is said before it."""
        new = prompt.since(self._before)
        self._before = prompt
        self._say((*first, *new.shown), new.choices, prompt.language)

    def name(self, choice: Phrase, language: str) -> None:
        """Say which choice the keys are on."""
        self._say((choice,), (), language)

    def watch(self) -> None:
        """Fall silent when the headphones are pulled while something is said that only the person may hear."""
        if self._for_one_only and not self.jack.plugged():
            self.speech.stop()
            self._for_one_only = False

    def _say(self, shown: Sequence[Phrase], choices: Sequence[Phrase], language: str) -> None:
        if not self.level or not (shown or choices):
            return
        headphones = self.jack.plugged()
        halves = (_polite(_once(half, headphones=headphones), language) for half in (shown, choices))
        self._for_one_only = headphones and any(phrase.is_personal for phrase in (*shown, *choices))
        text = " ".join(f"{sentence}." for half in halves for sentence in half)
        self.speech.say(text, language, volume=self.level, headphones=headphones)


def _once(phrases: Iterable[Phrase], *, headphones: bool) -> list[str]:
    """Choose the words for who hears; several that only the person may hear have one stand-in, said once."""
    return list(dict.fromkeys(phrase.private if headphones else phrase.aloud for phrase in phrases))


def _polite(sentences: Sequence[str], language: str) -> list[str]:
    """Speak Thai as staff do: a question ends in คะ, and what is said last in ค่ะ. Screens are polite without."""
    plain = [sentence.rstrip(".?") for sentence in sentences]
    if language != "th":
        return plain
    asked = [f"{sentence}{_QUESTION}" if sentence.endswith(_ASKS) else sentence for sentence in plain]
    return [*asked[:-1], *(last if last.endswith(_QUESTION) else f"{last}{_STATEMENT}" for last in asked[-1:])]
