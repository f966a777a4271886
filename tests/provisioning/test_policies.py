# SPDX-License-Identifier: Apache-2.0
"""A face policy on its way from the kiosk's rules and a calibration record to a file that a kiosk believes."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from kiosk.config import read as read_kiosk
from kiosk.config import read_trust
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.engines import EngineChoice
from kiosk.face.evaluation.record import CalibrationRecord, RecordedPoint, RecordedSet, to_bytes
from kiosk.face.policy_file import draft, read_rules
from tests.provisioning.conftest import MINE, Made, make_fleet, run
from tests.provisioning.test_folders import fails, site
from tests.wire.test_policy import changed

if TYPE_CHECKING:
    from pathlib import Path

    from wire.policy import PolicyDraft

SHIPPED = draft(EngineChoice.PRODUCTION)
RECORD: dict[str, Any] = {
    "record": 1,
    "engine": SHIPPED.engine.name,
    "model_digests": list(SHIPPED.engine.digests),
    "data": {"description": "made up, for a test", "people": 250, "pictures": 2000, "fused_frames": 3},
    "operating_points": [
        {"fmr": fmr, "threshold": threshold, "fnmr": 0.02, "impostor": 30_000, "genuine": 300}
        for fmr, threshold in ((1e-2, 1.1004), (1e-3, 0.9509), (1e-4, 0.9006))
    ],
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = make_fleet(tmp_path_factory.mktemp("policies"))
    made.make_kiosk(MINE)
    return made


def _written(place: Path, content: object) -> Path:
    path = place / f"{len(list(place.iterdir()))}.json"
    path.write_bytes(msgspec.json.encode(content))
    return path


def _make(fleet: Made, place: Path, *more: object, rules: PolicyDraft = SHIPPED) -> Path:
    out = place / "face-policy.jws"
    said = run("policy", "make", fleet.fleet, "--rules", _written(place, rules), "--out", out, *more)
    assert str(out) in said
    return out


def test_the_policy_key_lies_with_the_offline_keys_and_only_its_public_half_travels(fleet: Made) -> None:
    key = fleet.fleet / "authority" / "policy.jwk"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    private = msgspec.json.decode(key.read_bytes())["d"]
    for folder in (fleet.fleet / "controller", fleet.fleet / "broker", fleet.kiosk(MINE)):
        assert not [path for path in folder.rglob("*") if path.is_file() and private.encode() in path.read_bytes()]
    assert read_trust(fleet.kiosk(MINE) / "trust.json").policies() is not None


def test_a_policy_with_a_record_takes_its_zones_and_may_serve_live(fleet: Made, tmp_path: Path) -> None:
    path = _make(fleet, tmp_path, "--calibration", _written(tmp_path, RECORD))
    rules = read_rules(path, read_trust(fleet.fleet / "trust.json").policies(), version_at_least=1)
    comparison = rules.policy.comparison
    assert (comparison.match_at_most, comparison.staff_at_most, comparison.track_at_most) == (0.9, 0.95, 0.8)
    assert comparison.calibrated
    assert comparison.version == f"policy-{rules.version}"
    rules.check_live()


def test_a_policy_without_a_record_keeps_the_rules_and_serves_test_only(fleet: Made, tmp_path: Path) -> None:
    path = _make(fleet, tmp_path)
    rules = read_rules(path, read_trust(fleet.fleet / "trust.json").policies(), version_at_least=1)
    assert rules.policy.comparison.match_at_most == 1.0
    with pytest.raises(FaultError, match="no calibration record") as caught:
        rules.check_live()
    assert caught.value.fault is Fault.MODEL_NOT_ALLOWED


def test_versions_count_up_and_every_policy_is_kept(fleet: Made, tmp_path: Path) -> None:
    before = len(set((fleet.fleet / "policies").glob("*")))
    for _ in range(2):
        _make(fleet, tmp_path)
    names = {path.name for path in (fleet.fleet / "policies").iterdir()}
    assert names == {f"face-policy-{n}.jws" for n in range(1, before + 3)}


def test_a_policy_is_shown_with_its_models_and_what_was_measured(fleet: Made, tmp_path: Path) -> None:
    path = _make(fleet, tmp_path, "--calibration", _written(tmp_path, RECORD))
    said = run("policy", "show", fleet.fleet, path)
    for expected in (*SHIPPED.engine.digests, "250 people", "made up, for a test", "FMR 0.0001: 0.901", "up to 0.9\n"):
        assert expected in said
    assert "LIVE         with" in said
    assert "no network   takes no request" in said
    path = _make(
        fleet, tmp_path, rules=msgspec.structs.replace(SHIPPED, policy={**SHIPPED.policy, "deferred_hours": 24})
    )
    assert "kept for 24 h (TEST only)" in run("policy", "show", fleet.fleet, path)


def test_a_kiosk_s_folder_gets_the_policy_and_its_settings_name_it(fleet: Made, tmp_path: Path) -> None:
    path = _make(fleet, tmp_path, "--calibration", _written(tmp_path, RECORD))
    out = tmp_path / "k-live"
    run("kiosk", fleet.fleet, *site(out=out, kiosk_id="k-live", profile="live"), "--models", "/m", "--policy", path)
    settings = read_kiosk(out / "kiosk.toml")
    assert settings.face_policy == out / "face-policy.jws"
    assert read_rules(settings.face_policy, read_trust(settings.trust).policies(), version_at_least=1).doubt is None
    assert read_kiosk(fleet.kiosk(MINE) / "kiosk.toml").face_policy is None


@pytest.mark.parametrize(
    "case",
    [
        (changed(msgspec.to_builtins(SHIPPED), "policy.comparison.frames_at_least", 1), None, (), "frames_at_least"),
        (changed(msgspec.to_builtins(SHIPPED), "policy.portrait_eyes_at_least_px", 10), None, (), "portrait_eyes"),
        (changed(msgspec.to_builtins(SHIPPED), "policy.deferred_hours", 73), None, (), "deferred_hours"),
        (changed(msgspec.to_builtins(SHIPPED), "surprise", 1), None, (), "models rules"),
        (msgspec.to_builtins(SHIPPED), {"record": 1}, (), "models calibrate"),
        (msgspec.to_builtins(SHIPPED), changed(RECORD, "engine", "another"), (), "other models"),
        (msgspec.to_builtins(SHIPPED), changed(RECORD, "model_digests", ["a" * 64]), (), "other models"),
        (msgspec.to_builtins(SHIPPED), RECORD, ("--match-fmr", "1e-6"), "too few impostor"),
        (msgspec.to_builtins(SHIPPED), RECORD, ("--match-fmr", "0.1"), "--match-fmr"),
        (msgspec.to_builtins(SHIPPED), {**RECORD, "slices": "x" * 60_000}, (), "60000 at most"),
    ],
)
def test_what_no_kiosk_would_believe_is_not_signed(
    fleet: Made,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    case: tuple[object, object, tuple[str, ...], str],
) -> None:
    rules, record, more, said = case
    signed = set((fleet.fleet / "policies").glob("*"))
    words = ["policy", "make", fleet.fleet, "--rules", _written(tmp_path, rules), *more]
    if record is not None:
        words += ["--calibration", _written(tmp_path, record)]
    assert said in fails(capsys, *words)
    assert set((fleet.fleet / "policies").glob("*")) == signed


def test_a_policy_of_another_fleet_is_not_put_into_a_kiosk_s_folder(
    fleet: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    other = make_fleet(tmp_path / "other")
    path = _make(other, tmp_path)
    said = fails(capsys, "kiosk", fleet.fleet, *site(out=tmp_path / "made"), "--policy", path)
    assert "bad_signature" in said
    assert not (tmp_path / "made").exists()


def test_a_fleet_from_before_gets_a_policy_key_and_keeps_all_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_fleet(tmp_path)
    trust = msgspec.json.decode((made.fleet / "trust.json").read_bytes())
    del trust["policy_key"]
    (made.fleet / "trust.json").write_bytes(msgspec.json.encode(trust))
    (made.fleet / "authority" / "policy.jwk").unlink()
    rules = _written(tmp_path, SHIPPED)
    assert "policy.jwk: is not there" in fails(capsys, "policy", "make", made.fleet, "--rules", rules)
    again = ("--broker-host", "localhost", "--database-url", "sqlite:///fleet.db", "--idp-url", "http://127.0.0.1:9")
    run("fleet", made.fleet, *again)
    renewed = msgspec.json.decode((made.fleet / "trust.json").read_bytes())
    assert {name: renewed[name] for name in trust} == trust
    assert "policy_key" in renewed


def test_a_lost_policy_key_is_never_replaced_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = make_fleet(tmp_path)
    key = made.fleet / "authority" / "policy.jwk"
    key.unlink()
    again = ("--broker-host", "localhost", "--database-url", "sqlite:///fleet.db", "--idp-url", "http://127.0.0.1:9")
    assert "Restore it from your backup" in fails(capsys, "fleet", made.fleet, *again)
    assert "restore it from your backup" in fails(
        capsys, "policy", "make", made.fleet, "--rules", _written(tmp_path, SHIPPED)
    )
    assert not key.exists()


def test_live_needs_a_signed_policy(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = site(out=tmp_path / "made", profile="live")
    assert "--policy" in fails(capsys, "kiosk", made.fleet, *place, "--models", "/m")
    assert not (tmp_path / "made").exists()


def test_the_record_that_a_kiosk_writes_is_the_one_that_a_policy_reads(fleet: Made, tmp_path: Path) -> None:
    points = tuple(
        RecordedPoint(
            fmr=fmr,
            threshold=threshold,
            fnmr=None,
            fnmr_low=0.0,
            fnmr_high=0.1,
            impostor=30_000,
            genuine=300,
            false_matches=3,
            false_non_matches=0,
        )
        for fmr, threshold in ((1e-2, 1.1), (1e-3, 0.95), (1e-4, 0.9))
    )
    data = RecordedSet(
        description="made up",
        people=250,
        pictures=2000,
        genuine=300,
        impostor=30_000,
        card_simulated=True,
        fused_frames=3,
    )
    record = CalibrationRecord(
        engine=SHIPPED.engine.name,
        model_digests=SHIPPED.engine.digests,
        data=data,
        eer=None,
        eer_below=0.01,
        operating_points=points,
    )
    (tmp_path / "record.json").write_bytes(to_bytes(record))
    path = _make(fleet, tmp_path, "--calibration", tmp_path / "record.json")
    rules = read_rules(path, read_trust(fleet.fleet / "trust.json").policies(), version_at_least=1)
    assert (rules.doubt, rules.policy.comparison.match_at_most) == (None, 0.9)
