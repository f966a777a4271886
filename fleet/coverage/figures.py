# SPDX-License-Identifier: Apache-2.0
"""A province's A and B as integers, each figure carrying how it was computed, so that no two kinds are ever added.

`Figures[Literal[Mode.OFFICIAL]] + Figures[Literal[Mode.PROXY]]` does not type-check, and raises when it runs.
Nothing here rounds or divides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from wire.events import Profile


class Mode(StrEnum):
    """How a figure was computed; stated beside every figure."""

    OFFICIAL = "official"  # A and B imported from the identity provider's report: the evaluation of record
    MATCHED = "matched"  # our people among those on a list of B, person by person (docs/adr/0036)
    PROXY = "proxy"  # our people by the address on the card over an imported count of B: an estimate


class Absence(StrEnum):
    """Why a share cannot be evaluated. Zero and missing are different answers."""

    NOT_MATCHED = "not_matched"  # no list of these people was matched with ours
    NO_ROSTER = "no_roster"  # our own figures do not tell staff from people: A1 (docs/adr/0023)
    NOT_IMPORTED = "not_imported"  # no official A
    UNRECONCILED = "unreconciled"  # our own books give less than nobody
    NO_DENOMINATOR = "no_denominator"  # no B was imported
    ZERO_DENOMINATOR = "zero_denominator"  # an imported B of 0
    NOTHING_TO_SUM = "nothing_to_sum"  # no province of the sum could be evaluated


class MixedFiguresError(TypeError):
    """Figures of two modes, profiles or fiscal years were added. Add only what was counted the same way."""


@dataclass(frozen=True, slots=True)
class Share:
    """A of B, both counted in whole people; `None` is missing. `lacking` says why A is missing."""

    a: int | None
    b: int | None
    lacking: Absence = Absence.NOT_IMPORTED

    def __post_init__(self) -> None:
        """Refuse what no count can be."""
        if any(value is not None and value < 0 for value in (self.a, self.b)):
            message = "A and B count people: 0 or more, or None when missing"
            raise ValueError(message)

    @property
    def absence(self) -> Absence | None:
        """Why the share cannot be evaluated, or None if it can. A missing A is named before B's trouble."""
        if self.a is None:
            return self.lacking
        if self.b is None:
            return Absence.NO_DENOMINATOR
        return Absence.ZERO_DENOMINATOR if self.b == 0 else None

    @property
    def known(self) -> tuple[int, int] | None:
        """A and B when the share can be evaluated."""
        if self.a is None or self.b is None or self.b == 0:
            return None
        return self.a, self.b

    @property
    def a_exceeds_b(self) -> bool:
        """More people than the denominator knows: shown and flagged, never clamped."""
        return self.a is not None and self.b is not None and self.a > self.b

    def __add__(self, other: Share) -> Share:
        """Sum numerators and denominators; a share that cannot be evaluated adds nothing."""
        mine, theirs = self.known, other.known
        if mine is None and theirs is None:
            return Share(None, None, Absence.NOTHING_TO_SUM)
        (a, b), (more_a, more_b) = mine or (0, 0), theirs or (0, 0)
        return Share(a + more_a, b + more_b)


M = TypeVar("M", bound=Mode)


@dataclass(frozen=True, slots=True)
class Figures(Generic[M]):
    """One province's (or a sum's) figures for one fiscal year.

    `profile` is None for official figures; `snapshot` is the fiscal year that B was taken for; `made_up` is set if
    any part came from sample data, and `early` if people were matched before the cut-off: later ones are missing.
    """

    mode: M
    fiscal_year: int
    staff: Share  # KPI 57.1: A1 of B1
    people: Share  # KPI 57.2: A2 of B2
    profile: Profile | None = None
    snapshot: int | None = None
    made_up: bool = False
    early: bool = False

    def __add__(self, other: Figures[M]) -> Figures[M]:
        """Sum two figures that were counted the same way.

        Raises:
            MixedFiguresError: they were not.
        """
        if (self.mode, self.profile, self.fiscal_year) != (other.mode, other.profile, other.fiscal_year):
            message = "figures of different modes, profiles or fiscal years are never added; show them side by side"
            raise MixedFiguresError(message)
        return Figures(
            mode=self.mode,
            fiscal_year=self.fiscal_year,
            staff=self.staff + other.staff,
            people=self.people + other.people,
            profile=self.profile,
            snapshot=self.snapshot if self.snapshot == other.snapshot else None,
            made_up=self.made_up or other.made_up,
            early=self.early or other.early,
        )


OfficialFigures: TypeAlias = Figures[Literal[Mode.OFFICIAL]]
MatchedFigures: TypeAlias = Figures[Literal[Mode.MATCHED]]
ProxyFigures: TypeAlias = Figures[Literal[Mode.PROXY]]
