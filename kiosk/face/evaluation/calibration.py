# SPDX-License-Identifier: Apache-2.0
"""Turns comparisons into a calibration record: everybody's rates, each slice's, and the attacks'.

Everybody's thresholds are applied to each slice, and each slice is also compared among itself: a threshold that looks
fine on everybody may let one group's impostors through (docs/face.md). Of a slice of fewer than five people only
their number is kept: its rates would be about individuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kiosk.face.evaluation.rates import FMR_TARGETS, Scores, equal_errors, operating_point
from kiosk.face.evaluation.record import (
    CalibrationRecord,
    Measured,
    RecordedAttack,
    RecordedPad,
    RecordedPoint,
    RecordedSet,
    RecordedSlice,
    SlicePoint,
    rounded,
)

if TYPE_CHECKING:
    from kiosk.face.evaluation.attacks import AttackFindings, Presentations
    from kiosk.face.evaluation.comparisons import Compared
    from kiosk.face.evaluation.pairs import Slices
    from kiosk.face.evaluation.plan import Plan
    from kiosk.face.evaluation.rates import CurvePoint, OperatingPoint, Rate
    from kiosk.face.shapes import FaceEngine

SLICE_PEOPLE_AT_LEAST = 5


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """All that one engine's calibration found; what is printed and what is recorded are made from it."""

    engine: str
    model_digests: tuple[str, ...]
    description: str
    plan: Plan
    compared: Compared
    slices: Slices | None = None
    attacks: AttackFindings | None = None
    pad: RecordedPad | None = None

    @property
    def scores(self) -> Scores:
        """Everybody's."""
        return Scores.of(self.compared.genuine, self.compared.impostor)

    def scores_of(self, members: frozenset[int]) -> Scores:
        """Of one slice, compared among itself."""
        inside = np.isin(np.arange(len(self.plan.people.names)), list(members))
        genuine = inside[self.plan.persons(self.plan.genuine)].all(axis=1)
        impostor = inside[self.plan.persons(self.plan.impostor)].all(axis=1)
        return Scores.of(self.compared.genuine[genuine], self.compared.impostor[impostor])


def calibration_of(  # noqa: PLR0913 - what a record is made of
    engine: FaceEngine,
    plan: Plan,
    compared: Compared,
    *,
    description: str,
    slices: Slices | None = None,
    attacks: AttackFindings | None = None,
    pad: RecordedPad | None = None,
) -> Calibration:
    """Bind an engine's comparisons to the engine."""
    return Calibration(engine.name, engine.model_digests, description, plan, compared, slices, attacks, pad)


def record_of(calibration: Calibration) -> CalibrationRecord:
    """The record; equal findings give an equal record."""
    scores = calibration.scores
    points = tuple(operating_point(scores, target) for target in FMR_TARGETS)
    equal = equal_errors(scores)
    members = calibration.slices.members if calibration.slices else {}
    attacks = calibration.attacks
    bona_fide = attacks.bona_fide.bpcer if attacks and attacks.bona_fide else None
    return CalibrationRecord(
        engine=calibration.engine,
        model_digests=calibration.model_digests,
        data=_data(calibration, scores),
        eer=_or_none(equal.rate),
        eer_below=rounded(equal.below),
        operating_points=_recorded(points),
        cannot_be_told=tuple(point.target for point in points if point.point is None),
        slices={name: _slice(calibration.scores_of(who), len(who), points) for name, who in members.items()},
        attacks={name: _attack(found) for name, found in attacks.species.items()} if attacks else {},
        bpcer=_or_none(bona_fide.value) if bona_fide else None,
        bona_fide=_measured(bona_fide) if bona_fide else None,
        pad=calibration.pad,
    )


def _data(calibration: Calibration, scores: Scores) -> RecordedSet:
    people, compared = calibration.plan.people, calibration.compared
    return RecordedSet(
        description=calibration.description,
        people=len(people.names),
        pictures=len(calibration.plan.live_places() | calibration.plan.card_places()),
        genuine=len(scores.genuine),
        impostor=len(scores.impostor),
        card_simulated=True,
        fused_frames=compared.frames,
        genuine_not_compared=len(compared.genuine) - len(scores.genuine),
        impostor_not_compared=len(compared.impostor) - len(scores.impostor),
        pictures_left_out=people.left_out,
    )


def _slice(scores: Scores, people: int, points: tuple[OperatingPoint, ...]) -> RecordedSlice:
    if people < SLICE_PEOPLE_AT_LEAST:
        return RecordedSlice(people=people)
    return RecordedSlice(
        people=people,
        fmr_at_threshold=tuple(
            _slice_point(point.target, scores.at(point.point.threshold)) for point in points if point.point
        ),
        own_operating_points=_recorded(tuple(operating_point(scores, target) for target in FMR_TARGETS)),
    )


def _slice_point(target: float, at: CurvePoint) -> SlicePoint:
    return SlicePoint(
        fmr=target,
        threshold=at.threshold,
        fmr_at_threshold=_measured(at.fmr),
        fnmr_at_threshold=_measured(at.fnmr),
    )


def _recorded(points: tuple[OperatingPoint, ...]) -> tuple[RecordedPoint, ...]:
    return tuple(
        RecordedPoint(
            fmr=found.target,
            threshold=at.threshold,
            fnmr=_or_none(at.fnmr.value),
            fnmr_low=rounded(at.fnmr.low),
            fnmr_high=rounded(at.fnmr.high),
            impostor=at.fmr.trials,
            genuine=at.fnmr.trials,
            false_matches=at.fmr.errors,
            false_non_matches=at.fnmr.errors,
        )
        for found in points
        if (at := found.point) is not None
    )


def _attack(found: Presentations) -> RecordedAttack:
    rate = found.apcer
    return RecordedAttack(
        n=rate.trials,
        not_responded=found.not_responded,
        apcer=_or_none(rate.value),
        apcer_low=rounded(rate.low),
        apcer_high=rounded(rate.high),
    )


def _measured(rate: Rate) -> Measured:
    return Measured(
        errors=rate.errors,
        trials=rate.trials,
        rate=_or_none(rate.value),
        low=rounded(rate.low),
        high=rounded(rate.high),
    )


def _or_none(value: float | None) -> float | None:
    return None if value is None else rounded(value)
