# SPDX-License-Identifier: Apache-2.0
"""Requests without a network: off as shipped, for as long as the fleet has signed, and never in LIVE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk import config
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.entrypoints.person import session_policy
from kiosk.face.engines import EngineChoice
from kiosk.face.policy_file import Rules, draft, read_rules, shipped
from tests.kiosk.test_camera_setting import REST
from tests.simulators.face_policies import signed
from wire.events import Profile
from wire.ids import KeyId
from wire.signing import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

KEY = SigningKey.generate(KeyId("policy#1"))


def _rules(folder: Path, hours: object) -> Rules:
    shipping = draft(EngineChoice.DEMONSTRATION)
    proposed = msgspec.structs.replace(shipping, policy={**shipping.policy, "deferred_hours": hours})
    (folder / "face-policy.jws").write_bytes(signed(KEY, proposed))
    return read_rules(folder / "face-policy.jws", KEY.public(), version_at_least=0)


def _settings(folder: Path) -> config.Settings:
    (folder / "kiosk.toml").write_text(REST, encoding="utf-8")
    return config.read(folder / "kiosk.toml")


@pytest.mark.parametrize("choice", EngineChoice)
def test_nothing_that_ships_takes_a_request_without_a_network(tmp_path: Path, choice: EngineChoice) -> None:
    assert session_policy(_settings(tmp_path), shipped(choice)).deferred_hours == 0


def test_the_signed_hours_are_the_session_s_and_live_has_none(tmp_path: Path) -> None:
    settings, rules = _settings(tmp_path), _rules(tmp_path, 24)
    assert settings.profile is Profile.TEST
    assert session_policy(settings, rules).deferred_hours == 24
    live = settings.model_copy(update={"profile": Profile.LIVE})
    assert session_policy(live, rules).deferred_hours == 0


@pytest.mark.parametrize("hours", [73, -1, 1.5, "24", True])
def test_hours_that_the_code_does_not_allow_close_the_kiosk(tmp_path: Path, hours: object) -> None:
    with pytest.raises(FaultError) as caught:
        _rules(tmp_path, hours)
    assert caught.value.fault is Fault.POLICY_NOT_TRUSTED
