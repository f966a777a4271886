# SPDX-License-Identifier: Apache-2.0
"""An inventory that Ansible itself reads: every machine in its group, with the folder that was made for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from provisioning.cli import app

ANSIBLE = Path(sys.executable).with_name("ansible-inventory")
CLOUD = ("--database-url", "sqlite:////var/lib/dipchip-fleet/fleet.db", "--idp-url", "https://idp.example")


def provision(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    hosts = ("--broker-host", "broker.example", "--https-host", "door.example")
    provision("fleet", tmp_path / "fleet", "--installed", *hosts, *CLOUD)
    for name in ("k-udon-01", "k-udon-02"):
        place = ("--facility", "10670", "--province", "41", "--out", tmp_path / name)
        provision("kiosk", tmp_path / "fleet", "--installed", "--id", name, *place)
    for file in ("dipchip.whl", "requirements.release.lock"):
        (tmp_path / file).touch()
    return tmp_path / "fleet"


def written(fleet: Path, *more: object) -> Path:
    place = fleet.parent
    release = ("--wheel", place / "dipchip.whl", "--requirements", place / "requirements.release.lock")
    provision("inventory", fleet, *release, "--folders", place, "--out", place / "inventory.yml", *more)
    return place / "inventory.yml"


def read(inventory: Path) -> dict[str, Any]:
    ran = subprocess.run([ANSIBLE, "-i", inventory, "--list"], capture_output=True, check=True)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.mark.real
def test_ansible_finds_every_machine_and_what_it_is_to_become(fleet: Path) -> None:
    told = read(written(fleet, "--domain", "kiosk.example"))
    of = told["_meta"]["hostvars"]
    groups = {name: told[name]["hosts"] for name in ("broker", "controller", "door", "kiosk")}
    assert groups == {
        "broker": ["broker.example"],
        "controller": ["door.example"],
        "door": ["door.example"],
        "kiosk": ["k-udon-01.kiosk.example", "k-udon-02.kiosk.example"],
    }
    assert of["broker.example"]["broker_lists_from"] == "https://door.example/revocations/v1"
    assert of["door.example"]["controller_door"] is True
    assert of["k-udon-02.kiosk.example"]["kiosk_folder"] == str(fleet.parent / "k-udon-02")
    for host, folder in (("broker.example", "broker_folder"), ("door.example", "door_folder")):
        assert Path(of[host][folder]).is_dir()
    assert Path(of["k-udon-01.kiosk.example"]["kiosk_introduction"]).is_file()


@pytest.mark.real
def test_a_list_names_kiosks_that_claim_their_names_too(fleet: Path) -> None:
    listed = fleet.parent / "kiosks.csv"
    listed.write_text("\ufeffkiosk,address,display\nk-udon-01,192.0.2.21,\nk-udon-09,192.0.2.29,15-inch\n")
    of = read(written(fleet, "--kiosks", listed, "--broker", "door.example"))["_meta"]["hostvars"]
    assert "broker_lists_from" not in of["door.example"], "one machine: the list is there"
    assert of["k-udon-01"]["kiosk_folder"] == str(fleet.parent / "k-udon-01")
    assert (of["k-udon-09"]["ansible_host"], of["k-udon-09"]["kiosk_display"]) == ("192.0.2.29", "15-inch")
    assert "kiosk_folder" not in of["k-udon-09"]


def test_the_same_input_is_the_same_file(fleet: Path) -> None:
    before = written(fleet).read_bytes()
    assert written(fleet).read_bytes() == before


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ("name\nk-udon-01\n", "first line must name the columns"),
        ("kiosk\nK UDON\n", "line 2"),
        ("kiosk,display\nk-udon-01,9-inch\n", "must be one of 7-inch, 10-inch, 15-inch"),
        ("kiosk\nk-udon-01\nk-udon-01\n", "stands there twice"),
    ],
)
def test_a_list_that_cannot_be_read_names_its_line(fleet: Path, lines: str, cause: str) -> None:
    (fleet.parent / "kiosks.csv").write_text(lines)
    with pytest.raises(Exception, match=cause):
        written(fleet, "--kiosks", fleet.parent / "kiosks.csv")


def test_a_folder_that_the_roles_cannot_install_is_refused(fleet: Path, tmp_path: Path) -> None:
    provision("fleet", tmp_path / "demo", "--broker-host", "127.0.0.1", *CLOUD)
    release = ("--wheel", fleet.parent / "dipchip.whl", "--requirements", fleet.parent / "requirements.release.lock")
    with pytest.raises(Exception, match="made without --installed"):
        provision("inventory", tmp_path / "demo", *release, "--out", tmp_path / "x.yml")
