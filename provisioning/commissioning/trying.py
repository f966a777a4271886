# SPDX-License-Identifier: Apache-2.0
"""Has the kiosk read a QR code (`scan-claim`), print a slip (`printer`) and serve one person here (`rehearse`).

On an installed kiosk the visit runs as the screen's own user, with the event key as its credential, as in the field.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioning.device.sealing import given
from provisioning.places import KioskPlaces, Layout, credential
from wire.claims import scanned
from wire.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SCANNING_S, _PRINTING_S, _VISIT_S = 90.0, 30.0, 900.0
_PRINTER_CODES = ("printer_not_set", "printer_absent", "printer_no_paper", "printer_silent", "printer_no_font")
_UNIT = "dipchip-kiosk-rehearsal"
# As systemd/dipchip-kiosk-ui.service has them; what every unit of ours is denied this one is denied by its name.
AS_THE_SCREEN = (
    "User=dipchip-ui",
    "Group=dipchip-ui",
    "SupplementaryGroups=video render input audio lp dipchip-store",
    "LimitMEMLOCK=infinity",
    "MemorySwapMax=0",
    "PrivateNetwork=yes",
    "IPAddressDeny=any",
    "RestrictAddressFamilies=AF_UNIX AF_NETLINK",
    "ReadWritePaths=/var/lib/dipchip-store",
    "InaccessiblePaths=/etc/dipchip/kiosk/tls",
    "DeviceAllow=char-input rw",
    "DeviceAllow=char-video4linux rw",
    "DeviceAllow=char-media rw",
    "DeviceAllow=char-alsa rw",
    "DeviceAllow=char-usb rw",
    "DeviceAllow=/dev/dma_heap/linux,cma rw",
    "DeviceAllow=/dev/dma_heap/vidbuf_cached rw",
)
_COURIER = ("systemctl", "start", "dipchip-kiosk-courier.service")


@dataclass(frozen=True, slots=True)
class Trials:
    """The kiosk's own commands.

    Args:
        command: what is started, with its first arguments.
        place: the folder of this kiosk's identity.
        layout: whether the units and their users are installed.
        camera: which one reads a claim's QR code, and which it has to be, as `enrol` takes both.
        patience_s: how long a rehearsal's welcome waits for somebody.
    """

    command: tuple[str, ...]
    place: Path
    layout: Layout
    camera: tuple[str, str] = ("usb:0", "")
    patience_s: int = 300

    def scan(self) -> tuple[str, str] | None:
        """See `Tries`."""
        line = (*self.command, "scan-claim", "--camera", self.camera[0], "--camera-pin", self.camera[1])
        try:
            ran = subprocess.run(line, capture_output=True, check=False, timeout=_SCANNING_S)  # noqa: S603 - no shell
            code, facility = scanned(ran.stdout.decode(errors="replace").strip())
        except (OSError, subprocess.TimeoutExpired, Malformed):
            return None
        return facility, code

    def slip(self) -> str:
        """See `Tries`."""
        line = (*self.command, "printer", *self._config())
        try:
            ran = subprocess.run(line, capture_output=True, check=False, timeout=_PRINTING_S)  # noqa: S603 - no shell
        except (OSError, subprocess.TimeoutExpired):
            return "printer_defect"
        said = ran.stdout.decode(errors="replace").strip()
        if ran.returncode == 0:
            return ""
        return said if said in _PRINTER_CODES else "printer_defect"

    def visit(self) -> str:
        """See `Tries`. The controller is reached by the courier, which runs from now on."""
        if self.layout.is_installed:
            _run(_COURIER)
        ended = _run(self._visiting())
        return {0: "", 1: "ended"}.get(ended, "not_begun")

    def _visiting(self) -> Sequence[str]:
        line = (*self.command, "rehearse", *self._config(), "--patience", str(self.patience_s))
        if not self.layout.is_installed:
            return line
        key = KioskPlaces().event_key
        has = (*AS_THE_SCREEN, given(self.place / key))
        started = ("systemd-run", "--quiet", "--collect", "--wait", "--pty", f"--unit={_UNIT}")
        return (*started, *(f"--property={each}" for each in has), *line, "--event-key", credential(_UNIT, key))

    def _config(self) -> tuple[str, str]:
        return ("--config", str(self.place / "kiosk.toml"))


def _run(line: Sequence[str]) -> int:
    """Run it on this terminal; its exit code, 127 where there is no such program."""
    try:
        return subprocess.run(line, check=False, timeout=_VISIT_S).returncode  # noqa: S603 - our own line, no shell
    except (OSError, subprocess.TimeoutExpired):
        return 127
