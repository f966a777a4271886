# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.envelope import MESSAGE_BYTES, decode, encode, open_message, seal_message
from wire.errors import BadSignature, Malformed, TooLarge, UnknownKind, WireError
from wire.ids import KeyId
from wire.policy import (
    AT_LEAST,
    AT_MOST,
    FacePolicyDocument,
    PinnedEngine,
    PinnedFile,
    PinnedRecogniser,
    RecogniserKind,
    lowered,
    uncalibrated,
)
from wire.registration import Trust
from wire.signing import Kind, SigningKey

KEY = SigningKey.generate(KeyId("policy#1"))
ENGINE = PinnedEngine(
    "test-engine",
    PinnedFile("detector.onnx", "a" * 64, 1000),
    PinnedRecogniser("recogniser.onnx", "b" * 64, 2000, RecogniserKind.SFACE, unit_length=True),
)
RULES: dict[str, Any] = {
    "comparison": {"match_at_most": 0.9, "staff_at_most": 1.1, "track_at_most": 0.8, "frames_at_least": 3},
    "challenge": {"turn_at_least": 0.1, "parallax_at_least": 0.13},
    "portrait_eyes_at_least_px": 28,
}
RECORD: dict[str, Any] = {
    "record": 1,
    "engine": "test-engine",
    "model_digests": ["a" * 64, "b" * 64],
    "data": {"description": "made up", "people": 250, "pictures": 2000, "fused_frames": 3},
    "operating_points": [
        {"fmr": 1e-2, "threshold": 1.1, "fnmr": 0.01, "impostor": 30_000, "genuine": 300},
        {"fmr": 1e-3, "threshold": 0.95, "fnmr": 0.02, "impostor": 30_000, "genuine": 300},
        {"fmr": 1e-4, "threshold": 0.9, "fnmr": 0.03, "impostor": 30_000, "genuine": 300},
    ],
    "eer": 0.01,
}


def document(*, policy: dict[str, Any] | None = None, record: dict[str, Any] | None = None) -> FacePolicyDocument:
    return FacePolicyDocument(1, 7, ENGINE, policy or RULES, record, 1_790_000_000_000)


def changed(values: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    """A copy with one value, named by its path, set anew."""
    first, _, rest = name.partition(".")
    return {**values, first: changed(values.get(first, {}), rest, value) if rest else value}


def test_a_policy_comes_back_as_it_was_signed() -> None:
    whole = document(record=RECORD)
    message = seal_message(KEY, Kind.FACE_POLICY, whole)
    assert open_message(message, Kind.FACE_POLICY, KEY.public(), FacePolicyDocument) == (whole, None)


def test_another_message_of_the_same_key_is_no_policy() -> None:
    receipt = KEY.sign(Kind.RECEIPT, encode(document()))
    with pytest.raises(UnknownKind):
        open_message(receipt, Kind.FACE_POLICY, KEY.public(), FacePolicyDocument)


def test_a_policy_forged_with_another_key_of_the_same_name_is_refused() -> None:
    forged = seal_message(SigningKey.generate(KeyId("policy#1")), Kind.FACE_POLICY, document())
    with pytest.raises(BadSignature):
        open_message(forged, Kind.FACE_POLICY, KEY.public(), FacePolicyDocument)


def test_an_oversized_policy_is_not_decoded() -> None:
    with pytest.raises(TooLarge):
        open_message(b"x" * (MESSAGE_BYTES + 1), Kind.FACE_POLICY, KEY.public(), FacePolicyDocument)


@given(cut=st.integers(0, len(seal_message(KEY, Kind.FACE_POLICY, document())) - 1))
def test_a_truncated_policy_is_refused(cut: int) -> None:
    with pytest.raises(WireError):
        open_message(
            seal_message(KEY, Kind.FACE_POLICY, document())[:cut], Kind.FACE_POLICY, KEY.public(), FacePolicyDocument
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 0),
        ("v", 2),
        ("surprise", 1),
        ("engine.detector.file", "../../etc/passwd"),
        ("engine.detector.file", ""),
        ("engine.detector.size_bytes", 10**12),
        ("engine.recogniser.sha256", "A" * 64),
        ("engine.recogniser.side_px", 100_000),
        ("engine.recogniser.scale", 0),
        ("engine.recogniser.template", [[1, 2]] * 4),
        ("engine.recogniser.kind", "template"),
        ("engine.name", "Engine With Spaces"),
    ],
)
def test_a_document_out_of_bounds_is_refused(name: str, value: object) -> None:
    whole = changed(msgspec.to_builtins(document()), name, value)
    with pytest.raises(Malformed):
        decode(msgspec.json.encode(whole), FacePolicyDocument)


@pytest.mark.parametrize("hours", [0, 1, 24, 72])
def test_requests_may_wait_as_long_as_the_code_allows(hours: int) -> None:
    assert lowered({**RULES, "deferred_hours": hours}) is None


@pytest.mark.parametrize("hours", [-1, 73, 0.5, True, "24"])
def test_no_signature_lets_a_request_wait_longer(hours: object) -> None:
    assert "deferred_hours" in (lowered({**RULES, "deferred_hours": hours}) or "")


def test_rules_above_the_floors_are_not_lowered() -> None:
    assert lowered(RULES) is None


@pytest.mark.parametrize("name", AT_LEAST)
def test_no_rule_is_set_below_its_floor(name: str) -> None:
    assert lowered(changed(RULES, name, AT_LEAST[name])) is None
    assert (lowered(changed(RULES, name, AT_LEAST[name] - 0.01)) or "").startswith(name)
    assert (lowered(changed(RULES, name, "3")) or "").startswith(name)


@pytest.mark.parametrize("name", AT_MOST)
def test_no_rule_is_set_beyond_its_ceiling(name: str) -> None:
    assert lowered(changed(RULES, name, AT_MOST[name])) is None
    assert (lowered(changed(RULES, name, AT_MOST[name] + 0.01)) or "").startswith(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("comparison.match_at_most", 1.2),
        ("comparison.track_at_most", 1.2),
        ("comparison.acting_at_most", 1.5),
        ("comparison.acting_at_most", "far"),
        ("comparison.match_at_most", 0),
        ("comparison.staff_at_most", "1.1"),
        ("comparison", {}),
    ],
)
def test_zones_out_of_order_are_refused(name: str, value: object) -> None:
    assert "comparison.staff_at_most" in (lowered(changed(RULES, name, value)) or "")


@pytest.mark.parametrize(
    ("name", "value"), [("frames_at_least", 5), ("frames_fused", 5), ("frames_fused", 1), ("frames_fused", "3")]
)
def test_more_frames_than_are_kept_and_fewer_than_decide_are_refused(name: str, value: object) -> None:
    assert f"comparison.{name}" in (lowered(changed(RULES, f"comparison.{name}", value)) or "")
    assert lowered(changed(changed(RULES, "comparison.frames_each", 3), "comparison.frames_fused", 5)) is None


def test_thresholds_of_three_frames_are_not_those_of_five() -> None:
    five = changed(changed(RULES, "comparison.frames_each", 3), "comparison.frames_fused", 5)
    assert "3 fused frames, and the policy 5" in (uncalibrated(document(policy=five, record=RECORD)) or "")
    assert uncalibrated(document(policy=five, record=changed(RECORD, "data.fused_frames", 5))) is None


def test_a_policy_with_a_record_of_its_own_models_is_calibrated() -> None:
    assert uncalibrated(document(record=RECORD)) is None


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("model_digests", ["a" * 64, "c" * 64], "other models"),
        ("model_digests", ["a" * 64], "other models"),
        ("engine", "another-engine", "other models"),
        ("data.fused_frames", 1, "1 fused frames"),
        ("operating_points", [], "too few comparisons"),
        ("operating_points", [{"fmr": 1e-3, "threshold": 1.0, "impostor": 2000}], "too few comparisons"),
        ("operating_points", [{"fmr": 1e-3, "threshold": None, "impostor": 30_000}], "too few comparisons"),
        ("operating_points", [{"fmr": 1e-3, "threshold": 0.8, "impostor": 3000}], "match_at_most is wider"),
        ("operating_points", [{"fmr": 1e-3, "threshold": 0.95, "impostor": 3000}], "staff_at_most is wider"),
    ],
)
def test_a_record_that_does_not_speak_for_the_policy_is_told(name: str, value: object, why: str) -> None:
    assert why in (uncalibrated(document(record=changed(RECORD, name, value))) or "")


def test_a_policy_without_a_record_is_uncalibrated() -> None:
    assert "no calibration record" in (uncalibrated(document()) or "")


def test_a_record_that_is_none_is_malformed() -> None:
    with pytest.raises(Malformed, match="calibration record"):
        uncalibrated(document(record={"record": 2}))


def test_trust_from_before_there_were_policies_is_read_and_believes_none() -> None:
    public = KEY.public().jwk()
    old = msgspec.json.encode({"v": 1, "receipt_key": public, "answer_key": public, "sealing_key": {}})
    assert msgspec.json.decode(old, type=Trust).policies() is None
    new = msgspec.json.encode(
        {"v": 1, "receipt_key": public, "answer_key": public, "sealing_key": {}, "policy_key": public}
    )
    assert msgspec.json.decode(new, type=Trust).policies() == KEY.public()
