# SPDX-License-Identifier: Apache-2.0
"""Whether a rollout goes on, waits or stops: one pure function over whole numbers.

Nothing is estimated with floating point. The tests, and why these:

* Failures, at any moment: at least two, and the lower bound of Wilson's interval (z = 2) of their share lies above what
  is allowed. That is 2 of 2, 2 of 11, 3 of 20 where 5 % are allowed: one failure may be that machine's, two are not.
* Failures, when a wave would pass: their plain share of what this wave was judged by.
* Alarms: kiosks that had one since they run the release, by hours watched, against kiosks that do not run it yet. Given
  the sum of both, the former's is binomial where both do alike: the exact conditional test of two rates
  (Przyborowski and Wilenski 1940, Biometrika 31).
* Visits: kiosks at which more than half of at least five visits ended badly, of the same two groups, by Fisher's exact
  test.

A kiosk counts once however often it fails: visits at one kiosk have one cause. A look is taken each half minute, so
that a stop in between needs one chance in a thousand; when a wave would pass there is one look, which needs one in 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import comb

import msgspec

_LEAST_FAILURES = 2
_Z_SQUARED = 4
_ANY_TIME, _WHEN_PASSING = 1000, 20  # one chance in so many


class Decision(StrEnum):
    """What is done now."""

    ADVANCE = "advance"
    WAIT = "wait"
    STOP = "stop"


class Ground(StrEnum):
    """Why."""

    FAILURES = "failures"  # too many updates failed
    ALARMS = "alarms"  # kiosks on the release have more alarms than those that are not
    VISITS = "visits"  # visits there end badly at more kiosks
    SAMPLE = "sample"  # too few kiosks were judged
    BAKE = "bake"  # it has not been watched for long enough
    GOOD = "good"
    NOBODY = "nobody"  # the wave has no kiosk


@dataclass(frozen=True, slots=True)
class Gates:
    """What a wave has to pass.

    `sample` kiosks judged, `bake_s` since then, `failures_percent` of them failed at most.
    """

    sample: int
    bake_s: int
    failures_percent: int


class Group(msgspec.Struct, frozen=True):
    """Kiosks that are watched together: how many, for how many minutes of opening hours, and what was seen at how many.

    `alarmed` had an alarm; of `visited` enough visits are known, and of these they ended badly at `poor`.
    """

    kiosks: int = 0
    minutes: int = 0
    alarmed: int = 0
    visited: int = 0
    poor: int = 0


class Seen(msgspec.Struct, frozen=True):
    """What was counted.

    `on` and `failed` are of all waves so far, `wave_on` and `wave_failed` of the last one; failures that somebody has
    seen and gone on from are not among them. `wave_judged` were judged at all, of the `reachable` in it, and `of` are
    to be. `sampled_ms` is when the sample was full, None: not yet.
    """

    on: int = 0
    failed: int = 0
    wave_on: int = 0
    wave_failed: int = 0
    wave_judged: int = 0
    reachable: int = 0
    of: int = 0
    sampled_ms: int | None = None
    updated: Group = Group()
    others: Group = Group()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done, and why."""

    decision: Decision
    ground: Ground


def needed(sample: int, reachable: int) -> int:
    """How many of a wave have to be judged: not more than can be reached, and one at least."""
    return max(1, min(sample, reachable))


def judge(gates: Gates, seen: Seen, now_ms: int) -> Verdict:  # noqa: PLR0911 - one for each step
    """Judge a wave.

    1. Too many failures, or worse health beyond doubt: stop, at any moment.
    2. A wave without a kiosk passes.
    3. Too few were judged, or they were watched for too short: wait.
    4. More failures than allowed, or worse health as it seems: stop.
    """
    if _too_many(seen.failed, seen.on + seen.failed, gates.failures_percent):  # 1
        return Verdict(Decision.STOP, Ground.FAILURES)
    worse = _worse(seen, _ANY_TIME)
    if worse is not None:
        return Verdict(Decision.STOP, worse)
    if not seen.of:  # 2
        return Verdict(Decision.ADVANCE, Ground.NOBODY)
    if seen.wave_judged < needed(gates.sample, seen.reachable) or seen.sampled_ms is None:  # 3
        return Verdict(Decision.WAIT, Ground.SAMPLE)
    if now_ms < seen.sampled_ms + gates.bake_s * 1000:
        return Verdict(Decision.WAIT, Ground.BAKE)
    if 100 * seen.wave_failed > gates.failures_percent * (seen.wave_on + seen.wave_failed):  # 4
        return Verdict(Decision.STOP, Ground.FAILURES)
    worse = _worse(seen, _WHEN_PASSING)
    return Verdict(Decision.ADVANCE, Ground.GOOD) if worse is None else Verdict(Decision.STOP, worse)


def _too_many(failed: int, judged: int, percent: int) -> bool:
    """Wilson's lower bound above a share: the score test, without its square root."""
    excess = 100 * failed - percent * judged
    return failed >= _LEAST_FAILURES and excess > 0 and excess**2 > _Z_SQUARED * judged * percent * (100 - percent)


def _worse(seen: Seen, one_in: int) -> Ground | None:
    updated, others = seen.updated, seen.others
    if is_higher_rate((updated.alarmed, updated.minutes), (others.alarmed, others.minutes), one_in):
        return Ground.ALARMS
    if is_higher_share((updated.poor, updated.visited), (others.poor, others.visited), one_in):
        return Ground.VISITS
    return None


def is_higher_rate(one: tuple[int, int], other: tuple[int, int], one_in: int) -> bool:
    """Whether one count in its time is more than another's in its, with less than one chance in `one_in` of error."""
    (n, time), (m, times) = one, other
    if not (time > 0 and times > 0 and n * times > m * time):
        return False  # there is nobody to compare with, or they do no better
    both = n + m
    term = time**both  # of all `both` at one: comb(both, k) * time**k * times**(both - k)
    tail = 0
    for k in range(both, n - 1, -1):
        tail += term
        if tail * one_in >= (time + times) ** both:
            return False
        term = term * k * times // ((both - k + 1) * time)
    return True


def is_higher_share(one: tuple[int, int], other: tuple[int, int], one_in: int) -> bool:
    """Whether a share is higher than another, with less than one chance in `one_in` of error."""
    (n, of), (m, ofs) = one, other
    if not (of and ofs and n * ofs > m * of):
        return False
    both, all_ = n + m, of + ofs
    ways, tail = comb(all_, both), 0
    for k in range(min(both, of), n - 1, -1):
        if both - k > ofs:
            break
        tail += comb(of, k) * comb(ofs, both - k)
        if tail * one_in >= ways:
            return False
    return True
