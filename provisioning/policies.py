# SPDX-License-Identifier: Apache-2.0
"""Makes a face policy: rules that a kiosk wrote, the zones of a calibration record, a version, the fleet's signature.

It never lowers a rule below a floor, never gives a version twice, and keeps every policy that was ever signed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report, as_json, folder, public, read, refuse_if_lost, secret
from wire.envelope import MESSAGE_BYTES, decode, open_message, seal_message
from wire.errors import Malformed, WireError
from wire.ids import key_id
from wire.policy import (
    ACTING_BEYOND_STAFF,
    Calibration,
    FacePolicyDocument,
    PolicyDraft,
    calibration_of,
    lowered,
    uncalibrated,
)
from wire.registration import Trust
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wire.signing import VerifyKey

T = TypeVar("T", bound=msgspec.Struct)

_KEY_NAME = "policy#1"
_NAME = re.compile(r"face-policy-([0-9]{1,9})\.jws")
_DECIMALS = 1000  # a zone is cut here, downwards: never wider than what was measured


@dataclass(frozen=True, slots=True)
class Wish:
    """The shares of impostors at which the zones of a record are taken."""

    match_fmr: float = 1e-4
    staff_fmr: float = 1e-3

    def __post_init__(self) -> None:
        """Refuse zones out of order.

        Raises:
            RefusedError: naming the options.
        """
        if not 0 < self.match_fmr <= self.staff_fmr <= 1:
            message = (
                f"--match-fmr {self.match_fmr:g} --staff-fmr {self.staff_fmr:g}: above 0, and the first the smaller."
            )
            raise RefusedError(message)


def policy_key(fleet: Path, report: Report) -> SigningKey:
    """The key that signs the fleet's policies, among its offline keys; made on the first day, never again.

    Raises:
        FolderError: when it was lost: kiosks believe no other.
    """
    path = fleet / "authority" / "policy.jwk"
    if _trusted(fleet) is not None:
        refuse_if_lost(path, made_with=fleet / "trust.json")
    jwk = secret(path, lambda: as_json(SigningKey.generate(key_id(_KEY_NAME)).jwk()), report)
    try:
        return SigningKey.from_jwk(msgspec.json.decode(jwk))
    except (msgspec.DecodeError, WireError) as error:
        message = f"{path}: not a private key. Restore the file from your backup."
        raise FolderError(message) from error


def make(fleet: Path, draft: bytes, record: bytes | None, wish: Wish, now: datetime) -> tuple[Path, str]:
    """Sign the next version.

    Returns:
        Where it is kept, and in words whether it may serve LIVE.

    Raises:
        RefusedError: when draft or record are none, or a rule lies below a floor.
        FolderError: when the fleet has no policy key.
    """
    key = _signing_key(fleet)
    proposed = _read("--rules", draft, PolicyDraft)
    told = None if record is None else _read_object("--calibration", record)
    policy = proposed.policy if told is None else _with_zones(proposed, told, wish)
    too_low = lowered(policy)
    if too_low is not None:
        message = f"--rules: {too_low}. No signature lowers a floor: correct the rule."
        raise RefusedError(message)
    folder(fleet / "policies")
    version = max(_versions(fleet), default=0) + 1
    document = FacePolicyDocument(1, version, proposed.engine, policy, told, int(now.timestamp()) * 1000)
    signed = seal_message(key, Kind.FACE_POLICY, document)
    if len(signed) > MESSAGE_BYTES:
        message = (
            f"--calibration: the policy would have {len(signed)} bytes, {MESSAGE_BYTES} at most. Give fewer slices."
        )
        raise RefusedError(message)
    kept = fleet / "policies" / f"face-policy-{version}.jws"
    public(kept, signed, Report())
    doubt = uncalibrated(document)
    return kept, "It may serve LIVE with an engine that is fit for it." if doubt is None else f"TEST only: {doubt}."


def newest(fleet: Path) -> Path | None:
    """The policy that was signed last; None where none was."""
    if not (fleet / "policies").is_dir():
        return None
    version = max(_versions(fleet), default=None)
    return None if version is None else fleet / "policies" / f"face-policy-{version}.jws"


def verified(fleet: Path, path: Path) -> tuple[FacePolicyDocument, bytes]:
    """A policy of this fleet, and its bytes.

    Raises:
        RefusedError: when it is not one.
        FolderError: when it cannot be read, or the fleet has no policy key yet.
    """
    key = _trusted(fleet)
    if key is None:
        message = f"{fleet / 'trust.json'}: names no policy key. Run `dipchip-provision fleet {fleet}` again."
        raise FolderError(message)
    signed = read(path)
    try:
        document, _ = open_message(signed, Kind.FACE_POLICY, key, FacePolicyDocument)
    except WireError as error:
        message = f"{path}: not a face policy of this fleet ({error.reason}). Give one from {fleet / 'policies'}."
        raise RefusedError(message) from error
    return document, signed


def shown(document: FacePolicyDocument) -> Iterator[str]:
    """A policy in lines, for whoever is to install it."""
    issued = datetime.fromtimestamp(document.issued_ms / 1000, UTC)
    yield f"version      {document.version}, signed {issued:%Y-%m-%d}"
    yield f"engine       {document.engine.name} ({document.engine.recogniser.kind})"
    recogniser = document.engine.recogniser
    yield f"model        {recogniser.sha256}  {recogniser.file}"
    for file in (document.engine.detector, *document.engine.further):
        yield f"model        {file.sha256}  {file.file}"
    comparison = document.policy.get("comparison", {})
    yield f"match        up to {comparison.get('match_at_most')}"
    yield f"staff looks  up to {comparison.get('staff_at_most')}"
    hours = document.policy.get("deferred_hours", 0)
    yield f"no network   takes requests, kept for {hours} h (TEST only)" if hours else "no network   takes no request"
    if document.calibration is not None:
        record = calibration_of(document.calibration)
        data = record.data
        yield f"calibrated   {data.people} people, {data.fused_frames} frames fused: {data.description}"
        for point in record.operating_points:
            told = "too few comparisons" if not point.is_supported else f"{point.threshold:.3f}"
            yield f"             FMR {point.fmr:g}: {told} ({point.impostor} impostor comparisons)"
    doubt = uncalibrated(document)
    yield "LIVE         with an engine that is fit for it" if doubt is None else f"LIVE         no: {doubt}"


def _with_zones(proposed: PolicyDraft, told: dict[str, Any], wish: Wish) -> dict[str, Any]:
    record = calibration_of(told)
    if set(record.model_digests) != set(proposed.engine.digests) or record.engine != proposed.engine.name:
        message = "--calibration: the record is of other models than the rules. Calibrate the engine that they name."
        raise RefusedError(message)
    comparison = dict(proposed.policy.get("comparison", {}))
    comparison["match_at_most"] = _zone(record, "--match-fmr", wish.match_fmr)
    comparison["staff_at_most"] = _zone(record, "--staff-fmr", wish.staff_fmr)
    staff = comparison["staff_at_most"]
    for name, most in (("track_at_most", staff), ("acting_at_most", staff * ACTING_BEYOND_STAFF)):
        if isinstance(comparison.get(name), int | float):
            comparison[name] = min(comparison[name], most)
    return {**proposed.policy, "comparison": comparison}


def _zone(record: Calibration, option: str, fmr: float) -> float:
    threshold = record.threshold_at(fmr)
    if threshold is None:
        message = f"{option} {fmr:g}: the record has too few impostor comparisons to say it. Ask less, or measure more."
        raise RefusedError(message)
    return math.floor(threshold * _DECIMALS) / _DECIMALS


def _signing_key(fleet: Path) -> SigningKey:
    key = _trusted(fleet)
    path = fleet / "authority" / "policy.jwk"
    if key is None or not path.exists():
        message = f"{path}: is not there. Run `dipchip-provision fleet {fleet}`, or restore it from your backup."
        raise FolderError(message)
    own = policy_key(fleet, Report())
    if own.public() != key:
        message = f"{path}: is not the key that {fleet / 'trust.json'} names. Restore both from the same backup."
        raise FolderError(message)
    return own


def _trusted(fleet: Path) -> VerifyKey | None:
    path = fleet / "trust.json"
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(read(path), type=Trust).policies()
    except (msgspec.DecodeError, WireError) as error:
        message = f"{path}: not what `dipchip-provision fleet` writes. Restore the file from your backup."
        raise FolderError(message) from error


def _versions(fleet: Path) -> Iterator[int]:
    for path in (fleet / "policies").iterdir():
        named = _NAME.fullmatch(path.name)
        if named:
            yield int(named[1])


def _read(option: str, content: bytes, kind: type[T]) -> T:
    try:
        return decode(content, kind)
    except Malformed as error:
        message = f"{option}: {error}. Give what `dipchip-kiosk models rules` writes."
        raise RefusedError(message) from error


def _read_object(option: str, content: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(content, type=dict[str, Any])
        calibration_of(told)
    except (msgspec.DecodeError, Malformed) as error:
        message = f"{option}: {error}. Give what `dipchip-kiosk models calibrate` writes."
        raise RefusedError(message) from error
    return told
