# SPDX-License-Identifier: Apache-2.0
"""Which step of commissioning comes next, and what a step may come to. Pure: no clock, no file, no screen.

A step that was left for later comes again when all others are settled; nothing is handed over before that. Whether
this machine is a kiosk is what its settings say, never what is remembered here.

Source: journeys, J11; docs/adr/0043.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Step(StrEnum):
    """The steps, in their order."""

    WAY = "way"  # to the fleet's door, before anything can be claimed
    CLAIM = "claim"
    WORDS = "words"
    NETWORK = "network"
    READER = "reader"
    CAMERA = "camera"
    TOUCH = "touch"
    SOUND = "sound"
    PRINTER = "printer"
    PRIVACY = "privacy"
    VISIT = "visit"  # one person's whole enrolment, in the profile test
    REHEARSAL = "rehearsal"  # without a network
    HAND_OVER = "hand_over"


class Outcome(StrEnum):
    """What came of a step."""

    WELL = "well"
    CARE = "care"  # the technician went on although something needs care
    ABSENT = "absent"  # this kiosk has none
    LATER = "later"
    REFUSED = "refused"  # the words differ: whoever has the name, it is not this machine


_SETTLES = (Outcome.WELL, Outcome.CARE, Outcome.ABSENT)
_UNTIL_KIOSK = (Step.WAY, Step.CLAIM)
_ONCE = (*_UNTIL_KIOSK, Step.WORDS)  # never again: another name needs a fresh image
_EXAMINED = frozenset({Outcome.WELL, Outcome.CARE, Outcome.LATER})
_CONFIRMED = frozenset({Outcome.WELL, Outcome.LATER})
ALLOWED: Mapping[Step, frozenset[Outcome]] = {
    Step.WAY: frozenset({Outcome.WELL}),
    Step.CLAIM: frozenset({Outcome.WELL}),
    Step.WORDS: frozenset({Outcome.WELL, Outcome.REFUSED}),
    Step.NETWORK: _EXAMINED,
    Step.READER: _EXAMINED,
    Step.CAMERA: _EXAMINED,
    Step.TOUCH: _CONFIRMED,
    Step.SOUND: _CONFIRMED | {Outcome.ABSENT},
    Step.PRINTER: _CONFIRMED | {Outcome.ABSENT},
    Step.PRIVACY: _CONFIRMED,
    Step.VISIT: _CONFIRMED,
    Step.REHEARSAL: _EXAMINED,
    Step.HAND_OVER: frozenset({Outcome.WELL, Outcome.CARE}),  # CARE: the controller has no report yet
}


class Result(msgspec.Struct, frozen=True):
    """What came of one step, when, and what was found; `figures` are as the doctor told them, with their units."""

    step: Step
    outcome: Outcome
    at_ms: int
    code: str = ""
    figures: dict[str, str] = {}


class Progress(msgspec.Struct, frozen=True):
    """All that must outlive a power cut. The code is kept until it is used up, so that nobody types it twice."""

    v: int = 1
    language: str = "th"
    kiosk: str = ""
    code: str = ""
    facility: str = ""
    results: tuple[Result, ...] = ()

    def __repr__(self) -> str:
        """Leave out the code."""
        return f"Progress(kiosk={self.kiosk!r}, results={self.results!r})"


def next_step(progress: Progress, *, kiosk: str) -> Step | None:
    """The step to take now; None when all are settled or nothing more may be done.

    `kiosk` is the name in the machine's settings, empty while it has none.
    """
    if is_stopped(progress, kiosk=kiosk):
        return None
    by_step = {result.step: result.outcome for result in _valid(progress, kiosk)}
    left = [step for step in Step if by_step.get(step) not in _SETTLES and not (kiosk and step in _UNTIL_KIOSK)]
    before = [step for step in left if step is not Step.HAND_OVER]
    untouched = [step for step in before if step not in by_step]
    if untouched:
        return untouched[0]
    if before:  # left for later: the one that has waited longest
        return next(result.step for result in _valid(progress, kiosk) if result.step in before)
    return left[0] if left else None


def is_stopped(progress: Progress, *, kiosk: str) -> bool:
    """Whether the words differed: this machine must not become anything."""
    return any(result.outcome is Outcome.REFUSED for result in _valid(progress, kiosk))


def settle(progress: Progress, result: Result, *, kiosk: str) -> Progress:
    """Remember what came of the step that was taken.

    Raises:
        ValueError: it is not the step to take, or it cannot come to that.
    """
    if result.step is not next_step(progress, kiosk=kiosk):
        message = f"{result.step} is not the step to take"
        raise ValueError(message)
    if result.outcome not in ALLOWED[result.step]:
        message = f"{result.step} cannot come to {result.outcome}"
        raise ValueError(message)
    others = tuple(each for each in _valid(progress, kiosk) if each.step is not result.step)
    used = {"code": "", "facility": ""} if kiosk else {}
    return msgspec.structs.replace(progress, kiosk=kiosk, results=(*others, result), **used)


def step_before(progress: Progress, *, kiosk: str) -> Step | None:
    """The step that "back" leads to; None where there is no way back."""
    now = next_step(progress, kiosk=kiosk)
    if now is None or now in _ONCE:
        return None
    taken = {result.step for result in _valid(progress, kiosk)}
    until_now = list(Step)[: list(Step).index(now)]
    before = [step for step in until_now if step in taken and step not in _ONCE]
    return before[-1] if before else None


def repeated(progress: Progress, *steps: Step) -> Progress:
    """Forget what came of some steps, and that the kiosk was handed over. Those that happen once are kept."""
    forgotten = {step for step in steps if step not in _ONCE} | {Step.HAND_OVER}
    kept = tuple(result for result in progress.results if result.step not in forgotten)
    return msgspec.structs.replace(progress, results=kept)


def _valid(progress: Progress, kiosk: str) -> tuple[Result, ...]:
    """What is remembered of this very kiosk, once each; of a machine without a name only that its way was open."""
    if progress.kiosk == kiosk and kiosk:
        return progress.results
    return tuple(result for result in progress.results if result.step is Step.WAY)
