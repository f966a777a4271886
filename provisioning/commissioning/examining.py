# SPDX-License-Identifier: Apache-2.0
"""Asks `dipchip-kiosk doctor` for parts of the kiosk and reads its JSON; it imports nothing of the kiosk.

What it does not know in there it passes over. Source: docs/doctor.md, as JSON.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PATIENCE_S = 180.0  # the whole examination, with a network that answers nothing
_LEVELS = ("unknown", "well", "care", "fault")  # from what says nothing to what stops enrolment
_VERSION = 1
NOT_EXAMINED = "not_examined"
CARE, FAULT = "care", "fault"


class Figure(msgspec.Struct, frozen=True):
    """One measured value."""

    value: bool | int | float | str
    unit: str = ""

    def written(self) -> str:
        """As it stands on paper."""
        return f"{self.value} {self.unit}".rstrip()


class Walked(msgspec.Struct, frozen=True):
    """One step of a way to the controller."""

    way: str
    stage: str
    host: str
    port: int
    code: str


class Found(msgspec.Struct, frozen=True):
    """What was found of one part."""

    part: str
    code: str
    level: str
    figures: dict[str, Figure] = {}
    technician: str = ""
    steps: tuple[Walked, ...] = ()
    next: dict[str, str] = {}

    def figure(self, name: str) -> bool | float | str | None:
        """A figure's value, None where it is not known."""
        return self.figures[name].value if name in self.figures else None


class Told(msgspec.Struct, frozen=True):
    """The doctor's report, as far as it is used here; `raw` is all of it as it came."""

    v: int
    release: str = ""
    parts: tuple[Found, ...] = ()
    for_it: dict[str, str] = {}
    raw: bytes = b""

    @property
    def level(self) -> str:
        """The worst part's; what this release does not know is a fault."""
        ranks = [_LEVELS.index(found.level) if found.level in _LEVELS else len(_LEVELS) - 1 for found in self.parts]
        return _LEVELS[max(ranks, default=0)]

    def of(self, part: str) -> Found:
        """One part's; a part that is not told of was not examined."""
        return next((found for found in self.parts if found.part == part), Found(part, NOT_EXAMINED, FAULT))


@dataclass(frozen=True, slots=True)
class Doctor:
    """The kiosk's own doctor, as a command.

    Args:
        command: what is started, with its first arguments.
        config: the kiosk.toml of this kiosk.
    """

    command: tuple[str, ...]
    config: Path

    def parts(self, *names: str) -> Told:
        """Examine some parts, one after the other; the message to the hospital's IT comes with the network."""
        told = [self._asked(name) for name in names]
        for_it = next((each.for_it for each in told if each.for_it), {})
        found = tuple(each.of(name) for each, name in zip(told, names, strict=True))
        return Told(_VERSION, told[0].release, found, for_it)

    def all(self) -> Told:
        """Examine everything."""
        return self._asked()

    def _asked(self, *part: str) -> Told:
        line: Sequence[str] = (*self.command, "doctor", *part, "--json", "--config", str(self.config))
        try:
            ran = subprocess.run(  # noqa: S603 - a command that the technician's settings name, no shell
                line, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_PATIENCE_S
            )
            told = msgspec.json.decode(ran.stdout, type=Told)
        except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError) as error:
            return _silent(part, type(error).__name__)
        if told.v != _VERSION:
            return _silent(part, f"version {told.v}")
        return msgspec.structs.replace(told, raw=ran.stdout)


def _silent(part: tuple[str, ...], why: str) -> Told:
    return Told(_VERSION, parts=tuple(Found(each, NOT_EXAMINED, FAULT, technician=why) for each in part))
