# SPDX-License-Identifier: Apache-2.0
"""Many kiosks of one place that fall silent at the same time are one outage and not many.

1. What began within ten minutes of each other belongs together.
2. At a facility it is an outage when all of two or more kiosks are silent, or more than 30 % and at least five.
3. In a province or a health region it is one when more than 30 % and at least five are silent, of two or more of the
   narrower places: otherwise the narrower place is named.
Source: fleet design, 4.8.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.alerts.observations import Observation
from fleet.alerts.rules import RuleId
from fleet.alerts.subjects import Subject, place
from fleet.store.scope import Level, Scope, province_scope, region_scope
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

TOGETHER_MS = 10 * 60_000
AT_LEAST = 5  # kiosks
MORE_THAN_PERCENT = 30
SITE_AT_LEAST = 2  # kiosks, when they are all that a site has
_PLACES_AT_LEAST = 2
_NARROWER = {Level.REGION: Level.PROVINCE, Level.PROVINCE: Level.FACILITY, Level.FACILITY: Level.FACILITY}


@dataclass(frozen=True, slots=True)
class Grouped:
    """The outages, and which outage each silent kiosk is part of."""

    outages: tuple[Observation, ...]
    part_of: Mapping[Subject, Subject]


def grouped(silences: Iterable[Observation], kiosks: Mapping[Scope, int]) -> Grouped:
    """Find the outages among kiosks that have been silent long enough; the widest place takes its kiosks first."""
    left = sorted(silences, key=lambda each: (_began_ms(each), each.subject.sort_key))
    outages: list[Observation] = []
    part_of: dict[Subject, Subject] = {}
    for level in (Level.REGION, Level.PROVINCE, Level.FACILITY):
        totals: Counter[Scope] = Counter()
        for site, n in kiosks.items():
            totals[_around(site, level)] += n
        for scope, found in sorted(_by_place(left, level).items(), key=lambda item: str(item[0])):
            total = totals[scope]
            together = _together(found, level, total)
            if together:
                subject = place(scope)
                since_ms, n = _began_ms(together[0]), len(together)
                outages.append(Observation(RuleId.SILENT_TOGETHER, subject, since_ms, n=n, of=total))
                part_of |= {each.subject: subject for each in together}
        left = [each for each in left if each.subject not in part_of]
    return Grouped((*outages, *_covered(outages, part_of)), part_of)


def _covered(outages: list[Observation], part_of: Mapping[Subject, Subject]) -> Iterable[Observation]:
    """Whether a narrower place has an outage of its own cannot be told while it is in a wider one."""
    named = {each.subject for each in outages}
    within: dict[Subject, Subject] = {}
    for kiosk, outage in part_of.items():
        for level in (Level.PROVINCE, Level.FACILITY):
            within[place(_around(kiosk.scope, level))] = outage
    for subject, outage in within.items():
        if subject not in named and subject.scope.level.width < outage.scope.level.width:
            yield Observation(RuleId.SILENT_TOGETHER, subject, undecided=True)


def _by_place(silences: Collection[Observation], level: Level) -> dict[Scope, list[Observation]]:
    places: dict[Scope, list[Observation]] = {}
    for each in silences:
        places.setdefault(_around(each.subject.scope, level), []).append(each)
    return places


def _around(site: Scope, level: Level) -> Scope:
    """The facility itself, its province or its health region."""
    if level is Level.FACILITY or site.province is None:
        return site
    if level is Level.PROVINCE:
        return province_scope(site.province)
    return region_scope(PROVINCES[site.province].health_region)


def _together(found: list[Observation], level: Level, total: int) -> list[Observation]:
    """Those of one place, by their beginning, that make it an outage: every ten minutes that hold enough of them."""
    narrower = _NARROWER[level]
    sites = [_around(each.subject.scope, narrower) for each in found]
    within: Counter[Scope] = Counter()  # what the ten minutes that begin with `first` hold, by narrower place
    members: list[Observation] = []
    taken = after = 0
    for first, each in enumerate(found):
        while after < len(found) and _began_ms(found[after]) <= _began_ms(each) + TOGETHER_MS:
            within[sites[after]] += 1
            after += 1
        if _is_outage(after - first, len(within), level, total):
            members += found[max(first, taken) : after]
            taken = after
        within[sites[first]] -= 1
        if not within[sites[first]]:
            del within[sites[first]]
    return members


def _began_ms(silence: Observation) -> int:
    return silence.since_ms or 0


def _is_outage(n: int, places: int, level: Level, total: int) -> bool:
    many = n >= AT_LEAST and 100 * n > MORE_THAN_PERCENT * total
    if level is Level.FACILITY:
        return many or (n >= SITE_AT_LEAST and n >= total)
    return many and places >= _PLACES_AT_LEAST
