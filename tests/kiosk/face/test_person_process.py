# SPDX-License-Identifier: Apache-2.0
"""The real person's process refuses to enrol, each time with its code and sentence, and serves where all is true."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk.enrollment.failures import Fault
from kiosk.face.engines import EngineChoice
from kiosk.face.models import DEMONSTRATION, MESH, PACKS, PAD, YUNET, demonstration_folder
from kiosk.face.policy_file import draft
from kiosk.records import pipe
from kiosk.screens.wording import load_wordings
from tests.simulators.face_policies import record_for, signed
from tests.simulators.onnx_standin import recogniser
from tests.simulators.pcscd import PcscDaemon
from tests.simulators.people import darkness
from wire.ids import KeyId
from wire.policy import PinnedEngine, PinnedFile, PinnedRecogniser, PolicyDraft, RecogniserKind
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.face.models import ModelFile
    from tests.kiosk.conftest import World

pytestmark = pytest.mark.real

SETTINGS = """
kiosk = "k-udon-01"
facility = "10670"
province = "41"
shard = "00"
profile = "{profile}"
store = "store.db"
trust = "trust.json"
event_key = "event.jwk"
courier_key = "courier.jwk"
camera = "file:{camera}"
models = "{models}"
face_policy = "{policy}"
[broker]
host = "localhost"
ca = "ca.pem"
certificate = "kiosk.crt"
key = "kiosk.key"
"""
KEY = SigningKey.generate(KeyId("policy#1"))
STANDIN = recogniser()
DIGEST = hashlib.sha256(STANDIN).hexdigest()


def _pin(model: ModelFile) -> PinnedFile:
    return PinnedFile(model.name, model.sha256, model.size_bytes)


PRODUCTION = draft(EngineChoice.PRODUCTION)
STANDIN_DRAFT = msgspec.structs.replace(
    PRODUCTION,
    engine=PinnedEngine(
        "test-standin",
        _pin(YUNET),
        PinnedRecogniser("standin.onnx", DIGEST, len(STANDIN), RecogniserKind.SFACE, unit_length=True),
    ),
)
DEMO_DRAFT, BENCH_DRAFT = draft(EngineChoice.DEMONSTRATION), draft(EngineChoice.BENCH, (PAD, MESH))


@dataclass(frozen=True)
class Kiosk:
    """A kiosk's folder, and a person's process started in it as the desk does."""

    folder: Path
    env: dict[str, str]
    world: World

    @property
    def models(self) -> Path:
        return self.folder / "models"

    def told(
        self, policy: bytes | None, *, profile: str = "test", at_least: int = 0, policy_key: SigningKey | None = KEY
    ) -> pipe.FromPerson:
        """The first thing that the process says."""
        public = None if policy_key is None else policy_key.public().jwk()
        trust = msgspec.structs.replace(self.world.trust, policy_key=public)
        (self.folder / "trust.json").write_bytes(msgspec.json.encode(trust))
        (self.folder / "face-policy.jws").write_bytes(policy or b"")
        text = SETTINGS.format(
            profile=profile,
            camera=self.folder / "camera.avi",
            models=self.models if any(self.models.iterdir()) else "",
            policy="" if policy is None else "face-policy.jws",
        )
        (self.folder / "kiosk.toml").write_text(text, encoding="utf-8")
        return self._first_word(at_least)

    def _first_word(self, at_least: int) -> pipe.FromPerson:
        ours, theirs = pipe.Pipe.pair()
        channel: pipe.Pipe[pipe.FromPerson] = pipe.Pipe(ours, pipe.FromPerson)
        words = ("kiosk.entrypoints.person", str(self.folder / "kiosk.toml"), str(theirs.fileno()))
        with subprocess.Popen([sys.executable, "-m", *words], pass_fds=[theirs.fileno()], env=self.env) as process:
            theirs.close()
            channel.send(pipe.Begin(at_least))
            try:
                message = channel.receive(60)
            finally:
                channel.close()
                process.wait(20)
        assert message is not None
        return message


@pytest.fixture(scope="module")
def pcscd() -> Iterator[PcscDaemon]:
    folder = Path(tempfile.mkdtemp(prefix="dc-"))  # short: a socket lies in it
    with PcscDaemon(folder) as daemon:
        yield daemon
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def kiosk(pcscd: PcscDaemon, world: World, tmp_path: Path) -> Kiosk:
    (tmp_path / "models").mkdir()
    darkness(tmp_path / "camera.avi")
    return Kiosk(tmp_path, {**os.environ, **pcscd.env, "OPENCV_LOG_LEVEL": "ERROR"}, world)


@pytest.fixture
def stocked(kiosk: Kiosk, model_folder: Path) -> Kiosk:
    """The same with every model that is at hand, and a stand-in for SFace."""
    for pack in PACKS:
        source = demonstration_folder() if pack is DEMONSTRATION else model_folder
        for model in pack.files:
            if (source / model.name).exists():
                (kiosk.models / model.name).write_bytes((source / model.name).read_bytes())
    (kiosk.models / "standin.onnx").write_bytes(STANDIN)
    return kiosk


def _refusal(message: pipe.FromPerson) -> Fault:
    assert isinstance(message, pipe.Broken), message
    assert message.technician.endswith(".")
    for wording in load_wordings().values():
        assert wording.text(f"fault.{message.fault}")
    return message.fault


def test_a_kiosk_with_a_signed_policy_is_ready_and_tells_its_version(kiosk: Kiosk) -> None:
    assert kiosk.told(signed(KEY, DEMO_DRAFT, version=7), at_least=7) == pipe.Ready(7)


def test_a_kiosk_without_a_policy_is_ready_for_test_only(kiosk: Kiosk) -> None:
    assert kiosk.told(None) == pipe.Ready(0)
    assert _refusal(kiosk.told(None, profile="live")) is Fault.MODEL_NOT_ALLOWED


def _flipped(content: bytes) -> bytes:
    at = content.index(b".") + 200  # inside what is signed
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


OTHER_KEY = SigningKey.generate(KeyId("policy#1"))
GOOD = signed(KEY, DEMO_DRAFT)


@pytest.mark.parametrize(
    "policy",
    [GOOD.rpartition(b".")[0] + b".", signed(OTHER_KEY, DEMO_DRAFT), GOOD[:-30], _flipped(GOOD), b""],
    ids=["unsigned", "signed by another key", "truncated", "altered", "empty"],
)
def test_a_policy_that_is_not_the_fleet_s_closes_the_kiosk(kiosk: Kiosk, policy: bytes) -> None:
    assert _refusal(kiosk.told(policy)) is Fault.POLICY_NOT_TRUSTED


def test_trust_from_before_closes_a_kiosk_that_is_told_to_follow_a_policy(kiosk: Kiosk) -> None:
    assert _refusal(kiosk.told(GOOD, profile="live", policy_key=None)) is Fault.POLICY_NOT_TRUSTED


def test_an_older_policy_closes_the_kiosk(kiosk: Kiosk) -> None:
    assert _refusal(kiosk.told(signed(KEY, DEMO_DRAFT, version=3), at_least=4)) is Fault.POLICY_OUTDATED


def test_the_demonstration_engine_never_serves_live_however_it_is_signed(kiosk: Kiosk) -> None:
    policy = signed(KEY, DEMO_DRAFT, record=record_for(DEMO_DRAFT.engine))
    assert _refusal(kiosk.told(policy, profile="live")) is Fault.MODEL_NOT_ALLOWED


def test_an_uncalibrated_engine_never_serves_live_and_a_calibrated_one_gets_as_far_as_its_camera(
    stocked: Kiosk,
) -> None:
    bare = signed(KEY, STANDIN_DRAFT)
    assert stocked.told(bare) == pipe.Ready(1)
    assert _refusal(stocked.told(bare, profile="live")) is Fault.MODEL_NOT_ALLOWED
    calibrated = signed(KEY, STANDIN_DRAFT, record=record_for(STANDIN_DRAFT.engine))
    assert _refusal(stocked.told(calibrated, profile="live")) is Fault.CAMERA_ABSENT  # it is a film


FILES = [
    *((DEMO_DRAFT, model.name) for model in DEMONSTRATION.files),
    (BENCH_DRAFT, YUNET.name),
    (BENCH_DRAFT, BENCH_DRAFT.engine.recogniser.file),
    *((BENCH_DRAFT, file.file) for file in BENCH_DRAFT.engine.further),
    (STANDIN_DRAFT, "standin.onnx"),
]


@pytest.mark.parametrize(("proposed", "name"), FILES, ids=[name for _, name in FILES])
def test_one_flipped_bit_in_any_model_file_closes_the_kiosk(stocked: Kiosk, proposed: PolicyDraft, name: str) -> None:
    path = stocked.models / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    message = stocked.told(signed(KEY, proposed))
    assert _refusal(message) is Fault.MODEL_ALTERED
    assert isinstance(message, pipe.Broken)
    assert name in message.technician


def test_a_model_that_a_policy_asks_for_and_nobody_installed_closes_the_kiosk(stocked: Kiosk) -> None:
    (stocked.models / MESH.files[0].name).unlink()
    assert _refusal(stocked.told(signed(KEY, BENCH_DRAFT))) is Fault.MODEL_MISSING
