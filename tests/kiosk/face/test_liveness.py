# SPDX-License-Identifier: Apache-2.0
"""The challenge's state machine, on faces of landmarks alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.enrollment.evidence import Challenge, PadScores
from kiosk.face.challenges import pairs
from kiosk.face.gestures import Reading
from kiosk.face.liveness import Cause, Progress, Step, advance
from kiosk.face.policy import MESH_CHALLENGE, ChallengePolicy
from tests.kiosk.face.readings import made_reading

RULES = MESH_CHALLENGE
TICK_S = 0.1
LEFT, RIGHT, UP = Challenge.TURN_LEFT, Challenge.TURN_RIGHT, Challenge.LOOK_UP
CLOSER, BLINK, MOUTH = Challenge.COME_CLOSER, Challenge.BLINK, Challenge.OPEN_MOUTH

Frames = list[Reading | None]


def _seen(yaw: float = 0, pitch: float = 0, *, nearer: float = 1.0, lids: float = 0.3, lips: float = 0.05) -> Reading:
    return made_reading(yaw, pitch, nearer=nearer, lids=lids, lips=lips)


FRONT: Frames = [_seen()] * 8
SHUT: Frames = [_seen(lids=0.1)] * 2
ACTED: dict[Challenge, Frames] = {
    LEFT: [_seen(25)] * 4,
    RIGHT: [_seen(-25)] * 4,
    UP: [_seen(0, 20)] * 4,
    CLOSER: [_seen(nearer=1.3)] * 4,
    BLINK: [*SHUT, *FRONT[:2], *SHUT, *FRONT[:2]],
    MOUTH: [_seen(lips=0.5)] * 4,
}


def _play(asked: tuple[Challenge, ...], frames: Frames, rules: ChallengePolicy = RULES) -> Progress:
    progress = Progress(asked)
    for count, reading in enumerate(frames):
        progress = advance(progress, reading, count * TICK_S, rules)
    return progress


def _film(*acts: Challenge) -> Frames:
    film = list(FRONT)
    for act in acts:
        film += [*ACTED[act], *FRONT]
    return film


@pytest.mark.parametrize("asked", pairs(mesh=True))
def test_doing_what_is_asked_in_its_order_passes(asked: tuple[Challenge, ...]) -> None:
    progress = _play(asked, _film(*asked))
    assert (progress.step, progress.cause) == (Step.PASSED, None)
    assert progress.parallax is not None
    assert progress.parallax >= RULES.parallax_at_least


@pytest.mark.parametrize("asked", pairs(mesh=True))
def test_a_film_of_any_other_session_does_not_pass(asked: tuple[Challenge, ...]) -> None:
    for filmed in permutations(ACTED, 2):
        if filmed != asked:
            progress = _play(asked, _film(*filmed))
            assert progress.step is not Step.PASSED, filmed


@pytest.mark.parametrize("asked", [pair for pair in pairs(mesh=True) if BLINK not in pair])
def test_the_same_actions_the_other_way_round_fail_at_once(asked: tuple[Challenge, ...]) -> None:
    progress = _play(asked, _film(*reversed(asked)))
    assert (progress.step, progress.cause, progress.done) == (Step.FAILED, Cause.WRONG_ACTION, 0)


def test_the_other_way_fails_even_when_the_right_one_follows() -> None:
    progress = _play((LEFT, UP), _film(RIGHT, LEFT, UP))
    assert (progress.step, progress.cause) == (Step.FAILED, Cause.WRONG_ACTION)


def test_one_frame_of_an_action_is_not_the_action() -> None:
    progress = _play((LEFT, UP), [*FRONT, *ACTED[LEFT][:1], *FRONT])
    assert (progress.step, progress.done) == (Step.ACT, 0)


def test_an_action_without_coming_back_is_not_done() -> None:
    progress = _play((LEFT, UP), [*FRONT, *[_seen(25)] * 20])
    assert (progress.step, progress.done) == (Step.BACK, 0)


def test_an_action_before_it_was_asked_for_does_not_count() -> None:
    progress = _play((LEFT, UP), [*FRONT[:2], *ACTED[LEFT], *FRONT])
    assert (progress.step, progress.done) == (Step.ACT, 0)


def test_a_small_move_by_the_way_is_no_other_action() -> None:
    drifting: Frames = [_seen(pitch=9, nearer=1.25)] * 4
    assert _play((LEFT, UP), [*FRONT, *drifting, *ACTED[LEFT], *FRONT, *ACTED[UP], *FRONT]).step is Step.PASSED


def test_who_speaks_has_done_nothing_wrong() -> None:
    speaking: Frames = [_seen(lips=0.4)] * 4
    assert _play((LEFT, UP), [*FRONT, *speaking, *ACTED[LEFT], *FRONT, *ACTED[UP], *FRONT]).step is Step.PASSED


def test_who_leans_in_may_lift_the_chin() -> None:
    leaning: Frames = [*[_seen(pitch=25, nearer=1.1)] * 4, *[_seen(pitch=25, nearer=1.3)] * 4]
    progress = _play((CLOSER, LEFT), [*FRONT, *leaning, *FRONT, *ACTED[LEFT], *FRONT])
    assert progress.step is Step.PASSED


def test_who_has_come_closer_may_stay_there() -> None:
    near: Frames = [_seen(nearer=1.3)] * 8
    assert _play((CLOSER, LEFT), [*FRONT, *near, *[_seen(25, nearer=1.3)] * 4, *near]).step is Step.PASSED


def test_one_blink_may_have_happened_by_itself() -> None:
    once = [*FRONT, *ACTED[LEFT], *FRONT, *SHUT, *FRONT]
    assert _play((LEFT, BLINK), once).step is Step.ACT
    assert _play((LEFT, BLINK), [*once, *SHUT, *FRONT]).step is Step.PASSED


@pytest.mark.parametrize("asked", [LEFT, UP, CLOSER, BLINK, MOUTH])
def test_no_action_in_time_fails(asked: Challenge) -> None:
    progress = _play((asked, RIGHT), [*FRONT, *[_seen()] * 90])
    assert (progress.step, progress.cause) == (Step.FAILED, Cause.TOO_SLOW)


def test_every_action_has_a_time_of_its_own() -> None:
    waiting: Frames = [_seen()] * 70
    film = [*FRONT, *waiting, *ACTED[LEFT], *FRONT, *waiting, *ACTED[UP], *FRONT]
    assert _play((LEFT, UP), film).step is Step.PASSED


def test_a_face_that_jumps_is_another_track() -> None:
    progress = _play((LEFT, UP), [*FRONT, made_reading(25, at=520, lids=0.3, lips=0.05)])
    assert (progress.step, progress.cause) == (Step.FAILED, Cause.TRACK_LOST)


def test_a_short_loss_of_the_face_is_forgiven_and_a_long_one_is_not() -> None:
    away = round(RULES.gap_s / TICK_S)
    film = [*ACTED[LEFT], *FRONT, *ACTED[UP], *FRONT]
    assert _play((LEFT, UP), [*FRONT, *[None] * (away - 3), *film]).step is Step.PASSED
    assert _play((LEFT, UP), [*FRONT, *[None] * (away + 2), *film]).cause is Cause.TRACK_LOST


def test_a_face_lost_before_anything_was_asked_starts_again() -> None:
    assert _play((LEFT, UP), [*FRONT[:4], None, *FRONT[:4]]).step is Step.FORWARD


def test_a_bent_print_that_reads_as_turned_is_flat() -> None:
    easily_turned = replace(RULES, turn_at_least=0.05)
    bent = [made_reading(yaw, depth=0.2, lids=0.3, lips=0.05) for yaw in (0, 40)]
    progress = _play((LEFT, UP), [*[bent[0]] * 8, *[bent[1]] * 4, *[bent[0]] * 8], easily_turned)
    assert (progress.step, progress.cause) == (Step.FAILED, Cause.FLAT)


@given(yaw=st.lists(st.floats(-60, 60), min_size=60, max_size=60))
@settings(max_examples=50)
def test_no_movement_of_a_flat_print_passes(yaw: list[float]) -> None:
    film: Frames = [*FRONT, *[made_reading(one, depth=0.0, lids=0.3, lips=0.05) for one in yaw], *FRONT]
    assert _play((LEFT, UP), film).step is not Step.PASSED


@given(
    film=st.lists(
        st.one_of(st.none(), st.builds(_seen, st.floats(-40, 40), st.floats(-30, 30), nearer=st.floats(0.8, 1.5))),
        max_size=60,
    ),
    asked=st.sampled_from(pairs(mesh=True)),
)
@settings(max_examples=100)
def test_only_a_turn_with_parallax_ever_passes_and_the_end_is_final(film: Frames, asked: tuple[Challenge, ...]) -> None:
    progress = Progress(asked)
    for count, reading in enumerate([*FRONT, *film]):
        ended = progress.step in {Step.PASSED, Step.FAILED}
        later = advance(progress, reading, count * TICK_S, RULES)
        assert not ended or later is progress
        progress = later
    assert (progress.cause is None) == (progress.step is not Step.FAILED)
    if progress.step is Step.PASSED:
        assert progress.parallax is not None
        assert progress.parallax >= RULES.parallax_at_least


def test_evidence_says_what_was_asked_in_which_order_and_how_long_it_took() -> None:
    film = _film(UP, LEFT)
    pad = PadScores(0.8, 0.9, 12)
    evidence = _play((UP, LEFT), film).evidence(3.0, pad)
    assert evidence.passed
    assert evidence.challenges == (UP, LEFT)
    assert 2000 <= evidence.duration_ms <= 3000
    assert evidence.parallax >= RULES.parallax_at_least
    assert evidence.pad == pad


def test_the_evidence_of_two_turns_is_the_less_convincing_one() -> None:
    both = _play((LEFT, RIGHT), [*FRONT, *[_seen(35)] * 4, *FRONT, *[_seen(-22)] * 4, *FRONT])
    weak = _play((RIGHT, UP), [*FRONT, *[_seen(-22)] * 4, *FRONT, *ACTED[UP], *FRONT])
    assert both.step is Step.PASSED
    assert both.evidence(1.0, None).parallax == weak.evidence(1.0, None).parallax
