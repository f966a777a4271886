# SPDX-License-Identifier: Apache-2.0
"""Whether a rollout goes on: the judge against plain arithmetic, and what no figures may make it do."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.devices.rings import SHARES, Ring, allotted
from fleet.devices.rollout_judging import (
    Decision,
    Gates,
    Ground,
    Group,
    Seen,
    Verdict,
    is_higher_rate,
    is_higher_share,
    judge,
    needed,
)

GATES = Gates(sample=20, bake_s=3600, failures_percent=5)
HOUR_MS = 3_600_000
small = st.integers(0, 30)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    kiosks = draw(small)
    alarmed, visited = draw(st.integers(0, kiosks)), draw(st.integers(0, kiosks))
    return Group(kiosks, kiosks * draw(st.integers(0, 2000)), alarmed, visited, draw(st.integers(0, visited)))


@st.composite
def sights(draw: st.DrawFn) -> Seen:
    wave_on, wave_failed, on, failed = (draw(small) for _ in range(4))
    judged = wave_on + wave_failed
    reachable = judged + draw(small)
    full = judged >= needed(GATES.sample, reachable)
    return Seen(
        wave_on + on,
        wave_failed + failed,
        wave_on,
        wave_failed,
        judged,
        reachable,
        reachable + draw(small),
        draw(st.integers(0, 2 * HOUR_MS)) if full else None,
        draw(groups()),
        draw(groups()),
    )


@given(sights(), st.integers(0, 4 * HOUR_MS))
def test_no_wave_passes_before_its_sample_is_judged_and_watched(seen: Seen, now_ms: int) -> None:
    verdict = judge(GATES, seen, now_ms)
    if verdict.decision is Decision.ADVANCE and seen.of:
        assert seen.wave_judged >= needed(GATES.sample, seen.reachable)
        assert seen.sampled_ms is not None
        assert now_ms >= seen.sampled_ms + HOUR_MS
        assert 100 * seen.wave_failed <= 5 * (seen.wave_on + seen.wave_failed)


@given(sights(), st.integers(0, 4 * HOUR_MS))
def test_one_failure_more_never_undoes_a_stop(seen: Seen, now_ms: int) -> None:
    worse = msgspec.structs.replace(seen, failed=seen.failed + 1, wave_failed=seen.wave_failed + 1)
    if judge(GATES, seen, now_ms).decision is Decision.STOP:
        assert judge(GATES, worse, now_ms).decision is Decision.STOP


@given(sights(), st.integers(0, 4 * HOUR_MS))
def test_nothing_that_did_not_happen_stops_it(seen: Seen, now_ms: int) -> None:
    well = Group(seen.updated.kiosks, seen.updated.minutes, 0, seen.updated.visited, 0)
    fine = msgspec.structs.replace(seen, failed=0, wave_failed=0, updated=well)
    assert judge(GATES, fine, now_ms).decision is not Decision.STOP


@given(sights(), st.integers(0, 4 * HOUR_MS), st.integers(1, 30))
def test_who_does_no_worse_than_the_others_is_not_stopped_for_health(seen: Seen, now_ms: int, times: int) -> None:
    same = Group(*(times * figure for figure in msgspec.structs.astuple(seen.others)))
    alike = msgspec.structs.replace(seen, updated=same)
    assert judge(GATES, alike, now_ms).ground not in (Ground.ALARMS, Ground.VISITS)


@given(small, st.integers(1, 500), small, st.integers(1, 500), st.sampled_from([20, 1000]))
def test_a_higher_rate_is_found_as_by_the_plain_sum(n: int, time: int, m: int, times: int, one_in: int) -> None:
    share = Fraction(time, time + times)
    tail = sum(comb(n + m, k) * share**k * (1 - share) ** (n + m - k) for k in range(n, n + m + 1))
    expected = n * times > m * time and tail * one_in < 1
    assert is_higher_rate((n, time), (m, times), one_in) == expected


@given(small, small, small, small, st.sampled_from([20, 1000]))
def test_a_higher_share_is_found_as_by_the_plain_sum(n: int, well: int, m: int, wells: int, one_in: int) -> None:
    of, ofs = n + well, m + wells
    ways = [comb(of, k) * comb(ofs, n + m - k) for k in range(n, min(of, n + m) + 1)]
    expected = n * ofs > m * of and sum(ways) * one_in < comb(of + ofs, n + m)
    assert is_higher_share((n, of), (m, ofs), one_in) == expected


@pytest.mark.parametrize(
    ("failed", "judged", "stops"), [(1, 1, False), (2, 2, True), (2, 11, True), (2, 12, False), (3, 20, True)]
)
def test_two_early_failures_stop_it_and_one_does_not(failed: int, judged: int, *, stops: bool) -> None:
    seen = Seen(on=judged - failed, failed=failed, of=100, reachable=100)
    assert (judge(GATES, seen, 0) == Verdict(Decision.STOP, Ground.FAILURES)) == stops


def test_more_failures_than_allowed_do_not_pass_however_few_they_are() -> None:
    one_of_three = Seen(2, 1, 2, 1, 3, 3, 3, 0)
    assert judge(GATES, one_of_three, 0) == Verdict(Decision.WAIT, Ground.BAKE)
    assert judge(GATES, one_of_three, HOUR_MS) == Verdict(Decision.STOP, Ground.FAILURES)
    three = Seen(3, 0, 3, 0, 3, 3, 3, 0)
    assert judge(GATES, three, HOUR_MS) == Verdict(Decision.ADVANCE, Ground.GOOD)
    assert judge(GATES, Seen(), 0) == Verdict(Decision.ADVANCE, Ground.NOBODY)


def test_alarms_and_poor_visits_stop_it_before_the_sample_is_full() -> None:
    day = 480
    alarmed = Seen(of=9, updated=Group(10, 10 * day, 6), others=Group(300, 300 * day, 6))
    assert judge(GATES, alarmed, 0) == Verdict(Decision.STOP, Ground.ALARMS)
    poor = Seen(of=9, updated=Group(10, 10 * day, 0, 10, 6), others=Group(300, 300 * day, 6, 300, 9))
    assert judge(GATES, poor, 0) == Verdict(Decision.STOP, Ground.VISITS)
    alone = Seen(of=9, updated=Group(10, 10 * day, 6))
    assert judge(GATES, alone, 0).decision is Decision.WAIT, "there is nobody to compare with"


@given(
    st.lists(st.sampled_from(["10", "41", "50"]), max_size=300),
    st.dictionaries(st.sampled_from(Ring), st.integers(0, 40)),
)
def test_each_kiosk_gets_one_ring_the_same_each_time_whatever_the_order(where: list[str], had: dict[Ring, int]) -> None:
    kiosks = [(province, f"k-{n}") for n, province in enumerate(where)]
    given_ = dict(allotted(kiosks, had))
    assert given_ == dict(allotted(kiosks[::-1], had))
    assert set(given_) == {name for _, name in kiosks}


def test_every_province_has_its_part_of_each_ring() -> None:
    kiosks = [(f"{province}", f"k-{province}-{n}") for province in range(10, 87) for n in range(400)]
    given_ = dict(allotted(kiosks, {}))
    for province in range(10, 87):
        mine = [ring for name, ring in given_.items() if name.startswith(f"k-{province}-")]
        for ring in Ring:
            assert abs(mine.count(ring) - 4 * SHARES[ring]) <= 1
    assert list(dict(allotted(kiosks[:3], {})).values()) == list(Ring), "a small fleet has each"
