# SPDX-License-Identifier: Apache-2.0
"""What one screen of commissioning says and asks, in no language yet: one question, and the touches that answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provisioning.commissioning.words import Words


class Act(StrEnum):
    """What the technician can touch."""

    GO = "go"
    AGAIN = "again"
    ANYWAY = "anyway"
    LATER = "later"
    YES = "yes"
    NO = "no"
    ABSENT = "absent"
    MESSAGE = "message"
    CLOSE = "close"
    RETYPE = "retype"
    SCAN = "scan"
    BACK = "back"  # to the step before
    END = "end"


_LEAVES = (Act.LATER, Act.NO, Act.BACK, Act.CLOSE, Act.RETYPE, Act.SCAN, Act.END, Act.ABSENT, Act.MESSAGE)


def is_forward(act: Act) -> bool:
    """Whether it goes on; what leaves stands on the left and looks quieter."""
    return act not in _LEAVES


class Form(Enum):
    """How a page is answered, and how it looks."""

    TEXT = "text"
    BIG = "big"  # a few words to be compared
    KEYS = "keys"
    TARGETS = "targets"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the texts with its values, or what another program says by language."""

    key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)

    def text(self, words: Words) -> str:
        """In one language."""
        if self.told:
            return self.told.get(words.language) or next(iter(self.told.values()))
        values = {name: each.text(words) if isinstance(each, Line) else each for name, each in self.values.items()}
        return words.text(self.key, **values)


def line(key: str, **values: object) -> Line:
    """One sentence of the texts."""
    return Line(key, values)


@dataclass(frozen=True, slots=True)
class Page:
    """One screen. `letters` and `length` are those of what is typed."""

    title: Line
    lines: tuple[Line, ...] = ()
    acts: tuple[Act, ...] = ()
    form: Form = Form.TEXT
    letters: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was touched, and what was typed before."""

    act: Act
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that takes its time, off the screen's thread; what it returns is the answer.

    With `takes_screen` another program draws on this terminal until it is done.
    """

    page: Page
    run: Callable[[], Any]
    takes_screen: bool = False
