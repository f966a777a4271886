# SPDX-License-Identifier: Apache-2.0
"""The indicators of Health Region 8: the worked examples of their page, and what must hold of every one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.coverage.fiscal import Period
from fleet.coverage.judging import EACH, WHOLE, Comparator, Figure, Judged, Judgement, Measure, Remark, judge
from fleet.coverage.region8 import INDICATORS, SELF_MEASURED

Q1, Q2, Q3, Q4 = Period.THREE, Period.SIX, Period.NINE, Period.TWELVE
PASS, FAIL, CONFLICT = Judgement.PASS, Judgement.FAIL, Judgement.CONFLICT
MISSING, NO_GATE = Judgement.NOT_EVALUABLE, Judgement.NO_GATE


def judged(code: str, period: Period, *whole: int | None, **parts: tuple[int | None, int | None]) -> Judged:
    figures = {name.replace("_", "-"): Figure(*pair) for name, pair in parts.items()}
    return judge(INDICATORS[code], period, {WHOLE: Figure(*whole)} if whole else figures)


@pytest.mark.parametrize(
    ("code", "period", "figure", "told"),
    [
        ("R8-1", Q1, (785, 855), (FAIL, "91.81", 19)),
        ("R8-1", Q1, (804, 855), (PASS, "94.03", 0)),
        ("R8-1", Q4, (854, 855), (FAIL, "99.88", 1)),
        ("R8-2", Q2, (17, 88), (FAIL, "19.31", 1)),
        ("R8-2", Q2, (18, 88), (PASS, "20.45", 0)),
        ("R8-2", Q4, (27, 88), (CONFLICT, "30.68", 0)),
        ("R8-2", Q4, (31, 88), (PASS, "35.22", 0)),
        ("R8-4", Q2, (2, 7), (PASS, "28.57", 0)),
        ("R8-4", Q3, (4, 7), (PASS, "57.14", 0)),
        ("R8-4", Q4, (5, 7), (CONFLICT, "71.42", 1)),
        ("R8-4", Q4, (4, 7), (FAIL, "57.14", 2)),
        ("R8-C1", Q4, (110_000, 100_000), (PASS, "10.00", 0)),
        ("R8-C1", Q4, (109_999, 100_000), (FAIL, "9.99", 1)),
        ("R8-C1", Q4, (90_000, 100_000), (FAIL, "-10.00", 20_000)),
        ("R8-C2", Q1, (80, 100), (FAIL, "80.00", 1)),
        ("R8-C2", Q1, (81, 100), (PASS, "81.00", 0)),
        ("R8-P1", Q4, (87, 88), (FAIL, "98.86", 1)),
        ("R8-P2", Q4, (20, None), (FAIL, "20", 1)),
        ("R8-P2", Q4, (21, None), (PASS, "21", 0)),
        ("R8-P3", Q4, (9, 10), (FAIL, "90.00", 1)),
        ("R8-P4", Q4, (1200, 1200), (PASS, "100.00", 0)),
        ("R8-U3", Q4, (86, 88), (FAIL, "97.72", 2)),
        ("R8-U4", Q4, (6, 7), (FAIL, "85.71", 1)),
        ("R8-B1", Q4, (7, 7), (PASS, "100.00", 0)),
        ("R8-B2", Q4, (6, None), (PASS, "6", None)),
        ("R8-B2", Q4, (7, None), (FAIL, "7", None)),
    ],
)
def test_worked_examples(
    code: str, period: Period, figure: tuple[int, int | None], told: tuple[Judgement, str, int | None]
) -> None:
    found = judged(code, period, *figure)
    (finding,) = found.findings
    assert (found.judgement, finding.shown, finding.lacking) == told


@pytest.mark.parametrize(
    ("code", "period", "figure", "judgement"),
    [
        ("R8-2", Q1, (50, 88), NO_GATE),
        ("R8-2", Q3, (50, 88), NO_GATE),
        ("R8-1", Q1, (785, None), MISSING),
        ("R8-1", Q1, (None, 855), MISSING),
        ("R8-1", Q1, (0, 0), MISSING),
        ("R8-1", Q1, (0, 855), FAIL),
        ("R8-C1", Q4, (100, 0), MISSING),
        ("R8-B2", Q4, (None, None), MISSING),
    ],
)
def test_missing_is_not_zero_and_a_period_without_a_gate_has_no_verdict(
    code: str, period: Period, figure: tuple[int | None, int | None], judgement: Judgement
) -> None:
    assert judged(code, period, *figure).judgement is judgement


def test_a_count_that_disagrees_with_its_percentage_is_remarked_on_whatever_is_reached() -> None:
    for num in (4, 5, 6, 7):
        (finding,) = judged("R8-4", Q4, num, 7).findings
        assert Remark.DOCUMENT_CONTRADICTS_ITSELF in finding.remarks
    (agreeing,) = judged("R8-4", Q3, 4, 7).findings
    assert agreeing.remarks == ()


def test_few_answers_and_more_than_there_are_is_said_and_not_mended() -> None:
    (few,) = judged("R8-C2", Q1, 29, 29).findings
    assert few.remarks == (Remark.SMALL_SAMPLE,)
    (many,) = judged("R8-U3", Q1, 11, 10).findings
    assert (many.judgement, many.shown, many.remarks) == (PASS, "110.00", (Remark.A_GT_B,))


def test_each_class_of_units_must_pass_and_one_without_units_does_not_hinder() -> None:
    classes = {
        "zone_offices": (1, 1),
        "province_offices": (7, 7),
        "regional_hospitals": (2, 2),
        "general_hospitals": (0, 0),
        "community_hospitals": (64, 80),
    }
    found = judged("R8-3", Q3, **classes)
    assert found.judgement is PASS
    assert [f.part for f in found.findings if Remark.NO_UNITS in f.remarks] == ["general-hospitals"]
    assert judged("R8-3", Q3, **{**classes, "province_offices": (6, 7)}).judgement is FAIL
    assert judged("R8-3", Q3, **{**classes, "community_hospitals": (63, 80)}).judgement is FAIL
    without_one = {name: pair for name, pair in classes.items() if name != "general_hospitals"}
    assert judged("R8-3", Q3, **without_one).judgement is MISSING
    assert judged("R8-3", Q3, **{**without_one, "province_offices": (6, 7)}).judgement is FAIL


def test_a_whole_is_the_sum_of_its_parts_unless_one_is_missing() -> None:
    (finding,) = judged("R8-3", Q2, M1=(3, 5), S=(3, 5)).findings
    assert (finding.figure, finding.judgement) == (Figure(6, 10), PASS)
    assert judged("R8-3", Q2, M1=(3, 5), S=(None, 5)).judgement is MISSING


def test_every_hospital_s_departments_are_judged_by_themselves() -> None:
    figures = {"hospitals": Figure(2, 2), "departments:10670": Figure(2, 10), "departments:11012": Figure(1, 10)}
    found = judge(INDICATORS["R8-U1"], Q4, figures)
    assert [(f.part, f.judgement) for f in found.findings] == [
        ("hospitals", PASS),
        ("departments:10670", PASS),
        ("departments:11012", FAIL),
    ]
    assert judge(INDICATORS["R8-U1"], Q4, {"hospitals": Figure(2, 2)}).judgement is MISSING


def test_appointments_are_offered_everywhere_and_used() -> None:
    assert judged("R8-U2", Q4, hospitals=(88, 88), usage=(11, 100)).judgement is PASS
    assert judged("R8-U2", Q4, hospitals=(88, 88), usage=(10, 100)).judgement is FAIL
    assert judged("R8-U2", Q4, hospitals=(87, 88), usage=(11, 100)).judgement is FAIL


def test_an_indicator_takes_its_own_parts_only() -> None:
    assert INDICATORS["R8-1"].takes(WHOLE)
    assert not INDICATORS["R8-1"].takes("M1")
    assert INDICATORS["R8-3"].takes("M1")
    assert not INDICATORS["R8-3"].takes(WHOLE)
    assert INDICATORS["R8-U1"].takes("departments:10670")
    assert not INDICATORS["R8-U1"].takes("departments:")


@pytest.mark.parametrize("code", INDICATORS)
def test_every_gate_is_of_a_part_that_there_is(code: str) -> None:
    indicator = INDICATORS[code]
    assert {gate.part for gate in indicator.gates} <= {WHOLE, *indicator.parts}
    assert all(gate.part != WHOLE or indicator.parts != () or indicator.takes(WHOLE) for gate in indicator.gates)
    assert len({(gate.period, gate.part) for gate in indicator.gates}) == len(indicator.gates)


def test_the_deck_has_seventeen_indicators_and_one_is_about_the_others() -> None:
    assert len(INDICATORS) == 17
    assert SELF_MEASURED in INDICATORS


WHOLES = sorted(code for code, each in INDICATORS.items() if not each.parts)


@given(
    code=st.sampled_from(WHOLES), num=st.integers(0, 10**6), den=st.integers(1, 10**6), period=st.sampled_from(Period)
)
def test_what_is_lacking_is_exactly_enough(code: str, num: int, den: int, period: Period) -> None:
    indicator = INDICATORS[code]
    for finding in judge(indicator, period, {WHOLE: Figure(num, den)}).findings:
        if finding.lacking is None:
            assert finding.gate.comparator is Comparator.AT_MOST
            continue
        enough = judge(indicator, period, {WHOLE: Figure(num + finding.lacking, den)})
        assert enough.judgement in {PASS, CONFLICT}
        if finding.lacking and indicator.measure is not Measure.COUNT:
            short = judge(indicator, period, {WHOLE: Figure(num + finding.lacking - 1, den)})
            assert short.judgement in {FAIL, CONFLICT}


def test_a_star_stands_for_no_part_itself() -> None:
    assert not INDICATORS["R8-U1"].takes(f"departments{EACH}")
