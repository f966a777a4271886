# SPDX-License-Identifier: Apache-2.0
"""Attacks before the camera, each refused by the gate that is meant for it, with and without what may be installed.

The attacks are composites; they test the plumbing of the gates and no rate (docs/face.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.evidence import Challenge, Zone
from kiosk.enrollment.failures import FaceCheckError, Failure
from kiosk.face.liveness import Cause
from tests.kiosk.face.conftest import Booth, Watching
from tests.simulators.attacks import screen, still, swapped
from tests.simulators.people import Act, PersonId, clip_in, portrait_jpeg

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.challenges import Pair

ANAN, BUSABA = PersonId("demo-1"), PersonId("demo-4")
LEFT, RIGHT = Challenge.TURN_LEFT, Challenge.TURN_RIGHT
UP, CLOSER = Challenge.LOOK_UP, Challenge.COME_CLOSER
FILMED = (Act.LEFT, Act.CLOSER)
ANSWERED: Pair = (LEFT, CLOSER)


@pytest.fixture(params=["demonstration", "equipped"])
def kiosk(request: pytest.FixtureRequest) -> Booth:
    """The demonstration engine alone, and the OpenCV engine with attack detector and mesh."""
    named: Booth = request.getfixturevalue("booth" if request.param == "demonstration" else "equipped")
    return named


def _refused(kiosk: Booth, film: Path, asked: Pair) -> FaceCheckError:
    with pytest.raises(FaceCheckError) as caught:
        kiosk.examine(film, portrait_jpeg(ANAN), asked, Watching(), attempt_s=14.0)
    assert caught.value.failure is Failure.FACE_NOT_LIVE
    return caught.value


def test_the_person_of_the_film_passes_so_that_the_attacks_prove_something(kiosk: Booth, clips: Path) -> None:
    found = kiosk.examine(clip_in(clips, ANAN, *FILMED), portrait_jpeg(ANAN), ANSWERED, Watching())
    assert found.liveness.passed
    assert found.match.zone is Zone.MATCH


def test_a_still_photograph_does_nothing_that_is_asked(kiosk: Booth, clips: Path) -> None:
    path = clips / "still.avi"
    error = _refused(kiosk, path if path.exists() else still(ANAN, path, *FILMED), ANSWERED)
    assert Cause.TOO_SLOW in str(error)


def test_a_print_turned_and_moved_by_hand_is_refused(kiosk: Booth, clips: Path) -> None:
    # A print can be brought nearer, and is; it cannot turn its head.
    error = _refused(kiosk, clip_in(clips, ANAN, Act.CLOSER, Act.FLAT_LEFT), (CLOSER, LEFT))
    assert Cause.WRONG_ACTION not in str(error)


@pytest.mark.parametrize("asked", [(CLOSER, LEFT), (RIGHT, CLOSER), (UP, LEFT), (LEFT, UP)])
def test_a_recording_of_another_session_is_refused(kiosk: Booth, clips: Path, asked: Pair) -> None:
    _refused(kiosk, clip_in(clips, ANAN, *FILMED), asked)


def test_a_screen_that_plays_another_session_is_refused(kiosk: Booth, clips: Path) -> None:
    _refused(kiosk, _screen(clips), (RIGHT, LEFT))


def test_a_screen_that_plays_the_right_actions_is_refused_by_the_passive_check(equipped: Booth, clips: Path) -> None:
    error = _refused(equipped, _screen(clips), ANSWERED)
    assert "passive check" in str(error)


def test_a_second_person_swapped_in_between_two_actions_is_refused(kiosk: Booth, clips: Path) -> None:
    path = clips / "swapped.avi"
    film = path if path.exists() else swapped(ANAN, BUSABA, path, Act.LEFT, Act.RIGHT)
    _refused(kiosk, film, (LEFT, RIGHT))


def _screen(clips: Path) -> Path:
    path = clips / "screen.avi"
    return path if path.exists() else screen(ANAN, path, *FILMED)
