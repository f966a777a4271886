# SPDX-License-Identifier: Apache-2.0
"""What the image is made of, without making it; that it boots is shown by `make image-boot`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from provisioning.errors import FolderError, RefusedError
from provisioning.image.declaration import Declaration, parts
from provisioning.image.disk import KINDS, autoboot, layout
from provisioning.image.roles import installed_by
from provisioning.image.slot import LOCK, version
from tests.image.board import section
from tests.image.harness import CASES, reported

HOUSE = Path(__file__).parents[2]
ROLES = HOUSE / "ansible" / "roles"
TOLD = Declaration.read()


def test_a_package_is_named_once_here_or_by_one_role() -> None:
    of_roles = [name for role in TOLD.roles for name in sorted(installed_by(ROLES / role))]
    named = [*TOLD.packages, *of_roles]
    assert sorted(named) == sorted({*named})
    assert {*TOLD.left_out} <= {*of_roles}


def test_the_image_has_what_the_roles_install_but_no_compiler() -> None:
    installed = TOLD.installed(ROLES)
    assert {"cage", "foot", "pcscd", "chrony", "systemd-repart"} <= {*installed}
    assert not {"gcc", "g++", "python3-dev", "openssh-server"} & {*installed}


def test_the_roles_are_those_of_a_kiosk_in_the_playbook() -> None:
    (play,) = [play for play in yaml.safe_load((HOUSE / "ansible/site.yml").read_text()) if play["hosts"] == "kiosk"]
    assert {role["role"] for role in play["roles"]} | {"release"} == {*TOLD.roles}


def test_what_changes_on_a_kiosk_is_on_the_data_partition() -> None:
    lines = (HOUSE / "systemd/tmpfiles.d/dipchip-kiosk.conf").read_text().splitlines()
    paths = [line.split()[1] for line in lines if not line.startswith("#")]
    assert [path for path in paths if not path.startswith(tuple(f"{folder}" for folder in TOLD.data.whole))] == []


def test_a_lock_file_is_parted_by_what_has_a_wheel_and_nothing_is_lost() -> None:
    lock = LOCK.read_text()
    with_wheel, from_source = parts(lock, TOLD.without_wheel)
    assert sorted((with_wheel + from_source).splitlines()) == sorted(lock.splitlines())
    pinned = [line.partition("==")[0] for line in from_source.splitlines() if "==" in line]
    assert sorted(pinned) == sorted(TOLD.without_wheel)
    assert from_source.count("--hash=") >= len(TOLD.without_wheel)


def test_a_wheel_says_its_release() -> None:
    assert version(Path("dist/dipchip-0.1.0-py3-none-any.whl")) == "0.1.0"


def test_the_loader_starts_a_and_tries_b_when_it_is_told_to() -> None:
    names = [partition.name for partition in TOLD.partitions]
    text = autoboot(TOLD.partitions)
    started, tried = (int(section(text, tried=tried)["boot_partition"]) for tried in (False, True))
    assert (names[started - 1], names[tried - 1]) == ("boot_a", "boot_b")
    assert section(text, tried=False)["tryboot_a_b"] == "1"


def test_both_halves_are_of_one_size() -> None:
    sizes = {partition.name: partition.size_mib for partition in TOLD.partitions}
    assert (sizes["boot_a"], sizes["root_a"]) == (sizes["boot_b"], sizes["root_b"])


def test_the_disk_has_each_partition_in_order_and_only_one_half_is_filled() -> None:
    text = layout(TOLD.partitions)
    order = [line.split()[1] for line in text.splitlines() if line.startswith("  partition ")]
    assert order == [partition.name for partition in TOLD.partitions]
    assert text.count("image = ") == 4
    assert text.count(KINDS["data"]) == 1  # systemd-repart lets this one grow, and would another one of its kind
    assert "image = root.part" in text.partition("partition root_a")[2].partition("}")[0]


@pytest.mark.parametrize("name", sorted(TOLD.flavours))
def test_every_board_starts_the_root_that_nobody_can_write(name: str) -> None:
    board = TOLD.flavour(name)
    assert {"rootfstype=squashfs", "ro", "root=PARTLABEL=root_a"} <= {*board.commands.split()}
    assert {"squashfs", "overlay"} <= {*board.modules}
    assert bool(board.kernel) != bool(board.given)


def test_a_raspberry_pi_wants_its_firmware_and_says_where_from(tmp_path: Path) -> None:
    board = TOLD.flavour("pi")
    for folder in (None, tmp_path):
        with pytest.raises(FolderError, match=r"lacks raspi-firmware_\*\.deb.* --firmware"):
            board.packages_in(folder)
    for name in ("raspi-firmware_1_all.deb", "linux-image-6.12-rpi-v8_1_arm64.deb"):
        (tmp_path / name).touch()
    assert len(board.packages_in(tmp_path)) == 2


def test_another_board_is_refused() -> None:
    with pytest.raises(RefusedError, match="not one of pi, qemu"):
        TOLD.flavour("beagle")


def test_what_the_machine_says_is_read_from_between_what_others_say() -> None:
    said = (
        "[    1.0] systemd[1]: x\r\nREPORT up 12.5\r\nREPORT unit a active 0\nREPORT unit b active 0\nREPORT failed \n"
    )
    assert reported(said) == {"up": ["12.5"], "unit": ["a active 0", "b active 0"], "failed": [""]}


def test_the_two_states_wait_for_units_that_the_house_has() -> None:
    units = {path.name for path in (HOUSE / "systemd").glob("*.service")}
    assert {unit for wanted in CASES.values() for unit in wanted} <= units
