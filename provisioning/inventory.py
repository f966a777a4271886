# SPDX-License-Identifier: Apache-2.0
"""The Ansible inventory of a fleet: which machine is what, from the folders that were made and a list of kiosks.

It is JSON, which every YAML reader reads, Ansible's too (YAML 1.2, 1.3). No secret stands in it.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provisioning.errors import FolderError, RefusedError
from provisioning.files import read
from wire.errors import Malformed
from wire.ids import kiosk_id

if TYPE_CHECKING:
    from pathlib import Path

DISPLAYS = ("7-inch", "10-inch", "15-inch")
_COLUMNS = ("kiosk", "address", "display")
_LIST = "/revocations/v1"
_INSTALLED = "/run/credentials/"  # what paths of keys begin with in a folder made for the roles


@dataclass(frozen=True, slots=True)
class Machines:
    """Where the parts that are no kiosk run, by the names or addresses that Ansible reaches them at."""

    broker: str
    controller: str
    door: str = ""  # empty: there is none


@dataclass(frozen=True, slots=True)
class Release:
    """What is installed: the wheel and the lock file with hashes, on the machine that runs Ansible."""

    wheel: Path
    requirements: Path


@dataclass(frozen=True, slots=True)
class ListedKiosk:
    """One line of the list. Without an address it is reached by its name and `domain`."""

    name: str
    address: str = ""
    display: str = ""


def machines(directory: Path, broker: str = "", controller: str = "") -> Machines:
    """Where the parts run: as told, else broker and door by the names that kiosks reach them at.

    The door stands on the controller's machine.

    Raises:
        FolderError: the folder is no fleet's, or was not made with --installed.
    """
    _require_installed(directory / "controller/courier.toml", "receipt")
    file = directory / "fleet.toml"
    try:
        told = tomllib.loads(read(file).decode())
        names = str(told["broker_host"]), str(told.get("https_host", ""))
    except (KeyError, ValueError) as error:
        message = f"{file}: not what `dipchip-provision fleet` writes. Run that command again."
        raise FolderError(message) from error
    here = controller or names[1] or names[0]
    return Machines(broker or names[0], here, here if names[1] else "")


def listed(file: Path) -> list[ListedKiosk]:
    """The kiosks of a CSV file with the columns kiosk, address and display; the last two may be empty or left out.

    Raises:
        RefusedError: naming the line and what is allowed.
    """
    rows = csv.DictReader(io.StringIO(read(file).decode("utf-8-sig", errors="replace")))
    if "kiosk" not in (rows.fieldnames or ()) or not set(rows.fieldnames or ()) <= set(_COLUMNS):
        message = f"{file}: its first line must name the columns, {', '.join(_COLUMNS)}; the first is needed."
        raise RefusedError(message)
    found: dict[str, ListedKiosk] = {}
    for row in rows:
        kiosk = ListedKiosk(*((row.get(column) or "").strip() for column in _COLUMNS))
        _check(kiosk, f"{file}: line {rows.line_num}")
        if kiosk.name in found:
            message = f"{file}: line {rows.line_num}: {kiosk.name} stands there twice. Leave one out."
            raise RefusedError(message)
        found[kiosk.name] = kiosk
    return list(found.values())


def made_here(directory: Path) -> list[ListedKiosk]:
    """The kiosks that were made with this fleet's folder."""
    return [ListedKiosk(file.stem) for file in sorted((directory / "kiosks").glob("*.json"))]


def inventory(
    directory: Path, where: Machines, release: Release, kiosks: list[ListedKiosk], folders: Path, domain: str
) -> bytes:
    """The inventory. A kiosk whose folder is in `folders` is given it; another claims its name.

    Raises:
        FolderError: a kiosk's folder was not made with --installed.
    """
    here = directory.absolute()
    broker: dict[str, Any] = {"broker_folder": str(here / "broker")}
    if where.door and where.broker != where.door:
        broker["broker_lists_from"] = f"https://{where.door}{_LIST}"
    groups: dict[str, Any] = {
        "broker": {"hosts": {where.broker: broker}},
        "controller": {
            "hosts": {
                where.controller: {
                    "controller_folder": str(here / "controller"),
                    "controller_door": bool(where.door),
                }
            }
        },
    }
    if where.door:
        groups["door"] = {"hosts": {where.door: {"door_folder": str(here / "door")}}}
    hosts = {}
    for kiosk in kiosks:
        name, told = _host(kiosk, folders.absolute(), domain)
        hosts[name] = told
    groups["kiosk"] = {"hosts": hosts}
    if where.door:  # by which kiosks claim their names
        groups["kiosk"]["vars"] = {"kiosk_introduction": str(here / "introduction.json")}
    given = {
        "release_wheel": str(release.wheel.absolute()),
        "release_requirements": str(release.requirements.absolute()),
    }
    whole = {"all": {"vars": given, "children": groups}}
    return json.dumps(whole, indent=2, ensure_ascii=False).encode() + b"\n"


def _host(kiosk: ListedKiosk, folders: Path, domain: str) -> tuple[str, dict[str, str]]:
    folder, told = folders / kiosk.name, dict[str, str]()
    if (folder / "kiosk.toml").exists():
        _require_installed(folder / "kiosk.toml", "event_key")
        told["kiosk_folder"] = str(folder)
    if kiosk.address:
        told["ansible_host"] = kiosk.address
    if kiosk.display:
        told["kiosk_display"] = kiosk.display
    return f"{kiosk.name}.{domain}" if domain else kiosk.name, told


def _check(kiosk: ListedKiosk, where: str) -> None:
    try:
        kiosk_id(kiosk.name)
    except Malformed as error:
        message = f"{where}: {error}."
        raise RefusedError(message) from error
    if kiosk.display and kiosk.display not in DISPLAYS:
        message = f"{where}: display {kiosk.display!r} must be one of {', '.join(DISPLAYS)}, or empty."
        raise RefusedError(message)


def _require_installed(file: Path, key: str) -> None:
    if f'{key} = "{_INSTALLED}' not in read(file).decode(errors="replace"):
        message = f"{file}: was made without --installed, and the roles cannot install it. Make it again with that."
        raise FolderError(message)
