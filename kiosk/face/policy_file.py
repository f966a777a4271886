# SPDX-License-Identifier: Apache-2.0
"""The rules that serve: those that ship with an engine, or those of the signed policy file, verified step by step.

It never falls back from a policy that is refused to one that is not, and never asks a policy what it says of itself:
whether it is calibrated follows from the record it carries, its version from what was signed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from kiosk.enrollment.evidence import Grade
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.engines import ENGINES, EngineChoice, highest_grade
from kiosk.face.models import PAD
from kiosk.face.policy import POLICIES, FacePolicy
from wire.envelope import MESSAGE_BYTES, open_message
from wire.errors import Malformed, WireError
from wire.policy import FacePolicyDocument, PinnedEngine, PinnedFile, PolicyDraft, lowered, rules_in, uncalibrated
from wire.signing import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.models import ModelPack
    from wire.signing import VerifyKey

_UNTRUSTED = "The face policy is not trusted:"
_MEND = "Install the policy file that dipchip-provision signed for this fleet."
_OWN = ("version", "calibrated")  # of the comparison: what the document says of itself, and nobody believes


@dataclass(frozen=True, slots=True)
class Rules:
    """An engine and its rules. `version` is 0 for those that ship; `doubt` says why they may not serve LIVE."""

    engine: PinnedEngine
    policy: FacePolicy
    version: int
    doubt: str | None

    def check_live(self) -> None:
        """Refuse what may not decide about people.

        Raises:
            FaultError: MODEL_NOT_ALLOWED, with the reason.
        """
        reason = self.doubt
        if highest_grade(self.engine) is not Grade.VERIFY:
            reason = "its recogniser is of grade assist, whatever is signed"
        if reason is not None:
            message = (
                f"The face engine {self.engine.name} with policy {self.policy.comparison.version} may not serve LIVE:"
                f" {reason}. Sign a policy with a calibration record of these models, or use the profile test."
            )
            raise FaultError(Fault.MODEL_NOT_ALLOWED, message)


def shipped(choice: EngineChoice) -> Rules:
    """The rules that an engine ships with; estimates, for TEST only."""
    engine = ENGINES[choice]
    return Rules(engine, POLICIES[engine.name], 0, "no signed policy is set in kiosk.toml, and the rules that ship")


def read_rules(path: Path, key: VerifyKey | None, *, version_at_least: int) -> Rules:
    """The rules of a signed policy file.

    1. This kiosk knows whose policies it believes, and the file can be read.
    2. It is that key's, of the right kind, within bounds, and its schema is known.
    3. Its version is none that was replaced.
    4. Every rule is known to this release, none lies below a floor, and they fit the engine.
    5. Whether it may decide about people follows from its calibration record.

    Raises:
        FaultError: POLICY_NOT_TRUSTED or POLICY_OUTDATED.
    """
    if key is None:  # 1
        message = f"{_UNTRUSTED} trust.json names no policy key. Renew this kiosk's folder with dipchip-provision."
        raise FaultError(Fault.POLICY_NOT_TRUSTED, message)
    try:
        document, _ = open_message(_content(path), Kind.FACE_POLICY, key, FacePolicyDocument)  # 2
        if document.version < version_at_least:  # 3
            message = (
                f"The face policy {path.name} has version {document.version}, but {version_at_least} has served here."
                " Install the newest policy file of the fleet."
            )
            raise FaultError(Fault.POLICY_OUTDATED, message)
        policy = _rules(document)  # 4
        doubt = uncalibrated(document)  # 5
    except WireError as error:
        message = f"{_UNTRUSTED} {path.name} is refused ({error.reason}: {error}). {_MEND}"
        raise FaultError(Fault.POLICY_NOT_TRUSTED, message) from error
    comparison = replace(policy.comparison, calibrated=doubt is None)
    return Rules(document.engine, replace(policy, comparison=comparison), document.version, doubt)


def draft(choice: EngineChoice, beside: tuple[ModelPack, ...] = ()) -> PolicyDraft:
    """What ships with an engine, as a fleet may sign it. The files of the packs `beside` it must then be there too."""
    rules = shipped(choice)
    policy: dict[str, Any] = msgspec.to_builtins(rules.policy)
    for name in _OWN:
        del policy["comparison"][name]
    policy["pad"]["required"] = policy["pad"]["required"] or PAD in beside
    further = tuple(PinnedFile(model.name, model.sha256, model.size_bytes) for pack in beside for model in pack.files)
    return PolicyDraft(msgspec.structs.replace(rules.engine, further=further), policy)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MESSAGE_BYTES + 1)  # one more than allowed is already too much
    except OSError as error:
        message = f"{_UNTRUSTED} {path.name} cannot be read ({error.strerror}). {_MEND}"
        raise FaultError(Fault.POLICY_NOT_TRUSTED, message) from error


def _rules(document: FacePolicyDocument) -> FacePolicy:
    told = dict(document.policy)
    comparison = told.get("comparison")
    if not isinstance(comparison, dict):
        message = "it has no rules of comparison"
        raise Malformed(message)
    told["comparison"] = {**comparison, "version": f"policy-{document.version}", "calibrated": False}
    try:
        policy = msgspec.convert(told, FacePolicy)
    except msgspec.ValidationError as error:
        message = f"its rules are not those of this release: {error}"
        raise Malformed(message) from error
    whole: dict[str, Any] = msgspec.to_builtins(policy)
    unknown = sorted({name for name, _ in rules_in(told)} - {name for name, _ in rules_in(whole)})
    if unknown:
        message = f"its rule {unknown[0]} is not known to this release; update the kiosk first"
        raise Malformed(message)
    too_low = lowered(whole)
    if too_low is None and policy.comparison.unit_length is not document.engine.recogniser.unit_length:
        too_low = "comparison.unit_length must be the recogniser's own"
    if too_low is not None:
        raise Malformed(too_low)
    return policy
