# SPDX-License-Identifier: Apache-2.0
"""Examines the screen: what is connected, whether it can be touched, and what the screen process last said.

Whether a picture is to be seen on it, only eyes can tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kiosk.findings import OK, Code, Figure, Finding, Level, Part
from kiosk.machine.kernel import told
from kiosk.machine.serving import screen_process, terminal_cells
from kiosk.store.noticeboard import RESTING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.machine.kernel import Kernel
    from kiosk.store.noticeboard import Notice

_WELL = frozenset({OK, RESTING, "in_session"})
_CONNECTORS = "class/drm/card*-*"
_DIRECT = 1 << 1  # INPUT_PROP_DIRECT: the finger is on what it points at; include/uapi/linux/input-event-codes.h
_TOUCH = 1 << 53  # ABS_MT_POSITION_X
_WORD_BITS = 64  # a 32-bit kernel parts its words sooner, but names the direct property all the same


def examine(kernel: Kernel, said: Notice | None, now_ms: int) -> Finding:
    """Look at display and touch panel; `said` is the screen process's last word of itself."""
    connectors = dict(_connectors(kernel))
    connected = sorted(name for name, mode in connectors.items() if mode is not None)
    touch = sorted(_touch_panels(kernel))
    serving = screen_process(kernel)
    figures = {"serves": Figure(value=serving is not None)}
    if connectors:
        figures["displays"] = Figure(", ".join(f"{name} {connectors[name]}".strip() for name in connected) or "-")
    if touch or connectors:
        figures["touch"] = Figure(", ".join(touch) or "-")
    if serving is not None and (cells := terminal_cells(serving)) is not None:
        figures["cells"] = Figure(f"{cells[0]}x{cells[1]}")
    if said is not None:
        figures |= {"said": Figure(said.value), "said_ago": Figure(max(0, now_ms - said.at_ms) // 1000, "s")}
    word = None if serving is None or said is None else said.value
    if connectors and not connected:
        return _found(Code.SCREEN_NOT_CONNECTED, Level.FAULT, figures)
    if word is not None and word not in _WELL:
        return _found(word, Level.FAULT, figures)
    if connectors and not touch:
        return _found(Code.TOUCH_ABSENT, Level.CARE, figures)
    if connectors or word is not None:
        return _found(OK, Level.WELL, figures)
    return _found(Code.SCREEN_NOT_TOLD, Level.UNKNOWN, figures)


def _found(code: str, level: Level, figures: dict[str, Figure]) -> Finding:
    return Finding(part=Part.SCREEN, code=code, level=level, figures=figures)


def _connectors(kernel: Kernel) -> Iterator[tuple[str, str | None]]:
    """Each connector that could carry a display: its best mode when one is there, None when not."""
    for place in sorted(kernel.sys.glob(_CONNECTORS)):
        status = told(place / "status")
        if status is None or "Writeback" in place.name:
            continue
        modes = (told(place / "modes") or "").splitlines()
        name = place.name.partition("-")[2]
        yield name, (modes[0] if modes else "") if status == "connected" else None


def _touch_panels(kernel: Kernel) -> Iterator[str]:
    for device in (told(kernel.proc / "bus" / "input" / "devices") or "").split("\n\n"):
        name = re.search(r'^N: Name="(.*)"$', device, re.MULTILINE)
        if name is not None and _bits(device, "PROP") & _DIRECT and _bits(device, "ABS") & (_TOUCH | 1):
            yield name[1]


def _bits(device: str, what: str) -> int:
    """A bit map as the kernel prints it: words in hexadecimal, the highest first."""
    found = re.search(rf"^B: {what}=([0-9a-f ]+)$", device, re.MULTILINE)
    bits = 0
    for word in found[1].split() if found is not None else ():
        bits = bits << _WORD_BITS | int(word, 16)
    return bits
