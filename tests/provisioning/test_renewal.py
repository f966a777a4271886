# SPDX-License-Identifier: Apache-2.0
"""The next certificate on the kiosk's side: when it is asked for, what is believed, what power cuts do."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from fleet.store.schema import upgrade
from fleet.store.session import open_engine
from provisioning.device.enrolment import Enrolment, Hardware
from provisioning.device.renewal import Identity, step
from provisioning.errors import FolderError
from provisioning.files import Report
from provisioning.identities import AgentWish
from provisioning.places import Layout
from tests.provisioning.conftest import MINE, Made
from tests.provisioning.power import cuts
from tests.simulators.desk import HERE, INTRODUCTION, ISSUER, NAME, Counter
from wire.certificates import LEAF_LIFE, new_key, pem
from wire.claims import RENEWAL, RENEWAL_ANSWER, RENEWAL_REQUEST, RENEWAL_WANTED, Renewed
from wire.envelope import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HALF, AFTER = LEAF_LIFE / 2 + timedelta(hours=1), LEAF_LIFE + timedelta(days=200)


@dataclass(frozen=True, slots=True)
class OnKiosk:
    """A claimed kiosk, the signer's desk, and a clock that both go by."""

    folder: Path
    counter: Counter

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.counter.clock.ms / 1000, UTC)

    def passes(self, time: timedelta) -> None:
        self.counter.clock.ms += int(time.total_seconds() * 1000)

    def step(self, folder: Path | None = None) -> str:
        place = folder or self.folder
        return step(Identity.read(place / "kiosk.toml"), place / "event.jwk", self.now, Report())

    def carry(self, folder: Path | None = None) -> None:
        """What the courier does."""
        spool = (folder or self.folder) / "renewal"
        status, answer = self.counter.ask(RENEWAL, (spool / RENEWAL_REQUEST).read_bytes())
        assert status == 200
        (spool / RENEWAL_ANSWER).write_bytes(answer)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[OnKiosk]:
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    upgrade(engine)
    counter = Counter(engine)
    folder = tmp_path / "kiosk"
    any_hardware = Hardware("file:none", "", "", "", AgentWish())
    made = Enrolment(folder, INTRODUCTION, Layout.BESIDE, counter.granted)
    made.run(counter.code(), HERE, any_hardware, datetime.now(UTC), Report())
    yield OnKiosk(folder, counter)
    engine.dispose()


def leaf_of(folder: Path) -> x509.Certificate:
    """The certificate that is shown, which is always of the key beside it."""
    pair = (folder / "tls/kiosk.key").read_bytes()
    leaf = x509.load_pem_x509_certificate(pair)
    assert serialization.load_pem_private_key(pair, password=None).public_key() == leaf.public_key()
    return leaf


def left(folder: Path) -> set[str]:
    return {path.name for path in (folder / "renewal").iterdir()} | {path.name for path in (folder / "tls").iterdir()}


def test_before_the_middle_nothing_is_asked_for(kiosk: OnKiosk) -> None:
    before = left(kiosk.folder)
    kiosk.passes(LEAF_LIFE / 2 - timedelta(hours=1))
    assert "good until" in kiosk.step()
    assert left(kiosk.folder) == before


@pytest.mark.parametrize("later", [HALF, AFTER])
def test_from_the_middle_on_and_after_the_end_there_is_a_request_and_its_answer_is_installed(
    kiosk: OnKiosk, later: timedelta
) -> None:
    before, old = left(kiosk.folder), leaf_of(kiosk.folder)
    kiosk.passes(later)
    assert "the courier asks" in kiosk.step()
    assert leaf_of(kiosk.folder) == old
    kiosk.carry()
    assert "is installed" in kiosk.step()
    new = leaf_of(kiosk.folder)
    assert new.public_key() != old.public_key()
    assert new.not_valid_after_utc - kiosk.now > LEAF_LIFE - timedelta(minutes=1)
    assert x509.load_pem_x509_certificate((kiosk.folder / "tls/kiosk.crt").read_bytes()) == new
    assert left(kiosk.folder) == before
    assert "good until" in kiosk.step()


def test_where_another_key_is_wanted_it_is_asked_for_now_and_no_longer_when_that_is_over(kiosk: OnKiosk) -> None:
    before, spool = left(kiosk.folder), kiosk.folder / "renewal"
    (spool / RENEWAL_WANTED).touch()
    assert "the courier asks" in kiosk.step()
    assert {path.name for path in spool.iterdir()} == {RENEWAL_REQUEST}
    assert "good until" in kiosk.step()
    assert left(kiosk.folder) - before == {"next.key"}
    (spool / RENEWAL_WANTED).touch()
    kiosk.step()
    assert {path.name for path in spool.iterdir()} == {RENEWAL_REQUEST}


def test_a_request_that_lies_there_is_left_alone(kiosk: OnKiosk) -> None:
    kiosk.passes(HALF)
    kiosk.step()
    request = (kiosk.folder / "renewal" / RENEWAL_REQUEST).read_bytes()
    for _ in range(3):
        kiosk.step()
    assert (kiosk.folder / "renewal" / RENEWAL_REQUEST).read_bytes() == request


def test_a_request_that_somebody_altered_is_made_anew(kiosk: OnKiosk) -> None:
    kiosk.passes(HALF)
    kiosk.step()
    (kiosk.folder / "renewal" / RENEWAL_REQUEST).write_bytes(b"something else")
    kiosk.step()
    kiosk.carry()
    assert "is installed" in kiosk.step()


def test_what_is_not_this_kiosks_next_certificate_is_not_installed(kiosk: OnKiosk) -> None:
    old = leaf_of(kiosk.folder)
    kiosk.passes(HALF)
    kiosk.step()
    spool = kiosk.folder / "renewal"
    stranger = ISSUER.authority.client(NAME, new_key().public_key(), kiosk.now)
    mine = serialization.load_pem_private_key((kiosk.folder / "tls/next.key").read_bytes(), password=None)
    other_name = ISSUER.authority.client("k-udon-02", mine.public_key(), kiosk.now)  # type: ignore[arg-type]
    for leaf in (stranger, other_name):
        answer = encode(Renewed(1, NAME, ISSUER.chain(pem(leaf).decode())))
        (spool / RENEWAL_ANSWER).write_bytes(answer)
        assert "the courier asks" in kiosk.step()
        assert not (spool / RENEWAL_ANSWER).exists()
    for nonsense in (b"", b"{}", b"x" * 300_000):
        (spool / RENEWAL_ANSWER).write_bytes(nonsense)
        assert "the courier asks" in kiosk.step()
    assert leaf_of(kiosk.folder) == old
    kiosk.carry()
    assert "is installed" in kiosk.step()


def test_an_answer_that_nobody_asked_for_is_taken_away(kiosk: OnKiosk) -> None:
    (kiosk.folder / "renewal" / RENEWAL_ANSWER).write_bytes(b"{}")
    assert "good until" in kiosk.step()
    assert not (kiosk.folder / "renewal" / RENEWAL_ANSWER).exists()


@pytest.mark.parametrize("installs", [False, True])
def test_a_power_cut_at_any_step_leaves_a_pair_that_fits_and_the_next_run_goes_on(
    kiosk: OnKiosk, tmp_path: Path, *, installs: bool
) -> None:
    kiosk.passes(HALF)
    if installs:
        kiosk.step()
        kiosk.carry()
    old = leaf_of(kiosk.folder)

    def place(n: int) -> Path:
        return shutil.copytree(kiosk.folder, tmp_path / f"cut-{n}")

    number = 0
    for n in cuts(place, lambda n: (kiosk.step(tmp_path / f"cut-{n}"), None)[1]):
        number, folder = n, tmp_path / f"cut-{n}"
        leaf_of(folder)
        kiosk.step(folder)
        if not installs:
            assert leaf_of(folder) == old
            kiosk.carry(folder) if n == 1 else None
            continue
        assert leaf_of(folder) != old
        assert "good until" in kiosk.step(folder)
        assert (folder / "tls/kiosk.crt").read_bytes() in (folder / "tls/kiosk.key").read_bytes()
    assert number > 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_whoever_renews_reads_no_key_that_root_has_put_there(kiosk: OnKiosk) -> None:
    nobody = 65534
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "kiosk")
        shutil.copytree(kiosk.folder, folder)
        for path in (Path(place), folder, folder / "tls", folder / "event.jwk"):  # the event key is its credential
            path.chmod(0o755)
        for path in (folder / "tls", folder / "renewal"):
            os.chown(path, nobody, nobody)
        old = leaf_of(folder)
        kiosk.passes(HALF)
        as_user(nobody, lambda: kiosk.step(folder))
        kiosk.carry(folder)
        as_user(nobody, lambda: kiosk.step(folder))
        assert leaf_of(folder) != old
        key = (folder / "tls/kiosk.key").stat()
        assert (key.st_uid, stat.S_IMODE(key.st_mode)) == (nobody, 0o600)


def as_user(uid: int, work: Callable[[], object]) -> None:
    """Do it in a process of its own that has given up all rights."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - nothing of the test may go on in this process
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_kiosk_from_a_folder_can_ask_too(made: Made) -> None:
    folder = made.kiosk(MINE)
    old = x509.load_pem_x509_certificate((folder / "tls/kiosk.crt").read_bytes())
    after = old.not_valid_after_utc - LEAF_LIFE / 2 + timedelta(hours=1)
    assert "the courier asks" in step(Identity.read(folder / "kiosk.toml"), folder / "event.jwk", after, Report())
    (folder / "renewal" / RENEWAL_REQUEST).unlink()
    (folder / "tls/next.key").unlink()


def test_settings_of_a_release_that_does_not_renew_are_said_so(tmp_path: Path) -> None:
    old = tmp_path / "kiosk.toml"
    old.write_text('kiosk = "k-one"\n[broker]\nca = "a"\ncertificate = "b"\n')
    with pytest.raises(FolderError, match="renewal"):
        Identity.read(old)
