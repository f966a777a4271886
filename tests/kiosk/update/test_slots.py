# SPDX-License-Identifier: Apache-2.0
"""`current` leads to a whole slot whatever is done with slots in whatever order, and nothing in use is taken away."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kiosk.update.slots import Link, Slots
from wire.ids import ReleaseVersion

_NOBODY = 65534
VERSIONS = st.sampled_from([ReleaseVersion(f"0.{n}.0") for n in range(1, 7)])


def fill(folder: Path, version: str) -> None:
    program = folder / "venv" / "bin" / "dipchip-kiosk"
    program.parent.mkdir(parents=True)
    program.write_text(version)


def laid_down(slots: Slots, version: str) -> None:
    fill(slots.begin(ReleaseVersion(version)), version)
    slots.finish(ReleaseVersion(version), f"digest of {version}")


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    (tmp_path / "releases").mkdir()
    return Slots(tmp_path, sync=lambda: None)


def test_the_links_are_those_that_the_playbook_makes(slots: Slots) -> None:
    laid_down(slots, "0.1.0")
    slots.point(Link.CURRENT, ReleaseVersion("0.1.0"))
    assert (slots.home / "current").readlink() == slots.releases / "0.1.0" / "venv"
    (slots.home / "proven").symlink_to(f"{slots.home}/releases/0.1.0/venv")  # as the playbook writes it
    assert slots.where(Link.PROVEN) == "0.1.0"


@pytest.mark.parametrize("leads_to", ["elsewhere", "releases/0.9.0/venv", "releases/0.1.0", "releases/.new-0.1.0/venv"])
def test_a_link_that_leads_elsewhere_leads_to_no_release(slots: Slots, leads_to: str) -> None:
    laid_down(slots, "0.1.0")
    fill(slots.begin(ReleaseVersion("0.1.0")), "0.1.0")
    (slots.home / "current").symlink_to(slots.home / leads_to)
    assert slots.where(Link.CURRENT) is None


def test_a_slot_that_was_cut_off_has_no_name_and_is_taken_away(slots: Slots) -> None:
    fill(slots.begin(ReleaseVersion("0.2.0")), "0.2.0")
    assert (slots.versions(), slots.holds(ReleaseVersion("0.2.0"), "")) == ([], False)
    slots.tidy()
    assert list(slots.releases.iterdir()) == []


def test_a_slot_is_held_as_one_file_only(slots: Slots) -> None:
    laid_down(slots, "0.2.0")
    assert slots.holds(ReleaseVersion("0.2.0"), "digest of 0.2.0")
    assert not slots.holds(ReleaseVersion("0.2.0"), "another")


@pytest.mark.parametrize(("rather", "kept"), [(None, "0.5.0"), (ReleaseVersion("0.2.0"), "0.2.0")])
def test_what_is_used_is_kept_and_one_beside(slots: Slots, rather: ReleaseVersion | None, kept: str) -> None:
    for n in range(1, 6):
        laid_down(slots, f"0.{n}.0")
    slots.point(Link.CURRENT, ReleaseVersion("0.4.0"))
    slots.point(Link.PROVEN, ReleaseVersion("0.1.0"))
    slots.prune(rather)
    assert {path.name for path in slots.releases.iterdir()} == {"0.1.0", "0.4.0", kept}


def test_a_version_may_be_unpacked_again_and_taken_away_as_often_as_one_likes(slots: Slots) -> None:
    laid_down(slots, "0.1.0")
    slots.point(Link.CURRENT, ReleaseVersion("0.1.0"))
    for _ in range(3):
        laid_down(slots, "0.2.0")
        laid_down(slots, "0.2.0")
        laid_down(slots, "0.3.0")
        slots.prune(ReleaseVersion("0.3.0"))
    assert sorted(slots.versions()) == ["0.1.0", "0.3.0"]


class AnyOrder(RuleBasedStateMachine):
    """Slots begun, finished, cut off, switched to and pruned; a program can be started at each moment."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        (self.place / "releases").mkdir()
        self.slots = Slots(self.place, sync=lambda: None)

    @initialize()
    def installed(self) -> None:
        laid_down(self.slots, "0.1.0")
        for link in Link:
            self.slots.point(link, ReleaseVersion("0.1.0"))

    @rule(version=VERSIONS)
    def unpacked(self, version: ReleaseVersion) -> None:
        if version not in {self.slots.where(link) for link in Link}:  # as the updater: what runs is not asked for
            laid_down(self.slots, version)

    @rule(version=VERSIONS)
    def cut_off_while_unpacking(self, version: ReleaseVersion) -> None:
        (self.slots.begin(version) / "venv").mkdir()

    @rule(version=VERSIONS, link=st.sampled_from(Link))
    def switched(self, version: ReleaseVersion, link: Link) -> None:
        if version in self.slots.versions():
            self.slots.point(link, version)

    @rule(link=st.sampled_from(Link))
    def cut_off_while_switching(self, link: Link) -> None:
        beside = self.place / f".{link}.new-"
        beside.unlink(missing_ok=True)
        beside.symlink_to(self.slots.releases / "0.9.0" / "venv")

    @rule(rather=st.none() | VERSIONS)
    def pruned(self, rather: ReleaseVersion | None) -> None:
        self.slots.prune(rather)
        assert len(self.slots.versions()) <= len(Link) + 1

    @invariant()
    def both_links_lead_to_a_whole_slot(self) -> None:
        for link in Link:
            version = self.slots.where(link)
            assert version is not None
            assert (self.place / link / "bin" / "dipchip-kiosk").read_text() == version

    def teardown(self) -> None:
        shutil.rmtree(self.place)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lay down what is root's")
def test_what_root_laid_down_and_nobody_may_remove_loses_its_name_at_once() -> None:
    with tempfile.TemporaryDirectory() as home:  # below no folder that is root's alone
        slots = Slots(Path(home), sync=lambda: None)
        slots.releases.mkdir()
        for version in ("0.1.0", "0.2.0", "0.3.0"):
            laid_down(slots, version)
        for link in Link:
            slots.point(link, ReleaseVersion("0.3.0"))
        for path in (slots.home, slots.releases):
            os.chown(path, _NOBODY, _NOBODY)
            path.chmod(0o755)
        child = os.fork()
        if child == 0:
            try:
                os.setuid(_NOBODY)
                slots.prune()
            except BaseException:  # noqa: BLE001 - the child must not go on with the tests
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert sorted(path.name for path in slots.releases.iterdir()) == [".gone-0.1.0-0", "0.2.0", "0.3.0"]
