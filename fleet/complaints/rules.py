# SPDX-License-Identifier: Apache-2.0
"""What may become of a complaint, and until when: pure, and it never reads a clock.

1. It is new until somebody takes it; who takes it is responsible, and another may take it over.
2. It is answered with words that say what was done, and closed when that was enough.
3. One that is answered or closed can be opened again: then it is taken anew, and due anew.

Short term is what has to work again at once; long term is what has to be developed (founding documents, S086 and S087).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from fleet.errors import FleetError
from wire.announcements import holds_a_citizen_number, is_printable
from wire.opinions import Category

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 300  # letters
_HOUR_MS = 60 * 60_000
_DAY_MS = 24 * _HOUR_MS


class State(StrEnum):
    """How far a complaint has come."""

    NEW = "new"
    TAKEN = "taken"
    ANSWERED = "answered"
    CLOSED = "closed"


OPEN = (State.NEW, State.TAKEN)  # somebody has to do something


class Term(StrEnum):
    """How soon it has to be seen to."""

    SHORT = "short"  # ระยะสั้น-ฉุกเฉิน
    LONG = "long"  # ระยะยาว


DUE_MS: Mapping[Term, int] = MappingProxyType({Term.SHORT: _DAY_MS, Term.LONG: 30 * _DAY_MS})
LONG_TERM = frozenset({Category.WORDS})  # what is not understood has to be written anew


class Source(StrEnum):
    """How it came."""

    KIOSK = "kiosk"
    WALK_IN = "walk_in"
    PHONE = "phone"


class Deed(StrEnum):
    """What is done to one."""

    TAKE = "take"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


_FROM: Mapping[Deed, tuple[State, ...]] = MappingProxyType(
    {
        Deed.TAKE: (State.NEW, State.TAKEN),
        Deed.ANSWER: (State.NEW, State.TAKEN),
        Deed.CLOSE: (State.ANSWERED,),
        Deed.REOPEN: (State.ANSWERED, State.CLOSED),
    }
)


class Why(StrEnum):
    """Why something was not done."""

    UNKNOWN = "unknown"
    STATE = "state"  # somebody was quicker, or it is not its turn
    NO_WORDS = "no_words"
    LENGTH = "length"
    CONTROLS = "controls"
    NUMBER = "number"  # as a citizen's
    NO_PLACE = "no_place"
    NO_KIND = "no_kind"  # category, term or source


class ComplaintRefusedError(FleetError):
    """A complaint was not entered or not changed. Nothing changed."""

    def __init__(self, why: Why, message: str) -> None:
        """Keep the reason for programs beside the words."""
        self.why = why
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a complaint is about, how soon it has to be seen to, and how it came."""

    category: Category
    term: Term
    source: Source


def may(deed: Deed, state: State) -> bool:
    """Whether this can be done to a complaint in that state."""
    return state in _FROM[deed]


def check(deed: Deed, state: State) -> None:
    """Refuse what is not its turn.

    Raises:
        ComplaintRefusedError: saying how far it has come.
    """
    if not may(deed, state):
        message = f"It is {state} already: {deed} is for one that is {' or '.join(_FROM[deed])}."
        raise ComplaintRefusedError(Why.STATE, message)


def told(words: str, *, needed: bool) -> str:
    """Words as they are written down: on one line, of nobody.

    Raises:
        ComplaintRefusedError: naming what is wrong with them.
    """
    written = unicodedata.normalize("NFC", " ".join(words.split()))
    if not written:
        if needed:
            message = "words: none. Say in a sentence what was done."
            raise ComplaintRefusedError(Why.NO_WORDS, message)
        return ""
    if len(written) > LONGEST:
        message = f"words: {len(written)} letters. Give at most {LONGEST}."
        raise ComplaintRefusedError(Why.LENGTH, message)
    if not is_printable(written):
        message = "words: a control character. Give plain words."
        raise ComplaintRefusedError(Why.CONTROLS, message)
    if holds_a_citizen_number(written):
        message = "words: 13 digits, as a citizen number has. A complaint names nobody: leave it out."
        raise ComplaintRefusedError(Why.NUMBER, message)
    return written


def term_of(category: Category) -> Term:
    """How soon what a kiosk says has to be seen to; whoever takes it may say otherwise."""
    return Term.LONG if category in LONG_TERM else Term.SHORT


def hour_of(at_ms: int) -> int:
    """The hour that a moment lies in: more would say which visit a complaint belongs to."""
    return at_ms - at_ms % _HOUR_MS
