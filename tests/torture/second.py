# SPDX-License-Identifier: Apache-2.0
"""A controller with two couriers, set up by hand as docs/operations.md says: the product's provisioning makes one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from provisioning.authority import Authorities, key_file
from provisioning.broker import CONTROLLER
from provisioning.files import Report
from tests.torture.schedule import COURIERS, RELAY
from wire.topics import acl

if TYPE_CHECKING:
    from pathlib import Path

_SECOND = "controller-2"


def processes_of(fleet: Path) -> dict[str, Path]:
    """The settings file of each of the controller's processes in a fleet's folder; the second courier's is made."""
    place = fleet / "controller"
    first, second = COURIERS
    report = Report()
    authorities = Authorities.open(fleet / "authority", datetime.now(UTC), report)
    authorities.client(_SECOND, key_file(place / f"tls/{_SECOND}.key", report), place / f"tls/{_SECOND}.crt")
    rules = fleet / "broker" / "acl"
    lines = rules.read_text(encoding="utf-8")
    _, _, controllers = acl(_SECOND).partition("\n\n")
    rules.write_text(f"{lines}\n{controllers}", encoding="utf-8")
    settings = (place / f"{first}.toml").read_text(encoding="utf-8")
    settings = settings.replace(f"tls/{CONTROLLER}.", f"tls/{_SECOND}.")
    settings = settings.replace("[broker]\n", f'[broker]\nclient_id = "{_SECOND}"\n')
    (place / f"{second}.toml").write_text(settings, encoding="utf-8")
    return {name: place / f"{name}.toml" for name in (*COURIERS, RELAY)}
