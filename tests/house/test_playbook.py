# SPDX-License-Identifier: Apache-2.0
"""The roles copy what `dipchip-provision` makes: all files, and each key closed to others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from provisioning.cli import app
from provisioning.places import KioskPlaces, Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = Path(__file__).parents[2] / "ansible" / "roles"
LEFT_BEHIND = {"registration.json"}  # the controller's, by `dipchip-fleet register`


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder that each role is given."""
    place = tmp_path_factory.mktemp("provisioned")
    urls = ("--broker-host", "localhost", "--database-url", "sqlite:///f.db", "--idp-url", "http://127.0.0.1:9")
    door = ("--https-host", "localhost")
    site = ("--id", "k-one", "--facility", "10670", "--province", "41", "--out", str(place / "kiosk"))
    for arguments in (("fleet", str(place), *urls, *door), ("kiosk", str(place), *site)):
        result = CliRunner().invoke(app, [*arguments, "--installed"])
        assert result.exit_code == 0, result.output
    return {role: place / role for role in ("broker", "controller", "door", "kiosk")}


def copies(role: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each file that a role copies from its provisioned folder, with how."""
    for file in sorted((ROLES / role / "tasks").glob("*.yml")):
        for task in yaml.safe_load(file.read_text()):
            copy = task.get("ansible.builtin.copy", {})
            if str(copy.get("src", "")).startswith("{{ " + role + "_folder }}"):
                yield from ((item, copy) for item in task["loop"])


@pytest.mark.parametrize("role", ["broker", "controller", "door", "kiosk"])
def test_a_role_copies_every_file_of_its_folder(provisioned: dict[str, Path], role: str) -> None:
    folder = provisioned[role]
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {name for name, _ in copies(role)} == made - LEFT_BEHIND


@pytest.mark.parametrize("role", ["controller", "door", "kiosk"])
def test_keys_are_installed_for_root_only(provisioned: dict[str, Path], role: str) -> None:
    keys = {name: how for name, how in copies(role) if name.endswith((".key", ".jwk"))}
    assert len(keys) == len([*provisioned[role].rglob("*.key"), *provisioned[role].rglob("*.jwk")])
    assert {(how["owner"], how["group"], how["mode"]) for how in keys.values()} == {("root", "root", "0600")}


@pytest.mark.parametrize("role", ["broker", "controller", "door", "kiosk"])
def test_a_file_is_installed_where_the_settings_look_for_it(role: str) -> None:
    assert {how["dest"] for _, how in copies(role)} == {f"/etc/dipchip/{role}/" + "{{ item }}"}


def test_a_face_policy_is_installed_where_the_settings_look_for_it() -> None:
    tasks = yaml.safe_load((ROLES / "kiosk" / "tasks" / "identity.yml").read_text())
    name = KioskPlaces.of(Layout.INSTALLED).policy
    (copy,) = [task["ansible.builtin.copy"] for task in tasks if f"kiosk_folder ~ '/{name}'" in str(task.get("loop"))]
    assert (copy["dest"], copy["group"], copy["mode"]) == (f"/etc/dipchip/kiosk/{name}", "dipchip-store", "0640")


def test_a_boot_leaves_a_folder_the_rights_that_the_playbook_gave_it() -> None:
    declared = (ROLES.parents[1] / "systemd/tmpfiles.d/dipchip-kiosk.conf").read_text()
    lines = [line.split() for line in declared.splitlines() if not line.startswith("#")]
    at_boot = {path: (owner, group, mode) for kind, path, mode, owner, group, *_ in lines if kind == "d"}
    given = dict(folders("kiosk"))
    both = at_boot.keys() & given.keys()
    assert both == {"/etc/dipchip/kiosk", "/etc/dipchip/kiosk/tls"}
    assert {path: at_boot[path] for path in both} == {path: given[path] for path in both}


def folders(role: str) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Each folder that a role makes, with owner, group and mode."""
    for file in sorted((ROLES / role / "tasks").glob("*.yml")):
        for task in yaml.safe_load(file.read_text()):
            made = task.get("ansible.builtin.file", {})
            if made.get("state") == "directory":
                yield made["path"], (made["owner"], made["group"], made["mode"])


def test_a_kiosk_without_a_name_is_told_to_start_nothing_so_that_a_second_run_changes_nothing() -> None:
    tasks = yaml.safe_load((ROLES / "kiosk/tasks/main.yml").read_text())
    states = [task for task in tasks if task.get("ansible.builtin.systemd_service", {}).get("state") == "started"]
    assert [task["when"] for task in states] == ["not kiosk_offline and kiosk_settings.stat.exists"]
