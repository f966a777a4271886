# SPDX-License-Identifier: Apache-2.0
"""Somebody who hears what a kiosk says, and a plug of headphones to put in and pull."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heard:
    """One prompt as it left the kiosk."""

    text: str
    language: str
    volume: int
    headphones: bool


@dataclass
class Ear:
    """Takes the place of espeak-ng."""

    heard: list[Heard] = field(default_factory=list)
    speaking: bool = False

    def say(self, text: str, language: str, *, volume: int, headphones: bool) -> None:
        """See `Speech`."""
        self.heard.append(Heard(text, language, volume, headphones))
        self.speaking = True

    def stop(self) -> None:
        """See `Speech`."""
        self.speaking = False

    @property
    def last(self) -> str:
        """What was said last."""
        return self.heard[-1].text if self.heard else ""

    @property
    def transcript(self) -> list[str]:
        """All that was said."""
        return [each.text for each in self.heard]


@dataclass
class Plug:
    """Takes the place of the jack."""

    inside: bool = False

    def plugged(self) -> bool:
        """See `HeadphoneJack`."""
        return self.inside
