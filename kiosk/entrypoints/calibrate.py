# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk models calibrate`: measures an engine on a folder of people and writes the calibration record.

Nothing of the pictures is kept, and neither the report nor the record names a person or a file. A record lowers
nothing by itself: a policy that refers to it is signed elsewhere.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from kiosk.face.engines import EngineChoice, load_engine, load_pinned
from kiosk.face.evaluation.attacks import AttackFindings, PadJudge, judge_folder
from kiosk.face.evaluation.calibration import calibration_of, record_of
from kiosk.face.evaluation.comparisons import KioskDescriber, compare, describe
from kiosk.face.evaluation.pairs import PairsError, read_pairs, read_people, read_slices
from kiosk.face.evaluation.plan import FUSED_FRAMES, plan_pairs, plan_visits
from kiosk.face.evaluation.record import RecordedPad, to_bytes
from kiosk.face.evaluation.report import report
from kiosk.face.instruments import load_instruments
from kiosk.face.policy import POLICIES, FacePolicy
from wire.errors import WireError
from wire.policy import PolicyDraft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kiosk.face.evaluation.plan import Plan
    from kiosk.face.shapes import FaceEngine

_DESCRIPTION = re.compile(r"[^\x00-\x1f\x7f]{1,64}")  # as the policy that carries it allows: wire.bodies.ShortText
_DRAFT_BYTES_AT_MOST = 64 * 1024
_REFUSED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the technician asked for.

    `folder` is one of pictures, or a pairs file that lies in one. `engine` is the word of one that ships, or the path
    of a draft that describes another: what `dipchip-provision` is given to sign, of a network not yet calibrated.
    """

    folder: Path
    engine: str
    out: Path
    description: str
    models: Path | None = None
    slices: Path | None = None
    attacks: Path | None = None


def run(asked: Asked) -> int:
    """Print the report, write the record, and return the exit code.

    Raises:
        FaultError: MODEL_MISSING or MODEL_ALTERED.
    """
    try:
        with _writing(asked.out) as file:
            _calibrate(asked, file)
    except PairsError as error:
        sys.stderr.write(f"dipchip-kiosk: {error}\n")
        return _REFUSED
    return 0


def _calibrate(asked: Asked, file: BinaryIO) -> None:
    engine, policy = _engine(asked.engine, asked.models)
    plan = plan_of(asked.folder, policy.comparison.frames_fused)
    description = _described(asked.description, plan)
    slices = None if asked.slices is None else read_slices(asked.slices, plan.people)
    attacks, pad = (None, None) if asked.attacks is None else _attacks(asked.attacks, engine, policy, asked.models)
    (described,) = describe(plan, engine, [KioskDescriber(engine, policy)], _progress("pictures"))
    compared, single = compare(plan, described), compare(plan.with_frames(1), described)
    calibration = calibration_of(
        engine, plan, compared, description=description, slices=slices, attacks=attacks, pad=pad
    )
    file.write(to_bytes(record_of(calibration)))
    sys.stdout.write(report(calibration, single, policy.comparison))


def _engine(word: str, models: Path | None) -> tuple[FaceEngine, FacePolicy]:
    if word in set(EngineChoice):
        engine = load_engine(EngineChoice(word), models)
        return engine, POLICIES[engine.name]
    try:
        draft = msgspec.json.decode(Path(word).read_bytes()[:_DRAFT_BYTES_AT_MOST], type=PolicyDraft)
        rules = {**draft.policy, "comparison": {**draft.policy["comparison"], "version": "draft", "calibrated": False}}
        policy = msgspec.convert(rules, FacePolicy)
    except (OSError, WireError, msgspec.MsgspecError, KeyError, TypeError) as error:
        words = ", ".join(EngineChoice)
        message = f"--engine must be {words}, or the file of rules that `dipchip-kiosk models rules` printed."
        raise PairsError(message) from error
    return load_pinned(draft.engine, models), policy


def plan_of(folder: Path, fused: int = FUSED_FRAMES) -> Plan:
    """The comparisons of a folder of pictures, `fused` frames at once, or of a pairs file that lies in one.

    Raises:
        PairsError: when it does not serve.
    """
    if not folder.is_file():
        return plan_visits(read_people(folder), fused)
    people = read_people(folder.parent)
    return plan_pairs(people, read_pairs(folder, people))


def _described(description: str, plan: Plan) -> str:
    names = {name.replace("_", " ") for name in plan.people.names if not name.isdigit()}
    if _DESCRIPTION.fullmatch(description) is None or any(_as_words(name, description) for name in names):
        message = "Describe the pictures in 1 to 64 characters: where and when, how many; never who."
        raise PairsError(message)
    return description


def _as_words(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _attacks(
    folder: Path, engine: FaceEngine, policy: FacePolicy, models: Path | None
) -> tuple[AttackFindings, RecordedPad]:
    detector = load_instruments(models).attack_detector
    if not detector.model_digests:
        message = "The attack detector is not among the models. Install the pad pack, or leave --attacks out."
        raise PairsError(message)
    found = judge_folder(folder, PadJudge(engine, detector, policy), _progress("presentations"))
    limits = {name: float(value) for name, value in asdict(policy.pad).items()}
    return found, RecordedPad(name=type(detector).__name__, model_digests=detector.model_digests, limits=limits)


def _progress(what: str) -> Callable[[int, int], None] | None:
    if not sys.stderr.isatty():
        return None

    def told(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done} of {total} {what}" + ("\n" if done == total else ""))

    return told


@contextmanager
def _writing(out: Path) -> Iterator[BinaryIO]:
    # Tried before an hour of measuring; written beside and renamed, so that a record is whole or not there.
    part = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
        part.replace(out)
    except OSError as error:
        message = f"The record cannot be written to {out} ({error.strerror}). Choose another place."
        raise PairsError(message) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
