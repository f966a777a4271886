# SPDX-License-Identifier: Apache-2.0
"""A policy file is believed step by step or not at all, and nothing that it says of itself lets it serve LIVE."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.engines import ENGINES, EngineChoice
from kiosk.face.models import DLIB_RECOGNISER, DLIB_RECOGNISER_ONNX
from kiosk.face.policy import POLICIES, FacePolicy
from kiosk.face.policy_file import Rules, draft, read_rules, shipped
from tests.simulators.face_policies import record_for, signed
from tests.wire.test_policy import changed
from wire.envelope import encode
from wire.ids import KeyId
from wire.policy import AT_LEAST, AT_MOST, PolicyDraft, lowered, rules_in
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from pathlib import Path

KEY, OTHER = SigningKey.generate(KeyId("policy#1")), SigningKey.generate(KeyId("policy#1"))
PRODUCTION = draft(EngineChoice.PRODUCTION)
RECORD = record_for(PRODUCTION.engine)


def _read(place: Path, content: bytes, *, version_at_least: int = 0) -> Rules:
    (place / "face-policy.jws").write_bytes(content)
    return read_rules(place / "face-policy.jws", KEY.public(), version_at_least=version_at_least)


def _refused(place: Path, content: bytes, *, version_at_least: int = 0) -> FaultError:
    with pytest.raises(FaultError) as caught:
        _read(place, content, version_at_least=version_at_least)
    return caught.value


def _with(name: str, value: object) -> PolicyDraft:
    return msgspec.structs.replace(PRODUCTION, policy=changed(PRODUCTION.policy, name, value))


@pytest.mark.parametrize("choice", EngineChoice)
def test_the_rules_that_ship_lie_above_every_floor(choice: EngineChoice) -> None:
    assert lowered(msgspec.to_builtins(shipped(choice).policy)) is None


def test_every_floor_is_of_a_rule_that_there_is() -> None:
    names = {name for name, _ in rules_in(msgspec.to_builtins(shipped(EngineChoice.PRODUCTION).policy))}
    assert set(AT_LEAST) | set(AT_MOST) <= names


@pytest.mark.parametrize("choice", EngineChoice)
def test_what_ships_can_be_signed_and_comes_back_the_same(tmp_path: Path, choice: EngineChoice) -> None:
    rules = _read(tmp_path, signed(KEY, draft(choice), version=7))
    own = POLICIES[ENGINES[choice].name]
    assert rules.engine == ENGINES[choice]
    assert rules.version == 7
    assert rules.policy == replace(own, comparison=replace(own.comparison, version="policy-7", calibrated=False))


def test_a_policy_with_a_record_of_its_models_is_calibrated_and_may_serve_live(tmp_path: Path) -> None:
    rules = _read(tmp_path, signed(KEY, PRODUCTION, record=RECORD))
    assert rules.policy.comparison.calibrated
    rules.check_live()


def _unsigned(draft_: PolicyDraft) -> bytes:
    header, _, _ = signed(KEY, draft_).split(b".")
    return header + b"." + signed(OTHER, draft_).split(b".")[1] + b"."


ATTACKS = {
    "empty": b"",
    "plain JSON": encode(PRODUCTION),
    "unsigned": _unsigned(PRODUCTION),
    "signed by another key of the same name": signed(OTHER, PRODUCTION),
    "signed by the right key as something else": KEY.sign(Kind.RECEIPT, encode(PRODUCTION)),
    "a draft instead of a policy": KEY.sign(Kind.FACE_POLICY, encode(PRODUCTION)),
    "truncated": signed(KEY, PRODUCTION)[:-20],
    "oversized": signed(KEY, PRODUCTION) + b"A" * 60_000,
    "with an attachment": signed(KEY, PRODUCTION) + b"~QQ",
    "with a record that is none": signed(KEY, PRODUCTION, record={"record": 1}),
}


@pytest.mark.parametrize("content", ATTACKS.values(), ids=ATTACKS)
def test_a_file_that_is_no_policy_of_this_fleet_is_not_trusted(tmp_path: Path, content: bytes) -> None:
    error = _refused(tmp_path, content)
    assert error.fault is Fault.POLICY_NOT_TRUSTED
    assert str(error).endswith("Install the policy file that dipchip-provision signed for this fleet.")


@given(at=st.integers(0, len(signed(KEY, PRODUCTION)) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int) -> None:
    content = bytearray(signed(KEY, PRODUCTION))
    content[at] ^= 1 << bit
    assert _refused(tmp_path_factory.getbasetemp(), bytes(content)).fault is Fault.POLICY_NOT_TRUSTED


def test_a_policy_that_is_not_there_is_not_trusted(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="cannot be read") as caught:
        read_rules(tmp_path / "none.jws", KEY.public(), version_at_least=0)
    assert caught.value.fault is Fault.POLICY_NOT_TRUSTED


def test_a_kiosk_that_knows_no_policy_key_trusts_no_policy(tmp_path: Path) -> None:
    (tmp_path / "face-policy.jws").write_bytes(signed(KEY, PRODUCTION, record=RECORD))
    with pytest.raises(FaultError, match=r"trust\.json names no policy key") as caught:
        read_rules(tmp_path / "face-policy.jws", None, version_at_least=0)
    assert caught.value.fault is Fault.POLICY_NOT_TRUSTED


def test_a_policy_older_than_the_last_one_is_outdated_and_the_same_is_not(tmp_path: Path) -> None:
    error = _refused(tmp_path, signed(KEY, PRODUCTION, version=4), version_at_least=5)
    assert error.fault is Fault.POLICY_OUTDATED
    assert "version 4, but 5 has served here" in str(error)
    assert _read(tmp_path, signed(KEY, PRODUCTION, version=5), version_at_least=5).version == 5


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("comparison.frames_at_least", 1, "frames_at_least"),
        ("comparison.frames_each", 1, "frames_each"),
        ("portrait_eyes_at_least_px", 12.0, "portrait_eyes_at_least_px"),
        ("challenge.parallax_at_least", 0.01, "parallax_at_least"),
        ("comparison.match_at_most", 1.9, "match_at_most"),
        ("comparison.unit_length", False, "unit_length"),
        ("comparison.match_at_most", "1.0", "rules"),
        ("comparison", [], "no rules of comparison"),
        ("challenge", {}, "rules"),
        ("attempt_s", None, "rules"),
        ("quality.beauty_at_least", 0.5, "beauty_at_least is not known"),
        ("surprise", {"inside": 1}, "surprise.inside is not known"),
    ],
)
def test_a_signed_rule_below_a_floor_or_unknown_here_is_not_followed(
    tmp_path: Path, name: str, value: object, why: str
) -> None:
    error = _refused(tmp_path, signed(KEY, _with(name, value), record=RECORD))
    assert error.fault is Fault.POLICY_NOT_TRUSTED
    assert why in str(error)


def test_a_rule_that_a_policy_leaves_out_is_the_release_s_own(tmp_path: Path) -> None:
    policy = {name: PRODUCTION.policy[name] for name in ("comparison", "challenge")}
    rules = _read(tmp_path, signed(KEY, msgspec.structs.replace(PRODUCTION, policy=policy)))
    assert rules.policy.quality == FacePolicy(rules.policy.comparison, rules.policy.challenge).quality


def test_what_a_policy_says_of_itself_is_not_believed(tmp_path: Path) -> None:
    boasting = _with("comparison.calibrated", True)  # noqa: FBT003 - a rule's value
    rules = _read(tmp_path, signed(KEY, boasting))
    assert not rules.policy.comparison.calibrated
    with pytest.raises(FaultError, match="no calibration record"):
        rules.check_live()


def _live_refusal(rules: Rules) -> str:
    with pytest.raises(FaultError) as caught:
        rules.check_live()
    assert caught.value.fault is Fault.MODEL_NOT_ALLOWED
    return str(caught.value)


@pytest.mark.parametrize("choice", EngineChoice)
def test_the_rules_that_ship_never_serve_live(choice: EngineChoice) -> None:
    assert "Sign a policy" in _live_refusal(shipped(choice))


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("model_digests", ["a" * 64, "b" * 64], "of other models"),
        ("engine", "another-engine", "of other models"),
        ("data.fused_frames", 1, "1 fused frames"),
        ("operating_points", [{"fmr": 1e-3, "threshold": 2.0, "impostor": 300}], "too few comparisons"),
        ("operating_points", [{"fmr": 1e-3, "threshold": 0.5, "impostor": 30_000}], "wider than the record"),
    ],
)
def test_live_is_refused_without_a_record_that_speaks_for_engine_and_zones(
    tmp_path: Path, name: str, value: object, why: str
) -> None:
    rules = _read(tmp_path, signed(KEY, PRODUCTION, record=changed(RECORD, name, value)))
    assert why in _live_refusal(rules)


@pytest.mark.parametrize("choice", [EngineChoice.DEMONSTRATION, EngineChoice.BENCH])
def test_no_record_lifts_dlib_s_network_to_live_whatever_it_is_called(tmp_path: Path, choice: EngineChoice) -> None:
    proposed = draft(choice)
    renamed = msgspec.structs.replace(proposed, engine=msgspec.structs.replace(proposed.engine, name="trust-me"))
    rules = _read(tmp_path, signed(KEY, renamed, record=record_for(renamed.engine)))
    assert rules.engine.recogniser.sha256 in {DLIB_RECOGNISER.sha256, DLIB_RECOGNISER_ONNX.sha256}
    assert rules.doubt is None
    assert "grade assist" in _live_refusal(rules)


def test_a_draft_says_nothing_of_itself() -> None:
    told: dict[str, Any] = PRODUCTION.policy["comparison"]
    assert "version" not in told
    assert "calibrated" not in told
