# SPDX-License-Identifier: Apache-2.0
"""What a face does in one frame against how it looked into the camera: geometry of landmarks, and nothing else.

Lengths are in eye distances, from between the eyes, so that neither place nor size nor tilt of the head counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kiosk.enrollment.evidence import Challenge
from kiosk.face.challenges import TURNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.face.policy import ChallengePolicy
    from kiosk.face.shapes import Box, Landmarks

Shape = npt.NDArray[np.float64]
"""float64[3 or 5, 2]: right eye, left eye, nose and perhaps the mouth, in eye distances from between the eyes."""

_RIGHT_EYE, _LEFT_EYE, _NOSE, _RIGHT_MOUTH, _LEFT_MOUTH = range(5)
_WITH_MOUTH = 5
_NOWHERE = 1e-6  # pixels, or eye distances: what lies so near to each other is one point, and no measure
_BY_THE_WAY = {Challenge.COME_CLOSER: Challenge.LOOK_UP}  # who leans in lifts the chin


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reading:
    """What is measured on the face of one frame.

    `lids` are measures of how open the eyes are, each on its own scale; `lips` is how far the lips are apart, in widths
    of the mouth. Both are missing where there is no face mesh.
    """

    box: Box
    shape: Shape
    eye_distance_px: float
    lids: tuple[float, ...] = ()
    lips: float | None = None


@dataclass(frozen=True, slots=True)
class Moves:
    """How far a reading is from the frontal one. Every measure is 0 for the frontal one itself."""

    turned: float  # of the nose, in eye distances; positive to the person's left
    lifted: float  # of the nose: in the mouth's distances where the mouth is known, else in eye distances
    nearer: float  # the share by which the eye distance has grown
    shut: float  # the share of the eyes' openness that is gone; 0 without a mesh
    gaping: float  # of the lips, in widths of the mouth; 0 without a mesh


def shape_of(landmarks: Landmarks) -> Shape:
    """Turned and scaled so that the eyes lie at (-0.5, 0) and (0.5, 0), the person's left on the right."""
    points = [landmarks.right_eye, landmarks.left_eye, landmarks.nose]
    if landmarks.right_mouth and landmarks.left_mouth:
        points += [landmarks.right_mouth, landmarks.left_mouth]
    placed = np.array([complex(*point) for point in points])
    apart = placed[1] - placed[0]
    placed = (placed - (placed[0] + placed[1]) / 2) / (apart if abs(apart) > _NOWHERE else 1.0)
    return np.column_stack([placed.real, placed.imag])


def asymmetry(shape: Shape) -> float:
    """How far the nose lies off the eyes' midline; positive towards the person's left."""
    return float(shape[_NOSE, 0])


def nose_height(shape: Shape) -> float:
    """How far down the nose lies: of the mouth's distance where the mouth is known, else in eye distances."""
    down = float(shape[_NOSE, 1])
    if len(shape) < _WITH_MOUTH:
        return down
    mouth = float(shape[_RIGHT_MOUTH, 1] + shape[_LEFT_MOUTH, 1]) / 2
    return down / mouth if mouth > _NOWHERE else 0.0


def frontal(readings: Sequence[Reading]) -> Reading:
    """The mean of readings of one face that looks into the camera; its box is the last one's."""
    lips = [reading.lips for reading in readings if reading.lips is not None]
    lids = np.mean([reading.lids for reading in readings], axis=0)
    return Reading(
        box=readings[-1].box,
        shape=np.asarray(np.mean([reading.shape for reading in readings], axis=0), np.float64),
        eye_distance_px=float(np.mean([reading.eye_distance_px for reading in readings])),
        lids=tuple(float(measure) for measure in np.atleast_1d(lids)),
        lips=float(np.mean(lips)) if lips else None,
    )


def moves(base: Reading, now: Reading) -> Moves:
    """What the face does in `now`, seen from the frontal `base`."""
    open_shares = [seen / known for known, seen in zip(base.lids, now.lids, strict=True) if known > 0]
    return Moves(
        turned=asymmetry(now.shape) - asymmetry(base.shape),
        lifted=nose_height(base.shape) - nose_height(now.shape),
        nearer=now.eye_distance_px / base.eye_distance_px - 1 if base.eye_distance_px > 0 else 0.0,
        shut=1 - min(open_shares, default=1.0),
        gaping=now.lips - base.lips if now.lips is not None and base.lips is not None else 0.0,
    )


def does(asked: Challenge, seen: Moves, rules: ChallengePolicy) -> bool:
    """Whether a frame shows the action that is asked for. A blink takes several frames and is not judged here."""
    reached = _reached(seen, rules)
    return reached.get(asked, 0.0) >= 1 and not _hidden(asked, reached, rules)


def strays(asked: Challenge, seen: Moves, rules: ChallengePolicy) -> bool:
    """Whether a frame shows another action than that, beyond what a person does by the way."""
    if asked is not Challenge.OPEN_MOUTH and seen.gaping < rules.wrong_gape_at_least:
        seen = replace(seen, gaping=0.0)  # the person speaks
    reached = _reached(seen, rules)
    if asked in TURNS and max(reached[turn] for turn in TURNS - {asked}) >= 1:
        return True  # the other side is never by the way
    return any(
        much >= rules.wrong_from and action not in {asked, _BY_THE_WAY.get(asked)}
        for action, much in reached.items()
        if not _hidden(action, reached, rules)
    )


def _reached(seen: Moves, rules: ChallengePolicy) -> dict[Challenge, float]:
    # How far each action has come, in its own limit.
    return {
        Challenge.TURN_LEFT: seen.turned / rules.turn_at_least,
        Challenge.TURN_RIGHT: -seen.turned / rules.turn_at_least,
        Challenge.LOOK_UP: seen.lifted / rules.lift_at_least,
        Challenge.COME_CLOSER: seen.nearer / rules.nearer_at_least,
        Challenge.OPEN_MOUTH: seen.gaping / rules.gape_at_least,
    }


def _hidden(action: Challenge, reached: dict[Challenge, float], rules: ChallengePolicy) -> bool:
    # A turned head moves every other landmark, and a lifted one parts the lips in the picture.
    if action not in TURNS and max(reached[turn] for turn in TURNS) >= rules.wrong_from:
        return True
    return action is Challenge.OPEN_MOUTH and reached[Challenge.LOOK_UP] >= 1


def is_frontal(seen: Moves, rules: ChallengePolicy) -> bool:
    """Whether the face looks into the camera again. How near it is does not matter."""
    return (
        abs(seen.turned) <= rules.frontal_at_most
        and seen.lifted <= rules.lift_at_least / 2
        and seen.gaping <= rules.gape_at_least / 2
        and seen.shut < rules.shut_at_least
    )


def parallax(base: Shape, turned: Shape) -> float:
    """How far the nose is from where a flat face would have it, in eye distances.

    With the mouth known: the residual of the nose under the homography of eyes and mouth, which explains every movement
    of a flat picture. Without it: how far the nose left the eyes' midline, which a flat picture turned about its own
    midline does not do.
    """
    if len(base) < _WITH_MOUTH:
        return float(abs(turned[_NOSE, 0] - base[_NOSE, 0]))
    corners = [_RIGHT_EYE, _LEFT_EYE, _RIGHT_MOUTH, _LEFT_MOUTH]
    warp = _homography(base[corners], turned[corners])
    x, y, w = warp @ np.array([base[_NOSE, 0], base[_NOSE, 1], 1.0])
    return float(np.hypot(x / w - turned[_NOSE, 0], y / w - turned[_NOSE, 1])) if w else 0.0


def _homography(source: Shape, target: Shape) -> npt.NDArray[np.float64]:
    # Direct linear transform: two equations for each of four points, the null vector by SVD.
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    return np.asarray(np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3), np.float64)
