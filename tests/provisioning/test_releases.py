# SPDX-License-Identifier: Apache-2.0
"""Three people and an engineer keep a repository of releases: what is published, and what is refused before it is."""

from __future__ import annotations

import os
import stat
import tarfile
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tuf.api.metadata import Metadata, Targets, Timestamp
from typer.testing import CliRunner

from provisioning import bundles
from provisioning.cli import app
from provisioning.errors import RefusedError
from provisioning.files import Report
from provisioning.releases import refresh
from tests.simulators.release_keepers import CHANNEL, PLATFORM, WORDS, ReleaseKeepers
from wire.releases import bundle, target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def keepers(tmp_path: Path) -> ReleaseKeepers:
    return ReleaseKeepers(tmp_path / "keepers", tmp_path / "home")


def typed(*arguments: object, words: str = WORDS) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments], input=words + "\n", catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def names(keepers: ReleaseKeepers) -> list[str]:
    return sorted(path.name for path in keepers.places.metadata.iterdir())


def test_the_first_publication_takes_two_of_three_and_says_who_signs_what(keepers: ReleaseKeepers) -> None:
    assert names(keepers) == ["1.root.json", "1.snapshot.json", "1.targets.json", "timestamp.json"]
    root = Metadata.from_bytes(keepers.first_root)
    assert len(root.signatures) == 2
    for role in ("root", "targets"):
        assert (root.signed.roles[role].threshold, len(root.signed.roles[role].keyids)) == (2, 3)
    assert {root.signed.roles[role].threshold for role in ("snapshot", "timestamp")} == {1}


def test_everything_by_the_command_line(tmp_path: Path) -> None:
    folder, home = tmp_path / "r", tmp_path / "home"
    keepers = ReleaseKeepers(tmp_path / "other", home)  # it builds the slot
    keys = [tmp_path / f"{name}.key" for name in "abcd"]
    for key in keys:
        typed("release", "key", key)
    holders = [word for key in keys[:3] for word in ("--key", f"{key}.public.json")]
    typed("release", "draft", folder, *holders, "--channel", f"stable={keys[3]}.public.json")
    for key in keys[:2]:
        for role in ("root", "targets"):
            typed("release", "sign", folder / "drafts" / f"{role}.json", "--key", key)
    told = typed("release", "publish", folder)
    assert "no release yet" in told
    slot = keepers.slot("0.2.0")
    typed(
        "release", "add", folder, slot, "--follows", "0.1.0", "--key", keys[3], "--home", home, "--machine", "aarch64"
    )
    assert "Kiosks find: stable" in typed("release", "publish", folder)
    assert "0.2.0" in typed("release", "show", folder / "repository" / "metadata" / "1.stable.json")
    assert "Good for 30 days" in typed("release", "refresh", folder, "--days", "30")


def test_keys_are_for_their_owner_only_and_the_repository_for_everybody(keepers: ReleaseKeepers) -> None:
    keepers.release("0.2.0")
    private = [keepers.key("somsri"), *keepers.places.online("snapshot").parent.iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    published = [path for path in keepers.repository.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in published} == {0o644}
    assert not [path for path in published if b"PRIVATE" in path.read_bytes()]


@pytest.mark.parametrize("signers", [(), ("somsri",), ("somsri", "somsri"), ("somsri", "engineer")])
def test_fewer_than_two_holders_publish_nothing(keepers: ReleaseKeepers, signers: tuple[str, ...]) -> None:
    keepers.draft()
    keepers.sign(*signers)
    with pytest.raises(RefusedError, match="root 2: fewer than 2 of the 3 keys"):
        keepers.publish()
    assert "2.root.json" not in names(keepers)


def test_another_holder_needs_two_of_the_old_and_two_of_the_new(keepers: ReleaseKeepers) -> None:
    for name in ("nid", "lek"):
        keepers.make_key(name)
    keepers.draft(("malee", "nid", "lek"))
    keepers.sign("nid", "lek")
    with pytest.raises(RefusedError, match="root 2: fewer than 2"):
        keepers.publish()
    keepers.sign("somsri", "malee")
    keepers.publish()
    assert "2.root.json" in names(keepers)


def test_a_release_lies_under_its_digest_and_says_what_it_is(keepers: ReleaseKeepers) -> None:
    keepers.release("0.2.0", follows="0.1.0")
    signed = Metadata[Targets].from_file(str(keepers.places.metadata / "1.stable.json")).signed
    found = signed.targets[target(CHANNEL, PLATFORM)]
    told = bundle(found.unrecognized_fields["custom"])
    assert (told.version, told.follows, told.platform) == ("0.2.0", "0.1.0", PLATFORM)
    (path,) = (keepers.places.targets / CHANNEL).iterdir()
    assert path.name == f"{found.hashes['sha256']}.{PLATFORM}.tar.gz"
    with tarfile.open(path) as archive:
        members = {member.name: member for member in archive}
    assert not [name for name in members if "python3" in name.split("/")[-1] and "/bin/" in name]
    assert members["venv/lib64"].linkname == "lib"
    assert {(member.uid, member.uname) for member in members.values()} == {(0, "")}
    assert told.unpacked_bytes == sum(member.size for member in members.values())


def test_a_channel_does_not_go_back_and_another_engineer_signs_nothing(keepers: ReleaseKeepers) -> None:
    keepers.release("0.2.0")
    for version in ("0.2.0", "0.1.9"):
        with pytest.raises(RefusedError, match="kiosks never go back"):
            keepers.add(version)
    keepers.make_key("stranger")
    keepers.add("0.3.0", key="stranger")
    with pytest.raises(RefusedError, match="stable 2: fewer than 1"):
        keepers.publish()


def test_a_release_that_was_built_elsewhere_or_leads_out_is_refused(keepers: ReleaseKeepers, tmp_path: Path) -> None:
    slot = keepers.slot("0.2.0")
    with pytest.raises(RefusedError, match="Build it where kiosks have it"):
        bundles.Slot.read(slot, "aarch64", tmp_path / "elsewhere")
    (slot / "venv" / "etc").symlink_to("/etc")
    whole = bundles.Slot.read(slot, "aarch64", keepers.home)
    with pytest.raises(RefusedError, match="leads out of the release"):
        bundles.add(
            keepers.places,
            CHANNEL,
            whole,
            follows="0.1.0",
            key=keepers.key("engineer"),
            passphrase=WORDS,
            now=keepers.now,
            report=Report(),
        )
    with pytest.raises(RefusedError, match="holds no release"):
        bundles.Slot.read(_empty(tmp_path / "empty"), "aarch64", keepers.home)


def _empty(path: Path) -> Path:
    (path / "venv").mkdir(parents=True)
    (path / "venv" / "pyvenv.cfg").write_text("version = 3.11.2\n", encoding="utf-8")
    return path


def test_what_is_refreshed_is_newer_and_says_what_will_be_over(keepers: ReleaseKeepers) -> None:
    keepers.release("0.2.0")
    before = Metadata[Timestamp].from_file(str(keepers.places.metadata / "timestamp.json")).signed
    later = keepers.now + timedelta(days=1)
    assert list(refresh(keepers.places, timedelta(days=7), later, Report())) == []
    after = Metadata[Timestamp].from_file(str(keepers.places.metadata / "timestamp.json")).signed
    assert (after.version, after.expires) == (before.version + 1, later + timedelta(days=7))
    assert after.snapshot_meta.version == before.snapshot_meta.version
    much_later = keepers.now + timedelta(days=330)
    soon = list(refresh(keepers.places, timedelta(days=7), much_later, Report()))
    assert [line.split()[0] for line in soon] == ["root", "stable", "targets"]


def test_what_was_cut_while_packing_leaves_nothing_that_is_published(keepers: ReleaseKeepers) -> None:
    slot = keepers.slot("0.2.0")
    os.mkfifo(slot / "venv" / "pipe")
    with pytest.raises(RefusedError, match="neither a file nor a folder"):
        bundles.add(
            keepers.places,
            CHANNEL,
            bundles.Slot.read(slot, "aarch64", keepers.home),
            follows="0.1.0",
            key=keepers.key("engineer"),
            passphrase=WORDS,
            now=keepers.now,
            report=Report(),
        )
    assert list((keepers.places.targets / CHANNEL).iterdir()) == []
