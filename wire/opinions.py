# SPDX-License-Identifier: Apache-2.0
"""What people say of a visit, as closed lists that both ends know: a face, what was not good, what to mend.

None of it names anybody, and nobody has to say any of it.
"""

from __future__ import annotations

from enum import StrEnum


class Opinion(StrEnum):
    """What is counted. In a heartbeat's counts each is spelled `opinion.<code>`."""

    RATED_1 = "rated_1"
    RATED_2 = "rated_2"
    RATED_3 = "rated_3"
    RATED_4 = "rated_4"
    RATED_5 = "rated_5"
    ABOUT_WAITING = "about_waiting"
    ABOUT_WORDS = "about_words"
    ABOUT_MACHINE = "about_machine"
    ABOUT_OTHER = "about_other"

    @property
    def counted_as(self) -> str:
        """How a heartbeat spells it."""
        return f"opinion.{self.value}"


RATINGS = (Opinion.RATED_1, Opinion.RATED_2, Opinion.RATED_3, Opinion.RATED_4, Opinion.RATED_5)
SATISFIED = (Opinion.RATED_4, Opinion.RATED_5)  # the two faces that smile


class Category(StrEnum):
    """What a complaint is about. A controller must know one before a kiosk sends it."""

    CARD = "card"  # the card, or its reader
    FACE = "face"  # the camera, or the comparison
    CODE = "code"  # the code, or Mor Prom
    MACHINE = "machine"  # screen, sound, printer
    WORDS = "words"  # not understood, hard to use
    SERVICE = "service"  # people, waiting
    OTHER = "other"


class Place(StrEnum):
    """On which screen a complaint was made."""

    MENU = "menu"
    PROBLEM = "problem"
    RATING = "rating"
