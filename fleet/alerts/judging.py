# SPDX-License-Identifier: Apache-2.0
"""The one judge of alarms: from what is seen now and from what stands, what begins, goes on and ends. It reads nothing.

1. Silence of many at once is one outage; the silence of each is kept as a part of it.
2. There is at most one alarm of a rule and a subject.
3. A fact that has lasted `for_s` is an alarm. One that is gone for `clear_s` is over; one that comes back before that
   goes on, so that what comes and goes is told once.
4. What cannot be told now changes nothing.
5. An alarm in a maintenance window or in an outage is recorded and not told. When window or outage are over and it
   still stands, it is.
Source: fleet design, 2 (what users of other fleets complain about) and 4.8.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fleet.alerts.grouping import grouped
from fleet.alerts.observations import Observation
from fleet.alerts.rules import RULES, RuleId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from fleet.alerts.observations import Key, Sight
    from fleet.alerts.subjects import Subject
    from fleet.alerts.windows import Window


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of a rule and a subject, from the first sight of its fact until it is over.

    Before `raised_ms` it waits and is nobody's business. `absent_ms` is since when its fact is gone. `told_ms` is when
    messages about it were made; `part_of` the place whose outage it belongs to; `window` the window that it is in.
    """

    rule: RuleId
    subject: Subject
    since_ms: int
    code: str | None = None
    n: int | None = None
    of: int | None = None
    raised_ms: int | None = None
    absent_ms: int | None = None
    cleared_ms: int | None = None
    told_ms: int | None = None
    part_of: Subject | None = None
    window: int | None = None

    @property
    def key(self) -> Key:
        """What there is at most one alarm of."""
        return self.rule, self.subject

    @property
    def is_open(self) -> bool:
        """Whether it is an alarm now."""
        return self.raised_ms is not None and self.cleared_ms is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be written: alarms as they are now, those of them to be told, and those that were never raised."""

    alarms: tuple[Alarm, ...]
    telling: frozenset[Key]
    forgotten: tuple[Key, ...]


def judge(sight: Sight, standing: Collection[Alarm], windows: Collection[Window]) -> Judgement:
    """Judge one look at the fleet. `standing` are the alarms that wait or are open, `windows` those of this moment."""
    before = {each.key: each for each in standing}  # 2
    seen, part_of = _with_outages(sight, standing)  # 1
    after = {key: _next(before.get(key), seen.get(key), sight.at_ms) for key in seen.keys() | before.keys()}
    outages = {each.subject for each in after.values() if each is not None and _is_outage(each)}
    alarms = [
        _placed(each, part_of, outages, windows, sight.at_ms)
        for each in sorted(filter(None, after.values()), key=lambda each: (each.rule.value, each.subject.sort_key))
    ]
    return Judgement(
        tuple(alarms),
        frozenset(each.key for each in alarms if _is_told(each, seen.get(each.key), sight.at_ms)),
        tuple(key for key, each in before.items() if after[key] is None),
    )


def _with_outages(
    sight: Sight, standing: Collection[Alarm]
) -> tuple[dict[Key, Observation], Mapping[Subject, Subject]]:
    observed = _first_of_each(sight.observations)
    silences = [each for each in observed.values() if each.rule is RuleId.SILENT]
    lasting = [each for each in silences if not each.undecided and _lasted(each, sight.at_ms, sight.at_ms)]
    found = grouped(lasting, sight.kiosks)
    undecided = {each.subject for each in silences if each.undecided}
    held = {each.part_of for each in standing if each.subject in undecided and each.part_of is not None}
    kept = [Observation(RuleId.SILENT_TOGETHER, each, undecided=True) for each in held]
    return observed | _first_of_each([*found.outages, *kept]), found.part_of


def _first_of_each(observations: Iterable[Observation]) -> dict[Key, Observation]:
    found: dict[Key, Observation] = {}
    for each in sorted(observations, key=lambda each: each.sort_key):
        found.setdefault(each.key, each)
    return found


def _lasted(seen: Observation, first_ms: int, now_ms: int) -> bool:
    """Whether a fact has lasted as long as its rule wants; `first_ms` is when it was first seen."""
    since_ms = first_ms if seen.since_ms is None else seen.since_ms
    return now_ms - since_ms >= RULES[seen.rule].for_s * 1000


def _next(alarm: Alarm | None, seen: Observation | None, now_ms: int) -> Alarm | None:
    """What becomes of one rule and subject; None: nothing stands."""
    if seen is not None and seen.undecided:  # 4
        return alarm
    if seen is not None:
        return _present(alarm, seen, now_ms)
    return None if alarm is None else _absent(alarm, now_ms)


def _present(before: Alarm | None, seen: Observation, now_ms: int) -> Alarm:
    since_ms = now_ms if seen.since_ms is None else min(seen.since_ms, now_ms)
    alarm = before or Alarm(seen.rule, seen.subject, since_ms)
    alarm = replace(alarm, code=seen.code, n=seen.n, of=seen.of, absent_ms=None)
    if alarm.raised_ms is None and _lasted(seen, alarm.since_ms, now_ms):  # 3
        return replace(alarm, raised_ms=now_ms)
    return alarm


def _absent(alarm: Alarm, now_ms: int) -> Alarm | None:
    absent_ms = now_ms if alarm.absent_ms is None else alarm.absent_ms
    if now_ms - absent_ms < RULES[alarm.rule].clear_s * 1000:  # 3
        return replace(alarm, absent_ms=absent_ms)
    return None if alarm.raised_ms is None else replace(alarm, absent_ms=absent_ms, cleared_ms=now_ms)


def _is_outage(alarm: Alarm) -> bool:
    return alarm.rule is RuleId.SILENT_TOGETHER and alarm.is_open


def _placed(
    alarm: Alarm,
    part_of: Mapping[Subject, Subject],
    outages: Collection[Subject],
    windows: Collection[Window],
    now_ms: int,
) -> Alarm:
    """The outage and the window that it is in now; it stays in the outage that it came with until that is over."""
    outage = part_of.get(alarm.subject) if alarm.rule is RuleId.SILENT else None
    if outage is None and (alarm.part_of in outages or alarm.absent_ms is not None):
        outage = alarm.part_of
    covering = () if alarm.rule is RuleId.SECURITY else windows  # whoever works there may be the cause
    window = min((each.id for each in covering if each.covers(alarm.subject, now_ms)), default=None)
    return replace(alarm, part_of=outage, window=window)


def _is_told(alarm: Alarm, seen: Observation | None, now_ms: int) -> bool:
    """Whether it is to be told now: it is there, stands by itself, and nobody was told."""
    if seen is None or seen.undecided or alarm.raised_ms is None or alarm.told_ms is not None:
        return False
    settled = now_ms - alarm.raised_ms >= RULES[alarm.rule].settle_s * 1000
    return settled and _lasted(seen, alarm.since_ms, now_ms) and alarm.part_of is None and alarm.window is None  # 5
