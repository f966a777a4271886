# SPDX-License-Identifier: Apache-2.0
"""Examines the camera for `dipchip-kiosk doctor`: it measures about a second of frames and keeps none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.luminance import luminance
from kiosk.face.policy import QualityPolicy
from kiosk.findings import OK, Code, Figure, Finding, Level, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.face.shapes import Camera

_LOOKS_S = 1.0
_FRAMES_AT_LEAST = 2  # a slow camera's rate needs two


@dataclass(frozen=True, slots=True)
class Said:
    """The screen process's last word of its camera, and for how long it has been so."""

    code: str
    ago_s: int


def examine(camera: Camera, monotonic_s: Callable[[], float], *, live: bool) -> Finding:
    """Open it, look for about a second, and close it. The limits of light are those of a face, used of the whole."""
    try:
        with camera:
            if live and not camera.is_sensor:
                technician = "A file stands in for the camera and may not serve LIVE. Set camera to pi or usb."
                return _fault(str(Fault.CAMERA_ABSENT), technician)
            seen = _look(camera, monotonic_s)
    except FaultError as error:
        return _fault(str(error.fault), str(error))
    quality, brightness = QualityPolicy(), seen.brightness
    figures = {
        "picture": Figure(f"{seen.width}x{seen.height}", "px"),
        "frames": Figure(seen.frames),
        "rate": Figure(round(seen.rate, 1), "1/s"),
        "brightness": Figure(round(brightness, 1)),
    }
    code = (
        Code.CAMERA_DARK
        if brightness < quality.dark_below
        else Code.CAMERA_BRIGHT
        if brightness > quality.bright_above
        else OK
    )
    level = Level.WELL if code == OK else Level.CARE
    return Finding(part=Part.CAMERA, code=code, level=level, figures=figures)


def not_opened(said: Said | None) -> Finding:
    """What the screen process says of the camera that it holds."""
    if said is None:
        return Finding(
            part=Part.CAMERA, code=Code.CAMERA_NOT_OPENED, level=Level.UNKNOWN, figures={"opened": Figure(value=False)}
        )
    figures = {"opened": Figure(value=False), "said": Figure(said.code), "said_ago": Figure(said.ago_s, "s")}
    level = Level.WELL if said.code == OK else Level.FAULT
    return Finding(part=Part.CAMERA, code=said.code, level=level, figures=figures)


@dataclass(frozen=True, slots=True)
class _Look:
    width: int
    height: int
    frames: int
    rate: float
    brightness: float


def _look(camera: Camera, monotonic_s: Callable[[], float]) -> _Look:
    first = last = camera.read()
    until_s, frames = monotonic_s() + _LOOKS_S, 1
    while monotonic_s() < until_s or frames < _FRAMES_AT_LEAST:
        last = camera.read()
        frames += 1
    took_s = last.taken_s - first.taken_s
    height, width = last.picture.shape[:2]
    rate = (frames - 1) / took_s if took_s > 0 else 0.0
    return _Look(width, height, frames, rate, float(luminance(last.picture).mean()))


def _fault(code: str, technician: str) -> Finding:
    return Finding(part=Part.CAMERA, code=code, level=Level.FAULT, technician=technician)
