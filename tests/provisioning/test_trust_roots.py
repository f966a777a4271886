# SPDX-License-Identifier: Apache-2.0
"""A machine whose image knows roots believes what they name and nothing else, with the signer's real desk behind it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes

from fleet.store.schema import upgrade
from fleet.store.session import open_engine
from kiosk.config import read_trust, roots_end_ms
from provisioning.device.enrolment import Enrolment, Hardware
from provisioning.device.renewal import Identity, step
from provisioning.errors import FolderError
from provisioning.files import Report
from provisioning.identities import AgentWish
from provisioning.places import Layout
from tests.provisioning.power import cuts
from tests.simulators.desk import FLEET, HERE, INTRODUCTION, ISSUER, TRUST, Counter
from tests.simulators.root_keys import YEAR_MS, holder, roots, signed
from wire.certificates import LEAF_LIFE
from wire.claims import RENEWAL, RENEWAL_ANSWER, RENEWAL_REQUEST, Renewed
from wire.envelope import decode, encode
from wire.ids import key_id
from wire.roots import LATER
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.signer.desk import Fleet
    from wire.registration import Trust
    from wire.roots import Roots
    from wire.signing import SigningKey

NOW = datetime.now(UTC).replace(microsecond=0)
NOW_MS = int(NOW.timestamp()) * 1000
A, B, C, D, E = (holder(name) for name in "abcde")
OLD, NEW = (A, B, C), (C, D, E)
ROOT = ISSUER.root.fingerprint(hashes.SHA256()).hex()


def other_sealing(trust: Trust) -> Trust:
    fresh = OpeningKey.generate(key_id("relay-sealing#2"))
    return msgspec.structs.replace(trust, sealing_key=fresh.public().jwk())


def version(n: int, holders: tuple[SigningKey, ...], trust: Trust, issued_ms: int = NOW_MS, root: str = ROOT) -> Roots:
    return roots(n, holders, trust, issued_ms, root=root)


ROTATED = other_sealing(TRUST)
ONE = signed(version(1, OLD, TRUST), A, B).decode()
TWO = signed(version(2, NEW, TRUST), A, B, D, E).decode()
THREE = signed(version(3, NEW, ROTATED), C, D).decode()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


class Machine:
    """A machine whose image knows these roots, and a controller that says this."""

    def __init__(self, engine: Engine, place: Path, pinned: str | None, fleet: Fleet) -> None:
        self.folder, self.engine = place / "kiosk", engine
        self.introduction = msgspec.structs.replace(INTRODUCTION, roots=pinned)
        self.counter = Counter(engine, fleet)

    def turn_to(self, fleet: Fleet) -> None:
        """From now on the controller says something else."""
        before, self.counter = self.counter, Counter(self.engine, fleet)
        self.counter.clock.ms = before.clock.ms

    def enrol(self) -> Trust:
        enrolment = Enrolment(self.folder, self.introduction, Layout.BESIDE, self.counter.granted)
        enrolment.run(self.counter.code(), HERE, Hardware("file:none", "", "", "", AgentWish()), NOW, Report())
        return self.believes()

    def believes(self, folder: Path | None = None) -> Trust:
        return read_trust((folder or self.folder) / "trust.json")

    def ask(self) -> Path:
        """Half of the certificate's life passes, the kiosk asks, the courier carries it; where the answer lies."""
        self.counter.clock.ms += int((LEAF_LIFE / 2 + timedelta(hours=1)).total_seconds() * 1000)
        assert "asks" in self.step()[0]
        status, answer = self.counter.ask(RENEWAL, (self.folder / "renewal" / RENEWAL_REQUEST).read_bytes())
        assert status == 200
        path = self.folder / "renewal" / RENEWAL_ANSWER
        path.write_bytes(answer)
        return path

    def step(self, folder: Path | None = None) -> tuple[str, list[str]]:
        place, report = folder or self.folder, Report()
        now = datetime.fromtimestamp(self.counter.clock.ms / 1000, UTC)
        return step(Identity.read(place / "kiosk.toml"), place / "event.jwk", now, report), report.lines


def saying(trust: Trust, *versions: str) -> Fleet:
    return replace(FLEET, trust=trust, roots=versions)


def test_what_the_roots_of_the_image_name_is_believed(engine: Engine, tmp_path: Path) -> None:
    machine = Machine(engine, tmp_path, ONE, saying(TRUST, ONE))
    assert machine.enrol() == TRUST
    assert (machine.folder / "trust.json").read_text() == ONE + "\n"


def test_an_image_with_the_first_version_follows_to_the_newest_over_other_keys(engine: Engine, tmp_path: Path) -> None:
    machine = Machine(engine, tmp_path, ONE, saying(ROTATED, ONE, TWO, THREE))
    assert machine.enrol() == ROTATED


def test_an_image_that_knows_no_roots_believes_the_controller_as_before(engine: Engine, tmp_path: Path) -> None:
    machine = Machine(engine, tmp_path, None, saying(TRUST, ONE))
    assert machine.enrol() == TRUST
    assert roots_end_ms(machine.folder / "trust.json") is None
    answer = machine.ask().read_bytes()
    assert b"roots" not in answer  # a release that does not know them would refuse it
    assert "is installed" in machine.step()[0]


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        (saying(other_sealing(TRUST), ONE), "names other keys"),
        (saying(TRUST), "names other keys"),
        (saying(ROTATED, ONE, signed(version(2, OLD, ROTATED), A).decode()), "do not follow"),
        (saying(ROTATED, ONE, signed(version(2, OLD, ROTATED), D, E).decode()), "do not follow"),
        (saying(ROTATED, ONE, signed(version(2, (D, E, holder("f")), ROTATED), D, E).decode()), "do not follow"),
        (saying(ROTATED, ONE, THREE), "do not follow"),
        (saying(TRUST, ONE, signed(version(2, OLD, TRUST, NOW_MS - 3 * YEAR_MS), A, B).decode()), "are over"),
        (saying(TRUST, ONE, "junk"), "do not follow"),
    ],
    ids=[
        "sealing key swapped",
        "newer keys without roots",
        "one signature",
        "strangers",
        "a strangers' own threshold",
        "a version left out",
        "over",
        "junk",
    ],
)
def test_a_controller_that_says_something_else_is_refused_before_anything_is_installed(
    engine: Engine, tmp_path: Path, fleet: Fleet, said: str
) -> None:
    pinned = signed(version(1, OLD, ROTATED), A, B).decode() if said == "names other keys" and not fleet.roots else ONE
    machine = Machine(engine, tmp_path, pinned, fleet)
    with pytest.raises(FolderError, match=said):
        machine.enrol()
    assert not (machine.folder / "trust.json").exists()
    assert not (machine.folder / "kiosk.toml").exists()
    assert not (machine.folder / "event.jwk").exists()


def test_roots_of_another_root_certificate_are_refused(engine: Engine, tmp_path: Path) -> None:
    foreign = signed(version(1, OLD, TRUST, root="cd" * 32), A, B).decode()
    with pytest.raises(FolderError, match="names other keys"):
        Machine(engine, tmp_path, foreign, saying(TRUST, foreign)).enrol()


def test_an_image_whose_roots_two_have_not_signed_is_refused(engine: Engine, tmp_path: Path) -> None:
    half = signed(version(1, OLD, TRUST), A).decode()
    with pytest.raises(FolderError, match="image's roots"):
        Machine(engine, tmp_path, half, saying(TRUST, half)).enrol()


def test_roots_that_are_over_let_nobody_begin(engine: Engine, tmp_path: Path) -> None:
    over = signed(version(1, OLD, TRUST, NOW_MS - 2 * YEAR_MS), A, B).decode()
    machine = Machine(engine, tmp_path, over, saying(TRUST, over))
    with pytest.raises(FolderError, match="are over"):
        machine.enrol()
    assert not (machine.folder / "kiosk.toml").exists()


def test_roots_that_end_stop_no_kiosk(engine: Engine, tmp_path: Path) -> None:
    old = signed(version(1, OLD, TRUST, NOW_MS - 2 * YEAR_MS + 60_000), A, B).decode()
    begun = Machine(engine, tmp_path, old, saying(TRUST, old))
    begun.enrol()
    assert begun.believes() == TRUST
    assert roots_end_ms(begun.folder / "trust.json") == NOW_MS + 60_000
    begun.ask()
    assert "is installed" in begun.step()[0]


def test_a_renewal_brings_the_versions_that_came_since(engine: Engine, tmp_path: Path) -> None:
    machine = Machine(engine, tmp_path, ONE, saying(TRUST, ONE))
    machine.enrol()
    machine.turn_to(saying(ROTATED, ONE, TWO, THREE))
    machine.ask()
    assert machine.believes() == TRUST
    assert "is installed" in machine.step()[0]
    assert machine.believes() == ROTATED
    assert b"roots" not in machine.ask().read_bytes()  # it says that it has the newest
    assert "is installed" in machine.step()[0]
    assert machine.believes() == ROTATED


@pytest.mark.parametrize(
    "forged",
    [
        signed(version(2, OLD, ROTATED), A).decode(),
        signed(version(2, (D, E, holder("f")), ROTATED), D, E).decode(),
        signed(version(1, OLD, ROTATED), A, B).decode(),
        signed(version(2, OLD, ROTATED, NOW_MS - 2 * YEAR_MS), A, B).decode(),
        THREE,
        "junk",
    ],
    ids=["one signature", "strangers", "the same version again", "over", "a version left out", "junk"],
)
def test_a_renewal_with_roots_that_do_not_lead_on_brings_the_certificate_and_no_keys(
    engine: Engine, tmp_path: Path, forged: str
) -> None:
    machine = Machine(engine, tmp_path, ONE, saying(TRUST, ONE))
    machine.enrol()
    path = machine.ask()
    path.write_bytes(encode(msgspec.structs.replace(decode(path.read_bytes(), Renewed), roots=(forged,))))
    said, lines = machine.step()
    assert "is installed" in said
    assert machine.believes() == TRUST
    assert not (machine.folder / LATER).exists()
    assert forged == signed(version(1, OLD, ROTATED), A, B).decode() or any("not believed" in line for line in lines)


def test_a_power_cut_leaves_the_roots_before_or_those_after(engine: Engine, tmp_path: Path) -> None:
    machine = Machine(engine, tmp_path, ONE, saying(TRUST, ONE))
    machine.enrol()
    machine.turn_to(saying(ROTATED, ONE, TWO, THREE))
    machine.ask()

    def place(n: int) -> Path:
        return shutil.copytree(machine.folder, tmp_path / f"cut-{n}")

    number = 0
    for number in cuts(place, lambda n: (machine.step(tmp_path / f"cut-{n}"), None)[1]):
        folder = tmp_path / f"cut-{number}"
        assert machine.believes(folder) in (TRUST, ROTATED)
        machine.step(folder)
        assert machine.believes(folder) == ROTATED
    assert number > 3
