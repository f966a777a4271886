# SPDX-License-Identifier: Apache-2.0
"""One attempt's gates, each alone, on films whose every frame a test wrote down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kiosk.enrollment.evidence import Challenge, PadScores, Zone
from kiosk.enrollment.failures import FaceCheckError, Failure
from kiosk.enrollment.measures import Meters
from kiosk.enrollment.states import Prompt
from kiosk.face.announcer import Announcer
from kiosk.face.attempt import Attempt
from kiosk.face.instruments import NOTHING_INSTALLED
from kiosk.face.policy import POLICIES, YUNET_DLIB
from kiosk.face.shapes import Embedding
from tests.kiosk.face.puppets import Puppet, Scores, Sight
from tests.kiosk.face.readings import made_face

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import FaceFindings
    from kiosk.face.instruments import Instruments
    from tests.kiosk.face.conftest import Watching

RULES = POLICIES[YUNET_DLIB]
ASKED = (Challenge.TURN_LEFT, Challenge.COME_CLOSER)
FRONT = made_face()
BEFORE, AFTER = 8, 20
TURN = [Sight((made_face(yaw),)) for yaw in (15, 25, 25, 15)]
NEAR = [Sight((made_face(nearer=1.3),))] * 2  # as many frames as make an action
FACING = [Sight((FRONT,))]


def _film(before: list[Sight], after: list[Sight]) -> list[Sight]:
    return [*before, *TURN, *FACING * 4, *NEAR, *FACING * 3, *after]  # three of them end the challenge


def _run(
    film: list[Sight],
    seen: Watching,
    instruments: Instruments = NOTHING_INSTALLED,
    asked: tuple[Challenge, ...] = ASKED,
) -> FaceFindings | None:
    engine = Puppet(film)
    attempt = Attempt(
        engine=engine,
        instruments=instruments,
        policy=RULES,
        reference=Embedding(np.zeros(2, np.float32)),
        challenges=asked,
        announcer=Announcer(seen, RULES),
    )
    for number in range(len(film)):
        findings = attempt.see(engine.frame(number))
        if findings is not None:
            return findings
    return None


def test_a_person_who_does_as_asked_is_compared(seen: Watching) -> None:
    findings = _run(_film(FACING * BEFORE, FACING * AFTER), seen)
    assert findings is not None
    assert findings.match.zone is Zone.MATCH
    assert findings.match.frames == 3
    assert findings.liveness.challenges == ASKED
    assert findings.light == pytest.approx(128, abs=10)
    assert seen.prompts == [Prompt.TURN_LEFT, Prompt.FACE_FORWARD, Prompt.LEAN_IN]


def test_the_best_frames_are_the_best_pictures_and_not_the_best_matches(seen: Watching) -> None:
    # Of the frames before the challenge the blurred ones look exactly like the portrait, and so does one after it.
    alike, apart = (0.0, 0.0), (0.3, 0.0)
    blurred = Sight((FRONT,), alike, crisp=0.4)
    sharp = Sight((FRONT,), apart)
    findings = _run(_film([blurred, sharp, blurred, sharp, *[blurred] * 4], [sharp, sharp, blurred, *FACING]), seen)
    assert findings is not None
    assert findings.match.distance == pytest.approx(0.3)


def test_the_choice_of_frames_does_not_depend_on_the_portrait_or_on_any_distance(seen: Watching) -> None:
    chosen = []
    for turn in (0.0, 0.1, 0.2, 0.3):
        views = [Sight((FRONT,), (0.01 * number, turn), crisp=1 - 0.05 * number) for number in range(8)]
        findings = _run(_film(views, [Sight((FRONT,), (0.0, turn))] * 8), seen)
        assert findings is not None
        chosen.append(round(findings.match.distance**2 - turn**2, 3))
    assert len(set(chosen)) == 1


def test_a_frame_from_either_side_of_the_challenge_is_always_compared(seen: Watching) -> None:
    blurred = Sight((FRONT,), (0.3, 0.0), crisp=0.4)
    findings = _run(_film(FACING * BEFORE, [blurred] * AFTER), seen)
    assert findings is not None
    assert findings.match.distance == pytest.approx(0.1)  # one of three


@pytest.mark.parametrize("place", ["acting", "between", "after"])
def test_somebody_else_in_any_kept_frame_is_not_live(seen: Watching, place: str) -> None:
    other = Sight((FRONT,), (0.6, 0.0))
    acting = [replace(sight, embedding=other.embedding) for sight in NEAR] if place == "acting" else NEAR
    between = [other] * 4 if place == "between" else FACING * 4
    after = [other] * AFTER if place == "after" else FACING * AFTER
    film = [*FACING * BEFORE, *TURN, *between, *acting, *FACING * 3, *after]
    with pytest.raises(FaceCheckError, match="not the face during or after") as caught:
        _run(film, seen)
    assert caught.value.failure is Failure.FACE_NOT_LIVE


def test_where_the_passive_check_is_not_installed_the_evidence_says_so(seen: Watching) -> None:
    findings = _run(_film(FACING * BEFORE, FACING * AFTER), seen)
    assert findings is not None
    assert findings.liveness.pad is None
    assert findings.match.model_digests == ("0" * 64,)


def test_where_it_is_installed_its_figures_and_digests_are_evidence(seen: Watching) -> None:
    scores = Scores(lambda _: 0.9)
    findings = _run(_film(FACING * BEFORE, FACING * AFTER), seen, scores.installed())
    assert findings is not None
    assert findings.liveness.pad == PadScores(0.9, 0.9, scores.asked)
    assert scores.asked >= RULES.pad.frames_at_least
    assert findings.match.model_digests == ("0" * 64, "1" * 64, "2" * 64)


def test_a_light_that_goes_out_during_the_challenge_is_said_and_is_no_accusation(seen: Watching) -> None:
    dark, away = [Sight((), light=0.1)] * 20, [Sight(())] * 20
    with pytest.raises(FaceCheckError, match="went dark") as caught:
        _run([*FACING * BEFORE, *dark], seen)
    assert caught.value.failure is Failure.FACE_UNCLEAR
    assert seen.prompts == [Prompt.TURN_LEFT, Prompt.TOO_DARK]
    with pytest.raises(FaceCheckError, match="the face was lost") as caught:
        _run([*FACING * BEFORE, *away], seen)
    assert caught.value.failure is Failure.FACE_NOT_LIVE


@pytest.mark.parametrize(
    "score_of",
    [lambda _: 0.6, lambda number: 0.1 if number % 3 else 0.99, lambda number: 0.1 if number % 5 == 0 else 0.99],
    ids=["low median", "mostly low", "low least"],
)
def test_a_visit_that_the_passive_check_doubts_is_not_live_however_well_it_matches(
    seen: Watching, score_of: object
) -> None:
    assert callable(score_of)
    with pytest.raises(FaceCheckError, match="passive check") as caught:
        _run(_film(FACING * BEFORE, FACING * AFTER), seen, Scores(score_of).installed())
    assert caught.value.failure is Failure.FACE_NOT_LIVE


def test_a_window_that_is_too_short_is_waited_for(seen: Watching) -> None:
    slow = replace(RULES.pad, every_s=1.0)
    scores = Scores(lambda _: 0.9)
    film = _film(FACING * BEFORE, FACING * 80)
    engine = Puppet(film)
    attempt = Attempt(
        engine=engine,
        instruments=scores.installed(),
        policy=replace(RULES, pad=slow, after_s=20.0),
        reference=Embedding(np.zeros(2, np.float32)),
        challenges=ASKED,
        announcer=Announcer(seen, RULES),
    )
    found = [number for number in range(len(film)) if attempt.see(engine.frame(number)) is not None]
    assert found[0] >= 70  # the eighth second: one score in each
    assert scores.asked >= 8


def test_two_people_are_never_scored_or_compared(seen: Watching) -> None:
    pair = Sight((FRONT, made_face(nearer=0.8, at=560)))
    scores = Scores(lambda _: 0.9)
    with pytest.raises(FaceCheckError) as caught:
        _run([pair] * 450, seen, scores.installed())
    assert caught.value.failure is Failure.FACE_UNCLEAR
    assert scores.asked == 0
    assert seen.prompts == [Prompt.ONE_PERSON]


def test_who_stands_too_near_for_coming_closer_is_asked_to_step_back_first(seen: Watching) -> None:
    near = Sight((made_face(nearer=1.4),))
    assert _run([near] * 20, seen) is None
    assert seen.prompts == [Prompt.STEP_BACK]
    seen.prompts.clear()
    assert _run([near] * 20, seen, asked=(Challenge.TURN_LEFT, Challenge.LOOK_UP)) is None
    assert seen.prompts == [Prompt.TURN_LEFT]


def test_a_flaw_that_lasts_no_longer_than_a_blink_is_not_worth_a_word(seen: Watching) -> None:
    tilted = Sight((replace(FRONT, landmarks=replace(FRONT.landmarks, left_eye=(367.0, 260.0))),))
    assert _run([*FACING * 2, *[tilted] * 3, *FACING * 2], seen) is None
    assert seen.prompts == []
    assert _run([*FACING * 2, *[tilted] * 8], seen) is None
    assert seen.prompts == [Prompt.HOLD_UPRIGHT]


def test_hints_are_spaced_so_that_they_can_be_read_but_the_challenge_does_not_wait(seen: Watching) -> None:
    announcer = Announcer(seen, RULES)
    for now_s, hint in [
        (10.0, Prompt.NO_FACE),
        (10.5, Prompt.NO_FACE),
        (10.6, Prompt.TOO_DARK),
        (11.1, Prompt.TOO_DARK),
    ]:
        announcer.hint(hint, now_s)
    assert seen.prompts == [Prompt.NO_FACE]
    announcer.hint(Prompt.TOO_DARK, 11.8)
    announcer.ask(Prompt.TURN_LEFT, 11.9)
    assert seen.prompts == [Prompt.NO_FACE, Prompt.TOO_DARK, Prompt.TURN_LEFT]


def test_the_meters_follow_the_person_and_rest_during_the_challenge(seen: Watching) -> None:
    far = Sight((made_face(nearer=0.5),))
    assert _run([*[far] * 9, *FACING * 12, *[Sight((made_face(20),))] * 12], seen) is None
    assert seen.meters[1] == Meters(2, 4)
    assert Meters(4, 4) in seen.meters
    assert seen.prompts[-1] is Prompt.FACE_FORWARD
    assert seen.meters[-1] == Meters()
