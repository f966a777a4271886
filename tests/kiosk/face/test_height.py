# SPDX-License-Identifier: Apache-2.0
"""Who is seen too high or too low is asked to go back, and where that is not enough to have the camera moved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kiosk.enrollment.evidence import Challenge
from kiosk.enrollment.failures import FaceCheckError, Failure
from kiosk.enrollment.states import Prompt
from kiosk.face.announcer import Announcer
from kiosk.face.attempt import Attempt
from kiosk.face.height import HeightWatch, remedy
from kiosk.face.instruments import NOTHING_INSTALLED
from kiosk.face.policy import POLICIES, YUNET_DLIB
from kiosk.face.quality import Component, Quality
from kiosk.face.shapes import Box, Embedding, Face, Frame
from tests.kiosk.face.puppets import TICK_S, Puppet, Sight, lit
from tests.kiosk.face.readings import made_face

if TYPE_CHECKING:
    from tests.kiosk.face.conftest import Watching

RULES = POLICIES[YUNET_DLIB]
AFTER = round(RULES.height_after_s / TICK_S)


def _at(down: float, *, nearer: float = 1.0) -> Face:
    """A face whose middle lies this far below the picture's, in its heights."""
    face = made_face(nearer=nearer)
    return replace(face, box=replace(face.box, top=(0.5 + down) * 480 - face.box.height / 2))


def _watch(film: list[Sight], seen: Watching) -> None:
    engine = Puppet(film)
    attempt = Attempt(
        engine=engine,
        instruments=NOTHING_INSTALLED,
        policy=RULES,
        reference=Embedding(np.zeros(2, np.float32)),
        challenges=(Challenge.TURN_LEFT, Challenge.LOOK_UP),
        announcer=Announcer(seen, RULES),
    )
    for number in range(len(film)):
        attempt.see(engine.frame(number))


LOW = Sight((_at(0.26),))
LOWEST = Sight((_at(0.33),))


@pytest.mark.parametrize("side", [1, -1], ids=["low: who sits or is small", "high: who is tall"])
def test_who_stays_too_high_or_too_low_is_asked_to_go_back(seen: Watching, side: int) -> None:
    _watch([Sight((_at(0.26 * side),))] * (AFTER + 10), seen)
    assert seen.prompts == [Prompt.CENTRE, Prompt.FURTHER_BACK]


def test_where_going_back_would_not_be_enough_a_helper_moves_the_camera(seen: Watching) -> None:
    _watch([LOWEST] * (AFTER + 10), seen)
    assert seen.prompts == [Prompt.CENTRE, Prompt.CAMERA_HEIGHT]


def test_who_follows_the_first_hint_meets_no_second(seen: Watching) -> None:
    _watch([*[LOW] * (AFTER - 5), *[Sight((made_face(),))] * 4], seen)
    assert seen.prompts == [Prompt.CENTRE]


def test_a_face_that_is_lost_for_a_moment_has_not_moved(seen: Watching) -> None:
    _watch(([LOW] * 8 + [Sight(())]) * (AFTER // 8 + 2), seen)
    assert Prompt.FURTHER_BACK in seen.prompts


def test_who_comes_back_after_a_while_is_given_the_time_again(seen: Watching) -> None:
    left = [Sight((_at(0.0, nearer=0.5),))] * 10
    _watch([*[LOW] * (AFTER - 10), *left, *[LOW] * (AFTER - 10)], seen)
    assert Prompt.FURTHER_BACK not in seen.prompts


def test_the_time_before_a_face_was_elsewhere_for_long_does_not_count() -> None:
    watch, low = HeightWatch(RULES.height_after_s), LOW.faces[0]
    quality = Quality(Component.MARGIN_BELOW)
    told = [watch.hint(Frame(lit(), at_s, 0), [low], quality, RULES.quality) for at_s in (0.0, 0.4, 9.0, 9.4)]
    assert told == [Prompt.CENTRE] * 4


def test_the_place_that_is_far_enough_is_the_one_of_the_hint_to_come_closer() -> None:
    rules = RULES.quality
    reach = rules.off_centre_at_most / rules.eye_distance_at_least_px
    for eyes_px in (75.0, 95.0, 140.0):
        face = _at(0.0, nearer=eyes_px / 95.0)
        for share, prompt in ((0.98, Prompt.FURTHER_BACK), (1.02, Prompt.CAMERA_HEIGHT)):
            top = (0.5 + share * reach * eyes_px) * 480 - face.box.height / 2
            low = replace(face, box=Box(face.box.left, top, face.box.width, face.box.height))
            assert remedy(lit(), low, rules) is prompt


def test_the_technician_reads_that_the_camera_stands_wrong(seen: Watching) -> None:
    with pytest.raises(FaceCheckError, match="Tilt the camera") as caught:
        _watch([LOW] * (round(RULES.attempt_s / TICK_S) + 5), seen)
    assert caught.value.failure is Failure.FACE_UNCLEAR
